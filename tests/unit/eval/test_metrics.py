from __future__ import annotations

import math

import pytest

from eval.metrics import Page, Ranking, interval, judge, measure_names


def pages(*numbers: int, document: str = "a") -> tuple[Page, ...]:
    return tuple((document, number) for number in numbers)


def measured(found: tuple[Page, ...], wanted: tuple[Page, ...], *ks: int) -> dict[str, float]:
    (row,) = judge([Ranking(found, frozenset(wanted))], ks=ks).tolist()
    return dict(zip(measure_names(ks), row, strict=True))


def test_measures_equal_what_is_computed_by_hand() -> None:
    # Wanted pages at ranks 1 and 3, the third is not found: 1 + 1/2 over 1 + 1/log2(3) + 1/2.
    values = measured(pages(1, 2, 3), pages(1, 3, 9), 1, 3)
    assert values == {
        "recall@1": pytest.approx(1 / 3),
        "recall@3": pytest.approx(2 / 3),
        "mrr": 1.0,
        "ndcg@3": pytest.approx(1.5 / (1.5 + 1 / math.log2(3)), abs=1e-4),
    }


def test_mrr_is_one_over_the_rank_of_the_first_wanted_page() -> None:
    assert measured(pages(5, 6, 7, 8), pages(8, 7), 5)["mrr"] == pytest.approx(1 / 3)


def test_the_same_page_of_another_document_does_not_count() -> None:
    assert measured(pages(1, document="b"), pages(1), 5) == {"recall@5": 0.0, "mrr": 0.0, "ndcg@5": 0.0}


def test_a_question_that_found_nothing_is_measured_as_zero_and_keeps_its_place() -> None:
    hit, nothing = Ranking(pages(1), frozenset(pages(1))), Ranking((), frozenset(pages(1)))
    assert judge([nothing, hit, nothing], ks=[5]).tolist() == [[0, 0, 0], [1, 1, 1], [0, 0, 0]]


def test_the_order_found_holds_beyond_ten_pages() -> None:
    values = measured(pages(*range(1, 13)), pages(11), 10, 11)
    assert values["recall@10"] == 0.0
    assert values["recall@11"] == 1.0
    assert values["mrr"] == pytest.approx(1 / 11)


def test_no_rankings_give_no_rows() -> None:
    assert judge([], ks=[5, 10]).shape == (0, 4)


def test_the_interval_of_equal_values_is_a_point() -> None:
    found = interval([0.5, 0.5, 0.5], ["a", "b", "b"])
    assert (found.mean, found.low, found.high) == (0.5, 0.5, 0.5)


def test_the_same_values_give_the_same_interval() -> None:
    values, groups = [0.0, 1.0, 0.5, 1.0], ["a", "a", "b", "c"]
    assert interval(values, groups) == interval(values, groups)


def test_questions_of_one_document_are_drawn_together() -> None:
    values = [1.0] * 50 + [0.0] * 50
    apart = interval(values, [str(number) for number in range(100)])
    together = interval(values, ["a"] * 50 + ["b"] * 50)
    assert (together.low, together.mean, together.high) == (0.0, 0.5, 1.0)
    # The standard error of 100 independent draws is 0.05.
    assert apart.low == pytest.approx(0.40, abs=0.02)
    assert apart.high == pytest.approx(0.60, abs=0.02)


def test_the_order_of_the_values_does_not_matter_to_the_groups() -> None:
    mixed = interval([1.0, 0.0, 1.0, 0.0], ["a", "b", "a", "b"])
    assert (mixed.low, mixed.high) == (0.0, 1.0)


def test_no_values_have_an_empty_interval() -> None:
    assert interval([], []).mean == 0.0
