"""Figures on a page: embedded pictures and vector drawings, each with the labels that belong to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pymupdf

from indexers.pdf.geometry import Rect, area, grow, height, intersection, meet, share_inside, union, width
from indexers.pdf.page_text import TextLine

SMALLEST_SIDE = 28.0
"""Points: what is smaller is an icon or a bullet."""
SMALLEST_SHARE = 0.008
"""Of the page: what covers less is a decoration."""
BACKGROUND_SHARE = 0.85
"""Of the page: what covers more lies behind the text."""
GROUND_INK = 0.35
"""Share of a picture or drawing that text covers: with more it is the ground of the text."""
LABEL_GAP = 11.0
"""Points between a drawing and the labels of its axes."""
LONGEST_TICK = 24
"""Characters of a label at the left or right: a longer line is text of the next column."""
LONGEST_LABEL = 60
"""Characters: a longer line near a drawing is text, not a label."""
TILE_GAP = 3.0
"""Points between pictures that are tiles of one."""
FEWEST_PATHS = 4
"""Of a vector figure: fewer are a frame, an underline or a rule."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture on a page."""

    rect: Rect
    """With its labels."""
    labels: tuple[TextLine, ...]
    """The lines of text in it."""
    is_raster: bool
    """Whether it holds an embedded picture, in which there may be text that the text layer does not know."""


def figures_of(
    page: pymupdf.Page,
    lines: Sequence[TextLine],
    *,
    drawings: Sequence[dict[str, Any]],  # Any: pymupdf's own dict
    taken: Sequence[Rect],
) -> list[Figure]:
    """The figures of a page, from the top. `taken`: where tables are; `lines`: the text layer without captions."""
    bounds: Rect = tuple(page.rect)
    pictures = [rect for rect in _pictures(page, bounds) if _ink(rect, lines) < GROUND_INK]
    vectors = _vectors(page, drawings, bounds, taken, lines)
    merged = _merged([(rect, True) for rect in pictures] + [(rect, False) for rect in vectors])
    figures = []
    for rect, is_raster in merged:
        if any(share_inside(rect, table) > 0.6 for table in taken):
            continue
        whole, labels = _with_labels(rect, lines, [other for other, _ in merged if other != rect])
        figures.append(Figure(intersection(whole, bounds), labels, is_raster))
    return sorted(figures, key=lambda figure: (figure.rect[1], figure.rect[0]))


def _pictures(page: pymupdf.Page, bounds: Rect) -> list[Rect]:
    placed = []
    for info in page.get_image_info():
        rect = intersection(tuple(info["bbox"]), bounds)
        if (
            width(rect) >= 8
            and height(rect) >= 8
            and area(rect) < BACKGROUND_SHARE * area(bounds)
            and rect not in placed
        ):
            placed.append(rect)
    joined = [rect for rect, _ in _merged([(rect, True) for rect in placed], gap=TILE_GAP)]
    return [rect for rect in joined if _is_large(rect, bounds) and area(rect) < BACKGROUND_SHARE * area(bounds)]


def _is_large(rect: Rect, bounds: Rect) -> bool:
    return min(width(rect), height(rect)) >= SMALLEST_SIDE and area(rect) >= SMALLEST_SHARE * area(bounds)


def _vectors(
    page: pymupdf.Page,
    drawings: Sequence[dict[str, Any]],
    bounds: Rect,
    taken: Sequence[Rect],
    lines: Sequence[TextLine],
) -> list[Rect]:
    kept = [
        drawing
        for drawing in drawings
        if area(tuple(drawing["rect"])) < BACKGROUND_SHARE * area(bounds)
        and not _is_loose_rule(tuple(drawing["rect"]), drawings, bounds)
        and not any(share_inside(tuple(drawing["rect"]), grow(table, 2)) > 0.5 for table in taken)
    ]
    if len(kept) < FEWEST_PATHS:
        return []
    found = []
    for cluster in page.cluster_drawings(drawings=kept, x_tolerance=8, y_tolerance=8):
        rect = intersection(tuple(cluster), bounds)
        inside = [drawing for drawing in kept if share_inside(tuple(drawing["rect"]), grow(rect, 1)) > 0.9]
        n_paths = sum(len(drawing["items"]) for drawing in inside)
        if _is_large(rect, bounds) and n_paths >= FEWEST_PATHS and not _is_text_box(rect, inside, lines):
            found.append(rect)
    return found


def _is_loose_rule(rect: Rect, drawings: Sequence[dict[str, Any]], bounds: Rect) -> bool:
    """Whether a drawing is a long level rule that parts text. One on which others stand is an axis or a frame's edge."""
    if height(rect) > 3 or width(rect) <= 0.5 * width(bounds):
        return False
    near = grow(rect, 1, 2)
    return sum(1 for one in drawings if height(tuple(one["rect"])) > 3 and meet(near, tuple(one["rect"]))) < 2


def _is_text_box(rect: Rect, inside: Sequence[dict[str, Any]], lines: Sequence[TextLine]) -> bool:
    """Whether drawings are but the ground and frame of text: boxes and rules only, and much text on them."""
    boxes = sum(1 for drawing in inside for item in drawing["items"] if item[0] in ("re", "qu"))
    curves = sum(1 for drawing in inside for item in drawing["items"] if item[0] == "c")
    letters = sum(len(line.text) for line in lines if share_inside(line.rect, rect) > 0.5)
    long_lines = sum(1 for line in lines if share_inside(line.rect, rect) > 0.5 and len(line.text) > LONGEST_LABEL)
    return (long_lines >= 3 or _ink(rect, lines) > GROUND_INK) and (boxes <= 6 or letters > 400) and curves < 20


def _ink(rect: Rect, lines: Sequence[TextLine]) -> float:
    """Share of a rectangle that lines of text cover, 0..1."""
    return sum(area(line.rect) for line in lines if share_inside(line.rect, rect) > 0.5) / (area(rect) or 1.0)


def _merged(rects: Sequence[tuple[Rect, bool]], *, gap: float = 6.0) -> list[tuple[Rect, bool]]:
    """Rectangles that overlap or nearly touch, as one."""
    merged: list[tuple[Rect, bool]] = []
    for rect, is_raster in rects:
        one, raster = rect, is_raster
        while near := [other for other in merged if _belong(grow(one, gap / 2), grow(other[0], gap / 2))]:
            merged = [other for other in merged if other not in near]
            one, raster = union([one, *(other for other, _ in near)]), raster or any(flag for _, flag in near)
        merged.append((one, raster))
    return merged


def _belong(one: Rect, other: Rect) -> bool:
    """Whether they overlap, or touch along most of an edge, as tiles do."""
    if not meet(one, other):
        return False
    both = intersection(one, other)
    along = max(width(both) / min(width(one), width(other)), height(both) / min(height(one), height(other)))
    return along > 0.5 or area(both) > 0.1 * min(area(one), area(other))


def _with_labels(rect: Rect, lines: Sequence[TextLine], others: Sequence[Rect]) -> tuple[Rect, tuple[TextLine, ...]]:
    """A drawing with the text in it and the short lines right at it: ticks, axis titles, a legend."""
    whole = rect
    labels: list[TextLine] = []
    for _ in range(2):  # tick labels first, then the axis title beyond them
        for line in lines:
            elsewhere = any(share_inside(line.rect, other) > 0.5 for other in others)
            if line not in labels and not elsewhere and (share_inside(line.rect, whole) > 0.5 or _beside(line, whole)):
                labels.append(line)
        whole = union([rect, *(line.rect for line in labels)])
    return whole, tuple(labels)


def _beside(line: TextLine, rect: Rect) -> bool:
    """Whether a line is short and stands right at an edge of a drawing, within the extent of that edge."""
    x, y = (line.rect[0] + line.rect[2]) / 2, (line.rect[1] + line.rect[3]) / 2
    gap_x = max(line.rect[0] - rect[2], rect[0] - line.rect[2], 0.0)
    gap_y = max(line.rect[1] - rect[3], rect[1] - line.rect[3], 0.0)
    at_side = (
        gap_x <= LABEL_GAP and rect[1] - 6 <= y <= rect[3] + 6 and (len(line.text) <= LONGEST_TICK or not line.level)
    )
    above_or_below = (
        gap_y <= LABEL_GAP
        and rect[0] - 12 <= x <= rect[2] + 12
        and len(line.text) <= LONGEST_LABEL
        and width(line.rect) <= 0.7 * width(rect)
    )
    return at_side or above_or_below
