"""The numbers behind a sentence: found in whatever form a model writes them, taken out where they were never offered."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from rag.sentences import sentences

LONGEST_MARKER = 80
"""Characters between the brackets."""
_OPENING, _CLOSING = "[［【〔⟦(（", "]］】〕⟧)）"
_BRACKETED = re.compile(
    rf"[{re.escape(_OPENING)}]([^{re.escape(_OPENING + _CLOSING)}\n]{{1,{LONGEST_MARKER}}})[{re.escape(_CLOSING)}]"
)
_TOKEN = re.compile(r"[^\W\d_]+|\d+|\S")
_NAMES = frozenset("evidence source passage text table picture image ref reference number no and to".split())
_PLACES = frozenset("page pages p pp line lines".split())
_RANGE = frozenset(["-", "–", "to"])
_BETWEEN = frozenset(",;&、，:=#^†") | _RANGE
LONGEST_RANGE = 20
_OURS = re.compile(r" ?\[(\d+(?:, \d+)*)\]")
_ROUND = str.maketrans("[［【〔⟦]］】〕⟧", "((((()))))")
_ANGLED = str.maketrans("()（）", "‹›‹›")


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence as it was said."""

    text: str
    numbers: tuple[int, ...]
    end: int
    """Where it ends in the text, its numbers included."""


def without_markers(text: str) -> str:
    """A document's text in which nothing reads as the number of a piece of evidence: `[12]` becomes `(12)`; as long as it was."""

    def disarmed(match: re.Match[str]) -> str:
        if not _numbers(match):
            return match[0]
        rounded = match[0].translate(_ROUND)
        again = _BRACKETED.fullmatch(rounded)
        return rounded.translate(_ANGLED) if again and _numbers(again) else rounded

    return _BRACKETED.sub(disarmed, text)


def clean(text: str, offered: Collection[int]) -> tuple[str, tuple[int, ...]]:
    """A text with every marker in the form ` [1, 2]`, and without the numbers that were never offered.

    Returns: the text, and the numbers taken out, in order, each once.
    """
    kept: list[str] = []
    invented: dict[int, None] = {}
    start = 0
    for match in _BRACKETED.finditer(text):
        numbers = dict.fromkeys(_numbers(match))
        if not numbers:
            continue
        invented.update((number, None) for number in numbers if number not in offered)
        named = ", ".join(str(number) for number in numbers if number in offered)
        kept += [text[start : match.start()].rstrip(), f" [{named}]" if named else ""]
        start = match.end()
    return "".join([*kept, text[start:]]).strip(), tuple(invented)


def settled(text: str) -> str:
    """As much of a text that is still being written as can no longer turn out to be part of a marker."""
    tail = len(text) - LONGEST_MARKER - 1
    opened = next((at for at in range(max(tail, 0), len(text)) if text[at] in _OPENING), len(text))
    while opened < len(text) and any(character in _CLOSING or character == "\n" for character in text[opened:]):
        opened = next((at for at in range(opened + 1, len(text)) if text[at] in _OPENING), len(text))
    return text[:opened].rstrip()


def said(text: str) -> list[Said]:
    """The sentences of a cleaned text, each with the numbers in it and right behind it."""
    bare, places, markers = "", list[int](), list[tuple[int, tuple[int, ...], int]]()
    start = 0
    in_front = _OURS.match(text) is not None  # some models write the number before the sentence
    for match in _OURS.finditer(text):
        bare += text[start : match.start()]
        places.extend(range(start, match.start()))
        markers.append((len(bare), tuple(map(int, match[1].split(", "))), match.end()))
        start = match.end()
        if _begins_anew(text[start:]):
            bare += "\n"
            places.append(start)
    bare += text[start:]
    places.extend(range(start, len(text)))
    return list(_with_numbers(bare, places, markers, in_front=in_front))


def _with_numbers(
    bare: str, places: list[int], markers: list[tuple[int, tuple[int, ...], int]], *, in_front: bool
) -> Iterator[Said]:
    found = [(a, b) for a, b in sentences(bare) if any(character.isalnum() for character in bare[a:b])]
    for at, (first, last) in enumerate(found):
        following = found[at + 1][0] if at + 1 < len(found) else len(bare) + 1
        before = found[at - 1][1] if at else 0
        own = [
            marker
            for marker in markers
            if (before <= marker[0] <= first if in_front else first < marker[0] < following)
        ]
        numbers = tuple(dict.fromkeys(number for _, some, _ in own for number in some))
        yield Said(bare[first:last], numbers, max([places[last - 1] + 1, *(end for _, _, end in own)]))


def _begins_anew(after: str) -> bool:
    """Whether what follows a marker is another sentence even where no full stop stands between."""
    following = after.lstrip()[:1]
    return bool(following) and not following.islower() and following.isalnum()


def _numbers(bracketed: re.Match[str]) -> list[int]:
    """The numbers of evidence that stand between brackets, as models write them; none where it is something else.

    In round brackets only what begins with a word for evidence is meant: "(table 3)" and "(1999)" are text.
    """
    inside = "".join(one for one in unicodedata.normalize("NFKC", bracketed[1]) if unicodedata.category(one) != "Cf")
    tokens = _TOKEN.findall(inside.casefold())
    if bracketed[0][0] in "(（" and tokens[:1] not in (["evidence"], ["source"]):
        return []
    numbers: list[int] = []
    before, in_place = "", False
    for token in tokens:
        if token.isdecimal():
            if not in_place:
                first = numbers[-1] + 1 if before in _RANGE and numbers else int(token)
                numbers.extend(range(first, min(int(token), first + LONGEST_RANGE)))
                numbers.append(int(token))
        elif token == "." and before in _NAMES | _PLACES:
            continue  # "no. 3": the word still stands before the number
        elif token in _NAMES or token in _PLACES or (token in _BETWEEN and (numbers or token not in _RANGE)):
            in_place = token in _PLACES or (in_place and token in _RANGE)
        else:
            return []
        before = token
    return numbers
