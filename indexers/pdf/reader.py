"""The story of a page: its text in order, its tables and figures with their captions, or, without a text layer, its picture."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pymupdf
from PIL import Image

from indexers.pdf.captions import LABEL, bind, labelled
from indexers.pdf.figures import Figure, figures_of
from indexers.pdf.geometry import Rect, area, grow, holds_middle
from indexers.pdf.headings import Dividers, Outline
from indexers.pdf.page_text import Paragraph, TextLine, clean, in_order, lines_of, paragraphs
from indexers.pdf.tables import Table, tables_of
from indexers.pdf.turning import set_upright, turn_of_text, turned_back
from indexers.reading import Desk
from rag.types import WHOLE_PAGE, Box, Element, Span

OCR_DPI = 150
"""Reads as well as 200 at two thirds of the time."""
FIGURE_DPI = 150
FEWEST_LETTERS = 12
"""Of a text layer: with fewer, a page that a picture or drawing covers is read by OCR."""
COVERED = 0.3
"""Share of the page that pictures cover on a scan."""
MOST_PIXELS = 40_000_000
"""Of a page that is drawn; larger ones are drawn at a lower resolution."""
MOST_DRAWINGS = 6_000
"""Of a page: more are a map or a hatching, whose clusters cost minutes; the page's picture has to do."""
MARGIN = 0.055
"""Share of the page's height where running heads and page numbers stand."""
CONTEXT_CHARS = 600
STAND_IN = "\ufffc"

log = logging.getLogger(__name__)


@dataclass
class Position:
    """Where the next element begins in the document's running text."""

    at: int = 0

    def place(self, element: Element) -> Element:
        """The element, placed; the next one begins after it."""
        start = self.at
        self.at += len(element.text) + 1
        return replace(element, start=start, end=start + len(element.text))


class PageReader:
    """Reads the pages of one document, one after the other."""

    def __init__(self, desk: Desk, *, body: float) -> None:
        self._desk = desk
        self._body = body
        self._outline = Outline(body)
        self._dividers = Dividers()
        self._position = Position()

    def read(self, page: pymupdf.Page) -> Iterator[Element]:
        """The elements of a page in reading order, the page itself last."""
        if page.rotation:
            set_upright(page)
        turn = turn_of_text(page)
        if turn:
            page.set_rotation(turn)
            set_upright(page)
        for element in self._read(page):
            yield self._position.place(turned_back(element, turn))

    def _read(self, page: pymupdf.Page) -> Iterator[Element]:
        number = page.number + 1
        lines = lines_of(page)
        if self._needs_ocr(page, lines):
            yield from self._scanned(page, number)
            return
        self._dividers.leave()
        drawings = page.get_drawings()
        drawings = drawings if len(drawings) <= MOST_DRAWINGS else []
        tables = tables_of(page, [tuple(drawing["rect"]) for drawing in drawings], lines)
        in_tables = [line for line in lines if any(holds_middle(table.rect, line.rect) for table in tables)]
        free = [line for line in lines if line not in in_tables]
        captions = _caption_lines(free, page.rect.width)
        figures = figures_of(
            page,
            [line for line in free if line not in captions],
            drawings=drawings,
            taken=[table.rect for table in tables],
        )
        in_figures = {line for figure in figures for line in figure.labels}
        yield from self._laid_out(page, number, [line for line in free if line not in in_figures], tables, figures)
        level = [line for line in lines if line.level]
        upright = [line for line in lines if not line.level]
        words = "\n".join(line.text for line in [*in_order(level, page.rect.width), *upright])
        yield Element("page", words, number, WHOLE_PAGE, section=self._outline.section)

    def _needs_ocr(self, page: pymupdf.Page, lines: Sequence[TextLine]) -> bool:
        letters = sum(1 for line in lines for letter in line.text if letter.isalnum())
        if letters >= 10 * FEWEST_LETTERS:
            return _is_garbage(lines)
        pictures = sum(area(tuple(info["bbox"])) for info in page.get_image_info())
        covered = pictures > COVERED * area(tuple(page.rect))
        if letters < FEWEST_LETTERS:
            return covered or len(page.get_cdrawings()) > 20
        return covered and letters < 4 * FEWEST_LETTERS

    def _scanned(self, page: pymupdf.Page, number: int) -> Iterator[Element]:
        picture = draw(page, dpi=OCR_DPI)
        media = self._desk.keep(picture)
        width, height = page.rect.width, page.rect.height
        found = [
            TextLine(
                clean(line.text),
                (line.box[0] * width, line.box[1] * height, line.box[2] * width, line.box[3] * height),
                size=(line.box[3] - line.box[1]) * height * 0.75,
            )
            for line in self._desk.lines(picture)
            if clean(line.text)
        ]
        ordered = [replace(line, size=round(line.size / 3) * 3 or 3) for line in in_order(found, width)]
        self._dividers.turn(ordered, page_height=height)
        section = self._dividers.section
        for paragraph in paragraphs(ordered):
            yield replace(_text_element(paragraph, number, page), origin="ocr", section=section)
        words = "\n".join(line.text for line in ordered)
        yield Element("page", words, number, WHOLE_PAGE, media=media, origin="ocr", section=section)

    def _laid_out(
        self,
        page: pymupdf.Page,
        number: int,
        lines: Sequence[TextLine],
        tables: Sequence[Table],
        figures: Sequence[Figure],
    ) -> Iterator[Element]:
        """Paragraphs, tables and figures where they stand in the order of reading."""
        body, margins = _without_margins(lines, page.rect.height)
        # A line that no text holds stands in for each table and figure while the order is found.
        found: list[Table | Figure] = [*tables, *figures]
        places = {place.rect: place for place in found}
        stand_ins = [TextLine(STAND_IN, rect, size=self._body) for rect in places]
        blocks: list[Paragraph | Table | Figure] = []
        run: list[TextLine] = []
        for line in in_order([*body, *stand_ins], page.rect.width):
            if line.text == STAND_IN:
                blocks += [*paragraphs(run), places[line.rect]]
                run = []
            else:
                run.append(line)
        blocks += paragraphs(run)
        yield from self._elements(page, number, blocks)
        for paragraph in paragraphs(margins):
            element = _text_element(paragraph, number, page)
            yield replace(element, section=self._outline.section)

    def _elements(
        self, page: pymupdf.Page, number: int, blocks: Sequence[Paragraph | Table | Figure]
    ) -> Iterator[Element]:
        prose = [block for block in blocks if isinstance(block, Paragraph)]
        places = [block for block in blocks if not isinstance(block, Paragraph)]
        bound = bind(prose, [(p.rect, isinstance(p, Table)) for p in places], body_size=self._body)
        captions = {id(places[to]): prose[at] for to, at in bound.items()}
        spoken = {id(prose[at]) for at in bound.values()}
        texts = [paragraph.text()[0] for paragraph in prose if id(paragraph) not in spoken]
        for block in blocks:
            if isinstance(block, Paragraph):
                if id(block) not in spoken:
                    yield self._paragraph(block, number, page)
                continue
            caption = captions[id(block)].text()[0] if id(block) in captions else ""
            context = _context(block.rect, caption, prose=prose, spoken=spoken, texts=texts)
            element = (
                _table_element(block, caption, captions.get(id(block)), number, page)
                if isinstance(block, Table)
                else self._figure_element(block, caption, number, page)
            )
            yield replace(element, context=context, section=self._outline.section)

    def _paragraph(self, paragraph: Paragraph, number: int, page: pymupdf.Page) -> Element:
        element = _text_element(paragraph, number, page)
        self._outline.enter(paragraph, element.text)
        return replace(element, section=self._outline.section)

    def _figure_element(self, figure: Figure, caption: str, number: int, page: pymupdf.Page) -> Element:
        picture = draw(page, dpi=FIGURE_DPI, clip=grow(figure.rect, 2))
        written = [line.text for line in figure.labels]
        read = [line.text for line in self._desk.lines(picture)] if figure.is_raster else []
        known = {"".join(text.split()).casefold() for text in written}
        more = [text for text in read if "".join(text.split()).casefold() not in known]
        return Element(
            "image",
            caption,
            number,
            _box(figure.rect, page),
            media=self._desk.keep(picture),
            ocr="\n".join([*written, *more]),
        )


def draw(page: pymupdf.Page, *, dpi: int, clip: Rect | None = None) -> Image.Image:
    """A page or a part of it as a picture, RGB, at most `MOST_PIXELS`."""
    region = page.rect if clip is None else pymupdf.Rect(clip) & page.rect
    pixels = (region.width / 72 * dpi) * (region.height / 72 * dpi)
    if pixels > MOST_PIXELS:
        dpi = max(10, int(dpi * (MOST_PIXELS / pixels) ** 0.5))
    drawn = page.get_pixmap(dpi=dpi, clip=region, alpha=False, colorspace=pymupdf.csRGB)
    return Image.frombytes("RGB", (drawn.width, drawn.height), drawn.samples)


def _is_garbage(lines: Sequence[TextLine]) -> bool:
    """Whether the text layer is of letters without meaning, as fonts without a map to Unicode leave it."""
    text = "".join(line.text for line in lines)
    strange = sum(1 for letter in text if letter == "\ufffd" or "\ue000" <= letter <= "\uf8ff")
    return strange > 0.3 * max(1, len(text))


def _caption_lines(lines: Sequence[TextLine], page_width: float) -> set[TextLine]:
    """Lines of captions that begin with a label, so that no figure takes them for its own text."""
    return {
        line for paragraph in paragraphs(in_order(lines, page_width)) if labelled(paragraph) for line in paragraph.lines
    }


def _without_margins(lines: Sequence[TextLine], page_height: float) -> tuple[list[TextLine], list[TextLine]]:
    """The body, and what stands around it: running heads, page numbers, lines that run upright."""
    margins = [
        line
        for line in lines
        if not line.level
        or ((line.rect[3] < MARGIN * page_height or line.rect[1] > (1 - MARGIN) * page_height) and len(line.text) < 120)
    ]
    return [line for line in lines if line not in margins], margins


def _text_element(paragraph: Paragraph, number: int, page: pymupdf.Page) -> Element:
    text, places = paragraph.text()
    spans = tuple(
        Span(start, end, _box(line.rect, page)) for (start, end), line in zip(places, paragraph.lines, strict=True)
    )
    return Element("text", text, number, _box(paragraph.rect, page), spans=spans)


def _table_element(table: Table, caption: str, paragraph: Paragraph | None, number: int, page: pymupdf.Page) -> Element:
    text, spans = "", list[Span]()
    if paragraph is not None:
        spans += _text_element(paragraph, number, page).spans
        text = caption + "\n"
    for at, row in enumerate(table.rows):
        text += "\n" if at else ""
        for column, (cell, rect) in enumerate(row):
            text += " | " if column else ""
            spans.append(Span(len(text), len(text) + len(cell), _box(rect, page)))
            text += cell
    return Element("table", text, number, _box(table.rect, page), spans=tuple(spans))


def _context(rect: Rect, caption: str, *, prose: Sequence[Paragraph], spoken: set[int], texts: Sequence[str]) -> str:
    """The paragraph that mentions the caption's label, else the nearest."""
    label = LABEL.match(caption)
    if label is not None:
        number = re.search(r"\d[\d.-]*|[A-Z]$", label.group())
        if number is not None:
            mention = re.compile(
                rf"{re.escape(label.group()[:3])}\w*\.?\s*{re.escape(number.group())}\b", re.IGNORECASE
            )
            for text in texts:
                if mention.search(text):
                    return text[:CONTEXT_CHARS]
    near = [
        (max(paragraph.rect[1] - rect[3], rect[1] - paragraph.rect[3], 0.0), paragraph.text()[0])
        for paragraph in prose
        if id(paragraph) not in spoken and len(paragraph.text()[0]) > 40
    ]
    return min(near)[1][:CONTEXT_CHARS] if near else ""


def _box(rect: Rect, page: pymupdf.Page) -> Box:
    width, height = page.rect.width or 1.0, page.rect.height or 1.0
    x0, x1 = (round(min(1.0, max(0.0, x / width)), 5) for x in (rect[0], rect[2]))
    y0, y1 = (round(min(1.0, max(0.0, y / height)), 5) for y in (rect[1], rect[3]))
    return x0, y0, x1, y1
