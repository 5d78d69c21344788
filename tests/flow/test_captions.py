"""A folder of documents over its life with a captioner: planned, killed, gone on with, mended, asked."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from indexers.ingest import Options, ingest
from indexers.plan import plan
from rag.encoders.colours import ColourEncoder
from rag.from_wire import hit_from_json, ingest_from_json
from rag.generators.extractive import ExtractiveGenerator
from rag.prompt import build_prompt
from rag.protocols import Captioner
from rag.retrieve import Query, search
from rag.store import captions
from rag.store.store import Store
from rag.to_wire import hit_json, ingest_json
from rag.types import CaptionCounts, Filters, Hit, IngestReport, Modality
from tests.colour_captioner import ColourCaptioner
from tests.drawn_pdf import Drawing

ROOT = Path(__file__).resolve().parents[2]
ENCODERS = {"colours": ColourEncoder()}
OPTIONS = Options(ocr=False, n_workers=1)
COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "brown", "black", "white", "grey")


@contextmanager
def opened(folder: Path) -> Iterator[Store]:
    with Store(folder.parent / "store", create=True) as store:
        store.expect([ENCODERS["colours"].fingerprint])
        yield store


def take(folder: Path, captioner: Captioner | None, options: Options = OPTIONS) -> IngestReport:
    with opened(folder) as store:
        return ingest([folder], store=store, encoders=ENCODERS, options=replace(options, captioner=captioner))


def planned(folder: Path, captioner: Captioner | None, options: Options = OPTIONS) -> int:
    """How many calls the dry run names."""
    options = replace(options, captioner=captioner)
    if not (folder.parent / "store").exists():
        return plan([folder], store=None, options=options).captions
    with opened(folder) as store:
        return plan([folder], store=store, options=options).captions


def find(folder: Path, words: str) -> tuple[Hit, ...]:
    with opened(folder) as store:
        return search(Query(words), store=store, encoders=ENCODERS, k=5, filters=Filters())


def captions_of(folder: Path) -> list[str]:
    with opened(folder) as store:
        elements = [element for one in store.documents() for element in store.catalogue.elements_of(one.id)]
    return sorted(element.caption for element in elements if element.caption)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five pages that show the same seal, three of them with a picture of their own, one with an icon."""
    root = tmp_path / "folder"
    root.mkdir()
    Image.new("RGB", (64, 64), "purple").save(root / "seal.png")
    Image.new("RGB", (8, 8), "black").save(root / "icon.png")
    for name, colour in (("harbour", "blue"), ("field", "yellow"), ("barn", "red")):
        Image.new("RGB", (48, 48), colour).save(root / f"{name}.jpg", quality=95)
    for name in ("harbour", "field", "barn", "shed", "yard"):
        own = f"![]({name}.jpg)\n\n" if (root / f"{name}.jpg").exists() else ""
        icon = "![](icon.png)\n\n" if name == "shed" else ""
        (root / f"{name}.md").write_text(f"# The {name}\n\n![](seal.png)\n\n{own}{icon}Kept by {name} people.\n")
    return root


def draw_table(folder: Path) -> None:
    """A PDF of one page with a paragraph and a table."""
    drawing = Drawing()
    sheet = drawing.sheet()
    sheet.text(60, 60, 440, "The harbour master wrote down every ship that came in before the ice closed the bay.")
    rows = [("1900", "twelve ships", "eighty"), ("1901", "fifteen ships", "ninety"), ("1902", "no ships", "none")]
    sheet.ruled_table(60, 140, (70, 90, 90), [("year", "ships", "men"), *rows])
    drawing.save(folder / "ships.pdf")


EVERYTHING: tuple[Modality, ...] = ("image", "table", "page")


@pytest.mark.parametrize(("caption_of", "n_calls"), [(("image",), 4), (EVERYTHING, 6)])
def test_the_dry_run_names_the_calls_that_the_real_run_makes(
    folder: Path, caption_of: tuple[Modality, ...], n_calls: int
) -> None:
    if caption_of == EVERYTHING:
        draw_table(folder)
    options = replace(OPTIONS, caption_of=caption_of)
    captioner = ColourCaptioner()
    assert planned(folder, None, options) == 0
    assert planned(folder, captioner, options) == n_calls
    assert not (folder.parent / "store").exists()
    assert captioner.asked == []
    report = take(folder, captioner, options)
    assert (captioner.n_pictures, report.captions) == (n_calls, CaptionCounts(made=n_calls, too_small=1))
    assert planned(folder, captioner, options) == 0
    assert take(folder, captioner, options).captions == CaptionCounts(known=n_calls, too_small=1)
    assert captioner.n_pictures == n_calls


def test_the_dry_run_agrees_also_where_documents_are_held_and_gaps_are_recorded(folder: Path) -> None:
    take(folder, None)
    broken = ColourCaptioner(fails_at=lambda colour: "no" if colour == "blue" else "")
    assert planned(folder, broken) == 4
    assert take(folder, broken).captions == CaptionCounts(made=3, gaps=1, too_small=1, reason="no")
    Image.new("RGB", (48, 48), "green").save(folder / "meadow.png")
    mended = ColourCaptioner()
    assert (planned(folder, mended), planned(folder, mended, replace(OPTIONS, retry=True))) == (1, 2)
    assert take(folder, mended).captions.made == 1
    assert take(folder, mended, replace(OPTIONS, retry=True)).captions == CaptionCounts(made=1, known=4, too_small=1)
    assert sorted(colour for asked in mended.asked for colour in asked) == ["blue", "green"]
    assert planned(folder, ColourCaptioner(instruction="Be brief.")) == 5


def test_a_retry_reaches_the_gaps_of_the_named_paths_only(folder: Path) -> None:
    take(folder, ColourCaptioner(fails_at=lambda colour: f"no {colour}" if colour in ("red", "blue") else ""))
    with opened(folder) as store:
        captioner = ColourCaptioner()
        options = replace(OPTIONS, captioner=captioner, retry=True)
        ingest([folder / "barn.md"], store=store, encoders=ENCODERS, options=options)
        assert captioner.asked == [["red"]]
        assert [gap.failure for _, gap in captions.gaps(store.catalogue)] == ["no blue"]


def test_a_caption_is_quoted_in_an_answer_and_goes_over_the_wire(folder: Path) -> None:
    report = take(folder, ColourCaptioner(words="A lighthouse with a {colour} roof. It stands on a rock."))
    assert ingest_from_json(ingest_json(report)) == report
    hits = find(folder, "roof of the blue lighthouse")
    assert hits[0].element.caption == "A lighthouse with a blue roof. It stands on a rock."
    assert hit_from_json(hit_json(hits[0])).element.caption == hits[0].element.caption
    prompt = build_prompt("What roof does the blue lighthouse have?", hits)
    answer = "".join(ExtractiveGenerator().generate(prompt))
    assert answer.startswith("A lighthouse with a blue roof. [1]")


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.colour_captioner import ColourCaptioner
from tests.flow.test_captions import take

class Last(ColourCaptioner):
    def caption(self, images):
        if self.asked:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().caption(images)

take(Path(sys.argv[1]), Last())
"""


def test_kill_9_between_two_batches_never_pays_for_a_caption_again(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for colour in COLOURS:
        Image.new("RGB", (32, 32), colour).save(folder / f"{colour}.png")
    take(folder, None)
    died = subprocess.run([sys.executable, "-c", KILLED, str(folder)], cwd=ROOT, check=False, timeout=60)
    assert died.returncode == -signal.SIGKILL
    assert captions_of(folder) == []
    captioner = ColourCaptioner()
    assert planned(folder, captioner) == 2
    assert take(folder, captioner).captions == CaptionCounts(made=2, known=8)
    assert captioner.n_pictures == 2
    assert captions_of(folder) == sorted(f"A {colour} square." for colour in COLOURS)
