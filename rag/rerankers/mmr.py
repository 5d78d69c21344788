"""Variety: hits that say what was said already fall back.

Maximal marginal relevance, Carbonell and Goldstein 1998, https://doi.org/10.1145/290941.291025
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from rag.errors import BadRequest
from rag.types import Hit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rag.types import Vectors


def mmr(hits: Sequence[Hit], vectors: Sequence[Vectors], *, weight: float, floor: float = 0.0) -> tuple[Hit, ...]:
    """All hits anew, each next one the best by `weight` x its score - (1 - `weight`) x its likeness to any before it.

    `vectors`: of each hit its stored rows in one space, float32 (n, dim) of length 1: several for a text of several
    windows, whose nearest count; (0, dim) for a hit without any, which is like no other. `weight` 0..1: 1 is the order by
    score, 0 heeds variety alone; equals keep their order. `floor`: the cosine, at least 0 and below 1, of two hits that have
    nothing in common (in a CLIP space any two texts lie nearer than a text and a picture).
    Returns: the hits with new ranks and their old scores. Raises: BadRequest for a weight or a floor out of its range.
    """
    if not (0 <= weight <= 1 and 0 <= floor < 1):
        raise BadRequest(
            f"Variety cannot have the weight {weight:g} with the floor {floor:g}.",
            hint="The weight is 0 (variety) to 1 (score), the floor at least 0 and below 1.",
        )
    scores = np.array([hit.score for hit in hits], np.float64)
    alike = np.clip((_cosines(vectors, len(hits)) - floor) / (1 - floor), 0, 1)
    likest = np.zeros(len(hits))
    waiting = np.ones(len(hits), bool)
    order: list[int] = []
    for _ in hits:
        margin = np.where(waiting, weight * scores - (1 - weight) * likest, -np.inf)
        best = int(margin.argmax())  # the first of equals
        order.append(best)
        waiting[best] = False
        likest = np.maximum(likest, alike[best])
    return tuple(replace(hits[at], rank=rank) for rank, at in enumerate(order, start=1))


def _cosines(vectors: Sequence[Vectors], n_hits: int) -> NDArray[np.float64]:
    """The highest cosine between any rows of two hits, (n, n); 0 where one has none."""
    owners = [at for at, rows in enumerate(vectors) for _ in rows]
    cosines = np.zeros((n_hits, n_hits))
    if not owners:
        return cosines
    held, starts = np.unique(owners, return_index=True)
    stacked = np.concatenate([rows for rows in vectors if len(rows)]).astype(np.float64)
    nearest = np.maximum.reduceat(np.maximum.reduceat(stacked @ stacked.T, starts, axis=0), starts, axis=1)
    cosines[np.ix_(held, held)] = nearest
    return cosines
