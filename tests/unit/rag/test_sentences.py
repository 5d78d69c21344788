"""Where sentences begin and end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.sentences import sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("Dr. Sorley met Mr. Moe. They spoke.", ["Dr. Sorley met Mr. Moe.", "They spoke."]),
        ("It cost 1,234.5 crowns, i.e. a lot.", ["It cost 1,234.5 crowns, i.e. a lot."]),
        ("See Fig. 3 for more. Then stop.", ["See Fig. 3 for more.", "Then stop."]),
        ("J. R. Tarrant built it.", ["J. R. Tarrant built it."]),
        ("灯塔高三十八米。有一百六十八级台阶！真的吗？", ["灯塔高三十八米。", "有一百六十八级台阶！", "真的吗？"]),
        ("“Light the lamp.” He did.", ["“Light the lamp.”", "He did."]),
        ("A heading\nA sentence.", ["A heading", "A sentence."]),
        ("Figure 2. Wind rose. Drawn in 2024.", ["Figure 2. Wind rose.", "Drawn in 2024."]),
        ("1. First item", ["1. First item"]),
        ("", []),
        ("  \n ", []),
    ],
)
def test_sentences_end_where_a_reader_stops(text: str, expected: list[str]) -> None:
    assert [text[a:b] for a, b in sentences(text)] == expected


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_no_word_is_lost_and_none_is_there_twice(text: str) -> None:
    places = sentences(text)
    assert "".join("".join(text[a:b].split()) for a, b in places) == "".join(text.split())
    assert all(a < b for a, b in places)
    assert places == sorted(places)
