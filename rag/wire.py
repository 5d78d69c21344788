"""The JSON that programs rely on: printed by the command line, sent by the service, read back by the client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NotRequired

# Before Python 3.12 pydantic, which describes these in the service's OpenAPI document, cannot use typing's own.
from typing_extensions import TypedDict

from rag.types import (
    Box,
    JobFileState,
    JobKind,
    JobState,
    Modality,
    NoteCode,
    Route,
    Support,
)

if TYPE_CHECKING:
    pass


class DocumentRef(TypedDict):
    """Which document."""

    id: str
    source: str
    title: str


class DocumentJson(DocumentRef):
    """A document as it is listed."""

    media_type: str
    n_pages: int
    collections: list[str]
    metadata: dict[str, str]
    ingested_at: str


class DocumentDetailJson(DocumentJson):
    """A document and how many elements of each modality were read from it."""

    elements: dict[str, int]


class DocumentsJson(TypedDict):
    """A part of the list of documents, by source; `next` is the cursor of the part after it, null at the end."""

    documents: list[DocumentJson]
    total: int
    next: str | None


class CollectionJson(TypedDict):
    """A collection: what it holds, and how it is asked where nothing else is said; null for the service's own setting."""

    name: str
    documents: int
    pages: int
    elements: dict[str, int]
    route: Route | None
    generator: str | None


class CollectionsJson(TypedDict):
    """Every collection, by name."""

    collections: list[CollectionJson]


class ListedJson(TypedDict):
    """What one list says of a hit: its rank from 1, its score there (BM25, or a cosine), and how far that is above noise."""

    rank: int
    raw: float
    calibrated: float | None


class PlaceJson(TypedDict):
    """Where something stands; `element` is its id."""

    document: DocumentRef
    page: int
    box: Box | None
    element: str


class HitJson(TypedDict):
    """Something that was found. Pages count from 1; boxes are fractions of the page, origin top left."""

    rank: int
    score: float
    relevance: float
    modality: Modality
    document: DocumentRef
    page: int
    box: Box | None
    section: list[str]
    text: str
    ocr: str
    caption: str
    context: str
    media: str | None
    origin: str
    element: str
    found_by: list[str]
    ranks: dict[str, int]
    also: list[PlaceJson]
    explain: NotRequired[dict[str, ListedJson]]


class NoteJson(TypedDict):
    """Something to know of how it was searched; `code` never changes."""

    code: NoteCode
    message: str


class SearchJson(TypedDict):
    """What a search found, best first, and what there is to know of how it was searched."""

    hits: list[HitJson]
    notes: list[NoteJson]


class EvidenceJson(TypedDict):
    """Where a sentence comes from."""

    number: int
    document: DocumentRef
    page: int
    box: Box | None
    quote: str
    media: str | None
    also: list[PlaceJson]


class CitationJson(TypedDict):
    """A sentence of the answer and its evidence."""

    sentence: str
    evidence: EvidenceJson


class SentenceJson(TypedDict):
    """A sentence of the answer: the evidence it names, and what of it that evidence does not hold."""

    text: str
    numbers: list[int]
    support: Support
    missing: list[str]


class UsageJson(TypedDict):
    """What the answer took; 0 where it is not known."""

    tokens_in: int
    tokens_out: int
    peak_bytes: int


class AnswerJson(TypedDict):
    """An answer. Where `answerable` is false, `hits` still holds the nearest evidence."""

    question: str
    asked: str
    answer: str
    answerable: bool
    citations: list[CitationJson]
    sentences: list[SentenceJson]
    invented: list[int]
    data: Any  # Any: JSON of the form that was asked for
    images: list[HitJson]
    hits: list[HitJson]
    notes: list[NoteJson]
    left_out: int
    model: str
    seconds: dict[str, float]
    usage: UsageJson


class NumberedJson(HitJson):
    """A piece of evidence as it was put to the model."""

    number: int


class SourcesJson(TypedDict):
    """The event `sources`: the evidence that the model is given."""

    evidence: list[NumberedJson]


class DeltaJson(TypedDict):
    """The event `delta`: the next stretch of the answer's text."""

    text: str


class CitedJson(TypedDict):
    """The event `citation`: a sentence that is complete, with its evidence."""

    sentence: SentenceJson
    evidence: list[EvidenceJson]


class FailedJson(TypedDict):
    """A file that was not taken, and why."""

    path: str
    code: str
    reason: str


class CaptionCountsJson(TypedDict):
    """What became of the distinct pictures that a captioner was to describe; all zero without one."""

    made: int
    known: int
    gaps: int
    too_small: int
    reason: str


class IngestJson(TypedDict):
    """What an ingest did; `documents`, `elements` and `pages` are what the store now holds of the given paths."""

    documents: int
    elements: dict[str, int]
    pages: int
    added: int
    unchanged: int
    replaced: int
    removed: int
    failed: list[FailedJson]
    captions: CaptionCountsJson
    seconds: float


class JobCountsJson(TypedDict):
    """The files of a job: `done` are taken, or were here already; those are also in `unchanged`."""

    total: int
    done: int
    failed: int
    unchanged: int


class JobErrorJson(TypedDict):
    """Why a job failed as a whole."""

    code: str
    detail: str
    hint: str


class JobJson(TypedDict):
    """An ingest and how far it is; `paths` are the names of the files where it is an upload. Times are UTC, ISO 8601."""

    id: str
    kind: JobKind
    state: JobState
    collection: str
    paths: list[str]
    created: str
    started: str | None
    ended: str | None
    files: JobCountsJson
    pages: int
    current: str
    seconds_left: float | None
    resumed: int
    report: IngestJson | None
    error: JobErrorJson | None


class JobsJson(TypedDict):
    """A part of the list of jobs, newest first; `next` is the cursor of the part after it, null at the end."""

    jobs: list[JobJson]
    next: str | None


class JobFileJson(TypedDict):
    """A file of a job; `code` and `reason` say why it failed, `n_pages` is 0 until it is done."""

    source: str
    state: JobFileState
    code: str
    reason: str
    n_pages: int


class JobFilesJson(TypedDict):
    """A part of the list of a job's files, in the order in which they were found; `next` as in the list of jobs."""

    files: list[JobFileJson]
    next: str | None


class AcceptedJson(TypedDict):
    """The job that a request began."""

    job: JobJson


class StatusJson(TypedDict):
    """What a store holds, which models made it, and which files could not be taken."""

    store: str
    documents: int
    pages: int
    elements: dict[str, int]
    encoders: str
    generators: str
    collections: list[CollectionJson]
    failed: list[FailedJson]


class LimitsJson(TypedDict):
    """What the service takes in one request."""

    k: int
    query_chars: int
    upload_mb: int
    upload_files: int


class InfoJson(TypedDict):
    """What the service is, and what its store holds."""

    version: str
    store: str
    encoders: list[str]
    generators: list[str]
    documents: int
    pages: int
    elements: dict[str, int]
    limits: LimitsJson


class FieldProblemJson(TypedDict):
    """What is wrong with one field of a request."""

    field: str
    message: str


class ProblemJson(TypedDict):
    """An error as RFC 9457 has it; `code` never changes, `hint` says what to do now, `request_id` finds it in the log."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    hint: str
    request_id: str
    errors: list[FieldProblemJson]
