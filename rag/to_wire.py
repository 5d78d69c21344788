"""From the house's nouns to the JSON of `rag.wire`."""

from __future__ import annotations

from collections.abc import Sequence

from rag.types import (
    Answer,
    AnswerEvent,
    Citation,
    Cited,
    Collection,
    Delta,
    Document,
    Done,
    FailedFile,
    Found,
    Hit,
    IngestReport,
    Job,
    JobFile,
    Note,
    Place,
    Sentence,
    Sources,
)
from rag.wire import (
    AnswerJson,
    CitedJson,
    CollectionJson,
    DeltaJson,
    DocumentJson,
    DocumentRef,
    EvidenceJson,
    FailedJson,
    HitJson,
    IngestJson,
    JobFileJson,
    JobJson,
    NoteJson,
    PlaceJson,
    SearchJson,
    SentenceJson,
    SourcesJson,
)


def document_ref(document: Document) -> DocumentRef:
    """Which document, in JSON."""
    return {"id": document.id, "source": document.source, "title": document.title}


def document_json(document: Document) -> DocumentJson:
    """A document in JSON."""
    return {
        **document_ref(document),
        "media_type": document.media_type,
        "n_pages": document.n_pages,
        "collections": list(document.collections),
        "metadata": dict(document.metadata),
        "ingested_at": document.ingested_at,
    }


def collection_json(collection: Collection) -> CollectionJson:
    """A collection in JSON."""
    return {
        "name": collection.name,
        "documents": collection.documents,
        "pages": collection.pages,
        "elements": dict(collection.elements),
        "route": collection.route,
        "generator": collection.generator,
    }


def hit_json(hit: Hit, *, explain: bool = False) -> HitJson:
    """A hit in JSON; `explain` adds what each list says of it."""
    element = hit.element
    told: HitJson = {
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
        "also": [_place_json(place) for place in hit.also],
    }
    if explain:
        told["explain"] = {
            name: {"rank": rank, "raw": hit.raw.get(name, 0.0), "calibrated": hit.calibrated.get(name)}
            for name, rank in hit.ranks.items()
        }
    return told


def search_json(found: Found, *, explain: bool = False) -> SearchJson:
    """What a search found in JSON."""
    return {"hits": [hit_json(hit, explain=explain) for hit in found.hits], "notes": _notes_json(found.notes)}


def _notes_json(notes: Sequence[Note]) -> list[NoteJson]:
    return [{"code": note.code, "message": note.message} for note in notes]


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
        "notes": _notes_json(answer.notes),
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
        "also": [_place_json(place) for place in citation.also],
    }


def _place_json(place: Place) -> PlaceJson:
    return {
        "document": document_ref(place.document),
        "page": place.page,
        "box": place.box,
        "element": place.element,
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


def job_json(job: Job) -> JobJson:
    """A job in JSON."""
    counts, error = job.files, job.error
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state,
        "collection": job.collection,
        "paths": list(job.paths),
        "created": job.created,
        "started": job.started,
        "ended": job.ended,
        "files": {
            "total": counts.total,
            "done": counts.done,
            "failed": counts.failed,
            "unchanged": counts.unchanged,
        },
        "pages": job.pages,
        "current": job.current,
        "seconds_left": job.seconds_left,
        "resumed": job.resumed,
        "report": None if job.report is None else ingest_json(job.report),
        "error": None if error is None else {"code": error.code, "detail": error.detail, "hint": error.hint},
    }


def job_file_json(file: JobFile) -> JobFileJson:
    """A file of a job in JSON."""
    return {
        "source": file.source,
        "state": file.state,
        "code": file.code,
        "reason": file.reason,
        "n_pages": file.n_pages,
    }
