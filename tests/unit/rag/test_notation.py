"""How parts of a query are written on a command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.errors import BadRequest
from rag.notation import read_parts
from rag.query import Like, Part, Picture, Words, check


def parts(
    *, images: tuple[str, ...] = (), likes: tuple[str, ...] = (), without: tuple[str, ...] = (), box: str | None = None
) -> tuple[Part, ...]:
    return read_parts(images=images, likes=likes, without=without, box=box)


def test_options_become_parts_and_a_weight_stands_behind_the_last_caret() -> None:
    assert parts(images=("car.png", "b.png^0.5", "c.png^-1"), likes=("3f2a^2",), without=("blue", "x^2^0.5")) == (
        Picture("car.png"),
        Picture("b.png", weight=0.5),
        Picture("c.png", weight=-1),
        Like("3f2a", weight=2),
        Words("blue", -1),
        Words("x^2", -0.5),
    )


def test_what_is_no_number_behind_a_caret_belongs_to_the_value(tmp_path: Path) -> None:
    assert parts(without=("a^b",), likes=("^x",)) == (Like("^x"), Words("a^b", -1))
    squared = tmp_path / "x^2"
    squared.touch()
    assert parts(images=(str(squared),)) == (Picture(str(squared)),)


def test_a_box_is_of_the_one_picture() -> None:
    assert parts(images=("a",), box="0, 0,.5,1") == (Picture("a", (0, 0, 0.5, 1)),)
    assert parts(likes=("a^2",), without=("blue",), box="0,0,.5,1") == (Like("a", (0, 0, 0.5, 1), 2), Words("blue", -1))
    for wrong in ("", "0,0,1", "0,0,1,1,1", "0,0,left,1"):
        with pytest.raises(BadRequest, match="--box cannot be"):
            parts(likes=("a",), box=wrong)
    for images, likes in (((), ()), (("a",), ("b",)), (("a", "b"), ())):
        with pytest.raises(BadRequest, match="exactly one"):
            parts(images=images, likes=likes, box="0,0,1,1")


@pytest.mark.parametrize("written", ["a^0", "a^nan", "a^inf", "a^1e9"])
def test_an_impossible_weight_is_read_and_refused(written: str) -> None:
    with pytest.raises(BadRequest, match="weight"):
        check(parts(likes=(written,)))
