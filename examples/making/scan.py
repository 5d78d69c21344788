"""A scan of two sheets from 1911: a typed letter and a page of the weather register, as pictures without a text layer."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pymupdf
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from making.scan_text import LETTER, REGISTER

PAGE = pymupdf.Rect(0, 0, 595, 842)
DPI = 150
JPEG_QUALITY = 55
INK = (0.10, 0.10, 0.12)
Shades = NDArray[np.float32]
"""float32 (height, width), 0 black to 255 white."""


def make_scan(path: Path) -> None:
    """Write the scan; each page is one grey JPEG, laid on the glass a little askew."""
    random = np.random.default_rng(1911)
    document = pymupdf.open()
    for draw, angle in ((_draw_letter, 0.7), (_draw_register, -0.5)):
        page = document.new_page(width=PAGE.width, height=PAGE.height)
        page.insert_image(PAGE, stream=_photograph(_sheet(draw, random), angle, random))
    document.set_metadata({"title": "Letter on the loss of the Haiyan, 1911", "creationDate": "D:20240611100000Z"})
    document.save(path, garbage=4, no_new_id=True)


def _sheet(draw: Callable[[pymupdf.Page, np.random.Generator], None], random: np.random.Generator) -> Image.Image:
    """A clean sheet, drawn and rendered in grey."""
    with pymupdf.open() as document:
        page = document.new_page(width=PAGE.width, height=PAGE.height)
        draw(page, random)
        pixels = page.get_pixmap(dpi=DPI, colorspace=pymupdf.csGRAY)
        return Image.frombytes("L", (pixels.width, pixels.height), pixels.samples)


def _draw_letter(page: pymupdf.Page, random: np.random.Generator) -> None:
    _centred(page, 78, "VESSAY LIGHT", "tibo", 21)
    _centred(page, 95, "COASTAL LIGHTS SERVICE  ·  STATION No. 14", "tiro", 9)
    page.draw_line((72, 108), (523, 108), color=INK, width=0.8)
    page.draw_line((72, 110.5), (523, 110.5), color=INK, width=0.3)
    for row, line in enumerate(LETTER.strip().splitlines()):
        _type(page, 74, 148 + row * 16.2, line, random)
    _sign(page, 292, 636)
    _stamp(page, pymupdf.Point(148, 712))


def _draw_register(page: pymupdf.Page, random: np.random.Generator) -> None:
    _centred(page, 78, "WEATHER REGISTER", "tibo", 18)
    _centred(
        page, 97, "Station: Vessay      Month: November 1911      Barometer at 61 metres above the sea", "tiro", 9.5
    )
    edges = (54, 92, 134, 196, 252, 312, 541)
    top, height = 124.0, 27.0
    rows = [line.split("|") for line in REGISTER.strip().splitlines()]
    for place, cells in enumerate(rows):
        level = top + place * height
        page.draw_line((edges[0], level), (edges[-1], level), color=INK, width=1.0 if place < 2 else 0.4)
        for column, cell in enumerate(cells):
            lean = float(random.normal(0, 0.5))
            font, size = ("tibo", 9.5) if place == 0 else ("tiit", 12)
            page.insert_text(
                (edges[column] + 5, level + 18 + lean), cell.strip(), fontname=font, fontsize=size, color=INK
            )
    bottom = top + len(rows) * height
    page.draw_line((edges[0], bottom), (edges[-1], bottom), color=INK, width=1.0)
    for edge in edges:
        page.draw_line((edge, top), (edge, bottom), color=INK, width=0.5)
    page.insert_text(
        (54, bottom + 34), "Entered by H. Sorley, Principal Keeper", fontname="tiit", fontsize=12, color=INK
    )
    _sign(page, 330, bottom + 44)


def _type(page: pymupdf.Page, x: float, y: float, line: str, random: np.random.Generator) -> None:
    """Typewritten: every letter a hair off its line, some struck harder."""
    size = 11.4
    for place, letter in enumerate(line):
        if letter != " ":
            shade = float(np.clip(random.normal(0.16, 0.07), 0.02, 0.4))
            at = (x + place * size * 0.6, y + float(random.normal(0, 0.28)))
            page.insert_text(
                at,
                letter,
                fontname="cour",
                fontsize=size,
                color=(shade, shade, shade),
                render_mode=2,
                border_width=0.022,
            )


def _centred(page: pymupdf.Page, y: float, text: str, font: str, size: float) -> None:
    width = pymupdf.get_text_length(text, fontname=font, fontsize=size)
    page.insert_text(((PAGE.width - width) / 2, y), text, fontname=font, fontsize=size, color=INK)


def _sign(page: pymupdf.Page, x: float, y: float) -> None:
    """A signature: loops of a pen, legible to nobody."""
    strokes = (
        ((0, 4), (8, -34), (16, -30), (12, 6)),
        ((6, -12), (16, -18), (24, -14), (30, -16)),
        ((30, -30), (22, -8), (26, 8), (38, -6)),
        ((38, -6), (44, -20), (46, 4), (54, -8)),
        ((54, -8), (60, -18), (58, 4), (70, -8)),
        ((92, -30), (64, -34), (106, -4), (76, 4)),
        ((96, -6), (104, -18), (104, 6), (114, -8)),
        ((114, -8), (122, -44), (126, -30), (120, 2)),
        ((120, 2), (134, -18), (132, 22), (118, 16)),
        ((118, 16), (128, -6), (160, -12), (186, -10)),
    )
    shape = page.new_shape()
    for stroke in strokes:
        shape.draw_bezier(*((x + dx, y + dy) for dx, dy in stroke))
    shape.finish(color=INK, width=1.1, lineCap=1, closePath=False)
    shape.commit()


def _stamp(page: pymupdf.Page, centre: pymupdf.Point) -> None:
    """The office's round stamp, pressed at a slant."""
    grey = (0.45, 0.45, 0.47)
    for radius, width in ((43, 1.6), (38, 0.6)):
        page.draw_circle(centre, radius, color=grey, width=width)
    slant = pymupdf.Matrix(14)
    for dy, text, size in ((-10, "TARNHOLM", 9.5), (4, "19 NOV 1911", 9), (17, "RECEIVED", 8)):
        width = pymupdf.get_text_length(text, fontname="hebo", fontsize=size)
        page.insert_text(
            (centre.x - width / 2, centre.y + dy),
            text,
            fontname="hebo",
            fontsize=size,
            color=grey,
            morph=(centre, slant),
        )


def _photograph(sheet: Image.Image, angle: float, random: np.random.Generator) -> bytes:
    """Put a clean sheet on old paper under a scanner: worn ink, stains, a fold, a shadow at the edge; JPEG bytes."""
    ink = 255 - np.asarray(sheet.rotate(angle, Image.Resampling.BICUBIC, fillcolor=255), np.float32)
    height, width = ink.shape
    ink *= 0.80 + 0.14 * _cloud((height, width), 40, random)
    across = np.linspace(0, 1, width, dtype=np.float32)[None, :]
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    paper = 226 + 7 * _cloud((height, width), 220, random) + 3 * _cloud((height, width), 12, random)
    paper = paper - 46 * np.exp(-across / 0.018) - 16 * np.exp(-(1 - across) / 0.03) - 14 * np.exp(-(1 - down) / 0.02)
    paper -= 9 * np.exp(-(((down - 0.497) / 0.0018) ** 2)) - 5 * np.exp(-(((down - 0.501) / 0.002) ** 2))
    shades = np.clip(paper - ink * 0.78 + random.normal(0, 1.6, ink.shape), 0, 255).astype(np.uint8)
    image = Image.fromarray(shades).filter(ImageFilter.GaussianBlur(0.55))
    written = io.BytesIO()
    image.save(written, "JPEG", quality=JPEG_QUALITY, dpi=(DPI, DPI))
    return written.getvalue()


def _cloud(shape: tuple[int, int], size: int, random: np.random.Generator) -> Shades:
    """Smooth noise of mean 0 and about -1..1, with blotches of `size` pixels."""
    height, width = shape
    coarse = random.normal(0, 0.6, (height // size + 3, width // size + 3)).astype(np.float32)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC), np.float32)
