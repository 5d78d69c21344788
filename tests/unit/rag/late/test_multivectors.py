"""A page's vectors as int8, as bytes, and pooled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from benchmarks.late import unit
from rag.errors import StoreDamaged
from rag.late.multivectors import POOLED, Multivector, pool

if TYPE_CHECKING:
    from rag.types import Vectors


def rows(n_rows: int, *, dim: int = 16, seed: int = 7) -> Vectors:
    return unit(np.random.default_rng(seed).standard_normal((n_rows, dim), dtype=np.float32))


@settings(max_examples=50, deadline=None)
@given(
    arrays(np.float32, array_shapes(min_dims=2, max_dims=2), elements=st.floats(-1, 1, width=32, allow_subnormal=False))
)
def test_int8_is_off_by_at_most_half_a_scale(vectors: Vectors) -> None:
    kept = Multivector.of(vectors)
    assert kept.codes.dtype == np.int8
    assert (np.abs(kept.vectors() - vectors) <= kept.scales[:, np.newaxis] * 0.5001).all()


def test_every_row_uses_the_whole_range() -> None:
    kept = Multivector.of(rows(50))
    assert (np.abs(kept.codes).max(axis=1) == 127).all()


def test_a_row_of_zeros_stays_one() -> None:
    kept = Multivector.of(np.zeros((2, 4), np.float32))
    assert not kept.scales.any()
    assert not kept.vectors().any()


@pytest.mark.parametrize("n_rows", [0, 1, 200])
def test_bytes_and_back(n_rows: int) -> None:
    kept = Multivector.of(rows(n_rows) if n_rows else np.zeros((0, 16), np.float32))
    again = Multivector.from_bytes(kept.to_bytes())
    assert np.array_equal(again.codes, kept.codes)
    assert np.array_equal(again.scales, kept.scales)
    assert len(kept.to_bytes()) == 8 + n_rows * (4 + 16)


def test_the_bytes_are_these() -> None:
    kept = Multivector.of(np.array([[1.0, -0.5], [0.0, 0.25]], np.float32) * 127)
    header = b"\x01\x00" + (2).to_bytes(2, "little") + (2).to_bytes(4, "little")
    scales = np.array([1.0, 0.25], "<f4").tobytes()
    assert kept.to_bytes() == header + scales + bytes([127, 256 - 64, 0, 127])


def test_bytes_of_another_version_are_refused() -> None:
    data = Multivector.of(rows(3)).to_bytes()
    with pytest.raises(StoreDamaged, match="of version 2, and only 1 is known"):
        Multivector.from_bytes(b"\x02" + data[1:])


@pytest.mark.parametrize(
    "change", [lambda data: data[:-1], lambda data: data + b"\0", lambda data: data[:5], lambda _: b""]
)
def test_bytes_of_another_size_are_refused(change: type[bytes]) -> None:
    with pytest.raises(StoreDamaged, match="bytes"):
        Multivector.from_bytes(change(Multivector.of(rows(3)).to_bytes()))


@pytest.mark.parametrize("scale", [np.nan, np.inf, -1.0])
def test_impossible_scales_are_refused(scale: float) -> None:
    data = bytearray(Multivector.of(rows(3)).to_bytes())
    data[8:12] = np.array([scale], "<f4").tobytes()
    with pytest.raises(StoreDamaged, match="scale is negative or not finite"):
        Multivector.from_bytes(bytes(data))


@pytest.mark.parametrize("n_rows", [33, 200, 1_030])
def test_pooled_rows_are_few_and_of_length_1(n_rows: int) -> None:
    pooled = pool(rows(n_rows, dim=128))
    assert pooled.dtype == np.float32
    assert 1 <= len(pooled) <= POOLED
    assert np.allclose(np.linalg.norm(pooled, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("n_rows", [1, 31, 32])
def test_a_page_of_few_vectors_keeps_them(n_rows: int) -> None:
    page = rows(n_rows)
    assert np.array_equal(pool(page), page)


def test_pooling_twice_gives_the_same() -> None:
    page = rows(200)
    assert np.array_equal(pool(page), pool(page.copy()))


def test_a_page_of_one_thing_is_one_row() -> None:
    page = np.repeat(rows(1), 100, axis=0)
    assert np.allclose(pool(page), page[:1], atol=1e-6)


def test_rows_that_cancel_out_make_no_nan() -> None:
    page = np.tile(np.array([[1.0, 0.0], [-1.0, 0.0]], np.float32), (50, 1))
    assert np.allclose(np.sort(pool(page, n_rows=1)[:, 0] ** 2), 1)
    assert np.isfinite(pool(page)).all()


def test_each_of_few_subjects_keeps_its_direction() -> None:
    subjects = rows(20, dim=64)
    noise = 0.02 * np.random.default_rng(1).standard_normal((400, 64))
    pooled = pool(unit((np.repeat(subjects, 20, axis=0) + noise).astype(np.float32)))
    assert ((subjects @ pooled.T).max(axis=1) > 0.98).all()


def test_a_rare_patch_keeps_a_row_of_its_own() -> None:
    page = unit(rows(1, dim=64) + 0.3 * rows(200, dim=64, seed=3))
    rare = rows(1, dim=64, seed=9)
    pooled = pool(np.concatenate([page, rare]))
    assert (pooled @ rare[0]).max() > 0.999
