"""How good rankings of pages are, question by question, and how sure we can be of their mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from rag.errors import MissingExtra

if TYPE_CHECKING:
    from numpy.typing import NDArray

Page: TypeAlias = tuple[str, int]
"""Document id, and page from 1."""

RESAMPLES = 2_000
SEED = 0


@dataclass(frozen=True, slots=True)
class Ranking:
    """The pages that were found for a question, and those that hold its evidence."""

    found: tuple[Page, ...]
    """Best first, each once."""
    wanted: frozenset[Page]
    """At least one."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean, and where it would lie in 95 of 100 samples of this kind."""

    mean: float
    low: float
    high: float


def measure_names(ks: Sequence[int]) -> tuple[str, ...]:
    """The measures of `judge`, in its order: `recall@k` for each k, `mrr`, and `ndcg@k` for the largest k."""
    return (*(f"recall@{k}" for k in ks), "mrr", f"ndcg@{max(ks)}")


def judge(rankings: Sequence[Ranking], *, ks: Sequence[int]) -> NDArray[np.float64]:
    """Measure each ranking by itself.

    recall@k is the share of the wanted pages among the first k; mrr is 1 / rank of the first wanted page, 0 where none was
    found; ndcg@k weighs each wanted page by 1 / log2(rank + 1), over the best order there is.
    Returns: float64 (len(rankings), len(ks) + 2), each 0..1, columns as in `measure_names`.
    Raises: MissingExtra if ir-measures is not installed.
    """
    try:
        import ir_measures
    except ModuleNotFoundError as error:
        raise MissingExtra("ir-measures is not installed.", hint="Install it: pip install 'sightline[dev]'") from error

    measures = [*(ir_measures.R @ k for k in ks), ir_measures.RR, ir_measures.nDCG @ max(ks)]
    wanted = [
        ir_measures.Qrel(str(number), _name(page), 1)
        for number, ranking in enumerate(rankings)
        for page in ranking.wanted
    ]
    found = [
        ir_measures.ScoredDoc(str(number), _name(page), -float(rank))
        for number, ranking in enumerate(rankings)
        for rank, page in enumerate(ranking.found)
    ]
    values = np.zeros((len(rankings), len(measures)))
    for metric in ir_measures.iter_calc(measures, wanted, found):
        values[int(metric.query_id), measures.index(metric.measure)] = metric.value
    return values


def _name(page: Page) -> str:
    return f"{page[0]}#{page[1]}"


def interval(values: Sequence[float], groups: Sequence[str]) -> Interval:
    """The mean of the values and its 95 % bootstrap interval; values of one group (a document) are drawn together.

    Questions about one document succeed and fail together, so documents are drawn first, then questions within each drawn
    document. The same values give the same interval.
    Source: Davison and Hinkley, Bootstrap Methods and their Application (1997), section 3.8.
    """
    if not len(values):
        return Interval(0.0, 0.0, 0.0)
    _, group_of, sizes = np.unique(np.asarray(groups), return_inverse=True, return_counts=True)
    ordered = np.asarray(values, np.float64)[np.argsort(group_of, kind="stable")]
    starts = np.cumsum(sizes) - sizes
    random = np.random.default_rng(SEED)
    means = np.empty(RESAMPLES)
    for resample in range(RESAMPLES):
        drawn = random.integers(len(sizes), size=len(sizes))
        n_within = np.repeat(sizes[drawn], sizes[drawn])
        within = (random.random(len(n_within)) * n_within).astype(np.int64)
        means[resample] = ordered[np.repeat(starts[drawn], sizes[drawn]) + within].mean()
    low, high = np.percentile(means, [2.5, 97.5])
    return Interval(float(ordered.mean()), float(low), float(high))
