"""Hits made by hand, for tests of what comes after the search."""

from __future__ import annotations

from typing import Any

from rag.types import Document, Element, Hit

DOCUMENT = Document("d" * 64, "report.pdf", "Annual report", "application/pdf", 9)


def hit(text: str, *, rank: int = 1, document: Document = DOCUMENT, **fields: Any) -> Hit:  # Any: fields of an Element
    values = {"modality": "text", "page": rank, "box": (0.1, 0.1, 0.9, 0.9), **fields}
    element = Element(text=text, document_id=document.id, id=f"{rank}", **values)
    return Hit(rank, 1 / rank, element, document, {"bm25": rank})


def table(*rows: str, **fields: Any) -> Hit:  # Any: fields of an Element
    return hit("\n".join(rows), modality="table", **fields)
