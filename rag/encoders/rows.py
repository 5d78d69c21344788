"""From what a model gives to rows of length 1: batches of like length, windows back into texts, nothing that is not finite."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, repeat
from typing import TYPE_CHECKING

import numpy as np

from rag.errors import EncodeFailed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rag.types import Vectors

_QUOTED_CHARS = 60


def place_texts(
    texts: Sequence[str],
    *,
    split: Callable[[str], list[str]],
    place: Callable[[list[str]], NDArray[np.float32]],
    dim: int,
) -> Vectors:
    """Place texts of any length: cut by `split`, placed by `place`, each text the normalised mean of its windows.

    `place` takes windows and gives float32 (n, dim) in their order, of any length.
    Returns: float32 (len(texts), dim), rows of length 1; (0, dim) for no texts.
    Raises: EncodeFailed if a row is not finite or has no direction; the message quotes the text.
    """
    windows = [split(text) for text in texts]
    if not windows:
        return np.zeros((0, dim), np.float32)
    owners = list(chain.from_iterable(repeat(index, len(parts)) for index, parts in enumerate(windows)))

    def name(row: int) -> str:
        text = texts[owners[row]]
        return f"text {owners[row] + 1} of {len(texts)}, {text[:_QUOTED_CHARS]!r}{'…' * (len(text) > _QUOTED_CHARS)}"

    rows = unit_rows(place(list(chain.from_iterable(windows))), name=name)
    if len(rows) == len(texts):
        return rows
    starts = np.cumsum([0, *(len(parts) for parts in windows[:-1])])
    return unit_rows(np.add.reduceat(rows, starts, axis=0), name=lambda text: name(int(starts[text])))


def unit_rows(raw: NDArray[np.float32], *, name: Callable[[int], str]) -> Vectors:
    """Scale rows to length 1.

    Raises: EncodeFailed if a row is not finite or all zero; `name` says what a row stands for.
    """
    lengths = np.linalg.norm(raw.astype(np.float64), axis=1, keepdims=True)
    wrong = np.flatnonzero(~(np.isfinite(lengths[:, 0]) & (lengths[:, 0] > 0)))
    if wrong.size:
        what = "of length 0" if lengths[wrong[0], 0] == 0 else "that is not finite"
        raise EncodeFailed(
            f"The model gave a vector {what} for {name(int(wrong[0]))}.",
            hint="Its weights may be damaged: fetch them again, or take another model.",
        )
    rows: Vectors = (raw / lengths).astype(np.float32)
    return rows


def batches(lengths: Sequence[int], *, budget: int) -> Iterator[list[int]]:
    """Positions in batches of like length, longest first; each at most `budget` tokens once padded, or a single text."""
    batch: list[int] = []
    for position in sorted(range(len(lengths)), key=lambda position: -lengths[position]):
        if batch and (len(batch) + 1) * lengths[batch[0]] > budget:
            yield batch
            batch = []
        batch.append(position)
    if batch:
        yield batch
