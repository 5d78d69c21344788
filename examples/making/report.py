"""The annual report: three A4 pages in two columns, with charts and tables drawn as vectors."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import pymupdf

from making import charts, observations
from making.report_text import BODY, CAPTIONS, KEY_FIGURES

PAGE = pymupdf.Rect(0, 0, 595, 842)
LEFT, RIGHT, BOTTOM = 48.0, 547.0, 786.0
FOOT = 446.0
"""Where the last page's columns end, so that both are as long."""
COLUMN, GUTTER = 238.5, 22.0
ROW = 14.0
CAPTION, TITLE = 26.0, 16.0
"""Room for a caption of two lines below a figure, and of one line above a table."""
STYLE = """
body { margin: 0; font-family: serif; font-size: 10pt; line-height: 1.42; color: #20262e; }
h1 { font-family: sans-serif; font-size: 12.5pt; color: #123f60; margin: 10pt 0 3pt 0; line-height: 1.2; }
h2 { font-family: sans-serif; font-size: 9.6pt; color: #123f60; margin: 7pt 0 2pt 0; line-height: 1.2; }
p { margin: 0 0 5pt 0; }
p.caption { font-size: 7.9pt; line-height: 1.28; color: #3d4650; margin: 0; }
"""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A figure or table with its caption, at the head or foot of a column."""

    name: str
    page: int
    column: int
    top: float
    height: float
    """Of the drawing alone."""
    caption_above: bool = False
    wide: bool = False
    """Over both columns."""

    @property
    def drawing(self) -> pymupdf.Rect:
        x0, x1 = self._sides
        top = self.top + (TITLE if self.caption_above else 0)
        return pymupdf.Rect(x0, top, x1, top + self.height)

    @property
    def caption(self) -> pymupdf.Rect:
        x0, x1 = self._sides
        top, height = (self.top, TITLE) if self.caption_above else (self.top + self.height + 5, CAPTION)
        return pymupdf.Rect(x0, top, x1, top + height)

    @property
    def _sides(self) -> tuple[float, float]:
        x0 = _column_left(self.column)
        return x0, RIGHT if self.wide else x0 + COLUMN


EXHIBITS = (
    Exhibit("rain", page=1, column=1, top=580, height=172),
    Exhibit("weather", page=2, column=0, top=56, height=ROW * 14, caption_above=True),
    Exhibit("wind", page=2, column=1, top=56, height=190),
    Exhibit("fog", page=2, column=1, top=610, height=142),
    Exhibit("landings", page=3, column=0, top=56, height=ROW * 8, caption_above=True),
    Exhibit("accounts", page=3, column=1, top=56, height=ROW * 8, caption_above=True),
    Exhibit("visitors", page=3, column=0, top=FOOT + 24, height=230, wide=True),
)
COLUMNS = (
    (1, 0, 206.0, BOTTOM),
    (1, 1, 206.0, 566.0),
    (2, 0, 56 + TITLE + ROW * 14 + 12, BOTTOM),
    (2, 1, 56 + 190 + 5 + CAPTION + 6, 596.0),
    (3, 0, 56 + TITLE + ROW * 8 + 12, FOOT),
    (3, 1, 56 + TITLE + ROW * 8 + 12, FOOT),
)
"""Where the text runs: page, column, top, bottom."""


def make_report(path: Path) -> None:
    """Write the report; the same bytes every time with the same PyMuPDF.

    Raises: ValueError if the text no longer fits its columns.
    """
    document = pymupdf.open("pdf", _text_pages())
    for number, page in enumerate(document, start=1):
        sheet = charts.Sheet(page)
        if number == 1:
            _masthead(sheet)
        for exhibit in EXHIBITS:
            if exhibit.page == number:
                _draw(sheet, exhibit)
        _footer(sheet, number, document.page_count)
        sheet.done()
    title, author = "Vessay Light and Weather Station: Annual Report 2024", "The Vessay Light Trust"
    document.set_metadata({"title": title, "author": author, "creationDate": "D:20250314090000Z"})
    document.subset_fonts()
    document.save(path, garbage=4, deflate=True, no_new_id=True)


def _text_pages() -> bytes:
    """The pages with the running text and the captions only."""
    written = io.BytesIO()
    writer = pymupdf.DocumentWriter(written)
    body = pymupdf.Story(f'<html lang="en">{BODY}</html>', user_css=STYLE)
    more = True
    for page in (1, 2, 3):
        device = writer.begin_page(PAGE)
        for on_page, column, top, bottom in COLUMNS:
            if on_page == page and more:
                x0 = _column_left(column)
                more, _ = body.place(pymupdf.Rect(x0, top, x0 + COLUMN, bottom))
                body.draw(device)
        for exhibit in EXHIBITS:
            if exhibit.page == page:
                caption = pymupdf.Story(f'<p class="caption">{CAPTIONS[exhibit.name]}</p>', user_css=STYLE)
                unfinished, _ = caption.place(exhibit.caption)
                if unfinished:
                    raise ValueError(f"The caption of {exhibit.name} does not fit two lines.")
                caption.draw(device)
        writer.end_page()
    writer.close()
    if more:
        raise ValueError("The text does not fit its columns.")
    return written.getvalue()


def _draw(sheet: charts.Sheet, exhibit: Exhibit) -> None:
    area = exhibit.drawing
    match exhibit.name:
        case "rain":
            labels = [month.name[0] for month in observations.MONTHS]
            rain = [month.rain for month in observations.MONTHS]
            charts.bars(sheet, area, labels=labels, values=rain, usual=observations.USUAL_RAIN, top=200)
        case "wind":
            charts.rose(sheet, area, shares=observations.WIND, top=32)
        case "fog":
            charts.course(sheet, area, points=observations.FOG_BY_YEAR, top=600, step=100, unit="h")
        case "visitors":
            charts.course(sheet, area, points=observations.VISITORS_BY_YEAR, top=1500, step=500, unit="")
        case "weather":
            charts.grid(sheet, area, table=observations.weather_table(), row_height=ROW)
        case "accounts":
            charts.grid(sheet, area, table=observations.ACCOUNTS, row_height=ROW)
        case "landings":
            charts.grid(sheet, area, table=observations.landings_table(), row_height=ROW)


def _masthead(sheet: charts.Sheet) -> None:
    sheet.block(0, 0, PAGE.x1, 118, charts.SEA)
    white, foam = (1.0, 1.0, 1.0), charts.FOAM
    sheet.text(LEFT, 46, "VESSAY LIGHT AND WEATHER STATION", size=9, font=charts.BOLD, colour=foam)
    sheet.text(LEFT, 80, "Annual Report 2024", size=29, font=charts.BOLD, colour=white)
    sheet.text(LEFT, 101, "The Vessay Light Trust, Kell Harbour, March 2025", size=9, colour=foam)
    step = (RIGHT - LEFT) / len(KEY_FIGURES)
    for place, (value, meaning) in enumerate(KEY_FIGURES):
        x = LEFT + step * place
        sheet.text(x, 158, value, size=22, font=charts.BOLD, colour=charts.SEA)
        sheet.text(x, 172, meaning, size=8)
    sheet.line(LEFT, 190, RIGHT, 190, charts.LINE, 0.7)


def _footer(sheet: charts.Sheet, number: int, n_pages: int) -> None:
    sheet.line(LEFT, 802, RIGHT, 802, charts.LINE, 0.5)
    sheet.text(LEFT, 815, "Vessay Light and Weather Station, Annual Report 2024", size=7.5)
    sheet.text(RIGHT, 815, f"Page {number} of {n_pages}", size=7.5, align=1.0)


def _column_left(column: int) -> float:
    return LEFT + column * (COLUMN + GUTTER)
