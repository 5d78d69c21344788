"""BM25 over FTS5: the words of every element, in the same transaction as the element.

Words are stemmed (Porter) and freed of accents by FTS5. Chinese, Japanese and Korean text has no spaces between words, so a
run of it is indexed as overlapping pairs of characters, the usual way to search it without a dictionary, and by its last
character: a single character is then found as what a pair, or the run's end, begins with. Numbers with their units and
codes stand beside their parts as one word (`rag.store.wholes`).
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rag.store import rows as catalogue_rows
from rag.store.wholes import MARKS, wholes
from rag.types import Document, Element

if TYPE_CHECKING:
    from rag.types import Ids

COLUMNS = ("title", "section", "text", "caption", "ocr", "context")
SCHEMA = (
    f"CREATE VIRTUAL TABLE lexical USING fts5({', '.join(COLUMNS)},"
    f""" tokenize = "porter unicode61 tokenchars '{MARKS}'")"""
)
WEIGHTS: tuple[float, ...] = (0.5, 1.0, 1.0, 1.0, 1.0, 0.5)
"""Of the columns, in their order; other weights made no difference: docs/evaluation.md."""
FREQUENT = 0.1
"""A word in more than this share of the rows costs much and tells little: it is dropped while rarer words are left."""
FREQUENT_MATTERS_FROM = 20_000
"""Rows below which frequent words are cheap and are kept."""

# Without the middle dot of katakana, which parts words; with the marks that repeat or stand for a character.
_CJK = (
    "\u1100-\u11ff\u3005-\u3007\u3041-\u3096\u3099-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af\U00020000-\U0003ffff"
)
_WORD = re.compile(rf"[{_CJK}]+|[^\W_{_CJK}]+")
_CJK_RUN = re.compile(rf"[{_CJK}]+")


def words(text: str) -> list[str]:
    """The words of a text as they are indexed, before stemming: `"OCR 图像检索"` gives ocr, 图像, 像检, 检索."""
    found: list[str] = []
    for match in _WORD.finditer(unicodedata.normalize("NFKC", text).casefold()):
        run = match.group()
        if len(run) > 2 and _CJK_RUN.fullmatch(run):
            found.extend(run[at : at + 2] for at in range(len(run) - 1))
        else:
            found.append(run)
    return found


def add(writing: sqlite3.Connection, document: Document, elements: Sequence[Element], rows: Sequence[int]) -> None:
    """Index a document's elements under their row numbers."""
    title = _indexed(f"{document.title} {document.source}")
    writing.executemany(
        f"INSERT INTO lexical (rowid, {', '.join(COLUMNS)}) VALUES (?, {catalogue_rows.marks(COLUMNS)})",
        [
            (row, title, *(_indexed(field) for field in _fields(element)))
            for row, element in zip(rows, elements, strict=True)
        ],
    )


def rebuild(writing: sqlite3.Connection) -> None:
    """Make the table anew from the elements."""
    writing.execute("DROP TABLE IF EXISTS lexical")
    writing.execute(SCHEMA)
    documents = writing.execute(
        "SELECT d.id, d.title, MIN(s.source) FROM documents d JOIN sources s ON s.document_id = d.id GROUP BY d.id"
    ).fetchall()
    for id, title, source in documents:
        of_document = (
            f"SELECT {catalogue_rows.ELEMENT_COLUMNS}, row FROM elements WHERE document_id = ? ORDER BY ordinal"
        )
        found = writing.execute(of_document, [id]).fetchall()
        elements = [catalogue_rows.element(values[:-1]) for values in found]
        add(writing, Document(id, source, title, "", 1), elements, [values[-1] for values in found])


def remove(writing: sqlite3.Connection, rows: Sequence[int]) -> None:
    """Drop the rows' words."""
    writing.executemany("DELETE FROM lexical WHERE rowid = ?", [(row,) for row in rows])


def search(
    reading: sqlite3.Connection, query: str, k: int, allowed: Ids | None, *, weights: Sequence[float] | None = None
) -> list[tuple[int, float]]:
    """The k rows that match best, best first, with their BM25 score (higher is better); only rows in `allowed` unless None.

    `weights`: of the columns, in their order, where they are to be others than `WEIGHTS`.
    """
    terms = _telling(reading, sorted({*words(query), *wholes(query, asked=True)}))
    if not terms or k < 1 or (allowed is not None and not len(allowed)):
        return []
    match = " OR ".join(map(_phrase, terms))
    weighed = ", ".join(str(weight) for weight in weights or WEIGHTS)
    # With the plus SQLite tests what matches; without it, FTS5 would be asked for the whole match once for every row.
    among = "" if allowed is None else " AND +rowid IN (SELECT value FROM json_each(?))"
    values: list[object] = [match] if allowed is None else [match, str(allowed.tolist())]
    rows = reading.execute(
        f"SELECT rowid, -bm25(lexical, {weighed}) FROM lexical WHERE lexical MATCH ?{among} ORDER BY 2 DESC, 1 LIMIT ?",
        [*values, k],
    )
    return rows.fetchall()


def _fields(element: Element) -> tuple[str, ...]:
    return " ".join(element.section), element.text, element.caption, element.ocr, element.context


def _indexed(text: str) -> str:
    """What FTS5 is given of a text: its words, the last character of each run of CJK, its wholes."""
    found = words(text)
    ends = (run.group()[-1] for run in _CJK_RUN.finditer(unicodedata.normalize("NFKC", text)) if len(run.group()) > 1)
    return " ".join([*found, *ends, *wholes(text)])


def _phrase(term: str) -> str:
    """A term in FTS5's language; a single character of CJK also as the beginning of a pair."""
    return f'"{term}"*' if len(term) == 1 and _CJK_RUN.fullmatch(term) else f'"{term}"'


def n_elements(reading: sqlite3.Connection) -> int:
    """How many elements the store holds."""
    (n_rows,) = reading.execute("SELECT COUNT(*) FROM elements").fetchone()
    return int(n_rows)


def n_bytes(reading: sqlite3.Connection) -> int:
    """How much room the index of words takes, in bytes."""
    (n,) = reading.execute("SELECT COALESCE(SUM(LENGTH(block)), 0) FROM lexical_data").fetchone()
    return int(n)


def holders(reading: sqlite3.Connection, term: str, *, most: int) -> list[int]:
    """The rows that hold a word, in any of its forms; where more than `most` do, some `most + 1` of them."""
    query = "SELECT rowid FROM lexical WHERE lexical MATCH ? LIMIT ?"
    return [row for (row,) in reading.execute(query, [_phrase(term), most + 1])]


def _telling(reading: sqlite3.Connection, terms: list[str]) -> list[str]:
    n_rows = n_elements(reading)
    if n_rows < FREQUENT_MATTERS_FROM:
        return terms
    frequency = {term: _frequency(reading, term) for term in terms}
    rare = [term for term in terms if frequency[term] <= FREQUENT * n_rows]
    return rare or sorted(terms, key=lambda term: frequency[term])[:1]


def _frequency(reading: sqlite3.Connection, term: str) -> int:
    (n_rows,) = reading.execute("SELECT COUNT(*) FROM lexical WHERE lexical MATCH ?", [_phrase(term)]).fetchone()
    return int(n_rows)
