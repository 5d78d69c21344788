"""The rerank stage: the best hits read once more, each beside the question, for as long as there is time.

A person waits no longer than the budget: what is not done by then is not waited for, and a model that fails costs the new
order, never the answer.
"""

from __future__ import annotations

import contextvars
import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, TypeAlias
from weakref import WeakKeyDictionary

from rag.errors import EncodeFailed, SightlineError
from rag.prompt import evidence_text, no_pictures
from rag.protocols import Reranker
from rag.types import Hit

if TYPE_CHECKING:
    from rag.prompt import Pictures

Clock: TypeAlias = Callable[[], float]
"""Seconds since some moment; never runs backwards."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a reranking. Its `str` is a line for the person who asked."""

    name: str
    """Of the reranker."""
    n_asked: int
    """Hits that it was to score."""
    n_reached: int
    """Those that it scored in time; 0 where it failed."""
    seconds: float
    """Wall time, never much above the budget."""
    reason: str = ""
    """Why it did not score them all; empty if it did."""

    @property
    def skipped(self) -> bool:
        """Whether the hits are as they were."""
        return bool(self.reason) and not self.n_reached

    def __str__(self) -> str:
        if self.skipped:
            return f"skipped: {self.reason}"
        scored = f"{self.n_reached} of {self.n_asked} hits in {self.seconds:.2f} s"
        return f"{scored}: {self.reason}" if self.reason else scored


@dataclass(frozen=True, slots=True)
class Reranked:
    """Hits in their new order, and how it came about."""

    hits: tuple[Hit, ...]
    """Ranks count from 1 and scores fall."""
    outcome: Outcome


def rerank(
    hits: Sequence[Hit],
    *,
    reranker: Reranker,
    question: str,
    budget_seconds: float,
    depth: int,
    pictures: Pictures = no_pictures,
    clock: Clock = time.monotonic,
) -> Reranked:
    """Put the first `depth` hits in the order of what the reranker says of them, within a wall-clock budget.

    What was scored in time comes first, in `Hit.ranks` under `rerank:NAME`; then what was not reached, and then the hits
    beyond `depth`, as they were. A picture without words keeps its place before a reranker that only reads. Without a
    score in time, or where the reranker fails, the hits come back as they are, and the outcome says why.
    """
    asked = [at for at, hit in enumerate(hits[: max(0, depth)]) if reranker.sees_images or evidence_text(hit).strip()]
    began = clock()
    scores: dict[int, float] = {}
    reason = ""
    if asked:
        work = _Work(question, [hits[at] for at in asked], reranker, pictures, clock)
        found, reason = _in_time(work, began=began, budget_seconds=budget_seconds)
        scores = dict(zip(asked, found, strict=False))  # those that were not reached have none
    outcome = Outcome(reranker.name, len(asked), len(scores), clock() - began, reason)
    return Reranked(_reordered(hits, asked, scores, name=reranker.name), outcome)


@dataclass(frozen=True, slots=True)
class _Work:
    """What is to be scored, and by what."""

    question: str
    hits: Sequence[Hit]
    reranker: Reranker
    pictures: Pictures
    clock: Clock


@dataclass(frozen=True, slots=True)
class _Batch:
    """The scores of the next hits, and when they were there."""

    scores: list[float]
    at: float


_Heard: TypeAlias = "SimpleQueue[_Batch | Exception]"

_turns: WeakKeyDictionary[Reranker, threading.Lock] = WeakKeyDictionary()
"""Who has the turn at each reranker. A late batch cannot be stopped: whoever asks meanwhile waits for it to end, instead of
beginning work of which nobody will hear either."""
_turns_lock = threading.Lock()


def _in_time(work: _Work, *, began: float, budget_seconds: float) -> tuple[list[float], str]:
    """The scores of the first hits, as many as there was time for, and why they are not all."""
    with _turns_lock:
        turn = _turns.setdefault(work.reranker, threading.Lock())
    if not turn.acquire(timeout=max(0.0, budget_seconds)):
        return [], f"busy with other questions for longer than {budget_seconds:g} s"
    heard: _Heard = SimpleQueue()
    left = threading.Event()
    deadline = began + budget_seconds

    def run() -> None:
        try:
            _score(work, deadline=deadline, heard=heard, left=left)
        finally:
            turn.release()

    # No daemon: a process that ends while a thread is inside of torch crashes. One hit, at most, is waited for.
    within = contextvars.copy_context()  # what the model logs belongs to whoever asked
    threading.Thread(target=within.run, args=[run], name=f"rerank-{work.reranker.name}").start()
    try:
        return _listen(work, deadline=deadline, heard=heard, late=f"took longer than {budget_seconds:g} s")
    finally:
        left.set()


def _listen(work: _Work, *, deadline: float, heard: _Heard, late: str) -> tuple[list[float], str]:
    scores: list[float] = []
    while len(scores) < len(work.hits):
        try:
            batch = heard.get(timeout=max(0.0, deadline - work.clock()))
        except Empty:
            return scores, late
        if isinstance(batch, Exception):
            return [], _told(batch)
        if batch.at > deadline:
            return scores, late
        scores += batch.scores
    return scores, ""


def _score(work: _Work, *, deadline: float, heard: _Heard, left: threading.Event) -> None:
    """Score hits in batches: one first, to learn the pace, then twice as many each time, as far as they fit the time left."""
    start, size = 0, 1
    now = work.clock()
    while start < len(work.hits) and now < deadline and not left.is_set():
        batch = work.hits[start : start + size]
        try:
            scores = _checked(work.reranker.rerank(work.question, batch, work.pictures), work.reranker, len(batch))
        except Exception as error:  # a model may fail in any way; whoever listens tells the reason
            heard.put(error)
            return
        before, now = now, work.clock()
        heard.put(_Batch(scores, now))
        start += len(batch)
        pace = (now - before) / len(batch)
        fitting = int((deadline - now) / pace) if pace > 0 else len(work.hits)
        size = max(1, min(2 * size, fitting))


def _checked(scores: Sequence[float], reranker: Reranker, n_hits: int) -> list[float]:
    """The scores of a reranker, which may be anybody's.

    Raises: EncodeFailed unless there is one for each hit, from 0 to 1.
    """
    if len(scores) != n_hits or not all(math.isfinite(score) and 0 <= score <= 1 for score in scores):
        raise EncodeFailed(
            f"{reranker.name} gave {len(scores)} scores for {n_hits} hits, or one that is not between 0 and 1.",
            hint="Its weights may be damaged: fetch them again, or take another reranker.",
        )
    return [float(score) for score in scores]


def _told(error: Exception) -> str:
    if isinstance(error, SightlineError):
        return error.message
    return f"{type(error).__name__}: {error}".partition("\n")[0]


def _reordered(hits: Sequence[Hit], asked: Sequence[int], scores: Mapping[int, float], *, name: str) -> tuple[Hit, ...]:
    """Exchange the hits that were asked about among their places; all others stay in theirs."""
    if not scores:
        return tuple(hits)
    best = sorted(scores, key=lambda at: (-scores[at], at))
    order = list(range(len(hits)))
    for place, at in zip(asked, [*best, *(at for at in asked if at not in scores)], strict=True):
        order[place] = at
    ranks = {at: {f"rerank:{name}": rank} for rank, at in enumerate(best, start=1)}
    return tuple(
        replace(
            hits[at],
            rank=rank,
            score=score,
            ranks={**hits[at].ranks, **ranks.get(at, {})},
            raw={**hits[at].raw, **({f"rerank:{name}": scores[at]} if at in scores else {})},
        )
        for rank, (at, score) in enumerate(zip(order, _falling(hits, order, scores), strict=True), start=1)
    )


def _falling(hits: Sequence[Hit], order: Sequence[int], scores: Mapping[int, float]) -> list[float]:
    """The scores in the new order: the reranker's, and between and behind them the old ones, held within their neighbours'."""
    floors: list[float] = []
    floor = 0.0
    for at in reversed(order):
        floor = scores.get(at, floor)
        floors.append(floor)
    falling: list[float] = []
    ceiling = 1.0
    for at, floor in zip(order, reversed(floors), strict=True):
        ceiling = scores.get(at, max(floor, min(hits[at].score, ceiling)))
        falling.append(ceiling)
    return falling
