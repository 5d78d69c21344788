"""The three routes over one corpus: which lists are asked, and that no modality's raw scores decide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from indexers.encode import encode
from indexers.worker import Read, bind
from rag.encoders.colours import ColourEncoder
from rag.protocols import Encoder, Fingerprint
from rag.retrieve import Query, search
from rag.store.store import Store
from rag.types import ROUTES, Document, Element, Filters, Hit, Route

if TYPE_CHECKING:
    from rag.types import Vectors

COLOURS = ("red", "green", "blue", "yellow", "black", "white", "orange", "purple")


class ShiftedEncoder(ColourEncoder):
    """A colour encoder in whose space every text lies closer to every picture, and to every text, by a constant."""

    def __init__(self, of_texts: float, of_images: float) -> None:
        super().__init__()
        self._of_texts, self._of_images = of_texts, of_images

    @property
    def fingerprint(self) -> Fingerprint:
        return replace(super().fingerprint, dim=super().fingerprint.dim + 1)

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        return _with(super().encode_texts(texts), self._of_texts)

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        return _with(super().encode_images(images), self._of_images)


def _with(vectors: Vectors, constant: float) -> Vectors:
    """Unit rows with one more column: two of them have the cosine of before, made smaller, plus the product of constants."""
    more = np.full((len(vectors), 1), constant, dtype=np.float32)
    return np.concatenate([vectors * np.float32((1 - constant**2) ** 0.5), more], axis=1)


@contextmanager
def library(root: Path, encoder: Encoder) -> Iterator[tuple[Store, dict[str, Encoder]]]:
    """A picture of each colour without a word, one with words about it, and forty texts that name colours."""
    encoders = {"colours": encoder}
    with Store(root, create=True) as store:
        store.expect([encoder.fingerprint])
        elements = [
            Element("image", "", 1, media=store.media.put_image(Image.new("RGB", (32, 32), colour)))
            for colour in COLOURS
        ]
        grey = store.media.put_image(Image.new("RGB", (32, 32), "grey"))
        elements.append(Element("image", "a drawing of a crimson boat, red as a lamp", 1, media=grey))
        elements += [Element("text", f"The {COLOURS[at % 8]} boat number {at} sails.", 1, start=at) for at in range(40)]
        bound = tuple(bind(element, document_id="d" * 64, ordinal=at) for at, element in enumerate(elements))
        document = Document("d" * 64, "boats.txt", "boats", "text/plain", 1)
        (encoded,) = encode([Read(document, bound, 0)], encoders=encoders, media=store.media)
        store.add(document, bound, encoded, location="/boats.txt")
        yield store, encoders


def find(root: Path, text: str, route: Route, *, encoder: Encoder | None = None, k: int = 10) -> tuple[Hit, ...]:
    with library(root, encoder or ColourEncoder()) as (store, encoders):
        return search(Query(text), store=store, encoders=encoders, k=k, filters=Filters(), route=route)


def lists(hits: Sequence[Hit]) -> set[str]:
    return {name for hit in hits for name in hit.ranks}


def wordless(hits: Sequence[Hit]) -> list[Hit]:
    return [hit for hit in hits if hit.element.media and not hit.element.text]


def test_the_shared_route_finds_pictures_by_their_looks_in_one_space(tmp_path: Path) -> None:
    hits = find(tmp_path / "s", "red", "shared")
    assert lists(hits) == {"dense:colours", "picture:colours"}
    assert wordless(hits)


def test_the_caption_route_finds_pictures_by_the_words_about_them_alone(tmp_path: Path) -> None:
    hits = find(tmp_path / "s", "crimson red drawing", "caption", k=50)
    assert lists(hits) == {"dense:colours"}
    assert [hit.element.text for hit in hits if hit.element.media] == ["a drawing of a crimson boat, red as a lamp"]


def test_the_fused_route_asks_every_list(tmp_path: Path) -> None:
    hits = find(tmp_path / "s", "red", "fused")
    assert lists(hits) == {"bm25", "dense:colours", "picture:colours"}
    assert wordless(hits)


@pytest.mark.parametrize("text", ["a photo of something red", "pictures with red", "red drawings showing red"])
def test_pictures_come_before_texts_where_they_are_asked_for(tmp_path: Path, text: str) -> None:
    hits = find(tmp_path / "s", text, "fused")
    assert all(hit.element.media for hit in hits[:8])
    assert any(not hit.element.media for hit in find(tmp_path / "s", "something red", "fused")[:8])


@pytest.mark.parametrize("route", ROUTES)
def test_a_hit_says_what_each_list_thinks_of_it(tmp_path: Path, route: Route) -> None:
    for hit in find(tmp_path / "s", "red boat", route):
        assert hit.ranks.keys() == hit.raw.keys() >= hit.calibrated.keys()
        for name, cosine in hit.raw.items():
            assert name == "bm25" or -1 <= cosine <= 1.001


@pytest.mark.parametrize("constants", [(0.3, 0.3), (0.6, 0.6), (0.9, 0.1), (0.5, -0.5)])
@pytest.mark.parametrize("route", ["shared", "fused"])
def test_a_constant_added_to_one_modalitys_scores_changes_no_ranking(
    tmp_path: Path, route: Route, constants: tuple[float, float]
) -> None:
    for at, colour in enumerate(COLOURS):
        plain = find(tmp_path / f"p{at}", colour, route, encoder=ShiftedEncoder(0.0, 0.0))
        shifted = find(tmp_path / f"s{at}", colour, route, encoder=ShiftedEncoder(*constants))
        assert [hit.element.id for hit in wordless(shifted)] == [hit.element.id for hit in wordless(plain)]
