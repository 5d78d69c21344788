"""A collection's corpus as files, one per entry, so that it can be ingested."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from eval.collection import read_corpus
from rag.errors import UnreadablePath


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What became of a corpus."""

    written: int
    empty: tuple[str, ...]
    """Ids of the entries that hold neither text nor picture; they have no file."""


def unpack(dataset: Path, folder: Path) -> Unpacked:
    """Write each entry of a collection's corpus as a text or picture into a folder, under the name that runs look for.

    An entry with a picture is written as the picture: its words are to be found by reading it.
    Raises: UnreadablePath if the folder cannot be written; else as `read_corpus`.
    """
    n_written, empty = 0, list[str]()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for entry in read_corpus(dataset):
            path = folder / entry.name
            if entry.picture is not None:
                shutil.copyfile(entry.picture, path)
            elif entry.encoded:
                path.write_bytes(entry.encoded)
            elif entry.text:
                path.write_text(entry.text, encoding="utf-8")
            else:
                empty.append(entry.id)
                continue
            n_written += 1
    except OSError as error:
        raise UnreadablePath(f"{folder} cannot be written: {error.strerror}.", hint="Name another folder.") from error
    return Unpacked(n_written, tuple(empty))
