"""From markers to evidence: exact quotes, their own boxes, and nothing that was not offered."""

from __future__ import annotations

import pytest

from rag.citations import cite, clean
from rag.prompt import build_prompt
from rag.types import Prompt, Span
from tests.evidence import hit, table

LINES = ("The tower is 38 metres high.", "It has 168 steps.")
SPANS = (Span(0, 28, (0.1, 0.10, 0.9, 0.12)), Span(29, 46, (0.1, 0.13, 0.5, 0.15)))


@pytest.fixture
def prompt() -> Prompt:
    cells = "Year | Visitors\n2023 | 8,900\n2024 | 9,412"
    boxes = tuple(
        Span(
            cells.index(cell),
            cells.index(cell) + len(cell),
            (0.1 + 0.4 * (at % 2), 0.1 * (at // 2), 0.5, 0.1 * (at // 2 + 1)),
        )
        for at, cell in enumerate(["Year", "Visitors", "2023", "8,900", "2024", "9,412"])
    )
    return build_prompt(
        "?",
        [
            hit(" ".join(LINES), spans=SPANS),
            table(cells, rank=2, spans=boxes),
            hit("A map", rank=3, modality="image", media="m" * 64, ocr="Harbour\nNorth beach"),
        ],
    )


def test_a_quoted_sentence_is_cited_with_the_box_of_its_own_line(prompt: Prompt) -> None:
    (citation,) = cite("It has 168 steps. [1]", prompt)
    assert (citation.sentence, citation.quote, citation.page) == (LINES[1], LINES[1], 1)
    assert citation.box == SPANS[1].box


def test_each_sentence_has_its_own_numbers(prompt: Prompt) -> None:
    found = cite("The tower is 38 metres high [1]. It has 168 steps [1, 3]. Unsupported words. More [2].", prompt)
    assert [(one.sentence, one.number) for one in found] == [
        ("The tower is 38 metres high", 1),
        ("It has 168 steps", 1),
        ("It has 168 steps", 3),
        ("More", 2),
    ]


def test_a_paraphrase_is_cited_with_the_words_nearest_to_it(prompt: Prompt) -> None:
    (citation,) = cite("In 2024 there were 9,412 visitors. [2]", prompt)
    assert citation.quote == "2024 | 9,412"
    assert citation.box == (0.1, 0.2, 0.5, pytest.approx(0.3))


def test_words_read_in_a_picture_are_quoted_with_the_picture(prompt: Prompt) -> None:
    (citation,) = cite("North beach [3]", prompt)
    assert (citation.quote, citation.media, citation.box) == ("North beach", "m" * 64, (0.1, 0.1, 0.9, 0.9))


@pytest.mark.parametrize("text", ["Nothing is cited.", "", "[1]", "Made up [9].", "Made up [0] [99]"])
def test_what_is_not_cited_or_not_offered_gives_no_citation(prompt: Prompt, text: str) -> None:
    assert cite(text, prompt) == ()


def test_numbers_that_were_not_offered_are_taken_out(prompt: Prompt) -> None:
    assert clean("One [1]. Two [9]. Three [1, 9]. Four [7, 8]", prompt) == "One [1]. Two. Three [1]. Four"
