"""How good rankings are, question by question, and how sure we can be of their mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from rag.errors import MissingExtra

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Unit: TypeAlias = tuple[str, int | None]
"""Document id, and page from 1, or None for the document as a whole."""

RESAMPLES = 2_000
DRAWN_AT_ONCE = 1_000_000
"""Values in memory; enough that numpy, not Python, does the work."""
SEED = 0


@dataclass(frozen=True, slots=True)
class Ranking:
    """The pages (or documents) that were found for a question, and those that hold its evidence."""

    found: tuple[Unit, ...]
    """Best first, each once."""
    wanted: Mapping[Unit, int] = field(default_factory=dict)
    """Their grades, each at least 1; at least one."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean, and where it would lie in 95 of 100 samples of this kind."""

    mean: float
    low: float
    high: float
    n: int
    """Values that it is the mean of."""


def measure_names(ks: Sequence[int]) -> tuple[str, ...]:
    """The measures of `measure`, in its order: `recall@k` for each k, `mrr`, and `ndcg@k` for the largest k."""
    return (*(f"recall@{k}" for k in ks), "mrr", f"ndcg@{max(ks)}")


def measure(rankings: Sequence[Ranking], *, ks: Sequence[int]) -> list[dict[str, float]]:
    """Measure each ranking by itself.

    recall@k is the share of the wanted units among the first k; mrr is 1 / rank of the first wanted unit, 0 where none was
    found; ndcg@k weighs each wanted unit by its grade / log2(rank + 1), over the best order there is.
    Returns: for each ranking its measures, each 0..1, by name, in the order of `measure_names`.
    Raises: MissingExtra if ir-measures is not installed.
    """
    try:
        import ir_measures
    except ModuleNotFoundError as error:
        raise MissingExtra("ir-measures is not installed.", hint="Install it: pip install 'sightline[eval]'") from error

    names = dict(
        zip(
            [*(ir_measures.R @ k for k in ks), ir_measures.RR, ir_measures.nDCG @ max(ks)],
            measure_names(ks),
            strict=True,
        )
    )
    wanted = [
        ir_measures.Qrel(str(number), _name(unit), grade)
        for number, ranking in enumerate(rankings)
        for unit, grade in ranking.wanted.items()
    ]
    found = [
        ir_measures.ScoredDoc(str(number), _name(unit), -float(rank))
        for number, ranking in enumerate(rankings)
        for rank, unit in enumerate(ranking.found)
    ]
    values = [dict.fromkeys(names.values(), 0.0) for _ in rankings]
    for metric in ir_measures.iter_calc(list(names), wanted, found):
        values[int(metric.query_id)][names[metric.measure]] = float(metric.value)
    return values


def _name(unit: Unit) -> str:
    return unit[0] if unit[1] is None else f"{unit[0]}#{unit[1]}"


def interval(values: Sequence[float], groups: Sequence[str]) -> Interval:
    """The mean of the values and its 95 % bootstrap interval; values of one group (a document) are drawn together.

    Questions about one document succeed and fail together, so documents are drawn first, then questions within each drawn
    document. The same values give the same interval. Paired: give the differences of two runs, question by question.
    Source: Davison and Hinkley, Bootstrap Methods and their Application (1997), section 3.8.
    """
    import numpy as np

    if not len(values):
        return Interval(0.0, 0.0, 0.0, 0)
    _, group_of, sizes = np.unique(np.asarray(groups), return_inverse=True, return_counts=True)
    ordered = np.asarray(values, np.float64)[np.argsort(group_of, kind="stable")]
    starts = np.cumsum(sizes) - sizes
    random = np.random.default_rng(SEED)
    n_at_once = max(1, DRAWN_AT_ONCE // len(ordered))
    means: list[NDArray[np.float64]] = []
    for done in range(0, RESAMPLES, n_at_once):
        drawn = random.integers(len(sizes), size=(min(n_at_once, RESAMPLES - done), len(sizes)))
        n_drawn = sizes[drawn]
        n_within = np.repeat(n_drawn.ravel(), n_drawn.ravel())
        within = (random.random(len(n_within)) * n_within).astype(np.int64)
        chosen = ordered[np.repeat(starts[drawn].ravel(), n_drawn.ravel()) + within]
        lengths = n_drawn.sum(axis=1)
        means.append(np.add.reduceat(chosen, np.cumsum(lengths) - lengths) / lengths)
    low, high = np.percentile(np.concatenate(means), [2.5, 97.5])
    return Interval(float(ordered.mean()), float(low), float(high), len(ordered))
