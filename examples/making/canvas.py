"""A canvas for pictures: drawn three times as large and scaled down, so that edges and letters are smooth."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Point = tuple[float, float]
FINE = 3
"""Drawn pixels per pixel of the finished picture."""
Field = NDArray[np.float32]
"""float32 (height, width)."""


class Canvas:
    """Lengths are pixels of the finished picture, origin top left."""

    def __init__(self, width: int, height: int, ground: str | Image.Image) -> None:
        self.size = (width, height)
        fine = (width * FINE, height * FINE)
        self.image = Image.new("RGB", fine, ground) if isinstance(ground, str) else ground.resize(fine)
        self._draw = ImageDraw.Draw(self.image, "RGBA")

    def finished(self) -> Image.Image:
        return self.image.resize(self.size, Image.Resampling.LANCZOS)

    def area(self, points: Sequence[Point], fill: str, *, line: str | None = None, width: float = 1) -> None:
        fine = [(x * FINE, y * FINE) for x, y in points]
        self._draw.polygon(fine, fill=fill)
        if line:
            self._draw.line([*fine, fine[0]], fill=line, width=round(width * FINE), joint="curve")

    def path(self, points: Sequence[Point], colour: str, width: float = 1, *, dash: float = 0) -> None:
        fine = [(x * FINE, y * FINE) for x, y in points]
        if not dash:
            self._draw.line(fine, fill=colour, width=round(width * FINE), joint="curve")
            return
        for (x0, y0), (x1, y1) in itertools.pairwise(fine):
            n_steps = max(1, round(math.hypot(x1 - x0, y1 - y0) / (dash * FINE)))
            for step in range(0, n_steps, 2):
                ends = [(x0 + (x1 - x0) * at / n_steps, y0 + (y1 - y0) * at / n_steps) for at in (step, step + 1)]
                self._draw.line(ends, fill=colour, width=round(width * FINE))

    def block(self, x0: float, y0: float, x1: float, y1: float, fill: str, *, radius: float = 0) -> None:
        self._draw.rounded_rectangle([value * FINE for value in (x0, y0, x1, y1)], radius * FINE, fill=fill)

    def disc(
        self, x: float, y: float, radius: float, fill: str | None, *, line: str | None = None, width: float = 1
    ) -> None:
        self.oval(x, y, radius, radius, fill, line=line, width=width)

    def oval(
        self,
        x: float,
        y: float,
        across: float,
        down: float,
        fill: str | None,
        *,
        line: str | None = None,
        width: float = 1,
    ) -> None:
        box = [value * FINE for value in (x - across, y - down, x + across, y + down)]
        self._draw.ellipse(box, fill=fill, outline=line, width=round(width * FINE))

    def text(
        self, x: float, y: float, text: str, size: float, colour: str, *, anchor: str = "lm", bold: float = 0
    ) -> None:
        """Write in Pillow's own typeface; `anchor` as in Pillow, `bold` thickens the strokes by pixels."""
        font = ImageFont.load_default(size * FINE)
        self._draw.text(
            (x * FINE, y * FINE), text, colour, font, anchor, stroke_width=round(bold * FINE), stroke_fill=colour
        )

    def label(self, at: Point, text_at: Point, text: str, *, size: float = 15, colour: str = "#22303c") -> None:
        """A name with a thin line to what it names."""
        self.path([at, text_at], colour, 0.8)
        self.disc(*at, 2.2, colour)
        left = text_at[0] < at[0]
        self.text(
            text_at[0] + (-5 if left else 5), text_at[1], text, size, colour, anchor="rm" if left else "lm", bold=0.2
        )


def smooth(points: Sequence[Point], *, rounds: int = 3) -> list[Point]:
    """A closed outline with its corners cut (Chaikin 1974)."""
    outline = list(points)
    for _ in range(rounds):
        cut: list[Point] = []
        for (x0, y0), (x1, y1) in zip(outline, [*outline[1:], outline[0]], strict=True):
            cut += [(x0 * 0.75 + x1 * 0.25, y0 * 0.75 + y1 * 0.25), (x0 * 0.25 + x1 * 0.75, y0 * 0.25 + y1 * 0.75)]
        outline = cut
    return outline


def gradient(width: int, height: int, stops: Sequence[tuple[float, str]]) -> Image.Image:
    """Colours from top to bottom; a stop is a height (0 top, 1 bottom) and its colour."""
    from PIL import ImageColor

    levels = np.linspace(0, 1, height)
    colours = np.array([ImageColor.getrgb(colour)[:3] for _, colour in stops], np.float64)
    column = np.stack([np.interp(levels, [at for at, _ in stops], colours[:, band]) for band in range(3)], axis=1)
    return Image.fromarray(np.repeat(column[:, None, :], width, axis=1).astype(np.uint8))


def cloud(width: int, height: int, random: np.random.Generator, *, size: float, stretch: float = 1) -> Field:
    """Smooth noise from 0 to 1 in five octaves; `size` is the largest blotch in pixels, `stretch` widens it."""
    total = np.zeros((height, width), np.float32)
    for octave in range(5):
        blotch = size / 2**octave
        rows, columns = int(height / blotch) + 3, int(width / (blotch * stretch)) + 3
        coarse = Image.fromarray(random.random((rows, columns)).astype(np.float32))
        total += np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC), np.float32) / 2**octave
    spread: Field = (total - total.min()) / (total.max() - total.min())
    return spread
