"""Hits as LangChain's documents, and back to hits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast, get_args
from urllib.parse import quote

from langchain_core.documents import Document as LangChainDocument

from rag.client import Client
from rag.engine import Engine
from rag.errors import UnknownMedia
from rag.langchain.texts import as_added
from rag.prompt import evidence_text
from rag.types import Box, Document, Element, Hit, Modality

Find = Callable[[str], tuple[Document, Element] | None]
"""The element of an id and its document, where the store still has them."""
Told = dict[str, Any]  # Any: what LangChain declares of metadata


def plain(hit: Hit) -> LangChainDocument:
    """What was found, and where it stands; a text that LangChain added exactly as it was."""
    text = as_added(hit.document, hit.element)
    if text is not None:
        return LangChainDocument(id=text.id, page_content=text.text, metadata=dict(text.metadata))
    told = {**_place(hit), "document_metadata": dict(hit.document.metadata)}
    return LangChainDocument(id=hit.element.id, page_content=evidence_text(hit), metadata=told)


def found(hit: Hit, *, over: Engine | Client) -> LangChainDocument:
    """What was found, where it stands, how well it fits, and where its picture and its page can be looked at.

    The metadata that a text was added with keep their own values where they share a name with those of its place.
    """
    document = plain(hit)
    fit: Told = {
        "element": hit.element.id,
        "document": hit.document.id,
        "rank": hit.rank,
        "score": hit.score,
        "relevance": hit.relevance,
        "found_by": list(hit.found_by),
        "also": [{"source": place.document.source, "page": place.page, "box": _box(place.box)} for place in hit.also],
    }
    return LangChainDocument(
        id=document.id,
        page_content=document.page_content,
        metadata={**_place(hit), **document.metadata, **fit, **_links(hit, over)},
    )


def hits_of(documents: Sequence[LangChainDocument], *, find: Find = lambda element: None) -> tuple[Hit, ...]:
    """Documents as hits in the order given, whoever found them: best first.

    `find`: looks an element up, which then is itself again, with the boxes of its lines; what it does not know is made from
    the document's text and metadata.
    """
    hits: list[Hit] = []
    for rank, one in enumerate(documents, start=1):
        told = one.metadata
        known = find(str(told.get("element") or one.id or ""))
        document, element = known or _made(one)
        relevance = _number(told.get("relevance"), otherwise=1.0)
        hits.append(Hit(rank, _number(told.get("score"), otherwise=1.0), element, document, {}, relevance))
    return tuple(hits)


def _place(hit: Hit) -> Told:
    element, document = hit.element, hit.document
    return {
        "source": document.source,
        "title": document.title,
        "page": element.page,
        "box": _box(element.box),
        "modality": element.modality,
        "section": list(element.section),
        "media": element.media,
        "element": element.id,
        "document": document.id,
    }


def _links(hit: Hit, over: Engine | Client) -> Told:
    """Where the picture is, and the page with its box drawn on it: addresses of a service, a file of an engine."""
    if isinstance(over, Client):
        pages = f"{over.url}/v1/documents/{quote(hit.document.id, safe='')}/pages/{hit.element.page}.webp"
        box = "" if hit.element.box is None else f"?box={','.join(f'{edge:g}' for edge in hit.element.box)}"
        media = None if hit.element.media is None else f"{over.url}/v1/media/{hit.element.media}"
        # A format without a layout (txt, md, html) has no box, and no page that could be drawn.
        return {"media_url": media, "page_url": None if hit.element.box is None else pages + box}
    try:
        path = None if hit.element.media is None else str(over.media_path(hit.element.media))
    except UnknownMedia:  # removed since it was found
        path = None
    return {"media_path": path}


def _made(one: LangChainDocument) -> tuple[Document, Element]:
    told = one.metadata
    id = str(told.get("document") or one.id or "")
    source = str(told.get("source") or one.id or "a text")
    page = told.get("page")
    modality = told.get("modality")
    media = told.get("media")
    element = Element(
        modality=cast("Modality", modality) if modality in get_args(Modality) else "text",
        text=one.page_content,
        page=page if isinstance(page, int) and page > 0 else 1,
        box=_read_box(told.get("box")),
        media=media if isinstance(media, str) else None,
        end=len(one.page_content),
        id=str(told.get("element") or ""),
        document_id=id,
    )
    return Document(id, source, str(told.get("title") or source), "", max(1, element.page)), element


def _box(box: Box | None) -> list[float] | None:
    return None if box is None else list(box)


def _read_box(box: object) -> Box | None:
    if not (isinstance(box, list | tuple) and len(box) == 4 and all(isinstance(edge, int | float) for edge in box)):
        return None
    x0, y0, x1, y1 = (float(edge) for edge in box)
    return x0, y0, x1, y1


def _number(value: object, *, otherwise: float) -> float:
    return float(value) if isinstance(value, int | float) else otherwise
