"""Rectangles and how they lie to each other, in points with the origin at the top left."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

Rect: TypeAlias = tuple[float, float, float, float]
"""(x0, y0, x1, y1) in points (1/72 inch), x0 <= x1 and y0 <= y1."""


def width(rect: Rect) -> float:
    """How wide the rectangle is."""
    return rect[2] - rect[0]


def height(rect: Rect) -> float:
    """How high the rectangle is."""
    return rect[3] - rect[1]


def area(rect: Rect) -> float:
    """Its surface in square points; 0 for a line."""
    return max(0.0, width(rect)) * max(0.0, height(rect))


def union(rects: Iterable[Rect]) -> Rect:
    """The smallest rectangle around all of them; there must be at least one."""
    x0, y0, x1, y1 = zip(*rects, strict=True)
    return min(x0), min(y0), max(x1), max(y1)


def intersection(one: Rect, other: Rect) -> Rect:
    """What both cover; a rectangle of no surface where they do not meet."""
    x0, y0 = max(one[0], other[0]), max(one[1], other[1])
    return x0, y0, max(x0, min(one[2], other[2])), max(y0, min(one[3], other[3]))


def grow(rect: Rect, by: float, down: float | None = None) -> Rect:
    """The rectangle with `by` points more on the left and right, and `down` (or as many) above and below."""
    more = by if down is None else down
    return rect[0] - by, rect[1] - more, rect[2] + by, rect[3] + more


def share_inside(inner: Rect, outer: Rect) -> float:
    """How much of `inner` lies in `outer`, 0..1; a line or a point counts by its middle."""
    if area(inner) <= 0:
        x, y = (inner[0] + inner[2]) / 2, (inner[1] + inner[3]) / 2
        return float(outer[0] <= x <= outer[2] and outer[1] <= y <= outer[3])
    return area(intersection(inner, outer)) / area(inner)


def holds_middle(outer: Rect, inner: Rect) -> bool:
    """Whether the middle of `inner` lies in `outer`."""
    x, y = (inner[0] + inner[2]) / 2, (inner[1] + inner[3]) / 2
    return outer[0] <= x <= outer[2] and outer[1] <= y <= outer[3]


def meet(one: Rect, other: Rect) -> bool:
    """Whether they overlap or touch."""
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def overlap_x(one: Rect, other: Rect) -> float:
    """Over how many points they stand above each other."""
    return max(0.0, min(one[2], other[2]) - max(one[0], other[0]))


def overlap_y(one: Rect, other: Rect) -> float:
    """Over how many points they stand beside each other."""
    return max(0.0, min(one[3], other[3]) - max(one[1], other[1]))


def same_row(one: Rect, other: Rect) -> bool:
    """Whether they stand on one line of text: half of the lower one's height is shared."""
    return overlap_y(one, other) > 0.5 * min(height(one), height(other))
