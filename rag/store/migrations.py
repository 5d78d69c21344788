"""From the schema of an earlier Sightline to this one's: each step in the transaction that opens the store."""

from __future__ import annotations

import sqlite3

STEPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "1": (
        "2",
        (
            "ALTER TABLE elements ADD COLUMN caption TEXT NOT NULL DEFAULT ''",
            "CREATE TABLE captions (picture TEXT NOT NULL, captioner TEXT NOT NULL, instruction TEXT NOT NULL,"
            " caption TEXT NOT NULL, failure TEXT NOT NULL, written_at TEXT NOT NULL,"
            " PRIMARY KEY (picture, captioner, instruction)) WITHOUT ROWID",
        ),
    ),
    "2": (
        "3",
        (
            "CREATE TABLE multivectors (element INTEGER NOT NULL, space TEXT NOT NULL, codes BLOB NOT NULL,"
            " PRIMARY KEY (element, space))",
        ),
    ),
}
"""From each earlier version to the next: its number, and what to execute."""


def migrate(writing: sqlite3.Connection) -> None:
    """Bring an earlier schema to the newest that the steps lead to; a version that no step knows is left as it is."""
    (version,) = writing.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone()
    while version in STEPS:
        version, statements = STEPS[version]
        for statement in statements:
            writing.execute(statement)
        writing.execute("UPDATE meta SET value = ? WHERE key = 'schema_version'", [version])
