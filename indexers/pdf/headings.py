"""Headings: told by larger, bolder or numbered type, and kept as the path above each paragraph."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from indexers.pdf.page_text import Paragraph, TextLine

LONGEST = 140
"""Characters of a heading."""
LARGER = 1.12
"""Times the body's size."""
_QUANTITY = re.compile(r"[\d.,\s]*\d\s*(?:%|[a-zµ°]{1,3}[²³]?)?$|\d{1,3}(?:,\d{3})+\b")
"""A figure in large type, "1,343 mm" or "45,000 visitors", announces nothing."""
_NUMBERED = re.compile(r"(?:\d{1,2}(?:\.\d{1,2})*\.?|[A-Z]\.|[IVX]+\.|第[一二三四五六七八九十\d]+[章节])\s+\S")


def body_size(pages: Sequence[Sequence[TextLine]]) -> float:
    """The size of most letters, in points; 10 where there are none."""
    letters: Counter[float] = Counter()
    for lines in pages:
        for line in lines:
            letters[round(line.size * 2) / 2] += len(line.text)
    return letters.most_common(1)[0][0] if letters else 10.0


class Outline:
    """The headings above the place that is being read, across pages."""

    def __init__(self, body: float) -> None:
        self._body = body
        self._above: list[tuple[tuple[float, int], str]] = []

    @property
    def section(self) -> tuple[str, ...]:
        """The path, outermost first."""
        return tuple(text for _, text in self._above)

    def enter(self, paragraph: Paragraph, text: str) -> bool:
        """Whether a paragraph is a heading; if so it is the innermost of the path from now on."""
        if not self._is_heading(paragraph, text):
            return False
        rank = self._rank(paragraph, text)
        self._above = [(one, said) for one, said in self._above if one < rank]
        self._above.append((rank, text))
        return True

    def _is_heading(self, paragraph: Paragraph, text: str) -> bool:
        if len(text) > LONGEST or len(paragraph.lines) > 3 or not any(letter.isalpha() for letter in text):
            return False
        if text[-1:] in ".,;，。；" and not _NUMBERED.match(text):
            return False
        large = paragraph.size >= LARGER * self._body
        if _QUANTITY.match(text):
            return False
        return len(text) > 1 and (large or (paragraph.bold and paragraph.size >= 0.95 * self._body and len(text) < 90))

    def _rank(self, paragraph: Paragraph, text: str) -> tuple[float, int]:
        """Less is further out: larger type first, then fewer numbers."""
        numbers = _NUMBERED.match(text)
        depth = text.split()[0].strip(".").count(".") if numbers else 0
        return -round(paragraph.size), depth
