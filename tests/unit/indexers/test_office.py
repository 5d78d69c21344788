"""What holds for Word, PowerPoint and Excel files alike: what is refused, and why."""

from __future__ import annotations

import io
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from indexers.office import COMPOUND, ENCRYPTED
from indexers.reading import Limits
from rag.errors import DamagedFile, EmptyFile, EncryptedFile, FileTooLarge, MissingExtra, UnsupportedFile
from tests.desk import Shelf

docx = pytest.importorskip("docx", reason="the extra `office` is not installed")
pptx = pytest.importorskip("pptx", reason="the extra `office` is not installed")
openpyxl = pytest.importorskip("openpyxl", reason="the extra `office` is not installed")


SAVED: dict[str, Callable[[], Any]] = {
    "docx": lambda: docx.Document(),
    "pptx": lambda: pptx.Presentation(),
    "xlsx": lambda: openpyxl.Workbook(),
}


def saved(kind: str) -> bytes:
    written = io.BytesIO()
    SAVED[kind]().save(written)
    return written.getvalue()


@pytest.mark.parametrize("kind", SAVED)
def test_a_file_without_contents_is_refused_as_empty(shelf: Shelf, kind: str) -> None:
    with pytest.raises(EmptyFile):
        shelf.read(shelf.put(f"a.{kind}", saved(kind)))


def archive(path: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as written:
        for name, data in parts.items():
            written.writestr(name, data)
    return path


@pytest.mark.parametrize("kind", SAVED)
@pytest.mark.parametrize("damage", ["half", "no parts", "no xml", "bad sum", "only a head"])
def test_a_damaged_file_is_refused_with_its_name_and_what_to_do(shelf: Shelf, kind: str, damage: str) -> None:
    whole = saved(kind)
    path = shelf.folder / f"a.{kind}"
    with zipfile.ZipFile(io.BytesIO(whole)) as opened:
        parts = {name: opened.read(name) for name in opened.namelist()}
    main = {"docx": "word/document.xml", "pptx": "ppt/presentation.xml", "xlsx": "xl/workbook.xml"}[kind]
    match damage:
        case "half":
            path.write_bytes(whole[: len(whole) // 2])
        case "only a head":
            path.write_bytes(whole[:30])
        case "no parts":
            archive(path, {main: parts[main]})
        case "no xml":
            archive(path, {**parts, main: b"<broken"})
        case "bad sum":
            with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as written:
                for name, data in parts.items():
                    written.writestr(name, data)
            path.write_bytes(path.read_bytes().replace(parts[main], parts[main][:-9] + b"#" * 9))
    with pytest.raises(DamagedFile, match=path.name) as refused:
        shelf.read(path)
    assert refused.value.hint


def test_entities_of_a_damaged_file_do_not_multiply(shelf: Shelf) -> None:
    with zipfile.ZipFile(io.BytesIO(saved("docx"))) as opened:
        parts = {name: opened.read(name) for name in opened.namelist()}
    bomb = b'<!DOCTYPE x [<!ENTITY a "lollol"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/hostname">]>'
    space = b'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    body = b"<w:body><w:p><w:r><w:t>Lit. &b;&c;</w:t></w:r></w:p></w:body>"
    parts["word/document.xml"] = bomb + b"<w:document " + space + b">" + body + b"</w:document>"
    _, elements = shelf.read(archive(shelf.folder / "a.docx", parts))
    assert [one.text for one in elements] == ["Lit."]


def test_an_archive_that_unpacks_to_more_than_the_limit_is_refused(shelf: Shelf) -> None:
    path = archive(shelf.folder / "a.docx", {"word/document.xml": bytes(3 * 2**20)})
    assert path.stat().st_size < 2**20
    with pytest.raises(FileTooLarge, match="unpacks to 3 MiB"):
        Shelf(shelf.folder, Limits(max_file_bytes=2**20)).read(path)


def test_an_archive_of_something_else_is_refused(shelf: Shelf) -> None:
    with pytest.raises(UnsupportedFile, match="none of Word, PowerPoint or Excel"):
        shelf.read(archive(shelf.folder / "a.docx", {"lamp.txt": b"Lit."}))


@pytest.mark.parametrize(("tail", "error"), [(ENCRYPTED, EncryptedFile), (b"WordDocument", UnsupportedFile)])
def test_a_locked_file_and_one_from_before_2007_are_refused(shelf: Shelf, tail: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        shelf.read(shelf.put("a.docx", COMPOUND + bytes(600) + tail + bytes(600)))


def test_what_a_file_holds_decides_and_not_its_name(shelf: Shelf) -> None:
    workbook = openpyxl.Workbook()
    workbook.active.append(["Lit.", "Dark."])
    workbook.save(shelf.folder / "log.xlsx")
    path = (shelf.folder / "log.xlsx").rename(shelf.folder / "log.docx")
    reading, elements = shelf.read(path)
    assert reading.media_type.endswith("spreadsheetml.sheet")
    assert elements[-1].text == "Lit. | Dark."


@pytest.mark.parametrize(("kind", "library"), [("docx", "docx"), ("pptx", "pptx"), ("xlsx", "openpyxl")])
def test_without_the_extra_the_line_that_installs_it_is_said(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, kind: str, library: str
) -> None:
    path = shelf.put(f"a.{kind}", saved(kind))
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingExtra, match=rf"a\.{kind}") as missing:
        shelf.read(path)
    assert "pip install 'sightline[office]'" in missing.value.hint
