"""Emoji are pictures with words, one of which training never hears."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from training.emoji import FEWEST_WORDS, FONT, SIDE, Emoji, frequencies, picture, read_emoji

SHARED = Path(__file__).resolve().parents[3] / "../shared/data/train"


def read(folder: Path, known: dict[str, list[str]]) -> tuple[Emoji, ...]:
    (folder / "emoji-keywords-en.json").write_text(json.dumps(known), encoding="utf-8")
    return read_emoji(folder)


@pytest.fixture(scope="module")
def shared() -> tuple[Emoji, ...]:
    if not (SHARED / "emoji-keywords-en.json").is_file():
        pytest.skip("the shared training data is not here")
    return read_emoji(SHARED)


@pytest.fixture
def _font() -> None:
    if not FONT.is_file():
        pytest.skip("the font of the emoji is not installed")


def test_one_word_is_held_back_and_all_others_are_kept_in_order(tmp_path: Path) -> None:
    words = ["red_heart", "love", "valentine", "affection"]
    (one,) = read(tmp_path, {"\u2764": words})
    assert one.held_back in words[1:]
    assert one.words == tuple(word.replace("_", " ") for word in words if word != one.held_back)


def test_the_name_is_never_held_back(tmp_path: Path) -> None:
    known = read(tmp_path, {chr(0x1F600 + at): ["face", "grin", "smile", "laugh"] for at in range(40)})
    assert all(one.words[0] == "face" for one in known)
    assert {one.held_back for one in known} == {"grin", "smile", "laugh"}


def test_an_emoji_of_few_words_keeps_them_all(tmp_path: Path) -> None:
    (one,) = read(tmp_path, {"\u2764": ["heart", *["love", "like"][: FEWEST_WORDS - 1]]})
    assert one == Emoji("\u2764", ("heart", "love", "like"), "")


def test_only_words_of_letters_are_held_back(tmp_path: Path) -> None:
    (one,) = read(tmp_path, {"\u2764": ["heart", "<3", "\u2665", "100", "love", "like"]})
    assert one.held_back == ""


def test_a_word_said_twice_counts_once(tmp_path: Path) -> None:
    (one,) = read(tmp_path, {"\u2764": ["heart", "love", "love", "like", "care", "heart"]})
    assert sorted((*one.words, one.held_back)) == ["care", "heart", "like", "love"]


def test_a_word_is_as_frequent_as_there_are_emoji_of_it_held_back_or_not() -> None:
    known = (Emoji("a", ("face", "grin"), "smile"), Emoji("b", ("face", "smile"), ""), Emoji("c", ("hat",), "face"))
    assert frequencies(known) == {"face": 3, "smile": 2, "grin": 1, "hat": 1}


@pytest.mark.usefixtures("_font")
def test_an_emoji_is_drawn_in_its_colours_on_nothing() -> None:
    seen = picture("\u2764")
    assert seen.shape == (SIDE, SIDE, 4)
    assert seen.dtype == np.uint8
    assert seen[0, 0, 3] == 0
    opaque = seen[seen[..., 3] == 255]
    assert 0.3 < len(opaque) / SIDE**2 < 0.95
    red, green, blue = opaque[:, :3].mean(0)
    assert red > 150 > 100 > max(green, blue)


@pytest.mark.usefixtures("_font")
@pytest.mark.parametrize("character", ["\U0001f436", "\U0001f1eb\U0001f1f7", "\u2796"])
def test_an_emoji_of_any_form_fills_the_square_one_way_and_lies_in_its_middle(character: str) -> None:
    rows, columns = (np.flatnonzero((picture(character)[..., 3] > 30).any(axis)) for axis in (1, 0))
    extent = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    assert extent > SIDE * 0.8
    assert abs(rows[0] + rows[-1] - SIDE) < 30
    assert abs(columns[0] + columns[-1] - SIDE) < 30


def test_no_shared_emoji_has_its_held_back_word_among_its_words(shared: tuple[Emoji, ...]) -> None:
    assert len(shared) > 1_800
    assert [one.character for one in shared if one.held_back in one.words] == []
    assert sum(bool(one.held_back) for one in shared) > len(shared) / 2


def test_every_shared_word_is_kept_or_held_back(shared: tuple[Emoji, ...]) -> None:
    given = json.loads((SHARED / "emoji-keywords-en.json").read_text(encoding="utf-8"))
    assert [one.character for one in shared] == list(given)
    for one in shared:
        both = {*one.words, *filter(None, [one.held_back])}
        assert both == {word.replace("_", " ") for word in given[one.character]}
        assert one.words[0] == given[one.character][0].replace("_", " ")
