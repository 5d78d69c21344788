"""Colours by the names that people type, in shades that differ between training and test."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal, TypeAlias

RGB: TypeAlias = tuple[int, int, int]
Style = Literal["training", "test"]

COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white", "grey")
NEUTRAL = ("black", "white", "grey")
"""Any tint would make another colour of them."""
FAR_ENOUGH = 130.0
"""Between a thing and its ground, as a distance in RGB that weighs green most."""


@dataclass(frozen=True, slots=True)
class Colour:
    """One colour as it is painted."""

    name: str
    """One of COLOURS."""
    shade: str
    """A narrower name, or the same."""
    rgb: RGB

    @property
    def names(self) -> tuple[str, ...]:
        """Everything it may truly be called, the plainest first."""
        other = self.name.replace("grey", "gray")
        return tuple(dict.fromkeys((self.name, self.shade, other, self.shade.replace("grey", "gray"))))


TRAINING: Mapping[str, Sequence[tuple[str, RGB]]] = {
    "red": [
        ("red", (220, 30, 35)),
        ("crimson", (180, 18, 52)),
        ("scarlet", (242, 48, 28)),
        ("bright red", (255, 5, 5)),
        ("dark red", (148, 14, 20)),
    ],
    "orange": [("orange", (245, 135, 25)), ("bright orange", (255, 122, 2)), ("dark orange", (226, 106, 14))],
    "yellow": [("yellow", (250, 220, 40)), ("bright yellow", (255, 240, 5)), ("lemon yellow", (250, 238, 80))],
    "green": [
        ("green", (40, 160, 65)),
        ("lime green", (105, 205, 45)),
        ("dark green", (14, 92, 42)),
        ("emerald green", (20, 165, 95)),
        ("light green", (135, 215, 125)),
    ],
    "blue": [
        ("blue", (35, 90, 210)),
        ("navy blue", (20, 32, 110)),
        ("sky blue", (85, 170, 238)),
        ("light blue", (135, 190, 242)),
        ("bright blue", (5, 60, 250)),
    ],
    "purple": [("purple", (125, 48, 165)), ("violet", (138, 66, 215)), ("dark purple", (80, 24, 112))],
    "pink": [("pink", (246, 135, 180)), ("hot pink", (255, 85, 165)), ("light pink", (250, 180, 204))],
    "brown": [("brown", (130, 80, 40)), ("dark brown", (92, 54, 28)), ("light brown", (160, 108, 64))],
    "black": [("black", (14, 14, 17)), ("black", (32, 32, 35))],
    "white": [("white", (254, 254, 254)), ("white", (246, 247, 245))],
    "grey": [("grey", (128, 128, 131)), ("dark grey", (88, 89, 92)), ("light grey", (172, 173, 176))],
}
TEST: Mapping[str, Sequence[tuple[str, RGB]]] = {
    "red": [("red", (206, 44, 48)), ("red", (232, 22, 56)), ("dark red", (166, 26, 30))],
    "orange": [("orange", (238, 128, 44)), ("orange", (252, 148, 10))],
    "yellow": [("yellow", (242, 212, 20)), ("yellow", (254, 230, 66))],
    "green": [("green", (58, 142, 56)), ("green", (28, 180, 78)), ("dark green", (32, 108, 60))],
    "blue": [("blue", (52, 104, 190)), ("blue", (24, 70, 230)), ("light blue", (110, 182, 232))],
    "purple": [("purple", (112, 58, 150)), ("purple", (146, 44, 190))],
    "pink": [("pink", (240, 118, 170)), ("light pink", (248, 164, 196))],
    "brown": [("brown", (118, 70, 46)), ("brown", (144, 94, 50))],
    "black": [("black", (22, 22, 22)), ("black", (6, 7, 9))],
    "white": [("white", (250, 251, 253))],
    "grey": [("grey", (116, 117, 119)), ("grey", (142, 142, 146))],
}
PALETTES: Mapping[Style, Sequence[Sequence[tuple[str, RGB]]]] = {
    "training": [
        [("blue", (31, 119, 180)), ("orange", (255, 127, 14)), ("green", (44, 160, 44)), ("red", (214, 39, 40)),
         ("purple", (148, 103, 189)), ("brown", (140, 86, 75)), ("pink", (227, 119, 194))],
        [("blue", (66, 133, 244)), ("red", (219, 68, 55)), ("yellow", (244, 180, 0)), ("green", (15, 157, 88)),
         ("purple", (171, 71, 188)), ("orange", (255, 112, 67))],
        [("blue", (68, 114, 196)), ("orange", (237, 125, 49)), ("grey", (165, 165, 165)), ("yellow", (255, 192, 0)),
         ("blue", (91, 155, 213)), ("green", (112, 173, 71))],
        [("red", (228, 26, 28)), ("blue", (55, 126, 184)), ("green", (77, 175, 74)), ("purple", (152, 78, 163)),
         ("orange", (255, 127, 0)), ("yellow", (240, 226, 40)), ("brown", (166, 86, 40))],
        [("green", (27, 120, 55)), ("green", (90, 174, 97)), ("green", (166, 219, 160)), ("green", (0, 68, 27)),
         ("green", (120, 198, 121))],
        [("blue", (8, 48, 107)), ("blue", (33, 113, 181)), ("blue", (107, 174, 214)), ("blue", (158, 202, 225)),
         ("blue", (66, 146, 198))],
        [("red", (165, 15, 21)), ("red", (222, 45, 38)), ("red", (251, 106, 74)), ("red", (203, 24, 29)),
         ("pink", (252, 174, 145))],
        [("grey", (60, 60, 60)), ("grey", (120, 120, 120)), ("grey", (170, 170, 170)), ("grey", (90, 90, 90)),
         ("grey", (200, 200, 200))],
        [("purple", (84, 39, 143)), ("purple", (117, 107, 177)), ("purple", (158, 154, 200)), ("pink", (221, 28, 119)),
         ("pink", (201, 148, 199))],
        [("pink", (255, 145, 175)), ("blue", (120, 190, 240)), ("yellow", (250, 215, 110)), ("green", (140, 210, 150)),
         ("purple", (190, 150, 225)), ("orange", (250, 175, 110))],
        [("orange", (217, 95, 2)), ("green", (27, 158, 119)), ("purple", (117, 112, 179)), ("pink", (231, 41, 138)),
         ("green", (102, 166, 30)), ("yellow", (230, 171, 2))],
        [("red", (255, 30, 30)), ("blue", (30, 60, 255)), ("green", (20, 190, 40)), ("yellow", (255, 225, 20)),
         ("purple", (160, 20, 200)), ("orange", (255, 140, 0))],
    ],
    "test": [
        [("blue", (76, 120, 168)), ("orange", (245, 133, 24)), ("red", (228, 87, 86)), ("green", (84, 162, 75)),
         ("yellow", (238, 202, 59)), ("purple", (178, 121, 162))],
        [("red", (192, 57, 43)), ("blue", (41, 128, 185)), ("green", (39, 174, 96)), ("yellow", (241, 196, 15)),
         ("purple", (142, 68, 173)), ("grey", (127, 140, 141))],
        [("brown", (122, 74, 36)), ("orange", (214, 130, 60)), ("brown", (160, 106, 66)), ("orange", (232, 158, 92)),
         ("brown", (92, 56, 30))],
        [("grey", (45, 45, 50)), ("grey", (105, 105, 112)), ("grey", (150, 150, 158)), ("grey", (190, 190, 196)),
         ("grey", (75, 75, 82))],
        [("blue", (0, 90, 156)), ("red", (200, 16, 46)), ("blue", (84, 150, 205)), ("pink", (235, 130, 150)),
         ("blue", (20, 40, 90))],
    ],
}  # fmt: skip


def some_colour(random: Random, style: Style, *, name: str = "", apart_from: Iterable[RGB] = ()) -> Colour:
    """A shade of the colour of that name, or of any, that stands out from all of `apart_from`."""
    table = TRAINING if style == "training" else TEST
    others = tuple(apart_from)
    for _ in range(60):
        chosen = name or random.choice(COLOURS)
        shade, rgb = random.choice(table[chosen])
        near = jittered(random, rgb, 6 if chosen not in NEUTRAL else 1)
        if all(distance(near, other) >= FAR_ENOUGH for other in others):
            return Colour(chosen, shade, near)
    lightest = min((distance((0, 0, 0), other) for other in others), default=0.0) > 300
    return Colour(*(("black", "black", (10, 10, 12)) if lightest else ("white", "white", (254, 254, 254))))


def jittered(random: Random, rgb: RGB, by: int) -> RGB:
    """The colour, each channel moved by at most `by`."""
    red, green, blue = (min(255, max(0, channel + random.randint(-by, by))) for channel in rgb)
    return red, green, blue


def mixed(one: RGB, other: RGB, share: float) -> RGB:
    """`share` (0..1) of the way from one colour to the other."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def distance(one: RGB, other: RGB) -> float:
    """How different two colours look, 0 to about 765."""
    red, green, blue = (a - b for a, b in zip(one, other, strict=True))
    return math.sqrt(2 * red * red + 4 * green * green + 3 * blue * blue)


def is_dark(rgb: RGB) -> bool:
    """Whether light writing is what one reads on it."""
    return 0.3 * rgb[0] + 0.59 * rgb[1] + 0.11 * rgb[2] < 120
