"""Words as they are found: stems, accents, and scripts that put no space between words."""

from __future__ import annotations

import sqlite3

import numpy as np
import pytest

from rag.store import lexical
from rag.types import Document, Element

DOCUMENT = Document("d" * 64, "log/keeper-log.txt", "Keeper's log", "text/plain", 1)


@pytest.fixture
def connection() -> sqlite3.Connection:
    opened = sqlite3.connect(":memory:")
    opened.execute(lexical.SCHEMA)
    opened.execute("CREATE TABLE elements (row INTEGER)")
    return opened


def index(connection: sqlite3.Connection, *texts: str) -> None:
    elements = [Element("text", text, 1) for text in texts]
    lexical.add(connection, DOCUMENT, elements, list(range(1, len(texts) + 1)))


def find(connection: sqlite3.Connection, query: str, k: int = 10) -> list[int]:
    return [row for row, _ in lexical.search(connection, query, k, None)]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("The lamps were lit", "lamp lighting lamps"),
        ("Übergröße im Café", "ubergroße cafe"),
        ("灯塔建于一八七二年，由石匠修建。", "灯塔什么时候修建"),
        ("東京タワーの高さは333メートルです", "タワーの高さ"),
        ("서울의 등대는 오래되었다", "등대"),
        ("ＯＣＲ full width", "ocr"),
        ("pressure fell to 987.4 hPa", "987.4"),
    ],
)
def test_a_question_finds_the_words(connection: sqlite3.Connection, text: str, query: str) -> None:
    index(connection, "nothing of the kind here", text, "另外一段毫无关系")
    assert find(connection, query)[:1] == [2]


def test_chinese_is_cut_into_pairs() -> None:
    assert lexical.words("OCR 图像检索 a1") == ["ocr", "图像", "像检", "检索", "a1"]


@pytest.mark.parametrize("query", ["", "   ", "?!", '"', "AND OR NOT", 'a" OR "b', "col:umn", "NEAR(x)", "*"])
def test_no_query_is_mistaken_for_syntax(connection: sqlite3.Connection, query: str) -> None:
    index(connection, "plain text")
    assert find(connection, query) == []


def test_the_file_name_is_found(connection: sqlite3.Connection) -> None:
    index(connection, "plain text")
    assert find(connection, "keeper log") == [1]


def test_removed_rows_are_not_found(connection: sqlite3.Connection) -> None:
    index(connection, "lamp", "lamp")
    lexical.remove(connection, [1])
    assert find(connection, "lamp") == [2]


def test_only_allowed_rows_are_found_and_k_of_them(connection: sqlite3.Connection) -> None:
    index(connection, *["lamp lamp lamp"] * 50, *["lamp and much else besides"] * 5)
    allowed = np.arange(51, 56, dtype=np.int64)
    assert sorted(row for row, _ in lexical.search(connection, "lamp", 5, allowed)) == [51, 52, 53, 54, 55]
    assert lexical.search(connection, "lamp", 5, np.asarray([], dtype=np.int64)) == []


def test_words_in_most_rows_are_dropped_from_large_stores(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lexical, "FREQUENT_MATTERS_FROM", 10)
    index(connection, *["the lamp"] * 40, "the boat", *["other"] * 60)
    connection.executemany("INSERT INTO elements VALUES (?)", [(row,) for row in range(101)])
    assert find(connection, "the boat", k=100) == [41]
    # All words frequent: the rarest is kept rather than nothing found.
    assert len(find(connection, "the lamp", k=100)) == 40
