"""What a question asks: its telling words, the kind of thing that would answer it, and whether it is two questions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from rag.store.lexical import words

Kind = Literal["number", "date", "name", "picture", "any"]
Extreme = Literal["most", "least", ""]

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
_MEASURED_BY = tuple(
    (re.compile(rf"\bhow (?:{asked})\b", re.I), re.compile(rf"\b(?:{said})", re.I))
    for asked, said in (
        ("tall|high", "tall|high|height|elevation"),
        ("heavy", "heavy|weigh|kg|kilo|tons?\\b|tonnes?\\b|pounds?\\b"),
        ("deep", "deep|depth"),
        ("wide|broad", "wide|broad|width"),
    )
)
"""What is asked with how, and what a sentence says that measures this and not something else."""
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
_MOST = re.compile(
    r"(?<!\bat )\b(?:most|highest|largest|greatest|biggest|maximum|tallest|longest|heaviest|deepest|widest|best|latest)\b"
    r"|最[多高大长重深宽晚]",
    re.I,
)
_LEAST = re.compile(
    r"(?<!\bat )\b(?:least|lowest|smallest|fewest|minimum|shortest|lightest|shallowest|narrowest|worst|earliest|oldest)\b"
    r"|最[少低小短轻浅窄早]",
    re.I,
)
_TOTAL = re.compile(r"\b(?:in total|total|totals|altogether|overall|in all)\b|总共|一共|合计|总计|总数", re.I)
_MEASURES = tuple(
    (re.compile(pattern, re.I), heads)
    for pattern, heads in (
        (r"\b(?:how (?:tall|high)|tallest|highest|shortest|lowest)\b|多高|最高|最低", "height 高 高度"),
        (r"\b(?:how long|longest|shortest)\b|多长|最长|最短", "length duration 长 长度"),
        (r"\b(?:how heavy|heaviest|lightest)\b|多重|最重|最轻", "weight mass 重 重量"),
        (r"\b(?:how deep|deepest|shallowest)\b|多深|最深|最浅", "depth 深 深度"),
        (r"\b(?:how (?:wide|broad)|widest|narrowest)\b|多宽|最宽|最窄", "width 宽 宽度"),
        (r"\bhow old\b|多大", "age 年龄"),
        (r"\bhow fast\b|多快", "speed 速度"),
        (r"\bhow far\b|多远", "distance 距离"),
        (r"\bwhen\b|何时|什么时候", "date year 日期 年份"),
    )
)
"""What a table's head may call the thing that a question asks for with another word."""


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
    measures: frozenset[str] = frozenset()
    """What a table's head may call the thing asked for, stemmed: `height` where it asks how tall."""
    extreme: Extreme = ""
    """Which end of a list of numbers it asks for."""
    extreme_terms: frozenset[str] = frozenset()
    """The words that ask for it, stemmed."""
    total_terms: frozenset[str] = frozenset()
    """The words that ask for a total, stemmed."""
    asks_total: bool = False

    def wants(self, sentence: str) -> float:
        """1 where a sentence holds the kind of thing that is asked for, -1 where it lacks it, 0 where any will do."""
        pattern = {"number": _NUMBER, "date": _DATE, "name": _NAME}.get(self.kind)
        if pattern is None:
            return 0.0
        measured = _MEASURED.search(self.text)
        if measured and measured[1] not in sentence:
            return -1.0  # asked how heavy (多重) it is, a sentence that does not speak of weight (重) says nothing
        if not pattern.search(sentence):
            return -1.0
        by = [said for asked, said in _MEASURED_BY if asked.search(self.text)]
        return 1.0 if not by or by[0].search(sentence) else 0.0


def read_question(text: str) -> Question:
    """Read a question; English and Chinese kinds are known, others ask for anything."""
    asked: list[Kind] = [kind for kind, pattern in _ASKS if pattern.search(text)]
    most, least, total = _MOST.findall(text), _LEAST.findall(text), _TOTAL.findall(text)
    return Question(
        text,
        terms(text),
        terms(" ".join(_NAMED.findall(text))),
        asked[0] if asked else "any",
        bool(_CJK.search(text)),
        terms(" ".join(heads for pattern, heads in _MEASURES if pattern.search(text))),
        "most" if most and not least else "least" if least and not most else "",
        terms(" ".join(most + least)),
        terms(" ".join(total)),
        bool(total),
    )


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
