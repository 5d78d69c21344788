"""What is searched for: words, pictures and stored elements, whole or in part, each drawing near or pushing away."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from rag.errors import BadRequest
from rag.types import Box

if TYPE_CHECKING:
    from pathlib import Path

    from PIL.Image import Image

MOST_PARTS = 16
"""Of one query: each picture among them is looked at by every encoder."""
MOST_WEIGHT = 100.0
"""As much towards a part, or away from it, as can be asked."""


@dataclass(frozen=True, slots=True)
class Words:
    """Words to search for; with a weight below 0, to keep away from."""

    text: str
    weight: float = 1.0
    """How much it counts beside the other parts: -100 to 100, not 0."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture, or its file, or a part of it."""

    image: Image | str | Path
    box: Box | None = None
    """Only this part, as fractions of the picture, origin top left; None for all of it."""
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Like:
    """The picture of something that the store holds, or a part of it. What it is taken from is not found again."""

    element: str
    """Its id: `Element.id`, on the wire `element` of a hit."""
    box: Box | None = None
    """Only this part, as fractions of the element's picture, origin top left; None for all of it."""
    weight: float = 1.0
    itself: bool = False
    """Let the element itself be found too."""


Part: TypeAlias = Words | Picture | Like


@dataclass(frozen=True, slots=True)
class Sight:
    """A picture that is ready to be looked at."""

    image: Image | None
    """None where the store holds its vectors, as those of `element`."""
    weight: float = 1.0
    element: str = ""


@dataclass(frozen=True, slots=True)
class Query:
    """A query as the search takes it: its files are opened, its elements looked up."""

    text: str = ""
    """Words of weight 1."""
    image: Image | None = None
    """A picture of weight 1."""
    parts: tuple[Words | Sight, ...] = ()
    """What else is asked for, or kept away from."""
    hidden: frozenset[str] = frozenset()
    """Ids of elements that are not to be found."""

    @property
    def words(self) -> tuple[Words, ...]:
        """Every part in words."""
        own = (Words(self.text),) if self.text.strip() else ()
        return (*own, *(part for part in self.parts if isinstance(part, Words)))

    @property
    def sights(self) -> tuple[Sight, ...]:
        """Every part that is a picture."""
        own = () if self.image is None else (Sight(self.image),)
        return (*own, *(part for part in self.parts if isinstance(part, Sight)))

    @property
    def _weights(self) -> tuple[float, ...]:
        return (*(part.weight for part in self.words), *(part.weight for part in self.sights))

    @property
    def wanted_text(self) -> str:
        """What is asked for in words, a line for each part; empty where nothing is."""
        return "\n".join(part.text for part in self.words if part.weight > 0)

    @property
    def has_wanted(self) -> bool:
        """Whether anything is asked for, and not only kept away from."""
        return self.most_wanted > 0

    @property
    def most_wanted(self) -> float:
        """The largest weight."""
        return max(self._weights, default=0.0)

    @property
    def has_unwanted(self) -> bool:
        """Whether anything is kept away from."""
        return any(weight < 0 for weight in self._weights)

    @property
    def is_plain(self) -> bool:
        """Whether it is one question in words and nothing else."""
        return len(self.words) == 1 and not self.sights


def check(parts: Sequence[Part], *, more: int = 0) -> None:
    """Refuse parts that cannot be searched by; `more` is asked for beside them, in other words or pictures.

    Raises: BadRequest if there are too many, all push away, or one has no words, an impossible weight or an empty box.
    """
    if len(parts) + more > MOST_PARTS:
        raise BadRequest(f"The query has {len(parts) + more} parts.", hint=f"Give at most {MOST_PARTS}.")
    for number, part in enumerate(parts, start=1):
        _check_weight(part.weight, number)
        if isinstance(part, Words):
            if not part.text.strip():
                raise BadRequest(f"Part {number} of the query has no words.", hint="Give some, or leave it out.")
        elif part.box is not None:
            check_box(part.box)
    if parts and not more and all(part.weight < 0 for part in parts):
        raise BadRequest(
            "There is only something to keep away from, and nothing to search for.",
            hint="Give some words, a picture or an element with a weight above 0.",
        )


def _check_weight(weight: float, number: int) -> None:
    if not math.isfinite(weight) or not 0 < abs(weight) <= MOST_WEIGHT:
        raise BadRequest(
            f"The weight of part {number} of the query cannot be {weight}.",
            hint=f"Give a number from -{MOST_WEIGHT:g} to {MOST_WEIGHT:g}, but not 0; 1 is usual, below 0 pushes away.",
        )


def check_box(box: Box) -> None:
    """Refuse a box that is no part of a picture.

    Raises: BadRequest if it is empty or reaches beyond 0..1.
    """
    x0, y0, x1, y1 = box
    if not (0 <= x0 < x1 <= 1 and 0 <= y0 < y1 <= 1):  # nan too
        raise BadRequest(
            f"The box {x0:g},{y0:g},{x1:g},{y1:g} is no part of a picture.",
            hint="Give x0,y0,x1,y1 as fractions from 0 to 1, origin top left, with x0 < x1 and y0 < y1.",
        )


def crop(image: Image, box: Box | None) -> Image:
    """The part of a picture that a checked box names, every pixel that it touches; all of it without a box."""
    if box is None:
        return image
    x0, y0, x1, y1 = box
    return image.crop(
        (
            math.floor(x0 * image.width),
            math.floor(y0 * image.height),
            math.ceil(x1 * image.width),
            math.ceil(y1 * image.height),
        )
    )
