"""Amounts: numbers with the sign, currency, scale, unit and percent that stand around them."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from fractions import Fraction

from rag.claims.cells import Cells
from rag.claims.notation import BEGIN, BLANK, END, GAP, LETTERS, any_of, folded
from rag.claims.numerals import (
    HAN,
    HAN_CLASS,
    LONGEST,
    ONES,
    ORDINALS,
    OTHER_WORDS,
    PARTS,
    TENS,
    VULGAR,
    digit_values,
    english_value,
    han_value,
)
from rag.claims.statements import Found, Reading
from rag.claims.units import MONEY, SCALES, UNITS, Suffix, read_suffix

_SMALL = rf"(?:(?:{any_of(TENS)})(?:[- ](?:{any_of(ONES)}))?|(?:{any_of(ONES)}))"
_ORDINAL = rf"(?:(?:{any_of(TENS)})-(?:first|{any_of(ORDINALS)})|{any_of(ORDINALS)})"
_NUMBER = re.compile(
    rf"""(?P<vulgar>(?:(?<![\d.,])\d{{1,9}}[ ]?)?[{"".join(VULGAR)}])
    |(?P<over>(?<![\d.,/])(?:\d{{1,9}}[ ])?\d{{1,3}}[/⁄]\d{{1,3}}(?![\d/⁄]|[.,]\d))
    |(?P<digits>(?<!\d)(?<!\d[.,])(?:
        \d{{1,3}}(?P<mark>[,.'’ \u00a0\u202f\u2009])\d{{3}}(?:(?P=mark)\d{{3}})*(?!\d)
            (?:(?!(?P=mark))[.,]\d+)?(?![.,]\d)
        |\d+(?:[.,·]\d+)*
        |(?<![{LETTERS}\d)])\.\d+))
    |{BEGIN}(?P<share>(?:{any_of(ONES)})[- ](?:{any_of(PARTS)})){END}
    |{BEGIN}(?P<ordinal>{_ORDINAL}){END}
    |{BEGIN}(?P<letters>(?:{_SMALL}|a)[ -]hundred(?:[ ](?:and[ ])?{_SMALL})?
        |{_SMALL}
        |a(?=[ ](?:{any_of(SCALES)})[ ])){END}
    |(?P<han>[{HAN_CLASS}]+(?:点[{"".join(HAN)}]+)?)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_WORD = re.compile(rf"[{LETTERS}]+")
_YEAR = re.compile(r"(?:1\d|20)\d\d")
_CENTURY = re.compile(r"(19|20)\d\d[-–/]\Z")
"""Before the `20` of `2019-20`."""
_TH = re.compile(rf"(?:st|nd|rd|th){END}", re.IGNORECASE)
_OF = re.compile(r"\s+(?:of|der|des)\b")
_POINTS = re.compile(rf"(?:{GAP}|-)points?\b")
_MONEY_BEFORE = re.compile(rf"{BEGIN}(?P<money>{any_of(MONEY)}){GAP}?\Z")
_SIGN = re.compile(rf"(?:(?:^|[\s|(\[,;:/=<>~≈{BLANK}])(?P<sign>[-–]|−{GAP}?)|(?P<word>\b(?:minus|negative)\s))\Z")
_LIST = re.compile(
    rf"(?:{GAP}*(?:,|-|–|—|/|to|and|or|bis|und|oder|à|et|ou|至|到|和|、|against|versus|vs\.?|from|compared with){GAP}*"
    rf"(?:and{GAP}+|or{GAP}+)?(?:[$€£¥]|US\$)?\d[\d.,]*){{1,8}}"
)
"""The numbers after the first one of a list, of which only the last may say scale, unit or percent."""
_FALL = re.compile(
    r"\b(?:fell|fall|declin|decreas|drop|down|loss|lost|losing|lower|below|minus|negative|shr[aiu]nk|reduc|less|deficit|"
    r"contract|slid|slip|cuts?\b|sank|worse|gesunken|rückgang|verlust|baiss|recul|perte|diminu|chut)|[降减跌亏]",
    re.IGNORECASE,
)
_LEVEL = re.compile(rf"(?:\b(?:to|from|at|auf|von|à|de){GAP}|[至到为])(?:[-–−]{GAP}?|[$€£¥])*\Z")
"""Before a level that something fell to, whose sign stands."""
_NAME_BEFORE = re.compile(rf"{BEGIN}([{LETTERS}]+)[ -]\Z")
_SHORT_UNIT = re.compile(rf"[ -]([{LETTERS}]{{1,3}}){END}")


def read_amounts(text: str, *, decimal_mark: str, around: str, evidence: bool) -> Iterator[Found]:
    """The amounts of a normalised text.

    `decimal_mark`: as `notation.decimal_mark` gives it. `around`: all texts, whose captions may speak of this one's
    numbers. `evidence`: read also what is too uncertain for a claim.
    """
    reader = _Reader(text, decimal_mark=decimal_mark, cells=Cells(text, around), evidence=evidence)
    at = 0
    while match := _NUMBER.search(text, at):
        found = reader.amount(match)
        at = max(match.end(), found.end if found else 0)  # the 万 of 3.2万 is no number by itself
        if found is not None:
            yield found
    if evidence:
        for match in _WORD.finditer(text):
            value = OTHER_WORDS.get(match.group().lower())
            if value is not None:
                yield Found(*match.span(), readings=(Reading(value, None),), word=True)


class _Reader:
    """Reads what stands around the numbers of one text."""

    def __init__(self, text: str, *, decimal_mark: str, cells: Cells, evidence: bool) -> None:
        self._text = text
        self._decimal_mark = decimal_mark
        self._cells = cells
        self._falls = [match.span() for match in _FALL.finditer(text)]
        self._evidence = evidence

    def amount(self, match: re.Match[str]) -> Found | None:
        """The amount around a number; None where the number has no value."""
        kind = match.lastgroup or ""
        values, parts = self._values(match, kind)
        if not values and not parts:
            version = Found(*match.span(), words=(match.group(),))
            return version if kind == "digits" else None
        (start, end), digits = match.span(), kind == "digits"
        year = digits and _YEAR.fullmatch(match.group()) is not None
        suffix = Suffix(end) if kind == "ordinal" else read_suffix(self._text, end, year=year)
        th = _TH.match(self._text, end)
        money = _MONEY_BEFORE.search(self._text[max(0, start - 6) : start])
        currencies = frozenset(UNITS[money["money"]].split()) if money else frozenset[str]()
        before = start - len(money.group()) if money else start
        signs, sign_width = self._signs(before, suffix.end)
        last = None if suffix.units or suffix.scale else self._end_of_list(suffix)
        percent = suffix.percent or self._percent(start, suffix, last)
        if kind == "han" and self._text[max(0, start - 3) : start] == "百分之":
            percent, before = True, start - 3
        scaled = tuple(self._scaled(start, suffix, last, money=money is not None))
        readings = tuple(
            Reading(sign * value * factor, percent, units | currencies)
            for value in values
            for sign in signs
            for factor, units in scaled
        )
        bare = digits and not (suffix.units or suffix.scale or suffix.percent or money or sign_width)
        return Found(
            before - sign_width,
            max(suffix.end, end + 2 if th and digits else end),
            readings,
            words=self._joined_words(match) if bare else (),
            parts=parts,
            word=kind in ("letters", "ordinal", "han", "share"),
            ordinal=kind == "ordinal" or th is not None,
        )

    def _values(self, match: re.Match[str], kind: str) -> tuple[tuple[Fraction, ...], tuple[Found, ...]]:
        """The values that a number may have, and the numbers that it lists where it may be a list."""
        written, start = match[kind], match.start()
        match kind:
            case "digits":
                values = digit_values(written, self._decimal_mark)
                century = _CENTURY.search(self._text[max(0, start - 5) : start])
                if century and re.fullmatch(r"\d\d", written):
                    values += (Fraction(int(century[1] + written)),)
                return values, self._listed(written, start, values)
            case "vulgar":
                return (Fraction(int(written[:-1] or 0)) + VULGAR[written[-1]],), ()
            case "over":
                whole, _, part = written.rpartition(" ")
                top, bottom = (int(number) for number in re.split("[/⁄]", part))
                share = not self._evidence and _OF.match(self._text, match.end())
                listed = () if share else _numbers_in(written, r"\d+", start)
                return ((Fraction(top, bottom) + int(whole or 0),) if bottom else ()), listed
            case "share":
                top_word, part_word = re.split("[- ]", written.lower())
                quarters = (Fraction(ONES[top_word]),) if part_word == "quarters" else ()  # "three quarters of 2020"
                return (Fraction(ONES[top_word], PARTS[part_word]), *quarters), ()
            case "han":
                return (() if len(written) > LONGEST else (han_value(written),)), ()
        return (Fraction(english_value(written)),), ()

    def _listed(self, written: str, start: int, values: tuple[Fraction, ...]) -> tuple[Found, ...]:
        """The numbers of `1,2,3`, of `12,5` where no comma sets off decimals, of `45 100 200` in a row of numbers."""
        commas = "," in written and "." not in written and not re.search(r",\d{3}(?!\d)", written)
        if commas and (not values or self._decimal_mark != "comma"):
            return _numbers_in(written, r"\d+", start)
        if " " in written:
            end = start + len(written)
            before, after = self._text[max(0, start - 4) : start], self._text[end : end + 3]
            in_row = re.search(r"\d\s+$", before) or re.match(r"\s+\d", after)
            if in_row or not _WORD.search(self._cells.line(start)):
                return _numbers_in(written, r"[\d.,]+", start)
        return ()

    def _signs(self, start: int, end: int) -> tuple[tuple[int, ...], int]:
        """The signs that an amount may have, and the width of the sign before it."""
        before, after = self._text[max(0, start - 10) : start], self._text[end : end + 25]
        bracketed = before.endswith("(") and after.startswith(")")
        either = bracketed or (self._is_fall(start, end) and not _LEVEL.search(before))
        sign = _SIGN.search(before)
        if sign is None:
            return ((1, -1) if either else (1,)), 0
        width = len(sign["sign"] or sign["word"])
        between = re.search(r"[\d%)]\s+$", before[: len(before) - width])
        return ((1, -1) if either or between else (-1,)), width

    def _is_fall(self, start: int, end: int) -> bool:
        """Whether a word for a fall or a loss stands near an amount: 45 letters before it or 25 after it."""
        first, last = bisect_left(self._falls, (start - 45, 0)), bisect_left(self._falls, (end + 25, 0))
        near = self._falls[first:last]
        return any(until <= start or (end <= since and until <= end + 25) for since, until in near)

    def _scaled(
        self, start: int, suffix: Suffix, last: Suffix | None, *, money: bool
    ) -> Iterator[tuple[Fraction, frozenset[str]]]:
        """Factors and units that an amount may have: its own, those of the list that it begins, those of its table."""
        if suffix.scale == "m" and not money:
            yield Fraction(1), frozenset({"m"})
        yield suffix.factor, suffix.units
        if suffix.scale or suffix.units:
            return
        if last and last.scale:
            yield last.factor, last.units
        for ambient in self._cells.scales(start):
            yield ambient, frozenset()

    def _percent(self, start: int, suffix: Suffix, last: Suffix | None) -> bool | None:
        """Whether an amount without a percent sign is a percentage; None where it may be."""
        if suffix.units or suffix.scale:
            return False
        if (last and last.percent) or _POINTS.match(self._text, suffix.end):
            return None
        return None if self._cells.in_percent(start, suffix.end) else False

    def _end_of_list(self, suffix: Suffix) -> Suffix | None:
        """What follows the last number of the list that an amount begins."""
        listed = _LIST.match(self._text, suffix.end)
        return read_suffix(self._text, listed.end()) if listed else None

    def _joined_words(self, match: re.Match[str]) -> tuple[str, ...]:
        """`ISO 9001` is also the word `iso9001`, and `5 mA` the word `5ma`."""
        name = _NAME_BEFORE.search(self._text[max(0, match.start() - 20) : match.start()])
        unit = _SHORT_UNIT.match(self._text, match.end())
        joined = [match.group() + folded(unit[1])] if unit else []
        if name and (name[1] != name[1].lower() or self._evidence):
            joined.append(folded(name[1]) + match.group())
        return tuple(joined)


def _numbers_in(written: str, pattern: str, start: int) -> tuple[Found, ...]:
    """Each number of a list, without sign or scale. `start`: where the list stands."""
    return tuple(_plain_number(match, start) for match in re.finditer(pattern, written))


def _plain_number(match: re.Match[str], start: int) -> Found:
    at, end = start + match.start(), start + match.end()
    if len(match.group()) > LONGEST:
        return Found(at, end, words=(match.group(),))
    number = Fraction(re.sub(r"[.,](?!\d)", "", match.group()).replace(",", ""))
    return Found(at, end, (Reading(number, None),))
