"""What was read, gathered into batches that fill an encoder, while reading goes on."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Generator, Iterator, Sequence
from typing import TypeAlias

from indexers.worker import Read, Refused, Task

READ_AHEAD = 8
"""Documents that wait, read, to be encoded: bounds memory."""
ELEMENTS_AT_ONCE = 256
"""Elements that are encoded together where many small documents are ready."""

Outcome: TypeAlias = tuple[Task, Read | Refused]


def in_batches(outcomes: Generator[Outcome]) -> Iterator[list[Outcome]]:
    """Gather what is ready, without waiting for more; reading goes on in a thread meanwhile."""
    ready: queue.Queue[Outcome | BaseException | None] = queue.Queue(READ_AHEAD)
    left = threading.Event()

    def put(item: Outcome | BaseException | None) -> None:
        while not left.is_set():
            with contextlib.suppress(queue.Full):
                ready.put(item, timeout=0.2)
                return

    def gather() -> None:
        try:
            for outcome in outcomes:
                put(outcome)
                if left.is_set():
                    break
            put(None)
        except BaseException as error:  # carried over to the thread that waits, and raised there
            put(error)
        finally:
            outcomes.close()  # ends the reading processes

    thread = threading.Thread(target=gather, name="sightline-reading", daemon=True)
    thread.start()
    try:
        while True:
            batch: list[Outcome] = []
            item = ready.get()
            while item is not None and not isinstance(item, BaseException):
                batch.append(item)
                if _n_elements(batch) >= ELEMENTS_AT_ONCE or ready.empty():
                    break
                item = ready.get()
            if batch:
                yield batch
            if isinstance(item, BaseException):
                raise item
            if item is None:
                return
    finally:
        left.set()
        thread.join()


def _n_elements(batch: Sequence[Outcome]) -> int:
    return sum(len(outcome.elements) for _, outcome in batch if isinstance(outcome, Read))
