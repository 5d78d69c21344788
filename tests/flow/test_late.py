"""Late interaction through the doors that a person uses, against brute force over the same pictures."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from indexers.late import place_pages
from indexers.worker import Read, bind
from rag import Engine, Filters
from rag.errors import BadSetting, ModelMismatch, ModelNotFound
from rag.late.encoder import LateEncoder
from rag.late.maxsim import max_sim
from rag.settings import load_settings
from rag.store.store import Store
from rag.types import Document, Element, Hit
from rag.wiring import Ingestion
from tests import tiny_late
from tests.drawn_pdf import Drawing
from tests.flow.conftest import CommandLine, Contents

QUESTION = "a red lamp at the harbour"
CLOSE = 0.005
"""Of a MaxSim: what int8 and half precision may move it."""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"late:{tiny_late.make('colqwen2', tmp_path_factory.mktemp('model') / 'tiny')}"


@pytest.fixture(scope="module")
def reader(model: str) -> LateEncoder:
    return LateEncoder(model.removeprefix("late:"), device="cpu", precision="fp32")


def write_library(folder: Path) -> Path:
    """Two PDFs of three and one pages, one of the pages without a word, a picture, and a text, which has no page to see."""
    folder.mkdir()
    drawing = Drawing()
    for at in range(3):
        sheet = drawing.sheet()
        sheet.picture((80, 200, 500, 600), seed=at + 1)
        if at < 2:
            sheet.line(72, 90, f"Chapter {at}: the lamp of the harbour.")
            sheet.line(72, 640, f"The keeper counted {at + 3} boats in the fog.")
    drawing.save(folder / "lamps.pdf")
    single = Drawing()
    sheet = single.sheet((842.0, 400.0))
    sheet.line(72, 90, "The supply boat came on Fridays.")
    sheet.bars((90, 120, 400, 300), seed=3)
    single.save(folder / "boats.pdf")
    image = Image.new("RGB", (90, 60), "red")
    ImageDraw.Draw(image).ellipse((20, 10, 60, 50), fill="blue")
    image.save(folder / "red.png")
    (folder / "fog.txt").write_text("Fog closed the harbour for nine days.")
    return folder


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_library(tmp_path_factory.mktemp("made") / "library")


def engine(store: Path, **flags: object) -> Engine:
    return Engine(settings=load_settings(store=store, encoders="colours", ocr=False, workers=1, **flags))


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory, library: Path, model: str) -> Iterator[Engine]:
    with engine(tmp_path_factory.mktemp("asked") / "store", late=model) as one:
        assert one.ingest(library).failed == ()
        yield one


def place(hit: Hit) -> tuple[str, int]:
    return hit.document.source, hit.element.page


def by_brute_force(engine: Engine, reader: LateEncoder) -> dict[tuple[str, int], float]:
    (query,) = reader.encode_queries([QUESTION])
    pages = {
        (document.source, page): picture
        for document in engine.documents()
        for page in range(1, document.n_pages + 1)
        if (picture := engine.page_picture(document.id, page)) is not None
    }
    return {at: max_sim(query, reader.encode_pages([picture])[0]) for at, picture in pages.items()}


def n_kept(store: Path) -> tuple[int, int]:
    with closing(sqlite3.connect(store / "catalogue.sqlite")) as connection:
        (found,) = connection.execute(
            "SELECT (SELECT COUNT(*) FROM vectors WHERE kind = 'page'), (SELECT COUNT(*) FROM multivectors)"
        ).fetchall()
    return tuple(found)


def test_every_page_has_the_rank_and_score_of_brute_force(asked: Engine, reader: LateEncoder, model: str) -> None:
    truth = by_brute_force(asked, reader)
    assert sorted(truth) == [("boats.pdf", 1), ("lamps.pdf", 1), ("lamps.pdf", 2), ("lamps.pdf", 3), ("red.png", 1)]
    assert len({round(score, 2) for score in truth.values()}) > 1
    hits = [hit for hit in asked.search(QUESTION, k=100) if model in hit.ranks]
    scores = {place(hit): hit.raw[model] for hit in hits}
    assert scores == pytest.approx(truth, abs=CLOSE)
    ranks = {place(hit): hit.ranks[model] for hit in hits}
    assert sorted(ranks.values()) == [1, 2, 3, 4, 5]
    assert sorted(ranks, key=lambda at: ranks[at]) == sorted(scores, key=lambda at: -scores[at])


def test_a_page_without_a_word_is_found(asked: Engine, model: str) -> None:
    (hit,) = [hit for hit in asked.search(QUESTION, k=100) if place(hit) == ("lamps.pdf", 3)]
    assert (hit.element.modality, hit.element.text) == ("page", "")
    assert model in hit.found_by


def test_a_page_brings_in_what_stands_on_it_and_comes_after_it(asked: Engine, model: str) -> None:
    hits = [hit for hit in asked.search("nothing of the kind", k=100) if place(hit) == ("lamps.pdf", 1)]
    assert [hit.element.modality for hit in hits][-1] == "page"
    assert {"text", "image"} <= {hit.element.modality for hit in hits}
    assert len({(hit.ranks[model], hit.raw[model]) for hit in hits}) == 1


@pytest.mark.parametrize("modality", ["text", "image", "page"])
def test_filters_hold_and_pages_speak_for_what_passes(asked: Engine, model: str, modality: str) -> None:
    only = Filters(modality=(modality,), document=("lamps.pdf",))  # type: ignore[arg-type]  # pytest's parameters are text
    hits = asked.search("something else entirely", k=100, filters=only)
    assert hits
    assert {(hit.element.modality, hit.document.source) for hit in hits} == {(modality, "lamps.pdf")}
    assert all(model in hit.ranks for hit in hits)


def test_the_caption_route_reads_words_alone(asked: Engine, model: str) -> None:
    assert all(model in hit.ranks for hit in asked.search(QUESTION, k=2, route="shared"))
    assert not any(model in hit.ranks for hit in asked.search(QUESTION, k=100, route="caption"))


def test_a_question_in_a_picture_alone_asks_no_page(asked: Engine, model: str) -> None:
    hits = asked.search(image=Image.new("RGB", (40, 40), "red"), k=100)
    assert hits
    assert not any(model in hit.ranks for hit in hits)


def test_an_answer_can_rest_on_a_store_with_pages(asked: Engine) -> None:
    assert asked.query("When did the supply boat come?").hits


def test_the_same_bytes_again_add_nothing_and_deleting_leaves_nothing(
    tmp_path: Path, library: Path, model: str, contents: Callable[[Path], Contents]
) -> None:
    store, library = tmp_path / "store", shutil.copytree(library, tmp_path / "library")
    events: list[tuple[str, int, int]] = []
    with engine(store, late=model) as one:
        how = Ingestion(on_event=lambda event: events.append((event.kind, event.page, event.n_pages)))
        one.ingest(library, how=how)
        first = contents(store)
        assert [event for event in events if event[0] == "late" and event[2] == 3] == [
            ("late", at, 3) for at in (1, 2, 3)
        ]
        assert len(first["multivectors"]) == 5
        events.clear()
        assert one.ingest(library, how=how).unchanged == 4
        assert contents(store) == first
        assert not [event for event in events if event[0] == "late"]
        one.ingest(library, how=Ingestion(again=True))
        assert contents(store) == first
        one.delete("lamps.pdf")
        assert n_kept(store)[1] == 2
        for path in (*library.glob("*.pdf"), *library.glob("*.png")):
            path.unlink()
        one.ingest(library, sync=True)
    assert n_kept(store) == (0, 0)
    assert contents(store)["orphans"] == [(0,), (0,), (0,)]


KILLED = """
import os, signal, sys
from pathlib import Path
from rag import Engine
from rag.settings import load_settings
from rag.wiring import Ingestion

def fall(event):
    if event.kind == "late" and (event.source, event.page) == ("lamps.pdf", 2):
        os.kill(os.getpid(), signal.SIGKILL)

store, library, model = sys.argv[1:]
settings = load_settings(store=Path(store), encoders="colours", late=model, ocr=False, workers=1)
with Engine(settings=settings) as one:
    one.ingest(library, how=Ingestion(on_event=fall))
"""


def test_a_kill_between_two_pages_leaves_nothing_by_half_and_the_same_call_goes_on(
    tmp_path: Path, library: Path, model: str, asked: Engine, contents: Callable[[Path], Contents]
) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SIGHTLINE_")}
    command = [sys.executable, "-c", KILLED, str(tmp_path / "store"), str(library), model]
    done = subprocess.run(command, env=environment, cwd=Path(__file__).parents[2], check=False, timeout=100)
    assert done.returncode == -signal.SIGKILL
    left = contents(tmp_path / "store")
    assert left["orphans"] == [(0,), (0,), (0,)]
    assert "lamps" not in {row[1] for row in left["documents"]}
    with engine(tmp_path / "store", late=model) as one:
        one.ingest(library)
    assert contents(tmp_path / "store") == contents(asked.settings.store)
    assert not list((tmp_path / "store").glob("tmp*"))


def test_a_store_made_without_it_refuses_and_says_what_to_do(tmp_path: Path, library: Path, model: str) -> None:
    with engine(tmp_path / "store") as plain:
        plain.ingest(library / "fog.txt")
    with (
        engine(tmp_path / "store", late=model) as wrong,
        pytest.raises(ModelMismatch, match="made with colours") as told,
    ):
        wrong.search(QUESTION)
    assert "--encoder colours; or ingest into another store" in told.value.hint


def test_a_store_made_with_it_takes_it_unasked_and_refuses_another(tmp_path: Path, library: Path, model: str) -> None:
    with engine(tmp_path / "store", late=model) as first:
        first.ingest(library / "red.png")
    with Engine(settings=load_settings(store=tmp_path / "store")) as unasked:
        assert unasked.made_with() == ("colours", model)
        assert model in unasked.search("red")[0].ranks
    with engine(tmp_path / "store", late="late:./other") as other, pytest.raises(ModelMismatch, match="other") as told:
        other.search("red")
    assert f"--late {model}" in told.value.hint


@pytest.mark.parametrize(("late", "error"), [("late:./none", ModelNotFound), ("colpali", BadSetting)])
def test_a_model_that_is_not_there_is_named_with_what_to_do(
    tmp_path: Path, library: Path, late: str, error: type[Exception]
) -> None:
    with engine(tmp_path / "store", late=late) as wrong, pytest.raises(error, match="late:") as told:
        wrong.ingest(library)
    assert told.value.hint  # type: ignore[attr-defined]  # every error of ours has one


def test_a_late_model_among_the_encoders_is_sent_to_its_place(tmp_path: Path, library: Path, model: str) -> None:
    settings = load_settings(store=tmp_path / "store", encoders=f"colours,{model}")
    with Engine(settings=settings) as wrong, pytest.raises(BadSetting, match="--late late:"):
        wrong.ingest(library)


def test_a_page_that_cannot_be_drawn_is_left_out_with_a_warning(
    tmp_path: Path, reader: LateEncoder, caplog: pytest.LogCaptureFixture
) -> None:
    with Store(tmp_path / "store", create=True) as store:
        seen = store.media.put_image(Image.new("RGB", (60, 60), "red"))
        elements = [Element("page", "gone", 1), Element("page", "seen", 2, media=seen)]
        bound = tuple(bind(one, document_id="d" * 64, ordinal=at) for at, one in enumerate(elements))
        read = Read(Document("d" * 64, "gone.pdf", "gone", "application/pdf", 2), bound, 0)
        with (
            caplog.at_level(logging.WARNING),
            place_pages([read], late={"late:tiny": reader}, store=store) as ((part,),),
        ):
            assert list(part.whole) == [1]
            assert set(part.ordinals) == {1}
    assert "page 1 of gone.pdf is not placed" in caplog.text


def test_the_command_line_ingests_searches_and_explains(sightline: CommandLine, library: Path, model: str) -> None:
    sightline.run("ingest", library / "boats.pdf", "--late", model)
    told = sightline.run("search", QUESTION, "--explain", "-k", "20").stdout
    assert f"{model} rank 1, score 0." in " ".join(told.split())
    refused = sightline.run("search", QUESTION, "--late", "late:./other", code=4)
    assert f"--late {model}" in " ".join(refused.stderr.split())
