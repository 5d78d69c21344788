"""The table of readers: which file ending is read by which module. A new file type is one line here."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import puremagic

from indexers.reading import Limits, Reader
from rag.errors import EmptyFile, FileTooLarge, UnreadablePath, UnsupportedFile


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file."""

    module: str
    """Has the function `read`."""
    endings: tuple[str, ...]
    contents: tuple[str, ...] = ()
    """Endings by which puremagic knows the contents; empty for text, which has no signature."""


FORMATS = (
    Format("indexers.text", (".txt", ".text", ".log")),
    Format("indexers.markdown", (".md", ".markdown")),
    Format("indexers.html", (".html", ".htm", ".xhtml")),
    Format("indexers.pdf", (".pdf",), (".pdf",)),
    Format(
        "indexers.image",
        (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif"),
        (".png", ".jpg", ".jpeg", ".jfif", ".webp", ".gif", ".bmp", ".dib", ".tif", ".tiff", ".avif", ".apng", ".mpo"),
    ),
    Format("indexers.office", (".docx", ".pptx", ".xlsx"), (".docx", ".pptx", ".xlsx", ".zip")),
)
HEAD_BYTES = 4096
"""Of a file, in which signatures are looked for."""


def endings() -> tuple[str, ...]:
    """Every file ending that is read."""
    return tuple(ending for one in FORMATS for ending in one.endings)


def choose(path: Path, limits: Limits) -> Reader:
    """The reader of a file, by its name, once its contents were seen to be of that kind.

    Raises: UnsupportedFile if no reader knows the name, or the contents are of another kind than the name says;
        EmptyFile; FileTooLarge; UnreadablePath.
    """
    named = _by_ending(path)
    _check_size(path, limits)
    _check_contents(path, named)
    reader: Reader = import_module(named.module).read
    return reader


def _by_ending(path: Path) -> Format:
    for one in FORMATS:
        if path.suffix.lower() in one.endings:
            return one
    kind = f"files with the ending {path.suffix!r}" if path.suffix else "files without an ending"
    raise UnsupportedFile(
        f"{path.name}: no reader knows {kind}.",
        hint=f"Read are: {' '.join(endings())}. Leave others out with --exclude.",
    )


def _check_size(path: Path, limits: Limits) -> None:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise UnreadablePath(f"{path.name} cannot be opened: {error}.", hint="Check that it is still there.") from error
    if size == 0:
        raise EmptyFile(f"{path.name} is empty.", hint="Nothing was lost; fill it and ingest again.")
    if size > limits.max_file_bytes:
        raise FileTooLarge(
            f"{path.name} has {size >> 20} MiB, the limit is {limits.max_file_bytes >> 20} MiB.",
            hint="Raise max_file_mb.",
        )


def _check_contents(path: Path, named: Format) -> None:
    """Refuse what has the clear signature of another kind. A damaged head has none, and is left to the reader to name."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise UnreadablePath(f"{path.name} may not be read: {error}.", hint="Check its permissions.") from error
    if not named.contents and _is_text(head):
        return  # "GIF89a is an old format" is a sentence
    try:
        found = [match for match in puremagic.magic_string(head) if match.confidence >= CONFIDENT]
    except (puremagic.PureError, ValueError):
        return
    surest = max((match.confidence for match in found), default=0.0)
    known = {match.extension.lower() for match in found if match.confidence == surest and match.extension}
    others = {one.module for one in FORMATS if known & set(one.contents)}
    if others and named.module not in others:
        raise UnsupportedFile(
            f"{path.name} holds {' or '.join(sorted(known))} in spite of its name.",
            hint="Give it the ending of what it holds, then ingest again.",
        )


def _is_text(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # the last letter may be cut
    except UnicodeDecodeError:
        return False
    is_pdf = head.startswith(b"%PDF-") and b" obj" in head  # which may have only ASCII in its head
    return b"\x00" not in head and not is_pdf


CONFIDENT = 0.3
"""Of puremagic's 0..1: a signature of three bytes."""
