"""The claim check: the numbers, dates, percentages and names of a sentence must stand in the texts that it cites.

Both sides are read into the same nouns (amounts, dates, labels, words) whatever their notation, then compared. A
notation that allows two readings has both; a claim is there when one of its readings is. Counting and arithmetic are
not done: a sum that no cited text holds is reported, right or wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from rag.claims.amounts import read_amounts
from rag.claims.dates import MONTHS, read_dates, read_months
from rag.claims.held import Held, rounding_of
from rag.claims.labels import read_glued, read_headings, read_labels, without_places
from rag.claims.names import read_names, read_quoted_names
from rag.claims.notation import BLANK, any_of, decimal_mark, normalised
from rag.claims.numerals import HAN_CLASS
from rag.claims.statements import Found, blanked
from rag.claims.words import Words

_HAN_WORDS = frozenset("千万 万一 百万 一百 一千 一万 万千 千百 一二 一一 三三 万万 一十".split())
"""Runs of numerals that are as often ordinary words ("by no means", "in case"): no claims."""
_HAN_MEASURE = re.compile(r"[个個名位家座次天年月日周小倍元美欧米公吨岁人件项台辆条%分万亿]")
_LINE_IN_PROSE = re.compile(r"(?<=[^|\n])\n(?=[^|\n]+(?:\n|$))")
"""A line's end before a line that is no row of a table."""
_MARKERS = re.compile(r"\[\d{1,4}(?:\s*[,;–-]\s*\d{1,4})*\]")
_NUMBERING = re.compile(
    rf"^\s*(?:[-*•]\s+)?(?:\d{{1,2}}(?:[.)]\s+|\)(?=[A-Z]))|\(\d{{1,2}}\)\s+)(?!(?:{any_of(MONTHS)})\b)",
    re.IGNORECASE,
)


def _read(text: str, *, mark: str, around: str, evidence: bool) -> Iterator[Found]:
    """All that a normalised text states except its names; what one reader has found the next does not see."""
    for read in (read_dates, read_labels, read_glued):
        if read is read_labels and not evidence:
            text = without_places(text)
        found = list(read(text))
        yield from found
        text = blanked(text, found)
    if evidence:
        yield from read_headings(text)
    yield from read_months(text, claims=not evidence)
    yield from read_amounts(text, decimal_mark=mark, around=around, evidence=evidence)


@lru_cache(maxsize=32)
def _held(evidence: tuple[str, ...], known: str) -> Held:
    """What the texts state. Each is read line by line and, for what a line's end divides, as one line."""
    texts = [normalised(text) for text in (*evidence, known) if text]
    joined = "\n".join(texts)
    held = Held(joined, decimal_mark(joined), Words.of(joined))
    for text in texts:
        for form in {text, _LINE_IN_PROSE.sub(" ", text)}:
            for found in _read(form, mark=held.decimal_mark, around=joined, evidence=True):
                held.take(found)
    return held


def _is_claim(found: Found, text: str) -> bool:
    """Whether a number in letters says how many; `one` never does, nor does `second,` at a sentence's start."""
    if not found.word:
        return True
    written, after = text[found.start : found.end], text[found.end : found.end + 1]
    if found.ordinal:
        before = text[: found.start].rstrip(" \"'“(")
        return bool(before) and after != "," and not re.search(r"(?:[;:,]|\b(?:every|per|a|split|and))$", before)
    if re.fullmatch(rf"[{HAN_CLASS}]+", written):
        counted = bool(_HAN_MEASURE.match(after)) and not re.search(r"[第数几上]$", text[: found.start])
        return (len(written) > 1 or counted) and written not in _HAN_WORDS and written not in "一零〇" and after != "分"
    return any(abs(reading.value) >= 2 or reading.percent for reading in found.readings)


def missing_claims(sentence: str, evidence: Sequence[str], *, known: str = "") -> tuple[str, ...]:
    """The numbers, dates, percentages and names of a sentence that none of the cited texts holds, as written, in order.

    `evidence`: all texts of the cited pieces (text, table rows, OCR, context, section, document title). `known`: words,
    numbers and names that need no evidence (the question). Returns () where all are there. Evidence markers such as
    `[2]`, a list's numbering and places in the document ("on page 12") are no claims.
    """
    text = normalised(sentence)
    for pattern in (_MARKERS, _NUMBERING):
        text = pattern.sub(lambda match: BLANK * len(match.group()), text)
    held = _held(tuple(evidence), known)
    mark = decimal_mark(text) or ("both" if held.decimal_mark in ("comma", "both") else "point")
    stated = list(_read(text, mark=mark, around=text, evidence=False))
    lacking = [
        found
        for found in stated
        if _is_claim(found, text) and not held.has(found, rounding=rounding_of(text, found.start))
    ]
    rest = blanked(text, [found for found in stated if not found.word])
    lacking += [found for found in read_quoted_names(rest) if not held.has_quoted_name(found.words[0])]
    lacking += [found for found in read_names(rest) if not held.words.have_name(found.words)]
    in_order = sorted(lacking, key=lambda found: (found.start, found.end))
    return tuple(dict.fromkeys(sentence[found.start : found.end].strip(" .,;:") for found in in_order))
