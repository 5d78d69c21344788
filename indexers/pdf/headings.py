"""Headings: told by larger, bolder or numbered type, and kept as the path above each paragraph; of scans, by dividers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from indexers.pdf.page_text import Paragraph, TextLine, paragraphs

LONGEST = 140
"""Characters of a heading."""
LARGER = 1.12
"""Times the body's size."""
LONGEST_DIVIDER = 80
FEWEST_LETTERS_OF_A_DIVIDER = 5
MOST_LINES_OF_A_DIVIDER = 3
ONE_TYPE = 0.7
"""Of the largest line, the others' height at least: OCR measures the ink, which is lower where no letter reaches down."""
EDGE = 0.15
"""Share of the page's height, at the top and at the bottom, where running lines and page numbers of slides stand."""
ROWS = 50
"""Of a page, as high as one of which a running line may stand higher or lower from page to page."""
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


class Dividers:
    """The page above the scanned pages that are being read which held nothing but a heading, as between the parts of a talk.

    OCR tells no type, so that a larger line on a full page is not taken for a heading.
    """

    def __init__(self) -> None:
        self.section: tuple[str, ...] = ()
        self._seen: set[tuple[str, int]] = set()

    def turn(self, lines: Sequence[TextLine], *, page_height: float) -> None:
        """Take up the next scanned page by its lines, in reading order: if it is a divider, a section begins with it."""
        edge = [line for line in lines if not EDGE <= line.rect[1] / page_height <= 1 - EDGE]
        places = {line: (line.text, round(line.rect[1] / page_height * ROWS)) for line in edge}
        running = [line for line in edge if places[line] in self._seen or line.text.isdigit()]
        said = [line for line in lines if line not in running]
        self._seen.update(places.values())
        if not said or len(said) > MOST_LINES_OF_A_DIVIDER:
            return
        size = max(line.size for line in said)
        blocks = paragraphs([replace(line, size=size) for line in said if line.size >= ONE_TYPE * size])
        if len(blocks) == 1 and len(blocks[0].lines) == len(said) and _divides(text := blocks[0].text()[0]):
            self.section = (text,)

    def leave(self) -> None:
        """A page that is no scan has headings of its own: what divided the scans before it ends."""
        self.section = ()


def _divides(text: str) -> bool:
    letters = sum(1 for letter in text if letter.isalpha())
    return letters >= FEWEST_LETTERS_OF_A_DIVIDER and len(text) <= LONGEST_DIVIDER and text[-1] not in ".,;:，。；："
