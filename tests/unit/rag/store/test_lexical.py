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
        ("人々が海辺に住む", "人々"),
        ("ｶﾞﾗｽの塔", "ガラス"),
        ("東京・大阪", "大阪"),
        ("GPT-4模型很大", "模型"),
        ("낡은 등대길에서", "길"),
        ("这座塔很高大", "大"),
        ("这座塔很高大", "塔"),
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


@pytest.mark.parametrize(
    ("text", "scattered", "query"),
    [
        ("a gap of 3.5 mm", "3 gaps, 5 of a mm", "3.5 mm"),
        ("a gap of 3.5mm", "3 gaps, 5 of a mm", "3.5 millimetres"),
        ("it fell by 12%", "12 of them fell by a little", "12 %"),
        ("it cost $1,204.50 then", "1 cost 204 or 50 then $", "$1204.5"),
        ("it weighed 1204.5 then", "1 or 204 or 1204 and 5 or 50 then", "1,204.50"),
        ("COVID-19 came", "19 came with COVID once", "covid 19"),
        ("certified by ISO 9001 now", "9001 rules of ISO by now", "iso 9001"),
        ("the season 2019\u201320 was", "in 20 of 2019 it was", "2019-20"),
        ("release v2.1 of it", "release 1 of v2 it", "v2.1"),
        ("1.2 million people", "1 or 2 people of a million", "1,200,000 people"),
    ],
)
def test_a_number_with_its_unit_and_a_code_are_found_whole_before_their_parts(
    connection: sqlite3.Connection, text: str, scattered: str, query: str
) -> None:
    index(connection, "nothing of the kind", scattered, text, scattered)
    assert find(connection, query)[0] == 3


@pytest.mark.parametrize("query", ["9001", "iso", "19", "covid", "204", "2019"])
def test_parts_of_numbers_and_codes_are_found_too(connection: sqlite3.Connection, query: str) -> None:
    index(connection, "nothing", "ISO 9001, COVID-19, $1,204.50, 2019-20")
    assert find(connection, query) == [2]


def test_captions_are_found_by_their_words(connection: sqlite3.Connection) -> None:
    lexical.add(connection, DOCUMENT, [Element("image", "", 1, caption="a red boat")], [1])
    assert find(connection, "boats") == [1]
