"""Pages and pictures as the evidence page shows them: cut to the quoted place, made small, and turned into data addresses."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rag.types import Box

if TYPE_CHECKING:
    from PIL.Image import Image

PAGE_WIDTH, DETAIL_WIDTH = 720, 1_000
"""Pixels at most; a page stays readable when it is opened, a cut when it is printed."""
TALLEST = 1_500
"""Pixels; a picture that is higher is made smaller."""
PAGE_QUALITY, DETAIL_QUALITY = 40, 60
"""WebP. A page is an overview, a cut is for reading."""
MARGIN = (0.04, 0.03)
"""Left and right, above and below the quoted place, as fractions of the page."""
SMALLEST_CUT = (0.56, 0.16)
"""Width and height as fractions of the page: a single cell needs its column's heading and its row beside it."""
LARGEST_CUT = 0.5
"""As a fraction of the page's area; a place beyond it is shown on the whole page alone."""


@dataclass(frozen=True, slots=True)
class View:
    """A picture ready for the page, and the places to mark on it."""

    address: str
    """`data:image/webp;base64,…`."""
    width: int
    height: int
    """Pixels."""
    boxes: tuple[Box, ...]
    """As fractions of this picture."""
    share: float = 1.0
    """How much of the page's area it shows."""


def whole(image: Image, boxes: Sequence[Box] = (), *, width: int = PAGE_WIDTH, quality: int = PAGE_QUALITY) -> View:
    """A picture in full, made small."""
    image = image.convert("RGB")
    image.thumbnail((width, TALLEST))
    return View(_address(image, quality), image.width, image.height, tuple(boxes))


def detail(image: Image, boxes: Sequence[Box], *, around: Box | None = None) -> View | None:
    """The quoted places, and what they are part of (`around`), cut out of their page with a margin.

    Returns: None where a cut would show hardly less than the page.
    """
    if not boxes:
        return None
    shown = (*boxes, around) if around else boxes
    x0, x1 = _widened(min(box[0] for box in shown), max(box[2] for box in shown), MARGIN[0], SMALLEST_CUT[0])
    y0, y1 = _widened(min(box[1] for box in shown), max(box[3] for box in shown), MARGIN[1], SMALLEST_CUT[1])
    if (x1 - x0) * (y1 - y0) > LARGEST_CUT:
        return None
    edges = (x0 * image.width, y0 * image.height, x1 * image.width, y1 * image.height)
    left, top, right, bottom = (round(edge) for edge in edges)
    if right <= left or bottom <= top:
        return None
    across, down = (right - left) / image.width, (bottom - top) / image.height
    inside = tuple(
        (
            (box[0] - left / image.width) / across,
            (box[1] - top / image.height) / down,
            (box[2] - left / image.width) / across,
            (box[3] - top / image.height) / down,
        )
        for box in boxes
    )
    cut = whole(image.crop((left, top, right, bottom)), inside, width=DETAIL_WIDTH, quality=DETAIL_QUALITY)
    return replace(cut, share=across * down)


def _widened(low: float, high: float, margin: float, smallest: float) -> tuple[float, float]:
    """A stretch with its margins, at least so long, pushed back inside 0..1."""
    low, high = low - margin, high + margin
    missing = max(0.0, smallest - (high - low))
    low, high = low - missing / 2, high + missing / 2
    shift = max(0.0, -low) - max(0.0, high - 1)
    return max(0.0, low + shift), min(1.0, high + shift)


def _address(image: Image, quality: int) -> str:
    written = io.BytesIO()
    image.save(written, "WEBP", quality=quality, method=4)
    return f"data:image/webp;base64,{base64.b64encode(written.getvalue()).decode('ascii')}"
