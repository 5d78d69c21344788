"""Captions: which lines are one, and of which figure or table."""

from __future__ import annotations

import re
from collections.abc import Sequence

from indexers.pdf.geometry import Rect, height, holds_middle, overlap_x, overlap_y, union, width
from indexers.pdf.page_text import Paragraph

FARTHEST = 60.0
"""Points between a caption and what it is of."""
FARTHEST_ASKEW = 110.0
"""Points, where a caption with a label stands to the left or right, or begins at a margin beside which the figure is centred."""
FARTHEST_LEVEL = 24.0
"""Points up or down of those."""
FARTHEST_PLAIN = 16.0
"""Points for a caption without a label, which is told by its small or slanted type."""
LABEL = re.compile(
    r"(?:fig(?:ure|\.)?|table|tab\.|chart|exhibit|diagram|plate|photo|map|abb(?:ildung|\.)?|tabelle|tableau|figura|tabla|图表?|圖|表)"
    r"\s*(?:\d+(?:[.-]\d+)*|[A-Z]\d*|[IVX]+)(?=[\s.:：|–—)、]|$)",
    re.IGNORECASE,
)
OF_TABLE = re.compile(r"(?:tab|表)", re.IGNORECASE)


def labelled(paragraph: Paragraph) -> bool:
    """Whether a paragraph begins as captions do: `Figure 3:`, `Table 2.`, `图 1`."""
    text = paragraph.lines[0].text
    match = LABEL.match(text)
    if match is None:
        return False
    rest = text[match.end() :].lstrip()
    # "Figure 3 shows that …" is a sentence about a figure, not its caption.
    return not rest or rest[0] in ".:：|–—-)、" or not rest[0].islower()


def bind(paragraphs: Sequence[Paragraph], places: Sequence[tuple[Rect, bool]], *, body_size: float) -> dict[int, int]:
    """Which paragraph is the caption of which place.

    `places`: each figure's (False) or table's (True) rectangle.
    Returns: index of the place -> index of the paragraph, each used once, the nearest pairs first, those that do not
        stand above each other last.
    """
    pairs = []
    for at, paragraph in enumerate(paragraphs):
        is_labelled = labelled(paragraph)
        for to, (rect, is_table) in enumerate(places):
            if is_labelled and bool(OF_TABLE.match(paragraph.lines[0].text)) != is_table:
                continue
            distance = _distance(paragraph.rect, rect)
            if distance is None:
                others = [other.rect for other in paragraphs if other is not paragraph]
                askew = _distance_askew(paragraph.rect, rect, others) if is_labelled else None
                if askew is not None:
                    pairs.append((FARTHEST + askew, at, to))
            elif is_labelled:
                if distance <= FARTHEST:
                    pairs.append((distance, at, to))
            elif distance <= FARTHEST_PLAIN and _is_plain_caption(paragraph, rect, body_size):
                pairs.append((1000 + distance, at, to))
    bound: dict[int, int] = {}
    for _, at, to in sorted(pairs):
        if to not in bound and at not in bound.values():
            bound[to] = at
    return bound


def _distance(caption: Rect, rect: Rect) -> float | None:
    """Points of white between a caption and what stands above or below it; None where they do not stand so."""
    shared = overlap_x(caption, rect)
    if shared < 0.3 * min(width(caption), width(rect)):
        return None
    if overlap_y(caption, rect) > 0.7 * height(caption):
        return None
    return max(caption[1] - rect[3], rect[1] - caption[3], 0.0)


def _distance_askew(caption: Rect, rect: Rect, others: Sequence[Rect]) -> float | None:
    """Points of white across and down between a caption and what does not stand above or below it; None if it is too
    far, or if other text stands between them."""
    if overlap_x(caption, rect) > 2 and overlap_y(caption, rect) > 2:
        return None
    across = max(caption[0] - rect[2], rect[0] - caption[2], 0.0)
    down = max(caption[1] - rect[3], rect[1] - caption[3], 0.0)
    if down > FARTHEST_LEVEL or across + down > FARTHEST_ASKEW:
        return None
    both = union([caption, rect])
    return None if any(holds_middle(both, other) for other in others) else across + down


def _is_plain_caption(paragraph: Paragraph, rect: Rect, body_size: float) -> bool:
    below = paragraph.rect[1] >= rect[3] - 2
    small = paragraph.size < 0.94 * body_size or all(line.italic for line in paragraph.lines)
    return below and small and len(paragraph.lines) <= 3 and width(paragraph.rect) <= 1.2 * width(rect)
