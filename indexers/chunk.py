"""From paragraphs to passages: what is under one heading and on one page, in pieces of about a hundred words."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from rag.types import Box, Element, Span

MAX_CHARS = 650
"""About a hundred words, which found more than a hundred and fifty: docs/evaluation.md."""

_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*(?=\s)|[。！？…][”’」』）]*|\n")


def chunk(elements: Iterable[Element], *, max_chars: int = MAX_CHARS) -> Iterator[Element]:
    """Merge consecutive text of one section, page and origin into passages of at most `max_chars`; cut longer paragraphs.

    A passage never crosses a page or a heading; a heading joins the passage that follows it. Cuts lie at ends of
    sentences, else between words, else between characters. Paragraphs are joined by a line break; spans and boxes
    follow. Pictures, tables and pages pass through in their place.
    """
    gathered: list[Element] = []
    for element in elements:
        if element.modality != "text":
            yield from _passages(gathered)
            gathered = []
            yield element
            continue
        for at, piece in enumerate(_cut(element, max_chars)):
            # What was cut is not joined again: the line break between would not be in the source.
            if gathered and (at > 0 or not _belongs(piece, gathered, max_chars)):
                yield from _passages(gathered)
                gathered = []
            gathered.append(piece)
    yield from _passages(gathered)


def _belongs(piece: Element, gathered: Sequence[Element], max_chars: int) -> bool:
    last = gathered[-1]
    length = sum(len(one.text) + 1 for one in gathered) + len(piece.text)
    same_place = (piece.page, piece.origin) == (last.page, last.origin)
    only_headings = all(_is_heading(one) for one in gathered)
    below = piece.section[: len(last.section)] == last.section
    same_section = piece.section == last.section or (only_headings and below)
    begins_anew = _is_heading(piece) and not only_headings
    return length <= max_chars and same_place and same_section and not begins_anew


def _is_heading(element: Element) -> bool:
    return bool(element.section) and element.text.strip() == element.section[-1].strip()


def _passages(gathered: Sequence[Element]) -> Iterator[Element]:
    kept = [one for one in gathered if one.text.strip()]
    if not kept:
        return
    spans: list[Span] = []
    offset = 0
    for one in kept:
        spans.extend(Span(span.start + offset, span.end + offset, span.box) for span in one.spans)
        offset += len(one.text) + 1
    yield replace(
        kept[-1],  # its section is the deepest, where headings came first
        text="\n".join(one.text for one in kept),
        box=union([one.box for one in kept if one.box is not None]),
        start=kept[0].start,
        end=kept[-1].end,
        spans=tuple(spans),
    )


def _cut(element: Element, max_chars: int) -> Iterator[Element]:
    """The element in pieces of at most `max_chars`, whole where it fits."""
    if len(element.text) <= max_chars:
        yield element
        return
    for first, last in _cuts(element.text, max_chars):
        spans = tuple(
            Span(max(span.start, first) - first, min(span.end, last) - first, span.box)
            for span in element.spans
            if element.text[max(span.start, first) : min(span.end, last)].strip()
        )
        yield replace(
            element,
            text=element.text[first:last],
            box=union([span.box for span in spans]) or element.box,
            start=min(element.start + first, element.end),
            end=min(element.start + last, element.end),
            spans=spans,
        )


def _cuts(text: str, max_chars: int) -> Iterator[tuple[int, int]]:
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    first = 0
    while first < len(text):
        if len(text) - first <= max_chars:
            last = len(text)
        else:
            window = first + max_chars
            before = bisect_right(ends, window) - 1  # a log may be one paragraph of a million lines
            space = text.rfind(" ", first + 1, window)
            sentence = ends[before] if before >= 0 else 0
            last = sentence if sentence > first else (space if space > first else window)
        if text[first:last].strip():
            yield first, last
        first = last


def union(boxes: Sequence[Box]) -> Box | None:
    """The smallest box around all; None of none."""
    if not boxes:
        return None
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )
