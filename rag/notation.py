"""How the parts of a query are written on a command line: `VALUE` or `VALUE^WEIGHT`, as in `car.png^0.5`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rag.errors import BadRequest
from rag.query import Like, Part, Picture, Words
from rag.types import Box

BOX_HINT = "Write four fractions of the picture, from its top left: --box 0,0,0.5,0.5 is the upper left quarter."


def read_parts(
    *, images: Sequence[str], likes: Sequence[str], without: Sequence[str], box: str | None
) -> tuple[Part, ...]:
    """The parts that the options name, in the order of these arguments; `box` is of the one picture among them.

    Raises: BadRequest if the box is not four numbers, or there is not exactly one picture that it could be of.
    """
    if box is not None and len(images) + len(likes) != 1:
        raise BadRequest(
            f"--box goes with exactly one --image or --like; there are {len(images) + len(likes)}.",
            hint="Parts of several pictures can be named over HTTP and from Python (docs/rest.md).",
        )
    part_of = None if box is None else read_box(box)
    weighed_images = [(text, 1.0) if Path(text).exists() else read_weight(text) for text in images]
    return (
        *(Picture(path, part_of, weight) for path, weight in weighed_images),
        *(Like(element, part_of, weight) for element, weight in map(read_weight, likes)),
        *(Words(words, -weight) for words, weight in map(read_weight, without)),
    )


def read_weight(text: str) -> tuple[str, float]:
    """A value and its weight; 1 where none is written behind the last `^`."""
    value, caret, weight = text.rpartition("^")
    try:
        return (value, float(weight)) if caret else (text, 1.0)
    except ValueError:
        return text, 1.0


def read_box(text: str) -> Box:
    """A box that is written as `x0,y0,x1,y1`.

    Raises: BadRequest if it is not.
    """
    try:
        x0, y0, x1, y1 = (float(edge) for edge in text.split(","))
    except ValueError as error:
        raise BadRequest(f"--box cannot be {text!r}.", hint=BOX_HINT) from error
    return x0, y0, x1, y1
