"""Rows of the catalogue: how documents, elements and vectors are written inside a transaction, and read back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rag.errors import StoreDamaged
from rag.late.multivectors import Multivector
from rag.protocols import Fingerprint
from rag.types import Document, Element, Span

if TYPE_CHECKING:
    from rag.types import Vectors

ROWS_PER_SELECT = 500
"""Kept well under SQLite's bound on variables of one statement."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """Vectors of some of a document's elements in one space."""

    space: str
    """The encoder's name."""
    kind: str
    """What was encoded: `text` or `image`; `page` by late interaction."""
    ordinals: tuple[int, ...]
    """For each row, the position of its element in the document's elements; ascending, repeated for windows."""
    vectors: Vectors
    """float32 (len(ordinals), dim); of a `page` its pooled rows."""
    whole: Mapping[int, Multivector] = field(default_factory=dict)
    """Of each `page` all its vectors, by ordinal; they are asked for one after the other, and need not lie in memory."""


def bump_generation(writing: sqlite3.Connection) -> None:
    """Say that something changed."""
    writing.execute("UPDATE meta SET value = value + 1 WHERE key = 'generation'")


def write_fingerprint(writing: sqlite3.Connection, fingerprint: Fingerprint) -> None:
    """Name an encoder of a new store."""
    name = fingerprint.name
    writing.execute("INSERT INTO spaces VALUES (?, ?, ?, 'current')", [name, name, fingerprint_json(fingerprint)])


def current_keys(reading: sqlite3.Connection) -> dict[str, str]:
    """Under which key the vectors of each encoder of the store are kept, by its name."""
    return dict(reading.execute("SELECT name, key FROM spaces WHERE state = 'current'").fetchall())


def write_document(
    writing: sqlite3.Connection,
    document: Document,
    elements: Sequence[Element],
    encoded: Sequence[Encoded],
) -> list[int]:
    """Insert a document with its elements and vectors.

    Returns: the row number of each element.
    """
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    metadata = json.dumps(dict(document.metadata), ensure_ascii=False)
    writing.execute(
        "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?)",
        [document.id, document.title, document.media_type, document.n_pages, metadata, now],
    )
    rows = [_insert_element(writing, ordinal, element) for ordinal, element in enumerate(elements)]
    write_vectors(writing, rows, encoded, keys=current_keys(writing))
    return rows


def write_vectors(
    writing: sqlite3.Connection, rows: Sequence[int], encoded: Sequence[Encoded], *, keys: Mapping[str, str]
) -> None:
    """Insert vectors; `rows` are the row numbers of the elements that the ordinals count, `keys` those of the spaces."""
    for part in encoded:
        halves = part.vectors.astype("<f2")
        windows: dict[int, int] = {}
        for ordinal, half in zip(part.ordinals, halves, strict=True):
            window = windows[ordinal] = windows.get(ordinal, -1) + 1
            writing.execute(
                "INSERT INTO vectors VALUES (?, ?, ?, ?, ?)",
                [rows[ordinal], keys[part.space], part.kind, window, half.tobytes()],
            )
        for ordinal in part.whole:
            writing.execute(
                "INSERT INTO multivectors VALUES (?, ?, ?)",
                [rows[ordinal], part.space, part.whole[ordinal].to_bytes()],
            )


def remove_document(writing: sqlite3.Connection, document_id: str) -> list[int]:
    """Delete a document with its elements and vectors.

    Returns: the row numbers that its elements had.
    """
    rows = [row for (row,) in writing.execute("SELECT row FROM elements WHERE document_id = ?", [document_id])]
    for some in slices(rows):
        writing.execute(f"DELETE FROM vectors WHERE element IN ({marks(some)})", some)
        writing.execute(f"DELETE FROM multivectors WHERE element IN ({marks(some)})", some)
    writing.execute("DELETE FROM encoded WHERE document_id = ?", [document_id])
    writing.execute("DELETE FROM elements WHERE document_id = ?", [document_id])
    writing.execute("DELETE FROM documents WHERE id = ?", [document_id])
    return rows


ELEMENT_COLUMNS = (
    'modality, text, page, box, section, start, "end", media, ocr, caption, context, origin, spans, id, document_id'
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
        "caption": element.caption,
        "context": element.context,
        "origin": element.origin,
        "spans": json.dumps([[span.start, span.end, *(round(edge, 5) for edge in span.box)] for span in element.spans]),
        "id": element.id,
        "document_id": element.document_id,
    }
    cursor = writing.execute(
        f"INSERT INTO elements ({ELEMENT_COLUMNS}, ordinal) VALUES ({marks(values)}, ?)", [*values.values(), ordinal]
    )
    row = cursor.lastrowid
    if row is None:
        raise StoreDamaged("SQLite gave no row number for an element.", hint="Check the disk, then ingest again.")
    return row


def element(values: Sequence[Any]) -> Element:  # Any: a row is typed by the schema, which mypy cannot see
    """The element that a row of `ELEMENT_COLUMNS` tells of."""
    modality, text, page, box, section, start, end, media, ocr, caption, context, origin, spans, id, document_id = (
        values
    )
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
        caption=caption,
        context=context,
        origin=origin,
        spans=tuple(Span(first, last, (x0, y0, x1, y1)) for first, last, x0, y0, x1, y1 in json.loads(spans)),
        id=id,
        document_id=document_id,
    )


def fingerprint(text: str) -> Fingerprint:
    """The fingerprint that the catalogue keeps as JSON."""
    values = json.loads(text)
    return Fingerprint(**{**values, "languages": tuple(values["languages"])})


def fingerprint_json(fingerprint: Fingerprint) -> str:
    """A fingerprint as the catalogue keeps it."""
    return json.dumps(asdict(fingerprint))


def marks(values: Iterable[object]) -> str:
    """A question mark for each value, for a statement's `IN (…)` or `VALUES (…)`."""
    return ", ".join("?" for _ in values)


def slices(values: Sequence[int] | Sequence[str]) -> Iterator[list[int | str]]:
    """The values in lists short enough for one statement."""
    for first in range(0, len(values), ROWS_PER_SELECT):
        yield list(values[first : first + ROWS_PER_SELECT])
