"""Put a dataset's questions to the right and to a wrong document, and count answers, citations and refusals.

    python -m eval.answers --dataset DIR --store S [--json]

Ingest the dataset's documents first: `sightline ingest DIR --store S`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, TypedDict

import typer

from eval.datasets import Question, read_questions
from rag.engine import Engine
from rag.errors import SightlineError
from rag.terminal import show_error
from rag.types import Answer, Filters


class AnswersJson(TypedDict):
    """Shares of the questions, 0..1."""

    questions: int
    """Those that their document answers on known pages."""
    cited: float
    """Answered with an evidence page among the pages cited, the right document given."""
    refused: float
    """Not answered although the right document was given."""
    abstained: float
    """Not answered when put to a wrong document."""
    unanswerable: int
    """Questions that their own document cannot answer."""
    unanswerable_abstained: float


def measure(questions: Sequence[Question], engine: Engine) -> AnswersJson:
    """Ask every question of its document, and the answerable ones also of the document seven places on by name.

    Raises: UnknownDocument if a question's document is not in the store.
    """
    wrong = wrong_documents(questions)
    answerable = [question for question in questions if question.pages and question.answer is not None]
    others = [question for question in questions if question.answer is None]
    right = [_ask(engine, question, question.document) for question in answerable]
    elsewhere = [_ask(engine, question, wrong[question.document]) for question in answerable]
    refused = [_ask(engine, question, question.document) for question in others]
    cited = [
        not {citation.page for citation in answer.citations}.isdisjoint(question.pages)
        for question, answer in zip(answerable, right, strict=True)
    ]
    return {
        "questions": len(answerable),
        "cited": _share(cited),
        "refused": _share([not answer.answerable for answer in right]),
        "abstained": _share([not answer.answerable for answer in elsewhere]),
        "unanswerable": len(others),
        "unanswerable_abstained": _share([not answer.answerable for answer in refused]),
    }


def wrong_documents(questions: Sequence[Question]) -> dict[str, str]:
    """For each document that is asked about, the one seven places on by name."""
    names = sorted({question.document for question in questions})
    return {name: names[(at + 7) % len(names)] for at, name in enumerate(names)}


def _ask(engine: Engine, question: Question, document: str) -> Answer:
    return engine.query(question.question, filters=Filters(document=(document,)))


def _share(flags: Sequence[bool]) -> float:
    return round(sum(flags) / len(flags), 3) if flags else 0.0


def main(
    dataset: Annotated[Path, typer.Option(help="Folder with questions.jsonl.")],
    store: Annotated[Path, typer.Option(help="Store that holds the dataset's documents.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Put a dataset's questions to the right and to a wrong document, and count answers, citations and refusals."""
    try:
        with Engine(store) as engine:
            found = measure(read_questions(dataset), engine)
    except SightlineError as error:
        show_error(error)
        raise typer.Exit(1) from error
    if as_json:
        typer.echo(json.dumps(found))
        return
    typer.echo(f"{found['questions']} questions that their document answers:")
    typer.echo(f"  {found['cited']:.2f} answered, with an evidence page cited")
    typer.echo(f"  {found['refused']:.2f} refused although the right document was given")
    typer.echo(f"  {found['abstained']:.2f} refused when put to a wrong document")
    typer.echo(f"{found['unanswerable']} questions that their document cannot answer:")
    typer.echo(f"  {found['unanswerable_abstained']:.2f} refused")


if __name__ == "__main__":
    typer.run(main)
