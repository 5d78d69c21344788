"""A captioner that can be computed in the head: it names the colour that most of a picture has."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PIL import Image

from rag.encoders.colours import COLOURS
from rag.errors import GenerateFailed

Size = tuple[int, int]


class ColourCaptioner:
    """Writes "A red square." about a red picture; remembers what it was asked, and fails where it is told to."""

    def __init__(
        self,
        *,
        instruction: str = "Name the shape.",
        words: str = "A {colour} square.",
        fails_at: Callable[[str], str] = lambda colour: "",
        silent_at: Sequence[str] = (),
    ) -> None:
        """`fails_at` gives the message of the failure at a colour; empty where it works."""
        self.instruction = instruction
        self.asked: list[list[str]] = []
        """The colours of each call's pictures."""
        self.sizes: list[Size] = []
        self._words = words
        self._fails_at = fails_at
        self._silent_at = silent_at

    @property
    def name(self) -> str:
        return "colours"

    @property
    def n_pictures(self) -> int:
        """How many pictures it was asked about, all calls together."""
        return sum(len(colours) for colours in self.asked)

    def caption(self, images: Sequence[Image.Image]) -> list[str]:
        colours = [_colour(image) for image in images]
        self.asked.append(colours)
        self.sizes += [image.size for image in images]
        for colour in colours:
            if reason := self._fails_at(colour):
                raise GenerateFailed(reason)
        return ["" if colour in self._silent_at else self._words.format(colour=colour) for colour in colours]


def _colour(image: Image.Image) -> str:
    assert image.mode == "RGB"
    pixel = image.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    assert isinstance(pixel, tuple)
    return min(COLOURS, key=lambda name: sum((a - b) ** 2 for a, b in zip(pixel, COLOURS[name], strict=True)))
