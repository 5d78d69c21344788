"""The generator that quotes: with words alone, and with words and meaning."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from rag.encoders.builtin import BuiltinEncoder
from rag.generators.extractive import ExtractiveGenerator
from rag.prompt import build_prompt
from tests.evidence import hit, table

HITS = [
    hit("The tower has 168 steps. The keeper lit the lamp in 1874."),
    table("Visitors by year", "Year | Visitors | Donations", "2023 | 8,900 | 310", "2024 | 9,412 | 287", rank=2),
    hit("Figure 3: Storms by month", rank=3, modality="image", media="m" * 64),
    hit("1913年从福州寄来一口铜钟。铜钟重八十六公斤。", rank=4),
]


@pytest.fixture(
    scope="module",
    params=[ExtractiveGenerator, lambda: ExtractiveGenerator(BuiltinEncoder())],
    ids=["words", "words and meaning"],
)
def generator(request: pytest.FixtureRequest) -> ExtractiveGenerator:
    make: Callable[[], ExtractiveGenerator] = request.param
    return make()


def say(generator: ExtractiveGenerator, question: str) -> str:
    return "".join(generator.generate(build_prompt(question, HITS)))


@pytest.mark.parametrize(
    ("question", "word", "number"),
    [
        ("How many steps does the tower have?", "168", 1),
        ("When did the keeper light the lamp?", "1874", 1),
        ("How many visitors came in 2024?", "9,412", 2),
        ("What were the donations in 2023?", "310", 2),
        ("Which figure shows storms by month?", "Figure 3", 3),
        ("铜钟有多重？", "八十六公斤", 4),
    ],
)
def test_it_answers_from_the_evidence_and_names_it(
    generator: ExtractiveGenerator, question: str, word: str, number: int
) -> None:
    said = say(generator, question)
    assert word in said
    assert f"[{number}]" in said


def test_it_names_only_evidence_that_was_offered(generator: ExtractiveGenerator) -> None:
    said = say(generator, "How many steps does the tower have, and how many visitors came in 2024?")
    assert {int(number) for number in re.findall(r"\[(\d+)\]", said)} <= {1, 2, 3, 4}


def test_it_says_nothing_where_the_evidence_does_not_answer(generator: ExtractiveGenerator) -> None:
    assert say(generator, "Who won the football championship in Brazil?") == ""


def test_it_says_nothing_without_evidence_or_question(generator: ExtractiveGenerator) -> None:
    assert "".join(generator.generate(build_prompt("How many steps?", []))) == ""
    assert say(generator, "???") == ""
