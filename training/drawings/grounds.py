"""What lies behind and fills whole pictures: flat colours, gradients, noise, stripes, checks, dots."""

from __future__ import annotations

from random import Random

import numpy as np
from PIL import Image

from training.drawings.colours import RGB, Colour, Style, mixed, some_colour
from training.drawings.look import size_of_sheet
from training.drawings.sheet import Sheet
from training.drawings.told import Told


def paint_ground(random: Random, sheet: Sheet, colour: RGB, style: Style) -> bool:
    """Leave the ground flat, or give it a soft texture that keeps its colour. Returns: whether it is flat."""
    width, height = (side / sheet.unit for side in sheet.image.size)
    kind = random.choice(
        ("flat", "flat", "flat", "gradient", "grain", "lines") if style == "training" else ("flat", "speckles", "glow")
    )
    light = mixed(colour, (255, 255, 255), 0.12)
    dark = mixed(colour, (0, 0, 0), 0.1)
    if kind == "gradient":
        fade(sheet, light, dark, upright=random.random() < 0.5)
    elif kind == "grain":
        grain(random, sheet, colour, strength=random.uniform(4, 14))
    elif kind == "lines":
        gap = random.uniform(6, 16)
        for at in range(int(height / gap) + 1):
            sheet.line([(0, at * gap), (width, at * gap)], dark, width=0.7)
    elif kind == "speckles":
        for _ in range(120):
            sheet.disc((random.uniform(0, width), random.uniform(0, height)), random.uniform(0.5, 1.3), dark)
    elif kind == "glow":
        for at in range(12):
            share = 1 - at / 12
            radii = (width * 0.75 * share, height * 0.75 * share)
            sheet.oval((width / 2, height / 2), radii, mixed(dark, light, 1 - share))
    return kind == "flat"


def fade(sheet: Sheet, one: RGB, other: RGB, *, upright: bool) -> None:
    """Fill the sheet with a gradient, from above to below or from left to right."""
    steps = np.linspace(0, 1, 256, dtype=np.float32)[:, None]
    colours = (np.asarray(one) * (1 - steps) + np.asarray(other) * steps).astype(np.uint8)
    band = Image.fromarray(colours[:, None] if upright else colours[None])
    sheet.image.paste(band.resize(sheet.image.size, Image.Resampling.BILINEAR))


def grain(random: Random, sheet: Sheet, colour: RGB, *, strength: float) -> None:
    """Fill the sheet with a colour and noise of that standard deviation."""
    width, height = (side // 2 for side in sheet.image.size)
    noise = np.random.default_rng(random.getrandbits(32)).standard_normal((height, width, 1), dtype=np.float32)
    pixels = np.clip(np.asarray(colour, np.float32) + noise * strength, 0, 255).astype(np.uint8)
    sheet.image.paste(Image.fromarray(pixels).resize(sheet.image.size, Image.Resampling.NEAREST))


def plain(random: Random, style: Style) -> Told:
    """One colour and nothing else."""
    colour = some_colour(random, style)
    sheet = Sheet.blank(*size_of_sheet(random, style), colour.rgb)
    said = [f"a plain {name} picture" for name in colour.names] + [f"{name}" for name in colour.names]
    said += [f"{name} background" for name in colour.names] + [f"solid {colour.name}", f"nothing but {colour.name}"]
    said += ["one single colour", "an empty picture", "a blank image", "a plain colour"]
    return Told(sheet.finished(), tuple(said), {"colour": colour.name})


def texture(random: Random, style: Style) -> Told:
    """A pattern of two colours over the whole picture."""
    one = some_colour(random, style)
    other = some_colour(random, style, apart_from=(one.rgb,))
    sheet = Sheet.blank(*size_of_sheet(random, style), one.rgb)
    pattern = random.choice(("stripes", "checkerboard", "dots", "gradient", "noise", "grid", "zigzag"))
    said = _PAINTERS[pattern](random, sheet, other)
    one_n, other_n = one.name, other.name
    both = (f"{one_n} and {other_n}", f"{other_n} and {one_n}")
    if pattern == "noise":
        words = tuple(f"{one_n} {word}" for word in said)
    else:
        words = tuple(f"{pair} {word}" for word in said for pair in both)
    general = ("a pattern", "texture", "a repeating pattern") if pattern not in ("gradient", "noise") else ("texture",)
    facts = {"pattern": pattern, "colour": one_n} | ({} if pattern == "noise" else {"second": other_n})
    return Told(sheet.finished(), (*said[:1], *words, *said[1:], *general), facts)


def _stripes(random: Random, sheet: Sheet, colour: Colour) -> tuple[str, ...]:
    width, height = (side / sheet.unit for side in sheet.image.size)
    band = min(width, height) / random.uniform(4, 12)
    way = random.choice(("horizontal", "vertical", "diagonal"))
    for at in range(-40, 60, 2):
        here = at * band
        if way == "horizontal":
            sheet.box((0, here, width, here + band), colour.rgb)
        elif way == "vertical":
            sheet.box((here, 0, here + band, height), colour.rgb)
        else:
            corners = [(here, 0), (here + band, 0), (here + band - height, height), (here - height, height)]
            sheet.polygon(corners, colour.rgb)
    return "stripes", f"{way} stripes", "striped pattern", "a striped texture"


def _checkerboard(random: Random, sheet: Sheet, colour: Colour) -> tuple[str, ...]:
    width, height = (side / sheet.unit for side in sheet.image.size)
    n = random.randint(4, 10)
    cell = max(width, height) / n
    for row in range(n):
        for column in range(row % 2, n, 2):
            sheet.box((column * cell, row * cell, (column + 1) * cell, (row + 1) * cell), colour.rgb)
    return "checkerboard", "checkered pattern", "chequered squares", "a chessboard pattern"


def _dots(random: Random, sheet: Sheet, colour: Colour) -> tuple[str, ...]:
    width, height = (side / sheet.unit for side in sheet.image.size)
    gap = min(width, height) / random.uniform(4, 10)
    radius, shifted = gap * random.uniform(0.18, 0.36), random.random() < 0.5
    for row in range(int(height / gap) + 2):
        for column in range(int(width / gap) + 2):
            shift = gap / 2 if shifted and row % 2 else 0
            sheet.disc((column * gap + shift, row * gap), radius, colour.rgb)
    return "dots", "polka dots", "dotted pattern", "a pattern of dots"


def _gradient(random: Random, sheet: Sheet, colour: Colour) -> tuple[str, ...]:
    ground = sheet.image.getpixel((0, 0))
    assert isinstance(ground, tuple)
    fade(sheet, (int(ground[0]), int(ground[1]), int(ground[2])), colour.rgb, upright=random.random() < 0.5)
    return "gradient", "colour gradient", "smooth transition", "color fade"


def _noise(random: Random, sheet: Sheet, _colour: Colour) -> tuple[str, ...]:
    ground = sheet.image.getpixel((0, 0))
    assert isinstance(ground, tuple)
    grain(random, sheet, (int(ground[0]), int(ground[1]), int(ground[2])), strength=random.uniform(35, 60))
    return "noise", "grain", "random noise", "static"


def _grid(random: Random, sheet: Sheet, colour: Colour) -> tuple[str, ...]:
    width, height = (side / sheet.unit for side in sheet.image.size)
    gap, weight = min(width, height) / random.uniform(4, 10), random.uniform(2, 5)
    for at in range(int(max(width, height) / gap) + 2):
        sheet.line([(0, at * gap), (width, at * gap)], colour.rgb, width=weight)
        sheet.line([(at * gap, 0), (at * gap, height)], colour.rgb, width=weight)
    return "grid", "grid pattern", "grid lines", "a lattice of crossing lines"


def _zigzag(random: Random, sheet: Sheet, colour: Colour) -> tuple[str, ...]:
    width, height = (side / sheet.unit for side in sheet.image.size)
    step = min(width, height) / random.uniform(5, 9)
    for row in range(int(height / step) + 2):
        points = [(at * step / 2, row * step + (step / 2 if at % 2 else 0)) for at in range(int(width / step * 2) + 3)]
        sheet.line(points, colour.rgb, width=step * 0.33)
    return "zigzag", "zigzag lines", "zigzag pattern", "chevrons"


_PAINTERS = {
    "stripes": _stripes,
    "checkerboard": _checkerboard,
    "dots": _dots,
    "gradient": _gradient,
    "noise": _noise,
    "grid": _grid,
    "zigzag": _zigzag,
}
