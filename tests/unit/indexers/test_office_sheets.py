"""Excel files."""

from __future__ import annotations

import datetime

import pytest

from rag.types import Element
from tests.desk import Shelf

openpyxl = pytest.importorskip("openpyxl", reason="the extra `office` is not installed")


def told(elements: list[Element]) -> list[tuple[str, str]]:
    return [(one.modality, one.text) for one in elements]


def book(shelf: Shelf, **sheets: list[list[object]]) -> list[Element]:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(row)
    workbook.save(shelf.folder / "log.xlsx")
    return shelf.read(shelf.folder / "log.xlsx")[1]


def test_each_sheet_is_a_section_with_its_table(shelf: Shelf) -> None:
    elements = book(shelf, Lamps=[["Name", "Year"], ["First", 1901]], Empty=[], Oil=[["Only words."]])
    assert [(one.modality, one.text, one.section) for one in elements] == [
        ("text", "Lamps", ("Lamps",)),
        ("table", "Name | Year\nFirst | 1901", ("Lamps",)),
        ("text", "Oil", ("Oil",)),
        ("text", "Only words.", ("Oil",)),
    ]


def test_empty_rows_part_the_tables_of_a_sheet(shelf: Shelf) -> None:
    rows: list[list[object]] = [["Lamps of the coast"], [], [None, "a", None, "b"], [None, 1, None, 2], [], ["c", "d"]]
    elements = book(shelf, Lamps=rows)[1:]
    assert told(elements) == [("text", "Lamps of the coast"), ("table", "a | b\n1 | 2"), ("table", "c | d")]
    assert elements[1].context == "Lamps of the coast"


def test_no_row_of_a_long_sheet_is_lost_and_each_part_has_the_header(shelf: Shelf) -> None:
    tables = book(shelf, Log=[["Night", "State"], *([night, "lit"] for night in range(1, 1001))])[1:]
    assert len(tables) == 25
    assert {one.text.split("\n")[0] for one in tables} == {"Night | State"}
    assert [line for one in tables for line in one.text.split("\n")[1:]] == [
        f"{night} | lit" for night in range(1, 1001)
    ]


@pytest.mark.parametrize(
    ("value", "number_format", "shown"),
    [
        (3.0, "General", "3"),
        (0.1 + 0.2, "General", "0.3"),
        (0.125, "0.0%", "12.5%"),
        (True, "General", "TRUE"),
        (datetime.date(2024, 1, 2), "yyyy-mm-dd", "2024-01-02"),
        (datetime.datetime(2024, 1, 2, 3, 4), "yyyy-mm-dd hh:mm", "2024-01-02 03:04:00"),
        ("two\nlines", "General", "two lines"),
    ],
)
def test_a_cell_is_shown_as_a_person_reads_it(shelf: Shelf, value: object, number_format: str, shown: str) -> None:
    workbook = openpyxl.Workbook()
    workbook.active["A1"] = "Name"
    workbook.active["B1"] = value
    workbook.active["B1"].number_format = number_format
    workbook.save(shelf.folder / "log.xlsx")
    assert shelf.read(shelf.folder / "log.xlsx")[1][1].text == f"Name | {shown}"


def test_a_hidden_sheet_is_left_out_and_the_farthest_cell_is_found(shelf: Shelf) -> None:
    workbook = openpyxl.Workbook()
    workbook.active["XFD1048576"] = "far"
    hidden = workbook.create_sheet("Hidden")
    hidden["A1"] = "unseen"
    hidden.sheet_state = "hidden"
    workbook.save(shelf.folder / "log.xlsx")
    assert [one.text for one in shelf.read(shelf.folder / "log.xlsx")[1]] == ["Sheet", "far"]
