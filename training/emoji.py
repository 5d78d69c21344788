"""Emoji as pictures, with the words that people know them by, some of which are held back for the test."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from numpy.typing import NDArray

FONT = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
INSTALL = "apt-get install fonts-noto-color-emoji"
_DRAWN_AT = 109
"""The one size that the font's bitmaps have."""
SIDE = 128
FEWEST_WORDS = 3
"""An emoji with fewer keywords keeps them all."""


@dataclass(frozen=True)
class Emoji:
    """One emoji."""

    character: str
    words: tuple[str, ...]
    """To train on: its name first."""
    held_back: str
    """A keyword that training never pairs with it; empty where it has too few."""


def read_emoji(folder: Path) -> tuple[Emoji, ...]:
    """Every emoji with its words, in the order of the file."""
    known: dict[str, list[str]] = json.loads((folder / "emoji-keywords-en.json").read_text(encoding="utf-8"))
    return tuple(_emoji(character, [word.replace("_", " ") for word in words]) for character, words in known.items())


def frequencies(emoji: tuple[Emoji, ...]) -> Counter[str]:
    """How many emoji each word names, those that hold it back counted."""
    return Counter(word for one in emoji for word in {*one.words, *filter(None, [one.held_back])})


def picture(character: str) -> NDArray[np.uint8]:
    """The emoji on a transparent square, uint8 (128, 128, 4)."""
    font = ImageFont.truetype(FONT, _DRAWN_AT)
    left, top, right, bottom = (int(side) for side in font.getbbox(character))
    side = max(right - left, bottom - top)
    canvas = Image.new("RGBA", (side, side), (255, 255, 255, 0))
    place = ((side - (right - left)) // 2 - left, (side - (bottom - top)) // 2 - top)
    ImageDraw.Draw(canvas).text(place, character, font=font, embedded_color=True)
    return np.asarray(canvas.resize((SIDE, SIDE), Image.Resampling.BICUBIC))


def _emoji(character: str, words: list[str]) -> Emoji:
    words = list(dict.fromkeys(words))
    may_go = [word for word in words[1:] if word.isascii() and any(letter.isalpha() for letter in word)]
    if len(may_go) < FEWEST_WORDS:
        return Emoji(character, tuple(words), "")
    held_back = min(may_go, key=lambda word: hashlib.sha256(f"{character} {word}".encode()).hexdigest())
    return Emoji(character, tuple(word for word in words if word != held_back), held_back)
