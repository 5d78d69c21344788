"""Questions that lean on earlier ones, and pictures that they point at."""

from __future__ import annotations

import pytest

from rag.followup import pointed_at, standalone
from rag.generators.extractive import ExtractiveGenerator
from rag.types import Turn
from tests.scripted import ScriptedGenerator

BEFORE = Turn("How many visitors came to the lighthouse in 2023?", "8,900 came. [1]", images=("a", "b", "c"))
PLAIN = ExtractiveGenerator()


def test_a_question_without_history_is_as_it_is() -> None:
    generator = ScriptedGenerator(["Something else?"])
    assert standalone("And then?", (), generator) == "And then?"
    assert generator.prompts == []


@pytest.mark.parametrize("question", ["When was the harbour of Haiyan built?", "Who painted the north wall in 1911?"])
def test_a_question_that_stands_alone_stays_as_it_is(question: str) -> None:
    assert standalone(question, [BEFORE], PLAIN) == question


@pytest.mark.parametrize(
    ("question", "alone"),
    [
        ("And in 2024?", "How many visitors came to the lighthouse in 2024?"),
        ("What about 2024?", "How many visitors came to the lighthouse in 2024?"),
        ("How high is it?", "How high is it? (visitors came lighthouse 2023)"),
        ("And the donations?", "And the donations? (visitors came lighthouse 2023)"),
    ],
)
def test_a_follow_up_takes_over_what_it_leaves_out(question: str, alone: str) -> None:
    assert standalone(question, [BEFORE], PLAIN) == alone


def test_a_chain_of_follow_ups_reaches_back_to_its_subject() -> None:
    turns = [BEFORE, Turn("And in 2024?", "9,412 came. [1]")]
    assert standalone("And in 2022?", turns, PLAIN) == "How many visitors came to the lighthouse in 2022?"


@pytest.mark.parametrize("written", ['"How many came in 2024?"', "Question: How many came in 2024?\nBecause …"])
def test_a_model_writes_the_question_out(written: str) -> None:
    generator = ScriptedGenerator([written])
    assert standalone("And in 2024?", [BEFORE], generator) == "How many came in 2024?"
    (prompt,) = generator.prompts
    assert (prompt.evidence, prompt.history) == ((), (BEFORE,))


@pytest.mark.parametrize("written", ["", "…", "word " * 200])
def test_what_a_model_writes_is_not_taken_where_it_is_no_question(written: str) -> None:
    alone = standalone("And in 2024?", [BEFORE], ScriptedGenerator([written]))
    assert alone == "How many visitors came to the lighthouse in 2024?"


@pytest.mark.parametrize(
    ("question", "element"),
    [
        ("What does the second chart show?", "b"),
        ("the 3rd picture, please", "c"),
        ("And the last figure?", "c"),
        ("Explain the first of the images.", "a"),
        ("What is in that picture?", "a"),
        ("第二张图是什么？", "b"),
        ("What is the fourth photo?", None),
        ("How many came in the second year?", None),
        ("How many came?", None),
    ],
)
def test_a_question_may_point_at_a_picture_that_was_shown(question: str, element: str | None) -> None:
    assert pointed_at(question, [BEFORE]) == element


def test_the_pictures_of_the_latest_answer_that_had_any_are_meant() -> None:
    turns = [BEFORE, Turn("?", "!", images=("x", "y")), Turn("?", "!")]
    assert pointed_at("the second chart", turns) == "y"


def test_without_pictures_nothing_is_pointed_at() -> None:
    assert pointed_at("the second chart", [Turn("?", "!")]) is None
