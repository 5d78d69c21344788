"""A few reading processes: files go in, what was read comes out as it is ready, and no file can stop the others."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection, wait

from indexers.worker import Progress, Read, Refused, Task, Work
from rag.errors import FileTooSlow, ReaderDied

MOST_WORKERS = 4
SECONDS_TO_START = 30.0
"""Allowed on top of a step for a new process to import its libraries."""

OnProgress = Callable[[Task, Progress], None]


class Worker:
    """One reading process and the connection to it."""

    def __init__(self, work: Work) -> None:
        ours, theirs = socket.socketpair()
        # -P keeps the working directory off the import path; one thread each, since there are several processes.
        command = f"from indexers.worker import main; main({theirs.fileno()})"
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", command],
            pass_fds=[theirs.fileno()],
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        theirs.close()
        self.connection = Connection(ours.detach())
        with contextlib.suppress(BrokenPipeError):
            self.connection.send(work)
        self.task: Task | None = None
        self.deadline = 0.0

    def begin(self, task: Task, *, seconds: float) -> None:
        """Hand over a file; the worker must say something within `seconds`."""
        self.task = task
        self.deadline = time.monotonic() + seconds
        with contextlib.suppress(BrokenPipeError):  # it has died: the next look at the connection finds that out
            self.connection.send(task)

    def is_alive(self) -> bool:
        """Whether the process still runs; one may be killed between two files, for instance where memory is short."""
        return self._process.poll() is None

    def end(self) -> int:
        """End the process, at once; its return code."""
        self.connection.close()
        self._process.kill()
        return self._process.wait()

    def died(self) -> str:
        """How the process ended by itself, in words."""
        self.connection.close()
        code = self._process.wait()
        return f"ended by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


class ReadingPool:
    """Processes that read files; a context manager, so that none outlives its use."""

    def __init__(self, work: Work, *, n_workers: int = 0) -> None:
        """`n_workers` 0 takes one per core, `MOST_WORKERS` at most. Processes start when there is work for them."""
        n_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        self._work = work
        self.n_workers = n_workers or min(MOST_WORKERS, n_cores)
        """At most this many read at once."""
        self._workers: list[Worker] = []

    def __enter__(self) -> ReadingPool:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.end()
        self._workers.clear()

    def read(
        self, tasks: Iterable[Task], on_progress: OnProgress | None = None
    ) -> Iterator[tuple[Task, Read | Refused]]:
        """Read files, yielding each as it is ready. No more are read ahead than there are workers."""
        waiting = iter(tasks)
        more = True
        while True:
            while more and (idle := self._idle()) is not None:
                task = next(waiting, None)
                if task is None:
                    more = False
                else:
                    idle.begin(task, seconds=self._work.limits.step_seconds + SECONDS_TO_START)
            busy = [worker for worker in self._workers if worker.task is not None]
            if not busy:
                return
            nearest = min(worker.deadline for worker in busy)
            ready = wait([worker.connection for worker in busy], timeout=max(0.0, nearest - time.monotonic()))
            for worker in busy:
                done = self._listen(worker, on_progress) if worker.connection in ready else self._check_time(worker)
                if done is not None:
                    yield done

    def _idle(self) -> Worker | None:
        for worker in [worker for worker in self._workers if worker.task is None]:
            if worker.is_alive():
                return worker
            self._workers.remove(worker)
            worker.end()
        if len(self._workers) < self.n_workers:
            self._workers.append(Worker(self._work))
            return self._workers[-1]
        return None

    def _listen(self, worker: Worker, on_progress: OnProgress | None) -> tuple[Task, Read | Refused] | None:
        task = worker.task
        if task is None:
            return None
        try:
            said = worker.connection.recv()
        except (EOFError, OSError):
            self._workers.remove(worker)
            how = worker.died()
            reason = f"{task.source} ended the process that read it ({how}). The file may be damaged or built to harm."
            return task, Refused(ReaderDied.code, reason)
        if isinstance(said, Progress):
            worker.deadline = time.monotonic() + self._work.limits.step_seconds
            if on_progress is not None:
                on_progress(task, said)
            return None
        worker.task = None
        return task, said

    def _check_time(self, worker: Worker) -> tuple[Task, Read | Refused] | None:
        task = worker.task
        if task is None or time.monotonic() < worker.deadline:
            return None
        self._workers.remove(worker)
        worker.end()
        seconds = self._work.limits.step_seconds
        reason = (
            f"{task.source} was given up after {seconds:.0f} s without progress. Raise step_seconds to wait longer."
        )
        return task, Refused(FileTooSlow.code, reason)
