"""Pages by MaxSim: what a few pooled vectors of every page promise, then the exact score of the most promising.

MaxSim is the mean, over a question's vectors, of the best inner product that any vector of the page has with it (Khattab &
Zaharia 2020, "ColBERT", arXiv 2004.12832, there as a sum). With rows of length 1 it lies in -1..1, in practice in 0..1, and
questions of different length can be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from rag.late.multivectors import Multivector

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rag.types import Ids, Vectors

Load: TypeAlias = Callable[[Sequence[int]], Mapping[int, Multivector]]
"""The whole vectors of these ids, from wherever they lie; ids that are gone in the meantime are left out."""

CANDIDATES = 100
"""Pages that get their exact score, or k where that is more."""
_PAGES_AT_ONCE = 512
"""Of the first stage, compared together: 8 MB for 32 rows of 128 columns."""
_LOADED_AT_ONCE = 32
"""Of the second stage: 17 MB for 1,030 rows of 128 columns."""
_TOKENS_AT_ONCE = 128
"""Of a question; bounds memory where one is as long as an essay."""


class MaxSimIndex:
    """Nearest pages by MaxSim, in two stages. Holds only the pooled rows: 132 bytes each for 128 columns.

    The first stage scores every page by MaxSim over its pooled rows. That costs no more than looking up each token's
    nearest rows and finds more, since a page that is good for every token beats one that is best for few.
    """

    def __init__(self, dim: int, *, load: Load, candidates: int = CANDIDATES) -> None:
        """An empty index. `load` fetches, during a search, the vectors of at most 32 pages at a time."""
        self._load = load
        self._candidates = candidates
        self._ids: Ids = np.zeros(0, np.int64)
        """(n_pages,), in the order of their rows."""
        self._counts: Ids = np.zeros(0, np.int64)
        """(n_pages,), pooled rows of each page."""
        # Room that doubles: adding a document at a time would otherwise copy everything each time.
        self._codes: NDArray[np.int8] = np.zeros((0, dim), np.int8)
        self._scales: NDArray[np.float32] = np.zeros(0, np.float32)

    def __len__(self) -> int:
        """How many pages there are."""
        return len(self._ids)

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Add pages by their pooled rows: ids int64 (n,), the same for every row of a page; vectors float32 (n, dim).

        An id that is here already is exchanged.
        """
        if not len(ids):
            return
        self.remove(ids)
        order = np.argsort(ids, kind="stable")
        pages, counts = np.unique(ids, return_counts=True)
        new = Multivector.of(vectors[order])
        first = int(self._counts.sum())
        self._make_room(first + len(ids))
        self._codes[first : first + len(ids)] = new.codes
        self._scales[first : first + len(ids)] = new.scales
        self._ids = np.concatenate([self._ids, pages])
        self._counts = np.concatenate([self._counts, counts])

    def remove(self, ids: Ids) -> None:
        """Remove these pages; an unknown id is ignored."""
        stays = ~np.isin(self._ids, ids)
        if stays.all():
            return
        rows = np.repeat(stays, self._counts)
        self._codes, self._scales = self._codes[: len(rows)][rows], self._scales[: len(rows)][rows]
        self._ids, self._counts = self._ids[stays], self._counts[stays]

    def search(self, queries: Sequence[Vectors], k: int, allowed: Ids | None = None) -> list[list[tuple[int, float]]]:
        """The k best pages of each question (float32 (n_tokens, dim)) with their MaxSim, best first; ids in `allowed` only.

        The scores are exact for the int8 vectors that `load` gives: within about 0.001 of what the float32 ones would. A
        page that `load` no longer knows is left out.
        """
        if k < 1 or not len(self):
            return [[] for _ in queries]
        passing = None if allowed is None else np.isin(self._ids, allowed)
        return [self._search_one(query, k, passing) if len(query) else [] for query in queries]

    def _search_one(self, query: Vectors, k: int, passing: NDArray[np.bool_] | None) -> list[tuple[int, float]]:
        ids, promised = self._promises(query, passing)
        best = ids[np.argsort(-promised, kind="stable")[: max(self._candidates, k)]].tolist()
        found: list[tuple[int, float]] = []
        for first in range(0, len(best), _LOADED_AT_ONCE):
            pages = self._load(best[first : first + _LOADED_AT_ONCE])
            # A page without a vector answers nothing.
            there = [id for id in best[first : first + _LOADED_AT_ONCE] if id in pages and len(pages[id].scales)]
            if there:
                found += zip(there, _exact(query, [pages[id] for id in there]).tolist(), strict=True)
        # A matrix product may give equal pages scores that differ in their last bits, by where they lie in it.
        return sorted(found, key=lambda pair: (-round(pair[1], 6), pair[0]))[:k]

    def _promises(self, query: Vectors, passing: NDArray[np.bool_] | None) -> tuple[Ids, NDArray[np.float32]]:
        """The pages that pass, and their MaxSim over pooled rows."""
        ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(self._counts)])
        promised: list[NDArray[np.float32]] = []
        for first in range(0, len(self), _PAGES_AT_ONCE):
            last = min(first + _PAGES_AT_ONCE, len(self))
            counts = self._counts[first:last]
            rows = slice(int(ends[first]), int(ends[last]))
            codes, scales = self._codes[rows], self._scales[rows]
            if passing is not None and not passing[first:last].all():
                some = np.repeat(passing[first:last], counts)
                codes, scales, counts = codes[some], scales[some], counts[passing[first:last]]
            if len(counts):
                promised.append(_scores(query, codes, scales, counts))
        ids = self._ids if passing is None else self._ids[passing]
        return ids, np.concatenate(promised) if promised else np.zeros(0, np.float32)

    def _make_room(self, n_rows: int) -> None:
        if n_rows > len(self._codes):
            missing = max(n_rows, 2 * len(self._codes)) - len(self._codes)
            self._codes = np.concatenate([self._codes, np.zeros((missing, self._codes.shape[1]), np.int8)])
            self._scales = np.concatenate([self._scales, np.zeros(missing, np.float32)])


def max_sim(query: Vectors, page: Vectors) -> float:
    """The exact score of one page: mean over the query's rows (n_tokens, dim) of the best product with a row of the page."""
    return float((query @ page.T).max(axis=1).mean())


def _exact(query: Vectors, pages: Sequence[Multivector]) -> NDArray[np.float32]:
    """The score of each page, from all its rows."""
    counts = np.array([len(page.scales) for page in pages])
    codes, scales = np.concatenate([page.codes for page in pages]), np.concatenate([page.scales for page in pages])
    return _scores(query, codes, scales, counts)


def _scores(
    query: Vectors, codes: NDArray[np.int8], scales: NDArray[np.float32], counts: NDArray[np.int64]
) -> NDArray[np.float32]:
    """MaxSim of pages whose rows lie one after the other, `counts` (each at least 1) of each page. float32 (n_pages,)."""
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)[:-1]])
    rows = codes.astype(np.float32)
    total = np.zeros(len(counts), np.float32)
    for first in range(0, len(query), _TOKENS_AT_ONCE):
        products = rows @ query[first : first + _TOKENS_AT_ONCE].T
        products *= scales[:, np.newaxis]
        total += np.maximum.reduceat(products, starts, axis=0).sum(axis=1)
    scores: NDArray[np.float32] = total / np.float32(len(query))
    return scores
