"""What the extractive generator reads in tables."""

from __future__ import annotations

import pytest

from rag.answer import Asked, answer, whole
from rag.generators.extractive import ExtractiveGenerator
from rag.prompt import build_prompt
from rag.types import Box, Hit, Span
from tests.evidence import hit, table

ACROSS = ("Visitors by year", "Year | 2023 | 2024", "Visitors | 8,900 | 9,412", "Donations | 310 | 287")
DOWN = (
    "Visitors by year",
    "Year | Visitors | Donations",
    "2023 | 8,900 | 310",
    "2024 | 9,412 | 287",
    "2025 | 9,050 | 402",
)
MONTHS = ("Month | Visitors", "June | 310", "July | 395", "August | 412", "Total | 1,117")
BUILDINGS = (
    "No. | Building | Height (m) | Built",
    "1 | Lighthouse | 23.5 | 1874",
    "2 | Chapel | 11 | 1902",
    "3 | Barn | 9.25 | 1911",
)
SPANNED = (
    " | Visitors |  | Donations | ",
    " | 2023 | 2024 | 2023 | 2024",
    "Tower | 8,900 | 9,412 | 310 | 287",
    "Chapel | 120 | 95 | 14 | 22",
)
FACTS = ("Height | 23.5 m", "Keeper | Lin Hai", "Steps | 168", "Built | 1874")
ACCOUNTS = (
    " |  | 2024 |  | 2023",
    " |  | (in thousands) |  | ",
    "Revenue | $ | 6,779 | $ | 5,504",
    "Interest | $ | (132) | $ | (50)",
)
YEARBOOK = ("年份 | 游客 | 捐款", "2023年 | 8,900 | 310", "2024年 | 9,412 | 287")


def say(question: str, *rows: str) -> str:
    return "".join(ExtractiveGenerator().generate(build_prompt(question, [table(*rows)])))


@pytest.mark.parametrize(
    ("rows", "question", "said"),
    [
        (ACROSS, "How many visitors came in 2024?", "Visitors, 2024: 9,412 [1]"),
        (ACROSS, "What were the donations in 2023?", "Donations, 2023: 310 [1]"),
        (DOWN, "How many visitors came in 2024?", "2024, Visitors: 9,412 [1]"),
        (BUILDINGS, "What is the height of the chapel?", "Chapel, Height (m): 11 [1]"),
        (BUILDINGS, "How tall is the lighthouse?", "Lighthouse, Height (m): 23.5 [1]"),
        (BUILDINGS, "When was the barn built?", "Barn, Built: 1911 [1]"),
        (SPANNED, "How many visitors did the chapel have in 2024?", "Chapel, Visitors 2024: 95 [1]"),
        (SPANNED, "What were the donations in 2023 to the tower?", "Tower, Donations 2023: 310 [1]"),
        (FACTS, "How many steps are there?", "Steps: 168 [1]"),
        (ACCOUNTS, "What was the revenue in 2023?", "Revenue, 2023: $ 5,504 (in thousands) [1]"),
        (YEARBOOK, "2024年有多少游客？", "2024年, 游客: 9,412 [1]"),
    ],
)
def test_a_cell_is_said_with_the_heads_of_its_row_and_column(rows: tuple[str, ...], question: str, said: str) -> None:
    assert say(question, *rows) == said


@pytest.mark.parametrize(
    ("rows", "question", "said"),
    [
        (DOWN, "Which year had the most visitors?", "2024, Visitors: 9,412 [1]"),
        (DOWN, "Which year had the fewest visitors?", "2023, Visitors: 8,900 [1]"),
        (DOWN, "In which year were donations highest?", "2025, Donations: 402 [1]"),
        (ACROSS, "Which year had the most visitors?", "Visitors, 2024: 9,412 [1]"),
        (ACROSS, "Which year had the least donations?", "Donations, 2024: 287 [1]"),
        (BUILDINGS, "Which building has the largest height?", "Lighthouse, Height (m): 23.5 [1]"),
        (BUILDINGS, "Which building is the tallest?", "Lighthouse, Height (m): 23.5 [1]"),
        (BUILDINGS, "Which building has the smallest height?", "Barn, Height (m): 9.25 [1]"),
        (MONTHS, "Which month had the most visitors?", "August, Visitors: 412 [1]"),
        (YEARBOOK, "哪一年游客最多？", "2024年, 游客: 9,412 [1]"),
    ],
)
def test_the_highest_and_the_lowest_of_a_column_or_row_are_found(
    rows: tuple[str, ...], question: str, said: str
) -> None:
    assert say(question, *rows) == said


def test_rows_that_share_the_highest_number_are_all_said() -> None:
    said = say("Which month had the most visitors?", "Month | Visitors", "June | 412", "July | 395", "August | 412")
    assert "June, Visitors: 412" in said
    assert "July" not in said


@pytest.mark.parametrize("question", ["How many visitors came in total?", "What is the total number of visitors?"])
def test_a_total_is_said_only_where_the_table_has_it(question: str) -> None:
    assert say(question, *MONTHS) == "Total, Visitors: 1,117 [1]"
    without = say(question, *MONTHS[:-1])
    assert not any(number in without for number in ("310", "395", "412", "1,117"))


def test_a_named_row_answers_though_a_total_is_asked_for() -> None:
    assert say("What was the total of visitors in July?", *MONTHS[:-1]) == "July, Visitors: 395 [1]"


def test_a_last_row_that_sums_up_the_others_is_their_total_whatever_its_name() -> None:
    rows = (*MONTHS[:-1], "Season | 1,117")
    assert say("How many visitors came in total?", *rows) == "Season, Visitors: 1,117 [1]"
    assert say("Which month had the most visitors?", *rows) == "August, Visitors: 412 [1]"
    assert say("Which month had the most visitors?", *MONTHS[:-1], "May | 1,200") == "May, Visitors: 1,200 [1]"


def test_a_caption_is_not_said_beside_the_extreme_that_is_asked_for() -> None:
    said = say("Which month had the most visitors in 2024?", "Table 2. Visitors by month in 2024", *MONTHS)
    assert said == "August, Visitors: 412 [1]"


def test_a_name_in_another_column_tells_rows_apart() -> None:
    rows = ("Farm | Fruit | Sold (kg)", "North | Apples | 5", " | Pears | 6", "South | Apples | 7", " | Pears | 8")
    assert say("How many kg of pears were sold by the farm South?", *rows) == "Pears, Sold (kg): 8 [1]"
    assert say("How many kg of apples were sold by the farm North?", *rows) == "North, Sold (kg): 5 [1]"


def test_a_table_that_speaks_of_something_else_says_nothing() -> None:
    assert say("Who won the football championship in Brazil?", *DOWN) == ""


@pytest.mark.parametrize(
    "rows", [(" | ", " | "), ("a | b",), ("--- | ---",), (" |  | ",), ("|",), ("Visitors | ", " | 3")]
)
def test_a_broken_table_is_read_without_an_error(rows: tuple[str, ...]) -> None:
    assert say("Which year had the most visitors in total?", *rows).count("[") <= 1


def with_spans(*rows: str) -> Hit:
    spans, at = list[Span](), 0
    for y, row in enumerate(rows):
        for x, cell in enumerate(row.split(" | ")):
            spans.append(Span(at, at + len(cell), cell_box(x, y)))
            at += len(cell) + (3 if x < row.count(" | ") else 1)
    return table(*rows, spans=tuple(spans))


def cell_box(x: int, y: int) -> Box:
    return (0.25 * x, 0.1 * y, 0.25 * (x + 1), 0.1 * (y + 1))


def test_the_citation_of_a_cell_lies_on_its_row_and_is_supported() -> None:
    found = [hit("The tower is old.", rank=1), with_spans(*ACROSS[1:])]
    given = whole(
        answer(Asked("How many visitors came in 2024?"), search=lambda _: found, generator=ExtractiveGenerator())
    )
    assert [sentence.support for sentence in given.sentences] == ["supported"]
    box = given.citations[0].box
    assert box is not None
    assert box[0] <= 0.5 < box[2]
    assert box[1] <= 0.1 < box[3]
    assert box[3] < 0.25
    assert "9,412" in given.citations[0].quote
