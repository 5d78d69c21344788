"""Multivectors on disk until their document is kept: those of a long document would not fit in memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType

from rag.errors import StoreDamaged
from rag.late.multivectors import Multivector


class Aside:
    """A file of multivectors without a name: it is gone once it is closed, or its process ends, however that ends."""

    def __init__(self, folder: Path) -> None:
        """An empty file on the folder's disk: a system's own place for such files may be memory."""
        self._folder = folder
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  # closed on leaving the block
        self._places: list[tuple[int, int]] = []
        """Where each multivector begins, and its bytes."""

    def __enter__(self) -> Aside:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def put(self, vectors: Multivector) -> int:
        """Put vectors aside.

        Returns: the number by which they are known here.
        Raises: StoreDamaged if there is no room.
        """
        data = vectors.to_bytes()
        begin = sum(self._places[-1]) if self._places else 0
        try:
            self._file.seek(begin)
            self._file.write(data)
            self._file.flush()
        except OSError as error:
            raise StoreDamaged(
                f"Pages cannot be put aside in {self._folder}: {error}.",
                hint="Check the disk's free space: a page of 1,030 vectors takes 136 KB, twice while its document is kept.",
            ) from error
        self._places.append((begin, len(data)))
        return len(self._places) - 1

    def take(self, number: int) -> Multivector:
        """The vectors that were put aside under a number."""
        begin, size = self._places[number]
        self._file.seek(begin)
        return Multivector.from_bytes(self._file.read(size))


class AsideByOrdinal(Mapping[int, Multivector]):
    """Some of what was put aside, by the position of an element in its document; read when it is asked for."""

    def __init__(self, aside: Aside, numbers: Mapping[int, int]) -> None:
        self._aside = aside
        self._numbers = numbers

    def __getitem__(self, ordinal: int) -> Multivector:
        return self._aside.take(self._numbers[ordinal])

    def __iter__(self) -> Iterator[int]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)
