"""Pages by late interaction in the store: found by MaxSim, written with their document, gone with it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from rag.errors import ModelMismatch, StoreDamaged
from rag.late.aside import Aside, AsideByOrdinal
from rag.late.maxsim import max_sim
from rag.late.multivectors import Multivector, pool
from rag.protocols import Fingerprint
from rag.store.rows import Encoded
from rag.store.store import Store
from rag.types import Document, Element

if TYPE_CHECKING:
    from rag.types import Vectors

DIM = 16
WORDS = Fingerprint("tiny", "1", "ab" * 32, "none", DIM, 16, ("en",), True)
LATE = Fingerprint("late:tiny", "1", "cd" * 32, "none", DIM, 512, (), True)
N_ROWS = 60
"""Vectors of a page: more than are pooled, so that the two stages differ."""


def unit(seed: int, n_rows: int) -> Vectors:
    rows = np.random.default_rng(seed).standard_normal((n_rows, DIM)).astype(np.float32)
    units: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True).astype(np.float32)
    return units


def page(name: str, at: int) -> Vectors:
    return unit(1_000 * ord(name) + at, N_ROWS)


def encoded(name: str, n_pages: int) -> Encoded:
    pooled = [pool(page(name, at)) for at in range(n_pages)]
    ordinals = tuple(at for at, rows in enumerate(pooled) for _ in rows)
    whole = {at: Multivector.of(page(name, at)) for at in range(n_pages)}
    return Encoded(LATE.name, "page", ordinals, np.concatenate(pooled), whole)


def document(name: str) -> Document:
    return Document(name * 64, f"{name}.pdf", name, "application/pdf", 9)


def add(store: Store, name: str, n_pages: int = 3, *, part: Encoded | None = None, again: bool = False) -> str:
    id = name * 64
    elements = [
        Element("page", f"page {at} of {name}", at + 1, id=f"{name}-{at}", document_id=id) for at in range(n_pages)
    ]
    parts = [part or encoded(name, n_pages)]
    return store.add(document(name), elements, parts, location=f"/folder/{name}.pdf", again=again)


def open_store(root: Path) -> Store:
    store = Store(root, create=True)
    store.expect([WORDS, LATE])
    return store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "store") as opened:
        yield opened


def find(store: Store, query: Vectors, k: int = 100) -> dict[str, float]:
    found = store.search_pages(LATE.name, query, k=k, allowed=None)
    elements = store.elements([row for row, _ in found])
    return {elements[row].id: score for row, score in found}


def kept(root: Path) -> list[tuple[int, int]]:
    """How many rows of pages there are, pooled and whole."""
    with closing(sqlite3.connect(root / "catalogue.sqlite")) as connection:
        return connection.execute(
            "SELECT (SELECT COUNT(*) FROM vectors WHERE kind = 'page'), (SELECT COUNT(*) FROM multivectors)"
        ).fetchall()


def test_pages_come_in_the_order_of_brute_force_with_its_scores(store: Store) -> None:
    for name in "abcd":
        add(store, name)
    query = unit(5, 7)
    truth = {f"{name}-{at}": max_sim(query, page(name, at)) for name in "abcd" for at in range(3)}
    found = find(store, query)
    assert list(found) == sorted(truth, key=lambda id: -truth[id])
    assert found == pytest.approx(truth, abs=0.01)


def test_only_allowed_pages_are_found(store: Store) -> None:
    add(store, "a")
    add(store, "b")
    allowed = store.catalogue.rows_of(["b" * 64])
    found = store.search_pages(LATE.name, unit(5, 7), k=100, allowed=allowed)
    assert sorted(row for row, _ in found) == allowed.tolist()


@pytest.mark.parametrize("with_caches", [True, False])
def test_pages_are_found_after_opening_again(tmp_path: Path, with_caches: bool) -> None:
    with open_store(tmp_path / "s") as store:
        with store.ingesting():
            add(store, "a")
            add(store, "b")
        before = find(store, unit(5, 7))
    caches = sorted(path.name for path in (tmp_path / "s" / "cache").iterdir())
    assert caches == ["tiny-image.faiss", "tiny-image.json", "tiny-text.faiss", "tiny-text.json"]
    for path in () if with_caches else (tmp_path / "s" / "cache").iterdir():
        path.unlink()
    with open_store(tmp_path / "s") as store:
        assert find(store, unit(5, 7)) == before
        add(store, "c")
        assert len(find(store, unit(5, 7))) == 9


def test_what_another_process_adds_and_deletes_is_seen(store: Store) -> None:
    add(store, "a")
    assert len(find(store, unit(5, 7))) == 3
    with open_store(store.root) as other:
        add(other, "b", 2)
        other.delete("a" * 64)
    assert sorted(find(store, unit(5, 7))) == ["b-0", "b-1"]


def test_deleting_replacing_and_taking_again_leave_nothing_behind(store: Store) -> None:
    add(store, "a")
    once = kept(store.root)
    assert add(store, "a") == "unchanged"
    assert kept(store.root) == once
    assert add(store, "a", again=True) == "replaced"
    assert kept(store.root) == once
    assert len(find(store, unit(5, 7))) == 3
    store.delete("a" * 64)
    assert kept(store.root) == [(0, 0)]
    assert find(store, unit(5, 7)) == {}


class BreaksOff(dict[int, Multivector]):
    """Pages of which the second cannot be read any more."""

    def __getitem__(self, ordinal: int) -> Multivector:
        if ordinal == 1:
            raise KeyboardInterrupt
        return super().__getitem__(ordinal)


def test_a_document_that_breaks_off_between_two_pages_is_not_there_by_half(store: Store) -> None:
    whole = encoded("a", 3)
    part = Encoded(whole.space, whole.kind, whole.ordinals, whole.vectors, BreaksOff(whole.whole))
    with pytest.raises(KeyboardInterrupt):
        add(store, "a", part=part)
    assert kept(store.root) == [(0, 0)]
    assert store.documents() == []


def test_pages_that_lie_aside_on_disk_are_kept_like_others(store: Store) -> None:
    whole = encoded("a", 3)
    with Aside(store.root) as aside:
        numbers: Mapping[int, int] = {at: aside.put(whole.whole[at]) for at in (2, 0, 1)}
        part = Encoded(whole.space, whole.kind, whole.ordinals, whole.vectors, AsideByOrdinal(aside, numbers))
        add(store, "a", part=part)
    assert find(store, unit(5, 7)) == pytest.approx(
        {f"a-{at}": max_sim(unit(5, 7), page("a", at)) for at in range(3)}, abs=0.01
    )
    assert {path.name for path in store.root.iterdir()} >= {"catalogue.sqlite"}
    assert not [path for path in store.root.iterdir() if path.name.startswith("tmp")]


def test_a_page_whose_vectors_are_damaged_says_so(store: Store) -> None:
    add(store, "a")
    with store.catalogue.transaction() as writing:
        writing.execute("UPDATE multivectors SET codes = substr(codes, 1, 40)")
    with pytest.raises(StoreDamaged, match="Ingest its document again"):
        find(store, unit(5, 7))


def test_a_store_made_without_the_model_refuses_it_and_names_the_options(tmp_path: Path) -> None:
    with Store(tmp_path / "s", create=True) as store:
        store.expect([WORDS])
    with Store(tmp_path / "s") as store, pytest.raises(ModelMismatch, match="late:tiny") as raised:
        store.expect([WORDS, LATE])
    assert raised.value.hint == "Open it with --encoder tiny, or ingest into another store."
    with open_store(tmp_path / "t"):
        pass
    with Store(tmp_path / "t") as store, pytest.raises(ModelMismatch) as raised:
        store.expect([WORDS])
    assert "--encoder tiny --late late:tiny" in raised.value.hint
