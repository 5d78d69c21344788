"""The rerank stage: order, budget, failures. Time is a clock that only the reranker moves."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from rag.errors import GenerateFailed
from rag.prompt import no_pictures
from rag.protocols import Reranker
from rag.rerankers.stage import Reranked, rerank
from rag.types import Hit
from tests.evidence import hit

if TYPE_CHECKING:
    from rag.prompt import Pictures

NUMBERS = [3, 1, 4, 1, 5, 9, 2, 6]
HITS = [hit(f"{number} lamps", rank=rank) for rank, number in enumerate(NUMBERS, start=1)]
SIGHT = hit("", rank=1, modality="image", media="m" * 64)


class Clock:
    """Stands still until somebody moves it."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Lamps:
    """Scores a hit by the number that its text begins with, a tenth each; takes its time for every hit."""

    name = "lamps"

    def __init__(self, clock: Clock | None = None, *, seconds: float = 0.0, sees_images: bool = False) -> None:
        self.sees_images = sees_images
        self.batches: list[int] = []
        self._clock = clock or Clock()
        self._seconds = seconds

    def rerank(self, question: str, hits: Sequence[Hit], pictures: Pictures) -> list[float]:
        self.batches.append(len(hits))
        self._clock.now += self._seconds * len(hits)
        return [int(one.element.text.partition(" ")[0] or 0) / 10 for one in hits]


class Failing(Lamps):
    """Raises at the hit with this number."""

    def __init__(self, number: int, error: Exception) -> None:
        super().__init__()
        self._number, self._error = number, error

    def rerank(self, question: str, hits: Sequence[Hit], pictures: Pictures) -> list[float]:
        if any(one.element.text.startswith(str(self._number)) for one in hits):
            raise self._error
        return super().rerank(question, hits, pictures)


class Always(Lamps):
    """Gives the same scores, whatever it is given."""

    def __init__(self, scores: list[float]) -> None:
        super().__init__()
        self._scores = scores

    def rerank(self, question: str, hits: Sequence[Hit], pictures: Pictures) -> list[float]:
        return self._scores


class Held(Lamps):
    """Does nothing until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go = threading.Event(), threading.Event()

    def rerank(self, question: str, hits: Sequence[Hit], pictures: Pictures) -> list[float]:
        self.begun.set()
        self.go.wait(30)
        return super().rerank(question, hits, pictures)


def run(
    hits: Sequence[Hit], reranker: Reranker, *, clock: Clock | None = None, seconds: float = 10.0, depth: int = 50
) -> Reranked:
    return rerank(
        hits, reranker=reranker, question="How many?", budget_seconds=seconds, depth=depth, clock=clock or Clock()
    )


def numbers(reranked: Reranked) -> list[int]:
    return [int(one.element.text.partition(" ")[0]) for one in reranked.hits]


def test_hits_come_in_the_order_of_the_rerankers_scores() -> None:
    done = run(HITS, Lamps())
    assert numbers(done) == [9, 6, 5, 4, 3, 2, 1, 1]
    assert [one.rank for one in done.hits] == list(range(1, 9))
    assert [one.score for one in done.hits] == [0.9, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.1]
    assert [one.ranks["rerank:lamps"] for one in done.hits] == list(range(1, 9))
    assert done.hits[0].ranks["bm25"] == 6
    assert (done.outcome.n_asked, done.outcome.n_reached, done.outcome.reason) == (8, 8, "")
    assert not done.outcome.skipped


def test_equal_scores_keep_their_order() -> None:
    assert [one.element.page for one in run(HITS, Lamps()).hits[-2:]] == [2, 4]


def test_no_hits_ask_nobody() -> None:
    lamps = Lamps()
    done = run([], lamps)
    assert done.hits == ()
    assert lamps.batches == []
    assert str(done.outcome) == "0 of 0 hits in 0.00 s"


def test_hits_beyond_the_depth_stay_behind_as_they_were() -> None:
    done = run(HITS, Lamps(), depth=3)
    assert numbers(done) == [4, 3, 1, 1, 5, 9, 2, 6]
    assert [one.rank for one in done.hits] == list(range(1, 9))
    assert "rerank:lamps" not in done.hits[3].ranks


@pytest.mark.parametrize("depth", [0, -1])
def test_a_depth_of_nothing_changes_nothing(depth: int) -> None:
    assert run(HITS, Lamps(), depth=depth).hits == tuple(HITS)


@pytest.mark.parametrize("seconds", [10.0, 3.5, 1.0])
def test_scores_fall_with_the_rank(seconds: float) -> None:
    clock = Clock()
    done = run([SIGHT, *HITS, hit("", rank=9, media="n" * 64)], Lamps(clock, seconds=1), clock=clock, seconds=seconds)
    scores = [one.score for one in done.hits]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_what_was_not_reached_in_time_keeps_its_order_behind_what_was() -> None:
    clock = Clock()
    done = run(HITS, Lamps(clock, seconds=1), clock=clock, seconds=5)
    assert done.outcome.n_reached == 5
    assert numbers(done) == [5, 4, 3, 1, 1, 9, 2, 6]
    assert "rerank:lamps" not in done.hits[5].ranks
    assert str(done.outcome) == "5 of 8 hits in 5.00 s: took longer than 5 s"


def test_batches_grow_as_far_as_they_fit_the_time_left() -> None:
    clock = Clock()
    lamps = Lamps(clock, seconds=1)
    run(HITS, lamps, clock=clock, seconds=8)
    assert lamps.batches == [1, 2, 4, 1]
    assert clock.now == 108.0


def test_without_a_score_in_time_the_stage_is_skipped() -> None:
    clock = Clock()
    done = run(HITS, Lamps(clock, seconds=2), clock=clock, seconds=1.5)
    assert done.hits == tuple(HITS)
    assert done.outcome.skipped
    assert str(done.outcome) == "skipped: took longer than 1.5 s"


def test_without_a_budget_nobody_is_asked() -> None:
    lamps = Lamps()
    assert str(run(HITS, lamps, seconds=0).outcome) == "skipped: took longer than 0 s"
    assert lamps.batches == []


def test_nobody_waits_for_a_reranker_that_hangs() -> None:
    held = Held()
    try:
        began = time.monotonic()
        done = rerank(HITS, reranker=held, question="How many?", budget_seconds=0.1, depth=8)
        assert time.monotonic() - began < 5
        assert str(done.outcome) == "skipped: took longer than 0.1 s"
        busy = rerank(HITS, reranker=held, question="How many?", budget_seconds=0.1, depth=8)
        assert str(busy.outcome) == "skipped: busy with other questions for longer than 0.1 s"
        assert busy.hits == tuple(HITS)
    finally:
        held.go.set()
    # The late one ends after its batch, and the turn is free again.
    later = rerank(HITS, reranker=held, question="How many?", budget_seconds=20, depth=8)
    assert not later.outcome.reason
    assert held.batches == [1, 1, 2, 4, 1]


def test_who_waits_for_the_turn_gets_it_in_time() -> None:
    held = Held()
    done: list[Reranked] = []

    def ask() -> None:
        done.append(rerank(HITS, reranker=held, question="How many?", budget_seconds=20, depth=8))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert held.begun.wait(10)
    held.go.set()
    for thread in threads:
        thread.join(20)
    assert [numbers(one) for one in done] == [[9, 6, 5, 4, 3, 2, 1, 1]] * 3


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (GenerateFailed("lamps ran out of oil.", hint="Fill it."), "skipped: lamps ran out of oil."),
        (RuntimeError("oil\nmore about oil"), "skipped: RuntimeError: oil"),
    ],
)
@pytest.mark.parametrize("number", [3, 9])
def test_a_reranker_that_fails_is_skipped_with_its_reason(number: int, error: Exception, reason: str) -> None:
    done = run(HITS, Failing(number, error))
    assert done.hits == tuple(HITS)
    assert done.outcome.skipped
    assert str(done.outcome) == reason


@pytest.mark.parametrize("scores", [[], [0.5, 0.5], [math.nan], [1.5], [-0.1]])
def test_scores_that_are_none_are_a_failure(scores: list[float]) -> None:
    done = run(HITS, Always(scores))
    assert done.hits == tuple(HITS)
    assert "not between 0 and 1" in str(done.outcome)


def test_a_picture_without_words_keeps_its_place_before_a_reranker_that_only_reads() -> None:
    done = run([SIGHT, *HITS[:3]], Lamps())
    assert [one.element.text for one in done.hits] == ["", "4 lamps", "3 lamps", "1 lamps"]
    assert done.outcome.n_asked == 3


def test_a_picture_without_words_is_judged_by_a_reranker_that_sees() -> None:
    done = run([SIGHT, *HITS[:3]], Lamps(sees_images=True))
    assert [one.element.text for one in done.hits] == ["4 lamps", "3 lamps", "1 lamps", ""]


def test_the_same_hits_at_the_same_pace_come_in_the_same_order() -> None:
    def once() -> list[Hit]:
        clock = Clock()
        return list(run(HITS, Lamps(clock, seconds=0.7), clock=clock, seconds=3).hits)

    assert once() == once()


def test_relevance_stays_as_it_was_measured() -> None:
    (only,) = run([replace(HITS[0], relevance=0.7)], Lamps()).hits
    assert only.relevance == 0.7


def test_a_reranker_is_asked_with_the_question_and_the_pictures() -> None:
    asked: list[tuple[str, object]] = []

    class Asked(Lamps):
        def rerank(self, question: str, hits: Sequence[Hit], pictures: Pictures) -> list[float]:
            asked.append((question, pictures))
            return super().rerank(question, hits, pictures)

    run(HITS[:1], Asked())
    assert asked == [("How many?", no_pictures)]
