"""PDF pages that tests draw themselves, with the truth of what stands where.

Everything that is drawn gives back its box as fractions of the page, worked out from what was drawn and never read back
from the file. Places are given in points with the origin at the top left, as in `indexers.pdf.geometry`.
"""

# mypy: disallow-untyped-calls=False
# PyMuPDF declares no types for most of what it offers.

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pymupdf
from PIL import Image

from indexers.pdf import read
from indexers.reading import Limits
from indexers.worker import Work, WorkerDesk
from rag.types import Box, Element

AES_256 = 5
"""PyMuPDF's number of that encryption."""
A4 = (595.0, 842.0)
Place = tuple[float, float, float, float]
"""Points: x0, y0, x1, y1."""
COLOURS = ((0.2, 0.4, 0.7), (0.8, 0.3, 0.2), (0.3, 0.6, 0.3), (0.9, 0.7, 0.2), (0.5, 0.3, 0.6))
WORDS = (
    "harbour lantern meadow copper quiet ribbon winter orchard signal basket marble thunder pencil garden silver walnut "
    "window candle forest engine velvet bridge pepper saddle timber violet anchor barrel cotton feather hollow island "
    "the of and in near under with beyond through was is had held turned carried measured found kept seen along"
).split()


@cache
def font(name: str) -> pymupdf.Font:
    return pymupdf.Font(name)


def prose(chance: random.Random, n_words: int) -> str:
    """A sentence of so many words that means nothing."""
    return " ".join(chance.choice(WORDS) for _ in range(n_words)).capitalize() + "."


def around(boxes: Iterable[Box]) -> Box:
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return min(x0), min(y0), max(x1), max(y1)


def overlap(one: Box | None, other: Box | None) -> float:
    """Intersection over union, 0..1."""
    if one is None or other is None:
        return 0.0
    width = max(0.0, min(one[2], other[2]) - max(one[0], other[0]))
    height = max(0.0, min(one[3], other[3]) - max(one[1], other[1]))
    surfaces = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return width * height / (sum(surfaces) - width * height or 1.0)


@dataclass(frozen=True, slots=True)
class Cells:
    """A table as it was drawn."""

    rows: tuple[tuple[str, ...], ...]
    boxes: tuple[tuple[Box, ...], ...]
    """Of each cell: between its rules where it has any, else of its text."""
    box: Box

    @property
    def text(self) -> str:
        return "\n".join(" | ".join(row) for row in self.rows)


class Sheet:
    """A page on which to draw."""

    def __init__(self, page: pymupdf.Page) -> None:
        self.page = page
        self._size = (page.rect.width, page.rect.height)

    def share(self, place: Place) -> Box:
        """A place in points as fractions of the page."""
        width, height = self._size
        return place[0] / width, place[1] / height, place[2] / width, place[3] / height

    def line(self, x: float, base: float, text: str, *, size: float = 10, name: str = "helv") -> Box:
        """One line of text that stands on the base line `base`."""
        self.page.insert_text((x, base), text, fontsize=size, fontname=name)
        letters = font(name)
        top, bottom = base - letters.ascender * size, base - letters.descender * size
        return self.share((x, top, x + letters.text_length(text, size), bottom))

    def text(
        self, x: float, top: float, width: float, text: str, *, size: float = 10, name: str = "helv"
    ) -> tuple[Box, float]:
        """A paragraph set to a width. Returns: its box, and where the next line of type would begin, in points."""
        leading = 1.2 * size
        boxes = []
        for row in wrapped(text, width, size=size, name=name):
            boxes.append(self.line(x, top + size, row, size=size, name=name))
            top += leading
        return around(boxes), top

    def picture(self, place: Place, *, seed: int = 1) -> Box:
        """An embedded photograph of coloured noise."""
        self.page.insert_image(pymupdf.Rect(place), stream=noise(seed), keep_proportion=False)
        return self.share(place)

    def bars(self, place: Place, *, seed: int = 1) -> Box:
        """A bar chart with axes, names below the bars and ticks at the left; the labels stand outside `place`."""
        x0, y0, x1, y1 = place
        heights = random.Random(seed)
        names = ["North", "South", "East", "West"]
        step = (x1 - x0) / len(names)
        boxes = [self.share(place)]
        for at, name in enumerate(names):
            left = x0 + at * step
            bar = (left + 0.2 * step, y0 + heights.uniform(0, 0.6) * (y1 - y0), left + 0.8 * step, y1)
            self.page.draw_rect(pymupdf.Rect(bar), color=None, fill=COLOURS[at])
            wide = font("helv").text_length(name, 7)
            boxes.append(self.line(left + (step - wide) / 2, y1 + 9, name, size=7))
        for at in range(5):
            y = y1 - at / 4 * (y1 - y0)
            self.page.draw_line((x0 - 3, y), (x0, y))
            tick = str(at * 25)
            boxes.append(self.line(x0 - 5 - font("helv").text_length(tick, 7), y + 2.5, tick, size=7))
        self.page.draw_line((x0, y0), (x0, y1))
        self.page.draw_line((x0, y1), (x1, y1))
        return around(boxes)

    def titled_bars(self, place: Place, *, seed: int = 1) -> Box:
        """A bar chart with a title above, the names of both axes, and a legend at its right."""
        x0, y0, x1, y1 = place
        boxes = [self.bars(place, seed=seed)]
        for base, text, size in ((y0 - 7, "Ships by quay", 9), (y1 + 21, "Quay of the harbour", 8)):
            wide = font("helv").text_length(text, size)
            boxes.append(self.line((x0 + x1 - wide) / 2, base, text, size=size))
        letters, name = font("helv"), "Ships a month"
        x, base = x0 - 24.0, (y0 + y1 + font("helv").text_length(name, 8)) / 2
        self.page.insert_text((x, base), name, fontsize=8, rotate=90)
        boxes.append(
            self.share((x - letters.ascender * 8, base - letters.text_length(name, 8), x - letters.descender * 8, base))
        )
        for at, quay in enumerate(("Sail", "Steam")):
            y = y0 + 20 + 12 * at
            self.page.draw_rect((x1 + 6, y, x1 + 12, y + 6), color=None, fill=COLOURS[at])
            boxes.append(self.line(x1 + 15, y + 6, quay, size=7))
        return around(boxes)

    def curves(self, place: Place, *, seed: int = 1) -> Box:
        """A line chart in a frame, without labels."""
        x0, y0, x1, y1 = place
        chance = random.Random(seed)
        self.page.draw_rect(pymupdf.Rect(place))
        for colour in COLOURS[:3]:
            points = [(x0 + at / 9 * (x1 - x0), chance.uniform(y0 + 4, y1 - 4)) for at in range(10)]
            self.page.draw_polyline(points, color=colour)
        return self.share(place)

    def machine(self, place: Place) -> Box:
        """A drawing of lines and circles: a wheel on a frame."""
        x0, y0, x1, y1 = place
        middle, radius = pymupdf.Point((x0 + x1) / 2, y0 + 0.4 * (y1 - y0)), 0.4 * min(x1 - x0, y1 - y0)
        for share in (1.0, 0.6, 0.2):
            self.page.draw_circle(middle, radius * share)
        for corner in ((x0, y1), (x1, y1)):
            self.page.draw_line(middle, corner)
        self.page.draw_line((x0, y1), (x1, y1))
        left, right = min(x0, middle.x - radius), max(x1, middle.x + radius)
        return self.share((left, middle.y - radius, right, y1))

    def pie(self, place: Place) -> Box:
        """A pie of five pieces; `place` is a square."""
        x0, y0, x1, y1 = place
        middle = pymupdf.Point((x0 + x1) / 2, (y0 + y1) / 2)
        edge = pymupdf.Point(x1, middle.y)
        for share, colour in zip((110, 90, 70, 50, 40), COLOURS, strict=True):
            shape = self.page.new_shape()
            edge = shape.draw_sector(middle, edge, share)
            shape.finish(fill=colour, color=(1, 1, 1))
            shape.commit()
        return self.share(place)

    def rule(self, x0: float, x1: float, y: float, *, width: float = 0.7) -> None:
        self.page.draw_line((x0, y), (x1, y), width=width)

    def ruled_table(
        self, x: float, y: float, widths: Sequence[float], rows: Sequence[Sequence[str]], *, size: float = 9
    ) -> Cells:
        """A table with a rule around every cell; long texts are wrapped."""
        edges = [x]
        for width in widths:
            edges.append(edges[-1] + width)
        top, boxes = y, []
        for row in rows:
            cells = [wrapped(text, width - 8, size=size) for text, width in zip(row, widths, strict=True)]
            bottom = top + max(len(cell) for cell in cells) * 1.2 * size + 8
            for left, cell in zip(edges, cells, strict=False):
                for at, text in enumerate(cell):
                    self.line(left + 4, top + 4 + size + at * 1.2 * size, text, size=size)
            boxes.append(tuple(self.share((left, top, right, bottom)) for left, right in pairwise(edges)))
            self.rule(x, edges[-1], top)
            for edge in edges:
                self.page.draw_line((edge, top), (edge, bottom), width=0.7)
            top = bottom
        self.rule(x, edges[-1], top)
        return Cells(tuple(map(tuple, rows)), tuple(boxes), self.share((x, y, edges[-1], top)))

    def open_table(
        self,
        x: float,
        y: float,
        widths: Sequence[float],
        rows: Sequence[Sequence[str]],
        *,
        size: float = 9,
        rules: bool,
    ) -> Cells:
        """A table without upright rules, its first column set left and the others right.

        `rules`: whether there are level ones above, below the head and at the end.
        """
        leading, boxes, top = 1.6 * size, [], y + 4
        right_edge = x + sum(widths)
        for at, row in enumerate(rows):
            left, line = x, list[Box]()
            for column, (text, width) in enumerate(zip(row, widths, strict=True)):
                indent = width - font("helv").text_length(text, size) if column else 0.0
                place = self.line(left + indent, top + size, text, size=size)
                line.append(place)
                left += width
            boxes.append(tuple(line))
            top += leading
            if rules and at == 0:
                self.rule(x, right_edge, top)
                top += 4
        whole = around(
            box for row, line in zip(rows, boxes, strict=True) for text, box in zip(row, line, strict=True) if text
        )
        if rules:
            self.rule(x, right_edge, y)
            self.rule(x, right_edge, top)
            whole = self.share((x, y, right_edge, top))
        return Cells(tuple(map(tuple, rows)), tuple(boxes), whole)


def wrapped(text: str, width: float, *, size: float, name: str = "helv") -> list[str]:
    """The lines of a text that is set to a width, at least one."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font(name).text_length(longer, size) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


@cache
def noise(seed: int) -> bytes:
    """A PNG of 12 by 8 squares in colours by chance."""
    chance = random.Random(seed)
    small = Image.frombytes("RGB", (12, 8), chance.randbytes(12 * 8 * 3))
    file = BytesIO()
    small.resize((240, 160), Image.Resampling.NEAREST).save(file, "PNG")
    return file.getvalue()


class Drawing:
    """A document that is drawn."""

    def __init__(self) -> None:
        self.file = pymupdf.open()

    def sheet(self, size: tuple[float, float] = A4) -> Sheet:
        """A new page at the end."""
        return Sheet(self.file.new_page(width=size[0], height=size[1]))

    def turn(self, number: int, degrees: int) -> None:
        """Lay the contents of a page (from 1) on their side and have /Rotate set them upright again.

        A viewer shows the same page as before.
        """
        page = self.file[number - 1]
        width, height = page.rect.width, page.rect.height
        matrix = {
            90: f"0 1 -1 0 {height} 0",
            180: f"-1 0 0 -1 {width} {height}",
            270: f"0 -1 1 0 0 {width}",
        }[degrees]
        self._transform(page, matrix)
        if degrees != 180:
            page.set_mediabox(pymupdf.Rect(0, 0, height, width))
        page.set_rotation(degrees)

    def move_origin(self, number: int, x: int, y: int) -> None:
        """Have the coordinates of a page (from 1) begin elsewhere in its lower left corner; it looks the same."""
        page = self.file[number - 1]
        self._transform(page, f"1 0 0 1 {x} {y}")
        page.set_mediabox(page.mediabox + pymupdf.Rect(x, y, x, y))

    def _transform(self, page: pymupdf.Page, matrix: str) -> None:
        page.clean_contents()
        (xref,) = page.get_contents()
        self.file.update_stream(xref, f"q {matrix} cm\n".encode() + self.file.xref_stream(xref) + b"\nQ")

    def save(self, path: Path, *, password: str | None = None) -> Path:
        if password is None:
            self.file.save(path)
        else:
            self.file.save(path, encryption=AES_256, user_pw=password, owner_pw=f"{password}!")
        return path

    def read(self, folder: Path, *, ocr: bool = False, keep: bool = False) -> list[Element]:
        """What the reader finds in it; `keep`: its pictures go to the media store in the folder."""
        return read_all(self.save(folder / "drawn.pdf"), ocr=ocr, keep=keep)


def desk(folder: Path | None, *, ocr: bool = False, limits: Limits | None = None) -> WorkerDesk:
    """A worker's desk with a media store in the folder; without one it keeps no pictures, as in a dry run."""
    return WorkerDesk(Work(folder and folder / "media", ocr, limits or Limits()))


def read_all(path: Path, *, ocr: bool = False, keep: bool = False) -> list[Element]:
    """Every element that the reader finds in a file, in its order."""
    return list(read(path, desk(path.parent if ocr or keep else None, ocr=ocr)).elements)
