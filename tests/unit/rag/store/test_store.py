"""The store through its own door: what is acknowledged stays, nothing is there twice, nothing by half."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rag.errors import ModelMismatch, StoreDamaged, StoreNotFound, UnknownDocument, UnknownMedia
from rag.protocols import Fingerprint
from rag.store.rows import Encoded
from rag.store.store import Store
from rag.types import Document, Element, FailedFile, Filters, Span

DIM = 4
FINGERPRINT = Fingerprint("tiny", "1", "ab" * 32, "none", DIM, 16, ("en",), True)


def element(document_id: str, ordinal: int, text: str, **fields: object) -> Element:
    values: dict[str, object] = {"modality": "text", "page": 1, **fields}
    return Element(text=text, id=f"{document_id}-{ordinal}", document_id=document_id, **values)  # type: ignore[arg-type]


def document(name: str, source: str, **fields: object) -> Document:
    values: dict[str, object] = {"media_type": "text/plain", "n_pages": 1, **fields}
    return Document(id=name * 64, source=source, title=source, **values)  # type: ignore[arg-type]


def vectors(*rows: Sequence[float]) -> np.ndarray:
    array = np.asarray(rows, dtype=np.float32).reshape(len(rows), DIM)
    unit: np.ndarray = array / np.linalg.norm(array, axis=1, keepdims=True)
    return unit


def add(store: Store, document: Document, *texts: str, location: str = "", media: str | None = None) -> str:
    elements = [element(document.id, at, text, media=media) for at, text in enumerate(texts)]
    rows = vectors(*([1, at, 0, 0] for at in range(len(texts))))
    encoded = [
        Encoded("tiny", "text", tuple(range(len(texts))), rows),
        Encoded("tiny", "image", (), np.zeros((0, DIM), dtype=np.float32)),
    ]
    return store.add(document, elements, encoded, location=location or f"/folder/{document.source}")


def open_store(root: Path, *, create: bool = True) -> Store:
    store = Store(root, create=create)
    store.expect([FINGERPRINT])
    return store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "store") as opened:
        yield opened


def words(store: Store, query: str, filters: Filters | None = None) -> list[str]:
    allowed = store.allowed(filters or Filters())
    found = store.search_words(query, k=10, allowed=allowed)
    elements = store.elements([row for row, _ in found])
    return [elements[row].text for row, _ in found]


def nearest(store: Store, *query: float, filters: Filters | None = None, k: int = 10) -> list[str]:
    allowed = store.allowed(filters or Filters())
    found = store.search_vectors("tiny", "text", vectors(query), k=k, allowed=allowed)[0]
    elements = store.elements([row for row, _ in found])
    return [elements[row].text for row, _ in found]


def test_a_missing_store_is_not_made_by_reading(tmp_path: Path) -> None:
    with pytest.raises(StoreNotFound, match="sightline ingest"):
        Store(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_an_empty_store_finds_nothing(store: Store) -> None:
    assert words(store, "anything") == []
    assert nearest(store, 1, 0, 0, 0) == []
    assert store.documents() == []


def test_what_was_added_is_there_after_opening_again(tmp_path: Path) -> None:
    element_in = element(
        "a" * 64,
        0,
        "The keeper",
        box=(0.1, 0.2, 0.3, 0.4),
        section=("One", "Two"),
        spans=(Span(0, 3, (0.1, 0.2, 0.2, 0.3)),),
        ocr="read",
        context="beside",
        origin="ocr",
        start=5,
        end=15,
    )
    with open_store(tmp_path / "s") as store:
        store.add(document("a", "a.txt", metadata={"author": "Ann"}), [element_in], [], location="/f/a.txt")
    with open_store(tmp_path / "s", create=False) as store:
        (kept,) = store.documents()
        assert (kept.source, kept.metadata) == ("a.txt", {"author": "Ann"})
        assert kept.ingested_at.endswith("+00:00")
        assert store.catalogue.elements_of("a" * 64) == [element_in]


def test_the_same_document_again_is_unchanged_and_not_there_twice(store: Store) -> None:
    assert add(store, document("a", "a.txt"), "one lamp", "two lamps") == "added"
    assert add(store, document("a", "a.txt"), "one lamp", "two lamps") == "unchanged"
    assert words(store, "lamp") == ["one lamp", "two lamps"]
    assert store.add_source("a" * 64, location="/folder/a.txt", source="a.txt")


def test_an_edited_file_replaces_what_its_place_held(store: Store) -> None:
    add(store, document("a", "a.txt"), "old lamp")
    assert add(store, document("b", "a.txt"), "new lamp") == "replaced"
    assert words(store, "lamp") == ["new lamp"]
    assert nearest(store, 1, 0, 0, 0) == ["new lamp"]
    assert [one.id for one in store.documents()] == ["b" * 64]


def test_a_document_with_two_places_lives_until_the_last_is_gone(store: Store) -> None:
    add(store, document("a", "a.txt"), "lamp")
    assert store.add_source("a" * 64, location="/folder/copy.txt", source="copy.txt")
    assert store.remove_sources(["/folder/a.txt"]) == 0
    assert [one.source for one in store.documents()] == ["copy.txt"]
    assert store.remove_sources(["/folder/copy.txt"]) == 1
    assert words(store, "lamp") == []


def test_deleting_leaves_no_text_vector_word_or_picture(store: Store) -> None:
    digest = store.media.put_image(Image.new("RGB", (8, 8), "red"))
    shared = store.media.put_image(Image.new("RGB", (8, 8), "blue"))
    add(store, document("a", "a.txt"), "lamp", media=digest)
    add(store, document("b", "b.txt"), "boat", media=shared)
    store.delete("a" * 64)
    tables = ("documents", "elements", "vectors", "sources", "lexical")
    count = store.catalogue.connection().execute
    assert [count(f"SELECT COUNT(*) FROM {table}").fetchone()[0] for table in tables] == [1, 1, 1, 1, 1]
    with pytest.raises(UnknownMedia):
        store.media.path(digest)
    assert store.media.path(shared).is_file()
    with pytest.raises(UnknownDocument):
        store.delete("a" * 64)


def test_media_that_no_row_names_yet_survive_while_an_ingest_runs(store: Store) -> None:
    with store.ingesting():
        digest = store.media.put_image(Image.new("RGB", (8, 8), "red"))
        store.sweep()
        assert store.media.path(digest).is_file()
    with pytest.raises(UnknownMedia):
        store.media.path(digest)


def test_the_same_pixels_give_the_same_hash_and_one_file(store: Store) -> None:
    first = store.media.put_image(Image.new("RGB", (9, 7), "red"))
    second = store.media.put_image(Image.new("RGB", (9, 7), "red"))
    assert first == second
    assert len(list(store.media.digests())) == 1


def test_transparency_is_laid_on_white(store: Store) -> None:
    digest = store.media.put_image(Image.new("RGBA", (8, 8), (0, 0, 0, 0)))
    assert store.media.open_image(digest).getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize("digest", ["", "../../catalogue", "f" * 64, "*" * 64])
def test_a_hash_that_is_none_is_refused(store: Store, digest: str) -> None:
    with pytest.raises(UnknownMedia):
        store.media.path(digest)


def test_another_encoder_is_refused_and_both_are_named(tmp_path: Path) -> None:
    open_store(tmp_path / "s").close()
    other = Fingerprint("other", "2", "cd" * 32, "none", 8, 16, (), False)
    with Store(tmp_path / "s") as store, pytest.raises(ModelMismatch, match=r"tiny.*other"):
        store.expect([other])


def test_the_same_name_with_other_weights_is_refused(tmp_path: Path) -> None:
    open_store(tmp_path / "s").close()
    other = Fingerprint("tiny", "1", "cd" * 32, "none", DIM, 16, ("en",), True)
    with Store(tmp_path / "s") as store, pytest.raises(ModelMismatch, match=r"abababababab.*cdcdcdcdcdcd"):
        store.expect([other])


def test_a_search_sees_what_another_process_added_and_removed(tmp_path: Path) -> None:
    with open_store(tmp_path / "s") as reading, open_store(tmp_path / "s") as writing:
        assert nearest(reading, 1, 0, 0, 0) == []
        add(writing, document("a", "a.txt"), "lamp")
        assert nearest(reading, 1, 0, 0, 0) == ["lamp"]
        writing.delete("a" * 64)
        assert nearest(reading, 1, 0, 0, 0) == []


def test_a_transaction_that_breaks_leaves_nothing(store: Store) -> None:
    twice = [element("a" * 64, 0, "lamp"), element("a" * 64, 0, "lamp")]
    with pytest.raises(StoreDamaged, match="UNIQUE"):
        store.add(document("a", "a.txt"), twice, [], location="/folder/a.txt")
    assert store.documents() == []
    assert words(store, "lamp") == []


def test_the_vector_cache_is_used_when_its_stamp_agrees(tmp_path: Path) -> None:
    with open_store(tmp_path / "s") as store, store.ingesting():
        add(store, document("a", "a.txt"), "lamp")
    (cache,) = (tmp_path / "s" / "cache").glob("*text.faiss")
    # Vectors gone from the catalogue by hand, without a new generation: what is found comes from the cache.
    with sqlite3.connect(tmp_path / "s" / "catalogue.sqlite") as connection:
        connection.execute("DELETE FROM vectors")
    connection.close()
    with open_store(tmp_path / "s") as store:
        assert nearest(store, 1, 0, 0, 0) == ["lamp"]
    assert cache.stat().st_size > 0


@pytest.mark.parametrize("damage", ["flip", "cut", "gone", "stale"])
def test_a_damaged_or_stale_vector_cache_is_rebuilt(tmp_path: Path, damage: str) -> None:
    with open_store(tmp_path / "s") as store, store.ingesting():
        add(store, document("a", "a.txt"), "lamp")
    (cache,) = (tmp_path / "s" / "cache").glob("*text.faiss")
    data = bytearray(cache.read_bytes())
    match damage:
        case "flip":
            data[len(data) // 2] ^= 0xFF
            cache.write_bytes(data)
        case "cut":
            cache.write_bytes(data[: len(data) // 2])
        case "gone":
            cache.unlink()
        case "stale":
            with open_store(tmp_path / "s") as store:
                add(store, document("b", "b.txt"), "boat")
            cache.write_bytes(data)
    with open_store(tmp_path / "s") as store:
        assert set(nearest(store, 1, 0, 0, 0)) == ({"lamp", "boat"} if damage == "stale" else {"lamp"})


def test_a_file_that_is_no_catalogue_is_named(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "catalogue.sqlite").write_bytes(b"this is no database at all" * 100)
    with pytest.raises(StoreDamaged, match=r"catalogue\.sqlite"):
        Store(tmp_path / "s")


def test_failures_are_remembered_until_the_file_is_taken(store: Store) -> None:
    store.record_failure(FailedFile("a.txt", "damaged_file", "cut short"), location="/folder/a.txt")
    assert [failure.code for _, failure in store.catalogue.failures()] == ["damaged_file"]
    add(store, document("a", "a.txt"), "lamp")
    assert store.catalogue.failures() == []


# Filters


@pytest.fixture
def library(store: Store) -> Store:
    for name, source in (("a", "reports/2023/a.txt"), ("b", "reports/b.txt"), ("c", "c.txt")):
        folder = document(name, source, metadata={"author": "Ann" if name == "a" else "Bob"}, n_pages=9)
        elements = [element(folder.id, page, f"lamp {name}{page}", page=page) for page in range(1, 10)]
        elements.append(element(folder.id, 99, f"lamp table {name}", page=9, modality="table"))
        rows = vectors(*([1, at, 0, 0] for at in range(len(elements))))
        store.add(
            folder, elements, [Encoded("tiny", "text", tuple(range(len(elements))), rows)], location=f"/folder/{source}"
        )
    return store


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(document=("c.txt",)), 10),
        (Filters(document=("b.txt",)), 10),
        (Filters(document=("reports/b.txt", "c" * 64)), 20),
        (Filters(path="reports/**"), 20),
        (Filters(path="*.txt"), 30),
        (Filters(path="/c.txt"), 10),
        (Filters(modality=("table",)), 3),
        (Filters(pages=(2, 3)), 6),
        (Filters(metadata={"author": "Ann"}), 10),
        (Filters(metadata={"author": "Eve"}), 0),
        (Filters(document=("c.txt",), modality=("text",), pages=(9, 9)), 1),
    ],
)
def test_filters_hold_inside_both_searches_and_still_give_k(library: Store, filters: Filters, expected: int) -> None:
    allowed = library.allowed(filters)
    assert allowed is not None
    assert len(allowed) == expected
    by_words = {row for row, _ in library.search_words("lamp", k=expected or 1, allowed=allowed)}
    found = library.search_vectors("tiny", "text", vectors([1, 5, 0, 0]), k=expected or 1, allowed=allowed)[0]
    assert by_words == {row for row, _ in found} == set(allowed.tolist())


def test_no_filter_lets_everything_through(library: Store) -> None:
    assert library.allowed(Filters()) is None


def test_a_filter_on_a_document_that_is_not_here_names_it(library: Store) -> None:
    with pytest.raises(UnknownDocument, match=r"gone\.pdf"):
        library.allowed(Filters(document=("gone.pdf",)))


@pytest.mark.parametrize(
    ("table", "read"),
    [
        ("lexical", lambda store: store.search_words("lamp", k=1, allowed=None)),
        ("elements", lambda store: store.allowed(Filters(modality=("text",)))),
    ],
)
def test_a_catalogue_damaged_while_it_is_open_is_named(
    store: Store, table: str, read: Callable[[Store], object]
) -> None:
    add(store, document("a", "a.txt"), "lamp")
    with store.catalogue.transaction() as writing:
        writing.execute(f"DROP TABLE {table}")
    with pytest.raises(StoreDamaged, match=r"catalogue\.sqlite"):
        read(store)
