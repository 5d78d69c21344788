"""Pictures ruled into cells and rooms: tables, heat maps, floor plans, maps."""

from __future__ import annotations

import math
from random import Random

from training.drawings.colours import RGB, is_dark, mixed
from training.drawings.look import Look
from training.drawings.sheet import Sheet
from training.drawings.told import Told, of_chart
from training.drawings.words import NUMBERS, PROSE, ROOMS, labels, title

SCALES: dict[str, list[list[RGB]]] = {
    "training": [
        [(68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37)],
        [(13, 8, 135), (156, 23, 158), (237, 121, 83), (240, 249, 33)],
        [(247, 251, 255), (107, 174, 214), (8, 48, 107)],
        [(255, 245, 240), (251, 106, 74), (103, 0, 13)],
        [(59, 76, 192), (221, 221, 221), (180, 4, 38)],
        [(255, 255, 229), (120, 198, 121), (0, 69, 41)],
        [(255, 255, 255), (0, 0, 0)],
        [(255, 255, 178), (253, 141, 60), (189, 0, 38)],
    ],
    "test": [
        [(0, 0, 4), (120, 28, 109), (237, 105, 37), (252, 255, 164)],
        [(84, 48, 5), (245, 245, 245), (0, 60, 48)],
        [(247, 244, 249), (201, 148, 199), (103, 0, 31)],
        [(26, 152, 80), (255, 255, 191), (215, 48, 39)],
    ],
}


def heat_map(random: Random, look: Look) -> Told:
    """A grid of coloured cells, with or without numbers, labels and a bar of its colours."""
    sheet = look.sheet()
    scale = random.choice(SCALES[look.style])
    columns, rows = random.randint(4, 16), random.randint(4, 14)
    square = random.random() < 0.4
    if square:
        rows = columns
    left, top, right, bottom = (look.letters * random.uniform(0.5, 3) for _ in range(4))
    right, bottom = look.width - right, look.height - bottom
    said: tuple[str, ...] = ()
    if random.random() < 0.4:
        about, written = title(random)
        top = max(top, look.letters * 2.2)
        look.write(sheet, (look.width / 2, look.letters * 1.1), written, times=1.25)
        said = (f"of {about}",)
    if random.random() < 0.5:
        right -= look.letters * 3
        for at in range(40):
            y = bottom - (bottom - top) * at / 40
            box = (right + look.letters, y, right + look.letters * 2, y - (bottom - top) / 40)
            sheet.box(box, _shade(scale, at / 39))
        said += ("with a colour bar", "with a color scale")
    kind = random.choice(("noise", "smooth", "smooth", "diagonal"))
    phase, fast = random.uniform(0, 6), random.uniform(0.25, 0.7)
    gap = random.choice((0.0, 0.0, 0.7))
    wide, high = (right - left) / columns, (bottom - top) / rows
    numbered = columns <= 8 and rows <= 9 and random.random() < 0.45
    for c in range(columns):
        for r in range(rows):
            value = random.random()
            if kind == "smooth":
                value = 0.5 + 0.38 * math.sin(phase + c * fast) * math.cos(phase / 2 + r * fast) + random.gauss(0, 0.1)
            elif kind == "diagonal":
                near = 1.0 - abs(c / columns - r / rows) * 1.3
                value = 1.0 if c == r and square else near * 0.8 + random.gauss(0, 0.13)
            value = min(1.0, max(0.0, value))
            x, y = left + wide * c, top + high * r
            colour = _shade(scale, value)
            sheet.box((x + gap, y + gap, x + wide - gap, y + high - gap), colour)
            if numbered:
                ink = (245, 245, 245) if is_dark(colour) else (20, 20, 20)
                sheet.text(
                    (x + wide / 2, y + high / 2), f"{value:.1f}", ink, family=look.font, size=look.letters * 0.85
                )
    endings = ("with coloured cells", *said) + (("with numbers",) if numbered else ())
    more = ("a grid of coloured squares", "coloured cells in a matrix")
    return Told(sheet.finished(), of_chart("heat map", endings) + more, {"count": str(columns * rows)})


def table(random: Random, look: Look) -> Told:
    """Rows and columns of words and numbers, ruled fully, across only, or striped."""
    sheet = look.sheet()
    columns, rows = random.randint(2, 7), random.randint(3, 13)
    rows = min(rows, int(look.height / look.letters / 1.5))
    left, right = look.width * random.uniform(0.02, 0.08), look.width * random.uniform(0.92, 0.98)
    top = look.height * random.uniform(0.02, 0.08)
    bottom = min(look.height - top, top + rows * look.letters * random.uniform(2, 4))
    said: tuple[str, ...] = ()
    if random.random() < 0.3:
        about, written = title(random)
        look.write(sheet, (left, top + look.letters * 0.7), written, times=1.2, anchor="lm")
        top += look.letters * 1.9
        said = (f"of {about}",)
    weights = [random.uniform(0.8, 1.6), *(1.0 for _ in range(columns - 1))]
    edges = [left + (right - left) * sum(weights[:at]) / sum(weights) for at in range(columns + 1)]
    row = (bottom - top) / rows
    head = look.colour(0).rgb if random.random() < 0.5 else mixed(look.ground, look.ink, random.uniform(0.08, 0.3))
    headed, striped = random.random() < 0.75, random.random() < 0.4
    ruled = random.choice(("all", "all", "all", "across", "few") if not striped else ("all", "across", "none"))
    for at in range(rows):
        y = top + row * at
        if at == 0 and headed:
            sheet.box((left, y, right, y + row), head)
        elif striped and at % 2:
            sheet.box((left, y, right, y + row), mixed(look.ground, look.ink, 0.09))
    line, weight = (
        (look.ink if random.random() < 0.6 else look.faint),
        random.choice((0.6, 0.8, 1.0, look.stroke * 0.8)),
    )
    across = {"all": range(rows + 1), "across": range(rows + 1), "few": (0, 1, rows), "none": (0, rows)}[ruled]
    for at in across:
        sheet.line([(left, top + row * at), (right, top + row * at)], line, width=weight)
    for x in edges if ruled == "all" else ():
        sheet.line([(x, top), (x, bottom)], line, width=weight)
    words, right_aligned = labels(random, min(columns, 12)), random.random() < 0.5
    for r in range(rows):
        for c in range(columns):
            room = max(1, int((edges[c + 1] - edges[c]) / look.letters * 1.55))
            said_here = words[c] if r == 0 else random.choice(PROSE) if c == 0 else str(random.randint(1, 9999))
            ink = look.ink if r or not headed else ((250, 250, 250) if is_dark(head) else (15, 15, 15))
            x = edges[c + 1] - look.letters * 0.5 if c and right_aligned else edges[c] + look.letters * 0.5
            anchor = "rm" if c and right_aligned else "lm"
            place, size = (x, top + row * (r + 0.5)), look.letters * 0.95
            sheet.text(place, said_here[:room], ink, family=look.font, size=size, anchor=anchor)
    endings = (f"with {NUMBERS[columns]} columns", *((f"with {NUMBERS[rows]} rows",) if rows <= 12 else ()), *said)
    endings += ("with a header row",) if headed else ()
    facts = {"rows": str(rows), "columns": str(columns)}
    return Told(sheet.finished(), of_chart("table", endings), facts)


def floor_plan(random: Random, look: Look) -> Told:
    """Rooms cut from a rectangle by walls with doors, some with furniture."""
    sheet = look.sheet()
    wall = max(2.0, min(look.width, look.height) * random.uniform(0.012, 0.024))
    margin = wall + min(look.width, look.height) * random.uniform(0.03, 0.1)
    rooms = [(margin, margin, look.width - margin, look.height - margin)]
    wanted = random.randint(3, 7)
    while len(rooms) < wanted:
        rooms.sort(key=lambda room: (room[2] - room[0]) * (room[3] - room[1]))
        x0, y0, x1, y1 = rooms.pop()
        cut = random.uniform(0.35, 0.65)
        if x1 - x0 > y1 - y0:
            x = x0 + (x1 - x0) * cut
            rooms += [(x0, y0, x, y1), (x, y0, x1, y1)]
        else:
            y = y0 + (y1 - y0) * cut
            rooms += [(x0, y0, x1, y), (x0, y, x1, y1)]
    tinted, named = random.random() < 0.35, random.random() < 0.6
    for at, room in enumerate(rooms):
        fill = mixed(look.ground, look.colour(at).rgb, 0.3) if tinted else look.ground
        sheet.box((room[0] - wall / 2, room[1] - wall / 2, room[2] + wall / 2, room[3] + wall / 2), fill)
    for room in rooms:
        box = (room[0] - wall / 2, room[1] - wall / 2, room[2] + wall / 2, room[3] + wall / 2)
        sheet.box(box, outline=look.ink, width=wall)
    for at, (x0, y0, x1, y1) in enumerate(rooms):
        door = min(x1 - x0, y1 - y0) * random.uniform(0.3, 0.42)
        ground = mixed(look.ground, look.colour(at).rgb, 0.3) if tinted else look.ground
        if random.random() < 0.5:
            y = y0 + (y1 - y0) * 0.2
            sheet.box((x1 - wall / 2, y, x1 + wall / 2, y + door), ground)
            sheet.arc((x1, y), door, (90, 180), look.ink, width=0.8)
            sheet.line([(x1, y), (x1 - door, y)], look.ink, width=0.8)
        else:
            x = x0 + (x1 - x0) * 0.25
            sheet.box((x, y1 - wall / 2, x + door, y1 + wall / 2), ground)
            sheet.arc((x, y1), door, (270, 360), look.ink, width=0.8)
            sheet.line([(x, y1), (x, y1 - door)], look.ink, width=0.8)
        _furnish(random, look, sheet, (x0 + wall, y0 + wall, x1 - wall, y1 - wall))
        if named:
            look.write(sheet, ((x0 + x1) / 2, (y0 + y1) / 2), random.choice(ROOMS), times=0.9)
    endings = (f"with {NUMBERS[wanted]} rooms", "of a house", "with walls and doors")
    return Told(sheet.finished(), of_chart("floor plan", endings), {"count": str(wanted)})


def _furnish(random: Random, look: Look, sheet: Sheet, room: tuple[float, float, float, float]) -> None:
    x0, y0, x1, y1 = room
    wide, high = x1 - x0, y1 - y0
    piece = random.choice(("bed", "table", "sofa", "", ""))
    if piece == "bed":
        sheet.box((x0 + wide * 0.05, y0 + high * 0.05, x0 + wide * 0.4, y0 + high * 0.45), outline=look.ink, width=0.8)
        sheet.box((x0 + wide * 0.1, y0 + high * 0.08, x0 + wide * 0.35, y0 + high * 0.18), outline=look.ink, width=0.8)
    elif piece == "table":
        sheet.oval((x0 + wide * 0.32, y0 + high * 0.3), (wide * 0.13, high * 0.13), outline=look.ink, width=0.8)
    elif piece == "sofa":
        sheet.box(
            (x0 + wide * 0.1, y0 + high * 0.04, x0 + wide * 0.6, y0 + high * 0.2), outline=look.ink, width=0.8, radius=2
        )


def town_map(random: Random, look: Look) -> Told:
    """Blocks, streets, a river, a park, a pin."""
    land: RGB = random.choice(
        ((240, 236, 226), (232, 230, 224), (245, 243, 238))
        if look.style == "training"
        else ((224, 228, 216), (250, 248, 244))
    )
    if look.dark:
        land = mixed(look.ground, (120, 130, 150), 0.2)
    sheet = look.sheet()
    width, height = look.width, look.height
    side = min(width, height)
    sheet.box((0, 0, width, height), land)
    for _ in range(random.randint(1, 3)):
        x, y = random.uniform(0, width), random.uniform(0, height)
        radii = (side * random.uniform(0.1, 0.24), side * random.uniform(0.1, 0.24))
        points = [
            (
                x + radii[0] * math.cos(a * 0.7) * random.uniform(0.8, 1.1),
                y + radii[1] * math.sin(a * 0.7) * random.uniform(0.8, 1.1),
            )
            for a in range(9)
        ]
        sheet.polygon(points, mixed(land, (110, 185, 105), random.uniform(0.5, 0.9)))
    river = random.random() < 0.65
    if river:
        start, end = random.uniform(0.1, 0.9) * height, random.uniform(0.1, 0.9) * height
        bend = side * random.uniform(0.05, 0.2)
        points = [
            (width * at / 16, start + (end - start) * at / 16 + bend * math.sin(at / 16 * 5 + start))
            for at in range(-1, 18)
        ]
        sheet.line(
            points,
            (130, 180, 225) if look.style == "training" else (105, 165, 205),
            width=side * random.uniform(0.05, 0.12),
        )
    street: RGB = (255, 255, 255) if not look.dark else mixed(land, (255, 255, 255), 0.35)
    tilt = random.uniform(-0.35, 0.35)
    gap, far = side * random.uniform(0.11, 0.2), width + height
    for along in (0.0, math.pi / 2):
        ux, uy = math.cos(tilt + along), math.sin(tilt + along)
        for at in range(-9, 10):
            if random.random() < 0.2:
                continue
            x, y = width / 2 - uy * gap * at, height / 2 + ux * gap * at
            main = random.random() < 0.16
            colour = random.choice(((250, 205, 100), (248, 170, 90), street)) if main else street
            ends = [(x - ux * far, y - uy * far), (x + ux * far, y + uy * far)]
            sheet.line(ends, colour, width=side * (0.028 if main else random.choice((0.01, 0.014, 0.018))))
    for _ in range(random.randint(2, 7)):
        place = (random.uniform(0.1, 0.9) * width, random.uniform(0.1, 0.9) * height)
        words = f"{random.choice(PROSE).title()} {random.choice(('St', 'Rd', 'Park', 'Ave'))}"
        sheet.text(
            place, words, (70, 70, 75) if not look.dark else (210, 210, 215), family=look.font, size=look.letters * 0.85
        )
    pinned = random.random() < 0.55
    if pinned:
        x, y, r = (
            width * random.uniform(0.25, 0.75),
            height * random.uniform(0.3, 0.75),
            side * random.uniform(0.035, 0.06),
        )
        red = (220, 45, 40)
        sheet.polygon([(x - r * 0.92, y - r * 1.6), (x + r * 0.92, y - r * 1.6), (x, y + r * 0.6)], red)
        sheet.disc((x, y - r * 2), r, red)
        sheet.disc((x, y - r * 2), r * 0.4, (255, 255, 255))
    endings = (
        ("with streets",)
        + (("with a river",) if river else ())
        + (("with a red pin", "with a marker") if pinned else ())
    )
    return Told(sheet.finished(), of_chart("map", endings))


def _shade(scale: list[RGB], value: float) -> RGB:
    place = value * (len(scale) - 1)
    at = min(int(place), len(scale) - 2)
    return mixed(scale[at], scale[at + 1], place - at)
