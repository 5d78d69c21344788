"""The store: one folder with the catalogue, the media and the caches, and everything a search needs of them."""

from __future__ import annotations

import contextlib
import fcntl
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal

import numpy as np

from rag.errors import ModelMismatch, StoreNotFound, UnknownDocument, UnreadablePath
from rag.late.maxsim import MaxSimIndex
from rag.protocols import Fingerprint
from rag.store import captions, collections, filters, jobs, lexical, likenesses, rows, sections, spaces
from rag.store.catalogue import Catalogue
from rag.store.media import MediaStore
from rag.store.rows import Encoded
from rag.store.vectors import FaissIndex
from rag.types import DEFAULT_COLLECTION, Collection, Document, Element, FailedFile, Filters, Hit, Route

if TYPE_CHECKING:
    from rag.likeness import Likeness
    from rag.types import Ids, Vectors

Outcome = Literal["added", "replaced", "unchanged"]
KINDS = ("text", "image")
DOCUMENTS_AT_ONCE = 64
"""Whose pages are put into an index together; bounds memory."""
_PLACE = "collection = ? AND location = ?"
_PUT_PLACE = (
    "INSERT INTO sources VALUES (?, ?, ?, ?) ON CONFLICT (collection, location) DO UPDATE"
    " SET source = excluded.source, document_id = excluded.document_id"
)


class Store:
    """Documents, elements, vectors and pictures below one folder.

    Safe for threads, and for other processes beside this one: a search first catches up with what others committed.
    """

    def __init__(self, root: Path, *, create: bool = False) -> None:
        """Open the store. Before vectors are written or searched, `expect` must have named the encoders.

        Raises: StoreNotFound if there is none and `create` is false; StoreDamaged if its catalogue cannot be read.
        """
        self.root = root
        if not create and not (root / "catalogue.sqlite").is_file():
            raise StoreNotFound(
                f"There is no store at {root}.", hint=f"Make one: sightline ingest FOLDER --store {root}"
            )
        try:
            root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UnreadablePath(f"The store {root} cannot be made: {error}.", hint="Name another folder.") from error
        self.media = MediaStore(root / "media")
        self.catalogue = Catalogue(root / "catalogue.sqlite")
        self.jobs = jobs.JobTable(self.catalogue, root)
        self._catching_up = threading.RLock()
        self._seen_generation = -1
        self._known: dict[tuple[str, str], Ids] = {}
        """The rows of each document as it was taken, by id and time."""
        self._keys: dict[str, str] = {}
        """Of the spaces, as they were when the encoders were named: others later say that the store was made anew."""
        self._dims: dict[str, int] = {}
        self._indexes: dict[tuple[str, str], FaissIndex] = {}
        self._pages: dict[str, MaxSimIndex] = {}
        """Of each late-interaction model; without a cache file, since the catalogue's rows are read as fast."""

    def expect(self, fingerprints: Sequence[Fingerprint]) -> None:
        """Check that the store was made with exactly these encoders; a new store is made with them from now on.

        Raises: ModelMismatch, naming both, if it was made with others.
        """
        given = {fingerprint.name: fingerprint for fingerprint in fingerprints}
        with self.catalogue.transaction() as writing:
            known = self.catalogue.fingerprints()
            for fingerprint in () if known else fingerprints:
                rows.write_fingerprint(writing, fingerprint)
            keys = rows.current_keys(writing)
        if known and known != given:
            raise mismatch(self.root, known, given)
        with self._catching_up:
            self._dims = {name: fingerprint.dim for name, fingerprint in given.items()}
            self._indexes = {
                (name, kind): FaissIndex(fingerprint.dim)
                for name, fingerprint in given.items()
                if not fingerprint.is_late
                for kind in (KINDS if fingerprint.sees_images else KINDS[:1])
            }
            self._pages = {
                name: MaxSimIndex(fingerprint.dim, load=partial(self.catalogue.multivectors, space=name))
                for name, fingerprint in given.items()
                if fingerprint.is_late
            }
            self._keys, self._known, self._seen_generation = keys, {}, -1

    def is_made_anew(self) -> bool:
        """Whether a reindex gave the store other encoders than `expect` named; what is open goes on with those of before."""
        with self.catalogue.snapshot() as reading:
            return self._other_keys(reading)

    def _other_keys(self, reading: sqlite3.Connection) -> bool:
        return bool(self._keys) and rows.current_keys(reading) != self._keys

    def _refuse_if_made_anew(self, writing: sqlite3.Connection) -> None:
        if self._other_keys(writing):
            names = ", ".join(rows.current_keys(writing))
            raise ModelMismatch(
                f"The store {self.root} was made anew with {names} meanwhile.",
                hint="Do the same again: what was taken stays, and the rest is encoded with these.",
            )

    def close(self) -> None:
        """Let go of the files."""
        self.jobs.close()
        self.catalogue.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Writing

    def add(
        self,
        document: Document,
        elements: Sequence[Element],
        encoded: Sequence[Encoded],
        *,
        location: str,
        collection: str = DEFAULT_COLLECTION,
        again: bool = False,
        job: int | None = None,
    ) -> Outcome:
        """Take a document whole, in one durable transaction; what `location` held before goes in the same transaction.

        Elements carry their ids. Media must have been put before. `again` exchanges a document that is here already.
        `job`: the number of the job whose file it is, which is told in the same transaction.
        Returns: `added`; `replaced` where the location held other bytes, or the document was exchanged; `unchanged`
            where the document is here already, which then gets the location as one more source.
        """
        place = [collections.check_name(collection), location]
        seen = self._looked_at(elements)
        with self.catalogue.transaction() as writing:
            self._refuse_if_made_anew(writing)
            before = writing.execute(f"SELECT document_id FROM sources WHERE {_PLACE}", place).fetchone()
            known = writing.execute("SELECT 1 FROM documents WHERE id = ?", [document.id]).fetchone()
            if known and again:
                writing.execute("PRAGMA defer_foreign_keys = ON")  # its sources stay, and name it again below
                lexical.remove(writing, rows.remove_document(writing, document.id))
            if known is None or again:
                numbers = rows.write_document(writing, document, elements, encoded)
                lexical.add(writing, document, elements, numbers)
                likenesses.write(writing, seen)
            writing.execute(_PUT_PLACE, [*place, document.source, document.id])
            if before is not None and before[0] != document.id:
                self._remove_unnamed(writing, before[0])
            writing.execute(f"DELETE FROM failures WHERE {_PLACE}", place)
            rows.bump_generation(writing)
            outcome: Outcome = "added" if known is None else "replaced" if again else "unchanged"
            if before is not None and before[0] != document.id:
                outcome = "replaced"
            if job is not None:
                jobs.mark_kept(writing, job, location=location, source=document.source, outcome=outcome)
        return outcome

    def _looked_at(self, elements: Sequence[Element]) -> dict[str, Likeness | None]:
        """What is compared of the pictures among the elements that the store has not looked at yet."""
        shown = {element.media for element in elements if element.modality == "image" and element.media is not None}
        return likenesses.look(self.media, sorted(shown - likenesses.known(self.catalogue, shown).keys()))

    def exchange_captions(self, document: Document, elements: Sequence[Element], encoded: Sequence[Encoded]) -> bool:
        """Give some of a document's elements other captions, in one durable transaction; see `captions.exchange`.

        Returns: False, having changed nothing, where the document or one of the elements went in the meantime.
        """
        with self.catalogue.transaction() as writing:
            self._refuse_if_made_anew(writing)
            exchanged = captions.exchange(writing, document, elements, encoded)
            if exchanged:
                rows.bump_generation(writing)
        return exchanged

    def add_source(self, document_id: str, *, location: str, source: str, collection: str = DEFAULT_COLLECTION) -> bool:
        """Say that a known document also lies at `location`; what lay there before goes.

        Returns: False where the document is not here, so that it must be added.
        """
        place = [collections.check_name(collection), location]
        with self.catalogue.transaction() as writing:
            if writing.execute("SELECT 1 FROM documents WHERE id = ?", [document_id]).fetchone() is None:
                return False
            before = writing.execute(f"SELECT source, document_id FROM sources WHERE {_PLACE}", place).fetchone()
            failed = writing.execute(f"DELETE FROM failures WHERE {_PLACE}", place).rowcount
            if before == (source, document_id) and not failed:
                return True
            writing.execute(_PUT_PLACE, [*place, source, document_id])
            if before is not None and before[1] != document_id:
                self._remove_unnamed(writing, before[1])
            rows.bump_generation(writing)
        return True

    def remove_sources(self, locations: Sequence[str], *, collection: str = DEFAULT_COLLECTION) -> int:
        """Forget that documents lie at these locations, in one transaction; a document that lies nowhere else goes.

        Returns: how many documents went.
        """
        if not locations:
            return 0
        with self.catalogue.transaction() as writing:
            return self._remove_places(writing, [(collection, location) for location in locations])

    def delete(self, document_id: str, *, collection: str | None = None) -> None:
        """Delete a document with its elements, vectors, words and pictures, wherever it lay.

        `collection`: take it out of this one only; it stays as long as it lies in another.
        Raises: UnknownDocument if no document there has this id.
        """
        with self.catalogue.transaction() as writing:
            places = writing.execute(
                "SELECT collection, location FROM sources WHERE document_id = ? AND collection = ifnull(?, collection)",
                [document_id, collection],
            ).fetchall()
            if not places:
                raise UnknownDocument(f"No document has the id {document_id}.", hint="See: sightline documents list")
            self._remove_places(writing, places)
        self.sweep()

    def delete_collection(self, name: str) -> Collection:
        """Delete a collection with its settings, and the documents that lie in no other, in one transaction.

        Returns: what it was.
        Raises: UnknownCollection if there is none of this name.
        """
        was = {one.name: one for one in self.collections()}
        collections.check_known(self.catalogue, [name])
        with self.catalogue.transaction() as writing:
            places = writing.execute(
                "SELECT collection, location FROM sources WHERE collection = ?1 UNION"
                " SELECT collection, location FROM failures WHERE collection = ?1",
                [name],
            ).fetchall()
            writing.execute("DELETE FROM collections WHERE name = ?", [name])
            self._remove_places(writing, places)
        self.sweep()
        return was.get(name, Collection(name))

    def _remove_places(self, writing: sqlite3.Connection, places: Sequence[tuple[str, str]]) -> int:
        removed = 0
        for place in places:
            row = writing.execute(f"DELETE FROM sources WHERE {_PLACE} RETURNING document_id", place).fetchone()
            writing.execute(f"DELETE FROM failures WHERE {_PLACE}", place)
            removed += row is not None and self._remove_unnamed(writing, row[0])
        rows.bump_generation(writing)
        return removed

    def _remove_unnamed(self, writing: sqlite3.Connection, document_id: str) -> bool:
        if writing.execute("SELECT 1 FROM sources WHERE document_id = ?", [document_id]).fetchone():
            return False
        lexical.remove(writing, rows.remove_document(writing, document_id))
        return True

    def record_failure(self, failure: FailedFile, *, location: str, collection: str = DEFAULT_COLLECTION) -> None:
        """Remember why a file was not taken."""
        with self.catalogue.transaction() as writing:
            now = datetime.now(UTC).isoformat(timespec="seconds")
            writing.execute(
                "INSERT OR REPLACE INTO failures VALUES (?, ?, ?, ?, ?, ?)",
                [collections.check_name(collection), location, failure.path, failure.code, failure.reason, now],
            )

    @contextlib.contextmanager
    def ingesting(self) -> Iterator[None]:
        """Hold off the sweeping of media while pictures are written whose rows are still to come."""
        with self._lock_file() as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            yield
        with self.alone() as alone:
            if alone:
                self._sweep()
                self.write_caches()

    def sweep(self) -> None:
        """Drop pictures that no row names; left to the last ingest that ends where others are running."""
        with self.alone() as alone:
            if alone:
                self._sweep()

    def _sweep(self) -> None:
        in_use = self.catalogue.media_in_use()
        for digest in set(self.media.digests()) - in_use:
            self.media.remove(digest)
        with self.catalogue.transaction() as writing:
            likenesses.remove_unused(writing)
        self.media.remove_unfinished()
        spaces.drop_leaving(self.catalogue)
        in_use = {self._cache_path(*key).stem for key in self._indexes}
        for path in (self.root / "cache").glob("*") if self._indexes and not self.is_made_anew() else ():
            if path.stem not in in_use:
                path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def holding_media(self) -> Iterator[None]:
        """Hold off the sweeping of media while the block reads them."""
        with self._lock_file() as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            yield

    @contextlib.contextmanager
    def alone(self) -> Iterator[bool]:
        """Whether no ingest is running, in this process or another; none ends its own work while the block runs."""
        with self._lock_file() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True

    @contextlib.contextmanager
    def _lock_file(self) -> Iterator[IO[bytes]]:
        with (self.root / "ingest.lock").open("ab") as file:
            yield file

    # Reading

    def catch_up(self) -> None:
        """Bring the vector indexes to the state of the catalogue."""
        with self._catching_up:
            if self.catalogue.generation() == self._seen_generation:
                return
            with self.catalogue.snapshot() as reading:
                if self._other_keys(reading):
                    if self._seen_generation < 0:
                        self._refuse_if_made_anew(reading)
                    return  # a search that began before a reindex ended is answered by what it began with
                generation = self.catalogue.generation()
                versions = set(self.catalogue.versions().items())
                if self._seen_generation < 0 and self._read_caches(generation):
                    self._known = {version: self.catalogue.rows_of([version[0]]) for version in versions}
                    self._add_pages({id for id, _ in versions})
                else:
                    self._exchange(added=versions - self._known.keys(), gone=self._known.keys() - versions)
            self._seen_generation = generation

    def _exchange(self, *, added: set[tuple[str, str]], gone: set[tuple[str, str]]) -> None:
        dropped = [self._known.pop(version) for version in gone]
        ids = {id for id, _ in added}
        for (space, kind), index in self._indexes.items():
            if dropped:
                index.remove(np.concatenate(dropped))
            dim = self._dims[space]
            index.add(*self.catalogue.vectors_of(ids, space=space, kind=kind, dim=dim))
        for pages in self._pages.values() if dropped else ():
            pages.remove(np.concatenate(dropped))
        self._add_pages(ids)
        self._known |= {version: self.catalogue.rows_of([version[0]]) for version in added}

    def _add_pages(self, ids: set[str]) -> None:
        wanted = sorted(ids)
        for space, pages in self._pages.items():
            for first in range(0, len(wanted), DOCUMENTS_AT_ONCE):
                some = wanted[first : first + DOCUMENTS_AT_ONCE]
                pages.add(*self.catalogue.vectors_of(some, space=space, kind="page", dim=self._dims[space]))

    def _cache_path(self, space: str, kind: str) -> Path:
        name = "".join(letter if letter.isalnum() else "-" for letter in self._keys[space])
        return self.root / "cache" / f"{name}-{kind}.faiss"

    def _read_caches(self, generation: int) -> bool:
        loaded = {
            key: FaissIndex.load(self._cache_path(*key), dim=self._dims[key[0]], generation=generation)
            for key in self._indexes
        }
        found = {key: index for key, index in loaded.items() if index is not None}
        if len(found) < len(self._indexes):
            return False
        self._indexes = found
        return True

    def caches(self) -> list[tuple[tuple[str, str], Path, int]]:
        """The cache file of each (space, kind) of the encoders that `expect` named, and its columns; it need not be there."""
        return [(key, self._cache_path(*key), self._dims[key[0]]) for key in self._indexes]

    def write_caches(self) -> None:
        """Bring the caches' files to the state of the catalogue."""
        if self.is_made_anew():
            return
        with self._catching_up:
            self.catch_up()
            for key, index in self._indexes.items():
                index.save(self._cache_path(*key), generation=self._seen_generation)

    def search_vectors(
        self, space: str, kind: str, queries: Vectors, *, k: int, allowed: Ids | None
    ) -> list[list[tuple[int, float]]]:
        """The k nearest elements of each query (float32 (n, dim)) in one space: row number and cosine, best first."""
        self.catch_up()
        with self._catching_up:
            return self._indexes[space, kind].search(queries, k, allowed)

    def search_pages(self, space: str, query: Vectors, *, k: int, allowed: Ids | None) -> list[tuple[int, float]]:
        """The k pages with the best MaxSim for a question (float32 (n_tokens, dim)): row number and score, best first."""
        self.catch_up()
        with self._catching_up:
            (found,) = self._pages[space].search([query], k, allowed)
        return found

    def count_vectors(self, space: str, kind: str, *, allowed: Ids | None) -> int:
        """How many vectors one space holds; an element with a long text has several."""
        self.catch_up()
        with self._catching_up:
            return self._indexes[space, kind].count(allowed)

    def best_cosines(self, space: str, kind: str, queries: Vectors, *, allowed: Ids | None) -> Vectors:
        """The cosine of each query (float32 (n, dim)) with what is nearest to it, float32 (n,); (0,) where nothing is."""
        self.catch_up()
        with self._catching_up:
            return self._indexes[space, kind].best(queries, allowed=allowed)

    def search_words(self, query: str, *, k: int, allowed: Ids | None) -> list[tuple[int, float]]:
        """The k elements whose words match best: row number and BM25 score, best first."""
        with self.catalogue.snapshot() as reading:
            return lexical.search(reading, query, k, allowed)

    def elements(self, numbers: Sequence[int]) -> dict[int, Element]:
        """Elements by row number; a row that is gone is left out."""
        return self.catalogue.elements(numbers)

    def documents(self, ids: Sequence[str] | None = None, *, collections: Sequence[str] = ()) -> list[Document]:
        """The documents of these ids, or all, by source; in these collections, if any are named."""
        return self.catalogue.documents(ids, collections=collections)

    def lying_at(self, locations: Sequence[str], *, collection: str = DEFAULT_COLLECTION) -> dict[str, str]:
        """The ids of the documents that lie at these locations of a collection, by location; one that is not here is left out."""
        return self.catalogue.lying_at(locations, collection=collection)

    def find_documents(self, name: str, among: Sequence[str] = ()) -> list[Document]:
        """The documents that go by an id, a source, a location, a file name or a title.

        `among`: the collections to look in; all where none is named.
        Raises: UnknownCollection if there is no such collection; UnknownDocument if no document goes by the name.
        """
        collections.check_known(self.catalogue, among)
        return self.documents(sorted(filters.ids_by_name(self.catalogue, name, among)), collections=among)

    def collections(self) -> list[Collection]:
        """Every collection with what it holds and how it is asked, by name."""
        return collections.listed(self.catalogue)

    def check_collections(self, names: Sequence[str]) -> None:
        """Raises: UnknownCollection if one of the names is no collection's."""
        collections.check_known(self.catalogue, names)

    def collection_asked(self, names: Sequence[str]) -> Collection:
        """How the collection is asked that these names say; see `collections.asked_of`."""
        return collections.asked_of(self.catalogue, names)

    def set_collection(self, name: str, *, route: Route | None, generator: str | None) -> Collection:
        """Say how a collection is asked; see `collections.keep_settings`. Returns: what it is now."""
        collections.keep_settings(self.catalogue, name, route=route, generator=generator)
        return next((one for one in self.collections() if one.name == name), Collection(name))

    def likenesses(self, media: Sequence[str]) -> dict[str, Likeness | None]:
        """What is compared of these pictures, by hash; of those never looked at, nothing: see `look_at`."""
        return likenesses.known(self.catalogue, media)

    def look_at(self, media: Sequence[str]) -> dict[str, Likeness | None]:
        """What is compared of these pictures, by hash, looked at now and kept; one that is gone is left out."""
        seen = likenesses.look(self.media, media)
        with self.catalogue.transaction() as writing:
            likenesses.write(writing, seen)
        return seen

    def find_element(self, id: str) -> tuple[Document, Element] | None:
        """The element of this id and its document; None if it is not here."""
        element = self.catalogue.element(id)
        documents = [] if element is None else self.documents([element.document_id])
        return (documents[0], element) if element is not None and documents else None

    def section_of(self, hit: Hit, wanted: Filters) -> list[Element]:
        """What goes on around a hit, of what the filters let through; see `sections.section_of`."""
        return sections.section_of(self.catalogue, hit, wanted)

    def allowed(self, wanted: Filters) -> Ids | None:
        """Row numbers that the filters let through, int64, ascending; None where they let everything through.

        Raises: UnknownCollection, UnknownDocument if a named collection or document is not here.
        """
        return filters.allowed(self.catalogue, wanted)


def mismatch(root: Path, known: Mapping[str, Fingerprint], given: Mapping[str, Fingerprint]) -> ModelMismatch:
    """The refusal of encoders that a store was not made with; it names both."""
    encoders = [name for name, one in given.items() if not one.is_late]
    same = known.keys() == given.keys()  # by name, with other weights: an older or a newer version of the model
    anew = f"sightline reindex --encoder {','.join(encoders)} --store {root}"
    return ModelMismatch(
        f"The store {root} was made with {_described(known)}; it was opened with {_described(given)}.",
        hint=f"Make it anew with these, from what it holds: {anew}"
        if same
        else f"Open it with {options_of(known)}, or ingest into another store.",
    )


def options_of(names: Iterable[str]) -> str:
    """The options that name these models, for a hint."""
    chosen = list(names)
    late = [name for name in chosen if name.startswith("late:")]
    encoders = [name for name in chosen if name not in late]
    return f"--encoder {','.join(encoders)}" + (f" --late {late[0]}" if late else "")


def _described(fingerprints: Mapping[str, Fingerprint]) -> str:
    return " and ".join(
        f"{one.name} (revision {one.revision}, weights {one.weights[:12] or 'unknown'}, {one.dim} columns)"
        for one in fingerprints.values()
    )
