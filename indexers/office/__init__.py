"""Office files: Word, PowerPoint and Excel since 2007 (extra `office`). What a file holds decides, not its name."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from indexers.reading import Desk, Limits, Reader, Reading
from rag.errors import DamagedFile, EncryptedFile, FileRefused, FileTooLarge, MissingExtra, UnsupportedFile

KINDS = {
    "word/": ("indexers.office.word", "docx"),
    "ppt/": ("indexers.office.slides", "pptx"),
    "xl/": ("indexers.office.sheets", "openpyxl"),
}
"""The folder in the archive that tells the kind: the module that reads it, and the library which that needs."""
MOST_PARTS = 20_000
"""Files within one archive."""
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How Office files before 2007 begin, and later ones under a password."""
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def read(path: Path, desk: Desk) -> Reading:
    """Read an office file: headings, paragraphs, tables and pictures in order.

    Raises: UnsupportedFile, EncryptedFile, DamagedFile, FileTooLarge, EmptyFile; MissingExtra without the extra `office`.
    """
    with _as_refusals(path):
        module, library = KINDS[_kind(path, desk.limits)]
        try:
            import_module(library)
        except ImportError as error:
            raise MissingExtra(
                f"{path.name} cannot be read: the extra `office` is not installed.",
                hint="pip install 'sightline[office]', or leave such files out with --exclude.",
            ) from error
        reader: Reader = import_module(module).read
        return reader(path, desk)


def _kind(path: Path, limits: Limits) -> str:
    """The key of `KINDS`, once the archive was seen to unpack to no more than a file may have."""
    with path.open("rb") as file:
        if file.read(len(COMPOUND)) == COMPOUND:
            if ENCRYPTED in file.read(limits.max_file_bytes):
                raise EncryptedFile(f"{path.name} asks for a password.", hint="Save it without one.")
            raise UnsupportedFile(
                f"{path.name} is an Office file from before 2007.", hint="Save it as .docx, .pptx or .xlsx."
            )
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
    # Nothing unpacks to more than it declares: `zipfile` stops there, so that the sum is a bound.
    unpacked = sum(part.file_size for part in parts)
    if unpacked > limits.max_file_bytes or len(parts) > MOST_PARTS:
        raise FileTooLarge(
            f"{path.name} unpacks to {unpacked >> 20} MiB in {len(parts)} parts, "
            f"the limits are {limits.max_file_bytes >> 20} MiB and {MOST_PARTS}.",
            hint="Raise max_file_mb if you trust it; or split it.",
        )
    for folder in KINDS:
        if any(part.filename.startswith(folder) for part in parts):
            return folder
    raise UnsupportedFile(
        f"{path.name} is an archive, but none of Word, PowerPoint or Excel.", hint="Unpack it, then ingest the folder."
    )


@contextmanager
def _as_refusals(path: Path) -> Iterator[None]:
    try:
        yield
    except (FileRefused, MissingExtra, MemoryError):
        raise
    except Exception as error:
        # On damaged archives and XML the libraries raise nearly everything: KeyError, BadZipFile, XMLSyntaxError …
        raise DamagedFile(
            f"{path.name} cannot be read: {type(error).__name__}: {error}."[:500],
            hint="Open it in an office program and save it anew.",
        ) from error
