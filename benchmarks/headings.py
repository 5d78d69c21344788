"""Texts read without the headings that they stand under, to be measured against the store they come from.

`python -m benchmarks.headings STORE COPY` writes a copy of a store of `builtin` in which no text was read under its headings.
`sightline eval run` on both and `sightline eval compare` then say what these are worth:

    sightline eval run DATASET --store STORE -o with.jsonl
    sightline eval run DATASET --store COPY -o without.jsonl
    sightline eval compare without.jsonl with.jsonl
"""

from __future__ import annotations

import sqlite3
import sys
from dataclasses import replace
from pathlib import Path

from benchmarks.window_pooling import copied
from indexers.encode import encode_texts
from rag.encoders.builtin import BuiltinEncoder
from rag.store import rows


def bare(writing: sqlite3.Connection, encoder: BuiltinEncoder) -> int:
    """Read every text that stands under a heading anew without it. Returns: how many there are."""
    under = f"SELECT {rows.ELEMENT_COLUMNS}, row FROM elements WHERE section != '[]' AND modality != 'page'"
    found = writing.execute(under).fetchall()
    elements = [replace(rows.element(values[:-1]), section=()) for values in found]
    (space,) = writing.execute("SELECT DISTINCT space FROM vectors").fetchone()
    writing.executemany("DELETE FROM vectors WHERE element = ? AND kind = 'text'", [(values[-1],) for values in found])
    (encoded,) = encode_texts(elements, encoders={space: encoder})
    windows: dict[int, int] = {}
    for ordinal, vector in zip(encoded.ordinals, encoded.vectors, strict=True):
        window = windows[ordinal] = windows.get(ordinal, -1) + 1
        place = [found[ordinal][-1], space, window, vector.astype("<f2").tobytes()]
        writing.execute("INSERT INTO vectors VALUES (?, ?, 'text', ?, ?)", place)
    rows.bump_generation(writing)
    writing.execute("DELETE FROM meta WHERE key LIKE 'note:%'")  # the noise was measured with the headings
    return len(found)


def main(store: Path, copy: Path) -> None:
    """Copy the store, read the copy's texts anew, and say how many."""
    catalogue = copied(store, copy)
    try:
        with catalogue.transaction() as writing:
            print(f"{bare(writing, BuiltinEncoder())} texts under headings, read without them, in {copy}")
    finally:
        catalogue.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
