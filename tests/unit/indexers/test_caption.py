"""Captions through the door of `indexers.ingest.ingest`, written by a captioner that can be computed in the head."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from indexers.ingest import Event, Options, ingest
from rag.encoders.colours import ColourEncoder
from rag.errors import BadRequest, EncodeFailed
from rag.prompt import evidence_text
from rag.protocols import Captioner
from rag.retrieve import Query, search
from rag.store import captions
from rag.store.store import Store
from rag.types import Element, Filters, Hit, IngestReport
from tests.colour_captioner import ColourCaptioner
from tests.drawn_pdf import Drawing

if TYPE_CHECKING:
    from rag.types import Vectors

OPTIONS = Options(ocr=False, n_workers=1)
COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "brown", "black", "white", "grey")


class Place:
    """A folder and a store, and what a person does with them."""

    def __init__(self, folder: Path, store: Path) -> None:
        self.folder = folder
        self.paths = [folder]
        self.encoder = ColourEncoder()
        self.store = Store(store, create=True)
        self.store.expect([self.encoder.fingerprint])
        self.events: list[Event] = []

    def paint(self, *colours: str, side: int = 32) -> None:
        """A picture file in each colour."""
        for colour in colours:
            Image.new("RGB", (side, side), colour).save(self.folder / f"{colour}.png")

    def only(self, *names: str) -> None:
        """From now on ingest these files of the folder."""
        self.paths = [self.folder / name for name in names]

    def ingest(self, captioner: Captioner | None = None, options: Options = OPTIONS) -> IngestReport:
        return ingest(
            self.paths,
            store=self.store,
            encoders={"colours": self.encoder},
            options=replace(options, captioner=captioner),
            on_event=self.events.append,
        )

    def find(self, words: str) -> tuple[Hit, ...]:
        encoders = {"colours": self.encoder}
        return search(Query(words), store=self.store, encoders=encoders, k=10, filters=Filters())

    def elements(self) -> dict[str, Element]:
        """The first element of each document, by the document's source."""
        return {one.source: self.store.catalogue.elements_of(one.id)[0] for one in self.store.documents()}

    def captions(self) -> dict[str, str]:
        """The captions that there are, by source."""
        return {source: element.caption for source, element in self.elements().items() if element.caption}

    def reasons(self) -> list[str]:
        return [gap.failure for _, gap in captions.gaps(self.store.catalogue)]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """An empty folder and an empty store."""
    (tmp_path / "folder").mkdir()
    place = Place(tmp_path / "folder", tmp_path / "store")
    with place.store:
        yield place


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ten pictures and a text, and a store that took them without a captioner."""
    root = tmp_path_factory.mktemp("taken")
    (root / "folder").mkdir()
    place = Place(root / "folder", root / "store")
    place.paint(*COLOURS)
    (root / "folder" / "note.txt").write_text("Some words about a lamp.")
    with place.store:
        place.ingest()
    return root


@pytest.fixture
def held(taken: Path, tmp_path: Path) -> Iterator[Place]:
    """Ten pictures and a text that are in the store already, without captions."""
    shutil.copytree(taken / "store", tmp_path / "held")
    place = Place(taken / "folder", tmp_path / "held")
    with place.store:
        yield place


def counts(report: IngestReport) -> tuple[int, int, int, int]:
    one = report.captions
    return one.made, one.known, one.gaps, one.too_small


def test_a_picture_without_any_words_is_found_by_the_words_of_its_caption(place: Place) -> None:
    place.paint("red", "blue")
    place.ingest(ColourCaptioner(words="A {colour} square."))
    best, *_ = place.find("the red square")
    assert (best.document.source, best.element.caption) == ("red.png", "A red square.")
    assert set(best.found_by) == {"bm25", "dense:colours", "picture:colours"}
    assert evidence_text(best) == "Description: A red square."


def test_without_a_captioner_there_are_no_captions_and_no_counts(held: Place) -> None:
    assert counts(held.ingest()) == (0, 0, 0, 0)
    assert held.captions() == {}
    assert all("bm25" not in hit.found_by for hit in held.find("square"))


def test_the_same_picture_in_five_documents_is_described_once(place: Place) -> None:
    for name in ("a.png", "b.bmp", "c.tif", "d.gif", "e.webp"):  # other bytes each time, the same pixels
        Image.new("RGB", (32, 32), "blue").save(place.folder / name, lossless=True)
    captioner = ColourCaptioner()
    report = place.ingest(captioner)
    assert captioner.n_pictures == 1
    assert (report.documents, counts(report)) == (5, (1, 0, 0, 0))
    assert set(place.captions().values()) == {"A blue square."}


def test_ingesting_again_calls_nobody_and_text_is_never_described(place: Place) -> None:
    place.paint("red")
    (place.folder / "note.txt").write_text("Some words about a lamp.")
    captioner = ColourCaptioner()
    place.ingest(captioner)
    assert captioner.n_pictures == 1
    assert counts(place.ingest(captioner)) == (0, 1, 0, 0)
    assert counts(place.ingest(captioner, replace(OPTIONS, again=True))) == (0, 1, 0, 0)
    assert captioner.n_pictures == 1
    assert place.captions() == {"red.png": "A red square."}


def test_documents_that_are_here_get_their_captions_and_keep_the_ids_of_their_elements(held: Place) -> None:
    held.only("red.png", "blue.png", "note.txt")
    before = held.elements()
    held.encoder = encoder = _NotingEncoder()
    report = held.ingest(ColourCaptioner())
    assert (report.unchanged, counts(report)) == (3, (2, 0, 0, 0))
    assert sorted(encoder.noted) == ["A blue square.", "A red square."]
    after = held.elements()
    assert after["red.png"] == replace(before["red.png"], caption="A red square.")
    assert {source for source in before if before[source] != after[source]} == {"red.png", "blue.png"}
    assert "bm25" in held.find("red square")[0].found_by


class _NotingEncoder(ColourEncoder):
    def __init__(self) -> None:
        super().__init__()
        self.noted: list[str] = []

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        self.noted.extend(texts)
        return super().encode_texts(texts)


def test_another_instruction_replaces_the_caption_and_going_back_calls_nobody(held: Place) -> None:
    held.only("red.png")
    first, second = ColourCaptioner(), ColourCaptioner(instruction="Be brief.", words="{colour}!")
    held.ingest(first)
    held.ingest(second)
    assert held.captions() == {"red.png": "red!"}
    assert all("bm25" not in hit.found_by for hit in held.find("square"))
    held.ingest(first)
    assert held.captions() == {"red.png": "A red square."}
    assert (first.n_pictures, second.n_pictures) == (1, 1)


def test_reading_again_without_a_captioner_keeps_what_was_paid_for(held: Place) -> None:
    held.only("red.png")
    held.ingest(ColourCaptioner())
    assert held.ingest(None, replace(OPTIONS, again=True)).replaced == 1
    assert held.captions() == {"red.png": "A red square."}
    assert "bm25" in held.find("square")[0].found_by


def test_a_failure_is_a_gap_that_costs_no_document_and_is_tried_again_only_when_asked(place: Place) -> None:
    place.paint("red", "blue")
    broken = ColourCaptioner(fails_at=lambda colour: "The model saw red." if colour == "red" else "")
    report = place.ingest(broken)
    assert (report.added, counts(report), report.captions.reason) == (2, (1, 0, 1, 0), "The model saw red.")
    assert place.captions() == {"blue.png": "A blue square."}
    assert place.reasons() == ["The model saw red."]
    mended = ColourCaptioner()
    assert counts(place.ingest(mended)) == (0, 1, 1, 0)
    assert mended.n_pictures == 0
    assert counts(place.ingest(mended, replace(OPTIONS, retry=True))) == (1, 1, 0, 0)
    assert mended.asked == [["red"]]
    assert place.captions()["red.png"] == "A red square."
    assert place.reasons() == []


def test_one_bad_picture_does_not_spoil_the_others_that_were_asked_about_with_it(held: Place) -> None:
    held.only("red.png", "blue.png", "green.png", "yellow.png")
    captioner = ColourCaptioner(fails_at=lambda colour: "too hot" if colour == "red" else "")
    assert counts(held.ingest(captioner)) == (3, 0, 1, 0)
    assert sorted(map(len, captioner.asked)) == [1, 1, 1, 1, 4]


def test_an_empty_caption_is_a_gap(held: Place) -> None:
    held.only("red.png")
    assert counts(held.ingest(ColourCaptioner(silent_at=["red"]))) == (0, 0, 1, 0)
    assert "nothing" in held.reasons()[0]


def test_an_old_caption_stays_where_the_new_captioner_fails(held: Place) -> None:
    held.only("red.png")
    held.ingest(ColourCaptioner())
    held.ingest(ColourCaptioner(instruction="Be brief.", fails_at=lambda colour: "no"))
    assert held.captions() == {"red.png": "A red square."}


def test_a_captioner_that_gives_the_wrong_number_of_captions_leaves_gaps(held: Place) -> None:
    class Chatty(ColourCaptioner):
        def caption(self, images: Sequence[Image.Image]) -> list[str]:
            return [*super().caption(images), "and more"]

    held.only("red.png")
    assert counts(held.ingest(Chatty())) == (0, 0, 1, 0)
    assert held.reasons() == ["colours gave 2 captions for 1 pictures. Choose another captioner."]


def test_a_captioner_that_is_down_is_left_alone_after_five_pictures(
    held: Place, caplog: pytest.LogCaptureFixture
) -> None:
    down = ColourCaptioner(fails_at=lambda colour: f"No connection (request 0x{len(colour)}f).")
    with caplog.at_level(logging.WARNING):
        report = held.ingest(down)
    assert list(map(len, down.asked)) == [8, 1, 1, 1, 1, 1]
    assert (report.unchanged, counts(report)) == (11, (0, 0, 10, 0))
    assert all(reason.startswith("No connection") for reason in held.reasons())
    (said,) = [record for record in caplog.records if "--retry" in record.getMessage()]
    assert "No connection" in said.getMessage()
    assert counts(held.ingest(ColourCaptioner(), replace(OPTIONS, retry=True))) == (10, 0, 0, 0)


def test_pictures_that_fail_each_in_their_own_way_are_all_asked_about(held: Place) -> None:
    held.only(*(f"{colour}.png" for colour in COLOURS[:7]))
    captioner = ColourCaptioner(fails_at=lambda colour: f"Refused to look at {colour}.")
    assert counts(held.ingest(captioner)) == (0, 0, 7, 0)
    assert len(captioner.asked) == 1 + 7
    assert len(set(held.reasons())) == 7


def test_icons_and_rules_are_not_worth_a_call(place: Place) -> None:
    place.paint("red", side=23)
    place.paint("blue", side=24)
    Image.new("RGB", (400, 3), "green").save(place.folder / "rule.png")
    captioner = ColourCaptioner()
    assert counts(place.ingest(captioner)) == (1, 0, 0, 2)
    assert captioner.asked == [["blue"]]


def test_a_stop_is_kept_between_batches_and_the_next_run_goes_on(held: Place) -> None:
    options = Options(ocr=False, n_workers=1)

    class Stopping(ColourCaptioner):
        def caption(self, images: Sequence[Image.Image]) -> list[str]:
            options.stop.set()
            return super().caption(images)

    assert counts(held.ingest(Stopping(), options)) == (8, 0, 0, 0)
    assert held.reasons() == []
    captioner = ColourCaptioner()
    assert counts(held.ingest(captioner)) == (2, 8, 0, 0)
    assert captioner.n_pictures == 2
    assert set(held.captions().values()) == {f"A {colour} square." for colour in COLOURS}


def test_what_was_paid_for_survives_a_break_before_the_document_is_kept(place: Place) -> None:
    place.paint("red")
    captioner = ColourCaptioner()
    working, place.encoder = place.encoder, _BrokenEncoder()
    with pytest.raises(EncodeFailed):
        place.ingest(captioner)
    place.encoder = working
    assert place.captions() == {}
    assert counts(place.ingest(captioner)) == (0, 1, 0, 0)
    assert place.captions() == {"red.png": "A red square."}
    assert captioner.n_pictures == 1


class _BrokenEncoder(ColourEncoder):
    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        raise EncodeFailed("The encoder broke.")


def test_tables_and_pages_of_a_pdf_are_described_from_their_part_of_the_page(place: Place) -> None:
    drawing = Drawing()
    sheet = drawing.sheet()
    rows = [("year", "ships"), ("1900", "12"), ("1901", "15"), ("1902", "9")]
    sheet.ruled_table(80, 120, (200, 200), rows)
    drawing.save(place.folder / "ships.pdf")
    captioner = ColourCaptioner(words="Something {colour}.")
    options = replace(OPTIONS, caption_of=("table", "page"))
    assert counts(place.ingest(captioner, options)) == (2, 0, 0, 0)
    (page_width, page_height) = max(captioner.sizes)
    (table_width, table_height) = min(captioner.sizes)
    table, page = place.store.catalogue.elements_of(place.store.documents()[0].id, ["table", "page"])
    assert table.box is not None
    x0, y0, x1, y1 = table.box
    assert table_width == pytest.approx(page_width * (x1 - x0 + 0.04), abs=1.5)
    assert table_height == pytest.approx(page_height * (y1 - y0 + 0.04), abs=1.5)
    assert [table.caption, page.caption] == ["Something white."] * 2
    again = ColourCaptioner(words="Something {colour}.")
    assert counts(place.ingest(again, options)) == (0, 2, 0, 0)
    assert again.n_pictures == 0


def test_a_table_of_a_format_without_layout_has_no_picture_and_costs_no_call(place: Place) -> None:
    (place.folder / "ships.md").write_text("| year | ships |\n|---|---|\n| 1900 | 12 |\n")
    captioner = ColourCaptioner()
    assert counts(place.ingest(captioner, replace(OPTIONS, caption_of=("image", "table", "page")))) == (0, 0, 0, 0)
    assert captioner.asked == []


def test_there_are_no_captions_of_text(held: Place) -> None:
    with pytest.raises(BadRequest, match=r"text.*image, table, page"):
        held.ingest(ColourCaptioner(), replace(OPTIONS, caption_of=("text",)))


def test_a_picture_that_is_damaged_in_the_store_is_a_gap(held: Place) -> None:
    held.only("red.png", "blue.png")
    media = held.elements()["red.png"].media
    assert media is not None
    held.store.media.path(media).write_bytes(b"no picture")
    assert counts(held.ingest(ColourCaptioner())) == (1, 0, 1, 0)
    assert "cannot be opened" in held.reasons()[0]


def test_half_a_character_in_a_caption_loses_neither_the_caption_nor_the_document(held: Place) -> None:
    held.only("red.png")
    held.ingest(ColourCaptioner(words="{colour} \ud83d"))
    assert held.captions() == {"red.png": "red ?"}


def test_every_batch_of_captions_is_told_to_who_watches(held: Place) -> None:
    held.ingest(ColourCaptioner())
    told = [(event.done, event.total) for event in held.events if event.kind == "caption"]
    assert told == [(8, 10), (10, 10)]


def test_a_caption_stays_when_its_picture_is_gone_and_keeps_no_media(held: Place) -> None:
    held.only("red.png")
    captioner = ColourCaptioner()
    held.ingest(captioner)
    red = held.elements()["red.png"]
    held.store.delete(red.document_id)
    assert red.media not in set(held.store.media.digests())
    held.ingest(captioner)
    assert (captioner.n_pictures, held.captions()) == (1, {"red.png": "A red square."})
