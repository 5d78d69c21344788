"""What is the same in several places is one hit that names them all, through the door of `retrieve.search`."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance
from PIL.Image import Image as Picture

from indexers.encode import encode
from indexers.worker import Read, bind
from rag.citations import citation
from rag.encoders.colours import ColourEncoder
from rag.from_wire import hit_from_json
from rag.retrieve import Query, search
from rag.store.store import Store
from rag.terminal import show_hits
from rag.to_wire import hit_json
from rag.types import Document, Element, Evidence, Filters, Hit

ENCODERS = {"colours": ColourEncoder()}
PASSAGE = "The red lamp on the northern cape was lit at dusk on the third of May and burned whale oil until 1921."


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened(tmp_path / "store") as store:
        yield store


def opened(root: Path) -> Store:
    store = Store(root, create=True)
    store.expect([encoder.fingerprint for encoder in ENCODERS.values()])
    return store


def add(store: Store, name: str, *elements: Element) -> None:
    id = name.ljust(64, "0")
    bound = tuple(bind(element, document_id=id, ordinal=at) for at, element in enumerate(elements))
    document = Document(id, name, name, "application/pdf", max(element.page for element in elements))
    (encoded,) = encode([Read(document, bound, 0)], encoders=ENCODERS, media=store.media)
    store.add(document, bound, encoded, location=f"/folder/{name}")


def find(store: Store, text: str = "red lamp", k: int = 10, filters: Filters | None = None) -> tuple[Hit, ...]:
    return search(Query(text), store=store, encoders=ENCODERS, k=k, filters=filters or Filters())


def places(hit: Hit) -> list[tuple[str, int]]:
    return [(hit.document.source, hit.element.page), *((place.document.source, place.page) for place in hit.also)]


def photograph(seed: int = 1) -> Picture:
    """Blobs of many tones, reddish, from a field of chance."""
    field = np.random.default_rng(seed).integers(0, 255, (24, 32)).astype(np.uint8)
    grey = Image.fromarray(field).resize((320, 240), Image.Resampling.BICUBIC)
    return Image.merge("RGB", (grey, grey.point(lambda level: level // 2), grey.point(lambda level: level // 2)))


def chart(heights: Sequence[int], colour: str = "red") -> Picture:
    drawn = Image.new("RGB", (320, 240), "white")
    for at, height in enumerate(heights):
        ImageDraw.Draw(drawn).rectangle((20 + 60 * at, 220 - height, 60 + 60 * at, 220), fill=colour)
    return drawn


def as_jpeg(image: Picture) -> Picture:
    written = io.BytesIO()
    image.save(written, "JPEG", quality=50)
    return Image.open(written).convert("RGB")


def shown(store: Store, image: Picture, page: int = 1, ocr: str = "", text: str = "red") -> Element:
    return Element("image", text, page, media=store.media.put_image(image), ocr=ocr)


# Words


def test_the_same_paragraph_in_two_documents_is_one_hit_that_names_both(store: Store) -> None:
    add(store, "a.pdf", Element("text", PASSAGE, 1))
    add(store, "b.pdf", Element("text", PASSAGE.upper().replace(" ", "\n  "), 2, (0, 0, 1, 0.5)))
    (hit,) = find(store)
    assert sorted(places(hit)) == [("a.pdf", 1), ("b.pdf", 2)]
    assert {place.element for place in hit.also}.isdisjoint({hit.element.id})


@pytest.mark.parametrize(
    "other",
    [PASSAGE.replace("1921", "1923"), PASSAGE.replace("lit", "not lit"), PASSAGE.replace("northern", "southern")],
)
def test_paragraphs_that_differ_in_a_word_are_two_hits(store: Store, other: str) -> None:
    add(store, "a.pdf", Element("text", PASSAGE, 1))
    add(store, "b.pdf", Element("text", other, 1))
    assert [hit.also for hit in find(store)] == [(), ()]


def test_a_short_text_is_the_same_only_under_the_same_heading(store: Store) -> None:
    lamp = Element("text", "red lamp, 23 metres", 1, section=("The tower",))
    add(store, "a.pdf", lamp)
    add(store, "b.pdf", replace(lamp, section=("The chapel",)))
    add(store, "c.pdf", lamp)
    assert sorted(len(hit.also) for hit in find(store)) == [0, 1]


def test_a_running_title_stands_for_each_of_its_pages(store: Store) -> None:
    title = Element("text", "The red lamp, a history", 1, section=("Lamps",))
    add(store, "a.pdf", title, replace(title, page=2), replace(title, page=3))
    assert sorted(hit.element.page for hit in find(store)) == [1, 2, 3]


def test_equal_tables_are_one_and_a_passage_of_the_same_words_another(store: Store) -> None:
    cells = "Lamp | Colour | Oil | Lit\nnorth | red | whale | 1874\nsouth | red | rape | 1881"
    add(store, "a.pdf", Element("table", cells, 1))
    add(store, "b.pdf", Element("table", cells, 3))
    add(store, "c.pdf", Element("text", cells, 1))
    assert sorted((hit.element.modality, len(hit.also)) for hit in find(store)) == [("table", 1), ("text", 0)]


def test_k_distinct_hits_are_given_however_often_the_best_is_repeated(store: Store) -> None:
    add(store, "copies.pdf", *(Element("text", PASSAGE, page) for page in range(1, 301)))
    others = [
        f"A lamp with the number {number} stands on the pier of the old harbour by the red house."
        for number in range(9)
    ]
    add(store, "others.pdf", *(Element("text", other, page) for page, other in enumerate(others, start=1)))
    hits = find(store, k=5)
    assert [hit.rank for hit in hits] == [1, 2, 3, 4, 5]
    assert len({hit.element.text for hit in hits}) == 5
    filtered = find(store, k=10, filters=Filters(path="*.pdf"))
    assert len({hit.element.text for hit in filtered}) == 10
    (copies,) = (hit for hit in filtered if hit.element.text == PASSAGE)
    assert len(copies.also) == 299


def test_under_a_filter_the_hit_and_what_it_names_lie_inside_it(store: Store) -> None:
    for name in ("a.pdf", "b.pdf"):
        add(store, name, Element("text", PASSAGE, 1), Element("text", PASSAGE, 2))
    (hit,) = find(store, filters=Filters(document=("b.pdf",)))
    assert sorted(places(hit)) == [("b.pdf", 1), ("b.pdf", 2)]


def test_the_same_search_gives_the_same_order_twice(store: Store) -> None:
    for name in ("c.pdf", "a.pdf", "b.pdf"):
        add(store, name, Element("text", PASSAGE, 1), shown(store, photograph()))
    assert find(store) == find(store)


# Pictures


@pytest.mark.parametrize(
    "copied",
    [
        lambda image: image,
        lambda image: image.resize((160, 120)),
        as_jpeg,
        lambda image: ImageEnhance.Brightness(image).enhance(1.1),
        lambda image: image.crop((3, 2, 317, 238)),
    ],
    ids=["same bytes", "half the size", "jpeg", "brighter", "cropped"],
)
def test_a_copy_of_a_photograph_is_one_hit_with_it(store: Store, copied: object) -> None:
    assert callable(copied)
    add(store, "a.pdf", shown(store, photograph()))
    add(store, "b.pdf", shown(store, copied(photograph())))
    assert [len(hit.also) for hit in find(store)] == [1]


def test_different_photographs_are_two_hits(store: Store) -> None:
    add(store, "a.pdf", shown(store, photograph(1)))
    add(store, "b.pdf", shown(store, photograph(2)))
    assert len(find(store)) == 2


@pytest.mark.parametrize(
    ("image", "ocr"),
    [
        (chart([150, 60, 90, 40]), "Visitors 2023"),
        (chart([150, 60, 90, 120], "blue"), "Visitors 2023"),
        (chart([150, 60, 90, 120]), "Visitors 2024"),
        (chart([150, 60, 90, 120]).resize((160, 120)), ""),
    ],
    ids=["another value", "another colour", "another year", "nothing read"],
)
def test_a_chart_that_may_say_something_else_is_another_hit(store: Store, image: Picture, ocr: str) -> None:
    add(store, "a.pdf", shown(store, chart([150, 60, 90, 120]), ocr="Visitors 2023"))
    add(store, "b.pdf", shown(store, image.resize((image.width + 1, image.height + 1)), ocr=ocr))
    assert len(find(store)) == 2


def test_a_smaller_copy_of_a_chart_is_one_hit_with_it(store: Store) -> None:
    add(store, "a.pdf", shown(store, chart([150, 60, 90, 120]), ocr="Visitors 2023"))
    add(store, "b.pdf", shown(store, chart([150, 60, 90, 120]).resize((200, 150)), ocr="VISITORS 2023"))
    assert [len(hit.also) for hit in find(store)] == [1]


def test_blank_pictures_are_not_taken_for_each_other(store: Store) -> None:
    add(store, "a.pdf", shown(store, Image.new("RGB", (64, 48), "white")))
    add(store, "b.pdf", shown(store, Image.new("RGB", (64, 50), "white")))
    assert len(find(store)) == 2


def test_a_store_made_before_looks_at_its_pictures_when_a_search_needs_them(tmp_path: Path) -> None:
    with opened(tmp_path / "s") as store:
        add(store, "a.pdf", shown(store, photograph()))
        add(store, "b.pdf", shown(store, as_jpeg(photograph())))
    connection = sqlite3.connect(tmp_path / "s" / "catalogue.sqlite")
    with connection:
        connection.execute("DELETE FROM likenesses")
    connection.close()
    with opened(tmp_path / "s") as store:
        (hit,) = find(store)
        assert len(hit.also) == 1
        media = [element.media for element in store.elements([1, 2]).values() if element.media]
        assert set(store.likenesses(media)) == set(media)


def test_what_is_kept_of_a_picture_goes_with_it(store: Store) -> None:
    element = shown(store, photograph())
    add(store, "a.pdf", element)
    assert element.media is not None
    assert store.likenesses([element.media])
    store.delete("a.pdf".ljust(64, "0"))
    assert store.likenesses([element.media]) == {}


# What is told of it


def test_a_citation_the_wire_and_the_terminal_name_every_place(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    add(store, "a.pdf", Element("text", PASSAGE, 1))
    add(store, "b.pdf", Element("text", PASSAGE, 2, (0, 0, 1, 0.5)))
    (hit,) = find(store)
    assert citation(PASSAGE, Evidence(1, hit)).also == hit.also
    sent = hit_from_json(hit_json(hit))
    assert [(place.document.source, place.page, place.box, place.element) for place in sent.also] == [
        (place.document.source, place.page, place.box, place.element) for place in hit.also
    ]
    show_hits([hit])
    ((source, page),) = places(hit)[1:]
    assert f"also in {source}, page {page}" in capsys.readouterr().out
