"""From a question to hits: several ranked lists, fused by rank."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rag.errors import BadRequest
from rag.protocols import Encoder
from rag.store.store import Store
from rag.types import Filters, Hit

if TYPE_CHECKING:
    from PIL.Image import Image

    from rag.types import Ids, Vectors

RRF_K = 60
DEPTH = 100


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for: words, a picture, or both."""

    text: str = ""
    image: Image | None = None


def search(query: Query, *, store: Store, encoders: Mapping[str, Encoder], k: int, filters: Filters) -> tuple[Hit, ...]:
    """The k elements that answer best, best first; k of them if so many pass the filters and any list holds them.

    Raises: BadRequest if there is neither a word nor a picture, or if a picture is given and no encoder sees pictures;
        UnknownDocument if a filter names a document that is not here.
    """
    if not query.text.strip() and query.image is None:
        raise BadRequest("There is nothing to search for.", hint="Give some words, a picture, or both.")
    allowed = store.allowed(filters)
    depth = max(DEPTH, 3 * k)
    lists = dict(_lists(query, store, encoders, depth, allowed))
    scores: dict[int, float] = {}
    ranks: dict[int, dict[str, int]] = {}
    for name, found in lists.items():
        for rank, (row, _) in enumerate(found, start=1):
            scores[row] = scores.get(row, 0.0) + 1 / (RRF_K + rank)
            ranks.setdefault(row, {})[name] = rank
    best = sorted(scores, key=lambda row: (-scores[row], row))[: 2 * k]
    elements = store.elements(best)
    documents = {
        document.id: document for document in store.documents(list({e.document_id for e in elements.values()}))
    }
    most = len(lists) / (RRF_K + 1) if lists else 1.0
    kept = [row for row in best if row in elements and elements[row].document_id in documents][:k]
    return tuple(
        Hit(rank, scores[row] / most, elements[row], documents[elements[row].document_id], ranks[row])
        for rank, row in enumerate(kept, start=1)
    )


def _lists(
    query: Query, store: Store, encoders: Mapping[str, Encoder], depth: int, allowed: Ids | None
) -> Iterator[tuple[str, Sequence[tuple[int, float]]]]:
    if query.text.strip():
        yield "bm25", store.search_words(query.text, k=depth, allowed=allowed)
    for name, encoder in encoders.items():
        sees = encoder.fingerprint.sees_images
        if query.text.strip():
            vectors = encoder.encode_texts([query.text])
            yield f"dense:{name}", _search(store, name, "text", vectors, depth, allowed)
            if sees:
                yield f"picture:{name}", _search(store, name, "image", vectors, depth, allowed)
        if query.image is not None and sees:
            vectors = encoder.encode_images([query.image])
            yield f"like:{name}", _search(store, name, "image", vectors, depth, allowed)


def _search(
    store: Store, space: str, kind: str, vectors: Vectors, depth: int, allowed: Ids | None
) -> list[tuple[int, float]]:
    return store.search_vectors(space, kind, np.asarray(vectors), k=depth, allowed=allowed)[0]
