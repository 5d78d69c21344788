"""Models and the machine: what is here, what is missing, and the line that mends it."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections import namedtuple
from importlib.util import find_spec
from pathlib import Path

import pytest
from huggingface_hub import constants

from rag import doctor
from rag.encoders.languages import languages_of_tokenizer
from rag.registry import MODELS, find
from tests.unit.rag.cli.conftest import Line, states

ROOT = Path(__file__).resolve().parents[4]
REPOSITORY = "house/tiny"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A hub's cache, as huggingface_hub lays it out, that holds one model."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    snapshot = tmp_path / "hub" / "models--house--tiny" / "snapshots" / "c0ffee"
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text("{}")
    (snapshot / "model.safetensors").write_bytes(b"weights")
    (tmp_path / "hub" / "models--house--tiny" / "refs").mkdir()
    (tmp_path / "hub" / "models--house--tiny" / "refs" / "main").write_text("c0ffee")
    return snapshot


def test_every_kind_of_model_is_listed_with_what_is_known_of_it(line: Line, cache: Path) -> None:
    found = {one["name"]: one for one in line.json("models", "list")["models"]}
    assert list(found) == [model.name for model in MODELS]
    world = found["open_clip:xlm-roberta-base-ViT-B-32/laion5b_s13b_b90k"]
    assert (world["dim"], world["context"], world["languages"], world["licence"]) == (512, 77, "about 100", "MIT")
    assert (world["megabytes"], world["place"]) == (1_464, "")
    assert found["extractive"]["place"] == "yes"
    here = [one["name"] for one in line.json("models", "list", "--here")["models"]]
    assert "extractive" in here
    assert world["name"] not in here
    assert "1.5 GB" in line.run("models", "list")[0]


def test_the_table_says_of_open_clips_models_what_open_clip_says() -> None:
    spec = find_spec("open_clip")  # its files are read as text: importing it takes longer than all of these tests
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent
    weights = (folder / "pretrained.py").read_text(encoding="utf-8")
    named = [model for model in MODELS if model.name.startswith("open_clip:")]
    assert named
    for model in named:
        architecture, _, tag = model.name.removeprefix("open_clip:").partition("/")
        config = json.loads((folder / "model_configs" / f"{architecture}.json").read_text(encoding="utf-8"))
        text = config["text_cfg"]
        assert model.dim == config["embed_dim"], model.name
        assert model.context == text.get("context_length", 77), model.name
        assert f"hf_hub='{model.repository}/'" in weights, model.name
        assert re.search(rf"\b{re.escape(tag)}=", weights), model.name
        reads = languages_of_tokenizer(str(text.get("hf_tokenizer_name") or ""))
        assert model.languages == (reads[0] if len(reads) == 1 else "about 100"), model.name


def test_no_model_is_listed_twice() -> None:
    assert len({model.name for model in MODELS}) == len(MODELS)
    assert find("text:somebody/else") is None


def test_what_is_in_the_cache_is_not_fetched_again(line: Line, cache: Path) -> None:
    (told,) = line.json("models", "pull", f"text:{REPOSITORY}")["models"]
    assert (told["place"], told["fetched"]) == (str(cache), False)
    assert "was here already" in line.run("models", "pull", f"cross:{REPOSITORY}")[0]


def test_a_folder_is_a_model_too(line: Line, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    assert line.json("models", "pull", f"transformers:{folder}")["models"][0]["place"] == str(folder)
    assert "There is no folder" in line.run("models", "pull", f"text:{tmp_path}/none", code=1)[1]


def test_a_hub_that_may_not_be_asked_is_named_with_what_to_do(
    line: Line, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    for name in ("text:house/other", "open_clip:ViT-B-32/laion2b_s34b_b79k"):
        told = line.run("models", "pull", name, code=1, HF_HUB_OFFLINE="1")[1]
        assert "is not on this machine" in told
        assert "HF_HUB_OFFLINE is set" in told


@pytest.mark.parametrize("name", ["clever", "chat:openai:gpt", "extractive"])
def test_what_has_no_weights_is_not_fetched(line: Line, name: str) -> None:
    assert "error" in line.run("models", "pull", name, code=2)[1]


def test_a_disk_without_room_is_told_before_anything_is_fetched(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rag import pulling
    from rag.errors import NoRoom

    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(2**40, 2**40, 2**30))
    with pytest.raises(NoRoom, match=r"house/large takes 2048 MiB, and 1024 MiB are free") as refused:
        pulling.refuse_without_room("house/large", 2 * 2**30)
    assert "HF_HOME" in refused.value.hint


def test_models_that_are_missing_are_named_with_the_line_that_fetches_them(line: Line, cache: Path) -> None:
    found = line.json("models", "doctor", code=0)["findings"]
    assert states(found) == {"model colours": "ok", "model extractive": "ok"}
    told = line.json("models", "doctor", f"text:{REPOSITORY}", "late:house/none", code=1)["findings"]
    assert states(told) == {f"model text:{REPOSITORY}": "ok", "model late:house/none": "fail"}
    assert told[1]["mend"] == "sightline models pull late:house/none"
    # It is in the cache, and yet no model: only loading it tells.
    (loaded,) = line.json("models", "doctor", f"text:{REPOSITORY}", "--load", code=1)["findings"]
    assert loaded["state"] == "fail"


def test_the_doctor_looks_at_everything(line: Line) -> None:
    out = line.json("doctor", "--store", line.store, SIGHTLINE_PORT="0")
    found = states(out["findings"])
    assert {
        "python",
        "packages",
        "model colours",
        "model extractive",
        "font",
        "store",
        "port",
        "disk",
        "memory",
    } <= set(found)
    assert {"extra ocr", "extra office", "extra chat", "extra watch", "extra mcp"} <= set(found)
    assert (found["store"], found["packages"], out["ok"]) == ("ok", "ok", True)
    assert all(one["mend"] for one in out["findings"] if one["state"] != "ok")
    assert "fine" in line.run("doctor", SIGHTLINE_PORT="0")[0]


def test_the_doctor_names_what_is_wrong_and_says_so_in_its_exit_code(line: Line, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        out = line.json("doctor", code=1, SIGHTLINE_PORT=port, SIGHTLINE_ENCODERS="text:house/none")
    found = {one["name"]: one for one in out["findings"]}
    assert found["model text:house/none"]["mend"] == "sightline models pull text:house/none"
    assert found["port"]["state"] == "warn"
    assert "--port 0" in found["port"]["mend"]
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "catalogue.sqlite").write_bytes(b"no database" * 100)
    broken = line.json("doctor", "--store", tmp_path / "broken", code=1, SIGHTLINE_PORT="0")
    assert states(broken["findings"])["store"] == "fail"
    none = line.json("doctor", "--store", tmp_path / "none", SIGHTLINE_PORT="0")
    assert states(none["findings"])["store"] == "warn"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_the_doctor_sees_a_store_that_may_not_be_written(line: Line) -> None:
    line.store.chmod(0o500)
    try:
        assert states(line.json("doctor", code=1, SIGHTLINE_PORT="0")["findings"])["store"] == "fail"
    finally:
        line.store.chmod(0o700)


def test_free_memory_is_what_linux_says(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemTotal:  2000 kB\nMemAvailable:    1000 kB\n")
    assert doctor.available_bytes(tmp_path / "meminfo") == 1_024_000
    assert doctor.available_bytes(tmp_path / "none") == 0


def test_listing_models_loads_none() -> None:
    code = (
        "import sys; sys.argv = ['sightline', 'models', 'list', '--json']\n"
        "from rag.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([name for name in ('torch', 'open_clip', 'transformers', 'faiss') if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
