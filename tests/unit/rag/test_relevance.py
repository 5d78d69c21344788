"""Whether what was found has to do with the question, through the door of `retrieve.search`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from indexers.encode import encode
from indexers.worker import Read, bind
from rag.encoders.builtin import BuiltinEncoder
from rag.encoders.colours import ColourEncoder
from rag.language import may_read
from rag.protocols import Encoder, Fingerprint
from rag.relevance import POINTED_AT, RELEVANT_FROM, UNKNOWN, is_relevant
from rag.retrieve import Query, search
from rag.store.store import Store
from rag.types import Document, Element, Filters, Hit

if TYPE_CHECKING:
    from rag.types import Vectors

GREEN_AND_BLUE = [f"the {colour} boat, number {at}" for at in range(80) for colour in ("green", "blue")]
"""No background question is about these: it names none of the two, and no passage names nothing."""


class Shifted:
    """Colours, with a share of every vector the same: every cosine c becomes 0.4 c + 0.6."""

    def __init__(self) -> None:
        self._colours = ColourEncoder()
        one = self._colours.fingerprint
        self.fingerprint = Fingerprint(
            "shifted", "1", one.weights, "", one.dim + 1, one.context, one.languages, sees_images=True
        )

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        return self._shifted(self._colours.encode_texts(texts))

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        return self._shifted(self._colours.encode_images(images))

    def split(self, text: str) -> list[str]:
        return self._colours.split(text)

    def _shifted(self, vectors: Vectors) -> Vectors:
        shared = np.full((len(vectors), 1), np.sqrt(0.6), np.float32)
        return np.hstack([vectors * np.sqrt(np.float32(0.4)), shared]).astype(np.float32)


class Counting:
    """Colours, and how many texts were encoded."""

    def __init__(self) -> None:
        self._colours = ColourEncoder()
        self.fingerprint = self._colours.fingerprint
        self.encode_images = self._colours.encode_images
        self.split = self._colours.split
        self.n_texts = 0

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        self.n_texts += len(texts)
        return self._colours.encode_texts(texts)


class Library:
    """A store with its encoders."""

    def __init__(self, root: Path, encoder: Encoder) -> None:
        self.encoders: Mapping[str, Encoder] = {encoder.fingerprint.name: encoder}
        self.store = Store(root, create=True)
        self.store.expect([encoder.fingerprint])

    def add(self, name: str, elements: Sequence[Element], *, n_pages: int = 1) -> None:
        id = name.ljust(64, "0")
        bound = tuple(bind(element, document_id=id, ordinal=at) for at, element in enumerate(elements))
        document = Document(id, name, name, "application/pdf", n_pages)
        (encoded,) = encode([Read(document, bound, 0)], encoders=self.encoders, media=self.store.media)
        self.store.add(document, bound, encoded, location=f"/folder/{name}")

    def find(self, text: str = "", image: Image.Image | None = None, **filters: object) -> tuple[Hit, ...]:
        wanted = Filters(**filters)  # type: ignore[arg-type]
        return search(Query(text, image), store=self.store, encoders=self.encoders, k=10, filters=wanted)


def passages(texts: Sequence[str]) -> list[Element]:
    return [Element("text", text, 1) for text in texts]


@pytest.fixture
def boats(tmp_path: Path) -> Iterator[Library]:
    library = Library(tmp_path / "boats", ColourEncoder())
    library.add("boats.pdf", passages(GREEN_AND_BLUE))
    with library.store:
        yield library


def best(hits: Sequence[Hit]) -> float:
    return max(hit.relevance for hit in hits)


def test_a_question_about_what_is_there_is_above_the_noise(boats: Library) -> None:
    hits = boats.find("a green thing")
    assert hits[0].relevance > 0.99
    assert is_relevant(hits)


def test_a_question_about_other_things_is_not(boats: Library) -> None:
    hits = boats.find("purple crocodiles")
    assert len(hits) == 10
    assert best(hits) < RELEVANT_FROM
    assert not is_relevant(hits)


def test_each_hit_has_a_relevance_of_its_own(boats: Library) -> None:
    boats.add("mixed.pdf", passages(["green and blue and grey and brown"]))
    relevance = {hit.element.text[:9]: hit.relevance for hit in boats.find("green, mixed")}
    assert 0 < relevance["green and"] < relevance["the green"] <= 1


def test_an_offset_shared_by_all_cosines_changes_no_relevance(boats: Library, tmp_path: Path) -> None:
    shifted = Library(tmp_path / "shifted", Shifted())
    with shifted.store:
        shifted.add("boats.pdf", passages(GREEN_AND_BLUE))
        for question in ("a green thing", "purple crocodiles", "blue and purple"):
            assert best(shifted.find(question)) == pytest.approx(best(boats.find(question)), abs=0.02)


def test_a_hit_that_holds_every_rare_word_is_relevant_however_far_it_is(boats: Library) -> None:
    boats.add("parts.pdf", passages(["a grey part, XQ7731"]))
    assert not is_relevant(boats.find("What is XQ7732?"))
    hits = boats.find("What is XQ7731?")
    assert hits[0].document.source == "parts.pdf"
    assert hits[0].relevance >= POINTED_AT > RELEVANT_FROM
    assert not is_relevant(boats.find("What do crocodiles say about XQ7731?"))


def test_a_page_that_the_question_names_is_relevant(boats: Library) -> None:
    boats.add("pages.pdf", [Element("text", f"grey {page}", page) for page in range(1, 31)], n_pages=30)
    assert not is_relevant(boats.find("What do the crocodiles say?", document=("pages.pdf",)))
    hits = boats.find("What do the crocodiles on page 7 say?", document=("pages.pdf",))
    assert (hits[0].element.page, hits[0].relevance) == (7, POINTED_AT)
    assert best(hits[1:]) < RELEVANT_FROM


def test_a_whole_page_is_as_relevant_as_what_is_on_it(boats: Library) -> None:
    boats.add("pages.pdf", [Element("text", "red red", 2), Element("page", "", 2)], n_pages=3)
    hits = boats.find("red", modality=("page",))
    assert [(hit.element.modality, hit.relevance > RELEVANT_FROM) for hit in hits] == [("page", True)]


def add_pictures(library: Library, colours: Sequence[str]) -> None:
    for at, colour in enumerate(colours):
        digest = library.store.media.put_image(Image.new("RGB", (8, 8 + at), colour))
        library.add(f"{at}.png", [Element("image", "", 1, media=digest)])


def test_pictures_have_noise_of_their_own(boats: Library) -> None:
    add_pictures(boats, ["blue"] * 20 + ["pink"])
    hits = boats.find("a pink crocodile")
    assert hits[0].found_by == ("picture:colours",)
    assert is_relevant(hits)
    assert boats.find("a picture of a pink crocodile")[0].relevance > 0.99 > hits[0].relevance
    assert not is_relevant(boats.find("a purple crocodile"))


def test_pictures_behind_a_narrow_filter_are_measured_by_the_noise_of_the_whole_store(boats: Library) -> None:
    add_pictures(boats, ["blue"] * 20)
    shown = boats.store.media.put_image(Image.new("RGB", (8, 90), "green"))
    boats.add("both.pdf", [*passages(GREEN_AND_BLUE[:20]), Element("image", "", 1, media=shown)])
    assert not is_relevant(boats.find("purple crocodiles", document=("both.pdf",)))
    assert is_relevant(boats.find("a green thing", document=("both.pdf",)))


def test_a_picture_among_too_few_is_not_refused(boats: Library) -> None:
    add_pictures(boats, ["blue", "pink"])
    hits = boats.find("a pink crocodile")
    assert {hit.relevance for hit in hits if hit.found_by == ("picture:colours",)} == {UNKNOWN}
    assert is_relevant(hits)


def add_photos_with_scraps(library: Library) -> None:
    """A folder of photos: 160 that show nothing of note, 20 of these with a letter that was read in them, five pink ones."""
    for at in range(160):
        digest = library.store.media.put_image(Image.new("RGB", (8, 8 + at), "grey"))
        read = "A green in" if at % 8 == 0 else ""
        library.add(f"{at}.png", [Element("image", "", 1, media=digest, ocr=read)])
    for at in range(5):
        digest = library.store.media.put_image(Image.new("RGB", (16, 8 + 2**at), "pink"))
        library.add(f"pink{at}.png", [Element("image", "", 1, media=digest)])


def test_what_is_written_in_photos_by_chance_does_not_come_before_what_they_show(tmp_path: Path) -> None:
    library = Library(tmp_path / "photos", ColourEncoder())
    with library.store:
        add_photos_with_scraps(library)
        asked = "A pink crocodile is in a river"
        assert len(library.store.search_words(asked, k=50, allowed=None)) == 20
        hits = library.find(asked)
        assert all(hit.document.source.startswith("pink") for hit in hits[:5])


def test_what_is_written_in_a_photo_and_is_asked_for_comes_first(tmp_path: Path) -> None:
    library = Library(tmp_path / "photos", ColourEncoder())
    with library.store:
        add_photos_with_scraps(library)
        shown = library.store.media.put_image(Image.new("RGB", (8, 300), "grey"))
        library.add("shop.png", [Element("image", "", 1, media=shown, ocr="Baker & Sons")])
        assert library.find("a photo at the baker's")[0].document.source == "shop.png"
        assert library.find("the baker in a street")[0].document.source == "shop.png"


@pytest.mark.parametrize(
    "question", ["Wie lang ist das Krokodil und was frisst es?", "鳄鱼有多长？", "Какой длины крокодил?"]
)
def test_a_question_in_a_language_that_no_encoder_reads_is_not_refused(boats: Library, question: str) -> None:
    hits = boats.find(question)
    assert {hit.relevance for hit in hits} == {UNKNOWN}
    assert is_relevant(hits)


def test_a_picture_in_the_question_is_not_refused(boats: Library) -> None:
    purple = Image.new("RGB", (8, 8), "purple")
    boats.add("white.pdf", [Element("image", "", 1, media=boats.store.media.put_image(purple))])
    assert is_relevant(boats.find(image=purple))
    assert is_relevant(boats.find("purple crocodiles", purple))


def test_a_small_store_and_a_narrow_filter_are_not_refused(boats: Library, tmp_path: Path) -> None:
    small = Library(tmp_path / "small", ColourEncoder())
    with small.store:
        assert is_relevant(small.find("purple crocodiles"))
        small.add("boats.pdf", passages(GREEN_AND_BLUE[:40]))
        assert {hit.relevance for hit in small.find("purple crocodiles")} == {UNKNOWN}
    boats.add("few.pdf", passages(GREEN_AND_BLUE[:5]))
    assert is_relevant(boats.find("purple crocodiles", document=("few.pdf",)))
    assert not is_relevant(boats.find("purple crocodiles", document=("boats.pdf",)))


def test_the_noise_is_kept_with_the_store_for_the_next_process(tmp_path: Path) -> None:
    first, second = Counting(), Counting()
    library = Library(tmp_path / "kept", first)
    with library.store:
        library.add("boats.pdf", passages(GREEN_AND_BLUE))
        told = [hit.relevance for hit in library.find("green")]
    reopened = Library(tmp_path / "kept", second)
    with reopened.store:
        assert [hit.relevance for hit in reopened.find("green")] == pytest.approx(told)
        assert second.n_texts == 1  # the question, for texts and for pictures
        reopened.add("cars.pdf", passages([f"the red car, number {at}" for at in range(80)]))
        reopened.find("green")
    assert second.n_texts > 100  # a store that has grown by more than a fifth is asked anew


def test_the_noise_is_measured_once(tmp_path: Path) -> None:
    counting = Counting()
    library = Library(tmp_path / "counted", counting)
    with library.store:
        library.add("boats.pdf", passages(GREEN_AND_BLUE))
        before = counting.n_texts
        library.find("green")
        first = counting.n_texts - before
        for _ in range(3):
            library.find("green")
        library.find("green", document=("boats.pdf",))
    per_search = 1  # for texts and for pictures
    assert first > 100 + per_search
    assert counting.n_texts == before + first + 4 * per_search


def test_the_noise_is_measured_anew_when_the_store_has_grown_by_more_than_a_fifth(boats: Library) -> None:
    before = best(boats.find("green"))
    boats.add("some.pdf", passages([f"nothing in particular {at}" for at in range(20)]))
    assert best(boats.find("green")) == before
    boats.add("more.pdf", passages([f"nothing of note {at}" for at in range(20)]))
    # Now nearly every background question finds a passage that names no colour either: being near means little here.
    assert best(boats.find("green")) < RELEVANT_FROM < before


def test_removing_most_of_the_store_makes_its_noise_unknown(boats: Library) -> None:
    boats.add("few.pdf", passages(["the grey boat"]))
    assert not is_relevant(boats.find("purple crocodiles"))
    boats.store.delete("boats.pdf".ljust(64, "0"))
    assert is_relevant(boats.find("purple crocodiles"))


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """A real encoder, and two manuals."""
    library = Library(tmp_path_factory.mktemp("machines") / "store", BuiltinEncoder())
    parts = ["pump", "valve", "gasket", "filter", "motor", "sensor", "hose", "impeller", "bearing", "seal"]
    acts = [
        "Replace the",
        "Check the",
        "Clean the",
        "Do not touch the hot",
        "Order a new",
        "Lubricate the",
        "Remove the",
    ]
    for place in ("boiler room", "cooling tower"):
        texts = [
            f"{act} {part} in the {place} after {hours} hours." for hours, act in enumerate(acts, 200) for part in parts
        ]
        library.add(f"{place}.pdf", passages(texts))
    with library.store:
        yield library


@pytest.mark.parametrize(
    "question", ["When must the impeller be exchanged?", "How often is the cooling machinery serviced?"]
)
def test_a_real_encoder_tells_what_its_library_is_about(machines: Library, question: str) -> None:
    assert is_relevant(machines.find(question))
    assert is_relevant(machines.find(question, document=("cooling tower.pdf",)))


def test_a_real_encoder_tells_mostly_what_its_library_is_not_about(machines: Library) -> None:
    questions = resources.files("eval").joinpath("foreign.txt").read_text("utf-8").splitlines()
    stopped = [not is_relevant(machines.find(question)) for question in questions]
    assert sum(stopped) > 0.5 * len(questions)


def test_the_best_cosines_are_those_that_a_search_finds(machines: Library) -> None:
    (encoder,) = machines.encoders.values()
    queries = encoder.encode_texts(["a hot valve", "rabbits", "the pump"])
    for allowed in (None, machines.store.allowed(Filters(document=("cooling tower.pdf",))), np.zeros(0, np.int64)):
        nearest = machines.store.search_vectors("builtin", "text", queries, k=1, allowed=allowed)
        best_cosines = machines.store.best_cosines("builtin", "text", queries, allowed=allowed)
        assert best_cosines.tolist() == pytest.approx([found[0][1] for found in nearest if found], abs=1e-5)


def test_the_same_cosine_is_worth_more_among_fewer(machines: Library) -> None:
    question = "Which pets can be kept near a cooling tower?"
    whole = {hit.element.id: hit.relevance for hit in machines.find(question)}
    part = {hit.element.id: hit.relevance for hit in machines.find(question, document=("cooling tower.pdf",))}
    shared = whole.keys() & part.keys()
    assert shared
    assert all(part[id] >= whole[id] for id in shared)


def test_the_background_is_varied_and_apart_from_the_questions_it_is_judged_by() -> None:
    lines = resources.files("rag").joinpath("background.txt").read_text("utf-8").splitlines()
    pairs = [line.split("\t") for line in lines if not line.startswith("#")]
    assert {language for language, _ in pairs} == {"en", "de", "fr", "zh"}
    texts = [text for _, text in pairs]
    foreign = resources.files("eval").joinpath("foreign.txt").read_text("utf-8").splitlines()
    assert len(set(texts)) == len(texts) >= 150
    assert len(foreign) == 60
    assert set(texts).isdisjoint(foreign)


@pytest.mark.parametrize(
    ("languages", "text", "may"),
    [
        (("en",), "How long is the bridge?", True),
        (("en",), "XQ7731 price", True),
        (("en",), "Was kostet das?", False),
        (("en",), "Quelle est la hauteur de la tour ?", False),
        (("en",), "Was it the tower that was lit?", True),
        (("en",), "2024?", True),
        (("en",), "灯塔有多高？", False),
        (("en", "zh"), "灯塔有多高？", True),
        (("de",), "Was kostet das?", True),
        ((), "Was kostet das?", True),
    ],
)
def test_an_encoder_may_read_what_is_not_plainly_another_language(
    languages: tuple[str, ...], text: str, may: bool
) -> None:
    assert may_read(languages, text) is may
