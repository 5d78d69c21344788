"""Jobs in the catalogue: each is run once, whoever dies is noticed, and what was asked for stays asked for."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from rag.errors import IdempotencyMismatch, JobEnded, StoreDamaged, UnknownJob
from rag.store import jobs
from rag.store.jobs import FileNews, JobTable, Order
from rag.store.store import Store
from rag.types import Job, JobCounts, JobFile

UPLOAD = Order("upload", ("a.txt", "b.txt"))
FOLDER = Order("folder", ("/library",), "reports", {"sync": True})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store", create=True) as opened:
        yield opened


@pytest.fixture
def table(store: Store) -> JobTable:
    return store.jobs


def told(table: JobTable, number: int, *news: FileNews, pages: int = 0) -> bool:
    return table.keep(number, news, current="a.txt", pages=pages, seconds_left=2.5)


def found(*names: str) -> list[FileNews]:
    return [FileNews(f"/{name}", name, "waiting") for name in names]


def test_a_job_is_queued_claimed_recorded_and_ended(table: JobTable) -> None:
    queued = table.add(UPLOAD)
    assert (len(queued.id), queued.state, queued.paths, queued.started) == (32, "queued", ("a.txt", "b.txt"), None)
    claimed = table.claim()
    assert claimed is not None
    assert (claimed.job.id, claimed.job.state, claimed.job.resumed) == (queued.id, "running", 0)
    reading = FileNews("/a.txt", "a.txt", "reading")
    assert not told(table, claimed.number, *found("a.txt", "b.txt"), reading, pages=3)
    job = table.job(queued.id)
    assert (job.files, job.pages, job.current, job.seconds_left) == (JobCounts(2, 0, 0, 0), 3, "a.txt", 2.5)
    done = FileNews("/a.txt", "a.txt", "done", "added")
    told(table, claimed.number, done, FileNews("/b.txt", "b.txt", "failed", code="damaged_file", reason="It is cut."))
    ended = table.end(claimed, "done")
    assert (ended.state, ended.files, ended.current, ended.seconds_left) == ("done", JobCounts(2, 1, 1, 0), "", None)
    assert [file for _, file in table.files(queued.id)] == [
        JobFile("a.txt", "done"),
        JobFile("b.txt", "failed", "damaged_file", "It is cut."),
    ]
    assert [file.source for _, file in table.files(queued.id, "failed")] == ["b.txt"]


def test_jobs_run_one_at_a_time_and_in_turn(table: JobTable) -> None:
    first, second = table.add(UPLOAD), table.add(FOLDER)
    claimed = table.claim()
    assert claimed is not None
    assert (claimed.job.id, table.claim()) == (first.id, None)
    table.end(claimed, "done")
    claimed = table.claim()
    assert claimed is not None
    assert (claimed.job.id, claimed.job.collection, claimed.options) == (second.id, "reports", {"sync": True})


def test_many_who_claim_at_once_get_a_job_once(store: Store) -> None:
    ids = {store.jobs.add(UPLOAD).id for _ in range(12)}
    ran: list[str] = []
    start = threading.Barrier(4)

    def serve() -> None:
        with Store(store.root) as mine:
            start.wait()
            while len(ran) < len(ids):
                claimed = mine.jobs.claim()
                if claimed is not None:
                    ran.append(claimed.job.id)
                    mine.jobs.end(claimed, "done")

    threads = [threading.Thread(target=serve) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ran) == sorted(ids)


def die_running(root: Path, *, begin: bool) -> None:
    """Let another process take a job, and end without a word."""
    how = "begin(Order('folder', ('/library',), 'reports', {'sync': True}))" if begin else "claim()"
    code = (
        "import os, sys; from pathlib import Path; from rag.store.store import Store;"
        " from rag.store.jobs import FileNews, Order; table = Store(Path(sys.argv[1])).jobs;"
        f" claimed = table.{how};"
        " table.keep(claimed.number, [FileNews('/a.txt', 'a.txt', 'waiting'), FileNews('/b.txt', 'b.txt', 'waiting'),"
        " FileNews('/a.txt', 'a.txt', 'done', 'added'), FileNews('/b.txt', 'b.txt', 'reading')],"
        " current='b.txt', pages=0, seconds_left=None); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code, root], check=False).returncode == -9


def test_a_job_of_a_killed_service_waits_and_goes_on_with_what_it_took(store: Store) -> None:
    job = store.jobs.add(UPLOAD)
    die_running(store.root, begin=False)
    assert store.jobs.job(job.id).state == "queued"
    claimed = store.jobs.claim()
    assert claimed is not None
    assert (claimed.job.resumed, claimed.done_before) == (1, frozenset({"/a.txt"}))
    assert [file.state for _, file in store.jobs.files(job.id)] == ["done", "waiting"]
    told(store.jobs, claimed.number, FileNews("/a.txt", "a.txt", "done", "unchanged"))
    assert store.jobs.outcomes(claimed.number) == {"added": 1}


def test_a_job_that_kills_its_service_three_times_is_left_alone_until_somebody_asks(store: Store) -> None:
    def run_and_leave(outcome: Literal["added", "unchanged"]) -> None:
        with Store(store.root) as other:  # a store that is closed runs nothing, as one whose process is gone
            claimed = other.jobs.claim()
            assert claimed is not None
            news = FileNews("/a.txt", "a.txt", "done", outcome)
            other.jobs.keep(claimed.number, [*found("a.txt"), news], current="b.txt", pages=0, seconds_left=None)

    job = store.jobs.add(UPLOAD)
    for _ in range(3):
        assert store.jobs.job(job.id).state == "queued"
        run_and_leave("unchanged")
    failed = store.jobs.job(job.id)
    assert failed.error is not None
    assert (failed.state, failed.error.code, "b.txt" in failed.error.detail) == ("failed", "service_gone", True)
    store.jobs.spool(job.id).mkdir(parents=True)
    store.jobs.resume(job.id)
    for _ in range(4):
        assert store.jobs.job(job.id).state == "queued"
        run_and_leave("added")


def test_a_job_whose_own_process_is_gone_has_failed_until_the_same_is_asked_again(store: Store) -> None:
    die_running(store.root, begin=True)
    ((_, gone),) = store.jobs.jobs()
    assert gone.error is not None
    assert (gone.state, gone.error.code, gone.ended is None) == ("failed", "process_gone", False)
    other = store.jobs.begin(dataclasses.replace(FOLDER, options={"sync": False}))
    assert other.job.id != gone.id
    store.jobs.end(other, "done")
    again = store.jobs.begin(FOLDER)
    assert (again.job.id, again.job.resumed, again.job.error) == (gone.id, 1, None)
    store.jobs.end(again, "done")
    third = store.jobs.begin(FOLDER)
    assert third.job.id != gone.id
    store.jobs.end(third, "done")


def test_a_job_that_cannot_be_recorded_is_nobodys(store: Store) -> None:
    job = store.jobs.add(UPLOAD)
    claimed = store.jobs.claim()
    assert claimed is not None
    with pytest.raises(StoreDamaged, match="NOT NULL"):
        store.jobs.end(claimed, None)  # type: ignore[arg-type]  # as if the disk were full
    assert store.jobs.job(job.id).state == "queued"


def test_a_waiting_job_is_cancelled_at_once_and_a_running_one_is_told(table: JobTable) -> None:
    running, waiting = table.add(UPLOAD), table.add(FOLDER)
    claimed = table.claim()
    assert claimed is not None
    assert table.cancel(waiting.id).state == "cancelled"
    assert table.cancel(running.id).state == "running"
    assert told(table, claimed.number)
    table.end(claimed, "cancelled")
    for id in (running.id, waiting.id):
        with pytest.raises(JobEnded, match="cancelled"):
            table.cancel(id)


def test_a_folder_is_taken_up_again_and_an_upload_as_long_as_its_files_are_there(table: JobTable) -> None:
    folder, upload = table.add(FOLDER), table.add(UPLOAD)
    for id in (folder.id, upload.id):
        table.cancel(id)
    assert table.resume(folder.id).state == table.resume(folder.id).state == "queued"
    with pytest.raises(JobEnded, match="gone"):
        table.resume(upload.id)
    claimed = table.claim()
    assert claimed is not None
    assert table.resume(folder.id).state == "running"
    table.end(claimed, "done")
    with pytest.raises(JobEnded, match="done"):
        table.resume(folder.id)


def test_the_bytes_of_an_upload_stay_while_it_may_go_on(table: JobTable) -> None:
    def laid_down(job: Job) -> Path:
        table.spool(job.id).mkdir(parents=True)
        return table.spool(job.id)

    job = table.add(UPLOAD)
    spool = laid_down(job)
    claimed = table.claim()
    assert claimed is not None
    table.end(claimed, "failed", error=jobs.PROCESS_GONE)
    assert spool.is_dir()
    table.resume(job.id)
    claimed = table.claim()
    assert claimed is not None
    table.end(claimed, "queued")
    table.sweep_spools()
    assert spool.is_dir()
    claimed = table.claim()
    assert claimed is not None
    table.end(claimed, "done")
    assert not spool.exists()
    cancelled = table.add(UPLOAD)
    spool = laid_down(cancelled)
    table.cancel(cancelled.id)
    assert not spool.exists()


def test_the_same_key_gives_the_same_job_and_never_other_files(table: JobTable) -> None:
    job = table.add(UPLOAD, key="one", key_digest="ab")
    assert table.add(UPLOAD, key="one", key_digest="ab") == job
    with pytest.raises(IdempotencyMismatch, match=job.id):
        table.add(UPLOAD, key="one", key_digest="cd")
    assert table.add(UPLOAD, key="two", key_digest="ab").id != job.id
    assert len(table.jobs()) == 2


def test_jobs_are_listed_newest_first_in_parts_and_by_state(table: JobTable) -> None:
    ids = [table.add(UPLOAD).id for _ in range(5)]
    table.cancel(ids[2])
    part = table.jobs(limit=2)
    assert [job.id for _, job in part] == [ids[4], ids[3]]
    table.add(UPLOAD)
    assert [job.id for _, job in table.jobs(limit=2, before=part[-1][0])] == [ids[2], ids[1]]
    assert [job.id for _, job in table.jobs("cancelled")] == [ids[2]]


def test_files_are_told_once_in_the_order_in_which_they_ended(table: JobTable) -> None:
    job = table.add(UPLOAD)
    claimed = table.claim()
    assert claimed is not None
    told(table, claimed.number, *found("a.txt", "b.txt", "c.txt"))
    told(table, claimed.number, FileNews("/c.txt", "c.txt", "failed", code="x", reason="y"))
    told(table, claimed.number, FileNews("/a.txt", "a.txt", "done", "added"))
    first = table.ended_files(job.id, after=0, limit=1)
    rest = table.ended_files(job.id, after=first[-1][0])
    assert [file.source for _, file in [*first, *rest]] == ["c.txt", "a.txt"]
    told(table, claimed.number, FileNews("/a.txt", "a.txt", "done", "unchanged"))
    assert table.ended_files(job.id, after=rest[-1][0]) == []
    table.end(claimed, "done")


def test_old_jobs_keep_what_failed_and_then_are_forgotten(table: JobTable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "MOST_JOBS", 3)
    monkeypatch.setattr(jobs, "MOST_LISTED", 1)
    ids = []
    for _ in range(5):
        claimed = table.begin(FOLDER)
        ids.append(claimed.job.id)
        told(table, claimed.number, *found("a.txt", "b.txt"), FileNews("/a.txt", "a.txt", "done", "added"))
        told(table, claimed.number, FileNews("/b.txt", "b.txt", "failed", code="x", reason="y"))
        table.end(claimed, "done")
    table.add(UPLOAD)
    assert [job.id for _, job in table.jobs("done")] == ids[:1:-1]
    assert [len(table.files(id)) for id in ids[2:]] == [1, 1, 2]
    with pytest.raises(UnknownJob):
        table.job(ids[0])
