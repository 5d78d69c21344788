"""The numbers behind a sentence, in whatever form they are written."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.markers import clean, said, settled, without_markers

OFFERED = {1, 2, 3}


@pytest.mark.parametrize(
    "written",
    ["A [1, 2].", "A [1][2].", "A [1;2].", "A 【1、2】.", "A [evidence 1, evidence 2].", "A (Evidence 1 and 2).", "A [^1] [^2].",
     "A [1-2].", "A [Source 1; Source 2].", "A [evidence number=1] [evidence number=2].",
     "A ［1］〔2〕.", "A [1, page 3; 2, pp. 4-7].", "A 【1†source】【2†source】.", "A [\u200b1,\u20602]."],
)  # fmt: skip
def test_every_way_to_name_evidence_is_understood(written: str) -> None:
    text, invented = clean(written, OFFERED)
    (sentence,) = said(text)
    assert (sentence.text, sentence.numbers, invented) == ("A.", (1, 2), ())


@pytest.mark.parametrize(
    ("written", "kept", "invented"),
    [
        ("One [1]. Two [9]. Three [1, 9]. Four [7, 8]", "One [1]. Two. Three [1]. Four", (9, 7, 8)),
        ("Made up [0] [99] [123456].", "Made up.", (0, 99, 123456)),
        ("Nothing named.", "Nothing named.", ()),
        ("See (table 3) and (1999).", "See (table 3) and (1999).", ()),
        ("From [3.5] to [-5, 5], [p. 9], [x].", "From [3.5] to [-5, 5], [p. 9], [x].", ()),
        ("Made up [1234567890].", "Made up.", (1234567890,)),
    ],
)
def test_numbers_that_were_not_offered_are_taken_out_and_told(
    written: str, kept: str, invented: tuple[int, ...]
) -> None:
    assert clean(written, OFFERED) == (kept, invented)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("One two. [1] Three. [2, 3]", [("One two.", (1,)), ("Three.", (2, 3))]),
        ("One two [1]. Three [2].", [("One two.", (1,)), ("Three.", (2,))]),
        ("One [1] and two [2].", [("One and two.", (1, 2))]),
        ("2024, Visitors: 9,412 [2] The keeper left [1]", [("2024, Visitors: 9,412", (2,)), ("The keeper left", (1,))]),
        ("No number. One [1].", [("No number.", ()), ("One.", (1,))]),
        ("[1] One. [2] Two.", [("One.", (1,)), ("Two.", (2,))]),
        ("- one [1]\n- two [2]", [("- one", (1,)), ("- two", (2,))]),
        ("塔高三十八米[1]。有一百级【2】。", [("塔高三十八米。", (1,)), ("有一百级。", (2,))]),
        ("Dr. Moe measured 3.5 m [1].", [("Dr. Moe measured 3.5 m.", (1,))]),
        ("[1]", []),
        ("", []),
    ],
)
def test_numbers_belong_to_the_sentence_that_they_stand_in_or_behind(
    written: str, expected: list[tuple[str, tuple[int, ...]]]
) -> None:
    text, _ = clean(written, OFFERED)
    assert [(one.text, one.numbers) for one in said(text)] == expected


def test_a_sentence_ends_behind_its_numbers() -> None:
    text = "One two. [1] Three [2]. Four"
    assert [text[: one.end] for one in said(text)] == ["One two. [1]", "One two. [1] Three [2].", text]


@given(st.text(alphabet="aB .[1]29,【】(\nevidence", max_size=60), st.integers(0, 60))
def test_what_is_settled_never_changes_when_more_is_written(text: str, at: int) -> None:
    whole, _ = clean(text, OFFERED)
    part, _ = clean(settled(text[:at]), OFFERED)
    assert whole.startswith(part)


@given(st.text(max_size=200))
def test_no_number_that_was_not_offered_is_left(text: str) -> None:
    kept, _ = clean(text + " [17] [evidence 18] 【19】", OFFERED)
    assert not {number for one in said(kept) for number in one.numbers} - OFFERED
    assert not any(number in kept[-20:] for number in ("[17", "[18", "[19"))


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("As Moe showed [3, 4], and others [12], it is [red].", "As Moe showed (3, 4), and others (12), it is [red]."),
        ("See [Table 2] and 【7】.", "See (Table 2) and (7)."),
        ("So says (source 2), and [evidence 3].", "So says ‹source 2›, and ‹evidence 3›."),
        ("Nothing (1) here (1999).", "Nothing (1) here (1999)."),
    ],
)  # fmt: skip
def test_a_documents_own_bracketed_numbers_look_like_no_evidence_and_keep_their_place(text: str, changed: str) -> None:
    assert without_markers(text) == changed
    assert len(changed) == len(text)


@given(st.text(alphabet="a [](){}【】（）12,evidncsour-", max_size=60))
def test_whatever_a_document_says_names_no_evidence(text: str) -> None:
    assert clean(without_markers(text), ())[1] == ()
    assert len(without_markers(text)) == len(text)


@pytest.mark.parametrize(
    "text", ["[" + "number no " * 5_000, "source " * 9_000, " " * 50_000, "[" * 50_000, "[1" * 9_000]
)
def test_whatever_is_written_is_read_at_once(text: str) -> None:
    began = time.process_time()
    for read in (lambda: clean(text, {1}), lambda: without_markers(text), lambda: settled(text), lambda: said(text)):
        read()
    assert time.process_time() - began < 2
