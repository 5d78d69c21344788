"""How much a model takes in: measured, by asking its processor what pictures and an empty question come to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PIL import Image as Pillow

from rag.errors import BadSetting
from rag.generators.asking import Asker, n_tokens
from rag.types import Budget

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_TOKENS = 32_000
"""Taken in at most, whatever the context: more evidence does not make an answer better, and takes long to read."""
AROUND = 1_000
"""Tokens for what stands around the passages that were found: half of what a model behind an API is given, since they
take time here; docs/answers.md says what it brings."""
MOST_IMAGES = 8
MOST_PIXELS = 1_000_000
FEWEST_PIXELS = 100_000
"""Pictures are not made smaller than this to fit more of them in: what is written in them could not be read."""
THINNEST = 16
"""Longer side to shorter at most: some processors refuse a strip."""
SMALLEST = 32
"""Pixels of a side at least, for the same reason."""
_SEAMS = 24
"""Tokens kept free: texts that are joined may be cut into tokens in another way than each by itself."""
_SHAPES = ((1, 1), (2, 1), (1, 2), (4, 1), (1, 4), (THINNEST, 1), (1, THINNEST))
_WHITE = (255, 255, 255)


def presentable(image: Image, pixels: int) -> Image:
    """A picture in RGB of at most so many pixels, on a white ground where it is thinner or smaller than processors take."""
    image = image.convert("RGB")
    width, height = _ground(image.size)
    share = (pixels / (width * height)) ** 0.5
    if share < 1:
        image = image.resize((max(1, int(image.width * share)), max(1, int(image.height * share))))
        width, height = int(width * share), int(height * share)
    if image.width >= width and image.height >= height:
        return image
    ground = Pillow.new("RGB", (width, height), _WHITE)
    ground.paste(image, (0, 0))
    return ground


def _ground(size: tuple[int, int]) -> tuple[int, int]:
    least = max(SMALLEST, -(-max(size) // THINNEST))
    return max(size[0], least), max(size[1], least)


def measure(asker: Asker, *, context: int, most_tokens: int, count: Callable[[str], int]) -> Budget:
    """What fits in front of the longest answer, by the checkpoint's own processor.

    Raises: BadSetting if there is no room for one picture.
    """
    if not asker.instructed:
        # It reads the question alone: the evidence is for the reader, so the context does not limit it.
        per_image = n_tokens(asker.inputs([asker.describing(_blank((1, 1), MOST_PIXELS))]))
        return Budget(images=1, pixels=MOST_PIXELS, tokens_per_image=per_image, count=count)
    words = "one"
    bare = n_tokens(asker.inputs([asker.chat(words, (words,))]))
    room = min(MOST_TOKENS, context - most_tokens - (bare - 2 * count(words)) - _SEAMS)
    pixels = MOST_PIXELS
    per_image = _per_image(asker, words, bare, pixels=pixels)
    while per_image * 2 > room and pixels > FEWEST_PIXELS:
        pixels = max(FEWEST_PIXELS, pixels // 2)
        per_image = _per_image(asker, words, bare, pixels=pixels)
    if per_image > room:
        raise BadSetting(
            f"The model reads {context} tokens: beside an answer of {most_tokens} there is no room for a picture,"
            f" which takes {per_image}.",
            hint="Take shorter answers (most_tokens), or a model of a longer context.",
        )
    n_images = max(1, min(MOST_IMAGES, room // (2 * per_image)))
    return Budget(room, n_images, pixels, per_image, AROUND, count)


def _per_image(asker: Asker, words: str, bare: int, *, pixels: int) -> int:
    """What a picture between texts adds, in the shape that adds most: some processors cut a picture into squares."""
    asked = [asker.chat(words, (words, _blank(shape, pixels), words)) for shape in _SHAPES]
    # One at a time: a batch would be padded to its longest.
    return max(n_tokens(asker.inputs([one])) for one in asked) - bare + 1


def _blank(shape: tuple[int, int], pixels: int) -> Image:
    side = (pixels / (shape[0] * shape[1])) ** 0.5
    return Pillow.new("RGB", (int(shape[0] * side), int(shape[1] * side)), _WHITE)
