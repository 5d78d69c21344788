"""Charts made of circles: pies and rings, radar charts, Venn diagrams."""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random

from PIL import Image, ImageDraw

from training.drawings.axes import legend_below, legend_beside
from training.drawings.colours import mixed
from training.drawings.look import Look
from training.drawings.sheet import OVERSAMPLED, Sheet
from training.drawings.told import Told, of_chart
from training.drawings.words import NUMBERS, labels, title


def pie_chart(random: Random, look: Look) -> Told:
    """Slices of a circle, with or without a hole, a legend, labels, a slice pulled out."""
    sheet, n = look.sheet(), random.randint(2, 7)
    said, (top, right, bottom) = _around(random, look, sheet)
    words = labels(random, n)
    series = [(word, look.colour(at)) for at, word in enumerate(words)]
    for at in range(len(look.palette), n):  # the same colours again, paler
        word, colour = series[at]
        series[at] = (word, replace(colour, rgb=mixed(colour.rgb, look.ground, 0.45)))
    if random.random() < 0.45:
        said += ("with a legend",)
        if look.width > look.height and look.style == "training":
            right -= look.letters * 5
            legend_beside(look, sheet, series, (right + look.letters * 0.6, top + look.letters * 1.5))
        else:
            bottom -= look.letters * 2
            legend_below(look, sheet, series, (look.letters, bottom + look.letters, look.width - look.letters))
    radius = min(right, bottom - top) / 2 * random.uniform(0.68, 0.93)
    centre = (right / 2, (top + bottom) / 2)
    shares = [random.uniform(0.35, 1.6) for _ in range(n)]
    turn = [360 * share / sum(shares) for share in shares]
    pulled = random.randrange(n) if random.random() < 0.18 else -1
    ring = random.random() < 0.28
    edge = look.ground if random.random() < 0.7 else look.ink
    named = random.random() < 0.4
    start = (
        random.choice((-90.0, 0.0, random.uniform(0, 360)))
        if look.style == "training"
        else random.choice((-60.0, 135.0))
    )
    for k, span in enumerate(turn):
        half = math.radians(start + span / 2)
        out = radius * 0.09 if k == pulled else 0.0
        middle = (centre[0] + out * math.cos(half), centre[1] + out * math.sin(half))
        sheet.sector(middle, radius, (start, start + span), series[k][1].rgb)
        for angle in (start, start + span):
            spoke = (
                middle[0] + radius * math.cos(math.radians(angle)),
                middle[1] + radius * math.sin(math.radians(angle)),
            )
            sheet.line([middle, spoke], edge, width=random.choice((0.8, look.stroke)))
        if named:
            place = (centre[0] + radius * 0.7 * math.cos(half), centre[1] + radius * 0.7 * math.sin(half))
            look.write(sheet, place, f"{round(span / 3.6)}%", times=0.95)
        start += span
    if ring:
        sheet.disc(centre, radius * random.uniform(0.42, 0.66), look.ground)
        said += ("with a hole",)
    endings = (f"with {NUMBERS[n]} slices", f"with {NUMBERS[n]} parts", *said)
    more = ("a donut chart", "a doughnut chart", "a ring chart") if ring else ()
    two = tuple(dict.fromkeys(colour.name for _, colour in series))
    if len(two) >= 2:
        endings += (f"in {two[0]} and {two[1]}" if len(two) == 2 else f"in {two[0]}, {two[1]} and {two[2]}",)
    adjectives = look.colour_words[:1] if n >= 4 and len(look.palette) <= n else ()
    return Told(sheet.finished(), of_chart("pie chart", endings, adjectives) + more, {"count": str(n)})


def radar_chart(random: Random, look: Look) -> Told:
    """A web of rays and rings with one to three closed lines."""
    sheet, n, n_lines = look.sheet(), random.randint(5, 9), random.randint(1, 3)
    said, (top, right, bottom) = _around(random, look, sheet)
    radius = min(right, bottom - top) / 2 * random.uniform(0.72, 0.88)
    centre = (right / 2, (top + bottom) / 2)
    angles = [2 * math.pi * at / n - math.pi / 2 for at in range(n)]

    def ring(shares: list[float]) -> list[tuple[float, float]]:
        return [
            (centre[0] + radius * share * math.cos(a), centre[1] + radius * share * math.sin(a))
            for share, a in zip(shares, angles, strict=True)
        ]

    n_rings, straight = random.randint(3, 5), random.random() < 0.75
    for at in range(1, n_rings + 1):
        if straight:
            sheet.polygon(ring([at / n_rings] * n), outline=look.faint, width=0.8)
        else:
            sheet.disc(centre, radius * at / n_rings, outline=look.faint, width=0.8)
    for point, word in zip(ring([1.0] * n), labels(random, n), strict=True):
        sheet.line([centre, point], look.faint, width=0.8)
        place = (centre[0] + (point[0] - centre[0]) * 1.12, centre[1] + (point[1] - centre[1]) * 1.12)
        look.write(sheet, place, word[:4], times=0.85)
    filled = random.random() < 0.5
    for at in range(n_lines):
        points, colour = ring([random.uniform(0.3, 0.97) for _ in range(n)]), look.colour(at).rgb
        if filled:
            sheet.polygon(points, mixed(look.ground, colour, 0.45))
        sheet.polygon(points, outline=colour, width=max(1.0, look.stroke))
    endings = (f"with {NUMBERS[n]} axes", *said)
    return Told(sheet.finished(), of_chart("radar chart", endings), {"count": str(n)})


def venn_diagram(random: Random, look: Look) -> Told:
    """Two or three circles that overlap, see-through."""
    sheet, n = look.sheet(), random.choice((2, 2, 3, 3, 3))
    said, (top, right, bottom) = _around(random, look, sheet)
    middle = (right / 2, (top + bottom) / 2)
    side = min(right, bottom - top)
    radius = side * (random.uniform(0.26, 0.3) if n == 3 else random.uniform(0.25, 0.29))
    away = radius * random.uniform(0.55, 0.72)
    first = random.choice((0.0, 0.0, math.pi / 2)) if n == 2 else random.choice((-math.pi / 2, math.pi / 2))
    centres = [
        (
            middle[0] + away * math.cos(first + 2 * math.pi * at / n),
            middle[1] + away * math.sin(first + 2 * math.pi * at / n),
        )
        for at in range(n)
    ]
    filled = random.random() < 0.75
    strength = random.uniform(0.35, 0.65)
    for at, centre in enumerate(centres):
        colour = look.colour(at).rgb
        if filled:
            _wash(sheet, centre, radius, colour, strength)
        if not filled or random.random() < 0.5:
            sheet.disc(
                centre, radius, outline=colour if random.random() < 0.6 else look.ink, width=max(1.0, look.stroke)
            )
    for centre, word in zip(centres, labels(random, n), strict=True):
        place = (centre[0] + (centre[0] - middle[0]) * 0.6, centre[1] + (centre[1] - middle[1]) * 0.6)
        look.write(sheet, place, word, times=1.1)
    endings = (f"with {NUMBERS[n]} circles", f"of {NUMBERS[n]} sets", *said)
    more = (f"{NUMBERS[n]} overlapping circles", "overlapping circles")
    return Told(sheet.finished(), of_chart("Venn diagram", endings) + more, {"count": str(n)})


def _wash(sheet: Sheet, centre: tuple[float, float], radius: float, colour: tuple[int, int, int], share: float) -> None:
    mask = Image.new("L", sheet.image.size, 0)
    x, y, r = (value * OVERSAMPLED for value in (*centre, radius))
    ImageDraw.Draw(mask).ellipse((x - r, y - r, x + r, y + r), fill=round(255 * share))
    sheet.image.paste(colour, (0, 0), mask)


def _around(random: Random, look: Look, sheet: Sheet) -> tuple[tuple[str, ...], tuple[float, float, float]]:
    """Write a title or none. Returns: what it says, and the top, the right and the bottom of the room left."""
    if random.random() < 0.5:
        return (), (0.0, float(look.width), float(look.height))
    about, written = title(random)
    if look.style == "test":
        look.write(sheet, (look.width / 2, look.height - look.letters * 1.2), written, times=1.2)
        return (f"of {about}",), (0.0, float(look.width), look.height - look.letters * 2)
    look.write(sheet, (look.width / 2, look.letters * 1.2), written, times=random.uniform(1.1, 1.6))
    return (f"of {about}",), (look.letters * 2.2, float(look.width), float(look.height))
