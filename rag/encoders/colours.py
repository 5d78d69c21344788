"""An encoder that can be computed in the head: colour words find coloured pictures.

For tests, demonstrations and first steps; it loads nothing. One axis per colour and one for texts that name none. A text is
the number of times it names each colour, a picture the share of its pixels nearest to each: the cosine of "a red car" with
a red picture is 1, with a blue one 0, with one that is half red and half blue 0.71.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from rag.encoders.pictures import opaque
from rag.encoders.rows import place_texts, unit_rows
from rag.encoders.window import cut
from rag.protocols import Fingerprint

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

    from rag.types import Vectors

COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (255, 0, 0),
    "orange": (255, 165, 0),
    "yellow": (255, 255, 0),
    "green": (0, 128, 0),
    "blue": (0, 0, 255),
    "purple": (128, 0, 128),
    "pink": (255, 192, 203),
    "brown": (165, 42, 42),
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "grey": (128, 128, 128),
}
"""The CSS values, each 0..255."""

_DIM = len(COLOURS) + 1
_CONTEXT = 16
_SAMPLE = 64
_AXES = {name: axis for axis, name in enumerate(COLOURS)} | {"gray": list(COLOURS).index("grey")}
_PALETTE = np.array(list(COLOURS.values()), np.int64)


class ColourEncoder:
    """Places texts by the colours they name and pictures by the colours they show."""

    def __init__(self) -> None:
        self._fingerprint = Fingerprint(
            name="colours",
            revision="1",
            weights=hashlib.sha256(repr(COLOURS).encode()).hexdigest(),
            preprocessing=f"nearest CSS colour of {_SAMPLE} x {_SAMPLE} pixels; whole words in lower case",
            dim=_DIM,
            context=_CONTEXT,
            languages=("en",),
            sees_images=True,
        )

    @property
    def fingerprint(self) -> Fingerprint:
        """What must agree for two vectors to be comparable."""
        return self._fingerprint

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Place texts by the colours they name; one that names none lies on an axis of its own.

        Returns: float32 (len(texts), 12), rows of length 1; (0, 12) for no texts.
        """
        return place_texts(texts, split=self.split, place=_count_colour_words, dim=_DIM)

    def encode_images(self, images: Sequence[Image]) -> Vectors:
        """Place pictures by the share of their pixels that each colour is nearest to.

        Returns: float32 (len(images), 12), rows of length 1; (0, 12) for no pictures.
        Raises: EncodeFailed if a picture cannot be decoded.
        """
        if not images:
            return np.zeros((0, _DIM), np.float32)
        shares = np.stack([_share_of_colours(image) for image in images])
        return unit_rows(shares, name=lambda row: f"picture {row + 1}")

    def split(self, text: str) -> list[str]:
        """Cut a text into windows of 16 words."""
        return cut(text, count=lambda texts: [len(part.split()) for part in texts], capacity=_CONTEXT)


def _count_colour_words(texts: Sequence[str]) -> NDArray[np.float32]:
    counts = np.zeros((len(texts), _DIM), np.float32)
    for row, text in zip(counts, texts, strict=True):
        for word in re.findall(r"[a-z]+", text.lower()):
            if word in _AXES:
                row[_AXES[word]] += 1
        if not row.any():
            row[-1] = 1
    return counts


def _share_of_colours(image: Image) -> NDArray[np.float32]:
    small = opaque(image).resize((_SAMPLE, _SAMPLE), resample=0)  # 0 is nearest: no mixed colours
    pixels = np.asarray(small, np.int64).reshape(-1, 1, 3)
    nearest = ((pixels - _PALETTE) ** 2).sum(axis=2).argmin(axis=1)
    return np.bincount(nearest, minlength=_DIM).astype(np.float32)
