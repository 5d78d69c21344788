"""Ingests as `sightline jobs` tells of them, and those that go on by themselves."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.cli.watch import keep_watching
from rag.engine import Engine
from rag.errors import SightlineError
from rag.settings import load_settings
from rag.types import IngestReport
from rag.watching import Changes
from rag.wiring import Ingestion
from tests.unit.rag.cli.conftest import Line


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "folder"
    root.mkdir()
    (root / "lamp.txt").write_text("The lamp was lit at dusk.")
    (root / "empty.txt").write_text("")
    return root


def test_an_ingest_is_listed_shown_and_its_failures_are_named(line: Line, folder: Path) -> None:
    assert "Nothing was ingested yet." in line.run("jobs", "list")[0]
    line.run("ingest", folder, code=3)
    (job,) = line.json("jobs", "list")["jobs"]
    assert (job["state"], job["files"]["total"], job["files"]["failed"]) == ("done", 2, 1)
    shown = line.json("jobs", "show", job["id"][:8])
    assert [(one["source"], one["code"]) for one in shown["listed"]] == [("empty.txt", "empty_file")]
    assert "empty.txt" in line.run("jobs", "show", job["id"])[0]
    assert job["id"][:8] in line.run("jobs", "list", "--state", "done")[0]
    assert line.json("jobs", "list", "--state", "running")["jobs"] == []


def test_what_cannot_be_done_with_a_job_is_told(line: Line, folder: Path) -> None:
    (folder / "empty.txt").unlink()
    line.run("ingest", folder)
    (job,) = line.json("jobs", "list")["jobs"]
    assert "error" in line.run("jobs", "cancel", job["id"], code=1)[1]
    assert "error" in line.run("jobs", "resume", job["id"], code=1)[1]
    assert "error" in line.run("jobs", "show", "f" * 32, code=1)[1]
    assert "States: queued" in line.run("jobs", "list", "--state", "asleep", code=2)[1]


def test_a_job_that_waits_is_cancelled_and_taken_up_again(line: Line, folder: Path) -> None:
    (folder / "empty.txt").unlink()
    with Engine(settings=load_settings(store=line.store, encoders=("colours",), ocr=False, workers=1)) as engine:
        waiting = engine.queue_folder(folder)
    assert line.json("jobs", "cancel", waiting.id)["state"] == "cancelled"
    assert line.json("jobs", "resume", waiting.id)["state"] == "done"
    assert "lamp.txt" in [one["source"] for one in line.json("documents", "list")["documents"]]


# Watching


class Told:
    """What a watch said, and a way to wait for it."""

    def __init__(self) -> None:
        self.reports: list[IngestReport] = []
        self.errors: list[SightlineError] = []

    def until(self, holds: Callable[[], bool], *, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, (self.reports, self.errors)
            time.sleep(0.05)


def test_a_watched_folder_is_followed_through_changes_errors_and_its_own_absence(
    line: Line, folder: Path, tmp_path: Path
) -> None:
    pytest.importorskip("watchfiles")
    (folder / "empty.txt").unlink()
    told = Told()
    stop = threading.Event()
    settings = load_settings(store=line.store, encoders=("colours",), ocr=False, workers=1)
    with Engine(settings=settings) as engine, Engine(settings=settings) as asking:

        def sources() -> set[str]:
            return {document.source for document in asking.documents()} - {"notes/lamp.txt", "red.png", "sea.md"}

        how = Ingestion(stop=stop, exclude=("*.tmp",))
        watching = threading.Thread(
            target=keep_watching,
            args=(engine, [folder]),
            kwargs={"how": how, "tell": told.reports.append, "tell_error": told.errors.append},
        )
        watching.start()
        try:
            told.until(lambda: sources() == {"lamp.txt"})
            (folder / "deep").mkdir()
            (folder / "deep" / "fog #1 [x].txt").write_text("Fog closed the harbour.")
            (folder / "half.tmp").write_text("never taken")
            told.until(lambda: sources() == {"lamp.txt", "deep/fog #1 [x].txt"})
            (folder / "lamp.txt").unlink()
            told.until(lambda: sources() == {"deep/fog #1 [x].txt"})
            folder.rename(tmp_path / "away")
            (tmp_path / "away" / "boat.txt").write_text("The supply boat came on Fridays.")
            time.sleep(1.5)
            assert sources() == {"deep/fog #1 [x].txt"}  # a folder that is gone is not an empty one
            (tmp_path / "away").rename(folder)
            told.until(lambda: sources() == {"deep/fog #1 [x].txt", "boat.txt"})
        finally:
            stop.set()
            watching.join(timeout=60)
    assert not watching.is_alive()


def test_what_failed_as_a_whole_is_tried_again(line: Line, folder: Path) -> None:
    pytest.importorskip("watchfiles")
    told, stop = Told(), threading.Event()
    settings = load_settings(store=line.store.parent / "late", encoders=("smell",), ocr=False, workers=1)
    with Engine(settings=settings) as engine:
        watching = threading.Thread(
            target=keep_watching,
            args=(engine, [folder]),
            kwargs={
                "how": Ingestion(stop=stop),
                "tell": told.reports.append,
                "tell_error": told.errors.append,
                "retry_seconds": 0.0,
            },
        )
        watching.start()
        try:
            told.until(lambda: len(told.errors) > 1)
        finally:
            stop.set()
            watching.join(timeout=60)
    assert {error.code for error in told.errors} == {"bad_setting"}
    assert told.reports == []


def test_only_what_changed_and_is_wanted_is_looked_at() -> None:
    changes = Changes(("a/b.txt", "c [1].pdf"))
    assert changes.include(()) == ("/a/b.txt", "/c\\ \\[1\\].pdf")
    assert changes.include(("*.pdf",)) == ("/c\\ \\[1\\].pdf",)
    assert changes.and_also(Changes(everything=True)).include(("*.pdf",)) == ("*.pdf",)
    assert not Changes()
    many = Changes(tuple(f"{at}.txt" for at in range(501)))
    assert Changes().and_also(many).everything


def test_without_the_extra_the_line_that_installs_it_is_told(
    line: Line, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "watchfiles", None)
    assert "pip install 'sightline[watch]'" in line.run("ingest", folder, "--watch", code=1)[1]
