"""Tables on a page: looked for only where rules or aligned numbers suggest one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import pymupdf

from indexers.pdf.captions import LABEL
from indexers.pdf.geometry import Rect, grow, height, holds_middle, overlap_x, same_row, union, width
from indexers.pdf.page_text import TextLine, clean

THIN = 3.0
"""Points: a drawing no thicker is a rule."""
COLUMN_GAP = 5.0
"""Points of white between columns of a table without upright rules, at least."""
MOST_CELL_CHARS = 2_000
FEWEST_ROWS = 3
"""Of numbers in columns, from which they are a table without rules."""
MOSTLY = 0.65
"""Share of a region's rows that set numbers: with fewer it is prose beside a chart."""
BEFORE_NUMBERS = frozenset({"$", "€", "£", "¥", "(", "$(", "-", "–"})
BEHIND_NUMBERS = frozenset({"%", ")", ")%", "pp"})
_NUMBER = re.compile(r"[\s$€£¥(]*[-–—+]?\s*(?:\d[\d.,]*)?\s*[%)]*(?:\s*[$€£¥])?")


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its cells."""

    rect: Rect
    rows: tuple[tuple[tuple[str, Rect], ...], ...]
    """Row by row: each cell's text and place."""


def tables_of(page: pymupdf.Page, rects: Sequence[Rect], lines: Sequence[TextLine]) -> list[Table]:
    """The tables of a page. `rects`: the drawings of the page; a page without rules costs next to nothing."""
    level = [rect for rect in rects if height(rect) <= THIN and width(rect) >= 25]
    upright = [rect for rect in rects if width(rect) <= THIN and height(rect) >= 6]
    frames = [rect for rect in rects if 8 <= height(rect) <= 200 and width(rect) >= 15]
    found: list[Table] = []
    if (len(level) >= 2 and len(upright) >= 2) or len(frames) >= 4:
        found += _gridded(page, lines)
    titles = [line.rect for line in lines if LABEL.match(line.text)]
    for group in _ruled_regions(level, titles, page.rect.width):
        region = grow(group, 1, 2)
        if not any(_covers(table.rect, region) for table in found):
            table = _by_white(region, [line for line in lines if holds_middle(region, line.rect)], page)
            if table is not None:
                found.append(table)
    for region in _numeric_regions(lines, rects):
        if not any(_covers(table.rect, region) for table in found):
            table = _by_white(region, lines, page)
            if table is not None:
                found.append(table)
    return found


def _numeric_regions(lines: Sequence[TextLine], rects: Sequence[Rect]) -> list[Rect]:
    """Regions where at least three rows set numbers in columns, as accounts do without any upright rule."""
    rows = _rows([(line.text, line.rect) for line in lines if line.level])
    regions: list[Rect] = []
    run: list[int] = []
    for at in range(len(rows) + 1):
        if at < len(rows) and _sets_numbers(rows[at]) and (not run or _near(rows, run[-1], at)):
            run.append(at)
            continue
        if at < len(rows) and run and _near(rows, run[-1], at) and not _sets_numbers(rows[at]) and at - run[-1] <= 2:
            continue  # a row that only names the next ones
        if len(run) >= FEWEST_ROWS and len(run) >= MOSTLY * (run[-1] - run[0] + 1):
            regions.append(union(rect for row in rows[_first_head(rows, run[0]) : run[-1] + 1] for _, rect in row))
        run = [at] if at < len(rows) and _sets_numbers(rows[at]) else []
    return [region for region in regions if not _is_chart(region, rects)]


def _rows(words: Sequence[tuple[str, Rect]]) -> list[list[tuple[str, Rect]]]:
    rows: list[list[tuple[str, Rect]]] = []
    for word in sorted(words, key=lambda word: (word[1][1] + word[1][3]) / 2):
        if rows and same_row(rows[-1][0][1], word[1]):
            rows[-1].append(word)
        else:
            rows.append([word])
    return rows


def _sets_numbers(row: Sequence[tuple[str, Rect]]) -> bool:
    return len(row) >= 3 and sum(1 for text, _ in row if _NUMBER.fullmatch(text)) >= 2


def _near(rows: Sequence[Sequence[tuple[str, Rect]]], above: int, below: int) -> bool:
    one, other = union(rect for _, rect in rows[above]), union(rect for _, rect in rows[below])
    return other[1] - one[3] < 3.2 * height(other)


def _first_head(rows: Sequence[Sequence[tuple[str, Rect]]], first: int) -> int:
    """The uppermost row of column heads: short words right of where the rows' names begin, or one above each column."""
    left = min(rect[0] for _, rect in rows[first])
    columns = [rect for _, rect in rows[first]]
    while first > 0 and _near(rows, first - 1, first):
        above = rows[first - 1]
        if any(len(text) > 40 for text, _ in above):
            break
        if min(rect[0] for _, rect in above) < left + 20:
            over = [[at for at, column in enumerate(columns) if overlap_x(rect, column) > 0] for _, rect in above]
            named = {at for ats in over for at in ats}
            if len(named) >= 3 and all(len(ats) <= 1 for ats in over) and len(named) == sum(map(len, over)):
                first -= 1
            break
        first -= 1
    return first


def _is_chart(region: Rect, rects: Sequence[Rect]) -> bool:
    """Whether bars or marks stand between the numbers; shades that together fill a row are but its ground."""
    marks = [r for r in rects if height(r) > THIN and width(r) > THIN and holds_middle(region, r)]
    loose = [
        mark for mark in marks if sum(width(other) for other in marks if same_row(mark, other)) < 0.8 * width(region)
    ]
    return len(loose) >= 4


def _covers(one: Rect, other: Rect) -> bool:
    return overlap_x(one, other) > 0 and one[1] < other[3] and other[1] < one[3]


def _gridded(page: pymupdf.Page, lines: Sequence[TextLine]) -> list[Table]:
    found = []
    words = _words(page, tuple(page.rect))
    for table in page.find_tables(strategy="lines_strict").tables:
        if table.row_count < 2 or table.col_count < 2:
            continue
        rows = [[(_text_in(words, tuple(cell)), tuple(cell)) for cell in row.cells if cell] for row in table.rows]
        rows = [row for row in rows if row]
        filled = sum(1 for row in rows for text, _ in row if text)
        if len(rows) < 2 or filled < max(4, 0.4 * sum(len(row) for row in rows)):
            continue
        whole = Table(tuple(table.bbox), tuple(tuple(row) for row in rows))
        found.append((_by_white(whole.rect, lines, page) if _holds_rows(words, rows) else None) or whole)
    return found


def _words(page: pymupdf.Page, region: Rect) -> list[tuple[str, Rect]]:
    words = page.get_text("words", clip=pymupdf.Rect(region))
    cleaned = ((clean(word[4]), (word[0], word[1], word[2], word[3])) for word in words)
    return [(text, rect) for text, rect in cleaned if text]


def _text_in(words: Sequence[tuple[str, Rect]], cell: Rect) -> str:
    """The words of a cell, row by row."""
    inside = [word for word in words if holds_middle(cell, word[1])]
    rows = (sorted(row, key=lambda word: word[1][0]) for row in _rows(inside))
    return " ".join(text for row in rows for text, _ in row)[:MOST_CELL_CHARS]


def _holds_rows(words: Sequence[tuple[str, Rect]], rows: Sequence[Sequence[tuple[str, Rect]]]) -> bool:
    """Whether cells hold several rows of numbers each, because only rules above and below a group were drawn."""
    for row in rows:
        counts = [len(_rows([word for word in words if holds_middle(cell, word[1])])) for _, cell in row]
        numbers = sum(1 for text, _ in row if len(re.findall(r"\d[\d.,]*", text)) >= FEWEST_ROWS)
        if numbers >= 2 and sum(1 for count in counts if count == max(counts) >= FEWEST_ROWS) >= 2:
            return True
    return False


def _ruled_regions(level: Sequence[Rect], titles: Sequence[Rect], page_width: float) -> list[Rect]:
    """Regions between level rules of the same extent, as printed tables have: above, below the head, at the end.

    `titles`: where lines begin as captions do; no table goes on beyond the next one's.
    """
    groups: list[list[Rect]] = []
    for rule in sorted(level, key=lambda rect: (rect[1] + rect[3]) / 2):
        for group in groups:
            same_extent = abs(group[-1][0] - rule[0]) < 4 and abs(group[-1][2] - rule[2]) < 4
            between = (rule[0], group[-1][3], rule[2], rule[1])
            titled = any(holds_middle(between, title) for title in titles)
            if same_extent and rule[1] - group[-1][3] < 400 and not titled:
                group.append(rule)
                break
        else:
            groups.append([rule])
    return [union(group) for group in groups if len(_apart(group)) >= 3 and width(union(group)) > 0.15 * page_width]


def _apart(rules: Sequence[Rect]) -> list[float]:
    """The heights of rules that are not the two edges of one line."""
    heights: list[float] = []
    for rule in rules:
        middle = (rule[1] + rule[3]) / 2
        if not heights or middle - heights[-1] > 5:
            heights.append(middle)
    return heights


def _by_white(region: Rect, lines: Sequence[TextLine], page: pymupdf.Page) -> Table | None:
    """A table without upright rules: its columns are parted by white that no row crosses, but for heads that span."""
    words = _words(page, region)
    rows = _rows(words)
    if len(rows) < 2 or not lines:
        return None
    telling = [row for row in rows if _sets_numbers(row)]
    cuts = _cuts(telling if len(telling) >= FEWEST_ROWS else rows, region)
    if not cuts:
        return None
    table = tuple(tuple(_cells(row, cuts, region)) for row in rows)
    merged = _unwrapped(_with_signs_joined([row for row in table if any(text for text, _ in row)]))
    numbers = sum(1 for row in merged for text, _ in row if re.search(r"\d", text))
    filled = sum(1 for row in merged for text, _ in row if text)
    prose = sum(1 for row in merged for text, _ in row if len(text) > 120)
    alone = sum(1 for row in merged if len(row[0][0]) > 30 and not any(text for text, _ in row[1:]))
    running = sum(1 for row in merged if len(row[0][0]) > 20 and row[0][0][0].islower())
    if alone > 0.25 * len(merged) or running > 0.2 * len(merged):
        return None  # the lines of a paragraph, with numbers of a chart beside it
    if len(merged) < 2 or filled < 4 or prose > 0.2 * filled or (numbers < 2 and len(cuts) < 2):
        return None
    return Table(region, merged)


def _cuts(rows: Sequence[Sequence[tuple[str, Rect]]], region: Rect) -> list[float]:
    """Where columns part: middles of white strips that at most a tenth of the rows (spanning heads) cross."""
    allowed = max(0, len(rows) // 10) if len(rows) < 8 else max(1, len(rows) // 10)
    edges = sorted({rect[2] for row in rows for _, rect in row})
    cuts: list[float] = []
    for edge in edges:
        strip = (edge, edge + COLUMN_GAP)
        crossing = sum(1 for row in rows if any(rect[0] < strip[1] and rect[2] > strip[0] + 0.01 for _, rect in row))
        right = [rect[0] for row in rows for _, rect in row if rect[0] >= strip[1]]
        if crossing <= allowed and right and edge < region[2] - COLUMN_GAP:
            beside = sum(
                1 for row in rows if any(r[2] <= edge + 0.01 for _, r in row) and any(r[0] >= strip[1] for _, r in row)
            )
            if beside >= 0.5 * len(rows) and not (cuts and not _between(rows, cuts[-1], edge)):
                cuts.append(edge + COLUMN_GAP / 2)
            elif beside >= 0.5 * len(rows):
                cuts[-1] = edge + COLUMN_GAP / 2
    return cuts


def _with_signs_joined(rows: Sequence[Sequence[tuple[str, Rect]]]) -> tuple[tuple[tuple[str, Rect], ...], ...]:
    """Columns that hold but currency signs, per cents or brackets join the column of their numbers."""
    joined = [list(row) for row in rows]
    column = 0
    while joined and column < len(joined[0]):
        texts = {row[column][0] for row in joined} - {""}
        if texts and texts <= BEFORE_NUMBERS and column + 1 < len(joined[0]):
            joined = [_join(row, column) for row in joined]
        elif texts and texts <= BEHIND_NUMBERS and column > 1:
            joined = [_join(row, column - 1) for row in joined]
        else:
            column += 1
    return tuple(tuple(row) for row in joined)


def _join(row: Sequence[tuple[str, Rect]], column: int) -> list[tuple[str, Rect]]:
    (one, place), (other, beside) = row[column], row[column + 1]
    rect = union([r for text, r in ((one, place), (other, beside)) if text] or [place])
    return [*row[:column], (f"{one}{other}", rect), *row[column + 2 :]]


def _unwrapped(rows: Sequence[Sequence[tuple[str, Rect]]]) -> tuple[tuple[tuple[str, Rect], ...], ...]:
    """Rows that only go on with the words of the one above, below an empty first cell, join it; rows of numbers never do."""
    extents = [union(rect for text, rect in row if text) for row in rows]
    whites = [below[1] - above[3] for above, below in pairwise(extents)]
    narrowest = min((white for white, row in zip(whites[1:], rows[2:], strict=True) if row[0][0]), default=0.0)
    joined: list[list[tuple[str, Rect]]] = []
    for at, row in enumerate(rows):
        words = [(text, above) for (text, _), (above, _) in zip(row, joined[-1], strict=True) if text] if joined else []
        if (
            at >= 2
            and not row[0][0]
            and all(above and not _NUMBER.fullmatch(text) for text, above in words)
            and (whites[at - 1] < narrowest - 2 or all(text[0].islower() for text, _ in words))
        ):
            joined[-1] = [
                (f"{above} {text}", union([over, rect])) if text else (above, over)
                for (above, over), (text, rect) in zip(joined[-1], row, strict=True)
            ]
        else:
            joined.append(list(row))
    return tuple(tuple(row) for row in joined)


def _between(rows: Sequence[Sequence[tuple[str, Rect]]], x0: float, x1: float) -> bool:
    """Whether enough words begin between two cuts to make a column."""
    return sum(1 for row in rows if any(x0 <= rect[0] and rect[2] <= x1 + 0.01 for _, rect in row)) >= 0.3 * len(rows)


def _cells(row: Sequence[tuple[str, Rect]], cuts: Sequence[float], region: Rect) -> list[tuple[str, Rect]]:
    bounds = [region[0], *cuts, region[2]]
    top, bottom = min(rect[1] for _, rect in row), max(rect[3] for _, rect in row)
    cells = []
    for x0, x1 in pairwise(bounds):
        inside = sorted((w for w in row if x0 <= (w[1][0] + w[1][2]) / 2 < x1), key=lambda word: word[1][0])
        place = union(rect for _, rect in inside) if inside else (x0, top, x1, bottom)
        cells.append((" ".join(text for text, _ in inside), place))
    return cells
