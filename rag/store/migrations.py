"""From the schema of an earlier Sightline to this one's: each step in the transaction that opens the store."""

from __future__ import annotations

import sqlite3

from rag.store import lexical

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
            # A place belongs to a collection, and so does a failure: the key of both tables changes.
            "CREATE TABLE places (collection TEXT NOT NULL, location TEXT NOT NULL, source TEXT NOT NULL,"
            " document_id TEXT NOT NULL REFERENCES documents (id), PRIMARY KEY (collection, location)) WITHOUT ROWID",
            "INSERT INTO places SELECT d.collection, s.location, s.source, s.document_id"
            " FROM sources s JOIN documents d ON d.id = s.document_id",
            "DROP TABLE sources",
            "ALTER TABLE places RENAME TO sources",
            "CREATE INDEX sources_by_document ON sources (document_id)",
            "ALTER TABLE documents DROP COLUMN collection",
            "ALTER TABLE failures RENAME TO failed",
            "CREATE TABLE failures (collection TEXT NOT NULL, location TEXT NOT NULL, source TEXT NOT NULL,"
            " code TEXT NOT NULL, reason TEXT NOT NULL, failed_at TEXT NOT NULL,"
            " PRIMARY KEY (collection, location)) WITHOUT ROWID",
            "INSERT INTO failures SELECT 'default', location, source, code, reason, failed_at FROM failed",
            "DROP TABLE failed",
            "CREATE TABLE collections (name TEXT PRIMARY KEY, route TEXT, generator TEXT) WITHOUT ROWID",
            # A reindex fills spaces beside those that are searched, perhaps of the same name.
            "CREATE TABLE made_with (key TEXT PRIMARY KEY, name TEXT NOT NULL, fingerprint TEXT NOT NULL,"
            " state TEXT NOT NULL) WITHOUT ROWID",
            "INSERT INTO made_with SELECT name, name, fingerprint, 'current' FROM spaces",
            "DROP TABLE spaces",
            "ALTER TABLE made_with RENAME TO spaces",
            "CREATE TABLE encoded (space TEXT NOT NULL, document_id TEXT NOT NULL,"
            " PRIMARY KEY (space, document_id)) WITHOUT ROWID",
            "DROP TABLE lexical",
            # Left empty: a search works out what it needs, so that opening a large store does not decode all of its pictures.
            "CREATE TABLE likenesses (media TEXT PRIMARY KEY, likeness BLOB NOT NULL) WITHOUT ROWID",
        ),
    ),
    "3": (
        "4",
        (
            "CREATE TABLE job (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT "
            "NULL, runner TEXT NOT NULL, state TEXT NOT NULL, cancelling INTEGER NOT NULL, collection TEXT NOT "
            "NULL, paths TEXT NOT NULL, options TEXT NOT NULL, key TEXT, key_digest TEXT, created TEXT NOT NULL, "
            "started TEXT, ended TEXT, n_total INTEGER NOT NULL DEFAULT 0, n_done INTEGER NOT NULL DEFAULT 0, "
            "n_failed INTEGER NOT NULL DEFAULT 0, n_unchanged INTEGER NOT NULL DEFAULT 0, pages INTEGER NOT NULL "
            "DEFAULT 0, current TEXT NOT NULL DEFAULT '', seconds_left REAL, resumed INTEGER NOT NULL DEFAULT 0, "
            "killed INTEGER NOT NULL DEFAULT 0, "
            "report TEXT, error TEXT)",
            "CREATE INDEX job_by_state ON job (state)",
            "CREATE UNIQUE INDEX job_by_key ON job (key) WHERE key IS NOT NULL",
            "CREATE TABLE job_file (number INTEGER PRIMARY KEY, job INTEGER NOT NULL, location TEXT NOT NULL, "
            "source TEXT NOT NULL, state TEXT NOT NULL, outcome TEXT NOT NULL DEFAULT '', code TEXT NOT NULL "
            "DEFAULT '', reason TEXT NOT NULL DEFAULT '', n_pages INTEGER NOT NULL DEFAULT 0, ended INTEGER)",
            "CREATE UNIQUE INDEX job_file_by_location ON job_file (job, location)",
            "CREATE INDEX job_file_by_end ON job_file (job, ended)",
        ),
    ),
}
"""From each earlier version to the next: its number, and what to execute."""


def migrate(writing: sqlite3.Connection) -> None:
    """Bring an earlier schema to the newest that the steps lead to; a version that no step knows is left as it is."""
    (version,) = writing.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone()
    before = version
    while version in STEPS:
        version, statements = STEPS[version]
        for statement in statements:
            writing.execute(statement)
        writing.execute("UPDATE meta SET value = ? WHERE key = 'schema_version'", [version])
    # Words are indexed otherwise since version 3; after all steps, so that the elements have the columns that are read.
    if before in ("1", "2"):
        lexical.rebuild(writing)
