"""What the store keeps of each picture's looks, so that the same picture in two documents is told to be one.

A row belongs to a picture's bytes, whichever elements show it. What an ingest did not write, such as in a store that an
earlier Sightline made, is worked out when a search first needs it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping

from rag.errors import UnknownMedia
from rag.likeness import Likeness, likeness
from rag.store import rows
from rag.store.catalogue import Catalogue
from rag.store.media import MediaStore

NOTHING = b""
"""Kept of a picture that cannot be compared: there is nothing on it."""


def known(catalogue: Catalogue, media: Iterable[str]) -> dict[str, Likeness | None]:
    """What is kept of these pictures, by hash; None for one with nothing on it. One never looked at is left out."""
    found: dict[str, Likeness | None] = {}
    with catalogue.snapshot() as reading:
        for some in rows.slices(sorted(set(media))):
            for digest, kept in reading.execute(
                f"SELECT media, likeness FROM likenesses WHERE media IN ({rows.marks(some)})", some
            ):
                found[digest] = Likeness.from_bytes(kept)
    return found


def look(media: MediaStore, digests: Iterable[str]) -> dict[str, Likeness | None]:
    """Look at pictures, by hash; one that is gone is left out."""
    seen: dict[str, Likeness | None] = {}
    for digest in digests:
        try:
            seen[digest] = likeness(media.open_image(digest))
        except UnknownMedia:  # its document was deleted in the meantime
            continue
    return seen


def write(writing: sqlite3.Connection, seen: Mapping[str, Likeness | None]) -> None:
    """Keep what was seen, inside a transaction."""
    writing.executemany(
        "INSERT OR REPLACE INTO likenesses VALUES (?, ?)",
        [(digest, NOTHING if one is None else one.to_bytes()) for digest, one in seen.items()],
    )


def remove_unused(writing: sqlite3.Connection) -> None:
    """Drop what is kept of pictures that no element shows any more."""
    writing.execute("DELETE FROM likenesses WHERE media NOT IN (SELECT media FROM elements WHERE media IS NOT NULL)")
