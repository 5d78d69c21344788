"""Numbers with their units, and codes, as one word each: what a question means by them as a whole.

A number is written one way whatever the text's way: `1,204.50` and `1204.5` are 1204.5, `3.5 millimetres` is 3.5mm, `$5`
is 5usd, `12 per cent` is 12%, `1.2 million` is 1200000. A code keeps its marks, but none where letters meet digits:
`COVID-19` and `COVID 19` are covid19, `ISO 9001` is iso9001, `2019–20` is 2019-20, `v2.1` stays.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal

from rag.claims.notation import any_of
from rag.claims.units import MONEY, SCALES, UNITS

MARKS = ".%/-"
"""What stands in such a word besides letters and digits."""
LONGEST = 40
"""Characters of such a word; what is longer is an address or a broken layout, and its parts are enough."""

# Spellings that are more often other words, or letters of a list, than units and scales.
_UNITS = {
    spelling: meaning.split()[0] for spelling, meaning in UNITS.items() if spelling not in {"s", "'s", "’s", "an", "x"}
}
_SCALES = {spelling: scale for spelling, scale in SCALES.items() if len(spelling) > 3 or not spelling.isascii()}
_UNITS |= {unicodedata.normalize("NFKC", spelling): meaning for spelling, meaning in _UNITS.items()}
_NUMBER = re.compile(
    rf"""(?<![\w.,/-])(?:(?P<money>{any_of(MONEY)})\ ?)?
    (?P<digits>\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:[.,]\d+)?)(?![.,/-]?\d)
    (?:[ -]?(?P<scale>{any_of(_SCALES)})(?![A-Za-z]))?
    (?:[ ]?(?P<percent>%|[Pp]er[ ]?cent\b)|[ -]?(?P<unit>{any_of(_UNITS)})(?![A-Za-z0-9]))?""",
    re.VERBOSE,
)
_CODE = re.compile(r"[^\W_]+(?:[-./_–‑][^\W_]+)+")
_NAMED = re.compile(r"(?<![^\W_])[A-Z]{2,6} \d[^\W_]*(?:[-./][^\W_]+)*")
"""`ISO 9001` in a text, where a plain word before a number is no code."""
_ASKED = re.compile(r"(?<![^\W_])[^\W\d_]{1,6} \d[^\W_]*(?:[-./][^\W_]+)*")
"""The same in a question, where `iso 9001` may be meant."""
_SEAM = re.compile(r"(?<=[^\W\d_])[-_ ](?=\d)|(?<=\d)[-_ ](?=[^\W\d_])")


def wholes(text: str, *, asked: bool = False) -> list[str]:
    """The numbers with their units and the codes of a text, in lower case; `asked` for a question, which may write codes small.

    A number without mark, sign, scale or unit is a word like any other, and is not given.
    """
    plain = unicodedata.normalize("NFKC", text)
    if not any(character.isdigit() for character in plain):
        return []
    return [whole for whole in (*_numbers(plain), *_codes(plain, asked=asked)) if len(whole) <= LONGEST]


def _numbers(text: str) -> Iterator[str]:
    for match in _NUMBER.finditer(text):
        digits = match["digits"]
        grouped = re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", digits)
        value = Decimal(digits.replace(",", "" if grouped else "."))
        if match["scale"]:
            value *= int(_SCALES[match["scale"]])
        number = f"{value:f}"
        number = number.rstrip("0").rstrip(".") if "." in number else number
        if number != digits:
            yield number
        elif "." in digits:
            yield digits
        money = UNITS.get(match["money"] or "", "").split()[:1]
        unit = "%" if match["percent"] else _UNITS[match["unit"]] if match["unit"] else "".join(money)
        if unit:
            yield f"{number}{unit}".casefold()


def _codes(text: str, *, asked: bool) -> Iterator[str]:
    for match in (*_CODE.finditer(text), *(_ASKED if asked else _NAMED).finditer(text)):
        code = match.group()
        if any(character.isdigit() for character in code) and not _NUMBER.fullmatch(code):
            yield _SEAM.sub("", re.sub("[–‑_]", "-", code)).casefold()
