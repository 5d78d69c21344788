"""The windows of long texts as one mean in place of each by itself, to be measured against the store they come from.

`python -m benchmarks.window_pooling STORE COPY` writes a copy of a store in which every text has one vector per encoder, the
mean of its windows. `sightline eval run` on both and `sightline eval compare` then say what that is worth:

    sightline eval run DATASET --store STORE -o best.jsonl
    sightline eval run DATASET --store COPY -o mean.jsonl
    sightline eval compare best.jsonl mean.jsonl
"""

from __future__ import annotations

import shutil
import sqlite3
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

from rag.store import rows
from rag.store.catalogue import Catalogue


def pool(writing: sqlite3.Connection) -> int:
    """Put the mean of each text's windows in their place, length 1. Returns: how many texts had several."""
    windows: defaultdict[tuple[int, str], list[bytes]] = defaultdict(list)
    of_texts = "SELECT element, space, vector FROM vectors WHERE kind = 'text' ORDER BY element, space, window"
    for element, space, vector in writing.execute(of_texts):
        windows[element, space].append(vector)
    several = {key: vectors for key, vectors in windows.items() if len(vectors) > 1}
    for (element, space), vectors in several.items():
        mean = np.mean([np.frombuffer(vector, "<f2").astype(np.float32) for vector in vectors], axis=0)
        mean /= np.linalg.norm(mean)
        place = [element, space]
        writing.execute("DELETE FROM vectors WHERE element = ? AND space = ? AND kind = 'text'", place)
        writing.execute("INSERT INTO vectors VALUES (?, ?, 'text', 0, ?)", [*place, mean.astype("<f2").tobytes()])
    rows.bump_generation(writing)
    writing.execute("DELETE FROM meta WHERE key LIKE 'note:%'")  # the noise was measured with the windows
    return len(several)


def copied(store: Path, copy: Path) -> Catalogue:
    """Copy a store, what stands in its write-ahead log too, and open the copy's catalogue."""
    shutil.copytree(store, copy, ignore=shutil.ignore_patterns("cache", "*.sqlite*"))
    with sqlite3.connect(store / "catalogue.sqlite") as reading, sqlite3.connect(copy / "catalogue.sqlite") as written:
        reading.backup(written)
    return Catalogue(copy / "catalogue.sqlite")


def main(store: Path, copy: Path) -> None:
    """Copy the store, pool the copy's windows, and say how many there were."""
    catalogue = copied(store, copy)
    try:
        with catalogue.transaction() as writing:
            print(f"{pool(writing)} texts of several windows, each now one vector, in {copy}")
    finally:
        catalogue.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
