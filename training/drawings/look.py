"""How one drawing looks: size, ground, ink, palette, font, line widths. Training and test have no value in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from training.drawings.colours import PALETTES, RGB, Colour, Style, distance, is_dark, mixed
from training.drawings.sheet import Point, Sheet

FONTS: Mapping[Style, Sequence[str]] = {
    "training": (
        "",
        "DejaVuSans",
        "DejaVuSans-Bold",
        "DejaVuSerif",
        "DejaVuSerif-Bold",
        "DejaVuSans-Oblique",
        "DejaVuSans",
    ),
    "test": ("STIXGeneral", "STIXGeneralBol", "cmss10", "cmr10"),
}
MONOSPACED: Mapping[Style, Sequence[str]] = {
    "training": ("DejaVuSansMono", "DejaVuSansMono-Bold", "DejaVuSansMono-Oblique"),
    "test": ("cmtt10",),
}
STROKES: Mapping[Style, Sequence[float]] = {"training": (0.8, 1.0, 1.5, 2.0, 3.0), "test": (1.25, 1.75, 2.4)}
GROUNDS: Mapping[Style, Sequence[RGB]] = {
    "training": (
        *[(255, 255, 255)] * 5,
        (250, 250, 250),
        (240, 242, 245),
        (255, 252, 240),
        (235, 244, 252),
        (244, 236, 246),
        (232, 245, 235),
        (225, 225, 225),
    ),
    "test": ((254, 254, 255), (246, 248, 250), (250, 244, 230), (228, 236, 240), (248, 238, 238)),
}
DARK_GROUNDS: Mapping[Style, Sequence[RGB]] = {
    "training": ((20, 20, 24), (34, 39, 46), (0, 0, 0), (18, 30, 54), (45, 45, 45)),
    "test": ((28, 32, 34), (10, 18, 36)),
}
SHARE_DARK = 0.16
SHORTEST, LONGEST = 160, 400


@dataclass(frozen=True, slots=True)
class Look:
    """What the parts of one drawing share."""

    style: Style
    width: int
    height: int
    ground: RGB
    ink: RGB
    faint: RGB
    """Of gridlines and frames."""
    palette: tuple[Colour, ...]
    font: str
    monospaced: str
    letters: float
    """Height of ordinary writing, in pixels."""
    stroke: float

    @property
    def dark(self) -> bool:
        """Whether the ground is dark."""
        return is_dark(self.ground)

    def sheet(self) -> Sheet:
        """An empty sheet."""
        return Sheet.blank(self.width, self.height, self.ground)

    def colour(self, at: int) -> Colour:
        """The colour of the series of that number; they begin again after the last."""
        return self.palette[at % len(self.palette)]

    def write(self, sheet: Sheet, place: Point, words: str, *, times: float = 1.0, anchor: str = "mm") -> None:
        """Write with the drawing's font and ink, `times` its ordinary size."""
        sheet.text(place, words, self.ink, family=self.font, size=self.letters * times, anchor=anchor)

    @property
    def colour_words(self) -> tuple[str, ...]:
        """What may be said of the colours of a chart as a whole."""
        names = {colour.name for colour in self.palette}
        if names == {"grey"}:
            return ("grey", "gray", "black and white", "grayscale")
        if len(names) == 1:
            return tuple(names)
        return ("colourful", "colorful", "multicoloured") if len(names) >= 4 else ("coloured",)


def size_of_sheet(random: Random, style: Style) -> tuple[int, int]:
    """Width and height in pixels, 0.7 to 1.6 times as wide as high."""
    ratio = random.uniform(0.72, 1.58) if style == "training" else random.choice((0.8, 1.0, 1.12, 1.33, 1.5))
    side = random.uniform(175, 320)
    return _within(side * ratio**0.5), _within(side / ratio**0.5)


def new_look(random: Random, style: Style) -> Look:
    """Any look of that style."""
    width, height = size_of_sheet(random, style)
    dark = random.random() < SHARE_DARK
    ground = random.choice((DARK_GROUNDS if dark else GROUNDS)[style])
    extreme: RGB = (255, 255, 255) if dark else (0, 0, 0)
    ink = mixed(ground, extreme, random.uniform(0.72, 1.0))
    palette: list[Colour] = []
    while len(palette) < 3:  # on a dark ground some palettes keep too few
        chosen = [Colour(name, name, rgb) for name, rgb in random.choice(PALETTES[style])]
        palette = [colour for colour in chosen if distance(colour.rgb, ground) > 110]
    if random.random() < 0.6:
        random.shuffle(palette)
    return Look(
        style=style,
        width=width,
        height=height,
        ground=ground,
        ink=ink,
        faint=mixed(ground, ink, random.uniform(0.12, 0.4)),
        palette=tuple(palette),
        font=random.choice(FONTS[style]),
        monospaced=random.choice(MONOSPACED[style]),
        letters=max(6.5, min(width, height) * random.uniform(0.032, 0.052)),
        stroke=random.choice(STROKES[style]),
    )


def _within(length: float) -> int:
    return round(min(LONGEST, max(SHORTEST, length)))
