"""Diagrams of things that hang together: flows, networks, hierarchies, and what happens when."""

from __future__ import annotations

import math
from random import Random

from training.drawings.colours import RGB, is_dark, mixed
from training.drawings.look import Look
from training.drawings.sheet import Point, Sheet
from training.drawings.told import Told, of_chart
from training.drawings.words import NUMBERS, PEOPLE, STEPS, title


def flow_diagram(random: Random, look: Look) -> Told:
    """Boxes, rounded ends and diamonds, joined by arrows, going down, across, or both."""
    sheet = look.sheet()
    test = look.style == "test"
    wide = look.width > look.height * 1.1
    columns = random.randint(3, 4) if wide else random.randint(1, 3)
    rows = random.randint(1, 3) if wide else random.randint(3, 5)
    if columns * rows < 3:
        columns = 4
    cell = (look.width / columns, look.height / rows)
    half = (cell[0] * random.uniform(0.29, 0.36), min(cell[1] * random.uniform(0.22, 0.31), cell[0] * 0.42))
    snake = [(c if r % 2 == 0 else columns - 1 - c, r) for r in range(rows) for c in range(columns)]
    if not wide and columns > 1 and random.random() < 0.5:
        snake = [(c, r if c % 2 == 0 else rows - 1 - r) for c in range(columns) for r in range(rows)]
    places = [((c + 0.5) * cell[0], (r + 0.5) * cell[1]) for c, r in snake]
    n = len(places)
    words = random.sample(STEPS, min(n, len(STEPS)))
    weight, head = max(0.9, look.stroke * 0.8), max(4.5, min(look.width, look.height) * 0.024)
    diamonds = {at for at in range(1, n - 1) if random.random() < 0.28}
    for at in range(n - 1):
        _joined(sheet, (places[at], places[at + 1]), half, look.ink, (weight, head))
    filled, own = random.random() < 0.7, random.random() < 0.4
    rounded = random.choice((0.0, 0.0, 4.0)) if not test else 7.0
    for at, place in enumerate(places):
        colour = look.colour(at if own else 0).rgb
        fill = (colour if random.random() < 0.35 or own else mixed(colour, look.ground, 0.6)) if filled else look.ground
        edge = look.ink if not filled or random.random() < 0.5 else colour
        radius = half[1] * 0.95 if at in (0, n - 1) else rounded
        if at in diamonds:
            (x, y), (dx, dy) = place, (half[0], half[1] * 1.25)
            sheet.polygon([(x - dx, y), (x, y - dy), (x + dx, y), (x, y + dy)], fill, outline=edge, width=weight)
        else:
            corners = (place[0] - half[0], place[1] - half[1], place[0] + half[0], place[1] + half[1])
            sheet.box(corners, fill, outline=edge, width=weight, radius=radius)
        _inside(look, sheet, place, words[at][: max(3, int(half[0] * 3.2 / look.letters))], fill)
    endings: tuple[str, ...] = (f"with {NUMBERS[n]} boxes" if n < len(NUMBERS) else "with many boxes", "with arrows")
    if diamonds:
        endings += ("with a decision",)
    more = ("boxes joined by arrows", "boxes connected with arrows")
    return Told(sheet.finished(), of_chart("flow diagram", endings) + more, {"count": str(n)})


def network_graph(random: Random, look: Look) -> Told:
    """Discs joined by straight lines, strewn, in a ring, around hubs."""
    sheet, n = look.sheet(), random.randint(6, 24)
    side = min(look.width, look.height)
    layout = random.choice(("strewn", "strewn", "ring", "hubs"))
    places = _strewn(random, look, n) if layout == "strewn" else _ringed(random, look, n, hubs=layout == "hubs")
    pairs = {(k, _nearest(places, k)) for k in range(1, n)}
    extra = random.randint(n // 3, int(n * 1.2))
    for _ in range(extra):
        one = random.randrange(n)
        pairs.add(
            (one, random.randrange(n)) if layout == "ring" else (one, _nearest(places, one, random.randint(1, 4)))
        )
    if layout == "hubs":
        pairs |= {(0, k) for k in range(1, n) if random.random() < 0.7}
    radius = side * random.uniform(0.016, 0.042)
    shade = mixed(look.ground, look.ink, random.uniform(0.35, 0.9))
    arrows = random.random() < 0.15
    for one, other in pairs:
        if one != other and arrows:
            (x0, y0), (x1, y1) = places[one], places[other]
            length = math.hypot(x1 - x0, y1 - y0) or 1.0
            end = (x1 - (x1 - x0) / length * radius, y1 - (y1 - y0) / length * radius)
            sheet.arrow(places[one], end, shade, width=max(0.7, look.stroke * 0.6), head=radius + 2)
        elif one != other:
            sheet.line([places[one], places[other]], shade, width=max(0.7, look.stroke * 0.6))
    own, hollow, named = random.random() < 0.5, random.random() < 0.2, random.random() < 0.3
    for at, place in enumerate(places):
        colour = look.colour(at if own else 0).rgb
        size = radius * random.uniform(0.75, 1.5) * (1.4 if layout == "hubs" and at == 0 else 1)
        if hollow:
            sheet.disc(place, size, look.ground, outline=colour, width=max(1.0, look.stroke))
        else:
            sheet.disc(place, size, colour)
        if named:
            look.write(sheet, (place[0], place[1] - size - look.letters * 0.5), random.choice(PEOPLE), times=0.8)
    endings = (f"with {NUMBERS[n]} nodes" if n < len(NUMBERS) else "with many nodes",)
    adjectives = () if own else (look.colour(0).name,)
    more = ("dots connected by lines", "circles joined by lines", "nodes and edges")
    return Told(sheet.finished(), of_chart("network graph", endings, adjectives) + more, {"count": str(n)})


def organisation_chart(random: Random, look: Look) -> Told:
    """A tree of boxes with right-angled lines, its root above or at the left."""
    sheet = look.sheet()
    lying = random.random() < (0.25 if look.style == "training" else 0.5)
    long, deep = (look.height, look.width) if lying else (look.width, look.height)
    levels = [1, random.randint(2, 4)]
    if random.random() < 0.75:
        levels.append(levels[1] * random.choice((1, 2)) if levels[1] < 4 else levels[1] + 1)
    depth = deep / len(levels)
    weight = max(0.9, look.stroke * 0.8)
    own = random.random() < 0.6
    filled = random.random() < 0.75

    def at(along: float, down: float) -> Point:
        return (down, along) if lying else (along, down)

    above: list[float] = []
    n = 0
    for level, many in enumerate(levels):
        here = [long * (k + 0.5) / many for k in range(many)]
        half_long = min(long / many * 0.4, long * 0.17)
        half_deep = depth * random.uniform(0.18, 0.27)
        middle = depth * (level + 0.5)
        for k, along in enumerate(here):
            if above:
                parent = above[min(len(above) - 1, k * len(above) // many)]
                bend = middle - depth * 0.5
                line = [at(parent, middle - depth * 0.75), at(parent, bend), at(along, bend), at(along, middle)]
                sheet.line(line[:2], look.ink, width=weight)
                sheet.line(line[1:3], look.ink, width=weight)
                sheet.line(line[2:], look.ink, width=weight)
            colour = look.colour(level if own else 0).rgb
            fill = colour if filled else look.ground
            corners = (*at(along - half_long, middle - half_deep), *at(along + half_long, middle + half_deep))
            sheet.box(corners, fill, outline=look.ink if not filled else None, width=weight)
            room = (corners[2] - corners[0]) / look.letters * 1.6
            _inside(look, sheet, at(along, middle), random.choice(PEOPLE)[: max(2, int(room))], fill)
            n += 1
        above = here
    endings = (f"with {NUMBERS[len(levels)]} levels", "with boxes")
    more = ("a tree of boxes", "a hierarchy of boxes")
    return Told(sheet.finished(), of_chart("organisation chart", endings) + more, {"count": str(n)})


def timeline(random: Random, look: Look) -> Told:
    """A line with marks, years and words on either side."""
    sheet, n = look.sheet(), random.randint(3, 8)
    lying = look.width >= look.height * 0.85 or look.style == "test"
    long, across = (look.width, look.height) if lying else (look.height, look.width)
    middle = across * (random.uniform(0.42, 0.58) if lying else random.uniform(0.3, 0.5))

    def at(along: float, aside: float) -> Point:
        return (along, middle + aside) if lying else (middle + aside, along)

    if random.random() < 0.5:
        look.write(sheet, (look.width / 2, look.letters * 1.2), title(random)[1].split(" ")[0], times=1.5)
    base = look.colour(0).rgb if random.random() < 0.5 else look.ink
    thick = random.choice((look.stroke, look.stroke * 2, look.stroke * 3))
    if random.random() < 0.4:
        sheet.arrow(at(long * 0.03, 0), at(long * 0.97, 0), base, width=thick, head=thick * 3 + 3)
    else:
        sheet.line([at(long * 0.05, 0), at(long * 0.95, 0)], base, width=thick)
    radius = thick + look.letters * random.uniform(0.25, 0.5)
    start, own = random.randint(1900, 2015), random.random() < 0.6
    boxed = random.random() < 0.4
    for k in range(n):
        along = long * (0.1 + 0.8 * k / (n - 1))
        away = across * random.uniform(0.15, 0.24) * (1 if k % 2 else -1) * (1 if lying else 0.9)
        colour = look.colour(k if own else 0).rgb
        sheet.line([at(along, 0), at(along, away)], look.faint if random.random() < 0.3 else look.ink, width=0.8)
        sheet.disc(at(along, 0), radius, colour)
        x, y = at(along, away + (look.letters * 1.1 if away > 0 else -look.letters * 1.1))
        if boxed:
            wide, high = look.letters * 2.1, look.letters * 1.5
            sheet.box((x - wide, y - high, x + wide, y + high), mixed(colour, look.ground, 0.7), outline=colour)
        look.write(sheet, (x, y - look.letters * 0.6), str(start + k * 3), times=0.95)
        look.write(sheet, (x, y + look.letters * 0.6), random.choice(STEPS)[:7], times=0.8)
    endings = (f"with {NUMBERS[n]} events", "with years", "of history")
    adjectives = ("horizontal" if lying else "vertical",)
    return Told(sheet.finished(), of_chart("timeline", endings, adjectives), {"count": str(n)})


def gantt_chart(random: Random, look: Look) -> Told:
    """Lying bars that begin one after another, with the tasks' names at the left."""
    sheet, n = look.sheet(), random.randint(4, 9)
    top, bottom = look.letters * random.uniform(2.2, 3), look.height - look.letters
    left, right = look.width * random.uniform(0.2, 0.28), look.width * 0.97
    columns = random.randint(5, 10)
    for at in range(columns + 1):
        x = left + (right - left) * at / columns
        sheet.line([(x, top), (x, bottom)], look.faint, width=0.7)
        if at < columns:
            look.write(sheet, (x + (right - left) / columns / 2, top - look.letters * 0.8), str(at + 1), times=0.85)
    own, row = random.random() < 0.6, (bottom - top) / n
    thick = random.uniform(0.45, 0.75)
    start = 0.0
    for at in range(n):
        y, long = top + row * (at + 0.5), random.uniform(0.13, 0.34)
        corners = (left + (right - left) * start, y - row * thick / 2, left + (right - left) * min(1, start + long))
        sheet.box((*corners, y + row * thick / 2), look.colour(at if own else 0).rgb, radius=random.choice((0, 2)))
        look.write(sheet, (look.letters * 0.6, y), random.choice(STEPS)[:8], times=0.9, anchor="lm")
        start = min(0.86, start + long * random.uniform(0.5, 1.0))
    return Told(
        sheet.finished(), of_chart("Gantt chart", (f"with {NUMBERS[n]} tasks", "of a project")), {"count": str(n)}
    )


def _joined(sheet: Sheet, ends: tuple[Point, Point], half: Point, ink: RGB, pen: tuple[float, float]) -> None:
    ((x0, y0), (x1, y1)), (weight, head) = ends, pen
    if abs(x1 - x0) > abs(y1 - y0):
        way = 1 if x1 > x0 else -1
        sheet.arrow((x0 + way * half[0], y0), (x1 - way * half[0], y1), ink, width=weight, head=head)
    else:
        way = 1 if y1 > y0 else -1
        sheet.arrow((x0, y0 + way * half[1]), (x1, y1 - way * half[1] * 1.05), ink, width=weight, head=head)


def _inside(look: Look, sheet: Sheet, place: Point, words: str, fill: RGB) -> None:
    ink = (250, 250, 250) if is_dark(fill) else (20, 20, 20)
    sheet.text(place, words, ink, family=look.font, size=look.letters * 0.9)


def _nearest(places: list[Point], at: int, rank: int = 0) -> int:
    """Another of the places: the nearest of those before it, or the one of that rank among all."""
    x, y = places[at]
    others = range(at) if rank == 0 else range(len(places))
    order = sorted(others, key=lambda k: (places[k][0] - x) ** 2 + (places[k][1] - y) ** 2)
    return order[min(rank, len(order) - 1)]


def _strewn(random: Random, look: Look, n: int) -> list[Point]:
    places: list[Point] = []
    gap = min(look.width, look.height) * 0.75 / math.sqrt(n)
    while len(places) < n:
        place = (look.width * random.uniform(0.08, 0.92), look.height * random.uniform(0.08, 0.92))
        if all(math.dist(place, other) > gap for other in places):
            places.append(place)
        gap *= 0.99
    return places


def _ringed(random: Random, look: Look, n: int, *, hubs: bool) -> list[Point]:
    middle = (look.width / 2, look.height / 2)
    places = [middle] if hubs else []
    turn = random.uniform(0, math.pi)
    for at in range(n - len(places)):
        angle = turn + 2 * math.pi * at / (n - len(places))
        far = 0.42 * (random.uniform(0.6, 1.0) if hubs else 1.0)
        places.append((middle[0] + look.width * far * math.cos(angle), middle[1] + look.height * far * math.sin(angle)))
    return places
