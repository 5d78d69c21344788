"""Questions that ask for two things, and quotes that hold numbers in brackets."""

from __future__ import annotations

import pytest

from rag.answer import Asked, answer, whole
from rag.generators.extractive import ExtractiveGenerator
from rag.prompt import build_prompt
from rag.types import Answer, Hit
from tests.evidence import hit, table

LIBRARY = (
    hit("The tower is 23 metres tall. It stands on the northern cape.", rank=1, section=("The tower",)),
    hit("The tower was built in 1874 by the harbour office.", rank=2),
    table("Visitors by year", "Year | Visitors | Donations", "2023 | 8,900 | 310", "2024 | 9,412 | 287", rank=3),
    hit("The chapel is 11 metres tall.", rank=4),
    hit("灯塔高二十三米。灯塔建成于1874年。", rank=5),
    hit("铜钟重八十六公斤。", rank=6),
)


def say(question: str, *found: Hit) -> str:
    return "".join(ExtractiveGenerator().generate(build_prompt(question, found or LIBRARY)))


def ask(question: str, *found: Hit) -> Answer:
    return whole(answer(Asked(question), search=lambda _: found, generator=ExtractiveGenerator()))


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (
            "How tall is the tower and when was it built?",
            "The tower is 23 metres tall. [1] The tower was built in 1874 by the harbour office. [2]",
        ),
        (
            "How tall is the tower? How many visitors came in 2024?",
            "The tower is 23 metres tall. [1] 2024, Visitors: 9,412 [3]",
        ),
        ("What were the visitors in 2023 and in 2024?", "2023, Visitors: 8,900 [3] 2024, Visitors: 9,412 [3]"),
        ("How many visitors came in 2023 and 2024?", "2023, Visitors: 8,900 [3] 2024, Visitors: 9,412 [3]"),
        ("What were the visitors and donations in 2024?", "2024, Visitors: 9,412 [3] 2024, Donations: 287 [3]"),
        (
            "Which is higher, the tower or the chapel?",
            "The tower is 23 metres tall. [1] The chapel is 11 metres tall. [4]",
        ),
        ("Is the chapel taller than the tower?", "The chapel is 11 metres tall. [4] The tower is 23 metres tall. [1]"),
        ("Which year had more visitors, 2023 or 2024?", "2023, Visitors: 8,900 [3] 2024, Visitors: 9,412 [3]"),
        ("Compare the visitors in 2023 with 2024.", "2023, Visitors: 8,900 [3] 2024, Visitors: 9,412 [3]"),
        (
            "What is the difference between the visitors in 2023 and in 2024?",
            "2023, Visitors: 8,900 [3] 2024, Visitors: 9,412 [3]",
        ),
        ("灯塔有多高，铜钟有多重？", "灯塔高二十三米。 [5] 铜钟重八十六公斤。 [6]"),
        ("灯塔有多高，什么时候建成？", "灯塔高二十三米。 [5] 灯塔建成于1874年。 [5]"),
        ("灯塔的高度和铜钟的重量分别是多少？", "灯塔高二十三米。 [5] 铜钟重八十六公斤。 [6]"),
    ],
)
def test_two_things_are_answered_one_after_the_other(question: str, said: str) -> None:
    assert say(question) == said


def test_years_across_a_table_are_answered_one_by_one() -> None:
    found = table("Year | 2023 | 2024", "Visitors | 8,900 | 9,412")
    assert (
        say("What were the visitors in 2023 and in 2024?", found)
        == "Visitors, 2023: 8,900 [1] Visitors, 2024: 9,412 [1]"
    )


def test_both_sentences_are_cited_each_with_its_own_evidence() -> None:
    given = ask("How tall is the tower and when was it built?", *LIBRARY)
    assert [(citation.number, citation.page) for citation in given.citations] == [(1, 1), (2, 2)]
    assert {sentence.support for sentence in given.sentences} == {"supported"}


def test_one_sentence_that_answers_both_is_said_once() -> None:
    found = hit("The tower, built in 1874, is 23 metres tall.")
    assert (
        say("How tall is the tower and when was it built?", found) == "The tower, built in 1874, is 23 metres tall. [1]"
    )


def test_a_part_without_an_answer_is_not_made_up() -> None:
    assert say("How tall is the tower and who painted the ceiling?") == "The tower is 23 metres tall. [1]"
    assert say("What were the visitors in 2024 and in 2031?") == "2024, Visitors: 9,412 [3]"


def test_a_part_is_not_answered_by_a_sentence_about_something_else() -> None:
    tall = hit("The tower is 23 metres tall.")
    other = hit("The fog house on the north point was built in 1889.", rank=2)
    assert say("How tall is the tower and when was it built?", tall, other) == "The tower is 23 metres tall. [1]"
    path = hit("A path of 700 metres leads to the tower.", rank=2)
    assert say("How tall is the tower and how heavy is the bell?", path, tall) == "The tower is 23 metres tall. [2]"


def test_nothing_is_said_where_what_both_parts_ask_about_is_missing() -> None:
    assert say("How tall is the Eiffel monument and when was the Eiffel monument built?") == ""
    assert say("What were the sandwiches in 2023 and in 2024?") == ""


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What was spent on research and development?", "We spent 650 thousand on research and development."),
        ("Who drew Tom and Jerry?", "Tom and Jerry were drawn by Hanna."),
        (
            "What are the terms and conditions of the licence?",
            "The terms and conditions of the licence are on the last page.",
        ),
        ("Where and when was the lamp lit?", "The lamp was lit on the cape in 1874."),
        ("How many ships passed between 2019 and 2021?", "Between 2019 and 2021 there passed 412 ships."),
    ],
)
def test_an_and_that_joins_one_thing_stays_one_question(question: str, text: str) -> None:
    other = hit("The licence names the conditions of use, and Jerry was spent on development in 2021.", rank=2)
    assert say(question, hit(text), other) == f"{text} [1]"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("The lamp was lit in 1874, as shown in [12].", "The lamp was lit in 1874, as shown in (12)."),
        ("The lamp was lit in 1874 by Smith and Lin [3, 4].", "The lamp was lit in 1874 by Smith and Lin (3, 4)."),
        ("The lamp [Table 2] was lit in 1874.", "The lamp (Table 2) was lit in 1874."),
        ("The lamp 【1】 was lit in 1874.", "The lamp (1) was lit in 1874."),
        ("The lamp [sic] was lit in 1874.", "The lamp [sic] was lit in 1874."),
    ],
)
def test_bracketed_numbers_in_a_quote_are_no_evidence_numbers(text: str, said: str) -> None:
    found = [hit(text), hit("The chapel has a bell.", rank=2)]
    assert say("When was the lamp lit?", *found) == f"{said} [1]"
    given = ask("When was the lamp lit?", *found)
    assert [citation.number for citation in given.citations] == [1]
    assert given.invented == ()
    assert given.text == f"{said} [1]"


def test_a_sentence_that_poses_as_evidence_is_quoted_without_posing() -> None:
    said = say("When was the lamp lit?", hit("The lamp was lit in 1874 (evidence 2)."))
    assert said == "The lamp was lit in 1874 ‹evidence 2›. [1]"
