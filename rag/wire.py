"""The JSON that programs rely on: printed by the command line, sent by the service, read back by the client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

# Before Python 3.12 pydantic, which describes these in the service's OpenAPI document, cannot use typing's own.
from typing_extensions import TypedDict

from rag.types import (
    Answer,
    AnswerEvent,
    Box,
    CaptionCounts,
    Citation,
    Cited,
    Delta,
    Document,
    Done,
    Element,
    Evidence,
    FailedFile,
    Hit,
    IngestReport,
    Modality,
    Sentence,
    Sources,
    Support,
    Usage,
)

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


class StatusJson(TypedDict):
    """What a store holds, which models made it, and which files could not be taken."""

    store: str
    documents: int
    pages: int
    elements: dict[str, int]
    encoders: str
    generators: str
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
        "relevance": round(hit.relevance, 6),
        "modality": element.modality,
        "document": document_ref(hit.document),
        "page": element.page,
        "box": element.box,
        "section": list(element.section),
        "text": element.text,
        "ocr": element.ocr,
        "caption": element.caption,
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
        "question": answer.question,
        "asked": answer.asked,
        "answer": answer.text,
        "answerable": answer.answerable,
        "citations": [
            {"sentence": citation.sentence, "evidence": _evidence_json(citation)} for citation in answer.citations
        ],
        "sentences": [_sentence_json(sentence) for sentence in answer.sentences],
        "invented": list(answer.invented),
        "data": answer.data,
        "images": [hit_json(hit) for hit in answer.images],
        "hits": [hit_json(hit) for hit in answer.hits],
        "left_out": answer.left_out,
        "model": answer.model,
        "seconds": {stage: round(seconds, 6) for stage, seconds in answer.seconds.items()},
        "usage": {
            "tokens_in": answer.usage.tokens_in,
            "tokens_out": answer.usage.tokens_out,
            "peak_bytes": answer.usage.peak_bytes,
        },
    }


def _evidence_json(citation: Citation) -> EvidenceJson:
    return {
        "number": citation.number,
        "document": document_ref(citation.document),
        "page": citation.page,
        "box": citation.box,
        "quote": citation.quote,
        "media": citation.media,
    }


def _sentence_json(sentence: Sentence) -> SentenceJson:
    return {
        "text": sentence.text,
        "numbers": list(sentence.numbers),
        "support": sentence.support,
        "missing": list(sentence.missing),
    }


def event_json(event: AnswerEvent) -> tuple[str, SourcesJson | DeltaJson | CitedJson | AnswerJson]:
    """An event of an answer: its name on the wire, and its JSON."""
    match event:
        case Sources(evidence):
            return "sources", {"evidence": [{**hit_json(one.hit), "number": one.number} for one in evidence]}
        case Delta(text):
            return "delta", {"text": text}
        case Cited(sentence, citations):
            return "citation", {
                "sentence": _sentence_json(sentence),
                "evidence": [_evidence_json(citation) for citation in citations],
            }
        case Done(answer):
            return "done", answer_json(answer)


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
        "captions": {
            "made": report.captions.made,
            "known": report.captions.known,
            "gaps": report.captions.gaps,
            "too_small": report.captions.too_small,
            "reason": report.captions.reason,
        },
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
        caption=hit["caption"],
        context=hit["context"],
        origin="ocr" if hit["origin"] == "ocr" else "parsed",
        id=hit["element"],
        document_id=hit["document"]["id"],
    )
    document = document_from_json(hit["document"])
    return Hit(hit["rank"], hit["score"], element, document, hit["ranks"], hit["relevance"])


def answer_from_json(answer: AnswerJson) -> Answer:
    """The answer that a JSON object tells of."""
    return Answer(
        question=answer["question"],
        asked=answer["asked"],
        text=answer["answer"],
        answerable=answer["answerable"],
        citations=tuple(
            _citation_from_json(citation["sentence"], citation["evidence"]) for citation in answer["citations"]
        ),
        sentences=tuple(_sentence_from_json(sentence) for sentence in answer["sentences"]),
        invented=tuple(answer["invented"]),
        data=answer["data"],
        hits=tuple(hit_from_json(hit) for hit in answer["hits"]),
        images=tuple(hit_from_json(hit) for hit in answer["images"]),
        left_out=answer["left_out"],
        model=answer["model"],
        seconds=answer["seconds"],
        usage=Usage(**answer["usage"]),
    )


def _citation_from_json(sentence: str, evidence: EvidenceJson) -> Citation:
    return Citation(
        sentence=sentence,
        number=evidence["number"],
        document=document_from_json(evidence["document"]),
        page=evidence["page"],
        box=_box(evidence["box"]),
        quote=evidence["quote"],
        media=evidence["media"],
    )


def _sentence_from_json(sentence: SentenceJson) -> Sentence:
    return Sentence(sentence["text"], tuple(sentence["numbers"]), sentence["support"], tuple(sentence["missing"]))


def event_from_json(name: str, told: Any) -> AnswerEvent | None:  # Any: JSON of the form that the name says
    """The event of this name that a JSON object tells of; None if there is no such event."""
    match name:
        case "sources":
            return Sources(tuple(Evidence(one["number"], hit_from_json(one)) for one in told["evidence"]))
        case "delta":
            return Delta(told["text"])
        case "citation":
            sentence = _sentence_from_json(told["sentence"])
            return Cited(sentence, tuple(_citation_from_json(sentence.text, one) for one in told["evidence"]))
        case "done":
            return Done(answer_from_json(told))
        case _:
            return None


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
        captions=CaptionCounts(**report["captions"]),
    )


def _box(box: Sequence[float] | None) -> Box | None:
    if box is None:
        return None
    x0, y0, x1, y1 = box
    return (x0, y0, x1, y1)
