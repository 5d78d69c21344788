"""Charts and tables drawn as vectors on a PDF page. Lengths are in points, origin top left, y downwards."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pymupdf

from making.observations import Table

Colour = tuple[float, float, float]

INK: Colour = (0.13, 0.17, 0.22)
SOFT: Colour = (0.42, 0.47, 0.53)
LINE: Colour = (0.80, 0.83, 0.86)
PALE: Colour = (0.92, 0.95, 0.97)
SEA: Colour = (0.09, 0.36, 0.55)
FOAM: Colour = (0.66, 0.80, 0.88)
SIGNAL: Colour = (0.80, 0.26, 0.18)

TEXT, BOLD = "helv", "hebo"
SIZE = 7.0


class Sheet:
    """A page with a shape that is being drawn on it."""

    def __init__(self, page: pymupdf.Page) -> None:
        self.page = page
        self.shape = page.new_shape()

    def done(self) -> None:
        """Put what was drawn on the page."""
        self.shape.commit()

    def line(self, x0: float, y0: float, x1: float, y1: float, colour: Colour = LINE, width: float = 0.5) -> None:
        self.shape.draw_line((x0, y0), (x1, y1))
        self.shape.finish(color=colour, width=width)

    def block(self, x0: float, y0: float, x1: float, y1: float, fill: Colour) -> None:
        self.shape.draw_rect(pymupdf.Rect(x0, y0, x1, y1))
        self.shape.finish(color=None, fill=fill)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        align: float = 0.0,
        size: float = SIZE,
        font: str = TEXT,
        colour: Colour = SOFT,
    ) -> None:
        """Write on the baseline y; align 0 begins at x, 0.5 is centred on it, 1 ends there."""
        width = pymupdf.get_text_length(text, fontname=font, fontsize=size)
        self.shape.insert_text((x - width * align, y), text, fontname=font, fontsize=size, color=colour)


def bars(
    sheet: Sheet,
    area: pymupdf.Rect,
    *,
    labels: Sequence[str],
    values: Sequence[float],
    usual: Sequence[float],
    top: float,
) -> None:
    """Columns of a value per label, each with a mark at its usual value."""
    plot = pymupdf.Rect(area.x0 + 20, area.y0 + 20, area.x1, area.y1 - 14)
    _legend(sheet, plot.x0, area.y0 + 8, (("2024", SEA), ("mean of 1991 to 2020", SIGNAL)))
    _levels(sheet, plot, top=top, step=50, unit="mm")
    slot = plot.width / len(labels)
    for place, (label, value, normal) in enumerate(zip(labels, values, usual, strict=True)):
        left = plot.x0 + slot * place
        sheet.block(left + slot * 0.18, plot.y1 - plot.height * value / top, left + slot * 0.82, plot.y1, SEA)
        level = plot.y1 - plot.height * normal / top
        sheet.line(left + slot * 0.06, level, left + slot * 0.94, level, SIGNAL, 1.4)
        sheet.text(left + slot / 2, plot.y1 + 10, label, align=0.5)
    sheet.line(plot.x0, plot.y1, plot.x1, plot.y1, INK, 0.8)


def course(
    sheet: Sheet, area: pymupdf.Rect, *, points: Sequence[tuple[int, int]], top: float, step: int, unit: str
) -> None:
    """A line through a value per year, its first and last value written out."""
    plot = pymupdf.Rect(area.x0 + 20, area.y0 + 12, area.x1 - 8, area.y1 - 14)
    _levels(sheet, plot, top=top, step=step, unit=unit)
    stride = plot.width / (len(points) - 1)
    drawn = [
        pymupdf.Point(plot.x0 + stride * place, plot.y1 - plot.height * value / top)
        for place, (_, value) in enumerate(points)
    ]
    sheet.shape.draw_polyline([pymupdf.Point(plot.x0, plot.y1), *drawn, pymupdf.Point(plot.x1, plot.y1)])
    sheet.shape.finish(color=None, fill=PALE, closePath=True)
    sheet.shape.draw_polyline(drawn)
    sheet.shape.finish(color=SEA, width=1.6, lineJoin=1, closePath=False)
    for (year, value), point in zip(points, drawn, strict=True):
        sheet.shape.draw_circle(point, 2.0)
        sheet.shape.finish(color=SEA, fill=(1, 1, 1), width=1.2)
        sheet.text(point.x, plot.y1 + 10, str(year), align=0.5, size=6.4)
        if year in (points[0][0], points[-1][0]):
            sheet.text(
                point.x + (2 if year == points[0][0] else 4),
                point.y - 6,
                f"{value:,}",
                font=BOLD,
                colour=INK,
                align=0.0 if year == points[0][0] else 1.0,
            )
    sheet.line(plot.x0, plot.y1, plot.x1, plot.y1, INK, 0.8)


def rose(sheet: Sheet, area: pymupdf.Rect, *, shares: Sequence[tuple[str, float]], top: float) -> None:
    """A wind rose: a wedge per direction, clockwise from north, as long as its share."""
    centre = pymupdf.Point((area.x0 + area.x1) / 2, (area.y0 + area.y1) / 2)
    radius = min(area.width, area.height) / 2 - 12
    for share in range(10, int(top) + 1, 10):
        sheet.shape.draw_circle(centre, radius * share / top)
        sheet.shape.finish(color=LINE, width=0.5)
    longest = max(share for _, share in shares)
    for place, (name, share) in enumerate(shares):
        angle = math.tau * place / len(shares)
        half = math.tau / len(shares) * 0.38
        tips = [_towards(centre, angle + half * turn / 6, radius * share / top) for turn in range(-6, 7)]
        sheet.shape.draw_polyline([centre, *tips])
        sheet.shape.finish(color=(1, 1, 1), fill=SIGNAL if share == longest else SEA, width=0.6, closePath=True)
        place_of_name = _towards(centre, angle, radius + 8)
        sheet.text(place_of_name.x, place_of_name.y + 2.5, name, align=0.5, font=BOLD, colour=INK)
    for share in range(10, int(top) + 1, 10):
        mark = _towards(centre, math.tau / 16, radius * share / top)
        sheet.text(mark.x + 2, mark.y, f"{share} %", size=6)


def grid(sheet: Sheet, area: pymupdf.Rect, *, table: Table, row_height: float) -> pymupdf.Rect:
    """A table with thin rules: heading on a tint, the sum in bold, numbers to the right.

    Returns: the rectangle that it covers, from the top of `area`.
    """
    n_columns = len(table.head)
    first = area.width * (0.26 if n_columns > 3 else 0.46)
    other = (area.width - first) / (n_columns - 1)
    edges = [area.x0, *(area.x0 + first + other * place for place in range(n_columns))]
    bottom = area.y0 + row_height * (len(table.rows) + 1)
    sheet.block(area.x0, area.y0, area.x1, area.y0 + row_height, PALE)
    for place, cells in enumerate((table.head, *table.rows)):
        level = area.y0 + row_height * place
        heavy = place in (0, len(table.rows))
        baseline = level + row_height * 0.68
        sheet.line(area.x0, level, area.x1, level, SOFT if heavy else LINE, 0.7 if heavy else 0.4)
        for column, cell in enumerate(cells):
            font = BOLD if heavy else TEXT
            left, right = edges[column], edges[column + 1]
            sheet.text(
                left + 4 if column == 0 else right - 5,
                baseline,
                cell,
                align=0.0 if column == 0 else 1.0,
                size=7.6,
                font=font,
                colour=INK,
            )
    sheet.line(area.x0, bottom, area.x1, bottom, SOFT, 0.7)
    for edge in edges:
        sheet.line(edge, area.y0, edge, bottom, LINE, 0.4)
    return pymupdf.Rect(area.x0, area.y0, area.x1, bottom)


def _towards(centre: pymupdf.Point, angle: float, length: float) -> pymupdf.Point:
    """The point at a distance; angle 0 is up, and grows clockwise."""
    return pymupdf.Point(centre.x + math.sin(angle) * length, centre.y - math.cos(angle) * length)


def _levels(sheet: Sheet, plot: pymupdf.Rect, *, top: float, step: int, unit: str) -> None:
    for value in range(0, int(top) + 1, step):
        level = plot.y1 - plot.height * value / top
        sheet.line(plot.x0, level, plot.x1, level)
        sheet.text(
            plot.x0 - 4,
            level + 2.5,
            f"{value:,} {unit}".strip() if value == int(top) // step * step else f"{value:,}",
            align=1.0,
        )


def _legend(sheet: Sheet, x: float, y: float, entries: Sequence[tuple[str, Colour]]) -> None:
    for name, colour in entries:
        sheet.block(x, y - 5, x + 8, y, colour)
        sheet.text(x + 11, y, name)
        x += 20 + pymupdf.get_text_length(name, fontname=TEXT, fontsize=SIZE)
