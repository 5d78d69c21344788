"""Cutting a text into windows that a model reads whole.

Words are what white space separates. A window is an exact slice of the text; neighbours share some words, so that a thought
on the seam stands whole in one of them. A word that is longer than a window (a paragraph of Chinese, a data URL) is cut by
characters. Nothing but white space is ever left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

Count = Callable[[Sequence[str]], list[int]]
"""How many tokens a model makes of each text, special tokens and prefix not counted."""

OVERLAP = 8
"""Neighbouring windows share up to one part in this many of their tokens."""

_WORD = re.compile(r"\S+")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int
    end: int
    cost: int


def cut(text: str, *, count: Count, capacity: int) -> list[str]:
    """Cut a text into slices of at most `capacity` tokens that together hold every word; a text that fits comes back alone.

    Only a single character that costs more than `capacity` makes a larger slice. A text of white space that does not fit
    comes back as one empty slice.
    """
    if count([text])[0] <= capacity:
        return [text]
    pieces = list(_pieces(text, count=count, capacity=capacity))
    if not pieces:
        return [""]
    windows = []
    first = 0
    while True:
        last = _fill(text, pieces, first, count=count, capacity=capacity)
        windows.append(text[pieces[first].start : pieces[last - 1].end])
        if last == len(pieces):
            return windows
        first = _step_back(pieces, first, last, capacity=capacity)


def readable(text: str) -> str:
    """The text with every half of a surrogate pair replaced by U+FFFD, which tokenizers would refuse as not being Unicode."""
    return _SURROGATE.sub("\ufffd", text)


def _fill(text: str, pieces: Sequence[_Piece], first: int, *, count: Count, capacity: int) -> int:
    """One past the last piece of the longest window that begins with `first`."""
    last = first + 1
    total = pieces[first].cost
    while last < len(pieces) and total + pieces[last].cost <= capacity:
        total += pieces[last].cost
        last += 1
    # Words cost a little more or less together than alone (white space and joined letters may be tokens too).
    while last > first + 1:
        cost = count([text[pieces[first].start : pieces[last - 1].end]])[0]
        if cost <= capacity:
            break
        last = max(first + 1, min(last - 1, first + (last - first) * capacity // cost))
    return last


def _step_back(pieces: Sequence[_Piece], first: int, last: int, *, capacity: int) -> int:
    """Where the next window begins: some words before `last`, always after `first`, with room left for a new word."""
    room = min(capacity // OVERLAP, capacity - pieces[last].cost)
    begin = last
    shared = 0
    while begin - 1 > first and shared + pieces[begin - 1].cost <= room:
        begin -= 1
        shared += pieces[begin].cost
    return begin


def _pieces(text: str, *, count: Count, capacity: int) -> Iterator[_Piece]:
    """The words with their costs; a word over `capacity` in parts, small enough that windows can share them."""
    words = list(_WORD.finditer(text))
    distinct = list({word.group() for word in words})
    costs = dict(zip(distinct, count(distinct), strict=True))
    for word in words:
        cost = costs[word.group()]
        if cost <= capacity:
            yield _Piece(word.start(), word.end(), cost)
        else:
            yield from _parts(text, word.start(), word.end(), cost, count=count, limit=max(1, capacity // OVERLAP))


def _parts(text: str, start: int, end: int, cost: int, *, count: Count, limit: int) -> Iterator[_Piece]:
    """Cut `text[start:end]` by characters into parts of at most `limit` tokens; a part is at least one character."""
    size = max(1, (end - start) * limit // cost)
    while start < end:
        n_chars = min(size, end - start)
        part = count([text[start : start + n_chars]])[0]
        while part > limit and n_chars > 1:
            n_chars = max(1, n_chars * limit // part)
            part = count([text[start : start + n_chars]])[0]
        yield _Piece(start, start + n_chars, part)
        start += n_chars
