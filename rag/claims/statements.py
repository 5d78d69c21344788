"""What a text can state: an amount, which may be read in more than one way, a date, a label, a word."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from rag.claims.notation import BLANK


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to understand an amount."""

    value: Fraction
    percent: bool | None = False
    """None: may be one or not."""
    units: frozenset[str] = frozenset()
    """Currencies are units too; several where the spelling is shared (`pounds`), none where none is said."""

    def agrees(self, other: Reading) -> bool:
        """Whether two readings of the same value can mean the same."""
        percents = self.percent is None or other.percent is None or self.percent == other.percent
        return percents and (not self.units or not other.units or bool(self.units & other.units))


@dataclass(frozen=True, slots=True)
class Date:
    """A day, a month or a day without its year."""

    year: int | None
    month: int
    day: int | None

    def within(self, other: Date) -> bool:
        """Whether the other date says all that this one says."""
        year = self.year is None or self.year == other.year
        return year and self.month == other.month and (self.day is None or self.day == other.day)


@dataclass(frozen=True, slots=True)
class Found:
    """Something that a text states at `start:end`. Any of its readings, dates, labels or words may be what is meant."""

    start: int
    end: int
    readings: tuple[Reading, ...] = ()
    dates: tuple[Date, ...] = ()
    words: tuple[str, ...] = ()
    """Folded; each by itself says all of it."""
    labels: tuple[tuple[str, str], ...] = ()
    """All of them are stated."""
    parts: tuple[Found, ...] = ()
    """A list of numbers, where that may be meant: all of them are stated."""
    word: bool = False
    """Written in letters, so perhaps no claim."""
    ordinal: bool = False
    """`third` or `3rd`, which may be the day of a date."""


def blanked(text: str, found: Iterable[Found]) -> str:
    """The text with BLANK in place of what has been found in it."""
    chars = list(text)
    for one in found:
        chars[one.start : one.end] = BLANK * (one.end - one.start)
    return "".join(chars)
