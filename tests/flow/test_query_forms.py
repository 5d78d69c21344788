"""Queries of several parts as people put them: through the engine, the service and the command line, on drawings made here.

`recalls` is the acceptance test of an encoder that sees: "this, but red", and a part of a sheet of drawings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations, product
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image, ImageDraw

from indexers.encode import encode
from indexers.worker import Read, bind
from rag import Client, Engine, Like, Picture, Words
from rag.encoders.builtin import BuiltinEncoder
from rag.encoders.clip import ClipEncoder
from rag.encoders.colours import COLOURS, ColourEncoder
from rag.encoders.rows import unit_rows
from rag.errors import MissingExtra
from rag.prepare import prepare
from rag.protocols import Encoder, Fingerprint
from rag.query import Part
from rag.retrieve import search
from rag.settings import load_settings
from rag.store.store import Store
from rag.types import WHOLE_PAGE, Box, Document, Element, Filters
from tests import tiny_models
from tests.flow.conftest import CommandLine
from tests.service import running

if TYPE_CHECKING:
    from rag.types import Vectors

SHAPES: Mapping[str, tuple[tuple[float, float], ...]] = {
    "circle": (),
    "square": ((0, 0), (1, 0), (1, 1), (0, 1)),
    "triangle": ((0.5, 0), (1, 1), (0, 1)),
    "cross": tuple(
        (x / 3, y / 3)
        for x, y in ((1, 0), (2, 0), (2, 1), (3, 1), (3, 2), (2, 2), (2, 3), (1, 3), (1, 2), (0, 2), (0, 1), (1, 1))
    ),
}
"""Corners within the unit square; a circle has none."""
DRAWN = ("red", "blue", "green", "yellow", "black")
SIDE = 128
QUARTERS: tuple[Box, ...] = ((0, 0, 0.5, 0.5), (0.5, 0, 1, 0.5), (0, 0.5, 0.5, 1), (0.5, 0.5, 1, 1))
N_SHEETS = 10


def draw(shape: str, colour: str, *, size: int = 80, at: tuple[int, int] = (24, 24)) -> Image.Image:
    """A shape on white, `size` pixels wide, its upper left corner `at`."""
    image = Image.new("RGB", (SIDE, SIDE), "white")
    x, y = at
    if SHAPES[shape]:
        ImageDraw.Draw(image).polygon([(x + size * dx, y + size * dy) for dx, dy in SHAPES[shape]], fill=colour)
    else:
        ImageDraw.Draw(image).ellipse((x, y, x + size, y + size), fill=colour)
    return image


def sheet(drawings: Sequence[tuple[str, str]]) -> Image.Image:
    """Four drawings, a quarter each."""
    whole = Image.new("RGB", (2 * SIDE, 2 * SIDE), "white")
    for (shape, colour), (x, y, *_) in zip(drawings, QUARTERS, strict=True):
        whole.paste(draw(shape, colour), (int(x * 2 * SIDE), int(y * 2 * SIDE)))
    return whole


@dataclass(frozen=True, slots=True)
class Recalls:
    """How often the drawing that was meant came first, 0..1."""

    edits: float
    """Of a drawing, plus another colour, minus its own."""
    crops: float
    """Of a quarter of a stored sheet of four drawings."""


def recalls(encoder: Encoder, root: Path) -> Recalls:
    """Measure an encoder that sees on a library of every shape in every colour, and sheets of four of them."""
    all_drawings = list(product(SHAPES, DRAWN))
    order = np.random.default_rng(7)
    sheets = [[all_drawings[at] for at in order.choice(len(all_drawings), 4, replace=False)] for _ in range(N_SHEETS)]
    encoders = {encoder.fingerprint.name: encoder}
    with Store(root, create=True) as store:
        store.expect([encoder.fingerprint])
        ids = [
            _keep(store, encoders, name=f"{at}.png", image=image)
            for at, image in enumerate([*(draw(*one) for one in all_drawings), *(sheet(four) for four in sheets)])
        ]
        by_drawing = dict(zip(all_drawings, ids, strict=False))

        def is_first(wanted: tuple[str, str], text: str, *parts: Part) -> bool:
            asked = prepare(text, None, parts, store=store, encoders=encoders, by_sight=True)
            hits = search(asked.query, store=store, encoders=encoders, k=1, filters=Filters())
            return hits[0].element.id == by_drawing[wanted]

        edits = [
            # Drawn smaller and elsewhere than what is stored, or it would be a search for the same pixels.
            is_first((shape, other), other, Picture(draw(shape, own, size=64, at=(16, 40))), Words(own, -1))
            for shape in SHAPES
            for own, other in permutations(DRAWN, 2)
        ]
        crops = [
            is_first(drawing, "", Like(id, box))
            for id, four in zip(ids[len(all_drawings) :], sheets, strict=True)
            for drawing, box in zip(four, QUARTERS, strict=True)
        ]
    return Recalls(sum(edits) / len(edits), sum(crops) / len(crops))


def _keep(store: Store, encoders: Mapping[str, Encoder], *, name: str, image: Image.Image) -> str:
    id = name.ljust(64, "0")
    element = Element("image", "", 1, WHOLE_PAGE, media=store.media.put_image(image))
    bound = (bind(element, document_id=id, ordinal=0),)
    document = Document(id, name, name, "image/png", 1)
    (encoded,) = encode([Read(document, bound, 0)], encoders=encoders, media=store.media)
    store.add(document, bound, encoded, location=f"/drawings/{name}")
    return bound[0].id


class ShapeEncoder(ColourEncoder):
    """Colours, and one axis per shape: the words, and how much of its frame the ink of a picture fills."""

    filled: Mapping[str, float] = {"square": 1.0, "circle": 0.785, "cross": 0.556, "triangle": 0.5}

    @property
    def fingerprint(self) -> Fingerprint:
        return replace(super().fingerprint, name="shapes", dim=len(COLOURS) + len(self.filled))

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        rows = [[float(word in text) for word in (*COLOURS, *self.filled)] for text in texts]
        return unit_rows(np.array(rows, np.float32).reshape(-1, self.fingerprint.dim), name=str)

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        rows = np.zeros((len(images), self.fingerprint.dim), np.float32)
        palette = np.array(list(COLOURS.values()), np.int64)
        for row, image in zip(rows, images, strict=True):
            pixels = np.asarray(image.convert("RGB"), np.int64)
            inked = np.abs(pixels - 255).sum(axis=2) > 150
            ys, xs = np.nonzero(inked)
            fill = inked[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1].mean()
            nearest = ((pixels[inked][:, np.newaxis] - palette) ** 2).sum(axis=2).argmin(axis=1)
            row[: len(COLOURS)] = np.bincount(nearest, minlength=len(COLOURS)) / len(nearest)
            shape = min(self.filled, key=lambda name: abs(self.filled[name] - fill))
            row[len(COLOURS) + list(self.filled).index(shape)] = 1
        return unit_rows(rows, name=str)


def test_an_encoder_that_knows_shapes_and_colours_finds_every_drawing_that_is_meant(tmp_path: Path) -> None:
    assert recalls(ShapeEncoder(), tmp_path / "store") == Recalls(edits=1.0, crops=1.0)


def test_an_encoder_of_random_weights_does_not(tmp_path: Path) -> None:
    clip = ClipEncoder(f"local-dir:{tiny_models.make_clip(tmp_path / 'clip')}")
    assert recalls(clip, tmp_path / "store").edits < 0.5


def test_builtin_finds_this_but_in_another_colour_and_a_part_of_a_sheet(tmp_path: Path) -> None:
    try:
        builtin = BuiltinEncoder()
    except MissingExtra as error:
        pytest.skip(str(error))
    found = recalls(builtin, tmp_path / "store")
    assert found.edits >= 0.9, found
    assert found.crops >= 0.9, found


@pytest.fixture
def drawings(tmp_path: Path) -> Path:
    """A square in each colour, and a sheet with two of them."""
    folder = tmp_path / "drawings"
    folder.mkdir()
    for colour in ("red", "blue", "green"):
        Image.new("RGB", (64, 64), colour).save(folder / f"{colour}.png")
    both = Image.new("RGB", (128, 64), "blue")
    both.paste("green", (64, 0, 128, 64))
    both.save(folder / "sheet.png")
    return folder


def test_the_same_query_finds_the_same_by_engine_service_and_command_line(
    sightline: CommandLine, drawings: Path
) -> None:
    sightline.run("ingest", drawings)
    (sheet_hit,) = sightline.json("search", "blue", "-d", "sheet.png", "-m", "image")["hits"]
    like = sheet_hit["element"]
    by_command = sightline.json(
        "search", "red", "--like", f"{like}^2", "--box", "0,0,0.5,1", "--without", "blue^2", "-m", "image"
    )["hits"]
    parts: list[Part] = [Like(like, (0, 0, 0.5, 1), 2.0), Words("blue", -2.0)]
    settings = load_settings(store=sightline.store, encoders=("colours",), ocr=False)
    only = Filters(modality=("image",))
    with Engine(settings=settings) as engine:
        by_engine = engine.search("red", parts=parts, filters=only)
        with running(Engine(settings=settings)) as url, Client(url) as client:
            by_service = client.search("red", parts=parts, filters=only)
    assert by_engine[0].document.source == "red.png"
    assert like not in [hit.element.id for hit in by_engine]
    assert [hit.element.id for hit in by_service] == [hit.element.id for hit in by_engine]
    assert [hit["element"] for hit in by_command] == [hit.element.id for hit in by_engine]


def test_the_command_line_takes_several_pictures_with_weights(sightline: CommandLine, drawings: Path) -> None:
    sightline.run("ingest", drawings)

    def first(*arguments: str | Path) -> str:
        source: str = sightline.json("search", *arguments)["hits"][0]["document"]["source"]
        return source

    blue, green = drawings / "blue.png", drawings / "green.png"
    assert first("--image", blue, "--image", f"{green}^0.8") == "sheet.png"
    assert first("--image", drawings / "sheet.png", "--image", f"{green}^-1") == "blue.png"
    answer = sightline.json("query", "Which picture is it?", "--image", drawings / "sheet.png", "--box", "0,0,0.5,1")
    assert answer["hits"][0]["document"]["source"] == "blue.png"


def test_the_command_line_says_what_is_wrong_with_a_part(sightline: CommandLine) -> None:
    done = sightline.run("search", "--like", "a", "--like", "b", "--box", "0,0,1,1", code=2)
    assert "--box goes with exactly one" in done.stderr
    assert done.stdout == ""


def test_a_question_in_another_language_is_noted_beside_the_results(sightline: CommandLine, drawings: Path) -> None:
    (drawings / "turm.txt").write_text("Der Turm ist 31 Meter hoch.")
    sightline.run("ingest", drawings)
    german = "Wie hoch ist der Turm und wer hat ihn gebaut?"
    told = sightline.run("search", german)
    assert "note" in told.stderr
    assert "colours (reads en)" in told.stderr
    assert "turm.txt" in told.stdout.splitlines()[0]
    as_json = sightline.json("query", german)
    assert [note["code"] for note in as_json["notes"]] == ["foreign_language"]


def test_an_open_clip_model_is_asked_by_the_sum_of_its_vectors(tmp_path: Path, drawings: Path) -> None:
    name = f"open_clip:local-dir:{tiny_models.make_clip(tmp_path / 'clip')}"
    with Engine(settings=load_settings(store=tmp_path / "store", encoders=(name,), ocr=False, workers=1)) as engine:
        engine.ingest(drawings)
        clip = ClipEncoder(name.removeprefix("open_clip:"))
        stored = {hit.document.source: hit for hit in engine.search(image=drawings / "red.png")}
        green, blue = stored["green.png"].element, stored["blue.png"].element
        assert green.media is not None
        crop = engine.picture(green.media).crop((0, 0, 32, 64))
        near, away, cut, other = (
            *clip.encode_texts(["a red square", "blue"]),
            *clip.encode_images([crop, Image.open(drawings / "red.png")]),
        )
        meant = near - 0.5 * away + 2 * cut + other
        parts: list[Part] = [
            Words("blue", -0.5),
            Like(green.id, (0, 0, 0.5, 1), 2, itself=True),
            Picture(drawings / "red.png"),
        ]
        hits = engine.search("a red square", parts=parts, filters=Filters(modality=("image",)))
        assert len(hits) == 4
        for hit in hits:
            assert hit.element.media is not None
            (row,) = clip.encode_images([engine.picture(hit.element.media)])
            cosine = float(row @ meant / np.linalg.norm(meant))
            assert hit.raw[f"like:{name}"] == pytest.approx(cosine, abs=2e-3)  # rows are stored in 16 bits
        (itself, *_) = engine.search(parts=[Like(blue.id, itself=True)])
        assert itself.element.id == blue.id
        assert itself.raw[f"like:{name}"] == pytest.approx(1, abs=1e-3)


def test_a_part_of_a_page_is_searched_by_as_it_is_drawn(tmp_path: Path, drawings: Path) -> None:
    import pymupdf

    with pymupdf.open() as drawn:  # type: ignore[no-untyped-call]  # PyMuPDF says nothing of its types
        page = drawn.new_page(width=400, height=400)
        page.insert_text((20, 380), "Two fields on a page.", fontsize=14)
        page.draw_rect((0, 0, 200, 200), fill=(1, 0, 0), color=(1, 0, 0))
        page.draw_rect((200, 0, 400, 200), fill=(0, 0, 1), color=(0, 0, 1))
        drawn.save(drawings / "fields.pdf")
    settings = load_settings(store=tmp_path / "store", encoders=("colours",), ocr=False, workers=1)
    with Engine(settings=settings) as engine:
        engine.ingest(drawings)
        (page_hit,) = engine.search("fields", filters=Filters(document=("fields.pdf",), modality=("page",)))
        assert page_hit.element.media is None
        for box, source in (((0.0, 0.0, 0.5, 0.5), "red.png"), ((0.5, 0.0, 1.0, 0.5), "blue.png")):
            like = Like(page_hit.element.id, box)
            assert engine.search(parts=[like], filters=Filters(path="*.png"))[0].document.source == source
