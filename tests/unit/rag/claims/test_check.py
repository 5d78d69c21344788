"""The claim check as a whole: what counts as evidence, in what order claims come, and that any text can be checked."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.claims.check import missing_claims


def test_the_question_needs_no_evidence() -> None:
    sentence = "In 2019, Velmora had 45 ships."
    assert missing_claims(sentence, ["45 ships"]) == ("2019", "Velmora")
    assert missing_claims(sentence, ["45 ships"], known="How many ships did Velmora have in 2019?") == ()


def test_claims_come_in_the_order_of_the_sentence_and_each_once() -> None:
    missing = missing_claims("They paid $5 to Ostrik in 2019, 7% and again $5 on 2 May 2020.", ["nothing"])
    assert missing == ("$5", "Ostrik", "2019", "7%", "2 May 2020")


def test_no_evidence_holds_nothing_and_an_empty_sentence_claims_nothing() -> None:
    assert missing_claims("There were 5.", []) == ("5",)
    assert missing_claims("There were 5.", ["", ""]) == ("5",)
    assert missing_claims("", ["5"]) == ()
    assert missing_claims("Nothing is said of this.", []) == ()


def test_a_claim_may_stand_in_any_of_the_texts() -> None:
    assert missing_claims("Ostrik sold 5 boats.", ["5 boats", "Ostrik"]) == ()


def test_a_heading_above_gives_a_day_its_year_but_a_month_gives_no_day() -> None:
    assert missing_claims("It was on 12 March 2024.", ["March 12: opening", "Events of 2024"]) == ()
    assert missing_claims("It was on 12 March 2024.", ["March 2024"]) == ("12 March 2024",)


@pytest.mark.parametrize(
    "sentence", ["It was on 3 Auguſt 1776.", "See ſection 4.", "See fıgure 4.", "There were ſixty-six."]
)
def test_letters_that_only_look_like_s_and_i_are_read_as_these(sentence: str) -> None:
    plain = sentence.replace("ſ", "s").replace("ı", "i")
    assert missing_claims(sentence, [plain]) == missing_claims(plain, [sentence]) == ()
    assert len(missing_claims(sentence, ["Nothing."])) == 1


def test_a_title_in_capitals_claims_no_names() -> None:
    assert missing_claims("Summary Of The Main Findings For Curious Readers", ["The findings."]) == ()


@given(st.text(), st.lists(st.text(), max_size=3), st.text())
@settings(max_examples=150, deadline=None)
def test_any_text_can_be_checked_and_holds_itself(sentence: str, evidence: list[str], known: str) -> None:
    missing = missing_claims(sentence, evidence, known=known)
    assert all(claim in sentence for claim in missing)
    assert missing_claims(sentence, [*evidence, sentence]) == ()


@pytest.mark.parametrize(
    "piece", ["9", "9,", "1 ", "万", "二", "1/", "1,111", "A", "Ab ", "3 and ", "a-1", "|1", "May 5 ", "½", "(-$"]
)
def test_a_long_hostile_text_is_checked_in_time(piece: str) -> None:
    text = piece * (6_000 // len(piece))
    began = time.perf_counter()
    missing_claims(text, ["Nothing."])
    missing_claims("It was 5.", [text])
    assert time.perf_counter() - began < 5


def test_importing_it_loads_nothing_heavy() -> None:
    heavy = ("torch", "numpy", "faiss", "transformers", "langchain", "pymupdf")
    code = f"import sys, rag.claims.check; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
