"""The words of a query of several parts among the words of the store: wanted ones found by BM25, unwanted ones held against."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from rag.generators.question import STOP_WORDS
from rag.query import Query
from rag.store.lexical import words
from rag.store.store import Store

if TYPE_CHECKING:
    from rag.types import Ids

MOST_UNWANTED = 32
"""Words of one unwanted part that are looked up one by one; encoders read all of them."""


def find(query: Query, store: Store, *, k: int, allowed: Ids | None) -> list[tuple[int, float]]:
    """The k rows that match the wanted words best, with the weighted sum of their parts' BM25 scores, best first."""
    wanted = [part for part in query.words if part.weight > 0]
    if len(wanted) == 1:
        return store.search_words(wanted[0].text, k=k, allowed=allowed)
    scores: defaultdict[int, float] = defaultdict(float)
    for part in wanted:
        for row, score in store.search_words(part.text, k=k, allowed=allowed):
            scores[row] += part.weight * score
    return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[:k]


def against(query: Query, store: Store, *, rows: Iterable[int]) -> dict[int, float]:
    """How much speaks against rows, 0..1: the share of a part's unwanted words that a row holds, times the part's weight
    beside the most wanted part. Rows that hold none are left out.

    Not by BM25, in which a word that is in most elements counts nothing.
    """
    among = np.asarray(sorted(rows), np.int64)
    found: dict[int, float] = {}
    for part in (part for part in query.words if part.weight < 0):
        telling = list(dict.fromkeys(words(part.text)))
        telling = ([word for word in telling if word not in STOP_WORDS] or telling)[:MOST_UNWANTED]
        held = Counter(row for word in telling for row, _ in store.search_words(word, k=len(among), allowed=among))
        strength = min(1.0, -part.weight / query.most_wanted)
        found |= {row: max(found.get(row, 0.0), strength * n / len(telling)) for row, n in held.items()}
    return found


def lessen(rows: Sequence[tuple[int, float]], against: Mapping[int, float]) -> list[tuple[int, float]]:
    """Rows with scores, best first, each less what speaks against it; without those that it speaks against in full."""
    less = [(row, score * (1 - against.get(row, 0.0))) for row, score in rows]
    return sorted((pair for pair in less if pair[1] > 0), key=lambda pair: -pair[1]) if against else list(rows)
