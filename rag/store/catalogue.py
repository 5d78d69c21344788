"""The catalogue in SQLite: the one truth of a store, written one document per transaction."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rag.errors import StoreBusy, StoreDamaged
from rag.late.multivectors import Multivector
from rag.protocols import Fingerprint
from rag.store import lexical, migrations, rows
from rag.types import MODALITIES, Document, Element, FailedFile, Modality

if TYPE_CHECKING:
    from rag.types import Ids, Vectors

SCHEMA_VERSION = "4"
BUSY_SECONDS = 60.0
# A search may still look for the columns of before when a reindex of the same name has just ended: it finds none then.
_IN_SPACE = "v.space = (SELECT key FROM spaces WHERE name = ? AND state = 'current') AND length(v.vector) = ?"


class Catalogue:
    """Reads and writes the catalogue; a connection of its own for every thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._connections: list[tuple[threading.Thread, sqlite3.Connection]] = []
        self._connecting = threading.Lock()
        with self._errors():
            self._prepare()

    def _prepare(self) -> None:
        connection = self.connection()
        connection.execute("PRAGMA journal_mode = WAL")
        with self.transaction() as writing:
            known = writing.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone()
            if known is None:
                schema = resources.files("rag.store").joinpath("schema.sql").read_text("utf-8")
                for statement in _statements(schema):
                    writing.execute(statement)
                writing.execute(lexical.SCHEMA)
                writing.executemany(
                    "INSERT INTO meta VALUES (?, ?)", [("schema_version", SCHEMA_VERSION), ("generation", "0")]
                )
            migrations.migrate(writing)
        (version,) = connection.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone()
        if version != SCHEMA_VERSION:
            raise StoreDamaged(
                f"The store {self._path.parent} has the schema version {version}, this Sightline reads {SCHEMA_VERSION}.",
                hint="Use the version that made it, or ingest into a new store.",
            )

    def connection(self) -> sqlite3.Connection:
        """This thread's connection."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            # Autocommit: transactions are begun by `transaction` alone. Connections are closed together, by `close`.
            connection = sqlite3.connect(
                self._path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            self._local.connection = connection
            self._remember(connection)
        return connection

    def _remember(self, connection: sqlite3.Connection) -> None:
        """Note this thread's connection for `close`, and close those whose thread has ended: a server's threads come and go."""
        with self._connecting:
            ended = [pair for pair in self._connections if not pair[0].is_alive()]
            self._connections = [pair for pair in self._connections if pair not in ended]
            self._connections.append((threading.current_thread(), connection))
        for _, left in ended:
            left.close()

    def close(self) -> None:
        """Close every thread's connection."""
        with self._connecting:
            while self._connections:
                self._connections.pop()[1].close()
        self._local = threading.local()

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            if "locked" in str(error) or "busy" in str(error):
                raise StoreBusy(
                    f"Another process held the store {self._path.parent} for more than {BUSY_SECONDS:.0f} s.",
                    hint="Wait for it to end, then try again.",
                ) from error
            raise StoreDamaged(
                f"The catalogue {self._path} cannot be used: {error}.",
                hint="Check the disk's free space and the folder's permissions.",
            ) from error
        except sqlite3.DatabaseError as error:
            raise StoreDamaged(
                f"The catalogue {self._path} is damaged: {error}.",
                hint="Bring it back from a backup, or ingest into a new store.",
            ) from error

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One writing transaction: all of it is durable when the block ends, none of it if the block raises."""
        with self._errors():
            connection = self.connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """Several reads that see one state."""
        with self._errors():
            connection = self.connection()
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("COMMIT")

    # Reading

    def generation(self) -> int:
        """A number that grows with every change."""
        with self._errors():
            (value,) = self.connection().execute("SELECT value FROM meta WHERE key = 'generation'").fetchone()
        return int(value)

    def note(self, key: str) -> str | None:
        """What was worked out from the store's contents and kept beside them; None if nothing was."""
        with self._errors():
            found = self.connection().execute("SELECT value FROM meta WHERE key = ?", [f"note:{key}"]).fetchone()
        return None if found is None else str(found[0])

    def keep_note(self, key: str, value: str) -> None:
        """Keep what was worked out, in place of what was before; it is no change of the contents."""
        with self.transaction() as writing:
            writing.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", [f"note:{key}", value])

    def fingerprints(self) -> dict[str, Fingerprint]:
        """The encoders that the store was made with, by name."""
        with self._errors():
            found = (
                self.connection()
                .execute("SELECT name, fingerprint FROM spaces WHERE state = 'current' ORDER BY 1")
                .fetchall()
            )
        return {name: rows.fingerprint(text) for name, text in found}

    def versions(self) -> dict[str, str]:
        """When each document was taken, by its id; taking it anew changes that."""
        with self._errors():
            return dict(self.connection().execute("SELECT id, ingested_at FROM documents").fetchall())

    def documents(self, ids: Iterable[str] | None = None, *, collections: Sequence[str] = ()) -> list[Document]:
        """The documents of these ids, or all, by source; in these collections, and by their source there, if any are named."""
        wanted = None if ids is None else set(ids)
        clauses, values = ["1"], list[str]()
        if wanted is not None and len(wanted) <= rows.ROWS_PER_SELECT:
            clauses.append(f"d.id IN ({rows.marks(wanted)})")
            values.extend(wanted)
        if collections:
            clauses.append(f"s.collection IN ({rows.marks(collections)})")
            values.extend(collections)
        with self._errors():
            found = (
                self.connection()
                .execute(
                    "SELECT d.id, MIN(s.source), title, media_type, n_pages, metadata, ingested_at,"
                    " (SELECT json_group_array(DISTINCT collection) FROM sources WHERE document_id = d.id)"
                    " FROM documents d JOIN sources s ON s.document_id = d.id"
                    f" WHERE {' AND '.join(clauses)} GROUP BY d.id ORDER BY 2",
                    values,
                )
                .fetchall()
            )
        return [
            Document(
                id=id,
                source=source,
                title=title,
                media_type=media_type,
                n_pages=n_pages,
                collections=tuple(sorted(json.loads(names))),
                metadata=json.loads(metadata),
                ingested_at=ingested_at,
            )
            for id, source, title, media_type, n_pages, metadata, ingested_at, names in found
            if wanted is None or id in wanted
        ]

    def sources(self, collections: Sequence[str] = ()) -> list[tuple[str, str, str]]:
        """Every (location, source, document id); of these collections, if any are named."""
        among = f" WHERE collection IN ({rows.marks(collections)})" if collections else ""
        with self._errors():
            return (
                self.connection()
                .execute(f"SELECT location, source, document_id FROM sources{among}", list(collections))
                .fetchall()
            )

    def lying_at(self, locations: Sequence[str], *, collection: str) -> dict[str, str]:
        """The ids of the documents that lie at these locations of a collection, by location; one that is not here is left out."""
        found: dict[str, str] = {}
        with self._errors():
            for some in rows.slices(locations):
                query = (
                    "SELECT location, document_id FROM sources"
                    f" WHERE collection = ? AND location IN ({rows.marks(some)})"
                )
                found.update(self.connection().execute(query, [collection, *some]).fetchall())
        return found

    def elements(self, numbers: Sequence[int]) -> dict[int, Element]:
        """Elements by row number; a row that is gone is left out."""
        elements: dict[int, Element] = {}
        with self._errors():
            for some in rows.slices(numbers):
                for values in self.connection().execute(
                    f"SELECT {rows.ELEMENT_COLUMNS}, row FROM elements WHERE row IN ({rows.marks(some)})", some
                ):
                    elements[values[-1]] = rows.element(values[:-1])
        return elements

    def elements_of(self, document_id: str, modalities: Sequence[Modality] = MODALITIES) -> list[Element]:
        """A document's elements of these modalities in reading order."""
        with self._errors():
            found = self.connection().execute(
                f"SELECT {rows.ELEMENT_COLUMNS} FROM elements"
                f" WHERE document_id = ? AND modality IN ({rows.marks(modalities)}) ORDER BY ordinal",
                [document_id, *modalities],
            )
            return [rows.element(row) for row in found]

    def element(self, id: str) -> Element | None:
        """The element of this id; None if it is not here."""
        with self._errors():
            found = (
                self.connection().execute(f"SELECT {rows.ELEMENT_COLUMNS} FROM elements WHERE id = ?", [id]).fetchone()
            )
        return None if found is None else rows.element(found)

    def count_elements(self, document_ids: Iterable[str]) -> dict[str, int]:
        """How many elements of each modality the documents have."""
        counts: dict[str, int] = dict.fromkeys(MODALITIES, 0)
        with self._errors():
            for some in rows.slices(sorted(document_ids)):
                query = f"SELECT modality, COUNT(*) FROM elements WHERE document_id IN ({rows.marks(some)}) GROUP BY 1"
                for modality, count in self.connection().execute(query, some):
                    counts[modality] += count
        return counts

    def vectors_of(self, document_ids: Iterable[str], *, space: str, kind: str, dim: int) -> tuple[Ids, Vectors]:
        """Row numbers int64 (n,) and vectors float32 (n, dim) of the documents' elements in one space."""
        ids: list[int] = []
        blobs: list[bytes] = []
        with self._errors():
            for some in rows.slices(sorted(document_ids)):
                for element, blob in self.connection().execute(
                    "SELECT v.element, v.vector FROM elements e JOIN vectors v ON v.element = e.row"
                    f" WHERE e.document_id IN ({rows.marks(some)}) AND {_IN_SPACE} AND v.kind = ? ORDER BY 1, v.window",
                    [*some, space, 2 * dim, kind],
                ):
                    ids.append(element)
                    blobs.append(blob)
        flat = np.frombuffer(b"".join(blobs), dtype="<f2").astype(np.float32)
        return np.asarray(ids, dtype=np.int64), flat.reshape(len(ids), dim)

    def multivectors(self, numbers: Sequence[int], *, space: str) -> dict[int, Multivector]:
        """All vectors of the pages of these row numbers in one space; a row that is gone is left out.

        Raises: StoreDamaged if one cannot be read.
        """
        found: dict[int, Multivector] = {}
        with self._errors():
            for some in rows.slices(numbers):
                query = f"SELECT element, codes FROM multivectors WHERE space = ? AND element IN ({rows.marks(some)})"
                for row, codes in self.connection().execute(query, [space, *some]):
                    found[row] = Multivector.from_bytes(codes)
        return found

    def count_vectors(self, kind: str) -> int:
        """How many vectors of this kind the encoder with the most of them made."""
        with self._errors():
            found = self.connection().execute(
                "SELECT COUNT(*) FROM vectors WHERE kind = ? AND space IN (SELECT key FROM spaces WHERE state = 'current')"
                " GROUP BY space",
                [kind],
            )
            return max((count for (count,) in found), default=0)

    def count_pictures(self) -> int:
        """How many elements have a picture of their own."""
        with self._errors():
            (count,) = self.connection().execute("SELECT COUNT(*) FROM elements WHERE media IS NOT NULL").fetchone()
        return int(count)

    def vectors_by_element(self, ids: Iterable[str], *, space: str, dim: int) -> dict[str, Vectors]:
        """Of each element of these ids its rows in one space, float32 (n, dim): those of its words, else of its picture."""
        blobs: dict[str, dict[str, list[bytes]]] = {}
        with self._errors():
            for some in rows.slices(sorted(ids)):
                for id, kind, blob in self.connection().execute(
                    "SELECT e.id, v.kind, v.vector FROM elements e JOIN vectors v ON v.element = e.row"
                    f" WHERE e.id IN ({rows.marks(some)}) AND {_IN_SPACE} ORDER BY e.row, v.window",
                    [*some, space, 2 * dim],
                ):
                    blobs.setdefault(id, {}).setdefault(kind, []).append(blob)
        best = {id: kinds.get("text") or next(iter(kinds.values())) for id, kinds in blobs.items()}
        return {
            id: np.frombuffer(b"".join(some), dtype="<f2").astype(np.float32).reshape(-1, dim)
            for id, some in best.items()
        }

    def picture_vector(self, id: str, *, space: str, dim: int) -> Vectors | None:
        """The row of an element's picture in one space, float32 (dim,); None if it has none there, or is not here."""
        with self._errors():
            found = (
                self.connection()
                .execute(
                    "SELECT v.vector FROM elements e JOIN vectors v ON v.element = e.row"
                    " WHERE e.id = ? AND v.space = ? AND v.kind = 'image' ORDER BY v.window LIMIT 1",
                    [id, space],
                )
                .fetchone()
            )
        return None if found is None else np.frombuffer(found[0], dtype="<f2").astype(np.float32).reshape(dim)

    def rows_of(self, document_ids: Iterable[str]) -> Ids:
        """Row numbers of the documents' elements, int64, ascending."""
        numbers: list[int] = []
        with self._errors():
            for some in rows.slices(sorted(document_ids)):
                query = f"SELECT row FROM elements WHERE document_id IN ({rows.marks(some)})"
                numbers.extend(row for (row,) in self.connection().execute(query, some))
        return np.asarray(sorted(numbers), dtype=np.int64)

    def page_rows(self, document_ids: Iterable[str]) -> dict[tuple[str, int], int]:
        """The rows of the documents' whole pages, by document and page (from 1)."""
        found: dict[tuple[str, int], int] = {}
        with self._errors():
            for some in rows.slices(sorted(document_ids)):
                query = (
                    "SELECT document_id, page, row FROM elements"
                    f" WHERE modality = 'page' AND document_id IN ({rows.marks(some)})"
                )
                found.update(((id, page), row) for id, page, row in self.connection().execute(query, some))
        return found

    def rows_on(self, document_id: str, pages: Iterable[int]) -> dict[int, int]:
        """The rows of all that stands on these pages (from 1) of a document, each with its page."""
        with self._errors():
            found = self.connection().execute(
                "SELECT row, page FROM elements WHERE document_id = ? AND page IN (SELECT value FROM json_each(?))",
                [document_id, json.dumps(sorted(pages))],
            )
            return dict(found.fetchall())

    def vector_bytes(self) -> dict[tuple[str, str], int]:
        """How much room the vectors take, in bytes, by space and kind."""
        with self._errors():
            found = self.connection().execute("SELECT space, kind, SUM(LENGTH(vector)) FROM vectors GROUP BY 1, 2")
            return {(space, kind): n for space, kind, n in found}

    def failures(self, collections: Sequence[str] = ()) -> list[tuple[str, FailedFile]]:
        """Every file that could not be taken, as (location, failure), by source; of these collections, if any are named."""
        among = f" WHERE collection IN ({rows.marks(collections)})" if collections else ""
        with self._errors():
            found = (
                self.connection()
                .execute(
                    f"SELECT location, source, code, reason FROM failures{among} ORDER BY source", list(collections)
                )
                .fetchall()
            )
        return [(location, FailedFile(source, code, reason)) for location, source, code, reason in found]

    def media_in_use(self) -> set[str]:
        """Every hash that a row names; a document's id is the hash of its original, which may be kept."""
        with self._errors():
            found = self.connection().execute(
                "SELECT media FROM elements WHERE media IS NOT NULL UNION SELECT id FROM documents"
            )
            return {digest for (digest,) in found}


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
