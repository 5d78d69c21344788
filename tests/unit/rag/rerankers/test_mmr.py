"""Maximal marginal relevance, against what its definition says word for word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.errors import BadRequest
from rag.rerankers.mmr import mmr
from rag.types import Hit
from tests.evidence import hit

if TYPE_CHECKING:
    from rag.types import Vectors


def hits(n_hits: int) -> list[Hit]:
    return [hit(f"text {rank}", rank=rank) for rank in range(1, n_hits + 1)]


def rows(*vectors: tuple[float, ...]) -> Vectors:
    raw = np.array(vectors, np.float32)
    unit: Vectors = raw / np.linalg.norm(raw, axis=1, keepdims=True)
    return unit


NONE = np.zeros((0, 2), np.float32)


def order(found: tuple[Hit, ...]) -> list[int]:
    """The old ranks."""
    return [one.ranks["bm25"] for one in found]


def by_definition(found: list[Hit], vectors: list[Vectors], *, weight: float, floor: float) -> list[int]:
    """Carbonell and Goldstein's formula, term by term."""
    waiting, picked = list(range(len(found))), list[int]()

    def likeness(left: int, right: int) -> float:
        cosines = [float(np.dot(a, b)) for a in vectors[left].astype(float) for b in vectors[right].astype(float)]
        return min(1.0, max(0.0, (max(cosines, default=0.0) - floor) / (1 - floor)))

    while waiting:
        margins = [
            weight * found[at].score - (1 - weight) * max((likeness(at, one) for one in picked), default=0.0)
            for at in waiting
        ]
        picked.append(waiting.pop(margins.index(max(margins))))
    return [at + 1 for at in picked]


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 10_000),
    n_hits=st.integers(0, 12),
    weight=st.sampled_from([0.0, 0.3, 0.5, 0.7, 1.0]),
    floor=st.sampled_from([0.0, 0.4]),
)
def test_the_order_is_that_of_the_definition(seed: int, n_hits: int, weight: float, floor: float) -> None:
    random = np.random.default_rng(seed)
    found = hits(n_hits)
    vectors = [
        rows(*random.normal(size=(n, 4))) if n else np.zeros((0, 4), np.float32)
        for n in random.integers(0, 4, size=n_hits)
    ]
    assert order(mmr(found, vectors, weight=weight, floor=floor)) == by_definition(
        found, vectors, weight=weight, floor=floor
    )


def test_a_near_duplicate_falls_back() -> None:
    vectors = [rows((1, 0)), rows((1, 0.01)), rows((0, 1))]
    assert order(mmr(hits(3), vectors, weight=0.5)) == [1, 3, 2]


def test_ranks_count_anew_and_scores_stay() -> None:
    found = mmr(hits(3), [rows((1, 0)), rows((1, 0.01)), rows((0, 1))], weight=0.5)
    assert [one.rank for one in found] == [1, 2, 3]
    assert [one.score for one in found] == [1, 1 / 3, 1 / 2]


def test_a_weight_of_one_keeps_the_order() -> None:
    assert order(mmr(hits(4), [rows((1, 0))] * 4, weight=1)) == [1, 2, 3, 4]


def test_a_hit_without_vectors_is_like_no_other() -> None:
    assert order(mmr(hits(3), [rows((1, 0)), rows((1, 0)), NONE], weight=0.5)) == [1, 3, 2]
    assert order(mmr(hits(2), [NONE, NONE], weight=0.5)) == [1, 2]


def test_the_nearest_windows_of_two_texts_count() -> None:
    vectors = [rows((1, 0), (0, 1)), rows((0, 1)), NONE]
    assert order(mmr(hits(3), vectors, weight=0.5)) == [1, 3, 2]


def test_what_any_two_texts_have_in_common_is_no_likeness() -> None:
    # Texts lie at a cosine of 0.6 and the picture far from all of them: without a floor it would come first for that.
    vectors = [rows((1, 0)), rows((0.6, 0.8)), rows((-0.3, -1))]
    assert order(mmr(hits(3), vectors, weight=0.5)) == [1, 3, 2]
    assert order(mmr(hits(3), vectors, weight=0.5, floor=0.6)) == [1, 2, 3]


def test_no_hits_come_back_as_none() -> None:
    assert mmr([], [], weight=0.5) == ()


@pytest.mark.parametrize(("weight", "floor"), [(-0.1, 0), (1.1, 0), (0.5, 1), (0.5, -0.1), (float("nan"), 0)])
def test_values_out_of_range_are_refused(weight: float, floor: float) -> None:
    with pytest.raises(BadRequest, match="weight"):
        mmr(hits(1), [NONE], weight=weight, floor=floor)
