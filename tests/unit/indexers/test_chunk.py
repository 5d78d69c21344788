"""From paragraphs to passages."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from indexers.chunk import MAX_CHARS, chunk
from rag.types import Element, Span

LINE = (0.1, 0.1, 0.9, 0.2)
SENTENCE = "The keeper lit the lamp before the sun was down. "


def told(paragraphs: Sequence[str], *, section: tuple[str, ...] = ()) -> tuple[str, list[Element]]:
    """A text and its paragraphs, joined by line breaks, each at its position."""
    elements: list[Element] = []
    position = 0
    for text in paragraphs:
        elements.append(Element("text", text, 1, section=section, start=position, end=position + len(text)))
        position += len(text) + 1
    return "\n".join(paragraphs), elements


letters = st.text(st.sampled_from("ab é.!?。\n\t灯塔"), min_size=1, max_size=400)


@settings(max_examples=200, deadline=None)
@example(paragraphs=["?????。??a ??"], max_chars=5)
@given(st.lists(letters, min_size=1, max_size=6), st.integers(5, 90))
def test_every_letter_is_in_a_passage_which_stands_where_it_says(paragraphs: list[str], max_chars: int) -> None:
    source, elements = told(paragraphs)
    passages = list(chunk(elements, max_chars=max_chars))
    covered = {place for one in passages for place in range(one.start, one.end)}
    assert {place for place, letter in enumerate(source) if not letter.isspace()} <= covered
    assert "".join("".join(one.text for one in passages).split()) == "".join(source.split())
    for one in passages:
        assert len(one.text) <= max_chars
        assert source[one.start : one.end].split() == one.text.split()
    for one, other in pairwise(passages):
        assert one.end <= other.start


def test_a_passage_is_the_source_at_its_position_letter_by_letter() -> None:
    source, elements = told([SENTENCE * 40, "A short one.", SENTENCE * 3])
    passages = list(chunk(elements))
    assert len(passages) > 3
    assert all(source[one.start : one.end] == one.text for one in passages)


def test_a_long_paragraph_is_cut_at_ends_of_sentences() -> None:
    passages = list(chunk(told([SENTENCE * 40])[1]))
    assert all(one.text.rstrip().endswith("down.") for one in passages)


def test_a_text_without_sentences_is_cut_between_words() -> None:
    passages = list(chunk(told(["lantern " * 400])[1]))
    assert {word for one in passages for word in one.text.split()} == {"lantern"}


def test_a_word_longer_than_a_passage_is_cut_between_letters() -> None:
    passages = list(chunk(told(["x" * (3 * MAX_CHARS)])[1]))
    assert [len(one.text) for one in passages] == [MAX_CHARS] * 3


def test_chinese_is_cut_at_its_own_full_stops() -> None:
    passages = list(chunk(told(["灯塔在夜里为船只指路。" * 200])[1]))
    assert all(one.text.endswith("。") for one in passages)


def test_short_paragraphs_of_a_section_become_one_passage() -> None:
    (passage,) = chunk(told(["One.", "Two.", "Three."], section=("Lamps",))[1])
    assert passage.text == "One.\nTwo.\nThree."
    assert (passage.start, passage.end, passage.section) == (0, 16, ("Lamps",))


def test_a_heading_joins_the_passage_below_it_and_never_the_one_above() -> None:
    elements = [
        Element("text", "Lamps", 1, section=("Lamps",)),
        Element("text", "They burn oil.", 1, section=("Lamps",)),
        Element("text", "Lenses", 1, section=("Lamps", "Lenses")),
        Element("text", "They bend light.", 1, section=("Lamps", "Lenses")),
    ]
    assert [(one.text, one.section) for one in chunk(elements)] == [
        ("Lamps\nThey burn oil.", ("Lamps",)),
        ("Lenses\nThey bend light.", ("Lamps", "Lenses")),
    ]


def test_headings_without_text_between_them_join_under_the_deepest() -> None:
    elements = [
        Element("text", "Lamps", 1, section=("Lamps",)),
        Element("text", "Oil", 1, section=("Lamps", "Oil")),
        Element("text", "It burns.", 1, section=("Lamps", "Oil")),
    ]
    (passage,) = chunk(elements)
    assert (passage.text, passage.section) == ("Lamps\nOil\nIt burns.", ("Lamps", "Oil"))


@pytest.mark.parametrize("change", [{"page": 2}, {"origin": "ocr"}, {"section": ("Else",)}])
def test_a_passage_never_crosses_a_page_an_origin_or_a_section(change: dict[str, object]) -> None:
    first = Element("text", "One.", 1)
    other = replace(first, text="Two.", **change)  # type: ignore[arg-type]  # any field of an element
    assert [one.text for one in chunk([first, other])] == ["One.", "Two."]


def test_pictures_and_tables_stay_in_their_place() -> None:
    elements = [
        Element("text", "Before.", 1),
        Element("image", "A lamp", 1, media="0" * 64),
        Element("text", "After.", 1),
        Element("table", "a | b", 1),
        Element("page", "Before. After.", 1),
    ]
    assert list(chunk(elements)) == elements


def test_boxes_and_spans_follow_the_text() -> None:
    first = Element("text", "One.", 1, LINE, spans=(Span(0, 4, LINE),))
    other = Element("text", "Two.", 1, (0.1, 0.3, 0.5, 0.4), spans=(Span(0, 4, (0.1, 0.3, 0.5, 0.4)),))
    (passage,) = chunk([first, other])
    assert passage.box == (0.1, 0.1, 0.9, 0.4)
    assert [passage.text[span.start : span.end] for span in passage.spans] == ["One.", "Two."]


def test_a_cut_paragraph_keeps_the_boxes_of_its_own_lines() -> None:
    lines = [f"Line {number:02} of the log. " for number in range(60)]
    boxes = [(0.1, number / 100, 0.9, number / 100 + 0.01) for number in range(60)]
    width = len(lines[0])
    spans = tuple(Span(width * at, width * (at + 1), box) for at, box in enumerate(boxes))
    words = [line.strip() for line in lines]
    passages = list(chunk([Element("text", "".join(lines), 1, (0.1, 0.0, 0.9, 0.6), spans=spans)]))
    assert len(passages) > 1
    for one in passages:
        held = [one.text[span.start : span.end].strip() for span in one.spans]
        assert held == [line for line in words if line in one.text]
        assert one.box == (0.1, one.spans[0].box[1], 0.9, one.spans[-1].box[3])


def test_blank_paragraphs_leave_nothing() -> None:
    assert list(chunk([Element("text", "  \n ", 1), Element("text", "", 1)])) == []
    assert list(chunk([])) == []


def test_a_paragraph_of_a_hundred_thousand_lines_is_cut_at_once() -> None:
    element = Element("text", "The lamp was lit, and all was well.\n" * 100_000, 1)
    began = time.perf_counter()
    assert sum(1 for _ in chunk([element])) > 1000
    assert time.perf_counter() - began < 3
