"""Numbers in digits, in English words and in Chinese numerals, and the values that they can have."""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction

ONES = {word: at for at, word in enumerate(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen".split())}  # fmt: skip
TENS = {word: 10 * at for at, word in enumerate(
    "twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)}  # fmt: skip
ORDINALS = {word: at for at, word in enumerate(
    "second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth twentieth".split(), start=2)} | {"thirtieth": 30}  # fmt: skip
_ENGLISH_VALUES = ONES | TENS | ORDINALS | {"a": 1, "first": 1}
PARTS = {"thirds": 3, "quarters": 4, "fifths": 5, "sixths": 6, "sevenths": 7, "eighths": 8, "ninths": 9, "tenths": 10}
OTHER_WORDS = {word: Fraction(value) for value, words in {
    1: "ein eine einen un une once single first", 2: "zwei zweite deux dos due twice both double doubled pair couple",
    3: "drei dritte trois tres triple tripled thrice", 4: "vier vierte quatre cuatro", 5: "fünf cinq cinco",
    6: "sechs seis", 7: "sieben sept siete", 8: "acht huit ocho", 9: "neun neuf nueve", 10: "zehn dix diez",
    11: "elf onze", 12: "zwölf douze doce",
}.items() for word in words.split()}  # fmt: skip
"""Read in evidence, where they can only help; in a sentence they are too often other words to be claims."""
VULGAR = {char: Fraction(unicodedata.numeric(char)).limit_denominator(12) for char in "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅐⅛⅜⅝⅞⅑⅒"}
HAN = {char: at for at, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "兩": 2}
_HAN_TENS = {"十": 10, "百": 100, "千": 1000}
_HAN_BIG = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
HAN_CLASS = "".join({**HAN, **_HAN_TENS, **_HAN_BIG})

LONGEST = 30
"""Characters of a number; a longer one is compared as it is written."""
_GROUPED = re.compile(r"(\d{1,3})(?:([,.'’ \u00a0\u202f\u2009])\d{3}(?:\2\d{3})*)(?:(?!\2)[.,](\d+))?")
_INDIAN = re.compile(r"\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d+)?")


def digit_values(digits: str, decimal_mark: str) -> tuple[Fraction, ...]:
    """What a number's digits and marks can mean; nothing where they are a list, a version or the like."""
    if len(digits) > LONGEST:
        return ()
    grouped = _GROUPED.fullmatch(digits)
    if grouped:
        mark, decimals = grouped[2], grouped[3]
        whole = digits[: -len(decimals) - 1] if decimals else digits
        groups = Fraction(re.sub(r"\D", "", whole) + ("." + decimals if decimals else ""))
        lone = decimals is None and len(re.findall(r"\D", digits)) == 1
        if not lone or mark not in ",.":
            return (groups,)
        decimal = Fraction(digits.replace(",", "."))
        if digits.startswith("0"):
            return (decimal,)
        if decimal_mark == "both":
            return (groups, decimal)
        return (decimal,) if (mark == ",") == (decimal_mark == "comma") else (groups,)
    if _INDIAN.fullmatch(digits):
        return (Fraction(digits.replace(",", "")),)
    if len(re.findall(r"[.,·]", digits)) > 1:
        return ()
    return (Fraction(re.sub(r"[,·]", ".", digits)),)


def han_value(run: str) -> Fraction:
    """The value of Chinese numerals, read by place (二〇二四) or by name (八十六万)."""
    whole, _, decimals = run.partition("点")
    if all(char in HAN for char in whole):
        value = int("".join(str(HAN[char]) for char in whole))
    else:
        total = section = digit = 0
        for char in whole:
            if char in HAN:
                digit = HAN[char]
            elif char in _HAN_TENS:
                section += (digit or 1) * _HAN_TENS[char]
                digit = 0
            else:
                total = (total + section + digit or 1) * _HAN_BIG[char]
                section = digit = 0
        value = total + section + digit
    if not decimals:
        return Fraction(value)
    return value + Fraction("0." + "".join(str(HAN[char]) for char in decimals))


def english_value(core: str) -> int:
    """The value of English words below a thousand, cardinal or ordinal."""
    total = 0
    for word in re.split(r"[- ]+", core.lower()):
        if word == "hundred":
            total = (total or 1) * 100
        elif word != "and":
            total += _ENGLISH_VALUES[word]
    return total
