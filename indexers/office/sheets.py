"""Excel (.xlsx), row by row: each sheet is a section, each block of filled rows a table."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from itertools import takewhile
from pathlib import Path
from typing import Any

import openpyxl

from indexers.office.story import Story, facts_of
from indexers.reading import Desk, Reading

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Cell = Any  # openpyxl gives its cells no types


def read(path: Path, desk: Desk) -> Reading:
    """Read a workbook: the values that it kept of its formulas, no hidden sheets; a block of one column is text.

    Raises: what openpyxl raises on damaged files, which the door of `indexers.office` names; EmptyFile.
    """
    story = Story(path, desk)
    with path.open("rb") as file:  # given a name, openpyxl insists on its ending
        # Only reading: row by row, with bounded memory, and nothing of the file is computed.
        book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        for sheet in book.worksheets:
            if sheet.sheet_state == "visible":
                story.section = ()
                _tell(sheet, story)
    facts = facts_of(path)
    return Reading(facts.pop("title", "") or path.stem, MEDIA_TYPE, 1, iter(story.told()), facts)


def _tell(sheet: Any, story: Story) -> None:
    sheet.reset_dimensions()  # what a sheet says of its size is often wrong
    rows = ({at: text for at, cell in enumerate(row) if (text := shown(cell))} for row in sheet.iter_rows())
    named = False
    for block in _blocks(rows):
        if not named:
            story.heading(1, sheet.title)
            named = True
        columns = sorted({column for row in block for column in row})
        if len(columns) == 1:
            for row in block:
                story.paragraph(row[columns[0]])
        else:
            story.table([[row.get(column, "") for column in columns] for row in block])


def _blocks(rows: Iterable[Mapping[int, str]]) -> Iterator[list[Mapping[int, str]]]:
    """The rows between empty ones, each its filled cells by column."""
    left = iter(rows)
    for row in left:
        if row:
            yield [row, *takewhile(bool, left)]


def shown(cell: Cell) -> str:
    """A cell's value as a person reads it: dates as ISO 8601, shares as percent, numbers without a needless `.0`."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ").removesuffix(" 00:00:00")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, int | float):
        if str(cell.number_format).endswith("%"):
            return f"{round(value * 100, 6):g}%"
        return str(int(value)) if value == int(value) and abs(value) < 1e15 else str(round(value, 10))
    return " ".join(str(value).split())
