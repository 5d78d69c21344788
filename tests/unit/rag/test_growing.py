"""Passages grow to their section where the prompt has room, say nothing twice, and are cited where they stand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from rag.answer import Asked, answer, whole
from rag.citations import cite
from rag.generators.extractive import ExtractiveGenerator
from rag.markers import said
from rag.prompt import build_prompt, parts
from rag.types import Budget, Element, Hit, Modality, Prompt, Span
from tests.evidence import hit
from tests.scripted import ScriptedGenerator

LINES = (
    "The lighthouse stands on a rock.",
    "It was lit in 1874.",
    "The keeper climbed 168 steps each night.",
    "He carried oil for 12 lamps.",
    "The lamps burned until dawn.",
    "Then he slept.",
)
PAGES = (1, 1, 1, 1, 2, 2)


def n_words(text: str) -> int:
    return len(text.split())


ROOMY = Budget(tokens=1_000, around=500, count=n_words)


def passages(lines: Sequence[str] = LINES, pages: Sequence[int] = PAGES) -> list[Hit]:
    return [hit(text, rank=at, page=page) for at, (text, page) in enumerate(zip(lines, pages, strict=True), start=1)]


def sections(*of: Sequence[Hit]) -> Callable[[Hit], Sequence[Element]]:
    """Each group of hits is a section."""

    def section_of(hit: Hit) -> Sequence[Element]:
        groups = ([one.element for one in group] for group in of)
        return next((group for group in groups if hit.element in group), ())

    return section_of


def texts(prompt: Prompt) -> list[list[str]]:
    return [[passage.text for passage in one.passages] for one in prompt.evidence]


def test_a_passage_grows_to_its_section_in_reading_order() -> None:
    section = passages()
    prompt = build_prompt("?", [section[2]], budget=ROOMY, section_of=sections(section))
    assert texts(prompt) == [list(LINES)]
    (spoken,) = parts(prompt)
    assert isinstance(spoken, str)
    assert "\n".join(LINES) in spoken
    assert "pages 1 to 2" in spoken


def test_nothing_grows_for_a_generator_that_wants_nothing_around() -> None:
    section = passages()
    prompt = build_prompt("?", [section[2]], budget=replace(ROOMY, around=0), section_of=sections(section))
    assert [one.grown for one in prompt.evidence] == [()]
    assert texts(prompt) == [[LINES[2]]]


def test_all_grow_to_the_end_of_their_page_before_any_goes_beyond() -> None:
    first, second = passages(), [hit(f"Line {at}", rank=10 + at, page=9) for at in range(3)]
    few = replace(ROOMY, around=sum(map(n_words, [*LINES[:3], "Line 0", "Line 2"])))
    prompt = build_prompt("?", [first[3], second[1]], budget=few, section_of=sections(first, second))
    assert texts(prompt) == [list(LINES[:4]), ["Line 0", "Line 1", "Line 2"]]


def test_the_best_hit_grows_first_and_each_by_one_in_a_round() -> None:
    first, second = passages()[:4], [hit(f"Line {at}", rank=10 + at, page=9) for at in range(3)]
    few = replace(ROOMY, around=n_words(LINES[2]) + n_words("Line 2"))
    prompt = build_prompt("?", [second[1], first[1]], budget=few, section_of=sections(first, second))
    assert texts(prompt) == [["Line 1", "Line 2"], [LINES[1], LINES[2]]]


def test_nothing_is_said_twice_where_hits_share_a_section() -> None:
    section = passages()
    prompt = build_prompt("?", [section[1], section[3]], budget=ROOMY, section_of=sections(section))
    spoken = [text for one in texts(prompt) for text in one]
    assert sorted(spoken) == sorted(LINES)
    assert [LINES[1] in one for one in texts(prompt)] == [True, False]


def test_nothing_of_a_page_is_added_that_is_there_whole() -> None:
    section = passages()
    page = hit("\n".join(LINES[4:]), rank=9, page=2, modality="page")
    prompt = build_prompt("?", [section[3], page], budget=ROOMY, section_of=sections(section))
    assert texts(prompt) == [list(LINES[:4]), [page.element.text]]


def test_a_passage_does_not_grow_past_what_it_cannot_hold() -> None:
    lines = [*LINES[:3], "long " * 400, LINES[4], LINES[5]]
    section = passages(lines)
    prompt = build_prompt("?", [section[2]], budget=ROOMY, section_of=sections(section))
    assert texts(prompt) == [list(LINES[:3])]


def test_pictures_tables_and_pages_do_not_grow() -> None:
    section = passages()
    others: tuple[Modality, ...] = ("image", "table", "page")
    for modality in others:
        one = replace(section[2], element=replace(section[2].element, modality=modality))
        group = [*section[:2], one, *section[3:]]
        assert build_prompt("?", [one], budget=ROOMY, section_of=sections(group)).evidence[0].grown == ()


@pytest.mark.parametrize("around", [0, 7, 20, 500])
def test_the_budget_is_kept_to_the_token_with_what_has_grown(around: int) -> None:
    section = passages()
    for tokens in range(40, 200, 7):
        budget = Budget(tokens=tokens, around=around, count=n_words)
        prompt = build_prompt("?", section[1:4:2], budget=budget, section_of=sections(section), instruction="Answer.")
        (spoken,) = parts(prompt)
        assert isinstance(spoken, str)
        assert n_words(f"Answer. {spoken}") <= tokens
    assert sum(map(n_words, (text for one in texts(prompt) for text in one))) <= around + sum(
        map(n_words, LINES[1:4:2])
    )


def grown_over_pages() -> Prompt:
    box = (0.1, 0.5, 0.4, 0.6)
    last = hit(LINES[4], rank=2, page=2, box=(0.1, 0.4, 0.9, 0.7), spans=(Span(0, len(LINES[4]), box),))
    section = [hit(LINES[3], page=1), last]
    return build_prompt("?", section[:1], budget=ROOMY, section_of=sections(section))


def test_what_has_grown_is_cited_with_its_own_page_and_box() -> None:
    (sentence,) = said("The lamps burned until dawn. [1]")
    (citation,) = cite(sentence, grown_over_pages()).citations
    assert (citation.page, citation.box, citation.quote) == (2, (0.1, 0.5, 0.4, 0.6), LINES[4])
    assert citation.number == 1


def test_what_the_hit_says_itself_is_cited_there() -> None:
    (sentence,) = said("He carried oil for 12 lamps. [1]")
    (citation,) = cite(sentence, grown_over_pages()).citations
    assert (citation.page, citation.quote) == (1, LINES[3])


def test_a_sentence_without_a_number_is_not_pieced_together_from_several_passages() -> None:
    section = passages(["The red lamp was bought.", "In Bergen a bell was cast."], [1, 1])
    prompt = build_prompt("?", section[:1], budget=ROOMY, section_of=sections(section))
    (pieced,) = said("The lamp was bought and cast in Bergen.")
    (quoted,) = said("In Bergen a bell was cast.")
    assert cite(pieced, prompt).sentence.support == "uncited"
    assert cite(quoted, prompt).sentence.support == "supported"


def test_a_claim_may_rest_on_what_has_grown() -> None:
    section = passages()
    generator = ScriptedGenerator(["The keeper climbed 168 steps [1]."], budget=ROOMY)
    told = answer(Asked("?"), search=lambda _: section[1:2], generator=generator, section_of=sections(section))
    found = whole(told)
    assert (found.answerable, found.citations[0].quote) == (True, LINES[2])


def test_the_quoting_generator_quotes_what_has_grown() -> None:
    section = passages()
    prompt = build_prompt("How many steps?", [section[1]], budget=ROOMY, section_of=sections(section))
    assert "".join(ExtractiveGenerator().generate(prompt)) == f"{LINES[2]} [1]"
