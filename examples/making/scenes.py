"""Pictures without words, somewhere between a drawing and a photograph: the tower at dusk and in fog, a puffin, the beam."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageFilter

from making.canvas import Canvas, cloud, gradient


def dusk() -> Image.Image:
    """The tower on its rock after sunset, the beam over the sea; 840 wide, 1120 high."""
    random = np.random.default_rng(1874)
    sky = gradient(840, 1120, ((0, "#16233f"), (0.3, "#34507f"), (0.55, "#c9847a"), (0.66, "#f4c48a"), (1, "#f4c48a")))
    sky = _veil(sky, cloud(840, 1120, random, size=240, stretch=2.6), "#f3b9a0", strength=0.55, above=0.45)
    canvas = Canvas(840, 1120, sky)
    canvas.block(0, 740, 840, 1120, "#20344c")
    image = canvas.image.resize(canvas.size)
    waves = cloud(840, 1120, random, size=46, stretch=7)
    waves[:742] = 0
    image = _veil(image, waves, "#e7a983", strength=0.6, above=0.5)
    canvas = Canvas(840, 1120, image)
    canvas.area([(452, 330), (840, 250), (840, 352)], "#fff4cf48")
    canvas.area([(452, 330), (840, 280), (840, 326)], "#fff4cf60")
    canvas.area([(452, 330), (0, 300), (0, 362)], "#fff4cf38")
    rock = [
        (150, 900),
        (230, 800),
        (330, 752),
        (420, 730),
        (540, 742),
        (640, 790),
        (730, 880),
        (840, 930),
        (840, 1120),
        (0, 1120),
        (0, 1000),
    ]
    canvas.area([(float(x), float(y)) for x, y in rock], "#141c26")
    _tower(canvas, 452, 330, 404, "#e9e2d6", "#9c4034")
    canvas.block(540, 690, 660, 772, "#2c3540")
    canvas.area([(530, 692), (670, 692), (640, 652), (560, 652)], "#1d252e")
    for x in (562, 612):
        canvas.block(x, 712, x + 20, 738, "#ffd27a")
    return _grain(canvas.finished(), random, 5)


def fog() -> Image.Image:
    """The same tower, almost lost; 900 wide, 600 high."""
    random = np.random.default_rng(373)
    canvas = Canvas(900, 600, gradient(900, 600, ((0, "#cfd6d8"), (0.6, "#bcc6ca"), (1, "#93a2a8"))))
    canvas.area(
        [(250, 520), (380, 452), (520, 440), (640, 470), (740, 530), (900, 560), (900, 600), (200, 600)], "#7f8d92"
    )
    _tower(canvas, 500, 210, 236, "#b9c1c3", "#a58f8b")
    image = canvas.finished().filter(ImageFilter.GaussianBlur(1.6))
    image = _veil(image, cloud(900, 600, random, size=260, stretch=2.4), "#dde2e3", strength=0.95, above=0.15)
    return _grain(image, random, 4)


def puffin() -> Image.Image:
    """A puffin on a cliff, looking left; 720 by 720."""
    random = np.random.default_rng(1840)
    ground = gradient(720, 720, ((0, "#9cc3d8"), (0.6, "#cfe1e8"), (1, "#b5cfdb")))
    canvas = Canvas(720, 720, _veil(ground, cloud(720, 720, random, size=200), "#7fb0c9", strength=0.5, above=0.4))
    canvas.area([(0, 640), (180, 610), (420, 622), (720, 590), (720, 720), (0, 720)], "#6d7f4c")
    for _ in range(260):
        x = float(random.random() * 720)
        canvas.path([(x, 650), (x + float(random.normal(0, 8)), 600 - float(random.random() * 26))], "#7f9457", 1.6)
    canvas.area([(330, 610), (300, 634), (352, 634)], "#e8762c")
    canvas.area([(430, 610), (400, 634), (452, 634)], "#e8762c")
    canvas.oval(390, 440, 132, 186, "#15181d")
    canvas.oval(352, 470, 96, 150, "#f5f2ea")
    canvas.area([(470, 330), (560, 590), (452, 566)], "#1d2127")
    canvas.oval(352, 232, 104, 98, "#15181d")
    canvas.oval(322, 238, 76, 70, "#eceae3")
    canvas.area([(262, 180), (166, 224), (158, 262), (200, 300), (262, 304)], "#e2622b")
    canvas.area([(262, 180), (214, 200), (214, 300), (262, 304)], "#4f6474")
    canvas.path([(214, 200), (214, 300)], "#f3d06b", 6)
    canvas.path([(160, 258), (262, 252)], "#7d2f16", 2)
    canvas.disc(316, 222, 15, "#d8432b")
    canvas.disc(316, 222, 9, "#14161a")
    canvas.disc(313, 219, 3, "#ffffff")
    return _grain(canvas.finished(), random, 4)


def beam(n_frames: int = 20) -> list[Image.Image]:
    """The beam going round once, seen from the sea; 360 by 240 each."""
    random = np.random.default_rng(30)
    sky = gradient(360, 240, ((0, "#070d1c"), (0.7, "#14284a"), (0.71, "#0b1526"), (1, "#060b14")))
    stars = [(float(x * 360), float(y * 160), float(size)) for x, y, size in random.random((60, 3))]
    frames = []
    for frame in range(n_frames):
        turn = math.tau * frame / n_frames
        canvas = Canvas(360, 240, sky)
        for x, y, size in stars:
            canvas.disc(x, y, 0.3 + size * 0.6, "#dfe8ff")
        for side in (0.0, math.pi):
            across, towards = math.cos(turn + side), math.sin(turn + side)
            spread = 10 + 26 * max(0.0, towards)
            glow = round(40 + 130 * max(0.0, towards) ** 3)
            canvas.area(
                [(180, 78), (180 + across * 400, 78 - spread), (180 + across * 400, 78 + spread)], f"#fff3c4{glow:02x}"
            )
        canvas.area([(110, 190), (150, 172), (214, 172), (262, 190)], "#03060b")
        _tower(canvas, 180, 78, 96, "#8d96a3", "#5c2b28")
        canvas.disc(180, 78, 4 + 12 * max(0.0, math.sin(turn)) ** 6 + 12 * max(0.0, -math.sin(turn)) ** 6, "#fffbe6")
        frames.append(canvas.finished().quantize(48, dither=Image.Dither.NONE))
    return frames


def _tower(canvas: Canvas, x: float, lamp: float, height: float, wall: str, roof: str) -> None:
    """A tower whose lamp is at (x, lamp) and whose foot is `height` below."""
    unit = height / 40
    foot = lamp + height
    canvas.area(
        [(x - 4 * unit, lamp + 4 * unit), (x + 4 * unit, lamp + 4 * unit), (x + 6 * unit, foot), (x - 6 * unit, foot)],
        wall,
    )
    canvas.area(
        [(x + unit, lamp + 4 * unit), (x + 4 * unit, lamp + 4 * unit), (x + 6 * unit, foot), (x + 2 * unit, foot)],
        "#00000030",
    )
    canvas.block(x - 5 * unit, lamp + 3 * unit, x + 5 * unit, lamp + 4.2 * unit, roof)
    canvas.block(x - 2.6 * unit, lamp - 2.6 * unit, x + 2.6 * unit, lamp + 3 * unit, "#ffe6a0")
    canvas.area(
        [(x - 3.4 * unit, lamp - 2.5 * unit), (x + 3.4 * unit, lamp - 2.5 * unit), (x, lamp - 5.6 * unit)], roof
    )
    for row in (12, 20, 28):
        canvas.block(x - 0.8 * unit, lamp + row * unit, x + 0.6 * unit, lamp + (row + 2.2) * unit, "#2b3440")


def _veil(image: Image.Image, field: np.ndarray, colour: str, *, strength: float, above: float) -> Image.Image:
    """Lay a colour over a picture where the field is above a level."""
    cover = np.clip((field - above) / (1 - above), 0, 1) * strength * 255
    layer = Image.new("RGB", image.size, colour)
    return Image.composite(layer, image, Image.fromarray(cover.astype(np.uint8)))


def _grain(image: Image.Image, random: np.random.Generator, amount: float) -> Image.Image:
    pixels = np.asarray(image, np.float32)
    grain = random.normal(0, amount, pixels.shape[:2])[:, :, None]
    return Image.fromarray(np.clip(pixels + grain, 0, 255).astype(np.uint8))
