"""Late interaction measured: what two stages and int8 cost in recall, and what they save. `python -m benchmarks.late`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from rag.late.maxsim import MaxSimIndex, max_sim
from rag.late.multivectors import Multivector, pool

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rag.types import Ids, Vectors

DIM = 128
SUBJECTS = 600
"""Things that pages are about; each page is about 12 of them, in its own words."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Pages and questions that were made up."""

    pages: list[Vectors]
    """float32 (n_i, 128), rows of length 1."""
    queries: list[Vectors]
    """float32 (22, 128) each: 12 rows near those of one page, 10 nearly the same in all, like a model's own tokens."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What two stages over int8 are against one stage over float32."""

    recall: float
    """Of the 10 best, mean over the questions."""
    two_stages_ms: float
    """For a question, median."""
    brute_force_ms: float
    pooling_ms: float
    """For a page, mean."""


def corpus(n_pages: int, *, n_queries: int = 100, n_rows: tuple[int, int] = (100, 200), seed: int = 7) -> Corpus:
    """Make pages up: stretches of neighbouring patches about one subject each, with noise; the same for the same seed.

    `n_rows`: the fewest and the most vectors of a page.
    """
    chance = np.random.default_rng(seed)

    def noise(n_rows: int) -> NDArray[np.float32]:
        rows: NDArray[np.float32] = chance.standard_normal((n_rows, DIM), dtype=np.float32) / np.float32(DIM**0.5)
        return rows

    def page() -> Vectors:
        size = int(chance.integers(n_rows[0], n_rows[1] + 1))
        subjects = unit(centres[chance.integers(0, SUBJECTS, 12)] + 0.5 * noise(12))
        stretches = chance.integers(0, 12, 24)[np.sort(chance.integers(0, 24, size))]
        return unit(subjects[stretches] + 0.7 * noise(size))

    def query() -> Vectors:
        rows = pages[int(chance.integers(0, n_pages))]
        asked = rows[chance.choice(len(rows), 12, replace=False)]
        return np.concatenate([unit(asked + 0.8 * noise(12)), unit(common + 0.3 * noise(10))])

    centres, common = unit(noise(SUBJECTS)), unit(noise(10))
    pages = [page() for _ in range(n_pages)]
    return Corpus(pages, [query() for _ in range(n_queries)])


def unit(rows: NDArray[np.float32]) -> Vectors:
    """Rows of length 1."""
    scaled: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return scaled


def index(
    pages: Sequence[Vectors], *, pooling: Callable[[Vectors], Vectors] = pool, candidates: int = 100
) -> MaxSimIndex:
    """An index over pages whose ids are their positions."""
    kept = {number: Multivector.of(page) for number, page in enumerate(pages)}
    made = MaxSimIndex(
        pages[0].shape[1], load=lambda ids: {id: kept[id] for id in ids if id in kept}, candidates=candidates
    )
    made.add(*rows_of([pooling(page) for page in pages]))
    return made


def rows_of(pooled: Sequence[Vectors]) -> tuple[Ids, Vectors]:
    """Rows of several pages with an id for each row: the page's position."""
    return np.repeat(np.arange(len(pooled)), [len(rows) for rows in pooled]), np.concatenate(pooled)


class BruteForce:
    """Every page's MaxSim over its float32 rows, in one product of matrices."""

    def __init__(self, pages: Sequence[Vectors]) -> None:
        self._rows = np.concatenate(pages)
        self._starts = [0, *accumulate(len(page) for page in pages[:-1])]

    def search(self, query: Vectors, k: int) -> list[tuple[int, float]]:
        """The k best pages and their scores, best first."""
        scores = np.maximum.reduceat(self._rows @ query.T, self._starts, axis=0).mean(axis=1)
        best = np.argsort(-scores, kind="stable")[:k]
        return [(int(page), float(scores[page])) for page in best]


def measure(made: Corpus, *, pooling: Callable[[Vectors], Vectors] = pool, candidates: int = 100) -> Measured:
    """Ask every question of both."""
    began = time.perf_counter()
    for page in made.pages[:200]:
        pooling(page)
    pooling_ms = (time.perf_counter() - began) * 1_000 / len(made.pages[:200])
    two_stages, brute_force = index(made.pages, pooling=pooling, candidates=candidates), BruteForce(made.pages)
    found, quick = _timed(lambda query: two_stages.search([query], 10)[0], made.queries)
    right, slow = _timed(lambda query: brute_force.search(query, 10), made.queries)
    shared = [len({id for id, _ in a} & {id for id, _ in b}) / 10 for a, b in zip(found, right, strict=True)]
    return Measured(float(np.mean(shared)), quick, slow, pooling_ms)


def _timed(
    search: Callable[[Vectors], list[tuple[int, float]]], queries: Sequence[Vectors]
) -> tuple[list[list[tuple[int, float]]], float]:
    found, seconds = [], []
    for query in queries:
        began = time.perf_counter()
        found.append(search(query))
        seconds.append(time.perf_counter() - began)
    return found, float(np.median(seconds)) * 1_000


def errors(pages: Sequence[Vectors], queries: Sequence[Vectors], *, one_scale: bool = False) -> NDArray[np.float64]:
    """How far MaxSim over int8 is from MaxSim over float32, for every question and page; `one_scale` for a whole page."""
    found = []
    for page in pages:
        rows = Multivector.of(page).vectors()
        if one_scale:
            scale = np.abs(page).max() / 127
            rows = (np.rint(page / scale) * scale).astype(np.float32)
        found += [abs(max_sim(query, rows) - max_sim(query, page)) for query in queries]
    return np.array(found)


def _report() -> Iterator[str]:
    made = corpus(2_000)
    yield _size(made)
    yield f"{'first stage':<34}{'recall@10':>10}{'ms':>8}{'brute force ms':>16}{'ratio':>8}{'pooling ms':>12}"
    for name, pooling, candidates in (
        ("32 pooled rows, 100 candidates", pool, 100),
        ("32 pooled rows, 50 candidates", pool, 50),
        ("16 pooled rows, 100 candidates", lambda page: pool(page, n_rows=16), 100),
        ("32 runs of neighbours, 100", lambda page: _runs(page, 32), 100),
        ("one mean, 100 candidates", lambda page: _runs(page, 1), 100),
    ):
        yield _row(name, measure(made, pooling=pooling, candidates=candidates))
    large = corpus(1_000, n_queries=30, n_rows=(1_030, 1_030))
    yield _size(large)
    yield _row("32 pooled rows, 100 candidates", measure(large))
    yield "int8 against float32, |difference| of MaxSim          mean       worst"
    spiky = [unit(page * np.r_[8, 8, np.ones(DIM - 2)].astype(np.float32)) for page in made.pages[:100]]
    for name, pages in (("made-up pages", made.pages[:100]), ("two columns eight times as wide", spiky)):
        for one_scale in (False, True):
            off = errors(pages, made.queries[:20], one_scale=one_scale)
            kind = "a scale for each page" if one_scale else "a scale for each row"
            yield f"{name + ', ' + kind:<54}{off.mean():.6f}   {off.max():.6f}"


def _size(made: Corpus) -> str:
    n_rows = sum(len(page) for page in made.pages)
    return f"{len(made.pages):,} pages, {n_rows:,} vectors of {DIM} columns, {len(made.queries)} questions of 22"


def _row(name: str, got: Measured) -> str:
    ratio = got.two_stages_ms / got.brute_force_ms
    return (
        f"{name:<34}{got.recall:>10.4f}{got.two_stages_ms:>8.1f}{got.brute_force_ms:>16.1f}{ratio:>8.2f}"
        f"{got.pooling_ms:>12.2f}"
    )


def _runs(page: Vectors, n_runs: int) -> Vectors:
    return unit(np.add.reduceat(page, np.linspace(0, len(page), n_runs + 1).astype(int)[:-1], axis=0))


if __name__ == "__main__":
    for line in _report():
        print(line)
