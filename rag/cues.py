"""What a question says about where to look: "on page 5", "the last slide", "Figure 3", "Table 2"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.types import Element

ORDINALS = {
    word: number
    for number, word in enumerate(
        ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"], start=1
    )
}
NUMBERS = {
    word: number
    for number, word in enumerate(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"], start=1
    )
}
LONGEST_RANGE = 20
"""Pages 1 to 300 is the whole book: no cue."""
MARGIN = 0.12
"""Share of the page's height, at the top and at the bottom, where page numbers are printed."""

_PAGES = re.compile(
    r"\b(?:pages?|slides?|p\.|pp\.)\s*(?:numbers?|no\.?|#)?\s*(\d{1,4})(?:\s*(-|–|to|and|,|&)\s*(\d{1,4}))?"
    r"|第\s*(\d{1,4})\s*[页頁]"
)
_NTH_PAGE = re.compile(rf"\b(?:(\d{{1,3}})(?:st|nd|rd|th)|({'|'.join(ORDINALS)}))\s+(?:page|slide)\b")
_NAMED_PAGE = re.compile(rf"\b(?:page|slide)\s+({'|'.join(NUMBERS)})\b")
_LAST_PAGE = re.compile(r"\b(?:(second|third|2nd|3rd)[ -]+(?:to[ -]+)?)?last\s+(?:page|slide)\b")
_FROM_END = {None: -1, "second": -2, "2nd": -2, "third": -3, "3rd": -3}
_LABELS = re.compile(
    r"\b(figure|fig|table|algorithm|exhibit|section|appendix|chart)\.?\s*(\d{1,3}(?:\.\d+)*[a-z]?)\b"
    r"|\b(appendix|exhibit)\s+([a-z])\b(?!['’])"
    rf"|\b({'|'.join(ORDINALS)})\s+(figure|table)\b"
)
_CHINESE_LABELS = re.compile(r"([图圖表])\s*(\d{1,3})")
_PICTURES = re.compile(
    r"\b(?:photos?|photographs?|pictures?|pics?|images?|snapshots?|drawings?|icons?|emojis?|sketch(?:es)?|illustrations?|screenshots?)"
    r"\s+(?:of|with|showing|that shows?|containing)\b"
)
EDGE = 0.06
"""Share of the height where a number beside a running title, as in "12  Annual Report", is a page number too."""
_PRINTED_NUMBER = re.compile(r"\W*(?:page|slide|p\.)?\s*(\d{1,4})\s*(?:(?:of|/)\s*\d+)?\W*", re.IGNORECASE)
_BESIDE_TITLE = re.compile(r"(\d{1,3})\s*[|•·–—-]?\s+[^\W\d].*|.*[^\W\d]\W*\s+(\d{1,3})")


@dataclass(frozen=True, slots=True)
class Cues:
    """Where a question says to look."""

    pages: frozenset[int]
    """Page numbers as people say them; below zero counts from the end, -1 is the last."""
    labels: frozenset[tuple[str, str]]
    """Kind and number: `("figure", "3")`, `("appendix", "a")`."""

    def __bool__(self) -> bool:
        return bool(self.pages or self.labels)


def asks_for_pictures(question: str) -> bool:
    """Whether a picture is what is wanted: "a photo of a dog", "drawings with a red circle"."""
    return _PICTURES.search(question.casefold()) is not None


def cues(question: str) -> Cues:
    """Read a question's cues; English and Chinese are known."""
    text = question.casefold()
    pages: set[int] = set()
    for first, joint, last, chinese in _PAGES.findall(text):
        start, end = int(first or chinese), int(last or first or chinese)
        listed = joint in ("and", ",", "&") or not start < end <= start + LONGEST_RANGE
        pages |= {start, end} if listed else set(range(start, end + 1))
    pages |= {int(digits) if digits else ORDINALS[word] for digits, word in _NTH_PAGE.findall(text)}
    pages |= {NUMBERS[word] for word in _NAMED_PAGE.findall(text)}
    pages |= {_FROM_END[match[1]] for match in _LAST_PAGE.finditer(text)}
    labels = {
        ("figure" if kind == "fig" else kind or lettered or nth_kind, number or letter or str(ORDINALS[nth]))
        for kind, number, lettered, letter, nth, nth_kind in _LABELS.findall(text)
    }
    labels |= {("table" if kind == "表" else "figure", number) for kind, number in _CHINESE_LABELS.findall(text)}
    return Cues(frozenset(pages), frozenset(labels))


def printed_numbers(element: Element) -> set[int]:
    """The page numbers that an element's lines print in the upper or lower margin, alone or beside a running title."""
    found: set[int] = set()
    for span in element.spans:
        _, top, _, bottom = span.box
        if top > 1 - MARGIN or bottom < MARGIN:
            line = element.text[span.start : span.end].strip()
            match = _PRINTED_NUMBER.fullmatch(line)
            if match is None and (top > 1 - EDGE or bottom < EDGE):
                match = _BESIDE_TITLE.fullmatch(line)
            if match is not None:
                found.add(int(match[match.lastindex or 1]))
    return found


def label_strength(text: str, kind: str, number: str) -> float:
    """How much a text is about a label: 1 where a line begins with it, as captions do, 0.5 where it is named, else 0."""
    names = {"figure": r"(?:figure|fig|图|圖)", "table": r"(?:tables?|表)"}.get(kind, kind)
    label = rf"{names}s?\.?\s*{re.escape(number)}(?![\d\w]|\.\d)"
    if re.search(rf"^\W*{label}", text, re.IGNORECASE | re.MULTILINE):
        return 1.0
    return 0.5 if re.search(rf"(?<!\w){label}", text, re.IGNORECASE) else 0.0
