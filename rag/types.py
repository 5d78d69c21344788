"""The nouns of the house: what is read, found, prompted with and answered.

Every type is frozen: functions return new ones. Pages count from 1. Boxes are fractions of the page with the origin at
the top left. Scores are higher for better.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, SupportsIndex, TypeAlias, TypedDict, overload

from rag.shown.shown import Shown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from rag.evidence_cards import Pictures
    from rag.query import Part

    Vectors: TypeAlias = NDArray[np.float32]
    """float32 (n, dim), rows of length 1."""
    Ids: TypeAlias = NDArray[np.int64]
    """int64 (n,), the catalogue's row numbers."""

Modality = Literal["text", "image", "table", "page"]
JsonValue: TypeAlias = "str | int | float | bool | list[JsonValue] | dict[str, JsonValue] | None"
MODALITIES: tuple[Modality, ...] = ("text", "image", "table", "page")

Route = Literal["shared", "caption", "fused"]
"""How pictures are found: by their vectors in the space that they share with words; by what is written about them and in
them; or by both and by BM25, fused by rank."""
ROUTES: tuple[Route, ...] = ("shared", "caption", "fused")

Box: TypeAlias = tuple[float, float, float, float]
"""(x0, y0, x1, y1), each 0..1 of the page's width or height, origin top left, x0 <= x1 and y0 <= y1."""

WHOLE_PAGE: Box = (0.0, 0.0, 1.0, 1.0)

DEFAULT_COLLECTION = "default"
"""Where files go that are not put into another."""

Origin = Literal["parsed", "ocr"]
"""Whether a text stood in the file or was read from a picture (and may hold misread letters)."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where a stretch of an element's text lies: `text[start:end]` stands in `box` of the element's page."""

    start: int
    end: int
    box: Box


@dataclass(frozen=True, slots=True)
class Document:
    """One file's contents. The same bytes under two names are one document."""

    id: str
    """sha256 of the bytes, hex."""
    source: str
    """The path below the folder that was ingested, with forward slashes; an upload's file name."""
    title: str
    media_type: str
    """For instance `application/pdf`."""
    n_pages: int
    """At least 1: a format without pages counts as one page."""
    collections: tuple[str, ...] = (DEFAULT_COLLECTION,)
    """Those in which the bytes lie, by name; one at least."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    ingested_at: str = ""
    """UTC, ISO 8601; empty until the store has taken it."""


class Documents(Shown, list[Document]):
    """Documents as they are listed: a list that shows itself as a table."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Element:
    """The unit that is found and cited."""

    modality: Modality
    text: str
    """Passage; a table's cells, a line per row, ` | ` between cells; a picture's caption or alt text; a page's whole text."""
    page: int
    """From 1."""
    box: Box | None = None
    """None where the format has no layout (txt, md, html)."""
    section: tuple[str, ...] = ()
    """Headings above, outermost first."""
    start: int = 0
    """Position of the text in the document's text, in characters; `end` is one past it."""
    end: int = 0
    media: str | None = None
    """Hash of the picture in the media store; None without a picture."""
    ocr: str = ""
    """Text read from the element's picture."""
    caption: str = ""
    """What a captioner wrote about the element's picture; empty without one."""
    context: str = ""
    """What stands beside a picture or table: the paragraph that mentions it or stands next to it."""
    origin: Origin = "parsed"
    spans: tuple[Span, ...] = ()
    """Boxes of the text's lines (or a table's cells), in order of `start`; empty where there is no layout."""
    id: str = ""
    """sha256 over document id, ordinal and contents; empty until the element is bound to its document."""
    document_id: str = ""


@dataclass(frozen=True, slots=True)
class Filters:
    """What may be found. Empty fields let everything through; several fields must all hold."""

    document: tuple[str, ...] = ()
    """Document ids, sources or file names; any of them may match."""
    modality: tuple[Modality, ...] = ()
    pages: tuple[int, int] | None = None
    """First and last page, both from 1 and both included."""
    path: str | None = None
    """Glob over the source: `reports/**`, `*.pdf`; `**` crosses folders."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """Each named value of the document's metadata must be equal."""
    collection: tuple[str, ...] = ()
    """Names of collections; any of them may hold the document, which is then known by its source there."""


@dataclass(frozen=True, slots=True)
class Collection:
    """A part of a store: what it holds, and how it is asked where nothing else is said."""

    name: str
    documents: int = 0
    pages: int = 0
    elements: Mapping[str, int] = field(default_factory=dict)
    """By modality."""
    route: Route | None = None
    """None for that of the settings."""
    generator: str | None = None
    """None for that of the settings."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands."""

    document: Document
    page: int
    """From 1."""
    box: Box | None
    element: str
    """The element's id."""


@dataclass(frozen=True, slots=True)
class Hit:
    """An element that was found, and by what."""

    rank: int
    """From 1."""
    score: float
    """0..1, higher is better."""
    element: Element
    document: Document
    ranks: Mapping[str, int]
    """Rank (from 1) in each list that held it: `bm25`, `dense:builtin`, `picture:…`; in `late:…` that of its page."""
    relevance: float = 0.0
    """How far above the noise of questions about other things, 0..1; 1 where that cannot be told (`rag.relevance`)."""
    raw: Mapping[str, float] = field(default_factory=dict)
    """Its score in each of those lists: BM25's own, higher is better, the cosine, or its page's MaxSim."""
    calibrated: Mapping[str, float] = field(default_factory=dict)
    """In each list of vectors, where it can be told, how far above the noise, 0..1: these can be compared across lists."""
    also: tuple[Place, ...] = ()
    """Where else the same thing was found, best first: it is told once (`rag.collapse`)."""

    @property
    def found_by(self) -> tuple[str, ...]:
        """The lists that held it, best rank first."""
        return tuple(sorted(self.ranks, key=lambda name: (self.ranks[name], name)))


class Hits(Shown, tuple[Hit, ...]):
    """Hits, best first: a tuple that shows itself, with its pictures where it knows where they are kept."""

    pictures: Pictures | None
    """Where pages and pictures come from; None for hits that were made by hand, or copied."""

    def __new__(cls, hits: Iterable[Hit] = (), pictures: Pictures | None = None) -> Hits:
        """The hits, drawn from `pictures`, or from where they came from."""
        made = super().__new__(cls, hits)
        made.pictures = pictures or (hits.pictures if isinstance(hits, Hits) else None)
        return made

    @overload
    def __getitem__(self, at: SupportsIndex) -> Hit: ...

    @overload
    def __getitem__(self, at: slice) -> Hits: ...

    def __getitem__(self, at: SupportsIndex | slice) -> Hit | Hits:
        """The hit at a place; some of the hits, which show themselves as well."""
        return Hits(super().__getitem__(at), self.pictures) if isinstance(at, slice) else super().__getitem__(at)

    def __reduce__(self) -> tuple[type[Hits], tuple[tuple[Hit, ...]]]:
        """What a copy in another place is made of: the hits, not the store or the service behind them."""
        return Hits, (tuple(self),)


NoteCode = Literal["foreign_language", "picture_read"]


@dataclass(frozen=True, slots=True)
class Note:
    """Something that whoever asked should know of how it was searched."""

    code: NoteCode
    """`foreign_language`: an encoder does not read the language of the words. `picture_read`: no encoder looks at pictures
    here, so the words in a picture were searched for in its place."""
    message: str


@dataclass(frozen=True, slots=True, repr=False)
class Found(Shown):
    """What a search found, best first, and what there is to know of how it was searched."""

    hits: Hits
    notes: tuple[Note, ...] = ()


def about_tokens(text: str) -> int:
    """How many tokens a text has, more or less: one to four letters of a Latin script, one to any other character."""
    n_latin = sum(character < "\u0250" for character in text)
    return -(-n_latin // 4) + len(text) - n_latin


@dataclass(frozen=True, slots=True)
class Budget:
    """How much a generator takes in at once."""

    tokens: int = 6_000
    """Instruction, earlier turns, question, evidence and pictures, all together."""
    images: int = 0
    """Pictures, all together; 0 for a generator that only reads."""
    pixels: int = 0
    """Of each picture; a larger one is made smaller."""
    tokens_per_image: int = 0
    """At most, for a picture of `pixels`."""
    around: int = 0
    """Of the tokens, at most so many for what stands around the passages that were found, in their sections."""
    count: Callable[[str], int] = field(default=about_tokens, compare=False)
    """How many tokens a text has, for this generator."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A hit with the number under which a prompt offers it."""

    number: int
    """From 1."""
    hit: Hit
    images: tuple[Image, ...] = ()
    """What a generator that sees is shown of it, RGB, within the budget."""
    grown: tuple[Element, ...] = ()
    """The hit's element among those of its section that are given with it; empty where it is given alone."""

    @property
    def passages(self) -> tuple[Element, ...]:
        """All that it says, in reading order: the hit's element, and what it has grown by."""
        return self.grown or (self.hit.element,)


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question of the same conversation, and what was answered."""

    question: str
    answer: str
    images: tuple[str, ...] = ()
    """Ids of the elements whose pictures went with the answer, in the order they were shown."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a generator is given."""

    question: str
    evidence: tuple[Evidence, ...]
    left_out: int = 0
    """How many hits did not fit the budget."""
    history: tuple[Turn, ...] = ()
    """Oldest first."""
    instruction: str = ""
    """What to do with all this; for a generator that does what it is told."""
    image: Image | None = None
    """What the question was asked about, for a generator that sees."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What an answer took; 0 where the generator does not know."""

    tokens_in: int = 0
    tokens_out: int = 0
    peak_bytes: int = 0
    """Memory that the process, or the GPU, held at most while a local model ran."""


@dataclass(frozen=True, slots=True)
class Citation:
    """One sentence of an answer and the place it came from."""

    sentence: str
    number: int
    """The evidence's number, from 1."""
    document: Document
    page: int
    box: Box | None
    """The lines or cells that hold the quote where the element knows them, else the element's box."""
    quote: str
    """The words of the evidence that the sentence rests on."""
    media: str | None
    also: tuple[Place, ...] = ()
    """Where else the same evidence stands."""


Support = Literal["supported", "unsupported", "uncited"]
"""Of a sentence: its evidence holds every number, date and name of it; lacks one; or it names no evidence."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an answer, and whether its evidence bears it out."""

    text: str
    """Without the numbers of its evidence."""
    numbers: tuple[int, ...]
    """The evidence that it names, of what was offered."""
    support: Support
    missing: tuple[str, ...] = ()
    """Numbers, dates, percentages and names of it that none of its evidence holds."""


@dataclass(frozen=True, slots=True, repr=False)
class Answer(Shown):
    """An answer whose every sentence points at its evidence; abstaining is an answer too."""

    question: str
    """As it was asked."""
    text: str
    answerable: bool
    """Whether any sentence is supported."""
    citations: tuple[Citation, ...]
    """Of the sentences that are supported."""
    hits: tuple[Hit, ...]
    """What was found; the nearest evidence where `answerable` is false."""
    images: tuple[Hit, ...]
    """The hits whose picture goes with the answer, best first."""
    model: str
    seconds: Mapping[str, float]
    """Wall time of each stage: `search`, `prompt`, `first_token`, `generate`, `total`."""
    sentences: tuple[Sentence, ...] = ()
    """All that the model said, also where nothing of it is supported."""
    asked: str = ""
    """The question that was searched for: a follow-up, made to stand alone."""
    invented: tuple[int, ...] = ()
    """Numbers that the model named as evidence though they were not offered; they are not in the text."""
    left_out: int = 0
    """How many hits did not fit the generator's budget."""
    usage: Usage = field(default_factory=Usage)
    data: JsonValue = None
    """The answer in the form of the JSON Schema that was asked for."""
    notes: tuple[Note, ...] = ()
    """What there is to know of how its evidence was searched for."""

    def turn(self) -> Turn:
        """This answer as the history of the next question."""
        return Turn(self.question, self.text, tuple(hit.element.id for hit in self.images))


class Asking(TypedDict, total=False):
    """How a question wants to be answered, besides what it asks and where; see `Engine.query`."""

    parts: Sequence[Part]
    history: Sequence[Turn | Answer]
    route: Route | None
    generator: str | None
    schema: Mapping[str, JsonValue] | None


@dataclass(frozen=True, slots=True)
class Sources:
    """The first event of an answer: the evidence that the generator is given."""

    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Delta:
    """The next stretch of an answer's text, without numbers that were not offered."""

    text: str


@dataclass(frozen=True, slots=True)
class Cited:
    """A sentence that is complete, with its evidence."""

    sentence: Sentence
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """The last event of an answer: all of it. Its text counts, where it differs from what was streamed."""

    answer: Answer


AnswerEvent: TypeAlias = Sources | Delta | Cited | Done


@dataclass(frozen=True, slots=True)
class FailedFile:
    """A file that was not taken, and why."""

    path: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class CaptionCounts:
    """What became of the distinct pictures that a captioner was to describe, in the given paths."""

    made: int = 0
    """Described in this run; each cost a call."""
    known: int = 0
    """Described before, whatever document they stood in: no call."""
    gaps: int = 0
    """Not described, since the captioner failed, now or earlier; tried again only when asked to."""
    too_small: int = 0
    """Icons and rules, not worth a call."""
    reason: str = ""
    """Why there are gaps, as the last one has it; empty without gaps."""


@dataclass(frozen=True, slots=True, repr=False)
class IngestReport(Shown):
    """What an ingest did. `documents`, `elements` and `pages` count what the store holds of the given paths afterwards."""

    documents: int
    elements: Mapping[str, int]
    """By modality."""
    pages: int
    added: int
    unchanged: int
    replaced: int
    removed: int
    failed: tuple[FailedFile, ...]
    seconds: float
    captions: CaptionCounts = field(default_factory=CaptionCounts)
    """All zero without a captioner."""


JobKind = Literal["upload", "folder"]
JobState = Literal["queued", "running", "done", "failed", "cancelled"]
JOB_STATES: tuple[JobState, ...] = ("queued", "running", "done", "failed", "cancelled")
JobFileState = Literal["waiting", "reading", "done", "failed"]
JOB_FILE_STATES: tuple[JobFileState, ...] = ("waiting", "reading", "done", "failed")


@dataclass(frozen=True, slots=True)
class JobCounts:
    """The files of a job: all that were found, and what became of them by now."""

    total: int = 0
    done: int = 0
    """Taken, or here already."""
    failed: int = 0
    unchanged: int = 0
    """Of those done, the ones that were here already."""


@dataclass(frozen=True, slots=True)
class JobError:
    """Why a job failed as a whole; a file that cannot be taken fails by itself."""

    code: str
    detail: str
    hint: str


@dataclass(frozen=True, slots=True)
class Job:
    """One ingest, wherever it was begun, and how far it is."""

    id: str
    """32 hex digits."""
    kind: JobKind
    state: JobState
    collection: str
    paths: tuple[str, ...]
    """The folders and files that were named; of an upload the names of its files."""
    created: str
    """UTC, ISO 8601; the next two as well."""
    started: str | None = None
    ended: str | None = None
    files: JobCounts = field(default_factory=JobCounts)
    pages: int = 0
    """Read so far."""
    current: str = ""
    """The source that is being read."""
    seconds_left: float | None = None
    """As far as can be told from what was read by now."""
    resumed: int = 0
    """How often it was taken up again, by itself after a restart or because somebody asked."""
    report: IngestReport | None = None
    """Once it is done, or was cancelled while it ran."""
    error: JobError | None = None

    @property
    def has_ended(self) -> bool:
        """Whether nothing more happens to it by itself."""
        return self.state in ("done", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class JobFile:
    """A file of a job, and what became of it."""

    source: str
    state: JobFileState
    code: str = ""
    """Of the reason why it failed, like that; empty unless it did."""
    reason: str = ""
    n_pages: int = 0
    """0 until it is done."""
