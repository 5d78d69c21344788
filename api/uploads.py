"""Files that are sent over: their names made safe, their bytes laid down for as long as they are read."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from fastapi import UploadFile

from rag.errors import BadRequest

MOST_FILES = 100
MOST_NAME_BYTES = 255
"""Of each part of a name between slashes: what file systems take."""
MOST_PARTS = 16


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


@contextlib.contextmanager
def laid_down(files: Sequence[UploadFile]) -> Iterator[Mapping[str, Path]]:
    """The uploads as files, by safe name, gone again afterwards; side by side as named, so that a page finds its pictures.

    Raises: BadRequest if two go by one name, or one is called as another's folder.
    """
    named: dict[str, UploadFile] = {}
    for file in files:
        name = safe_name(file.filename or "")
        if name in named:
            raise BadRequest(f"files: Two uploads are called {name!r}.", hint="Send each name once.")
        named[name] = file
    folders = {name[:at] for name in named for at, letter in enumerate(name) if letter == "/"}
    for name in sorted(folders & named.keys()):
        raise BadRequest(f"files: {name!r} is both a file and a folder.", hint="Give one of them another name.")
    with tempfile.TemporaryDirectory(prefix="sightline-upload-") as folder:
        paths: dict[str, Path] = {}
        for name, file in named.items():
            # Two folders deep: a page may show pictures from the folder above its own, which must not be everybody's.
            path = paths[name] = Path(folder, "files", *name.split("/"))
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as target:
                shutil.copyfileobj(file.file, target)
        yield paths
