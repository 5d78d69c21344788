"""Whether two pictures are one and the same: rescaled, compressed anew or made a little lighter, but showing the same.

A merged pair loses a picture, a missed one only repeats it, so all that could tell two pictures apart is heeded: the outline
(a perceptual hash), the colours, and how freely to judge: a chart with one value changed lies as near to its original as a
photograph that lost its edge, so drawings are judged strictly. Figures: docs/concepts.md, `python -m benchmarks.duplicates`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL.Image import Image

HASH_SIDE = 16
"""The hash has this number squared of bits."""
DRAWN_BITS = 6
"""Drawings and charts that are one differ in at most so many bits; one value changed makes 8 and more."""
PHOTO_BITS = 28
"""Photographs that are one differ in at most so many bits, cropped by 1 % too; different ones in 90 and more."""
COLOUR_SIDE = 16
DRAWN_TINT = 20
"""How far red or blue may stand off from green, of 255, from one drawing to the other, in any cell of the grid."""
PHOTO_TINT = 60
"""The same of photographs: a little more light moves it by as much, and their outlines alone tell them apart."""
DRAWN_GROUND = 0.25
"""A picture of which so much is of one tone is a drawing."""
TONES = 64
FLATTEST = 6.0
"""Standard deviation of the grey levels, of 255, below which there is nothing to compare: a blank page's hash is noise."""
HASH_BYTES = HASH_SIDE * HASH_SIDE // 8
COLOUR_BYTES = COLOUR_SIDE * COLOUR_SIDE * 3


@dataclass(frozen=True, slots=True)
class Likeness:
    """What is compared of a picture."""

    outline: int
    """Perceptual hash, HASH_SIDE squared bits (DCT, https://www.phash.org)."""
    drawn: bool
    """Whether it is a drawing or a chart, and not a photograph."""
    colours: bytes
    """uint8 (COLOUR_SIDE, COLOUR_SIDE, 3): the mean colours of a grid of cells, RGB."""

    def to_bytes(self) -> bytes:
        """The same for keeping; `from_bytes` reads it."""
        return bytes([self.drawn]) + self.outline.to_bytes(HASH_BYTES, "big") + self.colours

    @classmethod
    def from_bytes(cls, kept: bytes) -> Likeness | None:
        """What was kept; None for what is no likeness, such as that of a picture without anything on it."""
        if len(kept) != 1 + HASH_BYTES + COLOUR_BYTES:
            return None
        return cls(int.from_bytes(kept[1 : 1 + HASH_BYTES], "big"), bool(kept[0]), kept[1 + HASH_BYTES :])


def likeness(image: Image) -> Likeness | None:
    """What to compare of a picture; None where nothing is on it."""
    import imagehash
    from PIL import Image as images

    seen = image.convert("RGB")
    tones = np.bincount(np.asarray(seen.convert("L")).ravel() // (256 // TONES), minlength=TONES)
    levels = np.arange(TONES) * (256 / TONES)
    mean = float((tones * levels).sum() / tones.sum())
    if (float((tones * (levels - mean) ** 2).sum() / tones.sum())) ** 0.5 < FLATTEST:
        return None
    bits = imagehash.phash(seen, hash_size=HASH_SIDE).hash
    grid = np.asarray(seen.resize((COLOUR_SIDE, COLOUR_SIDE), images.Resampling.BOX), dtype=np.uint8)
    return Likeness(
        outline=int.from_bytes(np.packbits(bits).tobytes(), "big"),
        drawn=bool(tones.max() / tones.sum() >= DRAWN_GROUND),
        colours=grid.tobytes(),
    )


def are_alike(one: Likeness, other: Likeness) -> bool:
    """Whether two pictures are the same."""
    drawn = one.drawn or other.drawn
    if (one.outline ^ other.outline).bit_count() > (DRAWN_BITS if drawn else PHOTO_BITS):
        return False
    return _tints_apart(one, other) <= (DRAWN_TINT if drawn else PHOTO_TINT)


def _tints_apart(one: Likeness, other: Likeness) -> int:
    """The greatest difference of a cell's tint, which a change of brightness moves little."""
    return int(np.abs(_tints(one) - _tints(other)).max())


def _tints(of: Likeness) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    cells = np.frombuffer(of.colours, np.uint8).reshape(-1, 3).astype(np.int16)
    return cells[:, ::2] - cells[:, 1:2]
