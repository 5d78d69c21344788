"""A question that asks for two things, as two questions that each stand alone. Most questions with an "and" are one.

Known are two whole questions ("How tall is it, and when was it built?"), one question about two years, places or things
("in 2023 and in 2024", "A和B分别…"), and comparisons, of which both sides are asked for: nothing is computed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rag.generators.question import terms

_ASK = r"(?:what|when|where|who|whom|whose|which|how|why)"
_PREPOSITION = r"(?:in|for|of|at|on|during|by)"
_YEAR = r"(?:1[5-9]|20)\d\d"
_THING = r"[\w'’.&-]+(?:\s+[\w'’.&-]+){0,3}?"
_STOP = r"(?=\s*(?:[?.!,]|$|\b(?:respectively|each)\b))"
_VERBS = (
    "of in on at for to by from with and is are was were be did does do has have had can will built made come came"
    " based opened founded lit"
)
_TWO_QUESTIONS = re.compile(
    rf"^(?P<first>(?:[\w ]+,\s*)?(?:(?:in|at|on|by|from|to|for)\s+)?{_ASK}\b[^?;]*?)"
    rf"(?:[?;]\s*(?:and\s+)?|\s*,?\s+and\s+(?:also\s+)?)(?P<second>(?:(?:in|at|on|by|from|to|for)\s+)?{_ASK}\b[^?]*)\??$",
    re.IGNORECASE,
)
_ENDS_ASKING = re.compile(rf"\b{_ASK}$", re.IGNORECASE)
_BARE = re.compile(rf"(?:{_ASK}|how\s+\w+)", re.IGNORECASE)
"""A second question that leaves out what it is about."""
_PRONOUN = re.compile(r"\b(?:it|its|they|them|their|he|she|him|his|her|this|that|these|those)\b", re.IGNORECASE)
_SUBJECT = re.compile(
    rf"\b(?:the|this|that|our)\s+((?:(?!(?:{'|'.join(_VERBS.split())})\b)[\w'’-]+\s*){{1,4}})", re.IGNORECASE
)
_TWO_YEARS = re.compile(
    rf"(?P<open>(?:\b{_PREPOSITION}\s+)?(?:both\s+)?)\b(?P<a>{_YEAR})\s+and\s+(?:{_PREPOSITION}\s+)?(?P<b>{_YEAR})\b",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\b(?:between|from|since)\s*$", re.IGNORECASE)
_TWO_PLACES = re.compile(
    rf"\b(?P<open>(?P<prep>{_PREPOSITION})\s+)(?!general\b)(?P<a>{_THING})\s+and\s+(?P=prep)\s+(?P<b>{_THING}){_STOP}",
    re.IGNORECASE,
)
_TWO_THINGS = re.compile(
    rf"\b(?P<open>(?:of|for|in)\s+)(?P<a>the\s+{_THING})\s+and\s+(?P<b>the\s+{_THING}){_STOP}", re.IGNORECASE
)
_TWO_MEASURES = re.compile(
    rf"(?P<open>\bwhat\s+(?:is|are|was|were)\s+the\s+)(?P<a>[\w-]+)\s+and\s+(?:the\s+)?(?P<b>[\w-]+)(?=\s+{_PREPOSITION}\s)",
    re.IGNORECASE,
)
_WHICH_OR = re.compile(
    rf"^(?P<head>(?:which|who|what)\b[^,:?]*)[,:]\s*(?P<a>{_THING}(?:\s+{_THING})?)\s*,?\s+or\s+(?P<b>[^,?]+)\??$",
    re.IGNORECASE,
)
_COMPARE = re.compile(
    r"^(?:please\s+)?compare\s+(?!between\b)(?P<a>[^,?]+?)\s+(?:with|to|and|against)\s+(?P<b>[^,?.]+)[?.]?$",
    re.IGNORECASE,
)
_DIFFERENCE = re.compile(
    rf"\b(?:difference|gap)s?\b(?P<of>(?:\s+(?:in|of)\s+[\w' -]+?)?)\s+between\s+(?P<a>[^,?]+?)\s+and\s+(?P<b>{_THING})"
    rf"(?P<rest>(?:\s+(?:in|of|for|that|at|on|during)\b[^?]*)?)\??$",
    re.IGNORECASE,
)
_THAN = re.compile(r"^(?:is|are|was|were)\s+(?P<a>.+?)\s+(?P<more>\w+er)\s+than\s+(?P<b>[^?]+)\??$", re.IGNORECASE)
_COMPARATIVES = {
    "higher": "high", "taller": "tall", "lower": "high", "shorter": "tall", "longer": "long", "older": "old",
    "younger": "old", "heavier": "heavy", "lighter": "heavy", "deeper": "deep", "wider": "wide", "faster": "fast",
    "slower": "fast", "farther": "far", "larger": "large", "bigger": "big", "smaller": "large", "greater": "large",
}  # fmt: skip
_IS_MORE = re.compile(rf"\b(?:is|are|was|were)\s+(?:the\s+)?({'|'.join(_COMPARATIVES)})\b", re.IGNORECASE)
_WHICH = re.compile(r"^(?:which|who|what)\s+(?:\w+\s+)?(?:had|has|have|got)\b", re.IGNORECASE)
_MORE = re.compile(rf"\b(?:{_ASK}|more|fewer|less|{'|'.join(_COMPARATIVES)})\b", re.IGNORECASE)

_ZH_ASK = r"(?:多少|多[高长大重远久深宽厚快]|几|何时|什么|哪|谁|怎么|如何)"
_ZH_AND = r"(?:以及|和|与|跟|及|、)"
_ZH_TWO_QUESTIONS = re.compile(
    rf"^(?P<first>.+?{_ZH_ASK}[^，,；;？?和]*?)(?:[，,；;？?]\s*(?:以及|还有|并且|而且|和|又)?|以及|还有|和)(?P<second>.*{_ZH_ASK}.*?)[？?。]?$"
)
_ZH_SUBJECT = re.compile(rf"^(.+?)(?:有|是|在|于|的)*{_ZH_ASK}")
_ZH_LEANS = re.compile(rf"^(?:它|他|她|其)?(?:们|的)?(?=(?:有|是|在|于)*{_ZH_ASK})")
_ZH_EACH = re.compile(
    rf"^(?P<a>.{{1,20}}?){_ZH_AND}(?P<b>[^的]{{1,20}}?)(?P<of>的.*?)?(?:分别|各自)(?P<rest>.+?)[？?。]?$"
)
_ZH_TWO_YEARS = re.compile(rf"(?P<open>)(?P<a>\d{{4}}年){_ZH_AND}(?P<b>\d{{4}}年)(?!之间|间)")
_ZH_WHICH = re.compile(
    rf"^(?P<a>.{{1,20}}?){_ZH_AND}(?P<b>.{{1,20}}?)[，,]?(?:相比[，,]?)?(?:哪一?[个座年者]|谁|哪)(?P<rest>.+?)[？?。]?$"
)
_ZH_COMPARE = re.compile(
    rf"^(?:请)?(?:比较|对比)(?:一下)?(?P<a>.{{1,20}}?){_ZH_AND}(?P<b>[^的]{{1,20}})(?P<rest>的.+?)?[？?。]?$"
)
_ZH_DIFFERENCE = re.compile(
    rf"^(?P<a>.{{1,20}}?){_ZH_AND}(?P<b>[^的]{{1,20}}?)(?P<rest>的.+?)?(?:之间)?的?(?:相差|差距|差别|区别|之差|差)(?:是|有)?(?:多少|什么|几)?.{{0,3}}?[？?。]?$"
)


@dataclass(frozen=True, slots=True)
class Parts:
    """The questions in a question."""

    questions: tuple[str, ...]
    """Two that stand alone; the question itself where it is one."""
    joined: str = ""
    """What the "and" joins (`terms and conditions`): where the evidence says it so, it is one thing, not two."""


def parts(text: str) -> Parts:
    """The two questions that a question asks, or the one."""
    text = " ".join(text.split())
    for split in _SPLITS:
        found = split(text)
        if found is not None and all(terms(question) for question in found.questions):
            return found
    return Parts((text,))


def asked(text: str, evidence: Iterable[str]) -> tuple[str, ...]:
    """The questions that a question asks: one, unless none of the evidence's texts speaks of its two things as of one."""
    found = parts(text)
    joined = found.joined.casefold()
    return (text,) if joined and any(joined in one.casefold() for one in evidence) else found.questions


def _comparison(text: str) -> Parts | None:
    if match := _WHICH_OR.match(text):
        adjective = _IS_MORE.search(match["head"])
        asked = f"How many {_MORE.sub('', _WHICH.sub('', match['head']))}"
        return _both(f"How {_COMPARATIVES[adjective[1].lower()]} is" if adjective else asked, match["a"], match["b"])
    if match := _THAN.match(text):
        adjective_of = _COMPARATIVES.get(match["more"].lower())
        return _both(f"How {adjective_of} is", match["a"], match["b"]) if adjective_of else None
    if match := _DIFFERENCE.search(text):
        of = match["of"].strip().partition(" ")[2]
        return _both(f"{text[: match.start()]}{of}", match["a"], _completed(match["a"], match["b"]), match["rest"])
    if match := _COMPARE.match(text):
        return _both("", match["a"], _completed(match["a"], match["b"]))
    return None


def _both(before: str, a: str, b: str, after: str = "") -> Parts:
    asked = (" ".join(f"{before} {side} {after}".split()) for side in (a, b))
    return Parts(tuple(re.sub(r"\b(the) the\b", r"\1", side, flags=re.IGNORECASE) + "?" for side in asked))


def _completed(a: str, b: str) -> str:
    """The second of two, with what only the first says: `2024` beside `the visitors in 2023`, `the bell` beside `the
    height of the tower`."""
    year = re.search(rf"\b{_YEAR}\b", a)
    if year and re.fullmatch(rf"(?:in\s+)?{_YEAR}", b.strip()):
        return f"{a[: year.start()]}{b.strip().removeprefix('in ')}{a[year.end() :]}"
    of = re.match(r".+?\s(?:of|in|for|at)\s", a)
    return f"{of[0]}{b}" if of and not re.search(r"\s(?:of|in|for|at)\s", b) else b


def _two_questions(text: str) -> Parts | None:
    match = _TWO_QUESTIONS.match(text)
    if match is None or _ENDS_ASKING.search(match["first"].strip()) or not terms(match["first"]):
        return None
    first, second = match["first"].strip(" ,"), match["second"].strip()
    if _PRONOUN.search(second):
        second = _PRONOUN.sub(lambda _: _subject(first), second, count=1)
    elif _BARE.fullmatch(second):
        second = f"{second} {_subject(first)}"
    return Parts((f"{first}?", f"{second}?"))


def _subject(first: str) -> str:
    """What a first question is about: its last `the …`, else all of its telling words."""
    named = _SUBJECT.findall(first)
    if named:
        return f"the {named[-1].strip()}"
    return " ".join(word for word in re.findall(r"[\w'’-]+", first) if terms(word))


def _two_sides(text: str) -> Parts | None:
    for pattern in (_TWO_YEARS, _ZH_TWO_YEARS, _TWO_PLACES, _TWO_THINGS, _TWO_MEASURES):
        match = pattern.search(text)
        if match is None or _BETWEEN.search(text[: match.start("a")]):
            continue
        before = text[: match.start()] + re.sub(r"\bboth\s+", "", match["open"], flags=re.IGNORECASE)
        sides = (before + side + text[match.end() :] for side in (match["a"], match["b"]))
        return Parts(tuple(sides), text[match.start("a") : match.end("b")])
    return None


def _chinese(text: str) -> Parts | None:
    if match := _ZH_EACH.match(text):
        a, b, of = match["a"], match["b"], match["of"] or ""
        owner = a[: a.rfind("的") + 1]
        if owner:
            return Parts(
                (f"{a}{match['rest']}？", f"{b}{of}{match['rest']}？" if of else f"{owner}{b}{match['rest']}？")
            )
        return Parts((f"{a}{of}{match['rest']}？", f"{b}{of}{match['rest']}？"))
    if match := _ZH_TWO_QUESTIONS.match(text):
        first, second = match["first"], match["second"]
        subject = _ZH_SUBJECT.match(first)
        return Parts((f"{first}？", f"{_ZH_LEANS.sub(subject[1] if subject else '', second, count=1)}？"))
    for pattern in (_ZH_COMPARE, _ZH_DIFFERENCE):
        if match := pattern.match(text):
            rest = match["rest"] or ""
            return Parts((f"{match['a']}{rest}是多少？", f"{match['b']}{rest}是多少？"))
    if match := _ZH_WHICH.match(text):
        rest = re.sub(r"更?[多少]$", "有多少", re.sub(r"^(?:更|比较)(?=.$)", "", match["rest"]))
        rest = f"有多{rest}" if rest in tuple("高长大重远久深宽厚快") else rest
        return Parts((f"{match['a']}{rest}？", f"{match['b']}{rest}？"))
    return None


_SPLITS: tuple[Callable[[str], Parts | None], ...] = (_comparison, _chinese, _two_questions, _two_sides)
"""The surer first."""
