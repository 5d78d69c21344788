"""What a question says about where to look."""

from __future__ import annotations

import pytest

from rag.cues import Cues, cues, label_strength, printed_numbers
from rag.types import Element, Span


@pytest.mark.parametrize(
    ("question", "pages"),
    [
        ("What is on page 5?", {5}),
        ("Compare slides 3 and 9.", {3, 9}),
        ("Summarise pages 12-14", {12, 13, 14}),
        ("Summarise pages 1 to 300", {1, 300}),
        ("the sixth slide", {6}),
        ("On the 21st page, who speaks?", {21}),
        ("What does the last page say?", {-1}),
        ("the second to last slide", {-2}),
        ("page three", {3}),
        ("第4页写了什么", {4}),
        ("How many pages are there?", set()),
        ("Who paged the doctor in 2019?", set()),
    ],
)
def test_pages_are_read_from_a_question(question: str, pages: set[int]) -> None:
    assert cues(question) == Cues(frozenset(pages), frozenset())


@pytest.mark.parametrize(
    ("question", "labels"),
    [
        ("What does Figure 3 show?", {("figure", "3")}),
        ("In fig. 2.1, which bar is tallest?", {("figure", "2.1")}),
        ("Table 2 and Appendix B", {("table", "2"), ("appendix", "b")}),
        ("the first figure", {("figure", "1")}),
        ("图3显示了什么", {("figure", "3")}),
        ("In Figure 1's demonstration, who speaks?", {("figure", "1")}),
        ("Which table has most rows?", set()),
        ("In the figure a man stands; the table I saw", set()),
    ],
)
def test_labels_are_read_from_a_question(question: str, labels: set[tuple[str, str]]) -> None:
    assert cues(question).labels == labels


@pytest.mark.parametrize(
    ("text", "strength"),
    [
        ("Figure 3: Visitors by year", 1.0),
        ("Some words.\nFig. 3 Visitors", 1.0),
        ("As Figure 3 shows, visitors came.", 0.5),
        ("Figure 30: Storms", 0.0),
        ("Figure 3.1: Storms", 0.0),
        ("图3 游客人数", 1.0),
        ("Nothing here.", 0.0),
    ],
)
def test_a_caption_is_stronger_than_a_mention(text: str, strength: float) -> None:
    assert label_strength(text, "figure", "3") == strength


@pytest.mark.parametrize(
    ("line", "top", "numbers"),
    [
        ("12", 0.90, {12}),
        ("14 of 20", 0.02, {14}),
        ("Page 16", 0.90, {16}),
        ("1987", 0.50, set()),
        ("12  Annual Report", 0.96, {12}),
        ("Annual Report  12", 0.01, {12}),
        ("12 lamps were lit", 0.89, set()),
        ("In March", 0.96, set()),
    ],
)
def test_page_numbers_are_read_from_the_margins_only(line: str, top: float, numbers: set[int]) -> None:
    text = f"before\n{line}"
    spans = (Span(0, 6, (0.1, 0.5, 0.9, 0.52)), Span(7, len(text), (0.1, top, 0.9, top + 0.02)))
    assert printed_numbers(Element("text", text, 1, spans=spans)) == numbers
