"""Plain shapes in plain colours: one, several with their places, several of the same."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from training.drawings.colours import RGB, Colour, Style, mixed, some_colour
from training.drawings.grounds import paint_ground
from training.drawings.look import size_of_sheet
from training.drawings.outlines import SHAPES, placed
from training.drawings.sheet import Point, Sheet
from training.drawings.told import Told
from training.drawings.words import NUMBERS, with_article

NEUTRAL: tuple[RGB, ...] = ((255, 255, 255), (252, 250, 244), (238, 240, 243), (226, 226, 226), (30, 30, 34))


def shape(random: Random, style: Style) -> Told:
    """One shape of one colour, filled or as an outline, of any size, turned, on any ground."""
    sheet, ground, ground_name = _ground(random, style)
    paint_ground(random, sheet, ground, style)
    colour = some_colour(random, style, apart_from=(ground,))
    name = random.choice(tuple(SHAPES))
    width, height = (side / sheet.unit for side in sheet.image.size)
    side = min(width, height)
    size = side * random.uniform(0.17, 0.46)
    reach = size * 1.02
    centre = (random.uniform(reach, width - reach), random.uniform(reach, height - reach))
    turn = random.choice((0.0, random.uniform(-1, 1) * SHAPES[name].tilt))
    outlined = name not in ("ring", "arrow") and random.random() < 0.2
    inside = _draw(random, sheet, name, colour, (centre, size, turn), outlined=outlined, style=style)
    names, shades = SHAPES[name].names, colour.names
    plain = f"{colour.name} {name}"
    said = [with_article(plain), plain, name, colour.name, with_article(name)]
    said += [with_article(f"{shade} {other}") for shade in shades for other in names]
    said += [with_article(f"{colour.name} shape"), *names, f"a picture of {with_article(plain)}"]
    if outlined:
        said += [f"the outline of {with_article(plain)}", with_article(f"{plain} outline"), "a shape drawn as a line"]
    else:
        said += [with_article(f"filled {plain}")]
    if ground_name:
        said += [f"{with_article(plain)} on {with_article(ground_name)} background"]
    if size / side > 0.38:
        said += [with_article(f"large {plain}"), with_article(f"big {name}")]
    elif size / side < 0.23:
        said += [with_article(f"small {plain}")]
    facts = {"colour": colour.name, "shape": name, "filled": "no" if outlined else "yes"}
    facts["inside"] = f"{inside[0] / width:.4f},{inside[1] / height:.4f}"
    return Told(sheet.finished(), tuple(dict.fromkeys([*said, "a shape", "a geometric shape"])), facts)


def shapes(random: Random, style: Style) -> Told:
    """Two or three different shapes of different colours, and which lies where."""
    sheet, ground, _ = _ground(random, style)
    paint_ground(random, sheet, ground, style)
    width, height = (side / sheet.unit for side in sheet.image.size)
    n = random.choice((2, 2, 3))
    relation = (
        random.choice(("row", "row", "column", "column", "inside")) if n == 2 else random.choice(("row", "column"))
    )
    names = random.sample(tuple(SHAPES), n)
    if relation == "inside":
        names[0] = random.choice(("circle", "square", "hexagon", "oval"))
        names[1] = random.choice([name for name in SHAPES if name != names[0]])
    taken, colours = [ground], list[Colour]()
    while len(colours) < n:
        colour = some_colour(random, style, apart_from=taken)
        if colour.name in {other.name for other in colours}:
            taken = [ground]
            colours.clear()
            continue
        colours.append(colour)
        taken.append(colour.rgb)
    places = _places(random, relation, n, (width, height))
    for name, colour, (centre, size) in zip(names, colours, places, strict=True):
        tilt = SHAPES[name].tilt * random.choice((0, random.uniform(-1, 1)))
        _draw(random, sheet, name, colour, (centre, size, tilt), outlined=False, style=style)
    things = [f"{colour.name} {name}" for colour, name in zip(colours, names, strict=True)]
    said = [f"{with_article(a)} and {with_article(b)}" for a, b in pairwise(things)]
    said += [f"{with_article(b)} and {with_article(a)}" for a, b in pairwise(things)]
    if n == 3:
        a, b, c = map(with_article, things)
        said = [f"{a}, {b} and {c}", *said]
    for one, other in pairwise(map(with_article, things)):
        if relation == "row":
            said += [f"{one} left of {other}", f"{other} right of {one}", f"{one} next to {other}"]
            said += [f"{one} to the left of {other}", f"{other} to the right of {one}"]
        elif relation == "column":
            said += [f"{one} above {other}", f"{other} below {one}", f"{one} over {other}", f"{other} under {one}"]
        else:
            said += [f"{other} inside {one}", f"{other} in {one}", f"{other} on top of {one}"]
    said += [f"{NUMBERS[n]} shapes", "shapes", "geometric shapes", *map(with_article, things), *things]
    facts = {"shape": ", ".join(names), "colour": ", ".join(colour.name for colour in colours), "relation": relation}
    return Told(sheet.finished(), tuple(dict.fromkeys(said)), facts | {"count": str(n)})


def count(random: Random, style: Style) -> Told:
    """One to six of the same shape in the same colour."""
    sheet, ground, _ = _ground(random, style)
    paint_ground(random, sheet, ground, style)
    width, height = (side / sheet.unit for side in sheet.image.size)
    n, name = random.randint(1, 6), random.choice([name for name in SHAPES if name != "ring"])
    colour = some_colour(random, style, apart_from=(ground,))
    columns = random.choice([c for c in range(1, n + 1) if -(-n // c) <= 3 and c <= 4])
    rows = -(-n // columns)
    cell = (width / columns, height / rows)
    size = min(cell) * random.uniform(0.26, 0.4)
    turn = random.choice((0.0, random.uniform(-1, 1) * SHAPES[name].tilt))
    seats = random.sample([(c, r) for r in range(rows) for c in range(columns)], n)
    free = (cell[0] / 2 - size * 1.08, cell[1] / 2 - size * 1.08)
    for c, r in seats:
        x = (c + 0.5) * cell[0] + random.uniform(-1, 1) * free[0]
        y = (r + 0.5) * cell[1] + random.uniform(-1, 1) * free[1]
        _draw(random, sheet, name, colour, ((x, y), size, turn), outlined=False, style=style)
    if n == 1:
        many = with_article(f"{colour.name} {name}")
        said = [f"one {colour.name} {name}", f"one {name}", f"a single {colour.name} {name}", many, f"1 {name}", name]
    else:
        plural, number = _plural(name), NUMBERS[n]
        said = [
            f"{number} {colour.name} {plural}",
            f"{number} {plural}",
            f"{n} {plural}",
            f"{n} {colour.name} {plural}",
        ]
        said += [f"{colour.name} {plural}", f"a picture of {number} {plural}", plural, f"{number} {colour.name} shapes"]
        said += [f"{number} shapes", f"{number} things", "several shapes" if n > 2 else "a pair of shapes"]
    return Told(sheet.finished(), tuple(said), {"count": str(n), "colour": colour.name, "shape": name})


def _ground(random: Random, style: Style) -> tuple[Sheet, RGB, str]:
    """An empty sheet, its colour, and that colour's name where it is a colour and not just paper."""
    size = size_of_sheet(random, style)
    if random.random() < 0.6:
        rgb = random.choice(NEUTRAL)
        rgb = rgb if style == "training" else mixed(rgb, (128, 130, 120), 0.06)
        return Sheet.blank(*size, rgb), rgb, ""
    colour = some_colour(random, style)
    return Sheet.blank(*size, colour.rgb), colour.rgb, colour.name


def _draw(
    random: Random,
    sheet: Sheet,
    name: str,
    colour: Colour,
    where: tuple[Point, float, float],
    *,
    outlined: bool,
    style: Style,
) -> Point:
    """Draw a shape at its centre, size and turn. Returns: a point inside it."""
    points, inside = placed(SHAPES[name], *where)
    if outlined:
        share = random.choice((0.05, 0.08, 0.12)) if style == "training" else random.choice((0.065, 0.1))
        sheet.polygon(points, outline=colour.rgb, width=max(1.5, where[1] * share))
        return inside
    sheet.polygon(points, colour.rgb)
    if random.random() < 0.12:
        edge = mixed(colour.rgb, (0, 0, 0), 0.35)
        sheet.polygon(points, outline=edge, width=max(1.0, where[1] * 0.04))
    return inside


def _places(random: Random, relation: str, n: int, room: tuple[float, float]) -> list[tuple[Point, float]]:
    """Centre and size of each, in the order of reading; of two that lie inside each other, the outer first."""
    width, height = room
    if relation == "inside":
        size = min(room) * random.uniform(0.36, 0.46)
        centre = (width / 2, height / 2)
        return [(centre, size), (centre, size * random.uniform(0.33, 0.42))]
    along, aside = (width, height) if relation == "row" else (height, width)
    most = min(along / n / 2, aside / 2) * 0.93
    places = []
    for at in range(n):
        size = most * random.uniform(0.62, 1.0)
        slack = min(aside / 2 - size, size * 0.5)
        shift = random.uniform(-1, 1) * max(0.0, slack)
        middle = (along * (at + 0.5) / n, aside / 2 + shift)
        places.append((middle if relation == "row" else (middle[1], middle[0]), size))
    return places


def _plural(name: str) -> str:
    return {"cross": "crosses"}.get(name, f"{name}s")
