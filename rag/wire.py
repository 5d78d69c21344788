"""The JSON that programs rely on: printed by the command line, sent by the service, read back by the client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

# Before Python 3.12 pydantic, which describes these in the service's OpenAPI document, cannot use typing's own.
from typing_extensions import TypedDict

from rag.types import Answer, Box, Citation, Document, Element, FailedFile, Hit, IngestReport, Modality

if TYPE_CHECKING:
    from collections.abc import Sequence


class DocumentRef(TypedDict):
    """Which document."""

    id: str
    source: str
    title: str


class DocumentJson(DocumentRef):
    """A document as it is listed."""

    media_type: str
    n_pages: int
    collection: str
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


class HitJson(TypedDict):
    """Something that was found. Pages count from 1; boxes are fractions of the page, origin top left."""

    rank: int
    score: float
    modality: Modality
    document: DocumentRef
    page: int
    box: Box | None
    section: list[str]
    text: str
    ocr: str
    context: str
    media: str | None
    origin: str
    element: str
    found_by: list[str]
    ranks: dict[str, int]


class SearchJson(TypedDict):
    """What a search found, best first."""

    hits: list[HitJson]


class EvidenceJson(TypedDict):
    """Where a sentence comes from."""

    number: int
    document: DocumentRef
    page: int
    box: Box | None
    quote: str
    media: str | None


class CitationJson(TypedDict):
    """A sentence of the answer and its evidence."""

    sentence: str
    evidence: EvidenceJson


class AnswerJson(TypedDict):
    """An answer. Where `answerable` is false, `hits` still holds the nearest evidence."""

    answer: str
    answerable: bool
    citations: list[CitationJson]
    images: list[HitJson]
    hits: list[HitJson]
    model: str
    seconds: dict[str, float]


class FailedJson(TypedDict):
    """A file that was not taken, and why."""

    path: str
    code: str
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
    seconds: float


class StatusJson(TypedDict):
    """What a store holds, which models made it, and which files could not be taken."""

    store: str
    documents: int
    pages: int
    elements: dict[str, int]
    encoders: str
    generator: str
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
    generator: str
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


def document_ref(document: Document) -> DocumentRef:
    """Which document, in JSON."""
    return {"id": document.id, "source": document.source, "title": document.title}


def document_json(document: Document) -> DocumentJson:
    """A document in JSON."""
    return {
        **document_ref(document),
        "media_type": document.media_type,
        "n_pages": document.n_pages,
        "collection": document.collection,
        "metadata": dict(document.metadata),
        "ingested_at": document.ingested_at,
    }


def hit_json(hit: Hit) -> HitJson:
    """A hit in JSON."""
    element = hit.element
    return {
        "rank": hit.rank,
        "score": round(hit.score, 6),
        "modality": element.modality,
        "document": document_ref(hit.document),
        "page": element.page,
        "box": element.box,
        "section": list(element.section),
        "text": element.text,
        "ocr": element.ocr,
        "context": element.context,
        "media": element.media,
        "origin": element.origin,
        "element": element.id,
        "found_by": list(hit.found_by),
        "ranks": dict(hit.ranks),
    }


def search_json(hits: Sequence[Hit]) -> SearchJson:
    """Hits in JSON."""
    return {"hits": [hit_json(hit) for hit in hits]}


def answer_json(answer: Answer) -> AnswerJson:
    """An answer in JSON."""
    return {
        "answer": answer.text,
        "answerable": answer.answerable,
        "citations": [
            {
                "sentence": citation.sentence,
                "evidence": {
                    "number": citation.number,
                    "document": document_ref(citation.document),
                    "page": citation.page,
                    "box": citation.box,
                    "quote": citation.quote,
                    "media": citation.media,
                },
            }
            for citation in answer.citations
        ],
        "images": [hit_json(hit) for hit in answer.images],
        "hits": [hit_json(hit) for hit in answer.hits],
        "model": answer.model,
        "seconds": {stage: round(seconds, 6) for stage, seconds in answer.seconds.items()},
    }


def failed_json(failure: FailedFile) -> FailedJson:
    """A refused file in JSON."""
    return {"path": failure.path, "code": failure.code, "reason": failure.reason}


def ingest_json(report: IngestReport) -> IngestJson:
    """A report in JSON."""
    return {
        "documents": report.documents,
        "elements": dict(report.elements),
        "pages": report.pages,
        "added": report.added,
        "unchanged": report.unchanged,
        "replaced": report.replaced,
        "removed": report.removed,
        "failed": [failed_json(failure) for failure in report.failed],
        "seconds": report.seconds,
    }


# Back again, for the client. What the wire leaves out (spans, positions, a document's page count) keeps its default.


def document_from_json(document: DocumentRef | DocumentJson) -> Document:
    """The document that a JSON object tells of."""
    told: Mapping[str, object] = {"media_type": "", "n_pages": 1, **document}
    return Document(**told)  # type: ignore[arg-type]  # the keys are the fields' names


def hit_from_json(hit: HitJson) -> Hit:
    """The hit that a JSON object tells of."""
    element = Element(
        modality=hit["modality"],
        text=hit["text"],
        page=hit["page"],
        box=_box(hit["box"]),
        section=tuple(hit["section"]),
        media=hit["media"],
        ocr=hit["ocr"],
        context=hit["context"],
        origin="ocr" if hit["origin"] == "ocr" else "parsed",
        id=hit["element"],
        document_id=hit["document"]["id"],
    )
    return Hit(hit["rank"], hit["score"], element, document_from_json(hit["document"]), hit["ranks"])


def answer_from_json(answer: AnswerJson) -> Answer:
    """The answer that a JSON object tells of."""
    return Answer(
        text=answer["answer"],
        answerable=answer["answerable"],
        citations=tuple(
            Citation(
                sentence=citation["sentence"],
                number=citation["evidence"]["number"],
                document=document_from_json(citation["evidence"]["document"]),
                page=citation["evidence"]["page"],
                box=_box(citation["evidence"]["box"]),
                quote=citation["evidence"]["quote"],
                media=citation["evidence"]["media"],
            )
            for citation in answer["citations"]
        ),
        hits=tuple(hit_from_json(hit) for hit in answer["hits"]),
        images=tuple(hit_from_json(hit) for hit in answer["images"]),
        model=answer["model"],
        seconds=answer["seconds"],
    )


def ingest_from_json(report: IngestJson) -> IngestReport:
    """The report that a JSON object tells of."""
    failed = tuple(FailedFile(one["path"], one["code"], one["reason"]) for one in report["failed"])
    return IngestReport(
        documents=report["documents"],
        elements=report["elements"],
        pages=report["pages"],
        added=report["added"],
        unchanged=report["unchanged"],
        replaced=report["replaced"],
        removed=report["removed"],
        failed=failed,
        seconds=report["seconds"],
    )


def _box(box: Sequence[float] | None) -> Box | None:
    if box is None:
        return None
    x0, y0, x1, y1 = box
    return (x0, y0, x1, y1)
