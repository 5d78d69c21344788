"""Jobs in the catalogue: what was asked for, who works on it, what became of each file.

A running job is held by a lock that ends with its process (`rag.store.hold`), so that one that was killed is noticed by
whoever looks next: a service's job waits to be taken up again, another's has failed as `process_gone`.
"""

from __future__ import annotations

import json
import secrets
import shutil
import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from rag.errors import IdempotencyMismatch, JobEnded, UnknownJob
from rag.from_wire import ingest_from_json
from rag.store import hold
from rag.store.catalogue import Catalogue
from rag.store.hold import Hold
from rag.types import (
    DEFAULT_COLLECTION,
    Job,
    JobCounts,
    JobError,
    JobFile,
    JobFileState,
    JobKind,
    JobState,
    JsonValue,
)

Runner = Literal["service", "process"]
Outcome = Literal["", "added", "replaced", "unchanged"]

PROCESS_GONE = JobError(
    "process_gone",
    "The process that read it is gone; what it had taken is kept.",
    "Take it up again, or ingest the same once more: what is here costs nothing.",
)
MOST_KILLED = 3
"""Times that a job's service may die without that the job took anything in between; it is not taken up by itself any more."""
MOST_JOBS = 1_000
"""Jobs that are remembered once they have ended."""
MOST_LISTED = 20
"""Of these, the newest, whose files are all listed; of the others those that failed."""
SECONDS_TO_LAY_DOWN = 3_600
"""An upload, at most; its job is made afterwards."""
ALL = 2**62
"""More than there are."""

_COLUMNS = (
    "id, kind, state, collection, paths, created, started, ended, n_total, n_done, n_failed, n_unchanged, pages, current,"
    " seconds_left, resumed, report, error, number"
)
_FILE_COLUMNS = "source, state, code, reason, n_pages"
_END = "ifnull((SELECT MAX(ended) FROM job_file WHERE job = :job), 0) + 1"
_DONE = (
    # A file of a job that was taken up again is here already because the job itself took it.
    "UPDATE job_file SET outcome = CASE WHEN outcome <> '' AND :outcome = 'unchanged' THEN outcome ELSE :outcome END,"
    " n_pages = ifnull((SELECT d.n_pages FROM sources s JOIN documents d ON d.id = s.document_id"
    "  WHERE s.collection = (SELECT collection FROM job WHERE number = :job) AND s.location = :location), 0),"
    f" ended = CASE WHEN state = 'done' THEN ended ELSE {_END} END, code = '', reason = '', state = 'done'"
    " WHERE job = :job AND location = :location"
)
_FAILED = (
    f"UPDATE job_file SET ended = {_END}, code = :code, reason = :reason, state = 'failed'"
    " WHERE job = :job AND location = :location"
)
_READING = "UPDATE job_file SET state = 'reading' WHERE job = :job AND location = :location AND state = 'waiting'"
_WAITING = "INSERT OR IGNORE INTO job_file (job, location, source, state) VALUES (:job, :location, :source, 'waiting')"
_HAS_ENDED = "state IN ('done', 'failed', 'cancelled')"


@dataclass(frozen=True, slots=True)
class Order:
    """What an ingest is to take, and how."""

    kind: JobKind
    paths: tuple[str, ...]
    collection: str = DEFAULT_COLLECTION
    options: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job that this process is to run, held until it has ended."""

    number: int
    job: Job
    paths: tuple[str, ...]
    """As they were named; those of `job` are made fit to be printed."""
    options: Mapping[str, JsonValue]
    runner: Runner
    done_before: frozenset[str]
    """Locations of the files that it took before it was broken off."""


@dataclass(frozen=True, slots=True)
class FileNews:
    """Something became of a file of an ingest."""

    location: str
    source: str
    state: JobFileState
    outcome: Outcome = ""
    """Of one that is done."""
    code: str = ""
    reason: str = ""
    """Of one that failed."""


class JobTable:
    """The jobs of a store. Safe for threads, and for other processes beside this one."""

    def __init__(self, catalogue: Catalogue, root: Path) -> None:
        self._catalogue = catalogue
        self._root = root
        self._held: dict[str, Hold] = {}
        """Of the jobs that this process runs."""

    def close(self) -> None:
        """Let go of the jobs that have not ended: whoever closes a store runs none on it."""
        for held in list(self._held.values()):
            held.release()

    # Asked for

    def spool(self, id: str) -> Path:
        """Where the bytes of an upload lie until its job has ended."""
        return self._root / "uploads" / id

    def add(self, order: Order, *, id: str = "", key: str | None = None, key_digest: str = "") -> Job:
        """Queue a job, durably; `id` where one was chosen already, as by whoever laid down the files of an upload.

        `key`: the same key again gives the job that it gave before.
        Raises: IdempotencyMismatch if it came with other files then, by `key_digest`.
        """
        with self._catalogue.transaction() as writing:
            if key is not None:
                known = writing.execute("SELECT id, key_digest FROM job WHERE key = ?", [key]).fetchone()
                if known is not None and known[1] != key_digest:
                    raise IdempotencyMismatch(
                        f"The key {key!r} came with other files before.",
                        hint=f"Take a new key for other files. Those were taken as the job {known[0]}.",
                    )
                if known is not None:
                    return self._job(writing, known[0])[1]
            id = id or secrets.token_hex(16)
            _insert(writing, id, order, runner="service", state="queued", key=(key, key_digest))
            gone = _forget(writing)
            job = self._job(writing, id)[1]
        for old in gone:
            self.drop_spool(old)
        return job

    def begin(self, order: Order) -> Claimed:
        """A job for this process to run, now; one of the same order whose process is gone is taken up again."""
        with self._catalogue.transaction() as writing:
            self._settle(writing)
            left = writing.execute(
                "SELECT id FROM job WHERE state = 'failed' AND runner = 'process' AND kind = ? AND collection = ?"
                " AND paths = ? AND options = ? AND json_extract(error, '$.code') = ? ORDER BY number DESC LIMIT 1",
                [order.kind, order.collection, *_told(order), PROCESS_GONE.code],
            ).fetchone()
            id = left[0] if left else secrets.token_hex(16)
            if left is None:
                _insert(writing, id, order, runner="process", state="queued", key=(None, ""))
                _forget(writing)
            claimed = self._claim(writing, id, "process")
        if claimed is None:  # another process took it up in the same moment
            return self.begin(order)
        return claimed

    def claim(self, id: str | None = None) -> Claimed | None:
        """The job of this id, or the one that has waited longest, for a service to run.

        Returns: None where it does not wait, or a service runs one already.
        """
        with self._catalogue.snapshot() as reading:
            if reading.execute("SELECT 1 FROM job WHERE state IN ('queued', 'running')").fetchone() is None:
                return None
        with self._catalogue.transaction() as writing:
            self._settle(writing)
            if writing.execute("SELECT 1 FROM job WHERE state = 'running' AND runner = 'service'").fetchone():
                return None
            waiting = writing.execute(
                "SELECT id FROM job WHERE state = 'queued' AND id = ifnull(?, id) ORDER BY number LIMIT 1", [id]
            ).fetchone()
            return None if waiting is None else self._claim(writing, waiting[0], "service")

    def _claim(self, writing: sqlite3.Connection, id: str, runner: Runner) -> Claimed | None:
        if id in self._held:  # it waits, so that we cannot be running it: taking it has failed the last time
            self._held.pop(id).release()
        held = Hold.take(self._hold_path(id))
        if held is None:
            return None
        try:
            writing.execute(
                "UPDATE job SET state = 'running', runner = ?, cancelling = 0, resumed = resumed + (started IS NOT NULL),"
                " started = ifnull(started, ?), ended = NULL, error = NULL, report = NULL WHERE id = ?",
                [runner, _now(), id],
            )
            number, job = self._job(writing, id)
            writing.execute(
                "UPDATE job_file SET state = 'waiting', code = '', reason = '' WHERE job = ? AND state <> 'done'",
                [number],
            )
            told = writing.execute("SELECT paths, options FROM job WHERE number = ?", [number]).fetchone()
            paths, options = map(json.loads, told)
            done = writing.execute(
                "SELECT location FROM job_file WHERE job = ? AND state = 'done'", [number]
            ).fetchall()
            self._held[id] = held
            return Claimed(number, job, tuple(paths), options, runner, frozenset(one for (one,) in done))
        except BaseException:
            held.release()
            raise

    def _hold_path(self, id: str) -> Path:
        return self._root / "running" / id

    # While it runs

    def serving(self) -> AbstractContextManager[None]:
        """Say that a service runs what is queued, for `is_served` to see."""
        return hold.shared(self._root / "serving.lock")

    def is_served(self) -> bool:
        """Whether a service, here or in another process, runs what is queued."""
        return hold.is_shared(self._root / "serving.lock")

    def keep(
        self, number: int, news: Sequence[FileNews], *, current: str, pages: int, seconds_left: float | None
    ) -> bool:
        """Write down what became of files, and how far the job is; `pages`: read of files that are not done yet.

        Returns: whether somebody asked that it be cancelled.
        """
        with self._catalogue.transaction() as writing:
            for one in news:
                _write(writing, number, one)
            _count(writing, number, pages=pages)
            if any(one.outcome in ("added", "replaced") for one in news):
                writing.execute("UPDATE job SET killed = 0 WHERE number = ?", [number])
            (cancelling,) = writing.execute(
                "UPDATE job SET current = ?, seconds_left = ? WHERE number = ? RETURNING cancelling",
                [current, seconds_left, number],
            ).fetchone()
        return bool(cancelling)

    def is_cancelling(self, number: int) -> bool:
        """Whether somebody asked that the job be cancelled."""
        with self._catalogue.snapshot() as reading:
            (cancelling,) = reading.execute("SELECT cancelling FROM job WHERE number = ?", [number]).fetchone()
        return bool(cancelling)

    def outcomes(self, number: int) -> dict[str, int]:
        """How many of a job's files were added, replaced and unchanged, over all the times that it was taken up."""
        with self._catalogue.snapshot() as reading:
            found = reading.execute(
                "SELECT outcome, COUNT(*) FROM job_file WHERE job = ? AND state = 'done' GROUP BY 1", [number]
            )
            return dict(found.fetchall())

    def end(
        self, claimed: Claimed, state: JobState, *, report: str | None = None, error: JobError | None = None
    ) -> Job:
        """Say how a job ended, and let go of it; `queued`: it was broken off, and goes on later."""
        number, held = claimed.number, self._held.get(claimed.job.id)
        try:
            with self._catalogue.transaction() as writing:
                job = self._end(writing, number, state, report=report, error=error)
        finally:  # where that cannot be written, the job is one that nobody runs
            if held is not None:
                held.release()
        if state in ("done", "cancelled"):
            self.drop_spool(job.id)
        return job

    def _end(
        self, writing: sqlite3.Connection, number: int, state: JobState, *, report: str | None, error: JobError | None
    ) -> Job:
        writing.execute("UPDATE job_file SET state = 'waiting' WHERE job = ? AND state = 'reading'", [number])
        if state == "done":  # files that were there when it began and are gone since it was taken up again
            writing.execute("DELETE FROM job_file WHERE job = ? AND state = 'waiting'", [number])
        _count(writing, number, pages=0)
        writing.execute(
            "UPDATE job SET state = ?, ended = ?, current = '', seconds_left = NULL, report = ?, error = ?"
            " WHERE number = ?",
            [state, None if state == "queued" else _now(), report, _error_json(error), number],
        )
        return _read(writing.execute(f"SELECT {_COLUMNS} FROM job WHERE number = ?", [number]).fetchone())

    def drop_spool(self, id: str) -> None:
        """Drop the bytes of an upload; one that has none is left alone."""
        shutil.rmtree(self.spool(id), ignore_errors=True)

    def sweep_spools(self) -> None:
        """Drop the bytes of uploads that no job waits for: a process was killed while it laid them down, or dropped them."""
        with self._catalogue.snapshot() as reading:
            known = dict(reading.execute("SELECT id, state FROM job").fetchall())
        for folder in self.spool("").glob("*"):
            lies_since = time.time() - folder.stat().st_mtime
            if known.get(folder.name, "gone") in ("done", "cancelled") or (
                folder.name not in known and lies_since > SECONDS_TO_LAY_DOWN
            ):
                self.drop_spool(folder.name)

    # Looked at

    def job(self, id: str) -> Job:
        """The job of this id.

        Raises: UnknownJob.
        """
        self.settle()
        with self._catalogue.snapshot() as reading:
            return self._job(reading, id)[1]

    def jobs(self, state: JobState | None = None, *, limit: int = ALL, before: int = ALL) -> list[tuple[int, Job]]:
        """Jobs, newest first, each with its number; of one state, and with numbers below `before`."""
        self.settle()
        with self._catalogue.snapshot() as reading:
            found = reading.execute(
                f"SELECT {_COLUMNS} FROM job WHERE number < ? AND state = ifnull(?, state) ORDER BY number DESC LIMIT ?",
                [before, state, limit],
            ).fetchall()
        return [(row[-1], _read(row)) for row in found]

    def count(self) -> dict[str, int]:
        """How many jobs are remembered in each state."""
        with self._catalogue.snapshot() as reading:
            return dict(reading.execute("SELECT state, COUNT(*) FROM job GROUP BY 1").fetchall())

    def files(
        self, id: str, state: JobFileState | None = None, *, limit: int = ALL, after: int = 0
    ) -> list[tuple[int, JobFile]]:
        """Files of a job in the order in which they were found, each with its number; of one state, and above `after`.

        Raises: UnknownJob.
        """
        with self._catalogue.snapshot() as reading:
            number, _ = self._job(reading, id)
            found = reading.execute(
                f"SELECT number, {_FILE_COLUMNS} FROM job_file WHERE job = ? AND number > ? AND state = ifnull(?, state)"
                " ORDER BY number LIMIT ?",
                [number, after, state, limit],
            ).fetchall()
        return [(at, JobFile(*values)) for at, *values in found]

    def ended_files(self, id: str, *, after: int, limit: int = ALL) -> list[tuple[int, JobFile]]:
        """Files of a job that ended, in that order, each with its place in it; those behind the place `after`."""
        with self._catalogue.snapshot() as reading:
            number, _ = self._job(reading, id)
            found = reading.execute(
                f"SELECT ended, {_FILE_COLUMNS} FROM job_file WHERE job = ? AND ended > ? AND state IN ('done', 'failed')"
                " ORDER BY ended LIMIT ?",
                [number, after, limit],
            ).fetchall()
        return [(at, JobFile(*values)) for at, *values in found]

    # Told what to do

    def cancel(self, id: str) -> Job:
        """End a job that waits; let one that runs end after the documents in hand.

        Raises: UnknownJob; JobEnded.
        """
        with self._catalogue.transaction() as writing:
            self._settle(writing)
            number, job = self._job(writing, id)
            if job.has_ended:
                raise JobEnded(f"The job {id} is {job.state}.", hint="There is nothing left to cancel.")
            if job.state == "queued":
                writing.execute("UPDATE job SET state = 'cancelled', ended = ? WHERE number = ?", [_now(), number])
            else:
                writing.execute("UPDATE job SET cancelling = 1 WHERE number = ?", [number])
            job = self._job(writing, id)[1]
        if job.has_ended:
            self.drop_spool(id)
        return job

    def resume(self, id: str) -> Job:
        """Queue a job again that failed or was cancelled; one that waits or runs is left to it.

        Raises: UnknownJob; JobEnded if it is done, or the files of an upload are gone.
        """
        with self._catalogue.transaction() as writing:
            self._settle(writing)
            number, job = self._job(writing, id)
            if job.state == "done":
                raise JobEnded(f"The job {id} is done.", hint="Ingest again what has changed since.")
            if job.has_ended and job.kind == "upload" and not self.spool(id).is_dir():
                raise JobEnded(f"The files of the job {id} are gone.", hint="Send them again.")
            if job.has_ended:
                writing.execute(
                    "UPDATE job SET state = 'queued', runner = 'service', ended = NULL, error = NULL, killed = 0"
                    " WHERE number = ?",
                    [number],
                )
            return self._job(writing, id)[1]

    # Those whose process is gone

    def settle(self) -> None:
        """Say of jobs whose process is gone what became of them."""
        with self._catalogue.snapshot() as reading:
            running = reading.execute("SELECT id FROM job WHERE state = 'running'").fetchall()
        if any(not hold.is_held(self._hold_path(id)) for (id,) in running):
            with self._catalogue.transaction() as writing:
                self._settle(writing)

    def _settle(self, writing: sqlite3.Connection) -> None:
        for id, number, runner, cancelling, killed, current in writing.execute(
            "SELECT id, number, runner, cancelling, killed, current FROM job WHERE state = 'running'"
        ).fetchall():
            if hold.is_held(self._hold_path(id)):
                continue
            state: JobState = "failed"
            error: JobError | None = PROCESS_GONE
            if cancelling:
                state, error = "cancelled", None
            elif runner == "service":
                killed += 1
                state, error = ("queued", None) if killed < MOST_KILLED else ("failed", _gave_up(current))
            writing.execute(
                "UPDATE job SET state = ?, error = ?, ended = ?, killed = ?, current = '', seconds_left = NULL"
                " WHERE number = ?",
                [state, _error_json(error), None if state == "queued" else _now(), killed, number],
            )
            writing.execute("UPDATE job_file SET state = 'waiting' WHERE job = ? AND state = 'reading'", [number])

    def _job(self, reading: sqlite3.Connection, id: str) -> tuple[int, Job]:
        row = reading.execute(f"SELECT {_COLUMNS} FROM job WHERE id = ?", [id]).fetchone()
        if row is None:
            raise UnknownJob(f"No job goes by {id[:80]!r}.", hint="List them: sightline jobs list, or GET /v1/jobs")
        return row[-1], _read(row)


def _gave_up(current: str) -> JobError:
    last = f", the last time while it read {current}" if current else ""
    return JobError(
        "service_gone",
        f"The service died {MOST_KILLED} times at this job without getting any further{last}.",
        "Look into that file and the machine's memory, then take the job up again.",
    )


def mark_kept(writing: sqlite3.Connection, number: int, *, location: str, source: str, outcome: Outcome) -> None:
    """Say in the transaction that takes a document that it is done, so that a killed job tells afterwards what it took."""
    _write(
        writing, number, FileNews(location, source, "waiting")
    )  # it may not have been recorded yet that it was found
    _write(writing, number, FileNews(location, source, "done", outcome))


def _write(writing: sqlite3.Connection, number: int, news: FileNews) -> None:
    told = {"job": number, "location": news.location, "source": news.source}
    match news.state:
        case "waiting":
            writing.execute(_WAITING, told)
        case "reading":
            writing.execute(_READING, told)
        case "done":
            writing.execute(_DONE, told | {"outcome": news.outcome})
        case "failed":
            writing.execute(_FAILED, told | {"code": news.code, "reason": news.reason})


def _count(writing: sqlite3.Connection, number: int, *, pages: int) -> None:
    writing.execute(
        "UPDATE job SET (n_total, n_done, n_failed, n_unchanged, pages) ="
        " (SELECT COUNT(*), total(state = 'done'), total(state = 'failed'), total(state = 'done' AND outcome = 'unchanged'),"
        "  total(CASE state WHEN 'done' THEN n_pages END) + :pages FROM job_file WHERE job = :job) WHERE number = :job",
        {"job": number, "pages": pages},
    )


def _insert(
    writing: sqlite3.Connection, id: str, order: Order, *, runner: Runner, state: JobState, key: tuple[str | None, str]
) -> None:
    writing.execute(
        "INSERT INTO job (id, kind, runner, state, cancelling, collection, paths, options, key, key_digest, created)"
        " VALUES (?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?)",
        [id, order.kind, runner, state, order.collection, *_told(order), *key, _now()],
    )


def _told(order: Order) -> tuple[str, str]:
    # In ASCII: a path may hold bytes that are no text, which only JSON's escapes carry.
    return json.dumps(order.paths), json.dumps(dict(order.options), sort_keys=True)


def _forget(writing: sqlite3.Connection) -> list[str]:
    """Drop what need not be remembered; the ids of the jobs that went."""
    kept = f"SELECT number FROM job WHERE {_HAS_ENDED} ORDER BY number DESC LIMIT"
    writing.execute(
        f"DELETE FROM job_file WHERE state = 'done' AND job IN (SELECT number FROM job WHERE {_HAS_ENDED})"
        f" AND job NOT IN ({kept} {MOST_LISTED})"
    )
    old = f"SELECT number FROM job WHERE {_HAS_ENDED} AND number NOT IN ({kept} {MOST_JOBS})"
    writing.execute(f"DELETE FROM job_file WHERE job IN ({old})")
    return [id for (id,) in writing.execute(f"DELETE FROM job WHERE number IN ({old}) RETURNING id").fetchall()]


def _read(row: tuple[object, ...]) -> Job:
    told = dict(zip(_COLUMNS.split(", "), row, strict=True))
    counts = JobCounts(*(int(str(told.pop(name))) for name in ("n_total", "n_done", "n_failed", "n_unchanged")))
    report, error = told.pop("report"), told.pop("error")
    del told["number"]
    told["paths"] = tuple(map(_shown, json.loads(str(told["paths"]))))
    return Job(
        **told,  # type: ignore[arg-type]  # a row is typed by the schema, which mypy cannot see
        files=counts,
        report=None if report is None else ingest_from_json(json.loads(str(report))),
        error=None if error is None else JobError(**json.loads(str(error))),
    )


def _shown(path: str) -> str:
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _error_json(error: JobError | None) -> str | None:
    if error is None:
        return None
    return json.dumps({"code": error.code, "detail": error.detail, "hint": error.hint}, ensure_ascii=False)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
