"""BM25 behind a filter measured: rows tested after the match, and rows handed to FTS5. `python -m benchmarks.filtered_words`."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from rag.store import lexical
from rag.types import Document, Element

if TYPE_CHECKING:
    from rag.types import Ids

N_ROWS = 100_000
N_WORDS = 20_000
"""Distinct words; the n-th is used about 1/n as often as the first."""
BEFORE = (
    "SELECT rowid, -bm25(lexical) FROM lexical WHERE lexical MATCH ? AND rowid IN (SELECT value FROM json_each(?))"
    " ORDER BY 2 DESC LIMIT 200"
)


def made_up(n_rows: int) -> sqlite3.Connection:
    """A table of rows of 20 words, in memory; the same every time."""
    chance = random.Random(7)
    words = [f"w{number}" for number in range(N_WORDS)]
    weights = list(accumulate(1 / (number + 1) for number in range(N_WORDS)))
    connection = sqlite3.connect(":memory:")
    connection.execute(lexical.SCHEMA)
    connection.execute("CREATE TABLE elements (row INTEGER)")
    document = Document("d" * 64, "made-up.txt", "made up", "text/plain", 1)
    for first in range(1, n_rows + 1, 10_000):
        rows = range(first, min(first + 10_000, n_rows + 1))
        lexical.add(
            connection,
            document,
            [Element("text", " ".join(chance.choices(words, cum_weights=weights, k=20)), 1) for _ in rows],
            rows,
        )
        connection.executemany("INSERT INTO elements VALUES (?)", [(row,) for row in rows])
    return connection


def _report() -> Iterator[str]:
    connection = made_up(N_ROWS)
    query = "w40 w300 w2000 w9000"
    match = " OR ".join(f'"{word}"' for word in query.split())
    yield f"{N_ROWS:,} rows of 20 words, a question of four words; ms, the median of three"
    yield f"{'rows allowed':<16}{'handed to FTS5':>16}{'tested after':>16}"
    for n_allowed in (100, 645, 3_000):
        allowed = np.linspace(1, N_ROWS, n_allowed).astype(np.int64)
        before = _ms(lambda ids: connection.execute(BEFORE, [match, str(ids.tolist())]).fetchall(), allowed)
        after = _ms(lambda ids: lexical.search(connection, query, 200, ids), allowed)
        yield f"{n_allowed:<16,}{before:>16.1f}{after:>16.1f}"
    yield f"{'all, no filter':<32}{_ms(lambda _: lexical.search(connection, query, 200, None), allowed):>16.1f}"


def _ms(search: Callable[[Ids], object], allowed: Ids) -> float:
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        search(allowed)
        seconds.append(time.perf_counter() - began)
    return float(np.median(seconds)) * 1_000


if __name__ == "__main__":
    for line in _report():
        print(line)
