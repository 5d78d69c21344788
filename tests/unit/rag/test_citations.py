"""From sentences to evidence: exact quotes, their own boxes, and whether the evidence bears them out."""

from __future__ import annotations

import pytest

from rag.citations import cite
from rag.markers import said
from rag.prompt import build_prompt
from rag.types import Cited, Prompt, Span
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
        "What is there?",
        [
            hit(" ".join(LINES), spans=SPANS),
            table(cells, rank=2, spans=boxes),
            hit("A map", rank=3, modality="image", media="m" * 64, ocr="Harbour\nNorth beach"),
            hit("As others showed [2], the lamp burns red.", rank=4),
        ],
    )


def cited(text: str, prompt: Prompt) -> Cited:
    (sentence,) = said(text)
    return cite(sentence, prompt)


def test_a_quoted_sentence_is_cited_with_the_box_of_its_own_line(prompt: Prompt) -> None:
    found = cited("It has 168 steps. [1]", prompt)
    (citation,) = found.citations
    assert (citation.sentence, citation.quote, citation.page) == (LINES[1], LINES[1], 1)
    assert citation.box == SPANS[1].box
    assert found.sentence.support == "supported"


def test_a_paraphrase_is_cited_with_the_words_nearest_to_it(prompt: Prompt) -> None:
    (citation,) = cited("In 2024 there were 9,412 visitors. [2]", prompt).citations
    assert citation.quote == "2024 | 9,412"
    assert citation.box == pytest.approx((0.1, 0.2, 0.5, 0.3))


def test_words_read_in_a_picture_are_quoted_with_the_picture(prompt: Prompt) -> None:
    (citation,) = cited("North beach [3]", prompt).citations
    assert (citation.quote, citation.media, citation.box) == ("North beach", "m" * 64, (0.1, 0.1, 0.9, 0.9))


def test_a_number_that_its_evidence_lacks_leaves_the_sentence_unsupported(prompt: Prompt) -> None:
    found = cited("In 2024 there were 9,421 visitors. [2]", prompt).sentence
    assert (found.support, found.missing, found.numbers) == ("unsupported", ("9,421",), (2,))


def test_a_number_that_only_other_evidence_holds_leaves_the_sentence_unsupported(prompt: Prompt) -> None:
    assert cited("The tower has 168 steps. [2]", prompt).sentence.support == "unsupported"
    assert cited("The tower has 168 steps. [2, 1]", prompt).sentence.support == "supported"


def test_a_sentence_that_names_nothing_is_cited_with_the_text_that_says_it(prompt: Prompt) -> None:
    found = cited("The tower is 38 metres high", prompt)
    assert (found.sentence.support, found.sentence.numbers) == ("supported", (1,))


@pytest.mark.parametrize("text", ["The keeper is happy.", "The tower is 39 metres high.", "It is there."])
def test_a_sentence_that_no_text_says_is_uncited(prompt: Prompt, text: str) -> None:
    found = cited(text, prompt)
    assert (found.sentence.support, found.citations) == ("uncited", ())


def test_a_documents_own_note_numbers_are_quoted_as_they_stand(prompt: Prompt) -> None:
    (citation,) = cited("As others showed (2), the lamp burns red. [4]", prompt).citations
    assert citation.quote == "As others showed [2], the lamp burns red."
