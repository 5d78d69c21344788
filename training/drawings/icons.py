"""Pictograms as they stand on buttons: one colour, alone, on a plain ground or on a plate."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from random import Random
from typing import TypeAlias

from training.drawings.colours import RGB, Style, some_colour
from training.drawings.look import size_of_sheet
from training.drawings.outlines import SHAPES, placed
from training.drawings.sheet import Sheet
from training.drawings.told import Told
from training.drawings.words import with_article

Paint: TypeAlias = Callable[[Sheet, RGB, RGB, float], None]
"""Draws in a unit square: sheet, colour, colour of the ground, width of lines."""


def icon(random: Random, style: Style) -> Told:
    """One pictogram."""
    width, height = size_of_sheet(random, style)
    ground = some_colour(random, style, name="white" if random.random() < 0.6 else "")
    plate = random.choice(("none", "none", "disc", "square"))
    back = some_colour(random, style, apart_from=(ground.rgb,)) if plate != "none" else ground
    colour = some_colour(random, style, apart_from=(back.rgb,))
    sheet = Sheet.blank(width, height, ground.rgb)
    side = min(width, height)
    size = side * random.uniform(0.5, 0.85) * (0.68 if plate != "none" else 1)
    middle = (width / 2, height / 2)
    if plate == "disc":
        sheet.disc(middle, side * 0.46, back.rgb)
    elif plate == "square":
        half = side * 0.45
        corners = (middle[0] - half, middle[1] - half, middle[0] + half, middle[1] + half)
        sheet.box(corners, back.rgb, radius=side * random.choice((0.02, 0.1, 0.18)))
    name = random.choice(tuple(ICONS))
    paint, words = ICONS[name]
    weight = random.choice((0.05, 0.07, 0.1)) if style == "training" else random.choice((0.06, 0.085))
    paint(sheet.part(middle[0] - size / 2, middle[1] - size / 2, size), colour.rgb, back.rgb, weight)
    first = words[0]
    said = [f"{first} icon", f"{with_article(first)} icon", first, f"an icon of {with_article(first)}"]
    said += [f"{with_article(f'{colour.name} {first}')} icon", *words[1:]]
    said += [f"{with_article(word)} symbol" for word in words[:2]] + [f"a pictogram of {with_article(first)}"]
    said += ["an icon", "a symbol", "a pictogram"]
    if plate != "none":
        said += [f"{with_article(first)} icon on {with_article(back.name)} {'circle' if plate == 'disc' else 'square'}"]
    return Told(sheet.finished(), tuple(dict.fromkeys(said)), {"icon": name, "colour": colour.name})


def _magnifier(sheet: Sheet, ink: RGB, _ground: RGB, weight: float) -> None:
    sheet.disc((0.42, 0.42), 0.3, outline=ink, width=weight)
    sheet.line([(0.62, 0.62), (0.93, 0.93)], ink, width=weight * 1.4)


def _envelope(sheet: Sheet, ink: RGB, ground: RGB, weight: float) -> None:
    sheet.box((0.05, 0.2, 0.95, 0.8), ink, radius=0.03)
    sheet.line([(0.07, 0.24), (0.5, 0.58), (0.93, 0.24)], ground, width=weight * 0.7)


def _clock(sheet: Sheet, ink: RGB, _ground: RGB, weight: float) -> None:
    sheet.disc((0.5, 0.5), 0.45, outline=ink, width=weight)
    sheet.line([(0.5, 0.2), (0.5, 0.5), (0.7, 0.62)], ink, width=weight)


def _gear(sheet: Sheet, ink: RGB, ground: RGB, _weight: float) -> None:
    for at in range(8):
        angle = math.pi * at / 4
        ends = [(0.5 + far * math.cos(angle), 0.5 + far * math.sin(angle)) for far in (0.2, 0.47)]
        sheet.line(ends, ink, width=0.16)
    sheet.disc((0.5, 0.5), 0.34, ink)
    sheet.disc((0.5, 0.5), 0.14, ground)


def _home(sheet: Sheet, ink: RGB, ground: RGB, _weight: float) -> None:
    sheet.polygon([(0.03, 0.52), (0.5, 0.08), (0.97, 0.52)], ink)
    sheet.box((0.17, 0.5, 0.83, 0.93), ink)
    sheet.box((0.42, 0.64, 0.58, 0.93), ground)


def _user(sheet: Sheet, ink: RGB, _ground: RGB, _weight: float) -> None:
    sheet.disc((0.5, 0.3), 0.2, ink)
    sheet.sector((0.5, 0.95), 0.4, (180, 360), ink)


def _play(sheet: Sheet, ink: RGB, _ground: RGB, _weight: float) -> None:
    sheet.polygon([(0.2, 0.08), (0.92, 0.5), (0.2, 0.92)], ink)


def _pause(sheet: Sheet, ink: RGB, _ground: RGB, _weight: float) -> None:
    sheet.box((0.2, 0.1, 0.42, 0.9), ink)
    sheet.box((0.58, 0.1, 0.8, 0.9), ink)


def _battery(sheet: Sheet, ink: RGB, _ground: RGB, weight: float) -> None:
    sheet.box((0.04, 0.28, 0.88, 0.72), outline=ink, width=weight, radius=0.04)
    sheet.box((0.88, 0.41, 0.97, 0.59), ink)
    sheet.box((0.15, 0.39, 0.6, 0.61), ink)


def _wifi(sheet: Sheet, ink: RGB, _ground: RGB, weight: float) -> None:
    for radius in (0.25, 0.45, 0.65):
        sheet.arc((0.5, 0.82), radius, (225, 315), ink, width=max(0.07, weight))
    sheet.disc((0.5, 0.8), 0.07, ink)


def _lock(sheet: Sheet, ink: RGB, ground: RGB, weight: float) -> None:
    sheet.arc((0.5, 0.4), 0.27, (180, 360), ink, width=max(0.07, weight))
    sheet.box((0.23, 0.38, 0.3, 0.5), ink)
    sheet.box((0.7, 0.38, 0.77, 0.5), ink)
    sheet.box((0.14, 0.46, 0.86, 0.94), ink, radius=0.05)
    sheet.disc((0.5, 0.66), 0.07, ground)
    sheet.box((0.47, 0.68, 0.53, 0.82), ground)


def _bell(sheet: Sheet, ink: RGB, _ground: RGB, _weight: float) -> None:
    sheet.sector((0.5, 0.4), 0.29, (180, 360), ink)
    sheet.polygon([(0.21, 0.39), (0.79, 0.39), (0.92, 0.78), (0.08, 0.78)], ink)
    sheet.disc((0.5, 0.86), 0.09, ink)
    sheet.disc((0.5, 0.1), 0.06, ink)


def _camera(sheet: Sheet, ink: RGB, ground: RGB, _weight: float) -> None:
    sheet.box((0.34, 0.16, 0.66, 0.35), ink)
    sheet.box((0.04, 0.27, 0.96, 0.85), ink, radius=0.06)
    sheet.disc((0.5, 0.56), 0.2, ground)
    sheet.disc((0.5, 0.56), 0.12, ink)


def _phone(sheet: Sheet, ink: RGB, ground: RGB, _weight: float) -> None:
    sheet.box((0.25, 0.03, 0.75, 0.97), ink, radius=0.07)
    sheet.box((0.31, 0.13, 0.69, 0.8), ground)
    sheet.disc((0.5, 0.885), 0.045, ground)


def _bin(sheet: Sheet, ink: RGB, ground: RGB, _weight: float) -> None:
    sheet.box((0.12, 0.14, 0.88, 0.23), ink)
    sheet.box((0.38, 0.05, 0.62, 0.16), ink)
    sheet.polygon([(0.19, 0.28), (0.81, 0.28), (0.75, 0.96), (0.25, 0.96)], ink)
    for x in (0.38, 0.5, 0.62):
        sheet.line([(x, 0.38), (x, 0.86)], ground, width=0.045)


def _bubble(sheet: Sheet, ink: RGB, ground: RGB, _weight: float) -> None:
    sheet.box((0.05, 0.12, 0.95, 0.72), ink, radius=0.12)
    sheet.polygon([(0.22, 0.68), (0.24, 0.95), (0.5, 0.7)], ink)
    for x in (0.3, 0.5, 0.7):
        sheet.disc((x, 0.42), 0.055, ground)


def _folder(sheet: Sheet, ink: RGB, ground: RGB, _weight: float) -> None:
    sheet.box((0.05, 0.16, 0.45, 0.4), ink, radius=0.04)
    sheet.box((0.05, 0.26, 0.95, 0.86), ink, radius=0.04)
    sheet.line([(0.05, 0.36), (0.95, 0.36)], ground, width=0.025)


def _flag(sheet: Sheet, ink: RGB, _ground: RGB, weight: float) -> None:
    sheet.line([(0.18, 0.05), (0.18, 0.96)], ink, width=max(0.06, weight))
    sheet.polygon([(0.18, 0.08), (0.9, 0.3), (0.18, 0.54)], ink)


def _bolt(sheet: Sheet, ink: RGB, _ground: RGB, _weight: float) -> None:
    sheet.polygon([(0.6, 0.02), (0.18, 0.56), (0.46, 0.56), (0.36, 0.98), (0.82, 0.4), (0.54, 0.4)], ink)


def _check(sheet: Sheet, ink: RGB, _ground: RGB, weight: float) -> None:
    sheet.line([(0.08, 0.55), (0.38, 0.84), (0.93, 0.18)], ink, width=weight * 1.7)


def _cancel(sheet: Sheet, ink: RGB, _ground: RGB, weight: float) -> None:
    for ends in ([(0.12, 0.12), (0.88, 0.88)], [(0.88, 0.12), (0.12, 0.88)]):
        sheet.line(ends, ink, width=weight * 1.8)


def _menu(sheet: Sheet, ink: RGB, _ground: RGB, weight: float) -> None:
    for y in (0.22, 0.5, 0.78):
        sheet.line([(0.08, y), (0.92, y)], ink, width=max(0.07, weight * 1.3))


def _download(sheet: Sheet, ink: RGB, _ground: RGB, weight: float) -> None:
    sheet.arrow((0.5, 0.05), (0.5, 0.7), ink, width=max(0.08, weight * 1.3), head=0.32)
    sheet.line([(0.08, 0.72), (0.08, 0.93), (0.92, 0.93), (0.92, 0.72)], ink, width=max(0.07, weight))


def _warning(sheet: Sheet, ink: RGB, ground: RGB, _weight: float) -> None:
    sheet.polygon([(0.5, 0.05), (0.97, 0.92), (0.03, 0.92)], ink)
    sheet.box((0.455, 0.36, 0.545, 0.66), ground)
    sheet.disc((0.5, 0.78), 0.055, ground)


def _key(sheet: Sheet, ink: RGB, _ground: RGB, weight: float) -> None:
    sheet.disc((0.26, 0.5), 0.2, outline=ink, width=max(0.07, weight))
    sheet.line([(0.44, 0.5), (0.97, 0.5)], ink, width=max(0.07, weight))
    for x in (0.78, 0.92):
        sheet.line([(x, 0.5), (x, 0.68)], ink, width=max(0.07, weight))


def _cart(sheet: Sheet, ink: RGB, _ground: RGB, weight: float) -> None:
    sheet.line([(0.02, 0.14), (0.17, 0.14), (0.32, 0.68), (0.84, 0.68)], ink, width=max(0.055, weight * 0.8))
    sheet.polygon([(0.22, 0.26), (0.95, 0.26), (0.85, 0.58), (0.3, 0.58)], ink)
    for x in (0.4, 0.76):
        sheet.disc((x, 0.84), 0.08, ink)


def _of_shape(name: str) -> Paint:
    def paint(sheet: Sheet, ink: RGB, _ground: RGB, _weight: float) -> None:
        points, _ = placed(SHAPES[name], (0.5, 0.5), 0.48, 0)
        sheet.polygon(points, ink)

    return paint


ICONS: Mapping[str, tuple[Paint, tuple[str, ...]]] = {
    "magnifier": (_magnifier, ("magnifying glass", "search", "magnifier", "zoom")),
    "envelope": (_envelope, ("envelope", "mail", "email", "letter")),
    "clock": (_clock, ("clock", "time", "watch")),
    "gear": (_gear, ("gear", "settings", "cogwheel", "preferences")),
    "home": (_home, ("home", "house")),
    "user": (_user, ("person", "user", "account", "profile")),
    "play": (_play, ("play button", "play", "start video")),
    "pause": (_pause, ("pause button", "pause")),
    "battery": (_battery, ("battery", "charge", "power")),
    "wifi": (_wifi, ("wifi", "wireless", "wireless signal", "internet connection")),
    "lock": (_lock, ("padlock", "lock", "security", "locked")),
    "bell": (_bell, ("bell", "notification", "alarm")),
    "camera": (_camera, ("camera", "photo camera", "take a photo")),
    "phone": (_phone, ("mobile phone", "smartphone", "phone", "cell phone")),
    "bin": (_bin, ("trash can", "waste bin", "delete", "rubbish bin")),
    "bubble": (_bubble, ("speech bubble", "chat", "message", "comment")),
    "folder": (_folder, ("folder", "directory", "files")),
    "flag": (_flag, ("flag", "banner")),
    "bolt": (_bolt, ("lightning bolt", "lightning", "flash", "electricity")),
    "check": (_check, ("check mark", "tick", "done", "correct")),
    "cancel": (_cancel, ("x mark", "close", "cancel", "wrong")),
    "menu": (_menu, ("menu", "hamburger menu", "three lines")),
    "download": (_download, ("download", "save", "arrow pointing down")),
    "warning": (_warning, ("warning sign", "warning", "danger", "alert")),
    "key": (_key, ("key", "access")),
    "cart": (_cart, ("shopping cart", "cart", "shopping trolley", "buy")),
    "star": (_of_shape("star"), ("star", "favourite", "rating")),
    "heart": (_of_shape("heart"), ("heart", "like", "love")),
}
