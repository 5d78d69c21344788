"""Tables of a PDF: their cells, their places, and what is no part of them."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from rag.types import Box, Element
from tests.drawn_pdf import Cells, Drawing, Sheet, overlap, prose

WIDTHS = (150.0, 80.0, 80.0, 80.0)
NUMBERS = (
    ("Harbour", "2019", "2020", "2021"),
    ("North quay", "1,204", "988", "1,377"),
    ("South quay", "310", "295", "402"),
    ("East pier", "87", "102", "95"),
    ("West pier", "64", "70", "81"),
)
HOLES = (
    ("Lamp", "Oil", "Gas", "Electric"),
    ("Street", "12", "", "40"),
    ("Yard", "", "8", ""),
    ("House", "3", "5", "21"),
    ("Mill", "7", "", "9"),
    ("Inn", "16", "11", ""),
)
LONG = (
    ("Place", "Keeper", "What is kept there"),
    ("Tower", "Anna Brandt", "Lanterns of copper and of tin, with the oil that they burn and spare wicks for a winter"),
    (
        "Boat shed",
        "Jon",
        "Ropes, an anchor and two small sails which were mended in the spring by the crew of the ferry",
    ),
)


def drawn(drawing: Drawing) -> Sheet:
    """A sheet with a paragraph above and one below the place of a table."""
    chance = random.Random(5)
    sheet = drawing.sheet()
    sheet.text(60, 80, 460, prose(chance, 60))
    sheet.text(60, 600, 460, prose(chance, 60))
    return sheet


def tables(elements: list[Element]) -> list[Element]:
    return [element for element in elements if element.modality == "table"]


def cells_of(table: Element, n_cells: int) -> list[tuple[str, Box]]:
    """The last spans of a table are its cells; a caption's lines stand before them."""
    return [(table.text[span.start : span.end], span.box) for span in table.spans[-n_cells:]]


def the_table(elements: list[Element], truth: Cells) -> Element:
    """The one table found, its cells and place compared with the truth."""
    (table,) = tables(elements)
    assert table.text.endswith(truth.text)
    assert overlap(table.box, truth.box) >= 0.9
    told = [text for row in truth.rows for text in row]
    assert [text for text, _ in cells_of(table, len(told))] == told
    return table


@pytest.mark.parametrize("rows", [NUMBERS, HOLES])
def test_a_ruled_table_keeps_its_cells_and_their_places(tmp_path: Path, rows: tuple[tuple[str, ...], ...]) -> None:
    drawing = Drawing()
    truth = drawn(drawing).ruled_table(60, 250, WIDTHS, rows)
    table = the_table(drawing.read(tmp_path), truth)
    boxes = [box for row in truth.boxes for box in row]
    found = [box for _, box in cells_of(table, len(boxes))]
    assert min(overlap(one, other) for one, other in zip(found, boxes, strict=True)) >= 0.9


def test_text_wrapped_in_a_ruled_cell_is_one_cell(tmp_path: Path) -> None:
    drawing = Drawing()
    truth = drawn(drawing).ruled_table(60, 250, (80, 90, 200), LONG)
    table = the_table(drawing.read(tmp_path), truth)
    boxes = [box for row in truth.boxes for box in row]
    found = [box for _, box in cells_of(table, len(boxes))]
    assert min(overlap(one, other) for one, other in zip(found, boxes, strict=True)) >= 0.9


@pytest.mark.parametrize("rows", [NUMBERS, HOLES])
@pytest.mark.parametrize("rules", [True, False])
def test_a_table_without_upright_rules_keeps_its_cells(
    tmp_path: Path, rows: tuple[tuple[str, ...], ...], rules: bool
) -> None:
    drawing = Drawing()
    truth = drawn(drawing).open_table(60, 250, WIDTHS, rows, rules=rules)
    table = the_table(drawing.read(tmp_path), truth)
    boxes = [
        (text, box)
        for told, row in zip(truth.rows, truth.boxes, strict=True)
        for text, box in zip(told, row, strict=True)
    ]
    found = cells_of(table, len(boxes))
    assert min(overlap(one[1], other[1]) for one, other in zip(found, boxes, strict=True) if other[0]) >= 0.9


def test_text_wrapped_in_a_cell_between_level_rules_is_one_cell(tmp_path: Path) -> None:
    drawing = Drawing()
    sheet = drawn(drawing)
    sheet.rule(60, 440, 250)
    top = 254.0
    for at, row in enumerate(LONG):
        ends = [
            sheet.text(left, top, width, text, size=9)[1]
            for left, width, text in zip((60, 150, 240), (80, 80, 200), row, strict=True)
        ]
        top = max(ends) + (5 if at else 2)
        if not at:
            sheet.rule(60, 440, top)
            top += 4
    sheet.rule(60, 440, top)
    (table,) = tables(drawing.read(tmp_path))
    assert table.text == "\n".join(" | ".join(row) for row in LONG)


@pytest.mark.parametrize(
    ("kind", "above", "caption"),
    [
        ("ruled", True, "Table 4: Ships that lay at the quays"),
        ("ruled", False, "Tab. 4 Ships"),
        ("level rules", True, "Tabelle 4. Ships that lay at the quays"),
        ("level rules", False, "Table 4 Ships that lay at the quays"),
        ("no rules", True, "Tab. 4 Ships"),
        ("no rules", False, "Table 4: Ships that lay at the quays"),
    ],
)
def test_a_caption_is_the_tables_and_none_of_its_rows(tmp_path: Path, caption: str, kind: str, above: bool) -> None:
    drawing = Drawing()
    sheet = drawn(drawing)
    if kind == "ruled":
        truth = sheet.ruled_table(60, 250, WIDTHS, NUMBERS)
    else:
        truth = sheet.open_table(60, 250, WIDTHS, NUMBERS, rules=kind == "level rules")
    sheet.line(60, 240 if above else truth.box[3] * 842 + 16, caption, size=9)
    elements = drawing.read(tmp_path)
    table = the_table(elements, truth)
    assert table.text == f"{caption}\n{truth.text}"
    assert not [element for element in elements if element.modality == "text" and element.text == caption]


def test_each_of_two_tables_on_a_page_keeps_its_own_cells_and_caption(tmp_path: Path) -> None:
    drawing = Drawing()
    sheet = drawn(drawing)
    sheet.line(60, 210, "Table 1: Ships", size=9)
    one = sheet.open_table(60, 220, WIDTHS, NUMBERS, rules=True)
    sheet.line(60, 400, "Table 2: Lamps", size=9)
    other = sheet.open_table(60, 410, WIDTHS, HOLES, rules=True)
    assert [table.text for table in tables(drawing.read(tmp_path))] == [
        f"Table 1: Ships\n{one.text}",
        f"Table 2: Lamps\n{other.text}",
    ]


def test_tables_stand_in_their_column(tmp_path: Path) -> None:
    chance = random.Random(6)
    drawing = Drawing()
    sheet = drawing.sheet()
    for left, side in ((50, "Left"), (308, "Right")):
        _, top = sheet.text(left, 80, 237, f"{side}one {prose(chance, 40)}")
        if side == "Left":
            truth = sheet.ruled_table(left, top + 20, (90, 49, 49, 49), NUMBERS)
            top = truth.box[3] * 842
        sheet.text(left, top + 20, 237, f"{side}two {prose(chance, 40)}")
    elements = drawing.read(tmp_path)
    the_table(elements, truth)
    assert [element.text.split()[0] for element in elements if element.modality != "page"] == [
        "Leftone",
        "Harbour",
        "Lefttwo",
        "Rightone",
        "Righttwo",
    ]


def test_prose_with_numbers_and_a_framed_paragraph_are_no_tables(tmp_path: Path) -> None:
    chance = random.Random(7)
    drawing = Drawing()
    sheet = drawing.sheet()
    _, top = sheet.text(
        60, 80, 460, " ".join(f"In {1900 + n} there were {n * 37} ships and {n * 11} lamps." for n in range(1, 12))
    )
    sheet.page.draw_rect((50, top + 20, 540, top + 120))
    sheet.text(60, top + 30, 460, prose(chance, 70))
    for left in (50, 308):
        sheet.text(left, 500, 237, prose(chance, 90))
    assert not tables(drawing.read(tmp_path))
