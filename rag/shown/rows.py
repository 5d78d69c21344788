"""Results as rows with named columns, for pandas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rag.errors import MissingExtra
from rag.types import Answer, Box, Citation, Document, Documents, FailedFile, Found, Hit, Hits, IngestReport, Place

if TYPE_CHECKING:
    from pandas import DataFrame

BOX = ("x0", "y0", "x1", "y1")
HIT_COLUMNS = (
    *("rank", "score", "relevance", "source", "page", "modality", "text", "caption", "ocr", "section", "found_by"),
    *BOX,
    *("also", "title", "document", "element", "media"),
)
CITATION_COLUMNS = ("number", "sentence", "source", "page", "quote", *BOX, "also", "title", "document", "media")
DOCUMENT_COLUMNS = ("source", "title", "media_type", "n_pages", "collections", "metadata", "ingested_at", "id")
FAILED_COLUMNS = ("path", "code", "reason")


def frame(result: object) -> DataFrame:
    """A result as a table: its hits, its citations, its documents, or the files that it could not take.

    Raises: MissingExtra without pandas; TypeError for what has no rows.
    """
    try:
        from pandas import DataFrame
    except ImportError as error:
        raise MissingExtra("to_pandas needs pandas.", hint="pip install pandas") from error
    columns, rows = _table(result)
    return DataFrame(rows, columns=list(columns))


def _table(result: object) -> tuple[Sequence[str], list[tuple[object, ...]]]:
    match result:
        case Found(hits):
            return HIT_COLUMNS, [_hit(hit) for hit in hits]
        case Hits():
            return HIT_COLUMNS, [_hit(hit) for hit in result]
        case Answer():
            return CITATION_COLUMNS, [_citation(citation) for citation in result.citations]
        case Documents():
            return DOCUMENT_COLUMNS, [_document(document) for document in result]
        case IngestReport():
            return FAILED_COLUMNS, [_failed(failed) for failed in result.failed]
        case _:
            raise TypeError(f"There are no rows in {type(result).__name__}.")


def _hit(hit: Hit) -> tuple[object, ...]:
    element = hit.element
    said = (element.modality, element.text, element.caption, element.ocr, " › ".join(element.section))
    found = (hit.rank, hit.score, hit.relevance, hit.document.source, element.page, *said, ", ".join(hit.found_by))
    return (
        *(*found, *_edges(element.box), _places(hit.also)),
        *(hit.document.title, hit.document.id, element.id, element.media),
    )


def _citation(citation: Citation) -> tuple[object, ...]:
    document = citation.document
    return (
        *(citation.number, citation.sentence, document.source, citation.page, citation.quote, *_edges(citation.box)),
        *(_places(citation.also), document.title, document.id, citation.media),
    )


def _document(document: Document) -> tuple[object, ...]:
    return (
        *(document.source, document.title, document.media_type, document.n_pages, ", ".join(document.collections)),
        *(dict(document.metadata), document.ingested_at, document.id),
    )


def _failed(failed: FailedFile) -> tuple[object, ...]:
    return failed.path, failed.code, failed.reason


def _edges(box: Box | None) -> Sequence[float | None]:
    return (None, None, None, None) if box is None else box


def _places(places: Iterable[Place]) -> str:
    return "; ".join(f"{place.document.source}, page {place.page}" for place in places)
