"""A store of Sightline as LangChain's vector store: texts with ids and metadata, found by the cosine of their vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import VectorStore

from rag import wiring
from rag.engine import Engine
from rag.errors import BadRequest, StoreNotFound, UnknownCollection
from rag.langchain.documents import plain
from rag.langchain.embeddings import SightlineEmbeddings, choose
from rag.langchain.texts import LOCATION, Metadata, Text, as_kept, as_word, location, texts_of
from rag.rerankers.mmr import mmr
from rag.settings import load_settings
from rag.store.collections import check_name
from rag.store.rows import Encoded
from rag.types import Document as Kept
from rag.types import Element, Filters, Hit

if TYPE_CHECKING:
    from rag.store.store import Store

COLLECTION = "langchain"
K = 4
FETCH_K = 20
LAMBDA = 0.5
"""These three as in LangChain's own stores."""
TEXTS_AT_ONCE = 256
"""Encoded together; bounds memory."""
Filter = Mapping[str, Any] | Filters  # Any: values of metadata, of whatever JSON type
"""Values that the metadata must have, all of them; or Sightline's own filters."""
Kind = Literal["text", "image"]
"""Which vectors are compared: those of words, or those of pictures."""


class SightlineVectorStore(VectorStore):
    """Texts in one collection of a Sightline store; what is added is found, answered and cited by every other door too.

    `similarity_search` is plain dense search, by cosine; Sightline's whole search (words, pictures, fused by rank) is
    `SightlineRetriever`. Files that were ingested into the collection are found beside the texts. Threads may share it.
    """

    def __init__(
        self,
        store: Engine | str | Path | None = None,
        *,
        collection: str = COLLECTION,
        embedding: Embeddings | None = None,
        encoder: str | None = None,
    ) -> None:
        """Name a store; nothing is opened, made or loaded yet.

        `store`: an engine, or the folder of a store (if not said, that of `embedding`'s engine, or of the settings), which is
        made when the first text comes. `embedding`: only `SightlineEmbeddings`, since a store keeps vectors of encoders that
        it can name and check; a new store is made with it. `encoder`: which to search by, where the store has several; the
        first of them if not said.
        Raises: BadRequest for other embeddings, or if a collection cannot be called so; BadSetting.
        """
        own = _checked(embedding)
        if store is None and own is not None and own.engine is not None:
            store = own.engine
        self.collection = check_name(collection)
        self._encoder = encoder or (own.named if own is not None else None)
        self._owned = not isinstance(store, Engine)
        self.engine = store if isinstance(store, Engine) else _engine(store, self._encoder)

    @classmethod
    def from_texts(
        cls,
        texts: list[str],
        embedding: Embeddings | None = None,
        metadatas: list[dict[Any, Any]] | None = None,  # Any: LangChain's own signature
        *,
        ids: list[str] | None = None,
        store: Engine | str | Path | None = None,
        collection: str = COLLECTION,
        encoder: str | None = None,
        **kwargs: Any,
    ) -> Self:
        """Add texts to a store; what is in the collection already stays. Raises: as `__init__` and `add_texts`."""
        _none_left(kwargs)
        made = cls(store, collection=collection, embedding=embedding, encoder=encoder)
        made.add_texts(texts, metadatas, ids=ids)
        return made

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the store and its models, unless an engine was given, which is its owner's to close."""
        if self._owned:
            self.engine.close()

    @property
    def embeddings(self) -> SightlineEmbeddings:
        """What the texts are placed by."""
        return SightlineEmbeddings(self.engine, encoder=self._encoder)

    # Writing

    def add_texts(
        self,
        texts: Iterable[str],
        metadatas: Sequence[Metadata] | None = None,
        *,
        ids: Sequence[str | None] | None = None,
        **kwargs: Any,
    ) -> list[str]:
        """Keep texts, each durably and whole; another text under an id that is here replaces it, the same costs nothing.

        Metadata hold what JSON can; tuples come back as lists. A text without an id gets one made from what it says and its
        metadata, so the same text again, without an id, is not there twice.
        Returns: the id of each text, in the order given.
        Raises: BadRequest if the numbers of texts, metadata and ids differ, or metadata cannot be kept; EncodeFailed;
            ModelMismatch.
        """
        _none_left(kwargs)
        added = texts_of(list(texts), metadatas, ids)
        latest = list({text.id: text for text in added}.values())
        for first in range(0, len(latest), TEXTS_AT_ONCE):
            self._add(latest[first : first + TEXTS_AT_ONCE])
        return [text.id for text in added]

    def _add(self, texts: Sequence[Text]) -> None:
        store, encoders = self.engine.opened.ready(create=True)
        choose(encoders, self._encoder)
        kept = [(text.location, *as_kept(text, collection=self.collection)) for text in texts]
        new = [
            (place, document, element)
            for place, document, element in kept
            if not store.add_source(document.id, location=place, source=document.source, collection=self.collection)
        ]
        encoded = wiring.encode_texts([element for _, _, element in new], encoders=encoders)
        for ordinal, (place, document, element) in enumerate(new):
            own = [_of(part, ordinal) for part in encoded]
            store.add(document, [element], own, location=place, collection=self.collection)

    def delete(self, ids: Sequence[str] | None = None, **kwargs: Any) -> bool:
        """Take texts out of the collection; an id that is not here is passed over. Without ids: every text that was added.

        Files that were ingested into the collection stay in any case; `Engine.delete` deletes them.
        Returns: whether something was deleted.
        """
        _none_left(kwargs)
        store = self._store()
        if store is None:
            return False
        if ids is None:
            places = [place for place, _, _ in store.catalogue.sources([self.collection]) if place.startswith(LOCATION)]
        else:
            places = list(store.lying_at([location(id) for id in ids], collection=self.collection))
        store.remove_sources(places, collection=self.collection)
        return bool(places)

    # Reading

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        """The texts of these ids, each once, in the order given; what is not here is left out.

        The id of something that was read from a file, as a search gives it, is that of its element.
        """
        store = self._store()
        if store is None:
            return []
        wanted = list(dict.fromkeys(ids))
        places = store.lying_at([location(id) for id in wanted], collection=self.collection)
        here = self._documents(store, set(places.values()))
        found: list[Document] = []
        for id in wanted:
            document = here.get(places.get(location(id), ""))
            if document is not None:
                found += [plain(_hit(document, element)) for element in store.catalogue.elements_of(document.id)]
            elif (known := store.find_element(id)) and (of := self._documents(store, {known[0].id})):
                found.append(plain(_hit(of[known[0].id], known[1])))
        return found

    def similarity_search(
        self, query: str, k: int = K, *, filter: Filter | None = None, kind: Kind = "text", **kwargs: Any
    ) -> list[Document]:
        """The k documents whose words, or with `kind` whose pictures, are nearest to the question, best first.

        `filter`: values that the metadata must have, `{"author": "Ann", "year": 1911}`, or `rag.Filters`.
        Raises: BadRequest; EncodeFailed; ModelMismatch; UnknownDocument if a filter names one that is not here.
        """
        return [one for one, _ in self.similarity_search_with_score(query, k, filter=filter, kind=kind, **kwargs)]

    def similarity_search_with_score(
        self, query: str, k: int = K, *, filter: Filter | None = None, kind: Kind = "text", **kwargs: Any
    ) -> list[tuple[Document, float]]:
        """As `similarity_search`, each with its cosine, -1 to 1: higher is nearer."""
        _none_left(kwargs)
        if self._store() is None:
            return []
        hits = self._nearest(self.embeddings.embed_query(query), k, filter=filter, kind=kind)
        return [(plain(hit), hit.score) for hit in hits]

    def similarity_search_by_vector(
        self, embedding: list[float], k: int = K, *, filter: Filter | None = None, kind: Kind = "text", **kwargs: Any
    ) -> list[Document]:
        """The k documents nearest to a vector of `embeddings`. Raises: BadRequest if it has another number of columns."""
        _none_left(kwargs)
        return [plain(hit) for hit in self._nearest(embedding, k, filter=filter, kind=kind)]

    def max_marginal_relevance_search(
        self,
        query: str,
        k: int = K,
        fetch_k: int = FETCH_K,
        lambda_mult: float = LAMBDA,
        *,
        filter: Filter | None = None,
        **kwargs: Any,
    ) -> list[Document]:
        """k of the `fetch_k` nearest, each next one near to the question and unlike those before.

        `lambda_mult` 0..1: 1 heeds nearness alone, 0 variety alone. Raises: as `similarity_search`.
        """
        _none_left(kwargs)
        if self._store() is None:
            return []
        return self.max_marginal_relevance_search_by_vector(
            self.embeddings.embed_query(query), k, fetch_k, lambda_mult, filter=filter
        )

    def max_marginal_relevance_search_by_vector(
        self,
        embedding: list[float],
        k: int = K,
        fetch_k: int = FETCH_K,
        lambda_mult: float = LAMBDA,
        *,
        filter: Filter | None = None,
        **kwargs: Any,
    ) -> list[Document]:
        """As `max_marginal_relevance_search`, by a vector of `embeddings`."""
        _none_left(kwargs)
        hits = self._nearest(embedding, max(k, fetch_k), filter=filter, kind="text")
        if not hits:
            return []
        store, encoders = self.engine.opened.ready()
        told = choose(encoders, self._encoder).fingerprint
        held = store.catalogue.vectors_by_element([hit.element.id for hit in hits], space=told.name, dim=told.dim)
        nothing = np.zeros((0, told.dim), np.float32)
        varied = mmr(hits, [held.get(hit.element.id, nothing) for hit in hits], weight=lambda_mult)
        return [plain(hit) for hit in varied[:k]]

    def _select_relevance_score_fn(self) -> Callable[[float], float]:
        return lambda cosine: max(0.0, min(1.0, cosine))

    def _nearest(self, vector: Sequence[float], k: int, *, filter: Filter | None, kind: Kind) -> list[Hit]:
        if self._store() is None:
            return []
        store, encoders = self.engine.opened.ready()
        told = choose(encoders, self._encoder).fingerprint
        if len(vector) != told.dim:
            raise BadRequest(
                f"The vector has {len(vector)} columns, those of {told.name} have {told.dim}.",
                hint="Take it from `embeddings` of this store.",
            )
        if kind == "image" and not told.sees_images:
            raise BadRequest(
                f"{told.name} sees no pictures.", hint="Leave `kind` out, or make the store with one that does."
            )
        try:
            allowed = store.allowed(self._filters(filter))
        except UnknownCollection:  # nothing was ever added
            return []
        query = np.asarray([vector], dtype=np.float32)
        (found,) = store.search_vectors(told.name, kind, query, k=k, allowed=allowed)
        elements = store.elements([row for row, _ in found])
        documents = self._documents(store, {element.document_id for element in elements.values()})
        return [
            replace(_hit(documents[elements[row].document_id], elements[row]), score=cosine, rank=rank)
            for rank, (row, cosine) in enumerate(found, start=1)
            if row in elements and elements[row].document_id in documents
        ]

    def _filters(self, filter: Filter | None) -> Filters:
        if isinstance(filter, Filters):
            return replace(filter, collection=(self.collection,))
        metadata = {key: as_word(value) for key, value in (filter or {}).items()}
        return Filters(metadata=metadata, collection=(self.collection,))

    def _documents(self, store: Store, ids: set[str]) -> dict[str, Kept]:
        return {one.id: one for one in store.documents(sorted(ids), collections=[self.collection])}

    def _store(self) -> Store | None:
        """The store; None while there is none, which a search takes for an empty one."""
        try:
            return self.engine.opened.store()
        except StoreNotFound:
            return None


def _checked(embedding: Embeddings | None) -> SightlineEmbeddings | None:
    if embedding is None or isinstance(embedding, SightlineEmbeddings):
        return embedding
    raise BadRequest(
        f"A Sightline store is made with encoders of its own, and {type(embedding).__name__} is none.",
        hint="Leave `embedding` out, or give SightlineEmbeddings; which encoders there are: docs/encoders.md.",
    )


def _engine(store: str | Path | None, encoder: str | None) -> Engine:
    """An engine of our own; the encoder makes a new store, of an old one it must be among those it was made with."""
    settings = load_settings() if store is None else load_settings(store=Path(store))
    is_new = not (settings.store.expanduser() / "catalogue.sqlite").is_file()
    made = {"encoders": (encoder,)} if is_new and encoder is not None else {}
    return Engine(settings=settings.model_copy(update=made))


def _of(part: Encoded, ordinal: int) -> Encoded:
    """The rows of one of the elements that were encoded together, which is its document's first."""
    at = [row for row, one in enumerate(part.ordinals) if one == ordinal]
    return Encoded(part.space, part.kind, (0,) * len(at), part.vectors[at])


def _hit(document: Kept, element: Element) -> Hit:
    return Hit(1, 1.0, element, document, {})


def _none_left(kwargs: Mapping[str, object]) -> None:
    """Refuse what nothing heeds: a filter under a name that is not read would let everything through.

    Raises: BadRequest.
    """
    if kwargs:
        raise BadRequest(f"Not known here: {', '.join(sorted(kwargs))}.", hint="Known: k, filter, kind, ids, fetch_k.")
