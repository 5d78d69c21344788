"""What the station on Vessay measured. The island is invented, and so is every number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Month(NamedTuple):
    """A month of 2024."""

    name: str
    temperature: float
    """Mean, °C."""
    rain: float
    """Sum, mm."""
    gale_days: int
    fog_hours: int


class Landings(NamedTuple):
    """A month of the season of 2024."""

    name: str
    boats: int
    visitors: int
    cancelled: int


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as they are printed; the last row is the sum."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


MONTHS = (
    Month("January", 5.1, 142.6, 9, 6),
    Month("February", 5.4, 118.3, 7, 9),
    Month("March", 5.9, 96.7, 6, 14),
    Month("April", 7.2, 71.5, 3, 28),
    Month("May", 9.6, 58.2, 1, 47),
    Month("June", 11.4, 63.9, 1, 66),
    Month("July", 13.2, 74.8, 0, 81),
    Month("August", 13.5, 88.1, 2, 59),
    Month("September", 12.1, 121.4, 4, 33),
    Month("October", 10.0, 187.4, 8, 17),
    Month("November", 7.6, 156.9, 10, 8),
    Month("December", 6.2, 163.0, 12, 5),
)
USUAL_RAIN = (128.0, 101.0, 92.0, 74.0, 63.0, 66.0, 78.0, 94.0, 112.0, 139.0, 144.0, 137.0)
"""Mean of 1991 to 2020, mm, January first."""

WIND = (
    ("N", 7.0),
    ("NE", 6.0),
    ("E", 8.0),
    ("SE", 10.0),
    ("S", 13.0),
    ("SW", 31.0),
    ("W", 17.0),
    ("NW", 8.0),
)
"""Direction the wind came from, and its share of all hours of 2024, in percent."""

FOG_BY_YEAR = (
    (2015, 512),
    (2016, 488),
    (2017, 530),
    (2018, 441),
    (2019, 467),
    (2020, 452),
    (2021, 420),
    (2022, 436),
    (2023, 398),
    (2024, 373),
)
"""Hours with less than 1 km of sight."""

VISITORS_BY_YEAR = (
    (2010, 602),
    (2011, 655),
    (2012, 590),
    (2013, 748),
    (2014, 811),
    (2015, 879),
    (2016, 902),
    (2017, 986),
    (2018, 1043),
    (2019, 1127),
    (2020, 214),
    (2021, 688),
    (2022, 1190),
    (2023, 1302),
    (2024, 1469),
)
"""People who came ashore in each season."""

SEASON = (
    Landings("April", 6, 58, 4),
    Landings("May", 14, 187, 3),
    Landings("June", 19, 296, 2),
    Landings("July", 22, 365, 2),
    Landings("August", 23, 412, 3),
    Landings("September", 12, 151, 6),
)

ACCOUNTS = Table(
    ("Crowns", "Income", "Spending"),
    (
        ("Subscriptions", "38,460", "-"),
        ("Boat fares", "44,070", "31,900"),
        ("Grants and gifts", "96,500", "-"),
        ("Gallery railing", "-", "88,240"),
        ("Upkeep of the tower", "-", "41,315"),
        ("Fuel and instruments", "-", "12,680"),
        ("Year", "179,030", "174,135"),
    ),
)


def weather_table() -> Table:
    """The months of 2024, then the year."""
    rows = [
        (month.name, f"{month.temperature:.1f}", f"{month.rain:.1f}", str(month.gale_days), str(month.fog_hours))
        for month in MONTHS
    ]
    mean = sum(month.temperature for month in MONTHS) / len(MONTHS)
    rain = sum(month.rain for month in MONTHS)
    gales, fog = sum(month.gale_days for month in MONTHS), sum(month.fog_hours for month in MONTHS)
    rows.append(("Year", f"{mean:.1f}", f"{rain:,.1f}", str(gales), str(fog)))
    return Table(("Month", "Mean °C", "Rain mm", "Gale days", "Fog hours"), tuple(rows))


def landings_table() -> Table:
    """The months of the season, then the season."""
    rows = [(month.name, str(month.boats), str(month.visitors), str(month.cancelled)) for month in SEASON]
    sums = [sum(month[column] for month in SEASON) for column in (1, 2, 3)]  # type: ignore[misc]
    rows.append(("Season", *(f"{total:,}" for total in sums)))
    return Table(("Month", "Boats", "Visitors", "Cancelled"), tuple(rows))
