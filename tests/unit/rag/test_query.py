"""Queries of several parts through the door of `Engine`, over colours that can be computed in the head."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from PIL import Image

from indexers.encode import encode
from indexers.worker import Read, bind
from rag import Engine, Like, Picture, Words
from rag.encoders.colours import ColourEncoder
from rag.errors import BadRequest, UnknownElement
from rag.query import MOST_PARTS, Part
from rag.settings import load_settings
from rag.store.store import Store
from rag.types import WHOLE_PAGE, Box, Document, Element, Filters, Hit

PICTURES = ("red", "blue", "green", "red blue", "green blue", "red green")
"""Each picture shows these colours in stripes, left to right."""
LEFT: Box = (0, 0, 0.5, 1)
RIGHT: Box = (0.5, 0, 1, 1)


def stripes(colours: str) -> Image.Image:
    names = colours.split()
    image = Image.new("RGB", (32 * len(names), 32))
    for at, name in enumerate(names):
        image.paste(name, (32 * at, 0, 32 * at + 32, 32))
    return image


class CountingEncoder(ColourEncoder):
    """Colours, and how many pictures were encoded."""

    n_images = 0

    def encode_images(self, images: Sequence[Image.Image]):  # type: ignore[no-untyped-def]  # as the method it counts
        self.n_images += len(images)
        return super().encode_images(images)


def add(store: Store, source: str, element: Element, *, media_type: str = "image/png") -> None:
    id = source.ljust(64, "0")
    bound = (bind(element, document_id=id, ordinal=0),)
    document = Document(id, source, source, media_type, 1)
    (encoded,) = encode([Read(document, bound, 0)], encoders={"colours": ColourEncoder()}, media=store.media)
    store.add(document, bound, encoded, location=f"/folder/{source}")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """Six pictures without words, and four passages."""
    with Store(tmp_path / "store", create=True) as store:
        store.expect([ColourEncoder().fingerprint])
        for colours in PICTURES:
            media = store.media.put_image(stripes(colours))
            add(store, f"{colours}.png", Element("image", "", 1, WHOLE_PAGE, media=media))
        for name in ("red boat", "blue boat", "red blue boat", "green car"):
            add(store, f"{name}.txt", Element("text", f"the {name}", 1), media_type="text/plain")
    with Engine(settings=load_settings(store=tmp_path / "store", encoders=("colours",), ocr=False)) as engine:
        yield engine


def pictures(engine: Engine, text: str = "", *parts: Part, k: int = 10) -> list[str]:
    """The pictures that a query finds, best first, by their colours."""
    hits = engine.search(text, parts=parts, k=k, filters=Filters(modality=("image",)))
    return [hit.document.source.removesuffix(".png") for hit in hits]


def texts(engine: Engine, text: str, *parts: Part) -> list[str]:
    hits = engine.search(text, parts=parts, filters=Filters(modality=("text",)))
    return [hit.document.source.removesuffix(".txt") for hit in hits]


def element(engine: Engine, source: str) -> str:
    """The id of a document's one element."""
    (hit,) = engine.search("red", filters=Filters(document=(source,)))
    return hit.element.id


def test_several_pictures_find_what_is_like_all_of_them(engine: Engine) -> None:
    assert pictures(engine, "", Picture(stripes("red")), Picture(stripes("blue")))[0] == "red blue"
    assert pictures(engine, "", Picture(stripes("green")), Picture(stripes("blue")))[0] == "green blue"


def test_a_picture_and_words_give_one_list_and_find_what_is_like_both(engine: Engine) -> None:
    hits = engine.search("blue", stripes("red"))
    assert hits[0].document.source == "red blue.png"
    assert {name for hit in hits for name in hit.ranks} == {"bm25", "dense:colours", "like:colours"}


def test_words_in_parts_are_words(engine: Engine) -> None:
    assert pictures(engine, "red", Words("blue"))[0] == "red blue"
    assert texts(engine, "", Words("green"), Words("car"))[0] == "green car"


@pytest.mark.parametrize(("weight", "first"), [(0.1, "red"), (1, "red blue"), (20, "blue")])
def test_a_weight_moves_the_query_towards_its_part(engine: Engine, weight: float, first: str) -> None:
    assert pictures(engine, "red", Words("blue", weight))[0] == first
    assert pictures(engine, "red", Picture(stripes("blue"), weight=weight))[0] == first


def test_only_the_ratio_of_weights_counts(engine: Engine) -> None:
    small = engine.search(parts=[Words("red", 0.001), Words("green", -0.0005)])
    large = engine.search(parts=[Words("red", 100), Words("green", -50)])
    assert [hit.element.id for hit in small] == [hit.element.id for hit in large]


def test_this_but_in_another_colour(engine: Engine) -> None:
    both = Picture(stripes("green blue"))
    assert pictures(engine, "red", both, Words("blue", -1))[0] == "red green"
    assert engine.search("red", parts=[both, Words("blue", -1)])[0].document.source == "red green.png"


def test_a_picture_can_be_kept_away_from(engine: Engine) -> None:
    found = pictures(engine, "red", Picture(stripes("blue"), weight=-1))
    assert found[0] == "red"
    assert found.index("red green") < found.index("red blue")


def test_unwanted_words_lower_a_passage_that_wanted_ones_found_in_every_list(engine: Engine) -> None:
    plain = engine.search("red boat", filters=Filters(modality=("text",)))
    pushed = engine.search("red boat", parts=[Words("blue", -1)], filters=Filters(modality=("text",)))

    def raw(hits: Sequence[Hit]) -> dict[str, float]:
        return dict(next(hit for hit in hits if hit.document.source == "red blue boat.txt").raw)

    assert set(raw(plain)) == {"bm25", "dense:colours"}
    assert all(raw(pushed).get(name, 0.0) < score for name, score in raw(plain).items())
    assert pushed[0].document.source == "red boat.txt"
    assert "blue boat.txt" in [hit.document.source for hit in plain if "bm25" in hit.ranks]
    assert "blue boat.txt" not in [hit.document.source for hit in pushed if "bm25" in hit.ranks]
    halved = engine.search("red boat", parts=[Words("blue", -0.5)], filters=Filters(modality=("text",)))
    assert raw(halved)["bm25"] == pytest.approx(raw(plain)["bm25"] / 2)


def test_what_is_kept_away_from_lowers_a_picture_that_its_words_speak_for(engine: Engine) -> None:
    with Store(engine.settings.store) as store:
        store.expect([ColourEncoder().fingerprint])
        blue = store.media.put_image(Image.new("RGB", (40, 40), "blue"))
        add(store, "sail.png", Element("image", "a sail of red", 1, WHOLE_PAGE, media=blue))
    assert "sail" in pictures(engine, "red sail")[:2]
    for unwanted in (Picture(stripes("blue"), weight=-1), Words("blue", -1)):
        found = pictures(engine, "red sail", unwanted)
        assert found[0] == "red"
        assert found.index("sail") > 2


def test_a_stored_element_finds_its_like_but_not_itself(engine: Engine) -> None:
    id = element(engine, "red blue.png")
    found = pictures(engine, "", Like(id))
    assert "red blue" not in found
    assert set(found[:2]) == {"red", "blue"}
    assert pictures(engine, "", Like(id, itself=True))[0] == "red blue"
    assert len(pictures(engine, "", Like(id), k=5)) == 5  # one less can be found, and five are there


def test_a_stored_element_that_is_kept_away_from_may_be_found(engine: Engine) -> None:
    assert pictures(engine, "red", Like(element(engine, "blue.png"), weight=-1))[-1] in ("blue", "green blue")


def test_a_crop_of_a_stored_element_is_looked_at_alone(engine: Engine) -> None:
    id = element(engine, "green blue.png")
    assert pictures(engine, "", Like(id, LEFT))[0] == "green"
    assert pictures(engine, "", Like(id, RIGHT))[0] == "blue"
    assert pictures(engine, "", Picture(stripes("red green"), LEFT))[0] == "red"
    assert pictures(engine, "", Picture(stripes("red green"), RIGHT))[0] == "green"


def test_a_crop_thinner_than_a_pixel_is_that_pixel(engine: Engine) -> None:
    assert pictures(engine, "", Picture(stripes("red green"), (0.99999, 0.5, 1, 0.50001)))[0] == "green"


def test_a_whole_stored_element_is_not_encoded_again(engine: Engine, tmp_path: Path) -> None:
    from rag.prepare import prepare
    from rag.retrieve import search

    counting = CountingEncoder()
    id = element(engine, "red blue.png")
    with Store(tmp_path / "store") as store:
        store.expect([counting.fingerprint])
        for box, n_images in ((None, 0), (LEFT, 1)):
            encoders = {"colours": counting}
            asked = prepare("", None, [Like(id, box)], store=store, encoders=encoders, by_sight=True)
            assert search(asked.query, store=store, encoders=encoders, k=3, filters=Filters())
            assert counting.n_images == n_images


def test_an_answer_is_searched_for_by_all_parts_of_its_question(engine: Engine) -> None:
    answer = engine.query("Which boat is red?", parts=[Words("blue", -1)])
    assert answer.hits == engine.search("Which boat is red?", parts=[Words("blue", -1)])
    assert answer.answerable
    assert answer.citations[0].document.source == "red boat.txt"


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ([Words("red", -1)], "keep away"),
        ([Words("red", -1), Picture(stripes("red"), weight=-2)], "keep away"),
        ([Words("red", 0)], "weight"),
        ([Words("red", math.nan)], "weight"),
        ([Words("red", math.inf)], "weight"),
        ([Words("red", 101)], "weight"),
        ([Words(" ")], "no words"),
        ([Picture(stripes("red"), (0.5, 0, 0.5, 1))], "box"),
        ([Picture(stripes("red"), (0, 0.6, 1, 0.5))], "box"),
        ([Picture(stripes("red"), (0, 0, 1.1, 1))], "box"),
        ([Picture(stripes("red"), (0, math.nan, 1, 1))], "box"),
        ([Words("red"), Words("red", -1)], "cancel"),
        ([Picture(stripes("red")), Picture(stripes("red"), weight=-1)], "cancel"),
        ([Words("red")] * (MOST_PARTS + 1), "17 parts"),
        ([], "nothing to search"),
    ],
)
def test_parts_that_cannot_be_searched_by_are_refused_with_a_hint(engine: Engine, parts: list[Part], told: str) -> None:
    with pytest.raises(BadRequest, match=told) as refused:
        engine.search(parts=parts)
    assert refused.value.hint


def test_the_words_and_the_picture_count_among_the_parts(engine: Engine) -> None:
    parts = [Words("red")] * (MOST_PARTS - 1)
    assert engine.search("red", parts=parts)
    with pytest.raises(BadRequest, match="17 parts"):
        engine.search("red", stripes("red"), parts=parts)


def test_an_unknown_element_and_one_without_a_picture_are_refused(engine: Engine) -> None:
    with pytest.raises(UnknownElement, match="none"):
        engine.search(parts=[Like("none")])
    with pytest.raises(BadRequest, match="no picture"):
        engine.search(parts=[Like(element(engine, "red boat.txt"))])
    with pytest.raises(BadRequest, match="no picture"):
        engine.search("red", parts=[Like(element(engine, "red boat.txt"), LEFT, -1)])


def test_where_nothing_looks_at_pictures_their_words_are_searched_for_and_that_is_said(engine: Engine) -> None:
    with Store(engine.settings.store) as store:
        store.expect([ColourEncoder().fingerprint])
        blue = store.media.put_image(Image.new("RGB", (40, 40), "blue"))
        add(store, "sign.png", Element("image", "", 1, WHOLE_PAGE, media=blue, ocr="green car"))
    found = engine.find(parts=[Like(element(engine, "sign.png"))], route="caption")
    assert found.hits[0].document.source == "green car.txt"
    assert [note.code for note in found.notes] == ["picture_read"]
    away = engine.search("boat", parts=[Like(element(engine, "sign.png"), weight=-1)], route="caption")
    assert away[-1].document.source in ("green car.txt", "sign.png")
    with pytest.raises(BadRequest, match="no words in the picture"):
        engine.search(parts=[Like(element(engine, "red.png"))], route="caption")


def test_unwanted_words_in_a_picture_push_it_down_however_it_looks(engine: Engine) -> None:
    with Store(engine.settings.store) as store:
        store.expect([ColourEncoder().fingerprint])
        for at, words in enumerate(("sales of 2019", "sales of 2020")):
            red = store.media.put_image(Image.new("RGB", (40, 40 + at), "red"))
            add(store, f"{at}.png", Element("image", "", 1, WHOLE_PAGE, media=red, ocr=words))
    assert set(pictures(engine, "red", k=3)) == {"red", "0", "1"}
    found = pictures(engine, "red", Words("the year 2019", -1))
    assert found.index("1") < 3 < found.index("0")
    alike = pictures(engine, "", Picture(stripes("red")), Words("2019", -1))
    assert alike.index("1") < 3 < alike.index("0")
