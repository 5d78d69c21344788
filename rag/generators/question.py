"""What a question asks: its telling words, and the kind of thing that would answer it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from rag.store.lexical import words

Kind = Literal["number", "date", "name", "picture", "any"]

STOP_WORDS = frozenset(
    """a an the of in on at to for from by with and or as is are was were be been being do does did done has have had having
    what which who whom whose when where why how much many long tall high old far big large often there it its this that
    these those i you we they he she his her their our your my me us them please tell show give find can could would should
    will shall may might about into according than then so if any some all per not no page figure picture document text
    say says said mean means following list answer question kind type name named called""".split()
)
_NUMBER = re.compile(
    r"\d|[一二三四五六七八九十百千万两]{2,}|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|hundred|thousand|million|half)\b",
    re.I,
)
_DATE = re.compile(
    r"\b(?:1[0-9]|20)\d\d\b|\b\d{1,2}[:.]\d\d\b"
    r"|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b|\b[a-z]+days?\b|[年月日]",
    re.I,
)
_NAME = re.compile(r"(?<![.!?] )(?<!^)\b[A-Z][a-z]+")
_ASKING = re.compile("[是的了在吗呢什么谁几哪怎多少请问有]")
"""Characters that ask or bind: a pair of characters with one of them tells nothing."""
_MEASURED = re.compile("多([高长大重远久深宽厚])")
_NAMED = re.compile(r"(?<=[a-z,] )[A-Z][\w'’-]+|\b(?:1[5-9]|20)\d\d\b")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_ASKS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (
        "date",
        re.compile(r"\bwhen\b|\b(?:what|which|in what) (?:year|date|day|month|time)\b|何时|什么时候|哪一?年", re.I),
    ),
    (
        "number",
        re.compile(
            r"\bhow (?:many|much|tall|high|long|far|old|deep|wide|heavy|large|big|often|fast)\b"
            r"|\bwhat (?:is|was|were|are) the (?:number|percentage|share|total|height|length|cost|price|average|amount)\b"
            r"|\bwhat (?:percentage|number|share|percent)\b|多少|几|多[高长大重远久深宽厚]",
            re.I,
        ),
    ),
    ("name", re.compile(r"\b(?:who|whom|whose)\b|谁", re.I)),
    (
        "picture",
        re.compile(
            r"\b(?:which|what|find|show me|is there an?)\b[^?]*?"
            r"\b(?:figure|picture|photo|image|chart|plot|graph|drawing|map|diagram)"
            r"|哪[张幅]图",
            re.I,
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Question:
    """A question as the extractive generator reads it."""

    text: str
    terms: frozenset[str]
    """Its telling words, stemmed."""
    names: frozenset[str]
    """Those of its words that name someone, somewhere or a year, stemmed: where none of the evidence holds them, it is
    about something else."""
    kind: Kind
    is_cjk: bool

    def wants(self, sentence: str) -> float:
        """1 where a sentence holds the kind of thing that is asked for, -1 where it lacks it, 0 where any will do."""
        pattern = {"number": _NUMBER, "date": _DATE, "name": _NAME}.get(self.kind)
        if pattern is None:
            return 0.0
        measured = _MEASURED.search(self.text)
        if measured and measured[1] not in sentence:
            return -1.0  # asked how heavy (多重) it is, a sentence that does not speak of weight (重) says nothing
        return 1.0 if pattern.search(sentence) else -1.0


def read_question(text: str) -> Question:
    """Read a question; English and Chinese kinds are known, others ask for anything."""
    asked: list[Kind] = [kind for kind, pattern in _ASKS if pattern.search(text)]
    kind = asked[0] if asked else "any"
    return Question(text, terms(text), terms(" ".join(_NAMED.findall(text))), kind, bool(_CJK.search(text)))


def terms(text: str) -> frozenset[str]:
    """The telling words of a text, stemmed lightly: without endings that only mark number, person or tense."""
    return frozenset(_stem(word) for word in words(text) if word not in STOP_WORDS and not _ASKING.search(word))


def _stem(word: str) -> str:
    if not word.isascii() or len(word) < 4 or not word.isalpha():
        return word
    for ending, instead in (
        ("ies", "y"),
        ("ied", "y"),
        ("sses", "ss"),
        ("ing", ""),
        ("ed", ""),
        ("es", ""),
        ("ly", ""),
        ("s", ""),
    ):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word[: -len(ending)] + instead
            break
    return word.rstrip("e") if len(word) > 4 else word
