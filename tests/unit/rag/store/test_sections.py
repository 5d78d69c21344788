"""What goes on around a hit in its document, by headings or, without any, on its page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.store.sections import REACH
from rag.store.store import Store
from rag.types import Document, Element, Filters, Hit

OIL, LAMPS = ("Oil",), ("Oil", "Lamps")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store", create=True) as opened:
        yield opened


def add(store: Store, *elements: Element, n_pages: int = 9) -> list[Hit]:
    """The elements, taken as one document, as hits."""
    document = Document("d" * 64, "a.pdf", "a", "application/pdf", n_pages)
    bound = [
        Element(one.modality, one.text, one.page, section=one.section, id=f"{at}", document_id=document.id)
        for at, one in enumerate(elements)
    ]
    store.add(document, bound, [], location="/a.pdf")
    return [Hit(at, 1.0, one, document, {}) for at, one in enumerate(bound, start=1)]


def around(store: Store, hit: Hit, filters: Filters | None = None) -> str:
    return " ".join(one.text for one in store.section_of(hit, filters or Filters()))


def text(words: str, page: int = 1, section: tuple[str, ...] = LAMPS) -> Element:
    return Element("text", words, page, section=section)


def test_a_section_goes_over_pages_and_ends_at_headings(store: Store) -> None:
    hits = add(store, text("a", 1, OIL), text("b"), text("c"), text("d", 2), text("e", 2, OIL), text("f", 2))
    assert around(store, hits[2]) == "b c d"
    assert around(store, hits[0]) == "a"
    assert around(store, hits[5]) == "f"


def test_tables_are_among_it_and_pictures_and_pages_are_passed_over(store: Store) -> None:
    picture, page = Element("image", "p", 1, section=OIL), Element("page", "P", 1, section=OIL)
    hits = add(store, text("a"), picture, Element("table", "t", 1, section=LAMPS), page, text("b", 2))
    assert around(store, hits[0]) == "a t b"


def test_without_headings_a_page_is_a_section_and_so_is_a_file_without_pages(store: Store, tmp_path: Path) -> None:
    plain = [text("a", 1, ()), text("b", 1, ()), text("c", 2, ())]
    assert around(store, add(store, *plain)[0]) == "a b"
    with Store(tmp_path / "other", create=True) as other:
        notes = [text(letter, 1, ()) for letter in "abc"]
        assert around(other, add(other, *notes, n_pages=1)[1]) == "a b c"


def test_only_what_the_filters_let_through_is_around(store: Store) -> None:
    hits = add(store, text("a"), Element("table", "t", 1, section=LAMPS), text("b", 2), text("c", 3))
    assert around(store, hits[0], Filters(pages=(1, 2))) == "a t b"
    assert around(store, hits[0], Filters(modality=("text",))) == "a b c"


def test_a_long_section_is_looked_at_near_the_hit_only(store: Store) -> None:
    hits = add(store, *(text(f"{at}") for at in range(4 * REACH)))
    found = store.section_of(hits[2 * REACH], Filters())
    assert [found[0].text, found[-1].text] == [f"{REACH}", f"{3 * REACH}"]


def test_around_what_is_gone_there_is_nothing(store: Store) -> None:
    hits = add(store, text("a"), text("b"))
    store.delete("d" * 64)
    assert store.section_of(hits[0], Filters()) == []
