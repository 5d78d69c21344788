"""Files that break readers: each is taken or refused with a reason, and the folder's good files are there."""

from __future__ import annotations

import bz2
from collections import Counter
from pathlib import Path

import pytest

from indexers.ingest import Options, ingest
from indexers.reading import Limits
from rag.encoders.colours import ColourEncoder
from rag.errors import FileRefused, SightlineError
from rag.store.store import Store

HOSTILE = Path(__file__).resolve().parents[2] / "../shared/data/hostile"
UNPACKED_AT_MOST = 64 * 2**20
REFUSALS: list[type[FileRefused]] = [FileRefused, *FileRefused.__subclasses__()]
CODES = {one.code for one in REFUSALS}


def take(folder: Path, store_path: Path) -> tuple[dict[str, str], set[str], int]:
    """Ingest without OCR: the failures by source, the sources that were taken, and the number of files."""
    encoder = ColourEncoder()
    options = Options(ocr=False, n_workers=2, limits=Limits(step_seconds=20, memory_bytes=3 * 2**30))
    with Store(store_path, create=True) as store:
        store.expect([encoder.fingerprint])
        report = ingest([folder], store=store, encoders={encoder.fingerprint.name: encoder}, options=options)
        sources = {source for _, source, _ in store.catalogue.sources()}
    assert all(failure.reason for failure in report.failed)
    return {failure.path: failure.code for failure in report.failed}, sources, report.documents


def lay_good_files(folder: Path) -> set[str]:
    (folder / "good").mkdir(parents=True)
    for number in range(3):
        (folder / "good" / f"{number}.txt").write_text(f"Good file {number}.")
    return {f"good/{number}.txt" for number in range(3)}


@pytest.mark.skipif(not HOSTILE.is_dir(), reason="the hostile files are not on this machine")
@pytest.mark.timeout(900)
def test_every_hostile_file_is_taken_or_refused_with_a_reason(tmp_path: Path) -> None:
    folder = tmp_path / "hostile"
    good = lay_good_files(folder)
    for kind in ("pdf", "images", "fuzz"):
        (folder / kind).symlink_to(HOSTILE / kind)  # links to folders are not followed: see below
    files = [path for kind in ("pdf", "images", "fuzz") for path in (HOSTILE / kind).rglob("*") if path.is_file()]
    for path in files:
        target = folder / "copied" / path.relative_to(HOSTILE)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(path)
    failed, sources, _ = take(folder, tmp_path / "store")
    expected = {f"copied/{path.relative_to(HOSTILE).as_posix()}" for path in files if not path.name.startswith(".")}
    assert failed.keys() | sources == expected | good
    assert good <= sources
    assert set(failed.values()) <= CODES, Counter(failed.values())


@pytest.mark.skipif(not (HOSTILE / "bombs").is_dir(), reason="the hostile files are not on this machine")
@pytest.mark.timeout(600)
def test_decompression_bombs_are_refused_and_the_process_lives(tmp_path: Path) -> None:
    folder = tmp_path / "bombs"
    good = lay_good_files(folder)
    for packed in sorted((HOSTILE / "bombs").rglob("*.bz2")):
        data = bz2.BZ2Decompressor().decompress(packed.read_bytes(), max_length=UNPACKED_AT_MOST)
        (folder / f"{packed.parent.name}-{packed.stem}").write_bytes(data)
    failed, sources, _ = take(folder, tmp_path / "store")
    assert good <= sources
    assert set(failed.values()) <= CODES
    assert failed.keys() | sources == {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    }


def test_a_reader_that_never_ends_is_given_up(tmp_path: Path) -> None:
    """A pipe blocks whoever opens it; as a special file it is passed over, so the folder's file is taken."""
    import os

    folder = tmp_path / "folder"
    good = lay_good_files(folder)
    os.mkfifo(folder / "pipe.txt")
    failed, sources, _ = take(folder, tmp_path / "store")
    assert failed == {}
    assert sources == good


def test_links_are_followed_to_files_but_not_to_folders(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    good = lay_good_files(folder)
    (folder / "loop").symlink_to(folder)
    (folder / "dangling.txt").symlink_to(tmp_path / "nowhere.txt")
    failed, sources, _ = take(folder, tmp_path / "store")
    assert sources == good
    assert failed == {"dangling.txt": "unreadable_path"}


def test_codes_are_distinct() -> None:
    def below(kind: type[SightlineError]) -> list[type[SightlineError]]:
        return [kind, *(one for child in kind.__subclasses__() for one in below(child))]

    codes = [kind.code for kind in below(SightlineError) if kind.__module__ == SightlineError.__module__]
    assert len(codes) == len(set(codes)) > 20
