"""The ways to ask for a thing are English, and many."""

from __future__ import annotations

import pytest

from training.sentences import OF_A_CLASS, OF_A_PHOTO, OF_AN_EMOJI, ZERO_SHOT, of_class, of_word, say


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("orange", "a photo of an orange"),
        ("Egyptian cat", "a photo of an Egyptian cat"),
        ("umbrella", "a photo of an umbrella"),
        ("iPod", "a photo of an iPod"),
        ("tench", "a photo of a tench"),
        ("Yorkshire terrier", "a photo of a Yorkshire terrier"),
    ],
)
def test_a_name_has_the_article_of_its_first_letter(name: str, said: str) -> None:
    assert say("a photo of {a}", name) == said


def test_a_name_stands_alone_or_with_its_kind() -> None:
    assert say("{}", "tench") == "tench"
    assert say("{a}, a kind of {kind}", "tench", "fish") == "a tench, a kind of fish"


@pytest.mark.parametrize("templates", [OF_A_PHOTO, OF_A_CLASS, OF_AN_EMOJI, ZERO_SHOT])
def test_every_template_names_the_thing_and_leaves_no_brace(templates: tuple[str, ...]) -> None:
    said = [say(template, "tench", "fish") for template in templates]
    assert all("tench" in sentence and not set("{}") & set(sentence) for sentence in said)
    assert len(set(said)) == len(templates)


def test_a_word_is_asked_for_in_every_way() -> None:
    said = of_word("animal")
    assert len(set(said)) == len(OF_A_PHOTO)
    assert {"animal", "an animal", "a photo of an animal"} <= set(said)


def test_every_sentence_of_a_class_names_it() -> None:
    said = of_class(["tench", "Tinca tinca", "doctor fish"], ["fish", "freshwater fish", "animal", "creature"])
    assert len(set(said)) == len(said)
    assert all(any(name in sentence for name in ("tench", "Tinca tinca", "doctor fish")) for sentence in said)


def test_a_class_is_said_to_be_of_its_three_nearest_kinds() -> None:
    said = of_class(["tench"], ["fish", "freshwater fish", "animal", "creature"])
    assert {"a tench, a kind of fish", "a photo of a tench, a fish", "tench (freshwater fish)"} <= set(said)
    assert not any("creature" in sentence for sentence in said)


def test_a_class_without_kinds_is_asked_for_by_its_names_alone() -> None:
    assert len(of_class(["tench", "Tinca tinca"], [])) == 2 * len(OF_A_PHOTO)
