"""The spaces of a store: those that are searched, those that a reindex fills beside them, and those that go.

A space is an encoder with its fingerprint. Current spaces are searched and written to. A coming one is filled document by
document, each in its own transaction with a row that says so; changing or removing a document takes that row away, so what
is complete is known after a break too. One small transaction makes all the coming ones current. The vectors of those that
leave are dropped afterwards, a stretch at a time (docs/decisions/0009-a-reindex-fills-spaces-beside-the-current-ones.md).
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rag.protocols import Fingerprint
from rag.store import rows
from rag.store.catalogue import Catalogue
from rag.store.rows import Encoded
from rag.types import Document, Element

ELEMENTS_AT_ONCE = 2_000
"""Whose vectors are dropped in one transaction, so that others can write between two."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A document with its vectors in one coming space."""

    document: Document
    """As it was when its elements were read."""
    elements: Sequence[Element]
    encoded: Sequence[Encoded]


def begin(catalogue: Catalogue, wanted: Mapping[str, Fingerprint]) -> dict[str, str]:
    """Make room for the encoders that the store is to have: coming spaces for those that it has not.

    What was filled before for the same encoders stays; coming spaces of others leave. `drop_leaving` must have run.
    Returns: the key of each coming space by its encoder's name; none for an encoder whose vectors stay.
    """
    with catalogue.transaction() as writing:
        missing = _missing(writing, wanted)
        for key, name, state, fingerprint in _spaces(writing):
            if state == "coming" and missing.get(name) != fingerprint:
                writing.execute("UPDATE spaces SET state = 'leaving' WHERE key = ?", [key])
                writing.execute("DELETE FROM encoded WHERE space = ?", [key])
        keys = {name: _key(fingerprint) for name, fingerprint in missing.items()}
        for name, key in keys.items():
            writing.execute(
                "INSERT OR IGNORE INTO spaces VALUES (?, ?, ?, 'coming')",
                [key, name, rows.fingerprint_json(missing[name])],
            )
    return keys


def known(catalogue: Catalogue, wanted: Mapping[str, Fingerprint]) -> dict[str, str]:
    """The keys that `begin` would give, whether the spaces are there yet or not; nothing is changed."""
    with catalogue.snapshot() as reading:
        return {name: _key(fingerprint) for name, fingerprint in _missing(reading, wanted).items()}


def to_encode(catalogue: Catalogue, key: str) -> list[str]:
    """The ids of the documents whose vectors in a coming space are not complete."""
    with catalogue.snapshot() as reading:
        return _to_encode(reading, key)


def keep(catalogue: Catalogue, name: str, key: str, filled: Sequence[Filled]) -> int:
    """Keep the vectors of documents in a coming space, in one durable transaction.

    A document that changed or went since it was read is passed over; `to_encode` names it again if it is still there.
    Returns: how many documents are complete now.
    """
    n_kept = 0
    with catalogue.transaction() as writing:
        for one in filled:
            version = writing.execute("SELECT ingested_at FROM documents WHERE id = ?", [one.document.id]).fetchone()
            numbers = dict(
                writing.execute("SELECT id, row FROM elements WHERE document_id = ?", [one.document.id]).fetchall()
            )
            if version != (one.document.ingested_at,) or any(element.id not in numbers for element in one.elements):
                continue
            changed = [numbers[element.id] for element in one.elements]
            # After new captions, what was encoded before lies there still.
            for some in rows.slices(changed):
                writing.execute(
                    f"DELETE FROM vectors WHERE element IN ({rows.marks(some)}) AND space = ?", [*some, key]
                )
            rows.write_vectors(writing, changed, one.encoded, keys={name: key})
            writing.execute("INSERT OR IGNORE INTO encoded VALUES (?, ?)", [key, one.document.id])
            n_kept += 1
    return n_kept


def swap(catalogue: Catalogue, wanted: Mapping[str, Fingerprint]) -> bool:
    """Make the coming spaces current and let the others leave, in one transaction.

    Returns: False, having changed nothing, where a document is not complete yet: one was added or changed meanwhile.
    """
    with catalogue.transaction() as writing:
        coming = [_key(fingerprint) for fingerprint in _missing(writing, wanted).values()]
        if any(_to_encode(writing, key) for key in coming):
            return False
        for key, name, state, fingerprint in _spaces(writing):
            if state == "current" and wanted.get(name) != fingerprint:
                writing.execute("UPDATE spaces SET state = 'leaving' WHERE key = ?", [key])
                # What was measured in a space goes with it: `rag.relevance` keeps its noise there.
                about = f"note:noise:{name}:"
                writing.execute("DELETE FROM meta WHERE substr(key, 1, ?) = ?", [len(about), about])
        for key in coming:
            writing.execute("UPDATE spaces SET state = 'current' WHERE key = ?", [key])
            writing.execute("DELETE FROM encoded WHERE space = ?", [key])
        rows.bump_generation(writing)
    return True


def drop_leaving(catalogue: Catalogue) -> None:
    """Drop the vectors of spaces that left; a break loses nothing, and the next call goes on."""
    with catalogue.snapshot() as reading:
        keys = [key for key, _, state, _ in _spaces(reading) if state == "leaving"]
        (last,) = reading.execute("SELECT ifnull(MAX(element), 0) FROM vectors").fetchone()
    for key in keys:
        for first in range(0, last + 1, ELEMENTS_AT_ONCE):
            with catalogue.transaction() as writing:
                writing.execute(
                    "DELETE FROM vectors WHERE element BETWEEN ? AND ? AND space = ?",
                    [first, first + ELEMENTS_AT_ONCE - 1, key],
                )
        with catalogue.transaction() as writing:
            writing.execute("DELETE FROM spaces WHERE key = ? AND state = 'leaving'", [key])


def _missing(reading: sqlite3.Connection, wanted: Mapping[str, Fingerprint]) -> dict[str, Fingerprint]:
    """The encoders among the wanted that the store is not made with."""
    current = {name: fingerprint for _, name, state, fingerprint in _spaces(reading) if state == "current"}
    return {name: fingerprint for name, fingerprint in wanted.items() if current.get(name) != fingerprint}


def _spaces(reading: sqlite3.Connection) -> Iterator[tuple[str, str, str, Fingerprint]]:
    for key, name, state, text in reading.execute("SELECT key, name, state, fingerprint FROM spaces").fetchall():
        yield key, name, state, rows.fingerprint(text)


def _to_encode(reading: sqlite3.Connection, key: str) -> list[str]:
    found = reading.execute(
        "SELECT DISTINCT document_id FROM sources WHERE document_id NOT IN"
        " (SELECT document_id FROM encoded WHERE space = ?) ORDER BY 1",
        [key],
    )
    return [id for (id,) in found]


def _key(fingerprint: Fingerprint) -> str:
    """Told apart by all of the fingerprint: other weights may bear the same name."""
    return f"{fingerprint.name}#{hashlib.sha256(rows.fingerprint_json(fingerprint).encode()).hexdigest()[:12]}"
