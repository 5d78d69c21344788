"""Questions that ask for two things, searched for in their parts, through the door of the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from rag import Engine
from rag.apart import search_apart
from rag.settings import load_settings
from rag.types import Document, Hit, Place
from tests.evidence import hit

BOTH = "How tall is the red tower and when was the blue bell cast?"
TALL = hit("The red tower is 23 metres tall.")
CAST = hit("The blue bell was cast in 1874.", rank=7)
WALKS = tuple(hit(f"Walk {at} leads to the red tower.", rank=at) for at in range(2, 7))


def searching(found: dict[str, Sequence[Hit]]) -> tuple[Callable[[str], Sequence[Hit]], list[str]]:
    asked: list[str] = []

    def search(question: str) -> Sequence[Hit]:
        asked.append(question)
        return next((hits for word, hits in found.items() if word in question), ())

    return search, asked


def test_the_best_hit_of_each_part_is_among_the_first_three() -> None:
    search, asked = searching({"red tower and": (TALL, *WALKS), "tall": (TALL, *WALKS), "cast": (CAST, TALL)})
    found = search_apart(BOTH, search, k=5)
    assert asked == [BOTH, "How tall is the red tower?", "when was the blue bell cast?"]
    assert [one.element.text for one in found[:2]] == [TALL.element.text, CAST.element.text]
    assert [one.rank for one in found] == [1, 2, 3, 4, 5]
    assert len({one.element.id for one in found}) == 5


def test_a_question_for_one_thing_is_searched_for_once_and_its_hits_are_left_as_they_are() -> None:
    search, asked = searching({"tall": (TALL, *WALKS)})
    assert search_apart("How tall is the red tower?", search, k=2) == (TALL, *WALKS)
    assert len(asked) == 1


def test_what_the_evidence_joins_is_one_thing() -> None:
    question = "What are the terms and conditions of the licence?"
    search, asked = searching({"licence": (hit("The terms and conditions of the licence are on the last page."),)})
    assert len(search_apart(question, search, k=5)) == 1
    assert asked == [question]


def test_what_two_searches_found_in_two_places_is_told_once_with_both() -> None:
    other = Document("f" * 64, "other.pdf", "other", "application/pdf", 1)
    twin = replace(TALL, document=other, element=replace(TALL.element, id="twin", document_id=other.id), relevance=0.9)
    first = replace(TALL, also=(Place(other, 1, None, "twin"),))
    third = Place(other, 2, None, "third")
    back = replace(twin, also=(Place(TALL.document, 1, None, TALL.element.id), third))
    search, _ = searching({"red tower and": (first,), "tall": (back,), "cast": ()})
    (found,) = search_apart(BOTH, search, k=5)
    assert (found.element, found.relevance) == (TALL.element, 0.9)
    assert [place.element for place in found.also] == ["twin", "third"]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    folder = tmp_path / "folder"
    folder.mkdir()
    for at in range(12):
        (folder / f"walk-{at:02}.txt").write_text(f"Walk {at} leads to the red tower, the red tower, the red one.")
    (folder / "bell.txt").write_text("The blue bell was cast in 1874.")
    (folder / "tall.txt").write_text("The red tower is 23 metres tall.")
    settings = load_settings().model_copy(update={"encoders": ("colours",), "ocr": False, "workers": 1})
    with Engine(tmp_path / "store", settings=settings) as opened:
        opened.ingest(folder)
        yield opened


def test_both_parts_are_answered_from_few_hits(engine: Engine) -> None:
    assert "tall.txt" not in [hit.document.source for hit in engine.search(BOTH, k=2)]
    answer = engine.query(BOTH, k=2)
    assert len(answer.hits) == 2
    assert answer.text == "The red tower is 23 metres tall. [2] The blue bell was cast in 1874. [1]"


def test_a_question_with_a_picture_is_searched_for_as_a_whole(engine: Engine) -> None:
    picture = Image.new("RGB", (32, 32), "red")
    assert engine.query(BOTH, image=picture, k=3).hits == engine.search(BOTH, picture, 3)
