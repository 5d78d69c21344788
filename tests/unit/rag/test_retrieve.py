"""Ranking through the door of `retrieve.search`, over colours that can be computed in the head."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from PIL import Image

from indexers.encode import encode
from indexers.worker import Read, bind
from rag.encoders.colours import ColourEncoder
from rag.errors import BadRequest, UnknownDocument
from rag.retrieve import Query, search
from rag.store.store import Store
from rag.types import Document, Element, Filters, Hit, Span

ENCODERS = {"colours": ColourEncoder()}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store", create=True) as opened:
        opened.expect([encoder.fingerprint for encoder in ENCODERS.values()])
        yield opened


def add(store: Store, name: str, elements: Sequence[Element], *, n_pages: int = 1) -> None:
    id = name.ljust(64, "0")
    bound = tuple(bind(element, document_id=id, ordinal=at) for at, element in enumerate(elements))
    document = Document(id, name, name, "application/pdf", n_pages)
    (encoded,) = encode([Read(document, bound, 0)], encoders=ENCODERS, media=store.media)
    store.add(document, bound, encoded, location=f"/folder/{name}")


def picture(store: Store, colour: str, text: str = "") -> Element:
    return Element("image", text, 1, (0, 0, 1, 1), media=store.media.put_image(Image.new("RGB", (32, 32), colour)))


def find(
    store: Store, text: str = "", image: Image.Image | None = None, k: int = 10, **filters: object
) -> tuple[Hit, ...]:
    wanted = Filters(**filters)  # type: ignore[arg-type]
    return search(Query(text, image), store=store, encoders=ENCODERS, k=k, filters=wanted)


def test_an_empty_store_gives_no_hits(store: Store) -> None:
    assert find(store, "red") == ()


def test_nothing_asked_is_an_error_that_says_what_to_give(store: Store) -> None:
    with pytest.raises(BadRequest, match="picture"):
        find(store, "  ")


def test_hits_carry_rank_score_place_and_what_found_them(store: Store) -> None:
    add(
        store,
        "a.pdf",
        [Element("text", "the red boat", 1, (0, 0, 1, 0.5), ("Boats",)), Element("text", "a blue car", 2)],
    )
    first, second = find(store, "red boat")
    assert (first.rank, first.element.text, first.element.section) == (1, "the red boat", ("Boats",))
    assert first.found_by == ("bm25", "dense:colours")
    assert 1 >= first.score > second.score > 0
    assert first.document.source == "a.pdf"


def test_a_picture_without_words_is_found_among_many_texts(store: Store) -> None:
    add(store, "texts.pdf", [Element("text", f"a red thing, number {at}", 1) for at in range(300)])
    add(store, "red.png", [picture(store, "red")])
    add(store, "blue.png", [picture(store, "blue")])
    sources = [hit.document.source for hit in find(store, "red")]
    assert "red.png" in sources[:3]


def test_a_picture_finds_its_like(store: Store) -> None:
    for colour in ("red", "green", "blue"):
        add(store, f"{colour}.png", [picture(store, colour)])
    hits = find(store, image=Image.new("RGB", (50, 20), "green"))
    assert hits[0].document.source == "green.png"
    assert hits[0].found_by == ("like:colours",)


def test_words_and_a_picture_together_find_what_is_like_both(store: Store) -> None:
    half = Image.new("RGB", (32, 32), "red")
    half.paste("blue", (0, 0, 32, 16))
    add(store, "both.png", [Element("image", "", 1, (0, 0, 1, 1), media=store.media.put_image(half))])
    for colour in ("red", "blue", "green"):
        add(store, f"{colour}.png", [picture(store, colour)])
    hits = find(store, "blue", Image.new("RGB", (32, 32), "red"))
    assert {hit.document.source for hit in hits[:3]} == {"both.png", "red.png", "blue.png"}


@pytest.mark.parametrize("k", [1, 7, 40])
def test_filters_still_give_k_hits_when_k_exist(store: Store, k: int) -> None:
    add(store, "noise.pdf", [Element("text", f"red red red {at}", 1) for at in range(500)])
    add(store, "small.pdf", [Element("text", f"something else {at}", at + 1) for at in range(40)], n_pages=40)
    hits = find(store, "red", k=k, document=("small.pdf",))
    assert len(hits) == k
    assert {hit.document.source for hit in hits} == {"small.pdf"}


def test_modality_and_pages_filter(store: Store) -> None:
    add(store, "a.pdf", [Element("text", "red", 1), picture(store, "red"), Element("text", "red", 2)], n_pages=2)
    assert [hit.element.modality for hit in find(store, "red", modality=("image",))] == ["image"]
    assert [hit.element.page for hit in find(store, "red", pages=(2, 2))] == [2]
    with pytest.raises(UnknownDocument):
        find(store, "red", document=("other.pdf",))


def test_k_elements_that_pass_the_filters_come_even_if_nothing_speaks_for_them(store: Store) -> None:
    silent = [Element("image", "", 1, (0, 0, 1, 1)) for _ in range(3)]
    add(store, "a.pdf", [Element("text", "red boat", 1), *silent, Element("image", "a red boat", 1)])
    hits = find(store, "red boat", k=4, modality=("image",))
    assert len(hits) == 4
    assert (hits[0].element.text, hits[0].score > 0) == ("a red boat", True)
    assert [(hit.score, dict(hit.ranks)) for hit in hits[1:]] == [(0.0, {})] * 3


def test_pages_are_ranked_by_what_stands_on_them(store: Store) -> None:
    pages = [Element("page", "", number, (0, 0, 1, 1)) for number in (1, 2, 3)]
    add(store, "a.pdf", [Element("text", "blue", 1), Element("text", "red boat", 3), *pages], n_pages=3)
    hits = find(store, "red boat", k=3, modality=("page",))
    assert [hit.element.modality for hit in hits] == ["page"] * 3
    assert hits[0].element.page == 3
    assert len(find(store, "red boat", k=1, modality=("page",), pages=(1, 2))) == 1


def test_hits_spread_over_the_pages_of_a_document(store: Store) -> None:
    crowded = [Element("text", f"red boat {at}", 1) for at in range(20)]
    add(store, "a.pdf", [*crowded, Element("text", "red boat", 2), Element("text", "red", 3)], n_pages=3)
    assert {hit.element.page for hit in find(store, "red boat", k=5)} == {1, 2, 3}


def test_a_long_text_file_is_not_taken_for_one_page(store: Store) -> None:
    add(store, "log.txt", [Element("text", f"red boat {at}", 1) for at in range(20)])
    add(store, "other.txt", [Element("text", "red", 1)])
    assert [hit.document.source for hit in find(store, "red boat", k=5)].count("log.txt") >= 4


def test_a_picture_without_words_that_sight_finds_first_is_not_below_worded_ones(store: Store) -> None:
    worded = [picture(store, colour, "red boat") for colour in ("blue", "green", "yellow")]
    passages = [Element("text", f"a red boat {at}", 1) for at in range(30)]
    add(store, "a.txt", [picture(store, "red"), *worded, *passages])
    hits = find(store, "red boat", k=40)
    (wordless,) = [hit for hit in hits if hit.element.modality == "image" and not hit.element.text]
    assert "bm25" not in wordless.ranks
    assert wordless.ranks["picture:colours"] == 1
    assert wordless.score == max(hit.score for hit in hits)
    assert all(hit.rank > wordless.rank for hit in hits if hit.element.modality == "image" and hit.element.text)


def paged(store: Store) -> None:
    number = Span(0, 1, (0.4, 0.95, 0.6, 0.98))
    pages = [
        Element("text", f"{page - 1}", page, (0.4, 0.95, 0.6, 0.98), spans=(number,)) for page in range(2, 10)
    ]  # the cover is not numbered
    pages += [Element("text", "a common sentence", page) for page in range(1, 10)]
    pages += [Element("image", "Figure 2: a chart", 7), Element("text", "as Figure 2 shows", 3)]
    add(store, "a.pdf", pages, n_pages=9)


@pytest.mark.parametrize(
    ("question", "first", "second"),
    [
        ("a common sentence on page 5", 6, 5),
        ("the last page", 9, None),
        ("What does Figure 2 show?", 7, 3),
        ("zebra on slide 4", 5, 4),
    ],
)
def test_what_a_question_names_comes_first(store: Store, question: str, first: int, second: int | None) -> None:
    paged(store)
    pages = list(dict.fromkeys(hit.element.page for hit in find(store, question, document=("a.pdf",))))
    assert pages[0] == first
    assert second is None or pages[1] == second


def test_a_named_page_never_breaks_a_filter(store: Store) -> None:
    paged(store)
    assert {hit.element.page for hit in find(store, "sentence on page 5", pages=(1, 2))} == {1, 2}


def test_a_deleted_document_is_never_found(store: Store) -> None:
    add(store, "a.pdf", [Element("text", "red boat", 1)])
    add(store, "b.pdf", [Element("text", "red boat", 1)])
    store.delete("a.pdf".ljust(64, "0"))
    assert [hit.document.source for hit in find(store, "red boat")] == ["b.pdf"]
