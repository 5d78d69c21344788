"""Plain text: encodings, paragraphs, positions."""

from __future__ import annotations

import time

import pytest

from rag.errors import DamagedFile, EmptyFile, FileRefused, UnsupportedFile
from tests.desk import Shelf

CHINESE = "灯塔在夜里为船只指路。守塔人每晚点亮油灯，风大的时候也不例外。"
JAPANESE = "灯台は夜に船を導きます。守り人は毎晩ランプを灯し、風の強い日も休みません。"
FRENCH = "Le gardien allume la lampe l'été comme l'hiver. Où êtes-vous né, François ? À Orléans."


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (CHINESE, "utf-8"),
        (CHINESE, "utf-8-sig"),
        (CHINESE, "utf-16"),
        (CHINESE, "utf-32"),
        (CHINESE, "gb18030"),
        ("燈塔在夜裡為船隻指路。守塔人每晚點亮油燈。", "big5"),
        (JAPANESE, "shift_jis"),
        ("灯台は夜", "shift_jis"),
        (JAPANESE, "euc_jp"),
        ("등대는 밤에 배를 안내합니다. 등대지기는 매일 밤 등불을 켭니다.", "cp949"),
        (FRENCH, "latin-1"),
        ("café", "latin-1"),
        ("L'été à Orléans – “enfin”", "cp1252"),
        ("Latarnik zapala lampę każdej nocy, również gdy są śnieżyce.", "cp1250"),
        ("Смотритель каждую ночь зажигает лампу.", "cp1251"),
    ],
)
def test_text_is_read_in_its_encoding(shelf: Shelf, text: str, encoding: str) -> None:
    _, elements = shelf.read(shelf.put("log.txt", text.encode(encoding)))
    assert [element.text for element in elements] == [text]


def test_a_byte_order_mark_is_no_letter_of_the_text(shelf: Shelf) -> None:
    _, (element,) = shelf.read(shelf.put("log.txt", "\ufeffLamp".encode()))
    assert (element.text, element.start) == ("Lamp", 0)


def test_a_large_file_may_end_its_sample_within_a_letter(shelf: Shelf) -> None:
    text = "a" + CHINESE * 6000
    _, (element,) = shelf.read(shelf.put("log.txt", text.encode("gb18030")))
    assert element.text == text


def test_utf_8_that_was_cut_within_a_letter_is_still_utf_8(shelf: Shelf) -> None:
    _, (element,) = shelf.read(shelf.put("log.txt", (CHINESE * 3).encode()[:-1]))
    assert element.text == (CHINESE * 3)[:-1] + "\ufffd"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_paragraphs_stand_where_they_say_in_the_text_with_line_feeds(shelf: Shelf, end: str) -> None:
    source = "\n\n  First line\nsecond line  \n\n \t\nAnother one.\n"
    _, elements = shelf.read(shelf.put("log.txt", source.replace("\n", end)))
    assert [element.text for element in elements] == ["First line\nsecond line", "Another one."]
    assert all(source[element.start : element.end] == element.text for element in elements)


def test_passages_stand_where_they_say_in_the_text(shelf: Shelf) -> None:
    source = "\n\n".join(f"Night {night}. The lamp was lit, the sea was calm, nobody came." for night in range(60))
    passages = shelf.passages(shelf.put("log.txt", source))
    assert len(passages) > 3
    assert all(source[one.start : one.end].split() == one.text.split() for one in passages)


@pytest.mark.parametrize("contents", ["", " \n\t \r\n ", "\ufeff"])
def test_a_file_without_a_letter_is_refused_as_empty(shelf: Shelf, contents: str) -> None:
    with pytest.raises(EmptyFile):
        shelf.read(shelf.put("log.txt", contents))


@pytest.mark.parametrize(
    "contents",
    [b"\x7fELF\x02\x01\x01\x00" + bytes(range(256)) * 4, b"MZ\x90\x00" + bytes(500), b"\x01\x02\x03\x04lamp" * 50],
)
def test_a_program_called_txt_is_refused(shelf: Shelf, contents: bytes) -> None:
    with pytest.raises((UnsupportedFile, DamagedFile)) as refused:
        shelf.read(shelf.put("log.txt", contents))
    assert "log.txt" in str(refused.value)
    assert refused.value.hint


def test_text_has_one_page_no_boxes_and_its_name_as_title(shelf: Shelf) -> None:
    reading, (element,) = shelf.read(shelf.put("fog signal.txt", "Two blasts a minute."))
    assert (reading.title, reading.media_type, reading.n_pages) == ("fog signal", "text/plain", 1)
    assert (element.modality, element.page, element.box, element.section) == ("text", 1, None, ())


def test_a_long_paragraph_is_read_at_once(shelf: Shelf) -> None:
    path = shelf.put("log.txt", "lamp lit, all well\n" * 200_000)
    began = time.perf_counter()
    _, elements = shelf.read(path)
    assert len(elements) == 1
    assert time.perf_counter() - began < 2


def test_a_refusal_is_one_of_a_file_so_that_the_folder_goes_on(shelf: Shelf) -> None:
    with pytest.raises(FileRefused):
        shelf.read(shelf.put("log.txt", b"\x00\x01\x02"))
