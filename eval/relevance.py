"""How well relevance tells questions that are answered here from questions that are not, before a model is asked.

    python -m eval.relevance --dataset DIR --store S [--json]

Ingest the dataset's documents first: `sightline ingest DIR --store S`. The dataset's questions are put to their own document,
to the whole store, and to the document seven places on by name; sixty everyday questions (`foreign.txt`, none of them a
background question) are put to the whole store and to one document each, the documents taking turns.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import resources
from itertools import cycle
from pathlib import Path
from typing import Annotated, TypedDict

import numpy as np
import typer

from eval.answers import wrong_documents
from eval.datasets import Question, read_questions
from rag.engine import Engine
from rag.errors import SightlineError
from rag.relevance import RELEVANT_FROM
from rag.terminal import show_error
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

    Raises: UnknownDocument if a question's document is not in the store.
    """
    wrong = wrong_documents(questions)
    answerable = [one for one in questions if one.pages and one.answer is not None]
    others = [one for one in questions if one.answer is None]
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


def _relevance(engine: Engine, text: str, document: str | None = None) -> float:
    hits = engine.search(text, filters=Filters(document=(document,)) if document else None)
    return max(hit.relevance for hit in hits)


def _asked(values: Sequence[float]) -> AskedJson:
    stopped = sum(value < RELEVANT_FROM for value in values)
    return {"questions": len(values), "stopped": stopped, "share": round(stopped / max(len(values), 1), 3)}


def area_under_curve(higher: Sequence[float], lower: Sequence[float]) -> float:
    """The share of pairs, one of each, where the first is higher, 0..1; ties count half, and 0.5 where there is no pair."""
    difference = np.subtract.outer(np.asarray(higher), np.asarray(lower))
    return round(float(np.mean((difference > 0) + 0.5 * (difference == 0))), 3) if difference.size else 0.5


def main(
    dataset: Annotated[Path, typer.Option(help="Folder with questions.jsonl.")],
    store: Annotated[Path, typer.Option(help="Store that holds the dataset's documents.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Count the questions that stop before a model is asked: those answered here, and those that are not."""
    foreign = resources.files("eval").joinpath("foreign.txt").read_text("utf-8").split("\n")
    try:
        with Engine(store) as engine:
            found = measure(read_questions(dataset), [text for text in foreign if text], engine)
    except SightlineError as error:
        show_error(error)
        raise typer.Exit(1) from error
    if as_json:
        typer.echo(json.dumps(found))
        return
    typer.echo("Stopped before a model is asked:")
    for kind, asked in found["asked"].items():
        typer.echo(f"  {asked['share']:.3f}  {kind} ({asked['stopped']} of {asked['questions']})")
    typer.echo("Area under the ROC curve:")
    for pair, area in found["auc"].items():
        typer.echo(f"  {area:.3f}  {pair}")


if __name__ == "__main__":
    typer.run(main)
