"""Generated facts: each is told in one notation as evidence, in another as a sentence, or altered in one place."""

from __future__ import annotations

import random
from collections.abc import Iterator

NAMES = "Velmora Ostrik Halvard Brennholt Quillan Tarsk Orvanne Ulmenau Karrow Dunmere Lanterne Skagvik".split()
WORDS = "rainfall harvest traffic output timber wages membership lending".split()
MONTHS = "January February March April May June July August September October November December".split()
UNITS = {
    "kg": "lb",
    "km": "miles",
    "hours": "days",
    "litres": "gallons",
    "tonnes": "kg",
    "MW": "kW",
    "hectares": "acres",
}
NUMBER_STYLES = (
    lambda value: f"{value:,}",
    lambda value: f"{value}",
    lambda value: f"{value:,}".replace(",", "’"),
    lambda value: f"{value:,}".replace(",", "\u202f"),
    lambda value: f"{value:,}".replace(",", "\u00a0"),
    lambda value: f"{value}".translate({ord(digit): chr(0xFF10 + int(digit)) for digit in "0123456789"}),
)
PERCENT_STYLES = ("{}%", "{} %", "{} percent", "{} per cent", "{}\u00a0%")
DATE_STYLES = (
    "{d} {month} {y}",
    "{month} {d}, {y}",
    "{y}-{m:02}-{d:02}",
    "{d:02}.{m:02}.{y}",
    "{abbreviated} {d}th, {y}",
    "{y}年{m}月{d}日",
    "{d}th of {month} {y}",
)


def number(rng: random.Random, value: int) -> str:
    return rng.choice(NUMBER_STYLES)(value)


def percent(rng: random.Random, tenths: int) -> str:
    return rng.choice(PERCENT_STYLES).format(f"{tenths / 10:.{rng.choice([1, 2])}f}")


def money(rng: random.Random, millions: int) -> str:
    """So many hundred thousands of dollars."""
    short = f"{millions / 10}"
    return rng.choice((f"${short} million", f"${short}m", f"USD {millions * 100_000:,}", f"{short} million dollars"))


def date(rng: random.Random, day: tuple[int, int, int]) -> str:
    y, m, d = day
    month = MONTHS[m - 1]
    return rng.choice(DATE_STYLES).format(y=y, m=m, d=d, month=month, abbreviated=month[:3])


TELLINGS = (
    "In {year}, the {word} of {name} came to {amount} {unit}, {share} of all; it was worth {money} on {date}.",
    "{name} had {amount} {unit} of {word} in {year} ({share}). On {date}, that was worth {money}.",
    "On {date}, {name} put the {word} at {amount} {unit} and {money}, which is {share} of the whole in {year}.",
    "The {word} for {year}: {amount} {unit}, or {share}, reported by {name}, worth {money} as of {date}.",
)


class Fact:
    """All that one piece of evidence states, and ways to tell it rightly and wrongly."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.amount = rng.randint(10_001, 998_999)
        self.unit = rng.choice(list(UNITS))
        self.share = rng.randint(101, 899)
        self.millions = rng.randint(11, 899)
        self.day = (rng.randint(1960, 1989), rng.randint(1, 12), rng.randint(13, 19))
        self.year = rng.randint(1991, 2029)
        self.name, self.word = rng.choice(NAMES), rng.choice(WORDS)

    def told(self, telling: str, **instead: str) -> str:
        rng = self.rng
        said = {
            "amount": number(rng, self.amount), "unit": self.unit, "share": percent(rng, self.share), "name": self.name,
            "money": money(rng, self.millions), "date": date(rng, self.day), "year": str(self.year), "word": self.word,
        }  # fmt: skip
        return telling.format(**{**said, **instead})

    def table(self) -> str:
        heads = "name | year | share of all (%) | amount in " + self.unit + " | worth ($ million) | date | subject"
        shown = date(self.rng, self.day)
        cells = [self.name, self.year, self.share / 10, f"{self.amount:,}", self.millions / 10, shown, self.word]
        return heads + "\n" + " | ".join(str(cell) for cell in cells)

    def wrong(self) -> Iterator[tuple[str, dict[str, str], str]]:
        """Each kind of mistake: its name, what is told instead, and the part that must be named."""
        digits = str(self.amount)
        at = self.rng.randrange(len(digits))
        changed = digits[:at] + self.rng.choice([d for d in "123456789" if d != digits[at]]) + digits[at + 1 :]
        yield "a digit changed", {"amount": changed}, changed
        at = next((at for at in range(len(digits) - 1) if digits[at] != digits[at + 1]), 0)
        swapped = digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
        if swapped != digits and swapped[0] != "0":
            yield "two digits swapped", {"amount": swapped}, swapped
        yield "one too many", {"amount": f"{self.amount + 1:,}"}, f"{self.amount + 1:,}"
        yield "one too few", {"amount": f"{self.amount - 1}"}, f"{self.amount - 1}"
        shifted = f"{self.amount / 10:.1f}"
        yield "a decimal point moved", {"amount": shifted}, shifted
        yield "a digit lost", {"amount": digits[:-1]}, digits[:-1]
        yield "the front lost", {"amount": digits[2:].lstrip("0") or "9"}, digits[2:].lstrip("0") or "9"
        yield "another sign", {"amount": f"−{self.amount}"}, f"−{self.amount}"
        yield "another unit", {"unit": UNITS[self.unit]}, UNITS[self.unit]
        yield "millions as billions", {"money": f"${self.millions / 10} billion"}, "billion"
        yield "millions lost", {"money": f"${self.millions / 10}"}, f"${self.millions / 10}"
        yield "another currency", {"money": f"€{self.millions / 10} million"}, "€"
        yield "percent as a plain number", {"share": f"{self.share / 10} people"}, f"{self.share / 10}"
        yield "a plain number as percent", {"amount": f"{self.amount} % of the", "unit": "whole"}, f"{self.amount} %"
        yield "a percentage moved", {"share": f"{self.share / 100}%"}, f"{self.share / 100}%"
        yield "another year", {"year": str(self.year + 1)}, str(self.year + 1)
        year, month, day = self.day
        yield "a date's year", {"date": f"{day} {MONTHS[month - 1]} {year + 1}"}, str(year + 1)
        yield "a date's day", {"date": f"{year}-{month:02}-{day + 1}"}, f"-{day + 1}"
        yield "a date's month", {"date": f"{MONTHS[month % 12]} {day}, {year}"}, MONTHS[month % 12]
        yield "another name", {"name": NAMES[(NAMES.index(self.name) + 1) % len(NAMES)]}, ""
