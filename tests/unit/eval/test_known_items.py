"""What a folder asks about itself: of things that are there, in words that are not all of theirs."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from eval.folder import Folder
from eval.known_items import KnownItems, known_items
from rag.store.lexical import words
from tests.unit.eval.drawn_folders import draw_pictures, sentence, taken, write_prose

TABLE = """# Ships

| Name | Length | Crew |
|---|---|---|
| Aurora | 91 m | 40 |
| Borealis | 87 m | 35 |

The harbour took in 4,711 barrels of herring before the winter storms closed it.
"""


def asked(folder: Path, *, n: int = 50, seed: int = 0, by_sight: bool = True) -> KnownItems:
    with taken(folder) as library:
        return known_items(Folder(library.store), n=n, seed=seed, by_sight=by_sight)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "in"
    write_prose(root, random.Random(1), n=3)
    draw_pictures(root, random.Random(1), n=2)
    (root / "ships.md").write_text(TABLE, encoding="utf-8")
    return root


def test_the_same_seed_asks_the_same_and_another_asks_otherwise(folder: Path) -> None:
    first = asked(folder)
    assert asked(folder) == first
    assert {item.question for item in asked(folder, seed=1).items} != {item.question for item in first.items}


def test_no_question_holds_all_the_words_of_its_element(folder: Path) -> None:
    for seed in range(5):
        for item in asked(folder, seed=seed, by_sight=False).items:
            whole = [*words(item.element.text), *(word for title in item.element.section for word in words(title))]
            assert set(words(item.question)) < set(whole)


def test_each_kind_of_evidence_is_asked_as_often_as_there_is_any(folder: Path) -> None:
    items = asked(folder, n=6).items
    assert sorted(item.stratum for item in items) == ["image", "image", "table", "text", "text", "text"]


def test_a_table_is_asked_by_the_heads_of_a_column_and_a_row(folder: Path) -> None:
    seen = {item.question for seed in range(12) for item in asked(folder, seed=seed).items if item.stratum == "table"}
    assert seen == {"Length Aurora", "Crew Aurora", "Length Borealis", "Crew Borealis"}


def test_a_number_is_remembered_with_some_of_its_sentence(folder: Path) -> None:
    found = [item for seed in range(12) for item in asked(folder, seed=seed).items if item.kind == "number"]
    assert found
    assert all("4,711" in item.question.split() and len(item.question.split()) > 1 for item in found)


def test_a_picture_without_words_is_asked_by_a_smaller_detail_of_it(folder: Path) -> None:
    with taken(folder) as library:
        pictures = [
            item for item in known_items(Folder(library.store), n=50, seed=0, by_sight=True).items if item.detail
        ]
        assert [item.question for item in pictures] == ["", ""]
        for item in pictures:
            assert item.detail is not None
            detail = item.detail.picture(library.store.media)
            assert 32 <= min(detail.size) <= max(detail.size) < 96


def test_without_an_encoder_that_sees_such_pictures_are_counted_and_not_asked(folder: Path) -> None:
    found = asked(folder, by_sight=False)
    assert found.unseen == 2
    assert not [item for item in found.items if item.stratum == "image"]


def test_a_picture_is_asked_by_its_telling_name_and_not_by_that_of_a_camera(tmp_path: Path) -> None:
    root = tmp_path / "in"
    root.mkdir()
    for at, name in enumerate(("red fishing boat at anchor", "DSC_00417", "1001773457_577c3a7d70")):
        Image.new("RGB", (40, 40), (at * 90, 20, 20)).save(root / f"{name}.png")
    found = {item.document.source: item for item in asked(root).items}
    assert [item.kind for _, item in sorted(found.items())] == ["looks", "looks", "name"]
    told = set(found["red fishing boat at anchor.png"].question.split())
    assert len(told) >= 2
    assert told < {"red", "fishing", "boat", "at", "anchor"}


def test_a_picture_is_asked_by_what_is_said_about_it(tmp_path: Path) -> None:
    root = tmp_path / "in"
    root.mkdir()
    said = PngInfo()
    said.add_text("Description", "A keeper polishes the lens of the northern lighthouse.")
    Image.new("RGB", (40, 40), "red").save(root / "IMG_1.png", pnginfo=said)
    (item,) = asked(root).items
    assert item.kind == "caption"
    assert set(item.question.split()) <= {"keeper", "polishes", "lens", "the", "northern", "lighthouse"}


def test_every_place_that_holds_all_words_of_a_question_is_right(tmp_path: Path) -> None:
    root = tmp_path / "in"
    write_prose(root, random.Random(2), n=4)
    twice = sentence(random.Random(3))
    for name in ("one", "two"):
        (root / f"{name}.md").write_text(f"{twice}\n\n{sentence(random.Random(name))}\n", encoding="utf-8")
    own = [item for item in asked(root).items if item.question and set(words(item.question)) <= set(words(twice))]
    assert own
    assert all(len(item.places) == 2 for item in own)


def test_a_picture_whose_words_many_others_have_is_asked_by_its_looks(tmp_path: Path) -> None:
    draw_pictures(tmp_path / "in", random.Random(4), n=6)
    for path in (tmp_path / "in").iterdir():
        said = PngInfo()
        said.add_text("Description", "A small mosaic of colours.")
        with Image.open(path) as picture:
            picture.save(path, pnginfo=said)
    assert [item.kind for item in asked(tmp_path / "in").items] == ["looks"] * 6


def test_nothing_is_asked_twice(tmp_path: Path) -> None:
    root = tmp_path / "in"
    root.mkdir()
    for name in ("one", "two", "three"):
        (root / f"{name}.md").write_text(f"{TABLE}\n{name}\n", encoding="utf-8")
    questions = [item.question for item in asked(root).items]
    assert questions
    assert len(set(questions)) == len(questions)


def test_a_folder_without_anything_asks_nothing(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    assert asked(tmp_path / "in") == KnownItems((), 0)
