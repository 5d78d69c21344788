"""What a table answers: cells that a question's words point at by the heads of their row and column.

A table is text, a line per row and ` | ` between cells; what is a head is told from where the numbers stand. Whatever is said
is made of the table's own words, `row head, column head: cell`; nothing is added up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rag.generators.question import Question, terms

CELL_SEPARATOR = " | "
MOST_HEAD_ROWS = 3
FEWEST_SUMMED = 3
"""Rows that a last one must be the sum of, to be taken for a total without its name."""
ROUNDING = 0.001
"""How far, as a share, the last row may lie from the sum of the others and still be their total."""
_NUMBER = re.compile(
    r"[<>≈~±+]?\s*(\()?\s*[$€£¥]?\s*([-−–]?)\s*[$€£¥]?(\d[\d.,' \u202f]*)"
    r"\s*(?:%|[A-Za-z°µ²³/]{1,4}|[\u3400-\u9fff]{1,3})?\s*\)?\s*%?[*†‡]?"
)
"""A cell that is a number, with its currency or unit and a mark for a note."""
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d\s*年?")
_CURRENCY = frozenset("$ € £ ¥ US$".split())
_RULE = re.compile(r"[\s:=_-]*")
_PERIOD = re.compile(r"year|date|month|quarter|period|年|月|日期", re.I)
_UNIT = re.compile(r"[(（][^()（）]+[)）]")
_TOTAL = re.compile(
    r"(?:grand |sub)?totals?\b|sum\b|all\b|overall\b|average\b|mean\b|median\b|合计|总计|总和|小计|共计|平均", re.I
)
_SUM = re.compile(r"(?:grand )?totals?\b|sum\b|overall\b|合计|总计|总和|共计", re.I)
_ZH_WHICH = "哪一个的有最多高大长重少低小短轻"
"""Characters that ask which is most or least."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row below the heads."""

    cells: tuple[str, ...]
    """As many as the table has columns."""
    head_at: int
    """Which of them says what the row is about."""
    line: str
    """As it stands in the table."""
    above: str
    """Heads of the group that it stands in."""
    is_total: bool = False
    """Whether it sums up the other rows, as its head or its numbers say."""

    @property
    def head(self) -> str:
        """What the row is about."""
        return self.cells[self.head_at]


@dataclass(frozen=True, slots=True)
class Table:
    """A table, read."""

    caption: str
    """The lines that are no rows, and a row that is one title."""
    heads: tuple[str, ...]
    """Of each column, its head rows joined from above; empty where a column has none."""
    unit: str
    """Said once for all numbers, in brackets: `(in thousands)`; mostly empty."""
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """Something that a table says."""

    sentence: str
    terms: frozenset[str]
    """The telling words that it holds, and those of the question that it settles."""
    above: str = ""
    """What it stands under."""
    settles: bool = False
    """Whether it is the extreme, or the total, that is asked for."""


def read_table(text: str) -> Table:
    """A table's text as heads and rows."""
    lines = text.split("\n")
    grid = [(line, line.split(CELL_SEPARATOR)) for line in lines if CELL_SEPARATOR in line]
    width = max((len(cells) for _, cells in grid), default=0)
    filled = [
        (line, _joined_signs([cell.strip() for cell in cells] + [""] * (width - len(cells))))
        for line, cells in grid
        if not all(_RULE.fullmatch(cell) for cell in cells)
    ]
    titles = [line.strip() for line in lines if CELL_SEPARATOR not in line and line.strip()]
    while len(filled) > 1 and _is_title(filled[0][1]):
        titles.append(next(cell for cell in filled.pop(0)[1] if cell))
    n_heads = _n_head_rows([cells for _, cells in filled])
    heads, units = list[list[str]](), list[str]()
    for _, cells in filled[:n_heads]:
        alone = [cell for cell in cells if cell]
        if len(alone) == 1 and width > 2 and _UNIT.fullmatch(alone[0]):
            units += alone
        else:
            heads.append(cells)
    return Table(
        " ".join(titles), _joined_heads(heads, width), " ".join(units), _with_totals(list(_rows(filled[n_heads:])))
    )


def readings(table: Table, question: Question) -> Iterator[Reading]:
    """What each row says to the question: the cells whose heads it names, else the row as it stands; then its extremes."""
    named = [terms(head) & (question.terms | question.measures) for head in table.heads]
    a_row_is_named = any(_is_named(row, question) for row in table.rows if not row.is_total)
    for row in table.rows:
        columns = _columns(row, named)
        if not columns:
            everything = terms(" ".join([*row.cells, *table.heads]))
            yield Reading(row.line.strip(), everything, row.above)
        elif not question.asks_total or (a_row_is_named and not row.is_total):
            yield _cells(table, row, columns)
        elif row.is_total and not a_row_is_named:
            yield _cells(table, row, columns, question.total_terms | (terms(table.caption) & question.terms))
        # else it is one of several, and not their total
    yield from _extremes(table, named, question)


# How a table is built


def _joined_signs(cells: list[str]) -> list[str]:
    """The cells, a currency or percent sign that stands in a cell of its own put to its number."""
    for at in range(len(cells) - 1):
        if cells[at] in _CURRENCY and _number(cells[at + 1]) is not None:
            cells[at], cells[at + 1] = "", f"{cells[at]} {cells[at + 1]}"
        elif cells[at + 1] == "%" and _number(cells[at]) is not None:
            cells[at], cells[at + 1] = f"{cells[at]} %", ""
    return cells


def _is_title(cells: Sequence[str]) -> bool:
    """Whether a row is one title over all columns: one cell alone, and not the head of the only column of values."""
    alone = [at for at, cell in enumerate(cells) if cell]
    if len(alone) != 1 or _UNIT.fullmatch(cells[alone[0]]):
        return False
    return alone[0] == 0 or len(cells) > 2


def _n_head_rows(grid: Sequence[Sequence[str]]) -> int:
    if len(grid) < 2 or not _is_head_row(grid[0]) or _is_list_of_facts(grid):
        return 0
    n_rows = 1
    while n_rows < min(MOST_HEAD_ROWS, len(grid) - 1):
        row = grid[n_rows]
        if row[0] or any(_is_measured(cell) for cell in row):
            break
        n_rows += 1
    return n_rows


def _is_head_row(cells: Sequence[str]) -> bool:
    """Whether no cell holds a number, but for years that stand beside each other or behind the word for them."""
    if any(_is_measured(cell) for cell in cells):
        return False
    n_years = sum(bool(_YEAR.fullmatch(cell)) for cell in cells)
    return n_years != 1 or not cells[0] or bool(_PERIOD.search(cells[0]))


def _is_list_of_facts(grid: Sequence[Sequence[str]]) -> bool:
    """Whether two columns are names and values of one thing, without heads: below heads, a column is of one kind."""
    if len(grid[0]) != 2 or not grid[0][1]:
        return False
    below = [_number(row[1]) is not None for row in grid[1:] if row[1]]
    return len(below) > 1 and any(below) and not all(below) and not _PERIOD.search(grid[0][0])


def _joined_heads(rows: Sequence[Sequence[str]], width: int) -> tuple[str, ...]:
    """Each column's head; one above several columns belongs to all of them."""
    heads = [""] * width
    for at_row, row in enumerate(rows):
        below = rows[at_row + 1] if at_row + 1 < len(rows) else [""] * width
        over = ""
        for at, cell in enumerate(row):
            over = cell or (over if at > 0 and below[at] else "")
            spread = over if at else cell
            if spread and spread not in heads[at]:
                heads[at] = f"{heads[at]} {spread}".strip()
    return tuple(heads)


def _rows(grid: Sequence[tuple[str, Sequence[str]]]) -> Iterator[Row]:
    group, first = "", ""
    for line, cells in grid:
        at_filled = [at for at, cell in enumerate(cells) if cell]
        if not at_filled:
            continue
        if at_filled == [0] and len(cells) > 1:
            group, first = cells[0], ""
            continue
        labels = [at for at in at_filled if _number(cells[at]) is None or _YEAR.fullmatch(cells[at])]
        # "3 | Lighthouse | 1874": a mere number in front counts the rows, the name behind it is what they are about
        head_at = labels[0] if labels and not _YEAR.fullmatch(cells[labels[0]]) else at_filled[0]
        above = f"{group} {'' if cells[0] else first}".strip()
        first = cells[0] or first
        yield Row(tuple(cells), head_at, line, above)


def _with_totals(rows: Sequence[Row]) -> tuple[Row, ...]:
    """The rows, those that are totals marked: by their heads, else the last where its numbers are the sums of the others."""
    marked = [replace(row, is_total=bool(_SUM.match(row.head))) for row in rows]
    if len(rows) >= FEWEST_SUMMED + 1 and not any(row.is_total for row in marked):
        columns = [
            [_number(row.cells[at]) for row in rows] for at in range(len(rows[0].cells)) if at != rows[-1].head_at
        ]
        full = [[number for number in column if number is not None] for column in columns if None not in column]
        sums = [abs(sum(column[:-1]) - column[-1]) <= ROUNDING * abs(column[-1]) for column in full]
        marked[-1] = replace(marked[-1], is_total=any(sums) and 2 * sum(sums) >= len(sums))
    return tuple(marked)


# Which cells answer


def _columns(row: Row, named: Sequence[frozenset[str]]) -> list[int]:
    """The columns whose heads hold most of the question's words; else the one there is; none where it is open which."""
    values = [at for at, cell in enumerate(row.cells) if cell and at != row.head_at]
    most = max((len(words) for at, words in enumerate(named) if at != row.head_at), default=0)
    if most:
        return [at for at in values if len(named[at]) == most]
    if len(values) == 1 and _number(row.cells[values[0]]) is not None:
        return values
    return []


def _cells(table: Table, row: Row, columns: Sequence[int], settled: frozenset[str] | None = None) -> Reading:
    said = [f"{table.heads[at]}: {row.cells[at]}" if table.heads[at] else row.cells[at] for at in columns]
    between = ", " if table.heads[columns[0]] else ": "
    unit = f" {table.unit}" if table.unit else ""
    sentence = f"{row.head}{between}{'; '.join(said)}{unit}"
    above = " ".join([row.above, *_labels(row, columns)]).strip()
    return Reading(sentence, terms(sentence) | (settled or frozenset()), above, settles=settled is not None)


def _labels(row: Row, columns: Sequence[int]) -> list[str]:
    """What else the row says in words: `Apples` of `North | Apples | 5`."""
    return [
        cell
        for at, cell in enumerate(row.cells)
        if at not in (*columns, row.head_at) and cell and not _is_measured(cell)
    ]


def _is_named(row: Row, question: Question) -> bool:
    """Whether the question says a word that tells this row from others."""
    return bool(terms(" ".join([row.head, row.above, *_labels(row, ())])) & question.terms)


def _extremes(table: Table, named: Sequence[frozenset[str]], question: Question) -> Iterator[Reading]:
    """The highest or lowest number where one is asked for: of the column that the question names, else of the row."""
    if not question.extreme:
        return
    rows = [row for row in table.rows if not row.is_total and not _TOTAL.match(row.head)]
    head_columns = {row.head_at for row in rows}
    column = _only_best(
        {
            at: len(words)
            for at, words in enumerate(named)
            if at not in head_columns and sum(_number(row.cells[at]) is not None for row in rows) > 1
        },
        alone=bool(terms(table.caption) & question.terms),
    )
    if column is not None:
        values = [(number, row) for row in rows if (number := _number(row.cells[column])) is not None]
        best = _extreme([number for number, _ in values], question)
        for number, row in values:
            if number == best:
                yield _cells(table, row, [column], _settled(table, row, question))
        return
    across = _only_best({at: len(terms(row.head) & question.terms) for at, row in enumerate(rows)}, alone=False)
    if across is not None:
        yield from _extreme_across(table, rows[across], question)


def _extreme_across(table: Table, row: Row, question: Question) -> Iterator[Reading]:
    numbers = {
        at: number
        for at, cell in enumerate(row.cells)
        if at != row.head_at
        and table.heads[at]
        and not _TOTAL.match(table.heads[at])
        and (number := _number(cell)) is not None
    }
    if len(numbers) > 1:
        best = _extreme(list(numbers.values()), question)
        columns = [at for at, number in numbers.items() if number == best]
        yield _cells(table, row, columns, _settled(table, row, question))


def _only_best(counts: dict[int, int], *, alone: bool) -> int | None:
    """The key with the highest count above zero, if it is the only one; the only key there is, where `alone` lets it."""
    most = max(counts.values(), default=0)
    best = [at for at, count in counts.items() if count == most]
    return best[0] if len(best) == 1 and (most > 0 or alone) else None


def _extreme(numbers: Sequence[float], question: Question) -> float:
    return max(numbers) if question.extreme == "most" else min(numbers)


def _settled(table: Table, row: Row, question: Question) -> frozenset[str]:
    """Words of the question that an extreme answers without holding them: `most`, `year` where the rows are
    years, and what the caption says."""
    asked = terms(f"{table.heads[row.head_at]} {table.caption}") & question.terms
    if not question.is_cjk:
        return question.extreme_terms | asked
    # Pairs of characters run across words: 客最 of 游客最多 is settled where 游客 is
    characters = frozenset(f"{_ZH_WHICH}{table.caption}{''.join(table.heads)}{' '.join(row.cells)}")
    return asked | {term for term in question.terms if characters.issuperset(term)}


def _is_measured(cell: str) -> bool:
    return _number(cell) is not None and not _YEAR.fullmatch(cell)


def _number(cell: str) -> float | None:
    """The number that a cell is; None where it is none, or more than that."""
    match = _NUMBER.fullmatch(cell.strip())
    if match is None:
        return None
    digits = re.sub(r"[' \u202f]", "", match[3]).rstrip(".,")
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})*,\d{1,2}|\d{1,3}(?:\.\d{3}){2,}", digits):
        digits = digits.replace(".", "").replace(",", ".")  # 1.234,5
    try:
        value = float(digits.replace(",", ""))
    except ValueError:  # 1.2.3 is a place or a version
        return None
    return -value if match[1] or match[2] else value
