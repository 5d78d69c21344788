"""Where sentences begin and end: European languages and Chinese, Japanese, Korean, with exact positions."""

from __future__ import annotations

import re

_END = re.compile(r"[.!?…]+[\"'”’»)\]]*(?=\s|$)|[。！？]+[”’」』）]*|\n+")
_ABBREVIATIONS = frozenset(
    """mr mrs ms dr prof st sr jr vs etc cf e.g i.e no nos fig figs eq sec ch vol pp ed eds approx dept est inc ltd co corp
    al jan feb mar apr jun jul aug sep sept oct nov dec bzw z.b u.a d.h nr str p.ex m mme""".split()
)
_LABEL = re.compile(
    r"(?:^|\s)(?:figure|fig\.?|table|chart|exhibit|box|plate|step|chapter|section)\s*\d+$", re.IGNORECASE
)
_LAST_WORD = re.compile(r"(\S+?)\.+$")


def sentences(text: str) -> list[tuple[int, int]]:
    """The sentences of a text as (start, end), in order; `text[start:end]` has no white space at its ends.

    A line break ends a sentence: the elements of the house keep paragraphs on one line.
    """
    found: list[tuple[int, int]] = []
    start = 0
    for match in _END.finditer(text):
        if not match.group().startswith("\n") and _goes_on(text, start, match):
            continue
        found.append((start, match.end()))
        start = match.end()
    found.append((start, len(text)))
    trimmed = ((a + _n_leading(text[a:b]), b - _n_trailing(text[a:b])) for a, b in found)
    return [(a, b) for a, b in trimmed if a < b]


def _goes_on(text: str, start: int, end: re.Match[str]) -> bool:
    """Whether a full stop ends no sentence: after an abbreviation, an initial or a list's number, or before a small letter."""
    if end.group()[0] != ".":
        return False
    before = _LAST_WORD.search(text[start : end.start() + 1])
    word = before[1].lower().lstrip("(\"'“") if before else ""
    after = text[end.end() :].lstrip(" ")[:1]
    initial = len(word) == 1 and word.isalpha()
    numbered = word.isdecimal() and not text[start : end.start()].strip(" 0123456789")
    if word.isdecimal() and _LABEL.search(text[start : end.start()]):
        return True  # "Figure 2. Wind rose": a caption is one sentence with its label
    return word in _ABBREVIATIONS or initial or numbered or after.islower()


def _n_leading(part: str) -> int:
    return len(part) - len(part.lstrip())


def _n_trailing(part: str) -> int:
    return len(part) - len(part.rstrip()) if part.strip() else 0
