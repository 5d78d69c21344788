"""Late-interaction models that cannot be had, or are not what they should be."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import load_file, save_file

from rag.errors import BadSetting, EncodeFailed, ModelNotFound, WeightsDamaged
from rag.late.encoder import LateEncoder
from tests import tiny_late
from tests.tiny_models import make_bert, put_nan, write_json


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_late.make("colqwen2", tmp_path_factory.mktemp("late") / "colqwen2")


@pytest.fixture
def model(whole: Path, tmp_path: Path) -> Path:
    """A copy that may be damaged."""
    return shutil.copytree(whole, tmp_path / "model")


def test_a_folder_that_is_not_there_is_named() -> None:
    with pytest.raises(ModelNotFound, match=r"no folder '\./nowhere'") as caught:
        LateEncoder("./nowhere")
    assert "late:FOLDER" in caught.value.hint


def test_a_model_that_is_not_on_this_machine_is_not_fetched_unasked() -> None:
    with pytest.raises(ModelNotFound, match="'nobody/has-this-model' is not on this machine") as caught:
        LateEncoder("nobody/has-this-model")
    assert "--allow-download" in caught.value.hint


def test_a_model_of_another_kind_is_refused_and_the_right_ones_listed(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="type 'bert'") as caught:
        LateEncoder(str(make_bert(tmp_path / "bert")))
    assert all(kind in caught.value.hint for kind in ("colpali", "colqwen2", "colmodernvbert"))


def test_an_adapter_alone_is_told_from_a_model(tmp_path: Path) -> None:
    write_json(tmp_path / "adapter_config.json", {"peft_type": "LORA"})
    with pytest.raises(ModelNotFound, match="an adapter, not a whole model") as caught:
        LateEncoder(str(tmp_path))
    assert "merged" in caught.value.hint


@pytest.mark.parametrize("content", ["", "[1]", "{}", "{"])
def test_a_configuration_that_is_none_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(ModelNotFound, match=r"config\.json"):
        LateEncoder(str(tmp_path))


def test_a_device_that_is_not_there_is_refused(model: Path) -> None:
    with pytest.raises(BadSetting, match="no device 'abacus'"):
        LateEncoder(str(model), device="abacus")


def test_a_folder_without_weights_is_refused(model: Path) -> None:
    (model / "model.safetensors").unlink()
    with pytest.raises(ModelNotFound, match="no weights"):
        LateEncoder(str(model))


def test_a_folder_without_a_processor_is_refused(model: Path) -> None:
    for file in [*model.glob("processor*"), *model.glob("tokenizer*")]:
        file.unlink()
    with pytest.raises(ModelNotFound, match="no processor") as caught:
        LateEncoder(str(model))
    assert "never run" in caught.value.hint


def cut_short(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1_000])


def without_projection(folder: Path) -> None:
    state = load_file(folder / "model.safetensors")
    del state["embedding_proj_layer.weight"]
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})


def of_another_width(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    write_json(folder / "config.json", {**config, "embedding_dim": 8})


@pytest.mark.parametrize("damage", [cut_short, without_projection, of_another_width])
def test_damaged_weights_are_refused(model: Path, damage: Callable[[Path], None]) -> None:
    damage(model)
    with pytest.raises(WeightsDamaged, match="weights in") as caught:
        LateEncoder(str(model))
    assert "Fetch" in caught.value.hint


def test_a_row_that_is_not_finite_names_the_picture_or_the_question(model: Path) -> None:
    encoder = LateEncoder(str(put_nan(model, "embedding_proj_layer.bias")), device="cpu")
    pictures = [Image.new("RGB", (40, 30)), Image.new("RGB", (30, 90))]
    with pytest.raises(EncodeFailed, match="picture 1 of 2, 40 x 30 pixels"):
        encoder.encode_pages(pictures)
    with pytest.raises(EncodeFailed, match="question 1 of 1, 'where is it'"):
        encoder.encode_queries(["where is it"])


@pytest.mark.parametrize("how", [{"padding": "max_length", "max_length": 512}, {"truncation": True, "max_length": 20}])
def test_a_tokenizer_that_is_set_to_one_length_neither_pads_nor_cuts(
    whole: Path, model: Path, how: dict[str, object]
) -> None:
    settings = json.loads((model / "tokenizer_config.json").read_text())
    write_json(model / "tokenizer_config.json", {**settings, **how})
    texts = ["red", "what was the revenue of the year 2019 in all of the regions that are named in the report?"]
    expected = LateEncoder(str(whole), device="cpu", precision="fp32").encode_queries(texts)
    found = LateEncoder(str(model), device="cpu", precision="fp32").encode_queries(texts)
    assert [rows.shape for rows in found] == [rows.shape for rows in expected]
    assert all(np.allclose(a, b, atol=1e-5) for a, b in zip(found, expected, strict=True))


def test_a_picture_that_cannot_be_decoded_fails(whole: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.png"
    Image.effect_noise((200, 200), 80).save(path)
    path.write_bytes(path.read_bytes()[:5_000])
    with Image.open(path) as cut, pytest.raises(EncodeFailed, match="cannot be decoded"):
        LateEncoder(str(whole), device="cpu").encode_pages([cut])


def test_other_weights_have_another_fingerprint(whole: Path, model: Path) -> None:
    state = load_file(model / "model.safetensors")
    state["embedding_proj_layer.bias"] += 1
    save_file(state, model / "model.safetensors", metadata={"format": "pt"})
    assert LateEncoder(str(whole)).fingerprint.weights != LateEncoder(str(model)).fingerprint.weights


def test_other_preprocessing_has_another_fingerprint(whole: Path, model: Path) -> None:
    config = json.loads((model / "processor_config.json").read_text())
    config["image_processor"]["image_mean"] = [0.5, 0.5, 0.5]
    write_json(model / "processor_config.json", config)
    one, other = LateEncoder(str(whole)).fingerprint, LateEncoder(str(model)).fingerprint
    assert one.preprocessing != other.preprocessing
