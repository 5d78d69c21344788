"""A claim that ends with the process that made it, however that ends: a lock on a file of the store.

Not a number in the catalogue: a process id means nothing in another container on the same store, and may be used again.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from rag.errors import UnreadablePath


class Hold:
    """A file that this process has locked; nobody else can, in this process or another, until it is let go of."""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self._path = path
        self._file = file

    @classmethod
    def take(cls, path: Path) -> Hold | None:
        """Lock the file, which is made for it; None where somebody has it.

        Raises: UnreadablePath if it cannot be made.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("ab")
        except OSError as error:
            raise UnreadablePath(f"{path} cannot be made: {error}.", hint="Check who may write there.") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever had it before removes the file when done: a lock on what has no name any more says nothing.
            if _is_at(path, file):
                return cls(path, file)
        except BlockingIOError:
            pass
        file.close()
        return None

    def release(self) -> None:
        """Let go of it; nothing where that was done already."""
        if not self._file.closed:
            self._path.unlink(missing_ok=True)
            self._file.close()


def _is_at(path: Path, file: IO[bytes]) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def is_held(path: Path) -> bool:
    """Whether a process that lives has locked the file."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


@contextlib.contextmanager
def shared(path: Path) -> Iterator[None]:
    """Hold the file together with others who do so, for `is_shared` to see."""
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


def is_shared(path: Path) -> bool:
    """Whether anybody holds the file by `shared`."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False
