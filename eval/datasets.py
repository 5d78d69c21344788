"""Questions with known answers: what a dataset folder holds.

DIR/questions.jsonl    one JSON object per line, the fields of `Question`
DIR/…                  the documents, at any depth, found by their file names
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from rag.errors import DamagedFile, UnreadablePath

QUESTIONS = "questions.jsonl"

Name = Annotated[str, Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Question:
    """One question about one document, and what is known to be right."""

    id: Name
    document: Name
    """The document's file name."""
    question: Name
    pages: tuple[int, ...]
    """Pages that hold the evidence, from 1; empty where the document does not answer, or no page is needed.
    As labelled: a page that the document does not have is kept, and counts as missed."""
    answer: str | None = None
    """None where the document does not answer."""
    answer_format: str = ""
    sources: tuple[str, ...] = ()
    """Kinds of evidence: text, table, chart, figure, layout."""
    document_type: str = ""


_question = TypeAdapter(Question)


def read_questions(folder: Path) -> tuple[Question, ...]:
    """Read the questions of a dataset, in the order of the file.

    Raises: UnreadablePath if there is no `questions.jsonl` in the folder; DamagedFile if a line is not a question, if two
        have the same id, or if there is none; the message names the line.
    """
    path = folder / QUESTIONS
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise UnreadablePath(
            f"{path} cannot be read: {error.strerror}.", hint=f"Name a folder that holds {QUESTIONS} and its documents."
        ) from error
    except UnicodeDecodeError as error:
        raise DamagedFile(f"{path} is not UTF-8.", hint="Write one JSON object per line, in UTF-8.") from error
    questions = [_read(line, f"{path}, line {number}") for number, line in enumerate(lines, start=1) if line.strip()]
    if not questions:
        raise DamagedFile(f"{path} holds no question.", hint="Write one JSON object per line.")
    (id, times), *_ = Counter(question.id for question in questions).most_common(1)
    if times > 1:
        raise DamagedFile(
            f"{path} has {times} questions with the id {id!r}.", hint="Give each question an id of its own."
        )
    return tuple(questions)


def _read(line: str, place: str) -> Question:
    try:
        return _question.validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise DamagedFile(
            f"{place} is not a question: {where + ': ' if where else ''}{first['msg']}.",
            hint="The fields are described in docs/evaluation.md.",
        ) from error
