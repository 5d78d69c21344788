from __future__ import annotations

from dataclasses import replace

import pytest

from eval.compare import Comparison, compare, read_condition
from eval.metrics import Interval
from eval.runs import Run
from rag.errors import BadRequest
from tests.unit.eval.made import row, run


def compared(before: Run, after: Run) -> Comparison:
    return compare(before, after, names=("a", "b"))


def change(found: Comparison, measure: str, slice: str = "all questions") -> Interval:
    (one,) = [one for one in found.differences if (one.measure, one.slice) == (measure, slice)]
    return one.change


def test_questions_are_paired_by_id_whatever_their_order() -> None:
    before = run(row("a", 1), row("b", 2), row("c", None), row("only", 1))
    after = run(row("c", 1), row("a", 1), row("b", 1), row("new", None), row("newer", None))
    found = compared(before, after)
    assert (found.questions, found.only_before, found.only_after) == (3, 1, 2)
    assert change(found, "recall@1").mean == pytest.approx(2 / 3, abs=1e-9)
    assert change(found, "mrr").mean == pytest.approx((0 + 0.5 + 1) / 3, abs=1e-9)
    first = found.differences[0]
    assert (first.measure, first.after) == ("recall@1", 1.0)
    assert first.before == pytest.approx(1 / 3, abs=1e-9)


def test_the_luck_that_both_runs_share_cancels_out() -> None:
    ranks = [1, None, 1, None, 1, None, 1, None]
    before = run(*(row(str(at), rank) for at, rank in enumerate(ranks)))
    assert change(compared(before, before), "recall@1") == Interval(0.0, 0.0, 0.0, 8)


def test_questions_of_one_document_are_drawn_together() -> None:
    before = run(*(row(str(at), None, group="good" if at < 20 else "bad") for at in range(40)))
    after = run(*(row(str(at), 1 if at < 20 else None, group="good" if at < 20 else "bad") for at in range(40)))
    found = change(compared(before, after), "recall@1")
    assert (found.low, found.mean, found.high) == (0.0, 0.5, 1.0)


def test_slices_are_compared_by_themselves() -> None:
    before = run(row("a", 1, evidence="table"), row("b", 1, evidence="chart"))
    found = compared(before, run(row("a", None, evidence="table"), row("b", 1, evidence="chart")))
    assert change(found, "recall@5", "evidence: table").mean == -1.0
    assert change(found, "recall@5", "evidence: chart").mean == 0.0


def test_a_measure_that_one_run_lacks_is_not_compared() -> None:
    before = run(row("a", 1, measures={"recall@1": 1.0, "f1": 0.5}), row("b", 1, measures={"recall@1": 1.0}))
    found = compared(before, run(row("a", 1, measures={"recall@1": 0.0}), row("b", 1, measures={"recall@1": 1.0})))
    assert {one.measure for one in found.differences} == {"recall@1"}


def test_runs_of_different_files_say_so_and_runs_without_a_shared_question_cannot_be_compared() -> None:
    before = run(row("a", 1))
    other = replace(before, header=replace(before.header, digest="e" * 64))
    assert not compared(before, other).same_dataset
    assert compared(before, before).same_dataset
    with pytest.raises(BadRequest, match="share no question"):
        compared(before, run(row("b", 1)))


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("recall@1 < -0.2", True),
        ("recall@1 < -0.25", False),
        ("recall@1 <= -0.25", True),
        ("recall@1 > -1", True),
        ("recall@1>=0", False),
        ("recall@5 < -.01", False),
        ("recall@1 < -0.4 in evidence: table", True),
        ("recall@1 < 0 in evidence: chart", False),
    ],
)
def test_a_condition_holds_by_the_mean_of_the_differences(condition: str, holds: bool) -> None:
    rows = [
        row("a", 1, evidence="table"),
        *(row(id, 1, evidence="chart") for id in "bc"),
        row("d", 1, evidence="table"),
    ]
    before, after = run(*rows), run(row("a", 2, evidence="table"), *rows[1:])
    assert read_condition(condition).holds(compared(before, after).differences) is holds


@pytest.mark.parametrize("text", ["", "recall@5", "recall@5 < much", "recall@5 = 1", "< 0", "recall@5 < 0 within x"])
def test_a_condition_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(BadRequest, match="--fail-if cannot be") as refused:
        read_condition(text)
    assert "recall@5 < -0.01" in refused.value.hint


@pytest.mark.parametrize("text", ["recall@7 < 0", "recall@5 < 0 in evidence: smell"])
def test_a_condition_on_what_is_not_there_names_what_is(text: str) -> None:
    found = compared(run(row("a", 1)), run(row("a", 1)))
    with pytest.raises(BadRequest, match="there is no recall@") as refused:
        read_condition(text).holds(found.differences)
    assert "recall@5, mrr" in refused.value.hint
