"""Is a store whole? The catalogue by SQLite's own checks, media by their digests, caches by what they were made from."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from rag.errors import StoreDamaged
from rag.store import lexical
from rag.store.vectors import FaissIndex

if TYPE_CHECKING:
    from rag.store.store import Store

KEEPS_ORIGINAL = "application/pdf"
"""Of such documents the file itself is kept, under their id (docs/decisions/0002-originals-of-paged-documents-are-kept.md)."""
MOST_ROWS_SHOWN = 5
Kind = Literal["catalogue", "words", "rows", "missing", "damaged", "orphan", "cache"]
OnFile = Callable[[int, int], None]
"""Told how many files were looked at, of how many."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a store that is not as it should be."""

    kind: Kind
    """`catalogue`, `words`, `rows`: the database; `missing`, `damaged`, `orphan`: a file of the media; `cache`."""
    what: str
    mend: str
    """What to do about it."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What was looked at, and what was found."""

    documents: int
    elements: int
    media: int
    caches: int
    findings: tuple[Finding, ...]
    mended: tuple[Finding, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left to mend."""
        return not self.findings


def verify(store: Store, *, repair: bool = False, on_file: OnFile = lambda done, total: None) -> Verified:
    """Check a store, beside whatever else works on it; `repair` makes anew what can be made from the catalogue.

    Repaired are caches and the index of words, made again; media that nothing names, dropped; and media whose bytes are not
    what their name says, set aside in `damaged/` so that ingesting their document again writes them. The truth, which is the
    catalogue and the media that it names, is never guessed: what is missing of it is only named.
    Raises: StoreDamaged if the catalogue cannot be read at all.
    """
    store.expect(list(store.catalogue.fingerprints().values()))
    findings = [*_catalogue(store), *_missing(store), *_damaged(store, on_file), *_orphans(store), *_caches(store)]
    mended: list[Finding] = []
    if repair:
        mended = _repair(store, findings)
        findings = [one for one in findings if one not in mended and one.kind != "missing"]
        findings += _missing(store)  # what was set aside is missing now
    with store.catalogue.snapshot() as reading:
        (n_documents,) = reading.execute("SELECT COUNT(*) FROM documents").fetchone()
        n_elements = lexical.n_elements(reading)
    return Verified(
        documents=n_documents,
        elements=n_elements,
        media=sum(1 for _ in store.media.digests()),
        caches=len(list((store.root / "cache").glob("*.faiss"))),
        findings=tuple(findings),
        mended=tuple(mended),
    )


def _catalogue(store: Store) -> Iterator[Finding]:
    """SQLite's own checks, and rows that name what is not there."""
    bring_back = "Bring the store back from a backup (sightline restore), or ingest into a new one."
    with store.catalogue.snapshot() as reading:
        told = [text for (text,) in reading.execute("PRAGMA integrity_check(10)").fetchall()]
        if told != ["ok"]:
            yield from (Finding("catalogue", f"SQLite: {text}", bring_back) for text in told)
            return
        for table, row, parent, _ in reading.execute("PRAGMA foreign_key_check").fetchall()[:MOST_ROWS_SHOWN]:
            yield Finding("rows", f"Row {row} of {table} names a row of {parent} that is not there", bring_back)
        for table in ("vectors", "multivectors"):
            query = f"SELECT COUNT(*) FROM {table} WHERE element NOT IN (SELECT row FROM elements)"
            (count,) = reading.execute(query).fetchone()
            if count:
                yield Finding("rows", f"{count} rows of {table} belong to no element", bring_back)
        odd = (
            "SELECT COUNT(*) FROM vectors v JOIN spaces s ON s.key = v.space"
            " WHERE length(v.vector) != 2 * json_extract(s.fingerprint, '$.dim')"
        )
        (count,) = reading.execute(odd).fetchone()
        if count:
            yield Finding("rows", f"{count} vectors are not as long as their encoder makes them", bring_back)
        yield from _words(reading)


def _words(reading: sqlite3.Connection) -> Iterator[Finding]:
    again = "sightline verify --repair makes the index of words again."
    apart = (
        "SELECT (SELECT COUNT(*) FROM elements WHERE row NOT IN (SELECT rowid FROM lexical)),"
        " (SELECT COUNT(*) FROM lexical WHERE rowid NOT IN (SELECT row FROM elements))"
    )
    missing, more = reading.execute(apart).fetchone()
    if missing or more:
        yield Finding("words", f"The index of words lacks {missing} elements and holds {more} that are gone", again)


def _missing(store: Store) -> Iterator[Finding]:
    """Each picture and original that a row needs and that is not there."""
    there = set(store.media.digests())
    for digest, source in sorted(_named(store).items()):
        if digest not in there:
            yield Finding("missing", f"{digest} of {source} is not in the media", _read_anew(source))


def _damaged(store: Store, on_file: OnFile) -> Iterator[Finding]:
    """Each file that a row names and whose bytes are not those that its name says."""
    sources, in_use = _named(store), store.catalogue.media_in_use()
    checked = sorted(path for path in store.media.files() if path.stem in in_use)
    for number, path in enumerate(checked, start=1):
        if not _is_itself(path):
            mend = f"sightline verify --repair sets it aside. {_read_anew(sources.get(path.stem, 'its document'))}"
            yield Finding("damaged", f"{path.name} is damaged", mend)
        on_file(number, len(checked))


def _read_anew(source: str) -> str:
    return f"Then read it anew, with the folder that holds {source}: sightline ingest FOLDER --again"


def _named(store: Store) -> dict[str, str]:
    """Each hash that must be in the media, with the source of a document that needs it."""
    query = (
        "SELECT e.media, MIN(s.source) FROM elements e JOIN sources s ON s.document_id = e.document_id"
        " WHERE e.media IS NOT NULL GROUP BY 1 UNION ALL"
        " SELECT d.id, MIN(s.source) FROM documents d JOIN sources s ON s.document_id = d.id WHERE d.media_type = ? GROUP BY 1"
    )
    with store.catalogue.snapshot() as reading:
        return dict(reading.execute(query, [KEEPS_ORIGINAL]).fetchall())


def _is_itself(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == path.stem
    except OSError:
        return False


def _orphans(store: Store) -> Iterator[Finding]:
    """Files that no row names; while an ingest runs, there may rightly be some, and none is told."""
    again = "sightline verify --repair drops it."
    with store.alone() as alone:
        if alone:
            in_use = store.catalogue.media_in_use()
            for path in sorted(store.media.files()):
                if path.stem not in in_use:
                    yield Finding("orphan", f"No row names {path.name}", again)
            for path in sorted((store.root / "media").glob("unfinished-*")):
                yield Finding("orphan", f"{path.name} was left half written", again)


def _caches(store: Store) -> Iterator[Finding]:
    """Cache files whose stamp says that they are of now, and whose contents say otherwise; stale ones are read by nobody."""
    again = "sightline verify --repair makes it again, and so does the next ingest."
    generation = store.catalogue.generation()
    for (space, kind), path, dim in store.caches():
        if not path.is_file():
            continue
        found = FaissIndex.load(path, dim=dim, generation=generation)
        if found is None:
            if not FaissIndex.is_intact(path):
                yield Finding("cache", f"{path.name} is damaged", again)
            continue
        wanted, _ = store.catalogue.vectors_of(store.catalogue.versions(), space=space, kind=kind, dim=dim)
        if not np.array_equal(np.sort(found.ids()), np.sort(wanted)):
            yield Finding("cache", f"{path.name} does not hold what the catalogue holds", again)


def _repair(store: Store, findings: list[Finding]) -> list[Finding]:
    """Mend what can be; returns what was."""
    kinds = {one.kind for one in findings}
    if "catalogue" in kinds:
        return []  # nothing is written into a database that is damaged
    if "words" in kinds:
        with store.catalogue.transaction() as writing:
            lexical.rebuild(writing)
    mended: set[Kind] = {"words", "cache"}
    if "damaged" in kinds:
        _set_aside(store)
        mended.add("damaged")
    if "orphan" in kinds:
        with store.alone() as alone:
            mended |= {"orphan"} if alone else set()
        store.sweep()
    if "cache" in kinds:
        for _, path, _ in store.caches():
            path.unlink(missing_ok=True)
            path.with_suffix(".json").unlink(missing_ok=True)
        store.write_caches()
    return [one for one in findings if one.kind in mended]


def _set_aside(store: Store) -> None:
    aside = store.root / "damaged"
    aside.mkdir(exist_ok=True)
    for path in list(store.media.files()):
        if not _is_itself(path):
            try:
                path.replace(aside / path.name)
            except OSError as error:
                raise StoreDamaged(
                    f"{path} is damaged and cannot be set aside: {error.strerror}.",
                    hint="Check who may write in the store's folder.",
                ) from error
