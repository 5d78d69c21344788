"""What the cited texts state, and whether a claim is among it."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import floor, log10
from typing import Literal

from rag.claims.statements import Date, Found, Reading
from rag.claims.words import Words

Rounding = Literal["exact", "near", "above"]
"""How a number is meant: as it is, `about 5`, `more than 5`."""
_NEAR = re.compile(
    r"(?:\b(?:about|around|nearly|roughly|approximately|approx\.?|almost|some|circa|ca\.?|close to|"
    r"rund|etwa|ungefähr|fast|knapp|environ|près de|presque)|[~≈约近]|大约)\s*(?:an?\s+|the\s+)?\Z",
    re.IGNORECASE,
)
_ABOVE = re.compile(
    r"(?:\b(?:over|more than|at least|above|exceed(?:s|ed|ing)?|mehr als|über|plus de)|超过|逾)\s*\Z", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Held:
    """All that the cited texts state."""

    text: str
    decimal_mark: str
    words: Words
    readings: dict[Fraction, set[Reading]] = field(default_factory=lambda: defaultdict(set))
    dates: set[Date] = field(default_factory=set)
    labels: set[tuple[str, str]] = field(default_factory=set)
    glued: set[str] = field(default_factory=set)
    """Words that hold digits, and numbers too long or too odd to have a value."""

    def take(self, found: Found) -> None:
        """Hold what a text states."""
        for reading in found.readings:
            self.readings[reading.value].add(reading)
            if "decade" in reading.units and reading.value > 999:
                self.readings[reading.value % 100].add(replace(reading, value=reading.value % 100))
        self.dates.update(found.dates)
        self.labels.update(found.labels)
        self.glued.update(found.words)
        for date in found.dates:
            if date.year is not None:
                self.readings[Fraction(date.year)].add(Reading(Fraction(date.year)))
        for part in found.parts:
            self.take(part)

    def has(self, claim: Found, *, rounding: Rounding) -> bool:
        """Whether the texts state what a find of the sentence states."""
        if claim.labels:
            return all(label in self.labels for label in claim.labels)
        if any(word in self.glued for word in claim.words) or any(self._has_date(date) for date in claim.dates):
            return True
        if any(self._has_reading(reading, rounding=rounding) for reading in claim.readings):
            return True
        if claim.ordinal and any(date.day == reading.value for date in self.dates for reading in claim.readings):
            return True
        return bool(claim.parts) and all(self.has(part, rounding="exact") for part in claim.parts)

    def has_quoted_name(self, name: str) -> bool:
        """Whether a name in Chinese letters is there, on one line or over two."""
        return name in re.sub(r"\s", "", self.text)

    def _has_date(self, date: Date) -> bool:
        if any(date.within(held) for held in self.dates):
            return True
        if date.year is None or date.day is None or Fraction(date.year) not in self.readings:
            return False
        return Date(None, date.month, date.day) in self.dates  # "March 12" below the heading "2024"

    def _has_reading(self, reading: Reading, *, rounding: Rounding) -> bool:
        if any(reading.agrees(held) for held in self.readings.get(reading.value, ())):
            return True
        if rounding == "exact" or not reading.value:
            return False
        step = _last_place(reading.value)
        return any(
            reading.agrees(held)
            for value, alike in self.readings.items()
            if _rounds(value, reading.value, step=step, rounding=rounding)
            for held in alike
        )


def _last_place(value: Fraction) -> Fraction:
    """The unit of a number's last place that is not zero: 100 for 1,200 and 0.1 for 12.3."""
    place = Fraction(10) ** floor(log10(abs(value)))
    while (value / place).denominator != 1 and place > Fraction(1, 10**9):
        place /= 10
    return place


def _rounds(exact: Fraction, rounded: Fraction, *, step: Fraction, rounding: Rounding) -> bool:
    """Whether a number may be given as another, whose last place is `step`."""
    if rounding == "above":
        return 0 <= exact - rounded < step
    return abs(exact - rounded) <= min(step / 2, abs(exact) / 10)


def rounding_of(text: str, start: int) -> Rounding:
    """What the words before a number at `start` say of it."""
    before = text[max(0, start - 24) : start]
    if _NEAR.search(before):
        return "near"
    return "above" if _ABOVE.search(before) else "exact"
