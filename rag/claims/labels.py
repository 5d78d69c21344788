"""Places in the document, labels such as `Figure 3`, and words that hold digits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from rag.claims.notation import BEGIN, BLANK, GAP, LETTERS, any_of, by_spelling, folded
from rag.claims.statements import Found, Reading
from rag.claims.units import MONEY, SCALES, UNITS

_PLACES = re.compile(
    rf"(?:(?:\b(?:pages?|slides?|pp?\.|Seiten?)|(?<![\w.])S\.){GAP}*(?:no\.?|#)?{GAP}*\d+"
    rf"(?:{GAP}*(?:-|–|to|and|,|&|of|bis){GAP}*\d+(?!\d|[.,]\d|{GAP}?(?:%|per)))*)"
    r"|第\s*\d+\s*[页頁]",
    re.IGNORECASE,
)
_LABEL_KINDS = by_spelling("""
figure: figure, figures, fig, figs, abbildung, abb, 图, 圖
table: table, tables, tab, tabelle, tableau, 表
section: section, sections, sec, abschnitt, §
chapter: chapter, chapters, kapitel, chapitre
equation: equation, eq, eqs
appendix: appendix, anhang
exhibit: exhibit
""")
_LABEL = re.compile(
    rf"{BEGIN}(?P<kind>{any_of(_LABEL_KINDS)})\.?{GAP}*(?P<all>\(?\d+(?:\.\d+)*[a-z]?\)?(?![\d%]|,\d)"
    rf"(?:{GAP}*(?:,|and|to|&|-|–|und|et){GAP}*\(?\d+(?:\.\d+)*[a-z]?\)?(?![\w%]|,\d|{GAP}%))*)",
    re.IGNORECASE,
)
_HEADING = re.compile(r"^\s*(\d{1,2}(?:\.\d{1,2})*)\.?\s+(?=[A-Z])", re.MULTILINE)
_GLUED = re.compile(
    rf"(?<![{LETTERS}\d.,])(?:(?P<name>[{LETTERS}]+(?:-[{LETTERS}]+)*-?)\d[{LETTERS}\d]*(?:\.\d+)*(?:-[{LETTERS}\d]+)*"
    rf"|\d+(?:[.,]\d+)*(?P<tail>[{LETTERS}][{LETTERS}\d]*))"
)
_BEFORE_PLAIN_NUMBERS = frozenset(
    "mid pre post top under over sub early late since non the age ages aged level grade".split()
)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_CLOCK = re.compile(r"(?<![\d:])\d{1,3}(?::\d{1,2})+(?![\d:])")
_SCALED_MONEY = [scale + currency for scale in ("k", "m", "M", "bn", "B") for currency in ("USD", "EUR", "GBP")]
_TAILS = frozenset([*UNITS, *SCALES, *_SCALED_MONEY, *"st nd rd th er ST ND RD TH".split()])
"""Letters at the end of a number that make no word of it."""


def without_places(text: str) -> str:
    """The text with BLANK in place of places in the document: `page 12`, `pp. 3-5`, `第12页`."""
    return _PLACES.sub(lambda match: BLANK * len(match.group()), text)


def read_headings(text: str) -> Iterator[Found]:
    """The labels that the number of a heading makes known."""
    for match in _HEADING.finditer(text):
        yield Found(*match.span(), labels=(("section", match[1]), ("chapter", match[1])))


def read_labels(text: str) -> Iterator[Found]:
    """`Figure 3`, `Tables 2 and 4`, `§ 4.1`."""
    for match in _LABEL.finditer(text):
        numbers = re.findall(r"\d+(?:\.\d+)*[a-z]?", match["all"])
        kind = _LABEL_KINDS[match["kind"].lower()]
        yield Found(*match.span(), labels=tuple((kind, number) for number in numbers))


def read_glued(text: str) -> Iterator[Found]:
    """Words that hold digits: `COVID-19`, `H2O`, `4G`, `10:30`. They are compared as words."""
    for match in _CLOCK.finditer(text):
        hours, *rest = match.group().split(":")
        round_hour = (Reading(Fraction(int(hours))),) if set("".join(rest)) == {"0"} else ()
        yield Found(*match.span(), words=(match.group().lstrip("0"),), readings=round_hour)
    for match in _GLUED.finditer(text):
        found = _glued(match)
        if found is not None:
            yield found


def _glued(match: re.Match[str]) -> Found | None:
    """The word with digits, or None where it is a number with what belongs to it."""
    word, name, tail = match.group(), match["name"], match["tail"]
    if tail is not None and (tail in _TAILS or (len(tail) > 2 and tail.islower())):
        return None
    if name is not None and (name in MONEY or name.rstrip("-").lower() in _BEFORE_PLAIN_NUMBERS):
        return None
    values = {int(year) for year in _YEAR.findall(word)}
    if name is not None and name.endswith("-") and name.islower():
        values |= {int(digits) for digits in re.findall(r"-(\d{1,9})$", word)}
    if re.fullmatch(r"[QH][1-4]", word):
        values.add(int(word[1]))
    return Found(
        *match.span(), words=(folded(word).replace("-", ""),), readings=tuple(Reading(Fraction(v)) for v in values)
    )
