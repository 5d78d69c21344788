"""The everyday words of the photo classes: complete, consistent, and asked about fairly."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import cast

import pytest

from training.everyday import ASKED, EVERYDAY, classes_of

CLASS_WORDS = Path(__file__).resolve().parents[3] / "../shared/data/train/tiny-imagenet-words.json"

EGYPTIAN_CAT, PIPE_ORGAN, CRANE, WALKING_STICK, BRASS = "n02124075", "n03854065", "n03126707", "n02231487", "n02892201"
SPORTS_CAR, GOLDFISH, TEDDY, LION, BROWN_BEAR = "n04285008", "n01443537", "n04399382", "n02129165", "n02132136"


@pytest.fixture(scope="module")
def class_words() -> dict[str, str]:
    if not CLASS_WORDS.exists():
        pytest.skip("the shared training data is not here")
    return cast("dict[str, str]", json.loads(CLASS_WORDS.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def own_words(class_words: dict[str, str]) -> set[str]:
    return {word.strip().lower() for words in class_words.values() for word in words.split(",")}


def test_every_photo_class_has_everyday_words_and_no_other_class_has(class_words: dict[str, str]) -> None:
    assert set(EVERYDAY) == set(class_words)


def test_each_class_has_6_to_14_words() -> None:
    assert {wnid: len(words) for wnid, words in EVERYDAY.items() if not 6 <= len(words) <= 14} == {}


def test_no_class_has_a_word_twice() -> None:
    assert [wnid for wnid, words in EVERYDAY.items() if len(set(words)) != len(words)] == []


def test_words_are_lower_case_and_tidy() -> None:
    assert [
        word for words in EVERYDAY.values() for word in words if not re.fullmatch(r"[a-z0-9'-]+( [a-z0-9'-]+)*", word)
    ] == []


def test_no_everyday_word_is_the_own_word_of_a_class(own_words: set[str]) -> None:
    assert {word for words in EVERYDAY.values() for word in words} & own_words == set()


@pytest.mark.parametrize(
    ("near", "far"),
    [
        ("dog", "animal pet mammal canine"),
        ("cat", "animal pet mammal feline"),
        ("ape", "monkey primate mammal"),
        ("bird", "animal feathers"),
        ("butterfly", "insect wings animal"),
        ("spider", "bug animal"),
        ("frog", "amphibian animal"),
        ("snake", "reptile animal"),
        ("lobster", "crustacean animal"),
        ("sea creature", "animal"),
        ("farm animal", "animal mammal"),
        ("car", "vehicle wheels automobile"),
        ("bus", "vehicle wheels"),
        ("train", "vehicle railway"),
        ("boat", "vehicle watercraft"),
        ("fruit", "food"),
        ("vegetable", "food"),
        ("dessert", "food"),
        ("meal", "food dish"),
        ("bridge", "structure"),
        ("building", "structure"),
        ("tower", "structure"),
        ("bottle", "container"),
        ("table", "furniture"),
        ("swimwear", "clothing garment"),
        ("hat", "clothing"),
        ("musical instrument", "instrument music"),
        ("ball", "sport game"),
    ],
)
def test_a_near_word_implies_its_far_words(near: str, far: str) -> None:
    assert classes_of(near)
    for word in far.split():
        assert classes_of(near) <= classes_of(word), f"{near} without {word}"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("animal", "vehicle"),
        ("animal", "clothing"),
        ("bird", "mammal"),
        ("insect", "spider"),
        ("dog", "cat"),
        ("fruit", "vegetable"),
        ("car", "bus"),
        ("wild animal", "pet"),
        ("food", "container"),
        ("furniture", "building"),
    ],
)
def test_words_that_exclude_each_other_share_no_class(one: str, other: str) -> None:
    assert classes_of(one)
    assert classes_of(other)
    assert classes_of(one) & classes_of(other) == frozenset()


@pytest.mark.parametrize(
    ("wnid", "word", "fits"),
    [
        (CRANE, "machine", True),
        (CRANE, "bird", False),
        (WALKING_STICK, "insect", True),
        (BRASS, "memorial", True),
        (BRASS, "musical instrument", False),
        (PIPE_ORGAN, "musical instrument", True),
        (TEDDY, "toy", True),
        (TEDDY, "animal", False),
        (GOLDFISH, "fish", True),
        (LION, "big cat", True),
        (LION, "cat", False),
    ],
)
def test_a_misleading_class_is_taken_in_the_sense_of_its_photos(wnid: str, word: str, fits: bool) -> None:
    assert (wnid in classes_of(word)) is fits


def test_words_run_from_near_to_far() -> None:
    words = EVERYDAY[BROWN_BEAR]
    assert words.index("bear") < words.index("wild animal") < words.index("animal") < words.index("creature")


def test_a_word_is_found_in_any_case_of_letters() -> None:
    assert SPORTS_CAR in classes_of("Car")
    assert classes_of(" CAT ") == classes_of("cat") == {EGYPTIAN_CAT, "n02123045", "n02123394"}


@pytest.mark.parametrize("word", ["", "accordion", "do"])
def test_a_word_not_listed_is_true_of_no_class(word: str) -> None:
    assert classes_of(word) == frozenset()


def test_forty_different_words_are_asked() -> None:
    assert len(ASKED) == len(set(ASKED)) == 40


@pytest.mark.parametrize("word", ASKED)
def test_an_asked_word_is_true_of_two_classes_at_least(word: str) -> None:
    assert len(classes_of(word)) >= 2


def test_no_asked_word_is_the_own_word_of_a_class(own_words: set[str]) -> None:
    assert set(ASKED) & own_words == set()


def test_asked_words_are_spread_over_most_kinds_of_class() -> None:
    covered = frozenset[str]().union(*map(classes_of, ASKED))
    assert len(covered) >= len(EVERYDAY) * 0.6
