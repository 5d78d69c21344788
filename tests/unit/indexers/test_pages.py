"""What a generator that sees is shown of a hit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from PIL import Image

from indexers.pages import pictures_of
from rag import Engine
from rag.settings import load_settings
from rag.store.store import Store
from rag.types import Hit
from tests.drawn_pdf import Drawing

RED = (214, 40, 40)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp("library")
    drawing = Drawing()
    sheet = drawing.sheet()
    sheet.line(60, 80, "A paragraph of plain words stands here, and it goes on for a while.")
    sheet.picture((60, 150, 300, 350))
    sheet.ruled_table(60, 420, [100, 80], [["Year", "Visitors"], ["2023", "8,900"], ["2024", "9,412"]])
    drawing.save(folder / "report.pdf")
    Image.new("RGB", (300, 200), RED).save(folder / "red.png")
    settings = load_settings(encoders="colours", ocr=False, workers=1)
    with Engine(folder.parent / "store", settings=settings) as made:
        made.ingest(folder)
        yield made


def of(engine: Engine, modality: str, source: str) -> Hit:
    for document in engine.documents():
        if document.source == source:
            for hit in engine.search("visitors paragraph red", k=50):
                if hit.element.modality == modality and hit.document.source == source:
                    return hit
    raise AssertionError(f"no {modality} of {source} was found")


def shown(engine: Engine, hit: Hit) -> list[Image.Image]:
    with closing(Store(engine.settings.store)) as store:
        return pictures_of(store, hit)


def test_a_picture_file_is_shown_as_it_is(engine: Engine) -> None:
    (image,) = shown(engine, of(engine, "image", "red.png"))
    assert image.size == (300, 200)
    assert image.convert("RGB").getpixel((5, 5)) == pytest.approx(RED, abs=3)


def test_a_picture_in_a_page_is_shown_and_then_the_page(engine: Engine) -> None:
    hit = of(engine, "image", "report.pdf")
    itself, page = shown(engine, hit)
    assert hit.element.media is not None
    with Image.open(engine.media_path(hit.element.media)) as kept:
        assert itself.size == kept.size
    assert page.height > page.width


def test_of_a_table_the_part_of_the_page_is_shown_and_then_the_page(engine: Engine) -> None:
    hit = of(engine, "table", "report.pdf")
    crop, page = shown(engine, hit)
    box = hit.element.box
    assert box is not None
    assert crop.width == pytest.approx((box[2] - box[0] + 0.04) * page.width, abs=2)
    assert crop.height == pytest.approx((box[3] - box[1] + 0.04) * page.height, abs=2)


def test_nothing_is_shown_of_words_that_the_page_spells_out(engine: Engine) -> None:
    assert shown(engine, of(engine, "text", "report.pdf")) == []


def test_words_read_by_ocr_are_shown_where_they_stand(engine: Engine) -> None:
    hit = of(engine, "text", "report.pdf")
    crop, page = shown(engine, replace(hit, element=replace(hit.element, origin="ocr")))
    assert crop.height < page.height / 4


def test_what_is_gone_is_not_shown(engine: Engine) -> None:
    hit = of(engine, "image", "red.png")
    gone = replace(hit, document=replace(hit.document, id="0" * 64))
    assert shown(engine, gone) == []
