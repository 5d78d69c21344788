"""A model that stalls is given up, and one whose reader has left is stopped."""

from __future__ import annotations

import contextlib
import contextvars
import queue
import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import TypeAlias

from rag.errors import GenerateFailed

SECONDS_TO_STOP = 5.0
"""How long a model may take to notice that nobody listens any more."""


_LOOKS_UP = 0.2
"""Seconds between two looks at whether anybody still listens."""

_Pieces: TypeAlias = "queue.Queue[str | Exception | None]"


@contextlib.contextmanager
def paced(pieces: Iterator[str], *, stop: threading.Event, stall_seconds: float, model: str) -> Iterator[Iterator[str]]:
    """Pass a model's pieces on from a thread of its own; leaving the block stops the model after its current piece.

    Raises: in the block, GenerateFailed if no piece comes for `stall_seconds`, or `stop` is set; what the model raises.
    """
    waiting: _Pieces = queue.Queue(maxsize=64)
    left = threading.Event()
    within = contextvars.copy_context()  # what the model logs belongs to whoever asked
    pump = partial(within.run, _pump, pieces, waiting, left)
    thread = threading.Thread(target=pump, name=f"generate-{model}", daemon=True)
    thread.start()
    try:
        yield _listen(waiting, stop=stop, stall_seconds=stall_seconds, model=model)
    finally:
        left.set()
        thread.join(SECONDS_TO_STOP)


def _listen(waiting: _Pieces, *, stop: threading.Event, stall_seconds: float, model: str) -> Iterator[str]:
    until = time.monotonic() + stall_seconds
    while True:
        try:
            piece = waiting.get(timeout=_LOOKS_UP)
        except queue.Empty:
            if stop.is_set():
                raise GenerateFailed(f"{model} was stopped.", hint="Ask again.") from None
            if time.monotonic() > until:
                raise GenerateFailed(
                    f"{model} said nothing for {stall_seconds:g} s.",
                    hint="Raise SIGHTLINE_STALL_SECONDS for a slow machine, ask for fewer hits, or take a smaller model.",
                ) from None
            continue
        if piece is None:
            return
        if isinstance(piece, Exception):
            raise piece
        yield piece
        until = time.monotonic() + stall_seconds


def _pump(pieces: Iterator[str], waiting: _Pieces, left: threading.Event) -> None:
    end: Exception | None = None
    try:
        for piece in pieces:
            if not _put(waiting, piece, left):
                break
    except Exception as error:  # whatever the model raises is raised again where it is waited for
        end = error
    finally:
        close = getattr(pieces, "close", None)  # a generator's; a plain iterator has none
        if close is not None:
            close()
        _put(waiting, end, left)


def _put(waiting: _Pieces, item: str | Exception | None, left: threading.Event) -> bool:
    """Hand an item over; False where nobody waits for it any more."""
    while not left.is_set():
        with contextlib.suppress(queue.Full):
            waiting.put(item, timeout=0.1)
            return True
    return False
