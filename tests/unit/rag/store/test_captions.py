"""Captions in the store: kept once and for good, exchanged in one transaction, and stores from before there were any."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rag.errors import StoreDamaged
from rag.protocols import Fingerprint
from rag.store import captions
from rag.store.captions import Author, Caption
from rag.store.rows import Encoded
from rag.store.store import Store
from rag.types import Document, Element

DIM = 2
FINGERPRINT = Fingerprint("tiny", "1", "ab" * 32, "none", DIM, 16, ("en",), True)
DOCUMENT = Document("d" * 64, "boat.png", "boat", "image/png", 1)
ELEMENT = Element("image", "", 1, media="m" * 64, id="e1", document_id=DOCUMENT.id)
WRITER, OTHER = Author("one", "ask"), Author("one", "ask otherwise")


def text_vector(*row: float) -> Encoded:
    return Encoded("tiny", "text", (0,), np.asarray([row], dtype=np.float32))


def open_store(root: Path) -> Store:
    store = Store(root, create=True)
    store.expect([FINGERPRINT])
    return store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "store") as opened:
        yield opened


def add(store: Store, element: Element = ELEMENT) -> None:
    image = Encoded("tiny", "image", (0,), np.asarray([[0, 1]], dtype=np.float32))
    store.add(DOCUMENT, [element], [text_vector(0, 1), image], location="/folder/boat.png")


def by_words(store: Store, query: str) -> list[str]:
    found = store.search_words(query, k=10, allowed=None)
    elements = store.elements([row for row, _ in found])
    return [elements[row].caption for row, _ in found]


def cosine(store: Store, kind: str, *query: float) -> float:
    ((found,),) = (store.search_vectors("tiny", kind, np.asarray([query], dtype=np.float32), k=10, allowed=None),)
    ((_, score),) = found
    return round(score, 3)


def test_what_an_author_wrote_is_known_by_picture_and_by_author(store: Store) -> None:
    captions.keep(store.catalogue, WRITER, [Caption("p1", "a boat"), Caption("p2", failure="too dark")])
    captions.keep(store.catalogue, OTHER, [Caption("p1", "boat!")])
    asked = ["p1", "p2", "p3"]
    assert captions.known(store.catalogue, WRITER, asked) == {
        "p1": Caption("p1", "a boat"),
        "p2": Caption("p2", failure="too dark"),
    }
    assert captions.known(store.catalogue, OTHER, asked) == {"p1": Caption("p1", "boat!")}
    assert captions.known(store.catalogue, WRITER, []) == {}


def test_a_caption_fills_its_gap_and_no_gap_takes_its_place(store: Store) -> None:
    captions.keep(store.catalogue, WRITER, [Caption("p", failure="first")])
    captions.keep(store.catalogue, WRITER, [Caption("p", failure="second")])
    assert captions.gaps(store.catalogue) == [(WRITER, Caption("p", failure="second"))]
    captions.keep(store.catalogue, WRITER, [Caption("p", "a boat")])
    captions.keep(store.catalogue, WRITER, [Caption("p", failure="third")])
    assert captions.known(store.catalogue, WRITER, ["p"]) == {"p": Caption("p", "a boat")}
    assert captions.gaps(store.catalogue) == []


def test_captions_of_a_thousand_pictures_are_known_at_once(store: Store) -> None:
    many = [Caption(f"p{number:04}", f"picture {number}") for number in range(1234)]
    captions.keep(store.catalogue, WRITER, many)
    assert list(captions.known(store.catalogue, WRITER, [one.picture for one in many]).values()) == many


def test_a_caption_is_there_after_opening_again_and_is_found_by_its_words(tmp_path: Path) -> None:
    with open_store(tmp_path / "s") as store:
        add(store, replace(ELEMENT, caption="a small boat"))
    with open_store(tmp_path / "s") as store:
        assert store.catalogue.elements_of(DOCUMENT.id) == [replace(ELEMENT, caption="a small boat")]
        assert by_words(store, "boats") == ["a small boat"]


def test_an_exchanged_caption_brings_its_words_and_vectors_and_keeps_row_id_and_picture(store: Store) -> None:
    add(store, replace(ELEMENT, caption="old lantern"))
    before = store.search_words("lantern", k=1, allowed=None)[0][0]
    assert store.exchange_captions(DOCUMENT, [replace(ELEMENT, caption="new harbour")], [text_vector(1, 0)])
    assert by_words(store, "lantern") == []
    assert by_words(store, "harbour") == ["new harbour"]
    assert store.search_words("harbour", k=1, allowed=None)[0][0] == before
    assert store.catalogue.elements_of(DOCUMENT.id)[0].id == "e1"
    assert (cosine(store, "text", 1, 0), cosine(store, "image", 0, 1)) == (1.0, 1.0)


def test_a_search_elsewhere_sees_an_exchanged_caption_without_opening_anew(tmp_path: Path) -> None:
    with open_store(tmp_path / "s") as reading, open_store(tmp_path / "s") as writing:
        add(writing)
        assert cosine(reading, "text", 1, 0) == 0.0
        assert writing.exchange_captions(DOCUMENT, [replace(ELEMENT, caption="boat")], [text_vector(1, 0)])
        assert cosine(reading, "text", 1, 0) == 1.0
        assert by_words(reading, "boat") == ["boat"]


def test_a_caption_of_a_document_that_went_meanwhile_changes_nothing(store: Store) -> None:
    add(store)
    store.remove_sources(["/folder/boat.png"])
    generation = store.catalogue.generation()
    assert not store.exchange_captions(DOCUMENT, [replace(ELEMENT, caption="boat")], [text_vector(1, 0)])
    assert store.catalogue.generation() == generation
    assert by_words(store, "boat") == []


def test_a_caption_keeps_no_picture_alive_and_outlives_it(store: Store) -> None:
    digest = store.media.put_image(Image.new("RGB", (30, 30), "red"))
    add(store, replace(ELEMENT, media=digest))
    captions.keep(store.catalogue, WRITER, [Caption(digest, "red")])
    store.delete(DOCUMENT.id)
    assert list(store.media.digests()) == []
    assert captions.known(store.catalogue, WRITER, [digest])[digest].text == "red"


# Stores from before there were captions.


OLD_WORDS = "CREATE VIRTUAL TABLE lexical USING fts5(title, section, text, ocr, context, tokenize = 'porter unicode61')"


def as_version(number: int, root: Path) -> None:
    """Lay a store's contents into the tables that an earlier version made, comments and all: SQLite keeps these too."""
    (root / "catalogue.sqlite").rename(root / "new.sqlite")
    connection = sqlite3.connect(root / "catalogue.sqlite")
    connection.executescript(Path(__file__).with_name(f"schema_{number}.sql").read_text())
    connection.execute(OLD_WORDS)
    connection.execute("ATTACH ? AS new", [str(root / "new.sqlite")])
    with connection:
        for table in ("meta", "spaces", "documents", "sources", "elements", "vectors"):
            columns = ", ".join(f'"{row[1]}"' for row in connection.execute(f"PRAGMA main.table_info({table})"))
            of_new = columns.replace('"collection"', "'default'")
            connection.execute(f"INSERT INTO main.{table} ({columns}) SELECT {of_new} FROM new.{table}")
        connection.execute(
            "INSERT INTO main.lexical (rowid, title, section, text, ocr, context)"
            " SELECT row, 'boat png', '', text || ' ' || caption, ocr, context FROM new.elements"
        )
        connection.execute("UPDATE main.meta SET value = ? WHERE key = 'schema_version'", [str(number)])
    connection.close()
    (root / "new.sqlite").unlink()


def test_a_store_of_the_second_version_has_its_words_indexed_anew(tmp_path: Path) -> None:
    with open_store(tmp_path / "s") as store:
        add(store, replace(ELEMENT, text="a mast of 3.5 mm", caption="old boat"))
        row = store.search_words("mast", k=1, allowed=None)[0][0]
        made_new = store.search_words("3.5mm boat", k=1, allowed=None)
    as_version(2, tmp_path / "s")
    for _ in range(2):
        with open_store(tmp_path / "s") as store:
            assert [found for found, _ in store.search_words("3.5mm", k=1, allowed=None)] == [row]
            assert store.search_words("3.5mm boat", k=1, allowed=None) == made_new
            assert store.exchange_captions(
                DOCUMENT, [replace(ELEMENT, text="a mast of 3.5 mm", caption="old boat")], []
            )


def schema(root: Path) -> dict[str, list[tuple[object, ...]]]:
    """The columns of every table: name, type, not null, default, place in the primary key."""
    connection = sqlite3.connect(root / "catalogue.sqlite")
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")]
    columns = {name: connection.execute(f"PRAGMA table_info({name})").fetchall() for name in names}
    connection.close()
    return columns


def test_a_store_of_the_first_version_opens_answers_and_takes_captions(tmp_path: Path) -> None:
    with open_store(tmp_path / "s") as store:
        add(store, replace(ELEMENT, text="the old lamp"))
    as_version(1, tmp_path / "s")
    with open_store(tmp_path / "s") as store:
        assert by_words(store, "lamp") == [""]
        assert cosine(store, "text", 0, 1) == 1.0
        captions.keep(store.catalogue, WRITER, [Caption("m" * 64, "a boat")])
        lit = replace(ELEMENT, text="the old lamp", caption="a boat")
        assert store.exchange_captions(DOCUMENT, [lit], [text_vector(1, 0)])
    with open_store(tmp_path / "s") as store:
        assert by_words(store, "boat") == ["a boat"]
        other = Document("f" * 64, "b.png", "b", "image/png", 1)
        store.add(other, [replace(ELEMENT, id="e2", document_id=other.id)], [], location="/folder/b.png")


def test_a_store_that_was_brought_over_has_the_tables_of_a_new_one(tmp_path: Path) -> None:
    open_store(tmp_path / "new").close()
    open_store(tmp_path / "old").close()
    as_version(1, tmp_path / "old")
    assert schema(tmp_path / "old") != schema(tmp_path / "new")
    open_store(tmp_path / "old").close()
    assert schema(tmp_path / "old") == schema(tmp_path / "new")


def test_a_break_while_a_store_is_brought_over_leaves_it_as_it_was(tmp_path: Path) -> None:
    open_store(tmp_path / "s").close()
    as_version(1, tmp_path / "s")
    connection = sqlite3.connect(tmp_path / "s" / "catalogue.sqlite")
    with connection:  # in the way of the second step
        connection.execute("CREATE TABLE captions (what TEXT)")
    connection.close()
    before = schema(tmp_path / "s")
    with pytest.raises(StoreDamaged, match="captions"):
        Store(tmp_path / "s")
    assert schema(tmp_path / "s") == before


def test_a_store_of_a_later_version_is_refused(tmp_path: Path) -> None:
    open_store(tmp_path / "s").close()
    connection = sqlite3.connect(tmp_path / "s" / "catalogue.sqlite")
    with connection:
        connection.execute("UPDATE meta SET value = '999' WHERE key = 'schema_version'")
    connection.close()
    with pytest.raises(StoreDamaged, match="999"):
        Store(tmp_path / "s")
