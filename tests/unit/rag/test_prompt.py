"""Evidence is numbered from 1, once each, within its budget."""

from __future__ import annotations

from rag.prompt import build_prompt
from tests.evidence import hit


def test_hits_are_numbered_from_one_in_their_order() -> None:
    prompt = build_prompt("?", [hit("a"), hit("b", rank=2)])
    assert [(one.number, one.hit.element.text) for one in prompt.evidence] == [(1, "a"), (2, "b")]


def test_what_repeats_an_earlier_hit_is_passed_over() -> None:
    prompt = build_prompt("?", [hit("the same  words"), hit("the same words", rank=2), hit("others", rank=3)])
    assert [one.hit.rank for one in prompt.evidence] == [1, 3]
    assert prompt.left_out == 0


def test_the_budget_is_kept_and_what_is_left_out_is_counted() -> None:
    prompt = build_prompt("?", [hit("x" * 60), hit("y" * 60, rank=2), hit("z" * 30, rank=3)], budget_chars=100)
    assert [one.hit.rank for one in prompt.evidence] == [1, 3]
    assert prompt.left_out == 1


def test_no_hits_give_an_empty_prompt() -> None:
    assert build_prompt("?", []).evidence == ()
