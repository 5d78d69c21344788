"""A model's whole answers, checked: what is right raises no alarm, what was altered or made up never passes."""

from __future__ import annotations

import random

import pytest

from rag.answer import Asked, answer, whole
from rag.types import Answer
from tests.evidence import hit, table
from tests.scripted import ScriptedGenerator
from tests.unit.rag.claims.facts import TELLINGS, Fact

N_ANSWERS = 200


def say(fact: Fact, sentence: str) -> Answer:
    """What comes of a model that says this of a fact, which stands in a text and in a table among others."""
    others = [Fact(random.Random(seed)) for seed in (1, 2)]
    hits = [
        hit(others[0].told(TELLINGS[0])),
        hit(fact.told(TELLINGS[1]), rank=2),
        table(*others[1].table().split("\n"), rank=3),
    ]
    generator = ScriptedGenerator([sentence[at : at + 7] for at in range(0, len(sentence), 7)])
    return whole(answer(Asked("What is told?"), search=lambda _: hits, generator=generator))


@pytest.fixture(scope="module")
def facts() -> list[Fact]:
    rng = random.Random(2026)
    return [Fact(rng) for _ in range(N_ANSWERS)]


def test_no_right_answer_raises_an_alarm(facts: list[Fact]) -> None:
    for at, fact in enumerate(facts):
        found = say(fact, f"{fact.told(TELLINGS[at % 4]).rstrip('.')} [2].")
        assert {sentence.support for sentence in found.sentences} == {"supported"}, found.sentences


def test_every_altered_number_date_and_name_is_caught(facts: list[Fact]) -> None:
    n_planted = 0
    for at, fact in enumerate(facts[:60]):
        for kind, instead, _ in fact.wrong():
            n_planted += 1
            # A name alone at a sentence's start may be any word, which the claim check does not tell from one.
            sentence = fact.told(TELLINGS[2 if kind == "another name" else at % 4], **instead)
            found = say(fact, f"{sentence.rstrip('.')} [2].")
            assert {one.support for one in found.sentences} & {"unsupported", "uncited"}, (kind, sentence)
    assert n_planted > 1_000


def test_every_number_that_was_not_offered_is_taken_out(facts: list[Fact]) -> None:
    rng = random.Random(7)
    for fact in facts:
        made_up = rng.randint(4, 99_999)
        marker = rng.choice(
            ["[{}]", "[2, {}]", "[evidence {}]", "【{}】", "[{}][2]", "［{}］", "(evidence {})", "[^{}]"]
        )
        found = say(fact, f"{fact.told(TELLINGS[0]).rstrip('.')} {marker.format(made_up)}.")
        assert found.invented == (made_up,)
        assert {citation.number for citation in found.citations} <= {2}
        assert not any(f"{bracket}{made_up}" in found.text for bracket in "[【［ ")
