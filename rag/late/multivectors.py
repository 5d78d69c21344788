"""The vectors of one page: as int8 for the exact score, and pooled to a few for the search before it."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rag.errors import StoreDamaged

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rag.types import Vectors

POOLED = 32
"""Rows that speak for a page in the first stage; a page of fewer keeps its own."""
_ROUNDS = 4
"""Of moving the pooled rows; more change next to nothing."""
_VERSION = 1
_HEADER = struct.Struct("<BxHI")
"""Version, a byte of nothing, dim, rows."""


@dataclass(frozen=True, slots=True, eq=False)
class Multivector:
    """A page's vectors: row i is `codes[i] * scales[i]`, off by at most half a scale in each column.

    A scale for each row, and not one for the page: that costs 4 bytes in 132 and takes a quarter to a half off the error
    (docs/late-interaction.md).
    """

    codes: NDArray[np.int8]
    """(n, dim), -127..127; each row that is not zero reaches 127 or -127."""
    scales: NDArray[np.float32]
    """(n,), the largest column of each row by its size, over 127; about 0.003 for unit rows of 128 columns."""

    @classmethod
    def of(cls, vectors: Vectors) -> Multivector:
        """Round float32 (n, dim) to int8."""
        scales = (np.abs(vectors).max(axis=1, initial=0.0) / 127).astype(np.float32)
        codes = np.rint(vectors / np.where(scales > 0, scales, 1)[:, np.newaxis]).astype(np.int8)
        return cls(codes, scales)

    def vectors(self) -> Vectors:
        """The rows again, float32 (n, dim), of a length within 0.5 % of what it was for 128 columns."""
        rows: Vectors = self.codes.astype(np.float32) * self.scales[:, np.newaxis]
        return rows

    def to_bytes(self) -> bytes:
        """For the catalogue: 8 bytes, 4 for each row, 1 for each code; 136,000 for 1,030 rows of 128 columns.

        Header (`<BxHI`): version, dim, rows; then the scales as `<f4`; then the codes row by row.
        """
        n_rows, dim = self.codes.shape
        return b"".join(
            (_HEADER.pack(_VERSION, dim, n_rows), self.scales.astype("<f4").tobytes(), self.codes.tobytes())
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Multivector:
        """What `to_bytes` wrote.

        Raises: StoreDamaged if it is of another version, of another size than its header says, or has impossible scales.
        """
        if len(data) < _HEADER.size:
            raise _damaged(f"{len(data)} bytes are too few")
        version, dim, n_rows = _HEADER.unpack_from(data)
        if version != _VERSION:
            raise _damaged(f"it is of version {version}, and only {_VERSION} is known")
        size = _HEADER.size + n_rows * (4 + dim)
        if len(data) != size:
            raise _damaged(f"{n_rows} rows of {dim} columns take {size} bytes, and these are {len(data)}")
        scales = np.frombuffer(data, "<f4", n_rows, _HEADER.size).astype(np.float32)
        if not (np.isfinite(scales).all() and (scales >= 0).all()):
            raise _damaged("a scale is negative or not finite")
        codes = np.frombuffer(data, np.int8, n_rows * dim, _HEADER.size + 4 * n_rows).reshape(n_rows, dim)
        return cls(codes, scales)


def pool(vectors: Vectors, *, n_rows: int = POOLED) -> Vectors:
    """Put a page's vectors into groups of like direction, and keep each group's mean.

    Spherical k-means from rows chosen each farthest from those before: rare patches, which answer rare words, keep a row
    of their own. After Clavié, Chaffin & Adams 2024, "Reducing the Footprint of Multi-Vector Retrieval with Minimal
    Performance Impact via Token Pooling" (arXiv 2409.14683). Nothing is drawn by chance.

    Returns: float32 (at most n_rows, dim), rows of length 1; the vectors themselves where they are no more than that.
    """
    if len(vectors) <= n_rows:
        return vectors
    centres = vectors[_apart(vectors, n_rows)]
    for _ in range(_ROUNDS):
        member = (vectors @ centres.T).argmax(axis=1)
        groups = np.zeros((n_rows, len(vectors)), np.float32)
        groups[member, np.arange(len(vectors))] = 1.0
        sums = groups @ vectors
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        # A group that lost all its rows, or whose rows cancel out, stays where it was.
        centres = np.where(lengths > 1e-6, sums / np.maximum(lengths, 1e-6), centres)
    pooled: Vectors = np.unique(centres, axis=0).astype(np.float32)
    return pooled


def _apart(vectors: Vectors, n_rows: int) -> list[int]:
    """Rows that lie far from each other: the one nearest to the mean, then always the one farthest from all chosen."""
    chosen = [int((vectors @ vectors.mean(axis=0)).argmax())]
    nearest = vectors @ vectors[chosen[0]]
    while len(chosen) < n_rows:
        chosen.append(int(nearest.argmin()))
        np.maximum(nearest, vectors @ vectors[chosen[-1]], out=nearest)
    return chosen


def _damaged(why: str) -> StoreDamaged:
    return StoreDamaged(f"The vectors of a page cannot be read: {why}.", hint="Ingest its document again.")
