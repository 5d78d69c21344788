"""Drawings with words in them: a map, a section through the tower, the lens, a poster."""

from __future__ import annotations

from PIL import Image

from making.canvas import Canvas, Point, gradient, smooth

INK, PAPER = "#22303c", "#fbf8f1"
SEA, SHALLOW, GRASS, ROCK, RED = "#bcd9e6", "#d5e8ef", "#dfe6c4", "#8d9a86", "#b8402f"

COAST: list[Point] = [
    (330, 205), (395, 160), (470, 172), (520, 140), (600, 168), (640, 235), (705, 262), (722, 340), (688, 392), (700, 450),
    (640, 505), (560, 498), (520, 545), (430, 560), (392, 510), (318, 498), (272, 430), (300, 372), (262, 310), (300, 262),
]  # fmt: skip


def island_map() -> Image.Image:
    """The island from above with its places, a scale and a north arrow."""
    canvas = Canvas(1000, 720, SEA)
    for grown, colour in ((1.42, "#c6dfea"), (1.24, SHALLOW), (1.1, "#e3f0f3")):
        canvas.area(smooth([((x - 495) * grown + 495, (y - 350) * grown + 350) for x, y in COAST]), colour)
    canvas.area(smooth(COAST), GRASS, line=ROCK, width=2.4)
    for shrunk, colour in ((0.66, "#d3ddb3"), (0.36, "#c6d3a3")):
        canvas.area(smooth([((x - 480) * shrunk + 500, (y - 350) * shrunk + 330) for x, y in COAST]), colour)
    reef = smooth([(742, 120), (790, 104), (828, 128), (800, 150), (760, 148)])
    canvas.area(reef, "#a9b3ad", line=ROCK, width=1.4)
    paths = ([(395, 522), (430, 470), (470, 410), (505, 330)], [(470, 410), (560, 420), (640, 400)])
    for path in (*paths, [(505, 330), (560, 240), (588, 190)]):
        canvas.path(path, "#8a6f4d", 2.4, dash=5)
    canvas.disc(505, 330, 11, "white", line=RED, width=3)
    canvas.disc(505, 330, 4, RED)
    for x, y in ((452, 352), (588, 196), (640, 400), (395, 522), (560, 312)):
        canvas.block(x - 7, y - 6, x + 7, y + 6, "#5b4a3a", radius=1)
    places: tuple[tuple[Point, Point, str], ...] = (
        ((505, 318), (430, 96), "Light, 38 m tower"), ((588, 196), (640, 70), "Fog-signal house"),
        ((452, 352), (205, 330), "Keepers' house"), ((395, 522), (210, 590), "Landing and boathouse"),
        ((640, 400), (800, 470), "Helicopter pad, unused"), ((560, 312), (800, 340), "Rain gauge since 2024"),
        ((650, 500), (790, 560), "Puffin Cliff"), ((790, 130), (850, 60), "Carline Reef"),
    )  # fmt: skip
    for at, text_at, name in places:
        canvas.label(at, text_at, name, size=17)
    canvas.text(40, 52, "VESSAY", 40, INK, bold=0.9)
    canvas.text(42, 90, "Surveyed by the trust, 2024", 15, INK)
    _north(canvas, 935, 600)
    for place in range(4):
        canvas.block(60 + place * 55, 668, 115 + place * 55, 676, INK if place % 2 == 0 else "white")
    for place in (0, 2, 4):
        canvas.text(60 + place * 55, 692, f"{place * 100} m", 14, INK, anchor="mm")
    return canvas.finished()


def tower_section() -> Image.Image:
    """The tower cut open, its rooms named."""
    canvas = Canvas(760, 960, PAPER)
    canvas.text(40, 48, "The tower of Vessay Light", 30, INK, bold=0.6)
    canvas.text(40, 84, "Section, looking north", 16, "#5a6670")
    canvas.area([(0, 880), (760, 862), (760, 960), (0, 960)], "#cfd2c6")
    left, right = (lambda y: 300 - (y - 300) * 0.075), (lambda y: 420 + (y - 300) * 0.075)
    canvas.area(
        [(left(300), 300), (right(300), 300), (right(872), 872), (left(872), 872)], "#b9bec2", line=INK, width=1.6
    )
    canvas.area([(322, 304), (398, 304), (412, 868), (308, 868)], "#efe9dc")
    for step in range(42):
        y = 866 - step * 13
        x = 312 + (step % 7) * 12
        canvas.block(x, y - 3, x + 14, y, "#8c7f6c")
    for floor in (340, 430, 540, 700, 868):
        canvas.block(left(floor), floor - 4, right(floor), floor + 2, "#6f7880")
    canvas.block(270, 288, 450, 300, "#4d565e")
    canvas.path([(272, 288), (272, 262), (448, 262), (448, 288)], INK, 2)
    canvas.block(310, 190, 410, 288, "#dcecf3")
    for x in (310, 335, 360, 385, 410):
        canvas.path([(x, 190), (x, 288)], INK, 1.6)
    canvas.area([(298, 190), (422, 190), (360, 138)], RED, line=INK, width=1.4)
    canvas.disc(360, 134, 6, RED)
    canvas.oval(360, 238, 22, 36, "#ffe28a", line=INK, width=1.4)
    canvas.block(336, 820, 384, 866, "#6b4b35")
    for y in (470, 600, 760):
        canvas.block(352, y, 368, y + 26, "#7fa6bd")
    names: tuple[tuple[Point, Point, str], ...] = (
        ((382, 236), (470, 190), "Lantern room, 61 m above the sea"), ((440, 275), (470, 262), "Gallery, bronze railing"),
        ((400, 322), (470, 350), "Watch room"), ((405, 385), (470, 420), "Clockwork, until 1956"),
        ((405, 620), (470, 600), "Stair, 168 steps"), ((400, 790), (470, 770), "Old oil store"), ((380, 845), (470, 850), "Door"),
    )  # fmt: skip
    for at, text_at, name in names:
        canvas.label(at, text_at, name, size=16)
    canvas.path([(150, 138), (150, 868)], INK, 1)
    for y in (138, 868):
        canvas.path([(138, y), (162, y)], INK, 1)
    canvas.text(140, 500, "38 m", 22, INK, anchor="rm", bold=0.4)
    return canvas.finished()


def lens_diagram() -> Image.Image:
    """How the lens gathers the light of one lamp into a beam."""
    canvas = Canvas(960, 600, PAPER)
    canvas.text(40, 46, "How the first-order lens makes a beam", 28, INK, bold=0.5)
    lamp = (250.0, 310.0)
    for offset in (-150, -112, -76, -40, 0, 40, 76, 112, 150):
        canvas.area([lamp, (430, 310 + offset - 7), (430, 310 + offset + 7)], "#ffe9a880")
        canvas.area([(452, 303 + offset), (900, 303 + offset), (900, 317 + offset), (452, 317 + offset)], "#ffe9a8c0")
    canvas.area(
        [(430, 270), (446, 270), (466, 290), (472, 310), (466, 330), (446, 350), (430, 350)], "#a8cfdf", line=INK
    )
    for offset in (-168, -132, -96, -60, 50, 86, 122, 158):
        y, lean = 310 + offset, -10 if offset < 0 else 10
        canvas.area([(430, y - 14), (430, y + 14), (458, y + lean)], "#bfdde8", line=INK)
    canvas.path([(424, 130), (424, 490)], "#9a7a3c", 4)
    canvas.disc(*lamp, 17, "#fff3c4", line="#d69c1e", width=3)
    canvas.block(243, 327, 257, 470, "#7d8790")
    canvas.block(150, 500, 520, 526, "#9aa5ad", radius=4)
    canvas.block(160, 490, 510, 502, "#d7dde1", radius=2)
    canvas.block(530, 488, 590, 530, "#4b5b68", radius=4)
    names: tuple[tuple[Point, Point, str], ...] = (
        (lamp, (170, 230), "Lamp, 250 W"), ((462, 178), (560, 108), "Prisms that bend and reflect"),
        ((470, 310), (580, 240), "Bull's-eye lens"), ((300, 513), (200, 566), "Mercury bath, 190 litres"),
        ((560, 510), (660, 540), "Motor, one turn in 30 seconds"), ((426, 460), (560, 440), "Bronze frame, 4 tonnes of glass"),
    )  # fmt: skip
    for at, text_at, name in names:
        canvas.label(at, text_at, name, size=17)
    canvas.text(900, 336, "beam, 22 nautical miles", 18, "#7a5a10", anchor="rm", bold=0.3)
    return canvas.finished()


def poster() -> Image.Image:
    """The bill of the open day."""
    sky = gradient(700, 980, ((0, "#0d2743"), (0.45, "#1d5a84"), (0.66, "#f0b267"), (0.72, "#f7d9a0"), (1, "#f7d9a0")))
    canvas = Canvas(700, 980, sky)
    for tip in ((700, 150), (700, 270)):
        canvas.area([(350, 300), (tip[0], tip[1]), (tip[0], tip[1] + 70)], "#fff2c850")
        canvas.area([(350, 300), (700 - tip[0], tip[1]), (700 - tip[0], tip[1] + 70)], "#fff2c850")
    canvas.area([(0, 700), (140, 668), (300, 640), (430, 648), (560, 690), (700, 706), (700, 980), (0, 980)], "#0b1d30")
    canvas.area([(322, 350), (378, 350), (396, 650), (304, 650)], "#f4efe6")
    for top in (410, 530):
        widen = (top - 350) * 0.06
        canvas.area([(322 - widen, top), (378 + widen, top), (381 + widen, top + 56), (319 - widen, top + 56)], RED)
    canvas.block(308, 338, 392, 352, "#0b1d30")
    canvas.block(326, 280, 374, 338, "#ffe8a3")
    canvas.area([(316, 282), (384, 282), (350, 246)], RED)
    canvas.text(350, 92, "OPEN DAY", 84, "#fff6e0", anchor="mm", bold=2)
    canvas.text(350, 168, "at Vessay Light, 150 years", 30, "#ffdf9e", anchor="mm", bold=0.4)
    canvas.text(350, 752, "Saturday 24 August 2024", 36, "#fff6e0", anchor="mm", bold=0.8)
    for row, line in enumerate(
        (
            "Boats from Kell Harbour at 9:15, 11:00 and 13:30",
            "Tower climb, lens room, weather balloon at noon",
            "Fare 14 crowns, children under 12 travel free",
            "Tea and heather cake on the helicopter pad",
        )
    ):
        canvas.text(350, 812 + row * 40, line, 23, "#cfe0ea", anchor="mm")
    return canvas.finished()


def _north(canvas: Canvas, x: float, y: float) -> None:
    canvas.area([(x, y - 52), (x - 15, y), (x, y - 10)], INK)
    canvas.area([(x, y - 52), (x + 15, y), (x, y - 10)], "white", line=INK)
    canvas.text(x, y - 68, "N", 22, INK, anchor="mm", bold=0.5)
