from __future__ import annotations

import math

import pytest

from eval.metrics import Interval, Ranking, Unit, interval, measure, measure_names


def pages(*numbers: int, document: str = "a") -> tuple[Unit, ...]:
    return tuple((document, number) for number in numbers)


def measured(found: tuple[Unit, ...], wanted: tuple[Unit, ...], *ks: int) -> dict[str, float]:
    (row,) = measure([Ranking(found, dict.fromkeys(wanted, 1))], ks=ks)
    assert tuple(row) == measure_names(ks)
    return row


def test_measures_equal_what_is_computed_by_hand() -> None:
    # Wanted pages at ranks 1 and 3, the third is not found: 1 + 1/2 over 1 + 1/log2(3) + 1/2.
    values = measured(pages(1, 2, 3), pages(1, 3, 9), 1, 3)
    assert values == {
        "recall@1": pytest.approx(1 / 3, abs=1e-9),
        "recall@3": pytest.approx(2 / 3, abs=1e-9),
        "mrr": 1.0,
        "ndcg@3": pytest.approx(1.5 / (1.5 + 1 / math.log2(3)), abs=1e-9),
    }


def test_grades_weigh_in_ndcg_alone() -> None:
    # Grade 1 at rank 1, grade 3 at rank 3; the best order is the other way round.
    (row,) = measure([Ranking(pages(1, 2, 3), {("a", 1): 1, ("a", 3): 3})], ks=[2, 3])
    assert row["ndcg@3"] == pytest.approx((1 + 3 / 2) / (3 + 1 / math.log2(3)), abs=1e-9)
    assert (row["recall@2"], row["recall@3"], row["mrr"]) == (0.5, 1.0, 1.0)


def test_a_whole_document_is_found_by_its_name() -> None:
    (row,) = measure([Ranking((("b", None), ("a", None)), {("a", None): 1})], ks=[1, 2])
    assert (row["recall@1"], row["recall@2"], row["mrr"]) == (0.0, 1.0, 0.5)


def test_mrr_is_one_over_the_rank_of_the_first_wanted_page() -> None:
    assert measured(pages(5, 6, 7, 8), pages(8, 7), 5)["mrr"] == pytest.approx(1 / 3)


def test_the_same_page_of_another_document_does_not_count() -> None:
    assert measured(pages(1, document="b"), pages(1), 5) == {"recall@5": 0.0, "mrr": 0.0, "ndcg@5": 0.0}


def test_a_question_that_found_nothing_is_measured_as_zero_and_keeps_its_place() -> None:
    wanted: dict[Unit, int] = {("a", 1): 1}
    hit, nothing = Ranking(pages(1), wanted), Ranking((), wanted)
    values = [list(row.values()) for row in measure([nothing, hit, nothing], ks=[5])]
    assert values == [[0, 0, 0], [1, 1, 1], [0, 0, 0]]


def test_the_order_found_holds_beyond_ten_pages() -> None:
    values = measured(pages(*range(1, 13)), pages(11), 10, 11)
    assert values["recall@10"] == 0.0
    assert values["recall@11"] == 1.0
    assert values["mrr"] == pytest.approx(1 / 11)


def test_no_rankings_give_no_rows() -> None:
    assert measure([], ks=[5, 10]) == []


def test_the_interval_of_equal_values_is_a_point() -> None:
    found = interval([0.5, 0.5, 0.5], ["a", "b", "b"])
    assert found == Interval(0.5, 0.5, 0.5, 3)


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
    assert interval([], []) == Interval(0.0, 0.0, 0.0, 0)
