"""How well relevance tells questions that are answered here from questions that are not, before a model is asked.

The dataset's questions are put to their own document, to the whole store, and to the document seven places on by name; sixty
everyday questions (`foreign.txt`, none of them a background question) are put to the whole store and to one document each,
the documents taking turns.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from itertools import cycle
from typing import TypedDict

from eval.ask import wrong_documents
from eval.questions import Question
from rag.engine import Engine
from rag.errors import BadRequest
from rag.relevance import RELEVANT_FROM
from rag.types import Filters


class AskedJson(TypedDict):
    """Questions of one kind, and how many of them stop before a model is asked."""

    questions: int
    stopped: int
    share: float
    """0..1."""


class RelevanceJson(TypedDict):
    """What relevance tells apart."""

    asked: dict[str, AskedJson]
    """By kind of question."""
    auc: dict[str, float]
    """Area under the ROC curve, 0..1: the chance that the first kind of question is more relevant than the second."""


def measure(questions: Sequence[Question], foreign: Sequence[str], engine: Engine) -> RelevanceJson:
    """Ask every question in every way, ten hits each.

    Raises: UnknownDocument if a question's document is not in the store; BadRequest if questions are about no document.
    """
    if any(not one.document for one in questions):
        raise BadRequest("The questions are about no document.", hint="Take a dataset with questions.jsonl.")
    wrong = wrong_documents(questions)
    answerable = [one for one in questions if one.wanted and one.answerable]
    others = [one for one in questions if not one.answerable]
    found = {
        "right document": [_relevance(engine, one.question, one.document) for one in answerable],
        "whole store": [_relevance(engine, one.question) for one in answerable],
        "wrong document": [_relevance(engine, one.question, wrong[one.document]) for one in answerable],
        "unanswerable, own document": [_relevance(engine, one.question, one.document) for one in others],
        "foreign, whole store": [_relevance(engine, text) for text in foreign],
        "foreign, one document": [
            _relevance(engine, *pair) for pair in zip(foreign, cycle(sorted(wrong)), strict=False)
        ],
    }
    return {
        "asked": {kind: _asked(values) for kind, values in found.items()},
        "auc": {
            "right against wrong document": area_under_curve(found["right document"], found["wrong document"]),
            "right document against unanswerable": area_under_curve(
                found["right document"], found["unanswerable, own document"]
            ),
            "whole store against foreign": area_under_curve(found["whole store"], found["foreign, whole store"]),
        },
    }


def foreign_questions() -> list[str]:
    """The sixty everyday questions."""
    return [text for text in resources.files("eval").joinpath("foreign.txt").read_text("utf-8").split("\n") if text]


def _relevance(engine: Engine, text: str, document: str | None = None) -> float:
    hits = engine.search(text, filters=Filters(document=(document,)) if document else None)
    return max(hit.relevance for hit in hits)


def _asked(values: Sequence[float]) -> AskedJson:
    stopped = sum(value < RELEVANT_FROM for value in values)
    return {"questions": len(values), "stopped": stopped, "share": round(stopped / max(len(values), 1), 3)}


def area_under_curve(higher: Sequence[float], lower: Sequence[float]) -> float:
    """The share of pairs, one of each, where the first is higher, 0..1; ties count half, and 0.5 where there is no pair."""
    import numpy as np

    difference = np.subtract.outer(np.asarray(higher), np.asarray(lower))
    return round(float(np.mean((difference > 0) + 0.5 * (difference == 0))), 3) if difference.size else 0.5
