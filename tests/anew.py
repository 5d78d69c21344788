"""A store of small texts that is made anew with another encoder of colours, light enough for processes that are killed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from indexers.encode import encode
from indexers.reindex import Reindexed, Step, reindex
from indexers.worker import Read, bind
from rag.encoders.colours import ColourEncoder
from rag.errors import EncodeFailed
from rag.protocols import Encoder, Fingerprint
from rag.store.store import Store
from rag.types import Document, Element

if TYPE_CHECKING:
    from rag.types import Vectors

COLOURS = ("red", "green", "blue", "yellow", "black", "white", "orange", "purple")


class OtherColours(ColourEncoder):
    """Another encoder of colours, by its fingerprint; counts what it is asked, and fails where it is told to."""

    def __init__(self, name: str = "other", *, weights: str = "", fails_at: str = "\0") -> None:
        super().__init__()
        self._given = {"name": name, "weights": weights or "ef" * 32}
        self._fails_at = fails_at
        self.n_texts = 0

    @property
    def fingerprint(self) -> Fingerprint:
        return replace(super().fingerprint, **self._given)  # type: ignore[arg-type]  # two fields, both text

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        if any(self._fails_at in text for text in texts):
            raise EncodeFailed(f"The text {self._fails_at!r} gives no finite row.")
        self.n_texts += len(texts)
        return super().encode_texts(texts)


def put(store: Store, encoder: Encoder, name: str, *elements: Element) -> str:
    """Add a document as an ingest would; its id."""
    id = hashlib.sha256(name.encode()).hexdigest()
    document = Document(id, name, name, "text/plain", 1)
    bound = tuple(bind(element, document_id=id, ordinal=at) for at, element in enumerate(elements))
    (encoded,) = encode([Read(document, bound, 0)], encoders={encoder.fingerprint.name: encoder}, media=store.media)
    store.add(document, bound, encoded, location=f"/{name}")
    return id


def put_text(store: Store, encoder: Encoder, number: int) -> str:
    text = f"The {COLOURS[number % 8]} boat number {number} sails."
    return put(store, encoder, f"boat-{number}.txt", Element("text", text, 1))


@contextmanager
def opened(root: Path, encoder: Encoder | None = None) -> Iterator[Store]:
    with Store(root, create=True) as store:
        if encoder is not None:
            store.expect([encoder.fingerprint])
        yield store


def make_anew(root: Path, *encoders: Encoder, on_step: Callable[[Step], None] = lambda step: None) -> Reindexed:
    with opened(root) as store:
        return reindex(store, {one.fingerprint.name: one for one in encoders}, on_step=on_step)
