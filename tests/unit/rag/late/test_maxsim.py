"""Two stages of MaxSim against all pages at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.late import BruteForce, Corpus, corpus, errors, index, measure, unit
from rag.late.maxsim import MaxSimIndex, max_sim
from rag.late.multivectors import Multivector, pool

if TYPE_CHECKING:
    from rag.types import Ids, Vectors

DIM = 128
CLOSE = 0.001


@pytest.fixture(scope="module")
def made() -> Corpus:
    return corpus(120, n_queries=5)


class Shelf:
    """Pages in memory, that remembers what was asked for."""

    def __init__(self, pages: Mapping[int, Vectors]) -> None:
        self.pages = {id: Multivector.of(page) for id, page in pages.items()}
        self.asked: list[list[int]] = []

    def load(self, ids: Sequence[int]) -> Mapping[int, Multivector]:
        self.asked.append(list(ids))
        return {id: self.pages[id] for id in ids if id in self.pages}


def ids_of(*ids: int) -> Ids:
    return np.array(ids, np.int64)


def fill(shelf: Shelf, *, candidates: int = 100) -> MaxSimIndex:
    made = MaxSimIndex(DIM, load=shelf.load, candidates=candidates)
    for id, page in shelf.pages.items():
        rows = pool(page.vectors())
        made.add(np.full(len(rows), id), rows)
    return made


def test_max_sim_is_the_mean_of_each_tokens_best() -> None:
    query = np.array([[1.0, 0.0], [0.0, 1.0]], np.float32)
    page = np.array([[0.6, 0.8], [1.0, 0.0], [-1.0, 0.0]], np.float32)
    assert max_sim(query, page) == pytest.approx((1.0 + 0.8) / 2)


def test_a_page_that_is_the_question_scores_1(made: Corpus) -> None:
    ((best, score), *_) = index(made.pages).search([made.pages[7]], 3)[0]
    assert best == 7
    assert score == pytest.approx(1, abs=CLOSE)


def test_every_page_a_candidate_is_brute_force_within_int8(made: Corpus) -> None:
    found = index(made.pages, candidates=len(made.pages)).search(made.queries, 120)
    for query, rows in zip(made.queries, found, strict=True):
        exact = dict(BruteForce(made.pages).search(query, 120))
        assert {id for id, _ in rows} == exact.keys()
        assert max(abs(score - exact[id]) for id, score in rows) < CLOSE
        assert [score for _, score in rows] == sorted((score for _, score in rows), reverse=True)


def test_scores_are_exact_for_the_vectors_that_were_loaded(made: Corpus) -> None:
    kept = [Multivector.of(page).vectors() for page in made.pages]
    for id, score in index(made.pages).search(made.queries[:1], 10)[0]:
        assert score == pytest.approx(max_sim(made.queries[0], kept[id]), abs=1e-5)


def test_recall_against_brute_force_over_2000_pages() -> None:
    assert measure(corpus(2_000, n_queries=20)).recall >= 0.97


def test_int8_moves_a_score_by_less_than_a_thousandth(made: Corpus) -> None:
    assert errors(made.pages, made.queries).max() < CLOSE


def test_a_scale_for_each_row_is_closer_than_one_for_the_page(made: Corpus) -> None:
    assert errors(made.pages, made.queries).mean() < errors(made.pages, made.queries, one_scale=True).mean()


def test_only_allowed_pages_are_found_however_bad_they_are(made: Corpus) -> None:
    everything = index(made.pages, candidates=10)
    for query in made.queries:
        worst = dict(BruteForce(made.pages).search(query, 120)[-7:])
        found = everything.search([query], 5, ids_of(*worst, 999))[0]
        assert {id for id, _ in found} < worst.keys()
        # Not their order: the worst hardly differ, by less than int8 does.
        assert [score for _, score in found] == pytest.approx(list(worst.values())[:5], abs=CLOSE)


def test_a_filter_keeps_the_rows_of_pages_of_different_sizes_apart() -> None:
    made = corpus(600, n_queries=1, n_rows=(1, 50))
    filled = fill(Shelf(dict(enumerate(made.pages))), candidates=1)
    for allowed in (np.arange(600), np.arange(1, 600, 3), np.arange(540, 560)):
        for id in allowed[:: len(allowed) // 20].tolist():
            ((best, score),) = filled.search([made.pages[id]], 1, allowed)[0]
            assert best == id
            assert score == pytest.approx(1, abs=CLOSE)


def test_nothing_is_found_where_nothing_is_allowed(made: Corpus) -> None:
    assert index(made.pages).search(made.queries[:2], 5, ids_of()) == [[], []]


def test_nothing_is_found_in_nothing() -> None:
    empty = MaxSimIndex(DIM, load=Shelf({}).load)
    empty.add(ids_of(), np.zeros((0, DIM), np.float32))
    empty.remove(ids_of(1))
    assert empty.search([unit(np.ones((3, DIM), np.float32))], 5) == [[]]
    assert empty.search([], 5) == []
    assert len(empty) == 0


def test_no_question_and_no_k_find_nothing(made: Corpus) -> None:
    filled = index(made.pages)
    assert filled.search([np.zeros((0, DIM), np.float32), made.queries[0]], 1)[0] == []
    assert filled.search(made.queries[:1], 0) == [[]]
    assert filled.search([], 3) == []


def test_one_page_is_found_once_for_any_k(made: Corpus) -> None:
    found = fill(Shelf({42: made.pages[0]})).search(made.queries[:1], 10)[0]
    assert [id for id, _ in found] == [42]


def test_k_beyond_the_candidates_gets_k(made: Corpus) -> None:
    assert len(index(made.pages, candidates=5).search(made.queries[:1], 60)[0]) == 60


def test_removed_pages_are_gone_and_others_stay(made: Corpus) -> None:
    filled = index(made.pages)
    before = filled.search(made.queries, 120)
    filled.remove(ids_of(3, 50, 119, 12_345))
    after = filled.search(made.queries, 120)
    assert len(filled) == 117
    for rows, left in zip(before, after, strict=True):
        assert dict(left) == pytest.approx({id: score for id, score in rows if id not in (3, 50, 119)}, abs=1e-6)


def test_removing_everything_leaves_room_for_more(made: Corpus) -> None:
    filled = index(made.pages)
    filled.remove(np.arange(120))
    assert filled.search(made.queries[:1], 5) == [[]]
    rows = pool(made.pages[9])
    filled.add(np.full(len(rows), 9), rows)
    assert [id for id, _ in filled.search(made.queries[:1], 5)[0]] == [9]


def test_an_id_that_is_added_again_is_exchanged(made: Corpus) -> None:
    shelf = Shelf({1: made.pages[0], 2: made.pages[1]})
    filled = fill(shelf)
    shelf.pages[1] = Multivector.of(made.pages[2])
    filled.add(np.full(1, 1), pool(made.pages[2], n_rows=1))
    assert len(filled) == 2
    ((best, score),) = filled.search([made.pages[2]], 1)[0]
    assert best == 1
    assert score == pytest.approx(1, abs=CLOSE)


def test_one_page_at_a_time_or_all_at_once_or_mixed_up(made: Corpus) -> None:
    one_by_one = fill(Shelf(dict(enumerate(made.pages))))
    pooled = [pool(Multivector.of(page).vectors()) for page in made.pages]
    ids, rows = np.repeat(np.arange(120), [len(part) for part in pooled]), np.concatenate(pooled)
    mixed = MaxSimIndex(DIM, load=Shelf(dict(enumerate(made.pages))).load)
    order = np.random.default_rng(1).permutation(len(ids))
    mixed.add(ids[order], rows[order])
    for a, b in zip(one_by_one.search(made.queries, 10), mixed.search(made.queries, 10), strict=True):
        assert [id for id, _ in a] == [id for id, _ in b]
        assert [score for _, score in a] == pytest.approx([score for _, score in b], abs=1e-6)


def test_only_candidates_are_loaded_and_few_at_a_time(made: Corpus) -> None:
    shelf = Shelf(dict(enumerate(made.pages)))
    fill(shelf, candidates=70).search(made.queries[:1], 10)
    assert sum(len(ids) for ids in shelf.asked) == 70
    assert max(len(ids) for ids in shelf.asked) <= 32


def gone(shelf: Shelf) -> None:
    del shelf.pages[4]


def emptied(shelf: Shelf) -> None:
    shelf.pages[4] = Multivector.of(np.zeros((0, DIM), np.float32))


@pytest.mark.parametrize("change", [gone, emptied])
def test_a_page_that_went_in_the_meantime_is_left_out(made: Corpus, change: Callable[[Shelf], None]) -> None:
    shelf = Shelf(dict(enumerate(made.pages)))
    filled = fill(shelf)
    assert filled.search([made.pages[4]], 1)[0][0][0] == 4
    change(shelf)
    found = filled.search([made.pages[4]], 120)[0]
    assert found
    assert 4 not in [id for id, _ in found]


def test_a_question_as_long_as_an_essay_scores_as_brute_force(made: Corpus) -> None:
    essay = np.concatenate(made.pages[:4])
    assert len(essay) > 3 * 128
    found = index(made.pages).search([essay], 4)[0]
    assert {id for id, _ in found} == {0, 1, 2, 3}
    assert all(abs(score - max_sim(essay, made.pages[id])) < CLOSE for id, score in found)


def test_equal_pages_come_in_the_order_of_their_ids(made: Corpus) -> None:
    shelf = Shelf(dict.fromkeys([9, 3, 7], made.pages[0]))
    assert [id for id, _ in fill(shelf).search(made.queries[:1], 3)[0]] == [3, 7, 9]
