"""A sheet to draw on with lengths in pixels of the finished picture; it is drawn at twice the size and shrunk."""

from __future__ import annotations

import importlib.util
import itertools
import math
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

from PIL import Image, ImageDraw, ImageFont

from training.drawings.colours import RGB

OVERSAMPLED = 2
Point: TypeAlias = tuple[float, float]
Font: TypeAlias = ImageFont.FreeTypeFont


class Sheet:
    """A picture under way, or a part of one with an origin and a unit of its own."""

    __slots__ = ("_draw", "image", "unit", "x", "y")

    def __init__(self, image: Image.Image, *, x: float = 0, y: float = 0, unit: float = OVERSAMPLED) -> None:
        """Draw on `image`; (0, 0) lies at its pixel (x, y), and 1 is `unit` of its pixels."""
        self.image, self.x, self.y, self.unit = image, x, y, unit
        self._draw = ImageDraw.Draw(image)

    @classmethod
    def blank(cls, width: float, height: float, ground: RGB) -> Sheet:
        """An empty sheet, its size in finished pixels."""
        return cls(Image.new("RGB", (round(width) * OVERSAMPLED, round(height) * OVERSAMPLED), ground))

    def part(self, x: float, y: float, unit: float) -> Sheet:
        """The same picture with the origin at (x, y) and `unit` of this sheet's units for 1."""
        return Sheet(self.image, x=self.x + x * self.unit, y=self.y + y * self.unit, unit=self.unit * unit)

    def finished(self) -> Image.Image:
        """The picture at its size."""
        return self.image.reduce(OVERSAMPLED)

    def line(self, points: Sequence[Point], fill: RGB, *, width: float = 1, dash: float = 0) -> None:
        """A line through the points; `dash` is the length of its strokes, 0 for one without gaps."""
        thick = self._thick(width)
        if not dash:
            self._draw.line(self._all(points), fill=fill, width=thick, joint="curve" if len(points) > 2 else None)
            return
        for (x0, y0), (x1, y1) in itertools.pairwise(points):
            n = max(1, int(math.hypot(x1 - x0, y1 - y0) / dash / 2))
            for at in range(n):
                here, there = at / n, (at + 0.5) / n
                ends = [(x0 + (x1 - x0) * share, y0 + (y1 - y0) * share) for share in (here, there)]
                self._draw.line(self._all(ends), fill=fill, width=thick)

    def polygon(
        self, points: Sequence[Point], fill: RGB | None = None, *, outline: RGB | None = None, width: float = 1
    ) -> None:
        """A closed shape, filled, outlined or both."""
        if fill is not None:
            self._draw.polygon(self._all(points), fill=fill)
        if outline is not None:
            self._draw.line(
                self._all([*points, points[0], points[1]]), fill=outline, width=self._thick(width), joint="curve"
            )

    def box(
        self,
        corners: tuple[float, float, float, float],
        fill: RGB | None = None,
        *,
        outline: RGB | None = None,
        width: float = 1,
        radius: float = 0,
    ) -> None:
        """A rectangle (x0, y0, x1, y1), its corners in either order."""
        x0, y0, x1, y1 = corners
        box = self._all([(min(x0, x1), min(y0, y1)), (max(x0, x1), max(y0, y1))])
        thick = self._thick(width) if outline is not None else 0
        if radius:
            self._draw.rounded_rectangle(box, radius * self.unit, fill=fill, outline=outline, width=thick)
        else:
            self._draw.rectangle(box, fill=fill, outline=outline, width=thick)

    def oval(
        self,
        centre: Point,
        radii: Point,
        fill: RGB | None = None,
        *,
        outline: RGB | None = None,
        width: float = 1,
    ) -> None:
        """An ellipse with its axes along the sheet's."""
        (x, y), (rx, ry) = centre, radii
        box = self._all([(x - rx, y - ry), (x + rx, y + ry)])
        self._draw.ellipse(box, fill=fill, outline=outline, width=self._thick(width) if outline is not None else 0)

    def disc(
        self, centre: Point, radius: float, fill: RGB | None = None, *, outline: RGB | None = None, width: float = 1
    ) -> None:
        """A circle."""
        self.oval(centre, (radius, radius), fill, outline=outline, width=width)

    def sector(self, centre: Point, radius: float, turn: tuple[float, float], fill: RGB | None = None) -> None:
        """A slice from one angle to the other, in degrees clockwise from three o'clock."""
        (x, y), (start, end) = centre, turn
        box = self._all([(x - radius, y - radius), (x + radius, y + radius)])
        self._draw.pieslice(box, start, end, fill=fill)

    def arc(self, centre: Point, radius: float, turn: tuple[float, float], fill: RGB, *, width: float = 1) -> None:
        """Part of a circle's line, angles as of a sector."""
        (x, y), (start, end) = centre, turn
        box = self._all([(x - radius, y - radius), (x + radius, y + radius)])
        self._draw.arc(box, start, end, fill=fill, width=self._thick(width))

    def arrow(self, start: Point, end: Point, fill: RGB, *, width: float = 1, head: float = 5) -> None:
        """A straight arrow with a filled head `head` long."""
        (x0, y0), (x1, y1) = start, end
        length = math.hypot(x1 - x0, y1 - y0) or 1.0
        ux, uy = (x1 - x0) / length, (y1 - y0) / length
        bx, by = x1 - ux * head, y1 - uy * head
        self.line([start, (bx, by)], fill, width=width)
        self.polygon([end, (bx - uy * head / 2, by + ux * head / 2), (bx + uy * head / 2, by - ux * head / 2)], fill)

    def text(self, place: Point, words: str, fill: RGB, *, family: str, size: float, anchor: str = "mm") -> None:
        """Writing, `size` high; `anchor` as Pillow's."""
        (at,) = self._all([place])
        self._draw.text(at, words, fill=fill, font=font(family, max(6, round(size * self.unit))), anchor=anchor)

    def _all(self, points: Sequence[Point]) -> list[Point]:
        x, y, unit = self.x, self.y, self.unit
        return [(x + px * unit, y + py * unit) for px, py in points]

    def _thick(self, width: float) -> int:
        return max(1, round(width * self.unit))


@lru_cache(maxsize=512)
def font(family: str, pixels: int) -> Font:
    """The font of a file's name below matplotlib's data; Pillow's own for an empty name or a file that is not there."""
    file = _folder() / f"{family}.ttf"
    if family and file.is_file():
        return ImageFont.truetype(file, pixels, layout_engine=ImageFont.Layout.BASIC)
    default = ImageFont.load_default(pixels)
    assert isinstance(default, ImageFont.FreeTypeFont)  # Pillow without FreeType cannot draw any of this
    return default


@lru_cache(maxsize=1)
def _folder() -> Path:
    found = importlib.util.find_spec("matplotlib")  # only where it lies: loading it takes a second
    places = found.submodule_search_locations if found else None
    return Path(places[0] if places else ".") / "mpl-data" / "fonts" / "ttf"
