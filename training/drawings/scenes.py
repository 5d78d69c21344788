"""Things of the world drawn simply in flat colours: a subject, sometimes with sky, ground, sun, trees."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from training.drawings.colours import RGB, Colour, Style, mixed, some_colour
from training.drawings.look import size_of_sheet
from training.drawings.sheet import Sheet
from training.drawings.told import Told
from training.drawings.words import with_article


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing that can be drawn in a unit square, (0, 0) at its top left."""

    paint: Callable[[Random, Sheet, Colour], None]
    words: tuple[str, ...]
    """The plainest first; then wider ones."""
    where: str = "land"
    """`land`, `water`, `sky`, or `table`."""


def scene(random: Random, style: Style) -> Told:
    """One subject, large, on a plain ground or in a small landscape."""
    width, height = size_of_sheet(random, style)
    name = random.choice(tuple(SUBJECTS))
    subject = SUBJECTS[name]
    set_in = subject.where != "table" and random.random() < 0.6
    extras: list[str] = []
    if set_in:
        sheet, extras, avoided = _landscape(random, style, (width, height), subject.where)
    else:
        pale = (255, 255, 255) if style == "training" else (247, 246, 240)
        tint = some_colour(random, style, apart_from=())
        rgb = pale if random.random() < 0.6 else mixed(tint.rgb, pale, 0.7)
        sheet, avoided = Sheet.blank(width, height, rgb), [rgb]
    colour = some_colour(random, style, apart_from=avoided)
    side = min(width, height)
    size = side * random.uniform(0.55, 0.9) * (0.72 if set_in and subject.where != "sky" else 0.95)
    left = random.uniform(0.05, 0.95) * (width - size)
    low = height * (0.92 if subject.where == "land" else 0.78) - size
    top = low if set_in and subject.where != "sky" else random.uniform(0.1, 0.9) * (height - size)
    subject.paint(random, sheet.part(left, max(0.0, top), size), colour)
    first = subject.words[0]
    coloured = with_article(f"{colour.name} {first}")
    said = [with_article(first), first, f"a drawing of {with_article(first)}", coloured, *subject.words[1:]]
    said += [with_article(word) for word in subject.words[1:]]
    said += [f"a simple drawing of {with_article(first)}", f"a cartoon {first}", "a simple drawing", "an illustration"]
    for extra in extras:
        said += [f"{with_article(first)} and {extra}", extra]
    return Told(sheet.finished(), tuple(dict.fromkeys(said)), {"subject": name, "colour": colour.name})


def _landscape(random: Random, style: Style, size: tuple[int, int], where: str) -> tuple[Sheet, list[str], list[RGB]]:
    width, height = size
    night = random.random() < 0.15
    skies: tuple[RGB, ...] = ((135, 206, 235), (173, 216, 240), (200, 230, 250))
    sky = random.choice(skies) if style == "training" else (150, 210, 225)
    sky = (22, 28, 62) if night else sky
    sheet = Sheet.blank(width, height, sky)
    extras = ["a night sky"] if night else ["a blue sky"]
    side = min(size)
    if random.random() < 0.55:
        place = (width * random.choice((0.14, 0.86)), height * 0.15)
        if night:
            sheet.disc(place, side * 0.08, (240, 238, 215))
            extras.append("the moon")
        else:
            _sun(random, sheet.part(place[0] - side * 0.13, place[1] - side * 0.13, side * 0.26), YELLOW)
            extras.append("the sun")
    elif not night:
        _cloud(random, sheet.part(width * random.uniform(0.05, 0.6), height * 0.02, side * 0.3), WHITE)
        extras.append("a cloud")
    ground: RGB = (22, 28, 62)
    if where == "land":
        ground = (
            random.choice(((96, 168, 70), (120, 190, 90), (80, 150, 75))) if style == "training" else (104, 176, 92)
        )
        sheet.box((0, height * 0.7, width, height), ground)
        extras.append("green grass")
        if random.random() < 0.4:
            _tree(random, sheet.part(width * random.choice((0.02, 0.7)), height * 0.45, side * 0.32), GREEN)
            extras.append("a tree")
    elif where == "water":
        ground = (40, 110, 190) if style == "training" else (56, 122, 178)
        sheet.box((0, height * 0.66, width, height), ground)
        extras.append("water")
    return sheet, extras, [sky, ground]


BROWN: RGB = (120, 76, 40)
DARK: RGB = (40, 40, 44)
PALE: RGB = (250, 245, 230)
GREEN = Colour("green", "green", (50, 140, 60))
YELLOW = Colour("yellow", "yellow", (253, 210, 40))
WHITE = Colour("white", "white", (252, 252, 252))


def _house(random: Random, sheet: Sheet, colour: Colour) -> None:
    wall = mixed(colour.rgb, (255, 255, 255), 0.15)
    roof = random.choice(((150, 50, 35), (90, 60, 45), (70, 75, 90)))
    sheet.box((0.12, 0.45, 0.88, 1.0), colour.rgb, outline=mixed(wall, (0, 0, 0), 0.3), width=0.01)
    if random.random() < 0.5:
        sheet.box((0.66, 0.12, 0.76, 0.4), (140, 80, 60))
    sheet.polygon([(0.02, 0.46), (0.5, 0.04), (0.98, 0.46)], roof)
    sheet.box((0.43, 0.68, 0.58, 1.0), BROWN)
    for x in (0.2, 0.66):
        sheet.box((x, 0.56, x + 0.15, 0.71), (190, 225, 245), outline=PALE, width=0.015)
        sheet.line([(x + 0.075, 0.56), (x + 0.075, 0.71)], PALE, width=0.012)


def _tree(random: Random, sheet: Sheet, colour: Colour) -> None:
    sheet.box((0.44, 0.6, 0.56, 1.0), BROWN)
    if random.random() < 0.4:
        for at in range(3):
            y = 0.05 + at * 0.22
            sheet.polygon([(0.5, y), (0.76 + at * 0.07, y + 0.32), (0.24 - at * 0.07, y + 0.32)], colour.rgb)
    else:
        for x, y, r in ((0.5, 0.28, 0.26), (0.3, 0.42, 0.2), (0.7, 0.42, 0.2), (0.5, 0.5, 0.2)):
            sheet.disc((x, y), r, colour.rgb)


def _sun(random: Random, sheet: Sheet, colour: Colour) -> None:
    n = random.choice((8, 10, 12))
    for at in range(n):
        angle = 2 * math.pi * at / n
        ends = [(0.5 + far * math.cos(angle), 0.5 + far * math.sin(angle)) for far in (0.33, 0.48)]
        sheet.line(ends, colour.rgb, width=0.045)
    sheet.disc((0.5, 0.5), 0.27, colour.rgb)


def _cloud(random: Random, sheet: Sheet, colour: Colour) -> None:
    for x, y, r in ((0.28, 0.58, 0.18), (0.5, 0.45, 0.25), (0.73, 0.57, 0.19)):
        sheet.disc((x, y), r, colour.rgb)
    sheet.box((0.28, 0.58, 0.73, 0.76), colour.rgb)
    if random.random() < 0.3:
        for x in (0.3, 0.5, 0.7):
            sheet.line([(x, 0.82), (x - 0.05, 0.95)], (70, 130, 210), width=0.03)


def _car(_random: Random, sheet: Sheet, colour: Colour) -> None:
    sheet.polygon([(0.24, 0.62), (0.34, 0.42), (0.66, 0.42), (0.8, 0.62)], colour.rgb)
    sheet.polygon([(0.3, 0.6), (0.37, 0.46), (0.49, 0.46), (0.49, 0.6)], (200, 230, 245))
    sheet.polygon([(0.53, 0.6), (0.53, 0.46), (0.64, 0.46), (0.73, 0.6)], (200, 230, 245))
    sheet.box((0.05, 0.6, 0.95, 0.84), colour.rgb, radius=0.06)
    for x in (0.26, 0.74):
        sheet.disc((x, 0.85), 0.12, DARK)
        sheet.disc((x, 0.85), 0.055, (190, 190, 195))
    sheet.disc((0.92, 0.68), 0.03, (255, 235, 130))


def _bus(_random: Random, sheet: Sheet, colour: Colour) -> None:
    sheet.box((0.03, 0.35, 0.97, 0.85), colour.rgb, radius=0.06)
    for at in range(5):
        sheet.box((0.09 + at * 0.17, 0.43, 0.21 + at * 0.17, 0.58), (205, 232, 245))
    for x in (0.24, 0.76):
        sheet.disc((x, 0.86), 0.1, DARK)
        sheet.disc((x, 0.86), 0.045, (190, 190, 195))


def _boat(random: Random, sheet: Sheet, colour: Colour) -> None:
    sheet.polygon([(0.08, 0.74), (0.92, 0.74), (0.78, 0.95), (0.22, 0.95)], colour.rgb)
    sheet.box((0.485, 0.08, 0.515, 0.74), BROWN)
    sail = random.choice(((252, 252, 250), (245, 235, 210), (235, 90, 70)))
    sheet.polygon([(0.53, 0.1), (0.53, 0.68), (0.86, 0.68)], sail, outline=DARK, width=0.008)
    sheet.polygon([(0.47, 0.18), (0.47, 0.68), (0.22, 0.68)], sail, outline=DARK, width=0.008)


def _face(_random: Random, sheet: Sheet, colour: Colour) -> None:
    sheet.disc((0.5, 0.5), 0.46, colour.rgb, outline=DARK, width=0.015)
    ink = DARK if colour.name not in ("black", "brown", "purple", "blue") else (250, 250, 250)
    for x in (0.34, 0.66):
        sheet.oval((x, 0.4), (0.05, 0.075), ink)
    sheet.arc((0.5, 0.5), 0.28, (20, 160), ink, width=0.035)


def _flower(random: Random, sheet: Sheet, colour: Colour) -> None:
    sheet.line([(0.5, 0.45), (0.5, 1.0)], (60, 140, 60), width=0.045)
    sheet.oval((0.63, 0.78), (0.13, 0.05), (60, 140, 60))
    n, petal = random.choice((5, 6, 8)), random.uniform(0.12, 0.15)
    for at in range(n):
        angle = 2 * math.pi * at / n
        sheet.disc((0.5 + 0.19 * math.cos(angle), 0.32 + 0.19 * math.sin(angle)), petal, colour.rgb)
    sheet.disc((0.5, 0.32), 0.11, (250, 200, 50) if colour.name not in ("yellow", "orange") else (120, 70, 30))


def _fish(_random: Random, sheet: Sheet, colour: Colour) -> None:
    sheet.polygon([(0.7, 0.5), (0.98, 0.28), (0.98, 0.72)], colour.rgb)
    sheet.polygon([(0.35, 0.3), (0.52, 0.14), (0.62, 0.34)], mixed(colour.rgb, (0, 0, 0), 0.2))
    sheet.oval((0.42, 0.5), (0.37, 0.23), colour.rgb)
    sheet.disc((0.2, 0.45), 0.05, (255, 255, 255))
    sheet.disc((0.19, 0.45), 0.025, DARK)
    sheet.arc((0.22, 0.5), 0.16, (-60, 60), mixed(colour.rgb, (0, 0, 0), 0.3), width=0.02)


def _rocket(_random: Random, sheet: Sheet, colour: Colour) -> None:
    sheet.polygon([(0.4, 0.8), (0.5, 1.0), (0.6, 0.8)], (250, 150, 40))
    sheet.polygon([(0.36, 0.55), (0.18, 0.85), (0.38, 0.8)], (200, 60, 50))
    sheet.polygon([(0.64, 0.55), (0.82, 0.85), (0.62, 0.8)], (200, 60, 50))
    sheet.polygon([(0.35, 0.82), (0.35, 0.3), (0.5, 0.02), (0.65, 0.3), (0.65, 0.82)], colour.rgb)
    sheet.disc((0.5, 0.4), 0.085, (190, 225, 245), outline=DARK, width=0.015)


def _snowman(_random: Random, sheet: Sheet, colour: Colour) -> None:
    for y, r in ((0.78, 0.22), (0.46, 0.16), (0.22, 0.11)):
        sheet.disc((0.5, y), r, (252, 252, 254), outline=(150, 165, 185), width=0.012)
    sheet.box((0.41, 0.0, 0.59, 0.12), colour.rgb)
    sheet.box((0.34, 0.11, 0.66, 0.15), colour.rgb)
    for x in (0.46, 0.54):
        sheet.disc((x, 0.2), 0.014, DARK)
    sheet.polygon([(0.5, 0.23), (0.5, 0.26), (0.64, 0.25)], (240, 130, 30))
    for y in (0.4, 0.5, 0.72):
        sheet.disc((0.5, y), 0.018, DARK)


def _balloon(_random: Random, sheet: Sheet, colour: Colour) -> None:
    sheet.line([(0.5, 0.68), (0.46, 0.82), (0.53, 1.0)], DARK, width=0.012)
    sheet.oval((0.5, 0.34), (0.27, 0.33), colour.rgb)
    sheet.polygon([(0.5, 0.64), (0.45, 0.71), (0.55, 0.71)], colour.rgb)
    sheet.oval((0.4, 0.2), (0.05, 0.08), mixed(colour.rgb, (255, 255, 255), 0.5))


def _umbrella(_random: Random, sheet: Sheet, colour: Colour) -> None:
    sheet.line([(0.5, 0.1), (0.5, 0.88)], DARK, width=0.03)
    sheet.arc((0.57, 0.86), 0.085, (0, 180), DARK, width=0.03)
    sheet.sector((0.5, 0.52), 0.45, (180, 360), colour.rgb)
    sheet.line([(0.5, 0.08), (0.5, 0.02)], DARK, width=0.03)


def _mountain(_random: Random, sheet: Sheet, colour: Colour) -> None:
    sheet.polygon([(0.45, 1.0), (0.74, 0.32), (1.0, 1.0)], mixed(colour.rgb, (0, 0, 0), 0.2))
    sheet.polygon([(0.0, 1.0), (0.4, 0.1), (0.8, 1.0)], colour.rgb)
    sheet.polygon([(0.289, 0.35), (0.4, 0.1), (0.511, 0.35), (0.45, 0.3), (0.4, 0.37), (0.35, 0.3)], (252, 252, 254))


def _cup(_random: Random, sheet: Sheet, colour: Colour) -> None:
    sheet.arc((0.72, 0.55), 0.15, (-90, 90), colour.rgb, width=0.06)
    sheet.polygon([(0.2, 0.32), (0.74, 0.32), (0.68, 0.86), (0.26, 0.86)], colour.rgb)
    sheet.oval((0.47, 0.32), (0.27, 0.06), mixed(colour.rgb, (60, 35, 15), 0.75))
    for x in (0.38, 0.54):
        sheet.line([(x, 0.22), (x + 0.03, 0.14), (x, 0.05)], (160, 160, 165), width=0.025)


def _apple(_random: Random, sheet: Sheet, colour: Colour) -> None:
    for x in (0.36, 0.64):
        sheet.oval((x, 0.58), (0.25, 0.32), colour.rgb)
    sheet.line([(0.5, 0.32), (0.54, 0.12)], BROWN, width=0.04)
    sheet.oval((0.64, 0.17), (0.11, 0.055), (70, 150, 60))


def _cat(_random: Random, sheet: Sheet, colour: Colour) -> None:
    sheet.polygon([(0.16, 0.45), (0.2, 0.06), (0.42, 0.28)], colour.rgb)
    sheet.polygon([(0.84, 0.45), (0.8, 0.06), (0.58, 0.28)], colour.rgb)
    sheet.oval((0.5, 0.55), (0.38, 0.34), colour.rgb)
    for x in (0.36, 0.64):
        sheet.oval((x, 0.5), (0.06, 0.075), (250, 250, 240))
        sheet.oval((x, 0.5), (0.02, 0.06), DARK)
    sheet.polygon([(0.46, 0.63), (0.54, 0.63), (0.5, 0.69)], (235, 140, 150))
    whisker = DARK if colour.name != "black" else (230, 230, 230)
    for y in (0.62, 0.7):
        sheet.line([(0.36, 0.66), (0.06, y)], whisker, width=0.012)
        sheet.line([(0.64, 0.66), (0.94, y)], whisker, width=0.012)


def _person(random: Random, sheet: Sheet, colour: Colour) -> None:
    skin = random.choice(((240, 200, 165), (200, 150, 110), (120, 80, 55)))
    for x in (0.42, 0.58):
        sheet.line([(x, 0.65), (x, 0.98)], (50, 60, 90), width=0.09)
    for x, end in ((0.4, 0.2), (0.6, 0.8)):
        sheet.line([(x, 0.38), (end, 0.58)], skin, width=0.06)
    sheet.box((0.35, 0.32, 0.65, 0.68), colour.rgb, radius=0.06)
    sheet.disc((0.5, 0.18), 0.13, skin)
    sheet.sector((0.5, 0.17), 0.135, (180, 360), random.choice(((60, 40, 25), (30, 25, 25), (200, 160, 70))))


def _bird(_random: Random, sheet: Sheet, colour: Colour) -> None:
    sheet.polygon([(0.72, 0.55), (0.99, 0.45), (0.95, 0.68)], mixed(colour.rgb, (0, 0, 0), 0.2))
    sheet.oval((0.52, 0.58), (0.28, 0.2), colour.rgb)
    sheet.disc((0.28, 0.38), 0.15, colour.rgb)
    sheet.polygon([(0.14, 0.34), (0.0, 0.41), (0.15, 0.44)], (245, 160, 40))
    sheet.disc((0.25, 0.35), 0.028, DARK if colour.name != "black" else (250, 250, 250))
    sheet.polygon([(0.44, 0.5), (0.74, 0.48), (0.58, 0.72)], mixed(colour.rgb, (255, 255, 255), 0.3))
    for x in (0.46, 0.56):
        sheet.line([(x, 0.76), (x, 0.93)], (230, 140, 40), width=0.025)


SUBJECTS: Mapping[str, Subject] = {
    "house": Subject(_house, ("house", "home", "building", "cottage")),
    "tree": Subject(_tree, ("tree", "plant")),
    "sun": Subject(_sun, ("sun", "sunshine"), "sky"),
    "cloud": Subject(_cloud, ("cloud", "weather"), "sky"),
    "car": Subject(_car, ("car", "automobile", "vehicle")),
    "bus": Subject(_bus, ("bus", "vehicle", "coach")),
    "boat": Subject(_boat, ("boat", "sailboat", "sailing ship", "ship"), "water"),
    "face": Subject(_face, ("smiley face", "smiling face", "face", "happy face"), "table"),
    "flower": Subject(_flower, ("flower", "blossom", "plant")),
    "fish": Subject(_fish, ("fish", "animal"), "table"),
    "rocket": Subject(_rocket, ("rocket", "spaceship", "spacecraft"), "sky"),
    "snowman": Subject(_snowman, ("snowman", "figure of snow")),
    "balloon": Subject(_balloon, ("balloon", "toy balloon"), "sky"),
    "umbrella": Subject(_umbrella, ("umbrella", "parasol"), "table"),
    "mountain": Subject(_mountain, ("mountain", "snowy peak", "mountains")),
    "cup": Subject(_cup, ("cup", "cup of coffee", "mug", "hot drink"), "table"),
    "apple": Subject(_apple, ("apple", "fruit"), "table"),
    "cat": Subject(_cat, ("cat", "kitten", "animal"), "table"),
    "person": Subject(_person, ("person", "human figure", "human being")),
    "bird": Subject(_bird, ("bird", "animal")),
}
