"""Names of uploads, and where their bytes lie for a while."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from fastapi import UploadFile

from api.uploads import lay_down, safe_name
from rag.errors import BadRequest
from rag.jobs import spooled


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("plan.pdf", "plan.pdf"),
        ("reports/2024/plan.pdf", "reports/2024/plan.pdf"),
        ("../../etc/passwd", "etc/passwd"),
        ("/etc/passwd", "etc/passwd"),
        ("C:\\Users\\a\\plan.pdf", "Users/a/plan.pdf"),
        ("..\\plan.pdf", "plan.pdf"),
        ("a/./b//c.txt", "a/b/c.txt"),
        ("a\x00b\nc\r.txt", "abc.txt"),
        (" plan.pdf ", "plan.pdf"),
        ("e\u0301t\u00e9.txt", "\u00e9t\u00e9.txt"),
        ("灯塔.md", "灯塔.md"),
        ("upload:plan.pdf", "upload:plan.pdf"),
        (".notes.md", ".notes.md"),
        ("x" * 251 + ".txt", "x" * 251 + ".txt"),
    ],
)
def test_a_name_keeps_what_is_its_own(given: str, kept: str) -> None:
    assert safe_name(given) == kept


@pytest.mark.parametrize("given", ["", "/", "..", "../..", "\x00", " ", "C:\\", "x" * 256, "é" * 128, "a/" * 16 + "b"])
def test_a_name_that_is_none_is_refused(given: str) -> None:
    with pytest.raises(BadRequest):
        safe_name(given)


def upload(name: str, data: bytes = b"x") -> UploadFile:
    return UploadFile(io.BytesIO(data), filename=name)


def test_uploads_lie_as_they_are_named(tmp_path: Path) -> None:
    laid = lay_down([upload("a/page.md", b"one"), upload("a/figures/lamp.png", b"two")], tmp_path / "uploads" / "id")
    assert laid.names == ("a/page.md", "a/figures/lamp.png")
    paths = {name: spooled(tmp_path / "uploads" / "id", name) for name in laid.names}
    assert [path.read_bytes() for path in paths.values()] == [b"one", b"two"]
    assert (paths["a/page.md"].parent / "figures/lamp.png").samefile(paths["a/figures/lamp.png"])


def test_the_digest_of_an_upload_is_that_of_its_names_and_bytes(tmp_path: Path) -> None:
    def digest(at: int, *files: UploadFile) -> str:
        return lay_down(files, tmp_path / str(at)).digest

    one = digest(1, upload("a.txt", b"a"), upload("b.txt", b"b"))
    assert digest(2, upload("b.txt", b"b"), upload("a.txt", b"a")) == one
    assert digest(3, upload("a.txt", b"b"), upload("b.txt", b"a")) != one
    assert digest(4, upload("a.txt", b"a"), upload("c.txt", b"b")) != one


@pytest.mark.parametrize("names", [("a.txt", "a.txt"), ("a.txt", "../a.txt"), ("a", "a/b"), ("a/b/c", "a/b")])
def test_uploads_whose_names_clash_are_refused(names: tuple[str, str], tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match=r"a"):
        lay_down([upload(name) for name in names], tmp_path)
    assert list(tmp_path.iterdir()) == []
