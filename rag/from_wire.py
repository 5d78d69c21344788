"""From the JSON of `rag.wire` back to the house's nouns, for the client.

What the wire leaves out (spans, positions, a document's page count) keeps its default.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rag.errors import ServerRefused
from rag.types import (
    Answer,
    AnswerEvent,
    Box,
    CaptionCounts,
    Citation,
    Cited,
    Collection,
    Delta,
    Document,
    Done,
    Element,
    Evidence,
    FailedFile,
    Found,
    Hit,
    Hits,
    IngestReport,
    Job,
    JobCounts,
    JobError,
    JobFile,
    Note,
    Place,
    Sentence,
    Sources,
    Usage,
)
from rag.wire import (
    AnswerJson,
    CollectionJson,
    DocumentJson,
    DocumentRef,
    EvidenceJson,
    HitJson,
    IngestJson,
    JobFileJson,
    JobJson,
    NoteJson,
    PlaceJson,
    SearchJson,
    SentenceJson,
)


def document_from_json(document: DocumentRef | DocumentJson) -> Document:
    """The document that a JSON object tells of."""
    told: dict[str, Any] = {"media_type": "", "n_pages": 1, **document}  # Any: the keys are the fields' names
    if "collections" in told:
        told["collections"] = tuple(told["collections"])
    return Document(**told)


def collection_from_json(collection: CollectionJson) -> Collection:
    """The collection that a JSON object tells of."""
    return Collection(**collection)


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
    explained = hit.get("explain", {})
    return Hit(
        rank=hit["rank"],
        score=hit["score"],
        element=element,
        document=document,
        ranks=hit["ranks"],
        relevance=hit["relevance"],
        raw={name: one["raw"] for name, one in explained.items()},
        calibrated={name: one["calibrated"] for name, one in explained.items() if one["calibrated"] is not None},
        also=_places_from_json(hit["also"]),
    )


def found_from_json(found: SearchJson) -> Found:
    """What a search found, that a JSON object tells of."""
    return Found(Hits(hit_from_json(hit) for hit in found["hits"]), _notes_from_json(found["notes"]))


def _notes_from_json(notes: Sequence[NoteJson]) -> tuple[Note, ...]:
    return tuple(Note(note["code"], note["message"]) for note in notes)


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
        hits=Hits(hit_from_json(hit) for hit in answer["hits"]),
        images=Hits(hit_from_json(hit) for hit in answer["images"]),
        notes=_notes_from_json(answer["notes"]),
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
        also=_places_from_json(evidence["also"]),
    )


def _places_from_json(places: Sequence[PlaceJson]) -> tuple[Place, ...]:
    return tuple(
        Place(document_from_json(place["document"]), place["page"], _box(place["box"]), place["element"])
        for place in places
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


def job_from_json(job: JobJson) -> Job:
    """The job that a JSON object tells of."""
    return Job(
        id=job["id"],
        kind=job["kind"],
        state=job["state"],
        collection=job["collection"],
        paths=tuple(job["paths"]),
        created=job["created"],
        started=job["started"],
        ended=job["ended"],
        files=JobCounts(**job["files"]),
        pages=job["pages"],
        current=job["current"],
        seconds_left=job["seconds_left"],
        resumed=job["resumed"],
        report=None if job["report"] is None else ingest_from_json(job["report"]),
        error=None if job["error"] is None else JobError(**job["error"]),
    )


def job_file_from_json(file: JobFileJson) -> JobFile:
    """The file of a job that a JSON object tells of."""
    return JobFile(**file)


def report_of(job: Job) -> IngestReport:
    """What a job that has ended did; nothing where it was cancelled before it began.

    Raises: ServerRefused, with the code of the job's error, if it failed.
    """
    if job.error is not None:
        refused = ServerRefused(job.error.detail, hint=job.error.hint)
        refused.code = job.error.code
        raise refused
    return job.report or IngestReport(0, {}, 0, 0, 0, 0, 0, failed=(), seconds=0.0)


def job_event_from_json(name: str, told: Any) -> Job | JobFile | None:  # Any: JSON of the form that the name says
    """What an event of a job's stream tells: how far it is (`job`, `end`), or a file that ended (`file`); else None."""
    match name:
        case "job" | "end":
            return job_from_json(told)
        case "file":
            return job_file_from_json(told)
        case _:
            return None


def _box(box: Sequence[float] | None) -> Box | None:
    if box is None:
        return None
    x0, y0, x1, y1 = box
    return (x0, y0, x1, y1)
