"""The encoder that can be computed in the head, computed in the head."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from rag.encoders.colours import ColourEncoder


def cosine(text: str, picture: Image.Image) -> float:
    encoder = ColourEncoder()
    return float((encoder.encode_texts([text]) @ encoder.encode_images([picture]).T)[0, 0])


@pytest.mark.parametrize("colour", ["red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "grey"])
def test_a_colour_word_finds_the_picture_of_its_colour(colour: str) -> None:
    assert cosine(f"A {colour.upper()}, car", Image.new("RGB", (30, 20), colour)) == pytest.approx(1)
    assert cosine(colour, Image.new("RGB", (30, 20), "black")) == 0


def test_half_a_picture_counts_by_its_share() -> None:
    picture = Image.new("RGB", (64, 64), "red")
    picture.paste("blue", (0, 0, 32, 64))
    assert cosine("red", picture) == pytest.approx(0.5**0.5)
    assert cosine("red and blue", picture) == pytest.approx(1)


def test_texts_without_a_colour_lie_together_and_near_no_picture() -> None:
    rows = ColourEncoder().encode_texts(["", "the redness of a sea", "red"])
    assert np.array_equal(rows @ rows.T, np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1]]))
    assert cosine("", Image.new("RGB", (2, 2), "white")) == 0


def test_what_is_transparent_is_white() -> None:
    assert cosine("white", Image.new("RGBA", (5, 5), (255, 0, 0, 0))) == pytest.approx(1)
