"""A question in a language that an encoder does not read: said, and left to the lists that can."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from indexers.encode import encode
from indexers.worker import Read, bind
from rag.encoders.colours import ColourEncoder
from rag.language import guard
from rag.protocols import Encoder, Fingerprint
from rag.retrieve import Query, search
from rag.store.store import Store
from rag.types import ROUTES, Document, Element, Filters, Hit, Route

if TYPE_CHECKING:
    from rag.types import Vectors

GERMAN = "Wie hoch ist der Turm und wer hat ihn gebaut?"
CHINESE = "灯塔有多高？"
COLOURS = {"rot": "red", "blau": "blue", "turm": "grey"}


class GermanColours(ColourEncoder):
    """Knows a few colour words of German, and says so."""

    @property
    def fingerprint(self) -> Fingerprint:
        return replace(super().fingerprint, name="german", languages=("de",))

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        return super().encode_texts(
            [" ".join(COLOURS.get(word, word) for word in text.lower().split()) for text in texts]
        )


ENGLISH: Mapping[str, Encoder] = {"colours": ColourEncoder()}
BOTH: Mapping[str, Encoder] = {"colours": ColourEncoder(), "german": GermanColours()}


def find(
    root: Path, text: str, *, image: Image.Image | None = None, encoders: Mapping[str, Encoder] = ENGLISH,
    route: Route = "fused",
) -> tuple[Hit, ...]:  # fmt: skip
    """Search among twenty passages that name no colour, as no question in German does, one in German, and pictures."""
    with Store(root, create=True) as store:
        store.expect([encoder.fingerprint for encoder in encoders.values()])
        if not store.documents():
            passages = [f"The keeper wrote letter number {at}." for at in range(20)]
            elements = [Element("text", text, 1) for text in [*passages, "Der rote Turm ist 31 Meter hoch."]]
            for colour in ("red", "blue"):
                digest = store.media.put_image(Image.new("RGB", (8, 8), colour))
                elements.append(Element("image", "", 1, media=digest))
            bound = tuple(bind(element, document_id="d" * 64, ordinal=at) for at, element in enumerate(elements))
            document = Document("d" * 64, "letters.txt", "letters", "text/plain", 1)
            (encoded,) = encode([Read(document, bound, 0)], encoders=encoders, media=store.media)
            store.add(document, bound, encoded, location="/letters.txt")
        return search(Query(text, image), store=store, encoders=encoders, k=10, filters=Filters(), route=route)


@pytest.mark.parametrize("route", ROUTES)
def test_what_holds_the_words_comes_first_on_every_route(tmp_path: Path, route: Route) -> None:
    hits = find(tmp_path / "s", GERMAN, route=route)
    assert hits[0].element.text.startswith("Der rote Turm")
    assert "bm25" in hits[0].ranks
    assert hits[0].score > 3 * hits[1].score


def test_the_lists_of_an_encoder_that_cannot_read_fill_up_behind(tmp_path: Path) -> None:
    hits = find(tmp_path / "s", GERMAN)
    assert len(hits) == 10
    assert all("bm25" not in hit.ranks and hit.score <= 0.1 for hit in hits[1:])


def test_they_count_in_full_where_nothing_else_finds_anything(tmp_path: Path) -> None:
    hits = find(tmp_path / "s", CHINESE)
    assert len(hits) == 10
    assert hits[0].score > 0.8


def test_an_encoder_that_reads_the_language_counts_in_full(tmp_path: Path) -> None:
    hits = find(tmp_path / "s", "Wie blau ist der Turm und wer hat ihn gebaut", encoders=BOTH)
    (blue,) = [hit for hit in hits if hit.element.media and hit.raw.get("picture:german", 0) > 0.5]
    assert blue.score > 0.8


def test_a_picture_is_looked_at_whatever_the_words_beside_it(tmp_path: Path) -> None:
    hits = find(tmp_path / "s", GERMAN, image=Image.new("RGB", (8, 8), "blue"))
    looked = [hit for hit in hits if "like:colours" in hit.ranks]
    assert looked[0].raw["like:colours"] == pytest.approx(1, abs=1e-3)  # by the picture alone: words would move it
    assert looked[0].score > 0.9


def test_a_language_that_is_read_says_nothing(tmp_path: Path) -> None:
    assert guard("How high is the tower, and who built it?", ENGLISH) == guard("", ENGLISH) == ()
    hits = find(tmp_path / "s", "red")
    assert hits[0].score > 0.8


def test_the_note_names_the_encoder_its_languages_and_what_is_left() -> None:
    (note,) = guard(GERMAN, BOTH)
    assert note.code == "foreign_language"
    assert "colours (reads en)" in note.message
    assert "german and BM25" in note.message
