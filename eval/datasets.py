"""Questions with known answers: what a dataset folder holds.

DIR/questions.jsonl    our own form: one JSON object per line, the documents at any depth, found by their file names
DIR/captions.jsonl     else pictures that people described: each description is a question whose picture is known
DIR/queries.…          else a collection of queries, corpus and judgements: `eval.collection`
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, Field, ValidationError

from eval.collection import is_collection, read_collection
from eval.questions import Dataset, Question, Wanted, guess_language
from eval.tabular import digest, read_lines
from rag.errors import DamagedFile
from rag.types import Box

QUESTIONS = "questions.jsonl"
CAPTIONS = "captions.jsonl"

Form = TypeVar("Form", bound=BaseModel)
Name = Annotated[str, Field(min_length=1)]
Page = Annotated[int, Field(ge=0)]
"""From 1; labels of real datasets hold a 0 here and there, which no document has."""


class _Wanted(BaseModel):
    document: Name
    page: Page | None = None
    grade: Annotated[int, Field(ge=1)] = 1
    boxes: tuple[Box, ...] = ()


class _Line(BaseModel):
    id: Name
    question: Name
    document: Name = ""
    pages: tuple[Page, ...] | None = None
    wanted: tuple[_Wanted, ...] | None = None
    answer: str | None = None
    answers: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    document_type: str = ""
    language: str = ""


class _Described(BaseModel):
    image: Name
    captions: Annotated[tuple[Name, ...], Field(min_length=1)]


def read_dataset(folder: Path, *, split: str = "test") -> Dataset:
    """Read the questions of a dataset, in the order of the file.

    `split`: which judgements of a collection count.
    Raises: UnreadablePath if there is no dataset in the folder; DamagedFile if a line is wrong, if two questions have the
        same id, or if there is none; UnsupportedFile for parquet. The message names file and line.
    """
    if (folder / QUESTIONS).is_file():
        dataset = _dataset(folder, "questions", folder / QUESTIONS)
    elif (folder / CAPTIONS).is_file():
        dataset = _dataset(folder, "captions", folder / CAPTIONS)
    elif is_collection(folder):
        dataset = read_collection(folder, split=split)
    else:
        dataset = _dataset(folder, "questions", folder / QUESTIONS)
    if not dataset.questions:
        raise DamagedFile(f"{folder} holds no question.", hint="Write one JSON object per line.")
    (id, times), *_ = Counter(question.id for question in dataset.questions).most_common(1)
    if times > 1:
        raise DamagedFile(
            f"{folder} has {times} questions with the id {id!r}.", hint="Give each question an id of its own."
        )
    return dataset


def _dataset(folder: Path, kind: str, path: Path) -> Dataset:
    lines = read_lines(
        path,
        hint=f"Name a folder that holds {QUESTIONS}, {CAPTIONS}, or queries, corpus and qrels: docs/evaluation.md.",
    )
    questions = (
        tuple(question for place, line in lines for question in _described(line, place))
        if kind == "captions"
        else tuple(_read(line, place) for place, line in lines)
    )
    return Dataset(folder.resolve().name, kind, questions, digest([path]))


def _described(line: str, place: str) -> list[Question]:
    """A question for each caption; those of one picture succeed and fail together."""
    read = _validated(_Described, line, place, what="a described picture")
    return [
        Question(
            id=f"{read.image}#{at}",
            question=caption,
            wanted=(Wanted(read.image),),
            sources=("image",),
            language=guess_language(caption),
            cluster=read.image,
        )
        for at, caption in enumerate(read.captions)
    ]


def _validated(kind: type[Form], line: str, place: str, *, what: str = "a question") -> Form:
    try:
        return kind.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise _wrong(place, f"{where + ': ' if where else ''}{first['msg']}", what=what) from error


def _read(line: str, place: str) -> Question:
    read = _validated(_Line, line, place)
    if (read.pages is None) == (read.wanted is None):
        raise _wrong(place, "it names either its pages or what is wanted")
    if read.pages is not None and not read.document:
        raise _wrong(place, "document: the pages are of no document")
    answers = read.answers or ((read.answer,) if read.answer is not None else ())
    if read.wanted is not None:
        wanted = tuple(Wanted(one.document, one.page, one.grade, one.boxes) for one in read.wanted)
    else:
        wanted = tuple(Wanted(read.document, page) for page in dict.fromkeys(read.pages or ()))
    # An answer of null says that there is none; one that is left out says nothing.
    denied = "answer" in read.model_fields_set and read.answer is None and not read.answers
    return Question(
        id=read.id,
        question=read.question,
        wanted=wanted,
        document=read.document,
        answers=answers,
        answerable=not denied and bool(answers or wanted),
        sources=read.sources,
        document_type=read.document_type,
        language=read.language or guess_language(read.question),
    )


def _wrong(place: str, reason: str, *, what: str = "a question") -> DamagedFile:
    return DamagedFile(f"{place} is not {what}: {reason}.", hint="The fields are described in docs/evaluation.md.")
