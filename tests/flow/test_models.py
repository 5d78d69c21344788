"""A local model, through the doors that a person uses: it describes at ingest, answers, streams, and its figures are shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
from PIL import Image

from rag import Client, Delta, Done, Engine, Sources
from rag.settings import Settings, load_settings
from tests.flow.conftest import CommandLine
from tests.service import running
from tests.tiny_vlms import tiny_vlm as tiny_vlm

TinyVlm = Callable[[str], Path]


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    folder.mkdir()
    Image.new("RGB", (64, 64), "red").save(folder / "red.png")
    Image.new("RGB", (64, 64), "blue").save(folder / "blue.png")
    (folder / "notes.txt").write_text("The red lamp burns on the tower.\n")
    return folder


def settings(tmp_path: Path, model: str, **more: object) -> Settings:
    flags: dict[str, object] = {"generators": model, "answer_tokens": 24, **more}
    return load_settings(store=tmp_path / "store", encoders="colours", ocr=False, workers=1, **flags)


@pytest.mark.parametrize("family", ["blip-vqa", "paligemma"])
@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")
def test_a_model_that_takes_no_instruction_answers_from_the_picture_that_it_saw(
    family: str, tiny_vlm: TinyVlm, tmp_path: Path, library: Path
) -> None:
    model = f"transformers:{tiny_vlm(family)}"
    with Engine(settings=settings(tmp_path, model)) as engine:
        engine.ingest(library)
        answer = engine.query("Which colour is red?")
    assert answer.model == model
    (sentence,) = answer.sentences  # of random weights the words mean nothing, but it says which picture it looked at
    hits = {hit.rank: hit for hit in answer.hits}
    assert [hits[number].element.modality for number in sentence.numbers] == ["image"]


def test_a_chat_model_is_shown_texts_and_pictures_and_what_it_took_is_told(
    tiny_vlm: TinyVlm, tmp_path: Path, library: Path
) -> None:
    model = f"transformers:{tiny_vlm('qwen2_5_vl')}"
    engine = Engine(settings=settings(tmp_path, model))
    engine.load(create=True)
    with running(engine) as url, Client(url) as client:
        client.ingest(library)
        first, *deltas, last = client.query("Which lamp is red?", stream=True)
        told = httpx2.get(f"{url}/metrics").text
    assert isinstance(first, Sources)
    assert {one.hit.element.modality for one in first.evidence} == {"text", "image"}
    assert any(isinstance(one, Delta) for one in deltas)
    assert isinstance(last, Done)
    answer = last.answer
    assert 0 < answer.usage.tokens_out <= 24
    assert answer.usage.tokens_in > 100
    assert answer.usage.peak_bytes > 50_000_000
    assert 0 < answer.seconds["first_token"] <= answer.seconds["generate"]
    assert f'sightline_model_peak_bytes{{model="{model}"}}' in told
    assert f'sightline_answer_seconds_count{{model="{model}",stage="first_token"}} 1.0' in told


def test_the_command_line_describes_pictures_once_and_answers_with_a_local_model(
    tiny_vlm: TinyVlm, sightline: CommandLine, library: Path
) -> None:
    model = f"transformers:{tiny_vlm('blip')}"
    planned = sightline.json("ingest", library, "--dry-run", "--captioner", model)
    first = sightline.json("ingest", library, "--captioner", model)
    again = sightline.json("ingest", library, "--captioner", model)
    assert (planned["captions"], first["captions"]["made"], again["captions"]["made"]) == (2, 2, 0)
    assert again["captions"]["known"] == 2
    told = sightline.json("query", "Which picture is red?", "--generator", model)
    assert told["model"] == model
    assert told["usage"]["peak_bytes"] > 0


def test_a_model_that_is_not_there_is_named_with_what_to_do(sightline: CommandLine, library: Path) -> None:
    sightline.run("ingest", library)
    for name in ("transformers:none/such", "transformers:./none"):
        assert "none" in sightline.run("query", "red?", "--generator", name, code=1).stderr
    assert "Generators:" in sightline.run("query", "red?", "--generator", "clever", code=2).stderr
    assert "Captioners:" in sightline.run("ingest", library, "--captioner", "extractive", code=2).stderr
