from __future__ import annotations

from pathlib import Path

import pytest

from eval.datasets import read_dataset
from eval.questions import Question
from eval.relevance import area_under_curve, foreign_questions, measure
from rag.engine import Engine
from rag.errors import BadRequest


def test_every_question_is_asked_in_every_way_and_nothing_stops_where_the_noise_is_unknown(
    dataset: Path, engine: Engine
) -> None:
    found = measure(read_dataset(dataset).questions, ["Why do cats purr?", "Who won?", "How deep is it?"], engine)
    assert {kind: (asked["questions"], asked["stopped"]) for kind, asked in found["asked"].items()} == {
        "right document": (3, 0),
        "whole store": (3, 0),
        "wrong document": (3, 0),
        "unanswerable, own document": (1, 0),
        "foreign, whole store": (3, 0),
        "foreign, one document": (3, 0),
    }
    assert set(found["auc"].values()) == {0.5}


def test_questions_about_no_document_cannot_be_put_to_a_wrong_one(engine: Engine) -> None:
    with pytest.raises(BadRequest, match="about no document"):
        measure([Question("a", "Why?")], [], engine)


def test_sixty_everyday_questions_are_asked() -> None:
    assert len(set(foreign_questions())) == 60


@pytest.mark.parametrize(
    ("higher", "lower", "area"),
    [([0.9, 0.8], [0.1], 1.0), ([0.1], [0.9], 0.0), ([0.5, 0.9], [0.5, 0.1], 0.875), ([], [0.5], 0.5)],
)
def test_the_area_counts_pairs_in_the_right_order_and_half_of_the_ties(
    higher: list[float], lower: list[float], area: float
) -> None:
    assert area_under_curve(higher, lower) == area
