"""Numbers: the same in every notation, held only by their equals, and the sign of what falls."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.claims.check import missing_claims
from tests.unit.rag.claims.facts import NUMBER_STYLES


@given(st.integers(0, 10**12), st.integers(0, 5), st.integers(0, 5))
@settings(max_examples=150, deadline=None)
def test_a_whole_number_is_the_same_in_every_notation(value: int, one: int, other: int) -> None:
    sentence = f"The count was {NUMBER_STYLES[one](value)} in all."
    assert missing_claims(sentence, [f"They counted {NUMBER_STYLES[other](value)} of them."]) == ()


@given(st.decimals(0, 10**6, places=2), st.decimals(0, 10**6, places=2))
@settings(max_examples=150, deadline=None)
def test_a_decimal_is_held_only_by_its_equal(one: object, other: object) -> None:
    missing = missing_claims(f"The level was {one} there.", [f"They measured the level: {other} in the morning."])
    assert missing == (() if one == other else (str(one),))


@pytest.mark.parametrize(
    ("sentence", "evidence"),
    [
        ("It grew 3.125 times.", "It grew 3,125 times."),
        ("Der Preis ist mit 3.125 Euro nicht hoch.", "The price is 3.125 euros."),
        ("It was 345 of them.", "It was 12 345 of them."),
    ],
)
def test_a_decimal_point_and_a_mark_between_thousands_differ(sentence: str, evidence: str) -> None:
    assert len(missing_claims(sentence, [evidence])) == 1


@pytest.mark.parametrize(
    ("spelled", "digits"),
    [("twenty-one", "21"), ("ninety nine", "99"), ("one hundred and six", "106"), ("three hundred", "300"),
     ("two million", "2,000,000"), ("five thousand", "5k"), ("a million", "1,000,000"), ("二十一", "21"),
     ("twelfth", "12th"), ("¾", "3/4"), ("1½", "1.5"), ("3.2万亿", "3.2 trillion"), ("1,00,000", "100000"),
     ("2.5bn", "2,500,000,000")],
)  # fmt: skip
def test_words_and_digits_are_the_same_number(spelled: str, digits: str) -> None:
    assert missing_claims(f"There it was {spelled} of them.", [f"it was {digits} of them"]) == ()
    assert missing_claims(f"There it was {digits} of them.", [f"it was {spelled} of them"]) == ()


def test_a_fall_by_five_is_a_change_of_minus_five_but_a_level_keeps_its_sign() -> None:
    assert missing_claims("Output fell by 5%.", ["Change in output: -5%"]) == ()
    assert missing_claims("The change was -5%.", ["Output fell by 5%"]) == ()
    assert missing_claims("It was 5 °C.", ["It fell to -5 °C."]) == ("5 °C",)
