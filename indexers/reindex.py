"""The story of a reindex: what a store holds is encoded by other encoders, beside what is searched, then both change places.

Nothing is read again: elements with their OCR and captions come from the catalogue, pictures from the media. The old spaces
answer until the last moment, here and in other processes, and what others add meanwhile is encoded before the change.
"""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from indexers.batches import ELEMENTS_AT_ONCE
from indexers.encode import encode
from indexers.worker import Read
from rag.errors import BadRequest, NoRoom, StoreBusy
from rag.protocols import Encoder, Fingerprint
from rag.store import spaces
from rag.store.spaces import Filled
from rag.store.store import Store
from rag.types import Document, Element

DOCUMENTS_AT_ONCE = 64
"""Encoded and kept together at most, where they are small."""
BYTES_PER_ROW = 64
"""What SQLite keeps beside each vector, about."""
SPARE_BYTES = 64 * 2**20
"""For what is written beside the vectors: the log of the catalogue."""


@dataclass(frozen=True, slots=True)
class Step:
    """A document was encoded."""

    space: str
    """By which encoder."""
    source: str
    done: int
    """Of `total` documents, once for each encoder that has to be run."""
    total: int


@dataclass(frozen=True, slots=True)
class Todo:
    """What a reindex would do."""

    encoders: tuple[str, ...]
    """That the store would be made with."""
    stays: tuple[str, ...]
    """Of these, the ones whose vectors are there already and stay."""
    documents: int
    done: int
    """Documents that were encoded before a break, counted once for each encoder that has to be run."""
    texts: int
    """Elements with words, of all documents."""
    pictures: int
    bytes_needed: int
    """On the disk while both are there, about."""
    bytes_free: int


@dataclass(frozen=True, slots=True)
class Reindexed:
    """What a reindex did."""

    encoders: tuple[str, ...]
    """That were asked for."""
    stays: tuple[str, ...]
    """Of these, the ones whose vectors were there before."""
    documents: int
    """Encoded in this run, counted once for each encoder that had to be run."""
    swapped: bool
    """Whether the store is made with these encoders now; False where it was stopped before."""
    seconds: float


OnStep = Callable[[Step], None]


def plan(store: Store, encoders: Mapping[str, Encoder]) -> Todo:
    """What a reindex with these encoders would do; the store is left as it is."""
    wanted = _fingerprints(encoders, store)
    coming = spaces.known(store.catalogue, wanted)
    documents = store.documents()
    counts = store.catalogue.count_elements(document.id for document in documents)
    left = {name: len(spaces.to_encode(store.catalogue, key)) for name, key in coming.items()}
    return Todo(
        encoders=tuple(encoders),
        stays=tuple(name for name in encoders if name not in coming),
        documents=len(documents),
        done=sum(len(documents) - n_left for n_left in left.values()),
        texts=counts["text"] + counts["image"] + counts["table"],
        pictures=counts["image"],
        bytes_needed=_bytes_needed(store, [wanted[name] for name, n_left in left.items() if n_left]),
        bytes_free=shutil.disk_usage(store.root).free,
    )


def reindex(
    store: Store,
    encoders: Mapping[str, Encoder],
    *,
    on_step: OnStep = lambda step: None,
    stop: threading.Event | None = None,
) -> Reindexed:
    """Make the store with these encoders, and none else, from what it holds; the old ones answer until then.

    Breaking off at any moment loses at most the documents in hand: the same call again goes on, and until it is through
    the store is as it was. Afterwards the old vectors are dropped. `stop` ends it after the documents in hand.
    Raises: BadRequest without an encoder; NoRoom if the disk cannot hold both; StoreBusy if another reindex is running;
        EncodeFailed if an encoder fails.
    """
    began = time.monotonic()
    stop = stop or threading.Event()
    wanted = _fingerprints(encoders, store)
    with _alone(store.root), store.ingesting():  # while it runs, no picture is swept away
        spaces.drop_leaving(store.catalogue)
        todo = plan(store, encoders)
        check_room(todo)
        coming = spaces.begin(store.catalogue, wanted)
        spaces.drop_leaving(store.catalogue)
        filling = _Filling(store, {name: encoders[name] for name in coming}, coming, on_step=on_step, stop=stop)
        swapped = False
        while not swapped and not stop.is_set():
            filling.fill()
            swapped = not stop.is_set() and spaces.swap(store.catalogue, wanted)
        if swapped:
            spaces.drop_leaving(store.catalogue)
    if swapped:
        _write_caches(store.root, list(wanted.values()))
    return Reindexed(tuple(encoders), todo.stays, filling.n_done, swapped, round(time.monotonic() - began, 3))


def check_room(todo: Todo) -> None:
    """Raises: NoRoom if the disk cannot hold the new vectors beside the old."""
    if todo.bytes_needed > todo.bytes_free:
        raise NoRoom(
            f"The new vectors need about {_mib(todo.bytes_needed)}, and {_mib(todo.bytes_free)} are free on the store's disk.",
            hint="Make room, or reindex with one encoder at a time; nothing was changed.",
        )


def _mib(n_bytes: int) -> str:
    return f"{n_bytes / 2**20:,.0f} MiB"


class _Filling:
    """Fills the coming spaces, one after the other."""

    def __init__(
        self,
        store: Store,
        encoders: Mapping[str, Encoder],
        keys: Mapping[str, str],
        *,
        on_step: OnStep,
        stop: threading.Event,
    ) -> None:
        self._store = store
        self._encoders = encoders
        self._keys = keys
        self._on_step = on_step
        self._stop = stop
        self.n_done = 0

    def fill(self) -> None:
        """Encode every document that is not complete, by each encoder; what is added meanwhile is left to the next call."""
        todo = {name: spaces.to_encode(self._store.catalogue, key) for name, key in self._keys.items()}
        total = self.n_done + sum(map(len, todo.values()))
        for name, ids in todo.items():
            for batch in self._batches(ids):
                if self._stop.is_set():
                    return
                self._encode(name, batch)
                for done, (document, _) in enumerate(batch, start=self.n_done + 1):
                    self._on_step(Step(name, document.source, done, total))
                self.n_done += len(batch)

    def _encode(self, name: str, batch: Sequence[tuple[Document, Sequence[Element]]]) -> None:
        reads = [Read(document, tuple(elements), 0) for document, elements in batch]
        encoded = encode(reads, encoders={name: self._encoders[name]}, media=self._store.media)
        filled = [Filled(read.document, read.elements, one) for read, one in zip(reads, encoded, strict=True)]
        spaces.keep(self._store.catalogue, name, self._keys[name], filled)

    def _batches(self, ids: Sequence[str]) -> Iterator[list[tuple[Document, Sequence[Element]]]]:
        """Documents with their elements, so many small ones together that a batch of the encoder is filled."""
        catalogue = self._store.catalogue
        for first in range(0, len(ids), DOCUMENTS_AT_ONCE):
            batch: list[tuple[Document, Sequence[Element]]] = []
            for document in catalogue.documents(ids[first : first + DOCUMENTS_AT_ONCE]):
                batch.append((document, catalogue.elements_of(document.id)))
                if sum(len(elements) for _, elements in batch) >= ELEMENTS_AT_ONCE:
                    yield batch
                    batch = []
            if batch:
                yield batch


def _fingerprints(encoders: Mapping[str, Encoder], store: Store) -> dict[str, Fingerprint]:
    """Of what the store is to be made with: these encoders, and late interaction as it is, whose pages stay as they lie."""
    if not encoders:
        raise BadRequest("There is no encoder to reindex with.", hint="Name one: sightline reindex --encoder builtin")
    late = {name: one for name, one in store.catalogue.fingerprints().items() if one.is_late}
    return {name: encoder.fingerprint for name, encoder in encoders.items()} | late


def _bytes_needed(store: Store, coming: Sequence[Fingerprint]) -> int:
    """Of the new vectors, in the catalogue and in their cache, with as many windows as the old encoders made of the texts."""
    n_texts, n_images = store.catalogue.count_vectors("text"), store.catalogue.count_pictures()
    rows = {True: n_texts + n_images, False: n_texts}
    needed = sum(rows[one.sees_images] * (4 * one.dim + BYTES_PER_ROW) for one in coming)
    return needed + SPARE_BYTES if coming else 0


@contextlib.contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Raises: StoreBusy if another process reindexes the store."""
    with (root / "reindex.lock").open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreBusy(
                f"The store {root} is being reindexed already.", hint="Wait for it to end, then look: sightline status"
            ) from error
        yield


def _write_caches(root: Path, fingerprints: Sequence[Fingerprint]) -> None:
    """So that the next process that searches need not build its indexes anew."""
    with Store(root) as made_anew:
        made_anew.expect(fingerprints)
        with made_anew.ingesting():
            pass
