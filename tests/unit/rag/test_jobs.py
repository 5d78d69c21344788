"""Jobs of an engine in this process: recorded, cancelled, taken up again, and what failed of them told file by file."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexers.ingest import Event
from rag.engine import Engine
from rag.errors import BadRequest, JobEnded, StoreNotFound, UnknownJob, UnreadablePath
from rag.settings import load_settings
from rag.types import JobCounts
from rag.wiring import Ingestion

N_TEXTS = 40


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    settings = load_settings(store=tmp_path / "store", encoders=("colours",), ocr=False, workers=1)
    with Engine(settings=settings) as engine:
        yield engine


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    folder = tmp_path / "texts"
    folder.mkdir()
    for at in range(N_TEXTS):
        (folder / f"{at:02}.txt").write_text(f"The red boat number {at}.")
    return folder


def test_an_ingest_is_a_job_with_its_files(engine: Engine, texts: Path) -> None:
    (texts / "bad.png").write_bytes(b"no picture")
    (texts / "copy.txt").write_text("The red boat number 7.")
    report = engine.ingest(texts, collection="boats")
    (job,) = engine.jobs()
    assert (job.kind, job.state, job.collection, job.paths) == ("folder", "done", "boats", (str(texts),))
    assert job.files == JobCounts(N_TEXTS + 2, N_TEXTS + 1, 1, 1)
    assert (job.pages, job.report, job.error, job.resumed) == (N_TEXTS + 1, report, None, 0)
    assert engine.job(job.id) == job
    assert {file.source: file.state for file in engine.job_files(job.id)}["bad.png"] == "failed"
    assert [file.source for file in engine.job_files(job.id, "failed")] == ["bad.png"]
    again = engine.ingest(texts, collection="boats")
    assert (again.added, engine.jobs()[0].files.unchanged, engine.jobs()[0].id != job.id) == (0, N_TEXTS + 1, True)


def test_a_hundred_files_that_fail_give_a_hundred_reasons(engine: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "bad"
    folder.mkdir()
    for at in range(100):
        (folder / f"bad{at}.pdf").write_bytes(b"%%PDF-1.4 is all that there is of %d" % at)
    report = engine.ingest(folder)
    failed = engine.job_files(engine.jobs()[0].id, "failed")
    assert len(report.failed) == len(failed) == 100
    assert all(file.source in file.reason and file.code for file in failed)
    assert len({file.reason for file in failed}) == 100


def test_how_far_it_is_can_be_seen_while_it_runs(engine: Engine, texts: Path) -> None:
    seen: list[tuple[str, int, int, float | None]] = []

    def look(event: Event) -> None:
        if event.kind == "done" and event.done in (10, 30):
            (job,) = engine.jobs("running")
            while job.files.done < event.done or job.seconds_left is None:  # until the next record
                time.sleep(0.02)
                (job,) = engine.jobs("running")
            seen.append((job.current, job.files.total, job.files.done, job.seconds_left))

    engine.ingest(texts, how=Ingestion(on_event=look))
    (_, total, first, left), (current, _, second, less) = seen
    assert (total, current.endswith(".txt")) == (N_TEXTS, True)
    assert 10 <= first < second < N_TEXTS
    assert left is not None
    assert less is not None
    assert left > 0
    assert less > 0


def cancel_at_first(engine: Engine, stop: threading.Event) -> Ingestion:
    def cancel(event: Event) -> None:
        if event.kind == "done" and event.done == 1:
            (running,) = engine.jobs("running")
            assert engine.cancel(running.id).state == "running"
            assert stop.wait(20)

    return Ingestion(on_event=cancel, stop=stop)


def test_a_cancelled_job_keeps_what_it_took_and_goes_on_from_there(engine: Engine, texts: Path) -> None:
    report = engine.ingest(texts, how=cancel_at_first(engine, threading.Event()))
    (job,) = engine.jobs("cancelled")
    n_taken = len(engine.documents())
    assert 1 <= n_taken < N_TEXTS
    assert (job.files.done, job.files.total, report.added, job.report) == (n_taken, N_TEXTS, n_taken, report)
    with pytest.raises(JobEnded):
        engine.cancel(job.id)
    resumed = engine.resume(job.id)
    assert resumed.report is not None
    assert (resumed.state, resumed.resumed, resumed.files.done) == ("done", 1, N_TEXTS)
    assert (resumed.report.added, resumed.report.unchanged, len(engine.documents())) == (N_TEXTS, 0, N_TEXTS)


def test_reading_again_goes_on_behind_what_it_read_before(engine: Engine, texts: Path) -> None:
    engine.ingest(texts)
    stop = threading.Event()
    how = cancel_at_first(engine, stop)
    engine.ingest(texts, how=Ingestion(again=True, on_event=how.on_event, stop=stop))
    (job,) = engine.jobs("cancelled")
    before = {one.id: one.ingested_at for one in engine.documents()}
    resumed = engine.resume(job.id)
    n_taken = sum(before[one.id] != one.ingested_at for one in engine.documents())
    assert resumed.report is not None
    assert (resumed.report.replaced, n_taken) == (N_TEXTS, N_TEXTS - job.files.done)


def test_an_ingest_that_breaks_says_so_and_raises(engine: Engine, texts: Path) -> None:
    def fall(event: Event) -> None:
        if event.kind == "done":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.ingest(texts, how=Ingestion(on_event=fall))
    (job,) = engine.jobs("failed")
    assert job.error is not None
    assert (job.error.code, job.files.done) == ("interrupted", len(engine.documents()))


def test_what_cannot_be_ingested_is_no_job(engine: Engine, texts: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreNotFound):
        engine.jobs()
    engine.ingest(texts / "01.txt")
    with pytest.raises(UnreadablePath):
        engine.ingest(tmp_path / "gone")
    with pytest.raises(BadRequest):
        engine.ingest(texts, collection="a b")
    assert len(engine.jobs()) == 1
    with pytest.raises(UnknownJob):
        engine.job("nobody")
    with pytest.raises(UnknownJob):
        engine.job_files("nobody")


def test_a_path_whose_name_is_no_text_is_shown_and_taken_up(engine: Engine, tmp_path: Path) -> None:
    import os

    folder = tmp_path / os.fsdecode(b"b\xe9low")
    folder.mkdir()
    (folder / "fog.txt").write_text("Fog came.")
    assert engine.ingest(folder).added == 1
    assert engine.jobs()[0].paths[0].endswith("b\\xe9low")
