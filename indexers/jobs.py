"""The story of a job: claim it, read its files, record what becomes of them, say how it ended."""

from __future__ import annotations

import errno
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from indexers.ingest import Event
from rag.errors import NoRoom, SightlineError, StoreNotFound
from rag.store.jobs import Claimed, FileNews, JobTable
from rag.to_wire import ingest_json
from rag.types import IngestReport, JobError

SECONDS_BETWEEN_RECORDS = 0.25
SHARE_OF_RECORDING = 0.05
"""Of the time, at most: the list of a hundred thousand files takes a while to count."""
SECONDS_BETWEEN_LOOKS = 1.0
"""For jobs that other processes queued, or left behind."""
SECONDS_AFTER_ERROR = 5.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Watch:
    """What an ingest tells, and is told, while it is a job."""

    on_event: Callable[[Event], None]
    on_file: Callable[[FileNews], None]
    stop: threading.Event


Take = Callable[[Claimed, Watch], IngestReport]
"""Does what a job asks for; raises a SightlineError where it cannot."""


def run(
    claimed: Claimed,
    table: JobTable,
    take: Take,
    *,
    stop: threading.Event,
    is_stopping: Callable[[], bool] = lambda: False,
) -> IngestReport:
    """Run a job to its end, and record how it went.

    `stop` ends it after the documents in hand, and is set where somebody cancels it; it is then `cancelled`. `is_stopping`
    does the same because the service ends; the job then waits for the next one.
    Raises: whatever `take` raises, once the job is recorded as failed.
    """
    try:
        with _recording(claimed, table, stop=stop, is_stopping=is_stopping) as recorder:
            report = take(claimed, Watch(recorder.on_event, recorder.on_file, stop))
    except BaseException as error:
        table.end(claimed, "failed", error=_told(error))
        raise
    report = _over_all_times(report, claimed, table)
    if not stop.is_set():
        table.end(claimed, "done", report=_json(report))
    elif is_stopping() and not table.is_cancelling(claimed.number):
        table.end(claimed, "queued")
    else:
        table.end(claimed, "cancelled", report=_json(report))
    return report


def _told(error: BaseException) -> JobError:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        error = NoRoom("The disk is full; what was taken is kept.", hint="Make room, then take the job up again.")
    if isinstance(error, SightlineError):
        return JobError(error.code, error.message, error.hint)
    if isinstance(error, KeyboardInterrupt):
        return JobError(
            "interrupted", "It was broken off by Ctrl-C; what it had taken is kept.", "Run it again to go on."
        )
    return JobError(
        SightlineError.code, f"{type(error).__name__}: {error}"[:500], "This is a mistake of Sightline's: report it."
    )


def _over_all_times(report: IngestReport, claimed: Claimed, table: JobTable) -> IngestReport:
    """The report of a job that was taken up again counts what it took before it was broken off as well."""
    if not claimed.job.resumed:
        return report
    outcomes = table.outcomes(claimed.number)
    return replace(
        report,
        added=outcomes.get("added", 0),
        unchanged=outcomes.get("unchanged", 0),
        replaced=outcomes.get("replaced", 0),
    )


def _json(report: IngestReport) -> str:
    return json.dumps(ingest_json(report), ensure_ascii=False)


class _Recorder:
    """Gathers what an ingest tells, and writes it down a few times a second, in one transaction each."""

    def __init__(self, claimed: Claimed, table: JobTable) -> None:
        self._number = claimed.number
        self._table = table
        self._telling = threading.Lock()
        self._news: list[FileNews] = []
        self._current = ""
        self._pages: dict[str, tuple[int, int]] = {}
        """Of each file that is being read: the page that was read last, of how many."""
        self._began = time.monotonic()
        self._n_read = self._n_to_read = 0
        self._changed = False

    def on_file(self, news: FileNews) -> None:
        with self._telling:
            self._news.append(news)
            self._changed = True
            if news.state == "reading":
                self._current = news.source
            elif news.state != "waiting":
                self._pages.pop(news.source, None)

    def on_event(self, event: Event) -> None:
        with self._telling:
            self._changed = True
            match event.kind:
                case "found":
                    self._began, self._n_to_read = time.monotonic(), event.total
                case "page":
                    self._pages[event.source] = (event.page, event.n_pages)
                case "done" | "failed":
                    self._n_read = event.done
            if event.kind in ("page", "late", "caption"):
                self._current = event.source

    def write(self) -> bool:
        """Write down what there is; whether the job is to be cancelled."""
        with self._telling:
            if not self._changed:
                return self._table.is_cancelling(self._number)
            news, self._news, self._changed = self._news, [], False
            current, left = self._current, self._seconds_left()
            pages = sum(page for page, _ in self._pages.values())
        return self._table.keep(self._number, news, current=current, pages=pages, seconds_left=left)

    def _seconds_left(self) -> float | None:
        """As long as the files read so far took, by their number and the pages of those in hand; None before the first."""
        read = self._n_read + sum(page / n_pages for page, n_pages in self._pages.values() if n_pages)
        if not read:
            return None
        seconds = time.monotonic() - self._began
        return round(max(0.0, seconds / read * (self._n_to_read - read)), 1)


@contextmanager
def _recording(
    claimed: Claimed, table: JobTable, *, stop: threading.Event, is_stopping: Callable[[], bool]
) -> Iterator[_Recorder]:
    """Write down what is told as long as the block runs, and all of it at the end; set `stop` where it is to stop."""
    recorder, ended = _Recorder(claimed, table), threading.Event()

    def write_on() -> None:
        pause = SECONDS_BETWEEN_RECORDS
        while not ended.wait(pause):
            began = time.thread_time()
            try:
                if recorder.write() or is_stopping():
                    stop.set()
            except SightlineError as error:  # the next time may go well, and the ingest itself says what is wrong
                log.warning("The job %s could not be recorded: %s", claimed.job.id, error)
            pause = max(SECONDS_BETWEEN_RECORDS, (time.thread_time() - began) / SHARE_OF_RECORDING)

    thread = threading.Thread(target=write_on, name="sightline-recording", daemon=True)
    thread.start()
    try:
        yield recorder
    finally:
        ended.set()
        thread.join()
        recorder.write()


class Runner:
    """A thread that runs the queued jobs of a store, one after the other, until it is closed."""

    def __init__(self, *, table: Callable[[], JobTable], take: Take, stopping: threading.Event) -> None:
        """`table`: the store's jobs, as it is open now; `stopping` ends the thread after the documents in hand."""
        self._table = table
        self._take = take
        self._stopping = stopping
        self._closing = threading.Event()
        self._woken = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sightline-jobs", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Look for a job now."""
        self._woken.set()

    def close(self) -> None:
        """End after the documents in hand; a job that is broken off so goes on with the next runner."""
        self._closing.set()
        self._woken.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._is_over():
            pause = SECONDS_BETWEEN_LOOKS
            try:
                table = self._table()
                with table.serving():
                    table.sweep_spools()
                    self._run_queued(table)
            except StoreNotFound:  # it is made with the first upload
                pass
            except SightlineError as error:
                log.warning("Jobs cannot be run: %s", error)
                pause = SECONDS_AFTER_ERROR
            self._rest(pause)

    def _run_queued(self, table: JobTable) -> None:
        """Run what is queued, and wait for more, as long as the table is the store's."""
        while not self._is_over() and table is self._table():
            claimed = table.claim()
            if claimed is None:
                self._rest(SECONDS_BETWEEN_LOOKS)
                continue
            try:
                run(claimed, table, self._take, stop=threading.Event(), is_stopping=self._is_over)
            except SightlineError as error:
                log.warning("The job %s failed: %s", claimed.job.id, error)
            except Exception:  # a mistake of ours is recorded with the job, and must not end all those behind it
                log.exception("The job %s failed", claimed.job.id)

    def _rest(self, seconds: float) -> None:
        self._woken.wait(seconds)
        self._woken.clear()

    def _is_over(self) -> bool:
        return self._closing.is_set() or self._stopping.is_set()
