"""Files that are sent over: their names made safe, their bytes laid down until their job has ended."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fastapi import UploadFile

from rag.errors import BadRequest, NoRoom
from rag.jobs import spooled

MOST_FILES = 100
MOST_NAME_BYTES = 255
"""Of each part of a name between slashes: what file systems take."""
MOST_PARTS = 16
BYTES_AT_ONCE = 2**20


def safe_name(given: str) -> str:
    """The name under which an upload is known: a relative path with forward slashes, never above where it began.

    `C:\\Users\\a\\plan.pdf`, `/home/a/plan.pdf` and `../plan.pdf` lose what is not theirs to say; `reports/plan.pdf` stays.
    Raises: BadRequest if nothing is left, or a part is too long for a file system.
    """
    whole = unicodedata.normalize("NFC", given).replace("\\", "/")
    drive, colon, rest = whole.partition(":")
    if colon and len(drive) == 1:
        whole = rest
    shown = "".join(letter for letter in whole if unicodedata.category(letter) not in ("Cc", "Cs", "Cn"))
    parts = [part for part in (one.strip() for one in shown.split("/")) if part not in ("", ".", "..")]
    if not parts:
        raise BadRequest(f"files: An upload cannot be called {given!r}.", hint="Send a file name, like plan.pdf.")
    if len(parts) > MOST_PARTS or any(len(part.encode()) > MOST_NAME_BYTES for part in parts):
        raise BadRequest(
            f"files: The name {shown[:80]!r}… is too long.",
            hint=f"At most {MOST_NAME_BYTES} bytes between slashes, and {MOST_PARTS} folders deep.",
        )
    return "/".join(parts)


@dataclass(frozen=True, slots=True)
class LaidDown:
    """Files of an upload that lie where its job finds them."""

    names: tuple[str, ...]
    digest: str
    """sha256 over their names and bytes, hex."""


def lay_down(files: Sequence[UploadFile], folder: Path) -> LaidDown:
    """Write the uploads below the folder, durably, side by side as named, so that a page finds its pictures.

    Raises: BadRequest if two go by one name, or one is called as another's folder; NoRoom if the disk is full.
    """
    named = _named(files)
    digests: list[tuple[str, str]] = []
    written: set[Path] = set()
    try:
        for name, file in named.items():
            path = spooled(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            digests.append((name, _write(file, path)))
            written |= {parent for parent in path.parents if parent == folder or folder in parent.parents}
        for parent in [*written, folder.parent]:  # a file is durable once its name is
            _sync(parent)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise BadRequest("files: A name is too long for the disk.", hint="Send it under a shorter name.") from error
        raise NoRoom(f"The upload cannot be kept: {error.strerror}.", hint="Make room where the store lies.") from error
    return LaidDown(tuple(named), hashlib.sha256(json.dumps(sorted(digests)).encode()).hexdigest())


def _named(files: Sequence[UploadFile]) -> dict[str, UploadFile]:
    named: dict[str, UploadFile] = {}
    for file in files:
        name = safe_name(file.filename or "")
        if name in named:
            raise BadRequest(f"files: Two uploads are called {name!r}.", hint="Send each name once.")
        named[name] = file
    folders = {name[:at] for name in named for at, letter in enumerate(name) if letter == "/"}
    for name in sorted(folders & named.keys()):
        raise BadRequest(f"files: {name!r} is both a file and a folder.", hint="Give one of them another name.")
    return named


def _write(file: UploadFile, path: Path) -> str:
    """Returns: sha256 of the bytes, hex."""
    seen = hashlib.sha256()
    with path.open("wb") as target:
        while some := file.file.read(BYTES_AT_ONCE):
            seen.update(some)
            target.write(some)
        target.flush()
        os.fsync(target.fileno())
    return seen.hexdigest()


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
