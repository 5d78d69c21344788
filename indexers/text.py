"""Plain text in any common encoding. `Element.start` and `end` are positions in the decoded text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from charset_normalizer import from_bytes

from indexers.reading import Desk, Reading
from rag.errors import DamagedFile, EmptyFile, UnsupportedFile
from rag.types import Element

_PARAGRAPH = re.compile(r"\S(?:.|\n(?!\s*\n))*", re.UNICODE)
BINARY_SHARE = 0.02
"""Share of control characters above which a file is no text."""
GUESSED_FROM = 256 * 1024
"""Bytes from which an encoding is guessed."""


def read(path: Path, desk: Desk) -> Reading:  # noqa: ARG001 - a text has no pictures
    """Read a text file, an element per paragraph.

    Raises: UnsupportedFile if it is not text; DamagedFile if no encoding fits; EmptyFile if there is only white space.
    """
    text = decode(path.read_bytes(), path.name)
    return Reading(path.stem, "text/plain", 1, _paragraphs(text))


def decode(data: bytes, name: str) -> str:
    """The text of a file, line ends as line feeds: by its byte order mark, else UTF-8, else the encoding that fits best.

    Raises: UnsupportedFile if it is not text; DamagedFile if no encoding fits; EmptyFile if there is only white space.
    """
    text = _decoded(data, name).replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise EmptyFile(f"{name} holds only white space.", hint="Nothing was lost; fill it and ingest again.")
    control = sum(1 for letter in text[:GUESSED_FROM] if letter < " " and letter not in "\n\t\f\x1b")
    if control > BINARY_SHARE * min(len(text), GUESSED_FROM):
        raise UnsupportedFile(f"{name} is not text.", hint="Give it the ending of what it holds.")
    return text


def _decoded(data: bytes, name: str) -> str:
    for mark, encoding in ((b"\xff\xfe\x00\x00", "utf-32"), (b"\x00\x00\xfe\xff", "utf-32"), (b"\xff\xfe", "utf-16"),
                           (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig")):  # fmt: skip
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        best = from_bytes(data[:GUESSED_FROM]).best()
    if best is None:
        raise DamagedFile(f"{name} is text in no known encoding, or no text.", hint="Save it as UTF-8.")
    return data.decode(best.encoding, "replace")


def _paragraphs(text: str) -> Iterator[Element]:
    for match in _PARAGRAPH.finditer(text):
        paragraph = match.group().rstrip()
        yield Element("text", paragraph, 1, start=match.start(), end=match.start() + len(paragraph))
