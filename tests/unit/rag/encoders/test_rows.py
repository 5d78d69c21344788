from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.encoders.rows import batches, place_texts, unit_rows
from rag.errors import EncodeFailed


@given(st.lists(st.integers(0, 50), max_size=60), st.integers(1, 100))
def test_every_text_is_in_one_batch_and_a_batch_keeps_to_its_budget(lengths: list[int], budget: int) -> None:
    found = list(batches(lengths, budget=budget))
    assert sorted(position for batch in found for position in batch) == list(range(len(lengths)))
    for batch in found:
        assert len(batch) == 1 or len(batch) * max(lengths[position] for position in batch) <= budget


def test_texts_of_like_length_share_a_batch() -> None:
    assert list(batches([1, 9, 2, 8, 1], budget=18)) == [[1, 3], [2, 0, 4]]


def test_a_row_that_is_not_finite_is_refused_by_name() -> None:
    raw = np.array([[1, 0], [np.nan, 0]], np.float32)
    with pytest.raises(EncodeFailed, match="not finite for row 1"):
        unit_rows(raw, name=lambda row: f"row {row}")


def test_a_row_without_direction_is_refused() -> None:
    with pytest.raises(EncodeFailed, match="length 0 for row 0"):
        unit_rows(np.zeros((1, 2), np.float32), name=lambda row: f"row {row}")


def test_a_refused_text_is_quoted_and_counted_as_it_was_given() -> None:
    def place(windows: list[str]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return np.array([[np.inf if "bad" in window else 1.0] for window in windows], np.float32)

    with pytest.raises(EncodeFailed, match=r"text 2 of 3, 'so bad'"):
        place_texts(["a b c d", "so bad", "e"], split=str.split, place=place, dim=1)
