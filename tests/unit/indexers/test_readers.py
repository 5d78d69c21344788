"""Which reader is chosen, and what is refused before one begins."""

from __future__ import annotations

import io
import os
import zipfile

import pymupdf
import pytest
from PIL import Image

from indexers import html, image, markdown, office, pdf, text
from indexers.readers import choose, endings
from indexers.reading import Limits, Reader
from rag.errors import EmptyFile, FileTooLarge, UnreadablePath, UnsupportedFile
from tests.desk import Shelf


def a_picture(kind: str = "PNG") -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(written, kind)
    return written.getvalue()


def a_pdf() -> bytes:
    with pymupdf.open() as document:  # type: ignore[no-untyped-call]
        document.new_page()
        return bytes(document.tobytes())


def an_archive(name: str = "word/document.xml") -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(name, "<x/>")
    return written.getvalue()


@pytest.mark.parametrize(
    ("name", "contents", "reader"),
    [
        ("a.txt", b"Lamp", text.read),
        ("a.LOG", b"Lamp", text.read),
        ("a.md", b"# Lamp", markdown.read),
        ("a.html", b"<p>Lamp", html.read),
        ("a.HTM", b"<p>Lamp", html.read),
        ("a.pdf", a_pdf(), pdf.read),
        ("a.docx", an_archive(), office.read),
        ("a.pptx", an_archive("ppt/presentation.xml"), office.read),
        ("a.xlsx", an_archive("xl/workbook.xml"), office.read),
        *((f"a.{kind}", a_picture(kind.upper()), image.read) for kind in "png jpeg webp gif bmp tiff avif".split()),
        ("a.jpg", a_picture("PNG"), image.read),
    ],
)
def test_the_reader_is_that_of_the_kind(shelf: Shelf, name: str, contents: bytes, reader: Reader) -> None:
    assert choose(shelf.put(name, contents), Limits()) is reader


@pytest.mark.parametrize("name", ["a.mp3", "a.exe", "a.doc", "a.svg", "a", "Makefile", "a.pdf.bak"])
def test_a_kind_that_no_reader_knows_is_refused_with_those_known(shelf: Shelf, name: str) -> None:
    with pytest.raises(UnsupportedFile) as refused:
        choose(shelf.put(name, b"\x00\x01"), Limits())
    assert name in refused.value.message
    assert all(ending in refused.value.hint for ending in endings())


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "gif", "tiff", "pdf", "zip"])
@pytest.mark.parametrize("ending", [".txt", ".md", ".html", ".pdf", ".png", ".docx"])
def test_contents_of_another_kind_are_refused_in_spite_of_the_name(shelf: Shelf, kind: str, ending: str) -> None:
    contents = {"pdf": a_pdf, "zip": an_archive}.get(kind, lambda: a_picture(kind.upper()))()
    path = shelf.put(f"a{ending}", contents)
    right = {".pdf": ("pdf",), ".png": ("png", "jpeg", "webp", "gif", "tiff"), ".docx": ("zip",)}.get(ending, ())
    if kind in right:
        assert choose(path, Limits()) is not None
    else:
        with pytest.raises(UnsupportedFile, match="in spite of its name"):
            choose(path, Limits())


@pytest.mark.parametrize(
    "words", ["GIF89a is an old format.", "BMW cars are fast.", "PK is a brand.", "%PDF-1.4 begins so."]
)
def test_words_that_look_like_a_signature_are_words(shelf: Shelf, words: str) -> None:
    assert choose(shelf.put("a.txt", words), Limits()) is text.read


def test_a_letter_across_the_end_of_what_is_looked_at_is_no_sign_of_another_kind(shelf: Shelf) -> None:
    assert choose(shelf.put("a.txt", "%PDF-1" + "灯" * 3000), Limits()) is text.read


def test_an_empty_file_is_refused(shelf: Shelf) -> None:
    with pytest.raises(EmptyFile, match=r"a\.pdf"):
        choose(shelf.put("a.pdf", b""), Limits())


def test_a_file_over_the_limit_is_refused_with_the_setting_that_raises_it(shelf: Shelf) -> None:
    with pytest.raises(FileTooLarge) as refused:
        choose(shelf.put("a.txt", b"x" * 1001), Limits(max_file_bytes=1000))
    assert "max_file_mb" in refused.value.hint


def test_a_file_that_is_gone_is_refused(shelf: Shelf) -> None:
    with pytest.raises(UnreadablePath):
        choose(shelf.folder / "a.txt", Limits())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_refused(shelf: Shelf) -> None:
    path = shelf.put("a.txt", b"Lamp")
    path.chmod(0)
    with pytest.raises(UnreadablePath):
        choose(path, Limits())
