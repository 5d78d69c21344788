"""From paths to files."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from indexers.find import digest, find, uploaded
from rag.errors import BadRequest, UnreadablePath

NAMES = ("b.txt", "a.md", "birds/owl.png", "birds/old/crow.png", ".hidden", ".git/config", "birds/.cache/x.txt")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "library"
    for name in NAMES:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return root


def sources(*paths: Path, include: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> list[str]:
    return [file.source for file in find(paths, include=include, exclude=exclude)]


def test_every_file_is_found_once_by_name_and_hidden_ones_never(folder: Path) -> None:
    assert sources(folder) == ["a.md", "b.txt", "birds/owl.png", "birds/old/crow.png"]
    assert sources(folder, folder / "birds", folder / "a.md") == sources(folder)


def test_a_hidden_folder_that_is_named_is_read(folder: Path) -> None:
    assert sources(folder / ".git") == ["config"]


def test_a_file_that_is_named_goes_by_its_name(folder: Path) -> None:
    (file,) = find([folder / "birds/old/crow.png"])
    assert (file.source, file.path) == ("crow.png", folder / "birds/old/crow.png")
    assert file.location == str(file.path)


@pytest.mark.parametrize(
    ("include", "exclude", "found"),
    [
        (("*.png",), (), ["birds/owl.png", "birds/old/crow.png"]),
        (("/*.png",), (), []),
        (("birds/**",), ("old/",), ["birds/owl.png"]),
        ((), ("*.png", "!owl.png"), ["a.md", "b.txt", "birds/owl.png"]),
        ((), ("birds",), ["a.md", "b.txt"]),
        (("*.md", "*.txt"), ("b.*",), ["a.md"]),
        ((), ("**",), []),
    ],
)
def test_globs_choose_as_in_gitignore(
    folder: Path, include: tuple[str, ...], exclude: tuple[str, ...], found: list[str]
) -> None:
    assert sources(folder, include=include, exclude=exclude) == found


def test_a_glob_that_is_none_is_refused(folder: Path) -> None:
    with pytest.raises(BadRequest):
        sources(folder, exclude=("!",))


def test_the_store_is_left_out(folder: Path) -> None:
    assert [file.source for file in find([folder], leave_out=folder / "birds")] == ["a.md", "b.txt"]


def test_links_to_files_are_followed_and_links_to_folders_are_not(folder: Path) -> None:
    (folder / "c.md").symlink_to("a.md")
    (folder / "again").symlink_to(folder)
    (folder / "birds" / "up").symlink_to("..")
    assert sources(folder) == ["a.md", "b.txt", "c.md", "birds/owl.png", "birds/old/crow.png"]


def test_a_link_that_leads_nowhere_is_found_and_refused_by_its_digest(folder: Path) -> None:
    (folder / "gone.md").symlink_to("nothing.md")
    (folder / "ring.md").symlink_to("ring.md")
    lost = [file for file in find([folder]) if file.source in ("gone.md", "ring.md")]
    assert len(lost) == 2
    for file in lost:
        with pytest.raises(UnreadablePath, match=file.source):
            digest(file.path)


def test_pipes_are_passed_over_also_behind_a_link(folder: Path) -> None:
    os.mkfifo(folder / "pipe.txt")
    (folder / "link.txt").symlink_to("pipe.txt")
    assert sources(folder) == ["a.md", "b.txt", "birds/owl.png", "birds/old/crow.png"]
    with pytest.raises(UnreadablePath, match="neither a file nor a folder"):
        sources(folder / "pipe.txt")


def test_a_name_that_is_no_unicode_is_shown_in_text_and_opened_as_it_is(folder: Path) -> None:
    raw = os.fsencode(folder / "birds") + b"/lamp\xff\xe9.txt"
    Path(os.fsdecode(raw)).write_text("Lit.")
    (file,) = (file for file in find([folder]) if file.source.startswith("birds/lamp"))
    assert file.source == r"birds/lamp\xff\xe9.txt"
    assert file.location.encode().endswith(rb"birds/lamp\xff\xe9.txt")
    assert digest(file.path) == hashlib.sha256(b"Lit.").hexdigest()


def test_names_in_any_script_are_kept(folder: Path) -> None:
    (folder / "灯塔 🗼.txt").write_text("Lit.")
    assert "灯塔 🗼.txt" in sources(folder)


def test_a_path_that_is_not_there_is_refused_by_name(folder: Path) -> None:
    with pytest.raises(UnreadablePath, match="nowhere"):
        sources(folder / "nowhere")


def test_an_empty_folder_holds_nothing(tmp_path: Path) -> None:
    assert sources(tmp_path) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list everything")
def test_a_folder_that_may_not_be_listed_is_found_and_refused(folder: Path) -> None:
    (folder / "birds").chmod(0)
    try:
        assert "birds" in sources(folder)
        with pytest.raises(UnreadablePath):
            digest(folder / "birds")
    finally:
        (folder / "birds").chmod(0o700)


def test_an_upload_is_known_by_its_name(tmp_path: Path) -> None:
    file = uploaded(tmp_path / "x", "plan.pdf")
    assert (file.source, file.location) == ("plan.pdf", "upload:plan.pdf")


def test_the_digest_is_that_of_the_bytes(folder: Path) -> None:
    assert digest(folder / "a.md") == hashlib.sha256(b"a.md").hexdigest()
