"""A run: what was asked of which store, and what came back for every single question; kept as JSON Lines.

The first line is the header, every further line a question. Nothing is left out that a measure was made of.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import TypeAdapter, ValidationError

from eval.judge import Verdict
from eval.tabular import read_lines
from rag.errors import DamagedFile, UnreadablePath
from rag.types import Box, Modality, Route, Support

T = TypeVar("T")
Scope = Literal["given", "store", "wrong"]
"""Where a question is put: to its own document, to the whole store, or to a wrong document."""


@dataclass(frozen=True, slots=True)
class Header:
    """What was run."""

    name: str
    """Short, for tables and legends."""
    dataset: str
    digest: str
    """sha256 over the dataset's files, hex."""
    store: str
    documents: int
    encoders: Mapping[str, str]
    """What the store was made with: revision and the beginning of the weights' digest, by name."""
    scope: Scope
    route: Route
    ks: tuple[int, ...]
    hits: int
    """Asked for, for each question."""
    generator: str
    """Empty where no answers were asked for."""
    judge: str
    versions: Mapping[str, str]
    began: str
    """UTC, ISO 8601."""
    format: Literal[1] = 1


@dataclass(frozen=True, slots=True)
class WantedUnit:
    """A page, or a document, that holds evidence, and where it came out."""

    document: str
    document_id: str
    page: int | None
    grade: int
    rank: int | None
    """Among the distinct pages (or documents) found, from 1; None if it was not found."""
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A hit."""

    rank: int
    document: str
    document_id: str
    page: int
    modality: Modality
    element: str
    score: float
    relevance: float
    ranks: Mapping[str, int]
    """Rank in each list that found it."""
    raw: Mapping[str, float]
    """Its score in each of these lists."""
    calibrated: Mapping[str, float]
    """How far above the noise, where that can be told."""
    box: Box | None = None
    section: tuple[str, ...] = ()
    media: str | None = None
    text: str = ""
    """Its beginning."""


@dataclass(frozen=True, slots=True)
class CitedPlace:
    """One sentence of an answer and its place."""

    number: int
    sentence: str
    document: str
    document_id: str
    page: int
    box: Box | None
    quote: str


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence of an answer, and whether its evidence bears it out."""

    text: str
    support: Support
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """What was answered."""

    text: str
    answerable: bool
    """Whether it answers; false where it abstains."""
    references: tuple[str, ...]
    citations: tuple[CitedPlace, ...]
    sentences: tuple[Said, ...]
    verdict: Verdict | None = None
    """The judge's; None without one, or without a reference."""


@dataclass(frozen=True, slots=True)
class Row:
    """One question, all that came back, and how good it was."""

    id: str
    question: str
    group: str
    """Questions of one group are drawn together."""
    answerable: bool
    """Whether it can be answered where it was put."""
    labels: Mapping[str, tuple[str, ...]]
    """What the question is sliced by: evidence, modality, language, document, text layer, route, answerable."""
    wanted: tuple[WantedUnit, ...]
    found: tuple[Found, ...]
    measures: Mapping[str, float]
    """Those that can be told for this question."""
    seconds: Mapping[str, float]
    """Wall time of each stage; `search` always."""
    answer: AnswerRow | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A header and its rows."""

    header: Header
    rows: tuple[Row, ...] = field(default=())

    @property
    def by_id(self) -> dict[str, Row]:
        """The rows by the questions' ids."""
        return {row.id: row for row in self.rows}


_header = TypeAdapter(Header)
_row = TypeAdapter(Row)


def write_run(run: Run, path: Path) -> None:
    """Write a run; folders are made as needed.

    Raises: UnreadablePath if it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8") as file:
            for line in (asdict(run.header), *(asdict(row) for row in run.rows)):
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
    except OSError as error:
        raise UnreadablePath(
            f"{path} cannot be written: {error.strerror}.", hint="Name another file: -o FILE"
        ) from error


def read_run(path: Path) -> Run:
    """Read a run that was written.

    Raises: UnreadablePath; DamagedFile if it is no run, of another version, or broken off; the message names the line.
    """
    lines = read_lines(path, hint="Make one: sightline eval run DATASET --store S -o FILE")
    if not lines:
        raise DamagedFile(f"{path} is empty.", hint="Make it anew: sightline eval run DATASET --store S -o FILE")
    (place, first), *rest = lines
    return Run(_read(_header, first, place), tuple(_read(_row, line, place) for place, line in rest))


def _read(kind: TypeAdapter[T], line: str, place: str) -> T:
    try:
        return kind.validate_json(line)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in wrong["loc"])
        raise DamagedFile(
            f"{place} is not of a run: {where + ': ' if where else ''}{wrong['msg']}.",
            hint="Make it anew: sightline eval run DATASET --store S -o FILE",
        ) from error
