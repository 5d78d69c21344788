"""What lines, and the heads and captions of tables, say of the numbers in them."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

from rag.claims.notation import END, GAP, LETTERS, any_of
from rag.claims.units import SCALES

_LOOSE_PERCENT = re.compile(
    r"(?<!\d)(?<!\d[ \u00a0])%|占比|百分比|比例"
    r"|(?<![\d%] )\b(?:per ?cent|percentages?|pct|prozent|anteil|pourcentage|shares?|proportions?)\b",
    re.IGNORECASE,
)
"""Percent that belongs to no number before it."""
_ANY_PERCENT = re.compile(r"%|per ?cent|prozent|pour ?cent", re.IGNORECASE)
_PERCENT_CAPTION = re.compile(r"(?:^|\n)\s*%\s(?:of|who|saying)\b")
_LOOSE_SCALE = re.compile(
    rf"(?:\bin{GAP}+|\(|[$€£¥]{GAP}?|\b(?:USD|EUR|GBP|RMB|CNY|SGD|US\$){GAP}?|单位[:：]\s?)"
    rf"(?:[$€£¥]|USD|EUR|US\$)?{GAP}?(?P<scale>{any_of(SCALES.keys() - {'hundred', 'dozen', '百'})}){END}"
    rf"|(?P<zeros>(?:['’]|[$€£]{GAP}?)000s?\b)"
)
"""A scale that belongs to no number before it: `in millions`, `($k`, `$000s`."""
_FIRST_NUMBER = re.compile(rf"\|\s*[^|{LETTERS}]*\d[^|{LETTERS}]*")
_COUNTED = re.compile(rf"{GAP}[{LETTERS}]{{3,}}")
_WORD = re.compile(rf"[{LETTERS}]{{2}}")
_NEAR = 500
"""Characters to both sides in which a line speaks of a number."""


class Cells:
    """Knows the lines and the ` | ` cells of a text, and what their heads say of them."""

    def __init__(self, text: str, around: str) -> None:
        self._text = text
        self._prose = "\n".join(line for line in around.split("\n") if "|" not in line)
        self._loose_percent = bool(_LOOSE_PERCENT.search(self._prose))
        self._bare_percent = any(_ANY_PERCENT.search(line) and _is_bare(line) for line in self._prose.split("\n"))
        self._caption_percent = bool(_PERCENT_CAPTION.search(self._prose))
        self._loose_scales = _scales_in(self._prose)
        self._rows = [line.split("|") for line in text.split("\n") if "|" in line]
        self._columns: dict[int, str] = {}

    def line(self, at: int) -> str:
        """The line of a position, as far as it is near: a line may be a whole document."""
        start, end = self._line_span(at)
        return self._text[max(start, at - _NEAR) : min(end, at + _NEAR)]

    def _line_span(self, at: int) -> tuple[int, int]:
        end = self._text.find("\n", at)
        return self._text.rfind("\n", 0, at) + 1, len(self._text) if end < 0 else end

    def in_percent(self, start: int, end: int) -> bool:
        """Whether a number without a sign may be a percentage for what stands around it."""
        line = self.line(start)
        if "|" in line:
            column, row = self._heads(start)
            if self._loose_percent or _ANY_PERCENT.search(column) or _LOOSE_PERCENT.search(row):
                return True
            first = _FIRST_NUMBER.search(line)
            return first is not None and "%" in first.group()
        if _is_bare(line):
            return self._loose_percent or self._bare_percent
        counted = _COUNTED.match(self._text, end)
        return not counted and bool(self._caption_percent or _LOOSE_PERCENT.search(line))

    def scales(self, start: int) -> frozenset[Fraction]:
        """The scales that a number without one may have: `in millions` in a caption, a column's head or a row's."""
        line = self.line(start)
        if "|" in line:
            return self._loose_scales | _scales_in("\n".join(self._heads(start)))
        return self._loose_scales if _is_bare(line) or self._loose_scales & _scales_in(line) else frozenset()

    def _heads(self, start: int) -> tuple[str, str]:
        """The column of a cell, all rows of it, and the first cell of its row."""
        begin, end = self._line_span(start)
        number = self._text.count("|", begin, start)
        if number not in self._columns:
            self._columns[number] = "\n".join(row[number] for row in self._rows if len(row) > number)
        return self._columns[number], self._text[begin:end].partition("|")[0]


@lru_cache(maxsize=64)
def _is_bare(line: str) -> bool:
    """Whether a line holds numbers and nothing that says what they are. Asked again for every number of a line."""
    return not _WORD.search(line)


@lru_cache(maxsize=64)
def _scales_in(text: str) -> frozenset[Fraction]:
    """The scales that a text names apart from any number. Asked as often."""
    return frozenset(SCALES.get(match["scale"], Fraction(1000)) for match in _LOOSE_SCALE.finditer(text))
