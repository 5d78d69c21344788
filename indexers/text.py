"""Plain text in any common encoding. `Element.start` and `end` are positions in the decoded text."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from charset_normalizer import CharsetMatch, from_bytes

from indexers.reading import Desk, Reading
from rag.errors import DamagedFile, EmptyFile, UnsupportedFile
from rag.types import Element

_PARAGRAPH = re.compile(r"\S.*(?:\n(?!\s*\n).*)*")
BINARY_SHARE = 0.02
"""Share of control characters above which a file is no text."""
GUESSED_FROM = 256 * 1024
"""Bytes from which an encoding is guessed."""
FEWEST_WHOLE = 20
"""Whole letters beyond ASCII for each broken one, in what still counts as UTF-8."""
USUAL = tuple(
    "gb18030 big5 cp932 euc_jp cp949 cp1252 cp1251 cp1250 cp1253 cp1254 koi8_r cp1255 cp1256 cp1257 cp1258 cp874".split()
)
"""Encodings that files are in, the more usual first where two fit alike."""
_KANA = re.compile("[\u3041-\u30ff]")
KANA_SHARE = 0.1

_DECLARED = re.compile(rb"<(?:meta[^>]+charset|\?xml[^>]+encoding)\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_AS_BROWSERS = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "iso8859-9": "cp1254",
    "utf-16": "utf-8",
    "utf-16-le": "utf-8",
    "utf-16-be": "utf-8",
}
"""Encodings that pages name (as Python calls them) and the ones that they are in: https://encoding.spec.whatwg.org"""


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


def decode_page(data: bytes, name: str) -> str:
    """The text of an HTML page: in the encoding that it declares, read as browsers do, else as any text.

    Raises: what `decode` does.
    """
    declared = _DECLARED.search(data[:4096])
    try:
        encoding = codecs.lookup(declared[1].decode("ascii")).name if declared else ""
    except LookupError:
        encoding = ""
    if not encoding or data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return decode(data, name)
    encoding = _AS_BROWSERS.get(encoding, encoding)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("utf-8")  # saved anew by a program that left the declaration
    except UnicodeDecodeError:
        return data.decode(encoding, "replace")


def _decoded(data: bytes, name: str) -> str:
    for mark, encoding in ((b"\xff\xfe\x00\x00", "utf-32"), (b"\x00\x00\xfe\xff", "utf-32"), (b"\xff\xfe", "utf-16"),
                           (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig")):  # fmt: skip
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        mended = data.decode("utf-8", "replace")
    n_broken = mended.count("\ufffd")
    if n_broken * FEWEST_WHOLE < sum(1 for letter in mended if letter > "\x7f"):
        return mended  # UTF-8 with a few broken letters, such as a log that was cut
    return data.decode(_guessed(data[:GUESSED_FROM], name), "replace")


def _guessed(head: bytes, name: str) -> str:
    """The encoding that fits best of those that files are in; several may fit, and the more usual one wins."""
    if b"\x00" in head:
        raise UnsupportedFile(f"{name} is not text.", hint="Give it the ending of what it holds.")
    for n_cut in range(4):  # the head may end within a letter
        found = list(from_bytes(head[: len(head) - n_cut], cp_isolation=list(USUAL)))
        for match in found:
            if match.encoding == "cp932" and len(_KANA.findall(str(match))) > KANA_SHARE * len(str(match)):
                return "cp932"  # the same bytes are also rare syllables of Korean, which has no kana
        if found:
            return min(_fit(match) for match in found)[-1]
    raise DamagedFile(f"{name} is text in no known encoding, or no text.", hint="Save it as UTF-8.")


def _fit(match: CharsetMatch) -> tuple[float, float, int, str]:
    """How well an encoding fits, less is better; last its name, the most usual of those that read the same."""
    usual = min((USUAL.index(name), name) for name in match.could_be_from_charset if name in USUAL)
    return (match.chaos, -match.coherence, *usual)


def _paragraphs(text: str) -> Iterator[Element]:
    for match in _PARAGRAPH.finditer(text):
        paragraph = match.group().rstrip()
        yield Element("text", paragraph, 1, start=match.start(), end=match.start() + len(paragraph))
