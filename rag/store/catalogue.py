"""The catalogue in SQLite: the one truth of a store, written one document per transaction."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rag.errors import StoreBusy, StoreDamaged
from rag.protocols import Fingerprint
from rag.store import lexical
from rag.types import MODALITIES, Document, Element, FailedFile, Span

if TYPE_CHECKING:
    from rag.types import Ids, Vectors

SCHEMA_VERSION = "1"
BUSY_SECONDS = 60.0
# Kept well under SQLite's bound on variables of one statement.
ROWS_PER_SELECT = 500


@dataclass(frozen=True, slots=True)
class Encoded:
    """Vectors of some of a document's elements in one space."""

    space: str
    """The encoder's name."""
    kind: str
    """What was encoded: `text` or `image`."""
    ordinals: tuple[int, ...]
    """For each row, the position of its element in the document's elements; ascending, repeated for windows."""
    vectors: Vectors
    """float32 (len(ordinals), dim)."""


class Catalogue:
    """Reads and writes the catalogue; a connection of its own for every thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
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
            self._connections.append(connection)
        return connection

    def close(self) -> None:
        """Close every thread's connection."""
        while self._connections:
            self._connections.pop().close()
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

    def fingerprints(self) -> dict[str, Fingerprint]:
        """The encoders that the store was made with, by name."""
        with self._errors():
            rows = self.connection().execute("SELECT name, fingerprint FROM spaces").fetchall()
        return {name: _fingerprint(text) for name, text in rows}

    def document_ids(self) -> set[str]:
        """Every document's id."""
        with self._errors():
            return {id for (id,) in self.connection().execute("SELECT id FROM documents")}

    def documents(self, ids: Iterable[str] | None = None) -> list[Document]:
        """The documents of these ids, or all, by source."""
        wanted = None if ids is None else set(ids)
        with self._errors():
            rows = (
                self.connection()
                .execute(
                    "SELECT d.id, MIN(s.source), title, media_type, n_pages, collection, metadata, ingested_at"
                    " FROM documents d JOIN sources s ON s.document_id = d.id GROUP BY d.id ORDER BY 2"
                    if wanted is None or len(wanted) > ROWS_PER_SELECT
                    else "SELECT d.id, MIN(s.source), title, media_type, n_pages, collection, metadata, ingested_at"
                    " FROM documents d JOIN sources s ON s.document_id = d.id"
                    f" WHERE d.id IN ({_marks(wanted)}) GROUP BY d.id ORDER BY 2",
                    [] if wanted is None or len(wanted) > ROWS_PER_SELECT else list(wanted),
                )
                .fetchall()
            )
        return [
            Document(id, source, title, media_type, n_pages, collection, json.loads(metadata), ingested_at)
            for id, source, title, media_type, n_pages, collection, metadata, ingested_at in rows
            if wanted is None or id in wanted
        ]

    def sources(self) -> list[tuple[str, str, str]]:
        """Every (location, source, document id)."""
        with self._errors():
            return self.connection().execute("SELECT location, source, document_id FROM sources").fetchall()

    def elements(self, rows: Sequence[int]) -> dict[int, Element]:
        """Elements by row number; a row that is gone is left out."""
        found: dict[int, Element] = {}
        with self._errors():
            for some in _slices(rows):
                for values in self.connection().execute(
                    f"SELECT {ELEMENT_COLUMNS}, row FROM elements WHERE row IN ({_marks(some)})", some
                ):
                    found[values[-1]] = _element(values[:-1])
        return found

    def elements_of(self, document_id: str) -> list[Element]:
        """A document's elements in reading order."""
        with self._errors():
            rows = self.connection().execute(
                f"SELECT {ELEMENT_COLUMNS} FROM elements WHERE document_id = ? ORDER BY ordinal", [document_id]
            )
            return [_element(row) for row in rows]

    def count_elements(self, document_ids: Iterable[str]) -> dict[str, int]:
        """How many elements of each modality the documents have."""
        counts: dict[str, int] = dict.fromkeys(MODALITIES, 0)
        with self._errors():
            for some in _slices(sorted(document_ids)):
                query = f"SELECT modality, COUNT(*) FROM elements WHERE document_id IN ({_marks(some)}) GROUP BY 1"
                for modality, count in self.connection().execute(query, some):
                    counts[modality] += count
        return counts

    def vectors_of(self, document_ids: Iterable[str], *, space: str, kind: str, dim: int) -> tuple[Ids, Vectors]:
        """Row numbers int64 (n,) and vectors float32 (n, dim) of the documents' elements in one space."""
        ids: list[int] = []
        blobs: list[bytes] = []
        with self._errors():
            for some in _slices(sorted(document_ids)):
                for element, blob in self.connection().execute(
                    "SELECT v.element, v.vector FROM elements e JOIN vectors v ON v.element = e.row"
                    f" WHERE e.document_id IN ({_marks(some)}) AND v.space = ? AND v.kind = ? ORDER BY 1, v.window",
                    [*some, space, kind],
                ):
                    ids.append(element)
                    blobs.append(blob)
        flat = np.frombuffer(b"".join(blobs), dtype="<f2").astype(np.float32)
        return np.asarray(ids, dtype=np.int64), flat.reshape(len(ids), dim)

    def rows_of(self, document_ids: Iterable[str]) -> Ids:
        """Row numbers of the documents' elements, int64, ascending."""
        rows: list[int] = []
        with self._errors():
            for some in _slices(sorted(document_ids)):
                query = f"SELECT row FROM elements WHERE document_id IN ({_marks(some)})"
                rows.extend(row for (row,) in self.connection().execute(query, some))
        return np.asarray(sorted(rows), dtype=np.int64)

    def failures(self) -> list[tuple[str, FailedFile]]:
        """Every file that could not be taken, as (location, failure)."""
        with self._errors():
            rows = (
                self.connection()
                .execute("SELECT location, source, code, reason FROM failures ORDER BY source")
                .fetchall()
            )
        return [(location, FailedFile(source, code, reason)) for location, source, code, reason in rows]

    def media_in_use(self) -> set[str]:
        """Every hash that a row names; a document's id is the hash of its original, which may be kept."""
        with self._errors():
            rows = self.connection().execute(
                "SELECT media FROM elements WHERE media IS NOT NULL UNION SELECT id FROM documents"
            )
            return {digest for (digest,) in rows}

    # Writing, inside a transaction of the caller's


def bump_generation(writing: sqlite3.Connection) -> None:
    """Say that something changed."""
    writing.execute("UPDATE meta SET value = value + 1 WHERE key = 'generation'")


def write_fingerprint(writing: sqlite3.Connection, fingerprint: Fingerprint) -> None:
    """Name an encoder of the store."""
    writing.execute("INSERT INTO spaces VALUES (?, ?)", [fingerprint.name, json.dumps(asdict(fingerprint))])


def write_document(
    writing: sqlite3.Connection,
    document: Document,
    elements: Sequence[Element],
    encoded: Sequence[Encoded],
) -> list[int]:
    """Insert a document with its elements and vectors.

    Returns: the row number of each element.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    metadata = json.dumps(dict(document.metadata), ensure_ascii=False)
    writing.execute(
        "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?)",
        [document.id, document.title, document.media_type, document.n_pages, document.collection, metadata, now],
    )
    rows = [_insert_element(writing, ordinal, element) for ordinal, element in enumerate(elements)]
    for part in encoded:
        halves = part.vectors.astype("<f2")
        windows: dict[int, int] = {}
        for ordinal, half in zip(part.ordinals, halves, strict=True):
            window = windows[ordinal] = windows.get(ordinal, -1) + 1
            writing.execute(
                "INSERT INTO vectors VALUES (?, ?, ?, ?, ?)",
                [rows[ordinal], part.space, part.kind, window, half.tobytes()],
            )
    return rows


def remove_document(writing: sqlite3.Connection, document_id: str) -> list[int]:
    """Delete a document that no source names any more.

    Returns: the row numbers that its elements had.
    """
    rows = [row for (row,) in writing.execute("SELECT row FROM elements WHERE document_id = ?", [document_id])]
    for some in _slices(rows):
        writing.execute(f"DELETE FROM vectors WHERE element IN ({_marks(some)})", some)
    writing.execute("DELETE FROM elements WHERE document_id = ?", [document_id])
    writing.execute("DELETE FROM documents WHERE id = ?", [document_id])
    return rows


ELEMENT_COLUMNS = (
    'modality, text, page, box, section, start, "end", media, ocr, context, origin, spans, id, document_id'
)


def _insert_element(writing: sqlite3.Connection, ordinal: int, element: Element) -> int:
    values: Mapping[str, object] = {
        "modality": element.modality,
        "text": element.text,
        "page": element.page,
        "box": None if element.box is None else json.dumps(element.box),
        "section": json.dumps(element.section, ensure_ascii=False),
        "start": element.start,
        "end": element.end,
        "media": element.media,
        "ocr": element.ocr,
        "context": element.context,
        "origin": element.origin,
        "spans": json.dumps([[span.start, span.end, *(round(edge, 5) for edge in span.box)] for span in element.spans]),
        "id": element.id,
        "document_id": element.document_id,
    }
    cursor = writing.execute(
        f"INSERT INTO elements ({ELEMENT_COLUMNS}, ordinal) VALUES ({_marks(values)}, ?)", [*values.values(), ordinal]
    )
    row = cursor.lastrowid
    if row is None:
        raise StoreDamaged("SQLite gave no row number for an element.", hint="Check the disk, then ingest again.")
    return row


def _element(values: Sequence[object]) -> Element:
    # Any: a row of SQLite is typed by the schema, which mypy cannot see.
    modality, text, page, box, section, start, end, media, ocr, context, origin, spans, id, document_id = values  # type: ignore[misc]
    return Element(
        modality=modality,
        text=text,
        page=page,
        box=None if box is None else tuple(json.loads(box)),
        section=tuple(json.loads(section)),
        start=start,
        end=end,
        media=media,
        ocr=ocr,
        context=context,
        origin=origin,
        spans=tuple(Span(first, last, (x0, y0, x1, y1)) for first, last, x0, y0, x1, y1 in json.loads(spans)),
        id=id,
        document_id=document_id,
    )


def _fingerprint(text: str) -> Fingerprint:
    values = json.loads(text)
    return Fingerprint(**{**values, "languages": tuple(values["languages"])})


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _marks(values: Iterable[object]) -> str:
    return ", ".join("?" for _ in values)


def _slices(values: Sequence[int] | Sequence[str]) -> Iterator[list[int | str]]:
    for first in range(0, len(values), ROWS_PER_SELECT):
        yield list(values[first : first + ROWS_PER_SELECT])
