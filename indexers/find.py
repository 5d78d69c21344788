"""From paths to files: what is there, under which name people know it, and which bytes it holds."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.errors import UnreadablePath
from rag.store.filters import globs


@dataclass(frozen=True, slots=True)
class File:
    """A file to ingest."""

    path: Path
    """Absolute."""
    source: str
    """Below the folder that was named, with forward slashes."""
    location: str
    """How the catalogue knows the place: the absolute path, or `upload:NAME` for what was sent over."""


def uploaded(path: Path, name: str) -> File:
    """A file that was sent over under a name; where it lies now is of no account later."""
    return File(path, name, f"upload:{name}")


def find(
    paths: Sequence[Path], *, include: Sequence[str] = (), exclude: Sequence[str] = (), leave_out: Path | None = None
) -> Iterator[File]:
    """Every file at or below the paths, each once, by name; hidden ones and what lies in `leave_out` are passed over.

    `include` and `exclude` are globs as in .gitignore over the source. Links to folders are not followed.
    Raises: UnreadablePath if a named path is not there; BadRequest if a glob is none.
    """
    included = globs(include)
    excluded = globs(exclude)
    seen: set[Path] = set()
    for named in paths:
        root = _root(named)
        for path in _walk(root, leave_out) if root.is_dir() else [root]:
            source = printable(path.name if path == root else path.relative_to(root))
            wanted = (not include or included.match_file(source)) and not excluded.match_file(source)
            if wanted and path not in seen:
                seen.add(path)
                yield File(path, source, printable(path))


def check(paths: Sequence[Path], *, include: Sequence[str], exclude: Sequence[str]) -> None:
    """Raises: what `find` would raise, without a look at what lies below the paths."""
    globs(include)
    globs(exclude)
    for named in paths:
        _root(named)


def _root(named: Path) -> Path:
    root = Path(os.path.abspath(named.expanduser()))  # noqa: PTH100 - resolve() would follow links
    try:
        if not root.exists():
            raise UnreadablePath(f"There is nothing at {printable(named)}.", hint="Check the path's spelling.")
        is_one = root.is_dir() or root.is_file()
    except OSError as error:  # a folder above it is closed to us, or its name is too long
        raise UnreadablePath(
            f"{printable(named)} cannot be looked at: {error.strerror}.",
            hint="Check who may read the folders above it.",
        ) from error
    if not is_one:
        raise UnreadablePath(
            f"{printable(named)} is neither a file nor a folder.", hint="Name a file, or the folder around it."
        )
    return root


def _walk(root: Path, leave_out: Path | None) -> Iterator[Path]:
    closed: list[OSError] = []
    for folder, folders, names in os.walk(root, onerror=closed.append):
        here = Path(folder)
        folders[:] = sorted(name for name in folders if not name.startswith(".") and here / name != leave_out)
        for name in sorted(names):
            # Sockets, pipes and devices would block a reader for ever. A link to nowhere and what may not be looked at
            # (both seem not to exist, and neither question ever raises) go on, to be named as failed.
            path = os.path.join(folder, name)  # noqa: PTH118 - as the next line
            if not name.startswith(".") and (os.path.isfile(path) or not os.path.exists(path)):  # noqa: PTH110, PTH113
                yield here / name
    # A folder that may not be listed is named as failed as well: silence would read as if it were empty.
    yield from (Path(error.filename) for error in closed if error.filename)


def printable(path: Path | str) -> str:
    """A path with forward slashes as text that any program takes: bytes that are not UTF-8 become `\\xNN`."""
    shown = path.as_posix() if isinstance(path, Path) else path
    return shown.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def digest(path: Path) -> str:
    """sha256 of a file's bytes, hex.

    Raises: UnreadablePath if it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError) as error:
        raise UnreadablePath(
            f"{printable(path.name)} cannot be opened: {printable(str(error))}.",
            hint="Check that it is a file you may read.",
        ) from error
