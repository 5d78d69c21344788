"""Dates and months, in the notations of five languages."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.claims.notation import BEGIN, END, GAP, LETTERS, any_of, by_spelling
from rag.claims.numerals import han_value
from rag.claims.statements import Date, Found

MONTHS = {
    spelling: int(month)
    for spelling, month in by_spelling("""
1: january, jan, januar, janvier, janv, enero
2: february, feb, februar, février, fevrier, févr, febrero
3: march, mar, märz, mars, marzo
4: april, apr, avril, avr, abril
5: may, mai, mayo
6: june, jun, juni, juin, junio
7: july, jul, juli, juillet, juil, julio
8: august, aug, août, aout, agosto
9: september, sep, sept, septembre, septiembre
10: october, oct, oktober, okt, octobre, octubre
11: november, nov, novembre, noviembre
12: december, dec, dezember, dez, décembre, decembre, déc, diciembre
""").items()
}
_MONTH_ALONE = "January February March April June July August September October November December".split()
_MONTH = rf"(?P<month>{any_of(MONTHS)}){END}\.?"
_DAY = rf"(?<![\d.,/:{LETTERS}])(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|\.)?"
_NO_DAY = rf"(?![\d%]|[.,:]\d|{GAP}?%|{GAP}(?:per|million|billion))"
_TO_DAY = rf"(?:{GAP}*(?:-|–|—|to|and|bis|und|au|et|&|,){GAP}*(?P<last>\d{{1,2}})(?:st|nd|rd|th|\.)?(?![\d%]|[.,]\d))?"
_YEAR = r"(?:1\d|20)\d\d"
_HAN_NUMBER = r"\d{1,4}|[〇零一二三四五六七八九十]{1,4}"
_DATES = [re.compile(pattern, re.IGNORECASE) for pattern in (
    # 14 March 2022
    rf"{_DAY}{_TO_DAY}(?:{GAP}+|-|{GAP}*(?:of|de){GAP}+){_MONTH}"
    rf"(?:(?:,|-|{GAP}+(?:de|del|of))?{GAP}*(?P<year>\d{{4}})(?!\d))?",
    # March 14, 2022
    rf"{BEGIN}{_MONTH}{GAP}*(?P<day>\d{{1,2}})(?:st|nd|rd|th)?{_NO_DAY}{_TO_DAY}(?:,?{GAP}+(?P<year>\d{{4}})(?!\d))?",
    # March 2022
    rf"{BEGIN}{_MONTH}(?:,|-|/|{GAP}+(?:of|de))?{GAP}*(?P<year>{_YEAR})(?!\d)",
    # 2022-03-14
    rf"(?<![\d.])(?P<year>{_YEAR})(?P<mark>[-/.])(?P<month>\d{{1,2}})(?P=mark)(?P<day>\d{{1,2}})(?!\d)",
    # 14.03.2022, 03/14/22
    r"(?<![\d./-])(?P<either>\d{1,2})(?P<mark>[./-])(?P<other>\d{1,2})(?P=mark)"
    rf"(?P<year>{_YEAR}|\d\d)(?!\d|[./-]\d)",
    # 2022年3月14日, 3月14日
    rf"(?P<year>{_YEAR}|[一二][〇零一二三四五六七八九]{{3}}){GAP}*年{GAP}*(?P<month>{_HAN_NUMBER}){GAP}*月"
    rf"(?:{GAP}*(?P<day>{_HAN_NUMBER}){GAP}*[日号])?",
    rf"(?P<month>{_HAN_NUMBER}){GAP}*月{GAP}*(?P<day>{_HAN_NUMBER}){GAP}*[日号]",
)]  # fmt: skip
_MONTH_WORD = re.compile(rf"{BEGIN}(?:{any_of(MONTHS)}){END}", re.IGNORECASE)
_BEFORE_MAY = re.compile(r"\b(?:in|by|since|until|of|last|next|early|late|mid|during|from|to|through|and|or)[ -]\Z")
_SURNAME = re.compile(rf"{GAP}[A-Z][a-z]")


def _number(digits: str | None) -> int | None:
    if not digits:
        return None
    return int(digits) if digits.isdecimal() else int(han_value(digits))


def _dates_of(match: re.Match[str]) -> tuple[Date, ...]:
    """What a date's match can mean, or the days that it lists; nothing where it is no date."""
    found = match.groupdict()
    year = _number(found.get("year"))
    if year is not None and year < 100:
        year += 2000 if year < 50 else 1900
    if found.get("either"):
        a, b = int(found["either"]), int(found["other"])
        pairs = {(a, b), (b, a)} if found["mark"] != "." else {(b, a)}
        return tuple(Date(year, month, day) for month, day in sorted(pairs) if 1 <= month <= 12 and 1 <= day <= 31)
    name = found["month"]
    if name in ("may", "mar", "march", "sept", "jan", "dec", "mars"):  # in small letters these are other words
        month = 3 if name == "mars" and _number(found.get("day")) else None
    else:
        month = MONTHS.get(name.lower()) or _number(name)
    days = [day for day in (_number(found.get("day")), _number(found.get("last"))) if day is not None]
    if month is None or not 1 <= month <= 12 or any(not 1 <= day <= 31 for day in days):
        return ()
    return tuple(Date(year, month, day) for day in days) or (Date(year, month, None),)


def read_dates(text: str) -> Iterator[Found]:
    """Dates of at least two parts. A list of days is one find a day, at the same place."""
    taken = bytearray(len(text))
    for pattern in _DATES:
        for match in pattern.finditer(text):
            start, end = match.span()
            dates = _dates_of(match)
            if dates and not any(taken[start:end]):
                taken[start:end] = b"\1" * (end - start)
                listed = match.groupdict().get("last")
                for same in [(date,) for date in dates] if listed else [dates]:
                    yield Found(start, end, dates=same)


def read_months(text: str, *, claims: bool) -> Iterator[Found]:
    """Months that stand alone; as claims only where they can be nothing else."""
    for match in _MONTH_WORD.finditer(text):
        name, start = match.group(), match.start()
        sure = name in _MONTH_ALONE or (name == "May" and _BEFORE_MAY.search(text[max(0, start - 9) : start]))
        person = _SURNAME.match(text, match.end())
        if not claims or (sure and not person):
            yield Found(start, match.end(), dates=(Date(None, MONTHS[name.lower()], None),))
