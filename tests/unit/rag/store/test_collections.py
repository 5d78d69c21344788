"""Collections in the store: a place belongs to one, a document to all where it lies, and each goes by itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.errors import BadRequest, UnknownCollection, UnknownDocument
from rag.store import lexical
from rag.store.store import Store
from rag.types import Collection, Document, FailedFile, Filters
from tests.unit.rag.store.test_store import FINGERPRINT, document, element

A, B = "a" * 64, "b" * 64


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store", create=True) as opened:
        opened.expect([FINGERPRINT])
        yield opened


def put(store: Store, name: str, source: str, collection: str) -> str:
    one = document(name, source)
    elements = [element(one.id, 0, f"lamp {name}")]
    return store.add(one, elements, [], location=f"/{source}", collection=collection)


def found(store: Store, *names: str) -> list[tuple[str, str]]:
    """Source and words of what a search in these collections finds."""
    rows = store.search_words("lamp", k=9, allowed=store.allowed(Filters(collection=names)))
    elements = store.elements([row for row, _ in rows])
    documents = {one.id: one for one in store.documents(collections=names)}
    return sorted((documents[one.document_id].source, one.text) for one in elements.values())


def test_the_same_bytes_in_two_collections_are_kept_once_and_found_in_both(store: Store) -> None:
    assert put(store, "a", "x/report.txt", "one") == "added"
    assert store.add_source(A, location="/y/copy.txt", source="y/copy.txt", collection="two")
    put(store, "b", "other.txt", "two")
    assert found(store, "one") == [("x/report.txt", "lamp a")]
    assert found(store, "two") == [("other.txt", "lamp b"), ("y/copy.txt", "lamp a")]
    assert found(store, "one", "two") == [("other.txt", "lamp b"), ("x/report.txt", "lamp a")]
    assert [one.collections for one in store.documents()] == [("two",), ("one", "two")]


def test_one_path_may_hold_different_bytes_in_two_collections(store: Store) -> None:
    put(store, "a", "plan.txt", "one")
    assert put(store, "b", "plan.txt", "two") == "added"
    assert found(store, "one") == [("plan.txt", "lamp a")]
    assert put(store, "b", "plan.txt", "one") == "replaced"
    assert [one.id for one in store.documents()] == [B]
    assert found(store, "one") == found(store, "two") == [("plan.txt", "lamp b")]


def test_a_document_leaves_one_collection_and_stays_in_the_other(store: Store) -> None:
    put(store, "a", "report.txt", "one")
    put(store, "a", "report.txt", "two")
    store.delete(A, collection="one")
    assert [one.name for one in store.collections()] == ["two"]
    with pytest.raises(UnknownDocument):
        store.delete(A, collection="one")
    store.delete(A)
    assert store.documents() == []


def test_a_deleted_collection_takes_what_lies_in_no_other(store: Store) -> None:
    put(store, "a", "both.txt", "one")
    put(store, "a", "both.txt", "two")
    put(store, "b", "alone.txt", "one")
    store.record_failure(FailedFile("bad.txt", "damaged_file", "cut"), location="/bad.txt", collection="one")
    store.set_collection("one", route="caption", generator=None)
    was = store.delete_collection("one")
    assert (was.documents, was.route) == (2, "caption")
    assert [(one.id, one.collections) for one in store.documents()] == [(A, ("two",))]
    assert [one.name for one in store.collections()] == ["two"]
    assert store.catalogue.failures() == []
    with pytest.raises(UnknownCollection, match="one"):
        store.delete_collection("one")


def test_a_listing_counts_what_each_holds(store: Store) -> None:
    put(store, "a", "a.txt", "one")
    store.add_source(A, location="/again.txt", source="again.txt", collection="one")
    store.add_source(A, location="/a.txt", source="a.txt", collection="two")
    put(store, "b", "b.txt", "two")
    store.set_collection("empty", route=None, generator="extractive")
    counts = [(one.name, one.documents, one.pages, one.elements.get("text")) for one in store.collections()]
    assert counts == [("empty", 0, 0, 0), ("one", 1, 1, 1), ("two", 2, 2, 2)]


def test_only_a_collection_that_is_asked_alone_says_how(store: Store) -> None:
    store.set_collection("one", route="caption", generator="extractive")
    assert store.collection_asked(["one"]) == Collection("one", route="caption", generator="extractive")
    assert [store.collection_asked(names).route for names in ([], ["one", "two"], ["two"])] == [None] * 3
    store.set_collection("one", route=None, generator=None)
    assert store.collection_asked(["one"]).route is None
    assert store.collections() == []


def test_failures_belong_to_their_collection(store: Store) -> None:
    for name in ("one", "two"):
        store.record_failure(FailedFile("a.txt", "damaged_file", name), location="/a.txt", collection=name)
    put(store, "a", "a.txt", "one")
    assert [failure.reason for _, failure in store.catalogue.failures()] == ["two"]
    assert store.catalogue.failures(["one"]) == []


def test_names_in_filters_are_looked_up_inside_the_collection(store: Store) -> None:
    put(store, "a", "one/plan.txt", "one")
    put(store, "b", "two/plan.txt", "two")
    assert [one.id for one in store.find_documents("plan.txt", ["two"])] == [B]
    with pytest.raises(UnknownDocument, match="in two"):
        store.allowed(Filters(document=("one/plan.txt",), collection=("two",)))
    allowed = store.allowed(Filters(path="one/**", collection=("one", "two")))
    assert allowed is not None
    assert len(allowed) == 1


def test_a_filter_that_names_every_collection_is_no_filter(store: Store) -> None:
    put(store, "a", "a.txt", "one")
    assert store.allowed(Filters(collection=("one",))) is None
    put(store, "b", "b.txt", "two")
    assert store.allowed(Filters(collection=("one", "two"))) is None
    narrowed = store.allowed(Filters(collection=("one",)))
    assert narrowed is not None
    assert len(narrowed) == 1


def test_an_unknown_collection_is_named_with_the_known_ones_and_default_is_always_one(store: Store) -> None:
    put(store, "a", "a.txt", "one")
    with pytest.raises(UnknownCollection, match=r"'tow'.*default, one"):
        store.allowed(Filters(collection=("tow",)))
    empty = store.allowed(Filters(collection=("default",)))
    assert empty is not None
    assert len(empty) == 0


@pytest.mark.parametrize("name", ["", "a b", "a/b", "ä", "..", "a" * 65, "a\n", "naïve"])
def test_a_name_that_cannot_be_one_is_refused(store: Store, name: str) -> None:
    with pytest.raises(BadRequest, match="64"):
        put(store, "a", "a.txt", name)
    with pytest.raises(BadRequest, match="cannot be called"):
        store.set_collection(name, route="caption", generator=None)
    assert store.documents() == []


@pytest.mark.parametrize("name", ["a", "A-1_b", "-", "9" * 64])
def test_letters_digits_hyphens_and_underscores_make_a_name(store: Store, name: str) -> None:
    assert put(store, "a", "a.txt", name) == "added"


def test_a_store_of_version_2_opens_with_everything_in_default(tmp_path: Path) -> None:
    root = tmp_path / "s"
    root.mkdir()
    connection = sqlite3.connect(root / "catalogue.sqlite")
    connection.executescript(Path(__file__).with_name("schema_2.sql").read_text())
    connection.execute(lexical.SCHEMA)
    with connection:
        connection.execute("INSERT INTO meta VALUES ('schema_version', '2'), ('generation', '7')")
        connection.execute("INSERT INTO documents VALUES (?, 'A', 'text/plain', 3, 'default', '{}', 'then')", [A])
        connection.execute("INSERT INTO sources VALUES ('/f/a.txt', 'a.txt', ?), ('/g/b.txt', 'b.txt', ?)", [A, A])
        connection.execute("INSERT INTO failures VALUES ('/f/c.txt', 'c.txt', 'damaged_file', 'cut', 'then')")
    connection.close()
    with Store(root) as store:
        store.expect([FINGERPRINT])
        assert store.documents() == [Document(A, "a.txt", "A", "text/plain", 3, ingested_at="then")]
        assert store.catalogue.failures(["default"]) == [("/f/c.txt", FailedFile("c.txt", "damaged_file", "cut"))]
        assert [(one.name, one.documents, one.pages) for one in store.collections()] == [("default", 1, 3)]
        assert store.remove_sources(["/f/a.txt", "/g/b.txt"]) == 1
