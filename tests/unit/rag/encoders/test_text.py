"""Any transformers embedder, with tiny ones made on the spot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import load_file, save_file
from transformers import BertModel

from rag.encoders.text import TextEncoder
from rag.errors import BadSetting, EncodeFailed, ModelNotFound, WeightsDamaged
from tests import tiny_models
from tests.tiny_models import make_bert, put_nan, weights_of, write_json


def encode(folder: Path, *texts: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return TextEncoder(str(folder), precision="fp32").encode_texts(texts)


def hidden_of(folder: Path, tokens: list[int]) -> torch.Tensor:
    with torch.inference_mode():  # from_pretrained hands a model over in evaluation mode
        output = BertModel.from_pretrained(folder, add_pooling_layer=False)(torch.tensor([tokens]))
    states: torch.Tensor = output.last_hidden_state[0]
    return states


def unit(vector: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.normalize(vector, dim=0)


A, C, T = (len(tiny_models.SPECIAL) + tiny_models.LETTERS.index(letter) for letter in "act")
CAT = [2, C, A + len(tiny_models.LETTERS), T + len(tiny_models.LETTERS), 3]


@pytest.mark.parametrize(
    ("flag", "pool"),
    [
        ("pooling_mode_mean_tokens", lambda states: states.mean(dim=0)),
        ("pooling_mode_cls_token", lambda states: states[0]),
        ("pooling_mode_lasttoken", lambda states: states[-1]),
        ("pooling_mode_max_tokens", lambda states: states.amax(dim=0)),
    ],
)
def test_pooling_is_what_the_folder_says(tmp_path: Path, flag: str, pool: object) -> None:
    assert callable(pool)
    folder = make_bert(tmp_path, **{flag: True})
    # In a batch with a longer text, so that padding is there to be left out.
    assert np.allclose(encode(folder, "cat", "a longer text")[0], unit(pool(hidden_of(folder, CAT))), atol=1e-5)


def test_a_folder_without_sentence_transformers_files_takes_the_mean(tmp_path: Path) -> None:
    folder = make_bert(tmp_path)
    assert np.allclose(encode(folder, "cat")[0], unit(hidden_of(folder, CAT).mean(dim=0)), atol=1e-5)


def test_an_unknown_pooling_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="weightedmean"):
        TextEncoder(str(make_bert(tmp_path, pooling_mode_weightedmean_tokens=True)))


def test_an_unknown_module_is_refused_by_name(tmp_path: Path) -> None:
    folder = make_bert(tmp_path)
    write_json(folder / "modules.json", [{"path": "", "type": "a.Transformer"}, {"path": "1", "type": "a.CNN"}])
    with pytest.raises(BadSetting, match="'CNN'"):
        TextEncoder(str(folder))


def test_a_dense_layer_shapes_the_vector(tmp_path: Path) -> None:
    folder = make_bert(tmp_path, pooling_mode_mean_tokens=True)
    modules = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Dense", "Dense"), ("3_Normalize", "Normalize")]
    write_json(folder / "modules.json", [{"path": path, "type": f"s.models.{kind}"} for path, kind in modules])
    (folder / "2_Dense").mkdir()
    config = {
        "in_features": 32,
        "out_features": 5,
        "bias": True,
        "activation_function": "torch.nn.modules.activation.Tanh",
    }
    write_json(folder / "2_Dense" / "config.json", config)
    layer = {"linear.weight": torch.randn(5, 32), "linear.bias": torch.randn(5)}
    save_file(layer, folder / "2_Dense" / "model.safetensors")
    pooled = hidden_of(folder, CAT).mean(dim=0)
    expected = unit(torch.tanh(layer["linear.weight"] @ pooled + layer["linear.bias"]))
    encoder = TextEncoder(str(folder), precision="fp32")
    assert encoder.fingerprint.dim == 5
    assert np.allclose(encoder.encode_texts(["cat"])[0], expected, atol=1e-5)


def test_the_default_prompt_stands_before_every_text_and_in_the_fingerprint(tmp_path: Path) -> None:
    plain = encode(make_bert(tmp_path), "find: cat")
    prompts = {"prompts": {"search": "find: ", "other": "no"}, "default_prompt_name": "search"}
    write_json(tmp_path / "config_sentence_transformers.json", prompts)
    encoder = TextEncoder(str(tmp_path), precision="fp32")
    assert np.allclose(encoder.encode_texts(["cat"]), plain, atol=1e-6)
    assert "find: " in encoder.fingerprint.preprocessing


def test_the_prompt_leaves_less_room_for_the_text(tmp_path: Path) -> None:
    plain = TextEncoder(str(make_bert(tmp_path)))
    write_json(tmp_path / "config_sentence_transformers.json", {"prompts": {"p": "find: "}, "default_prompt_name": "p"})
    text = "abcdefghij " * 3
    assert len(plain.split(text)) == 1
    assert len(TextEncoder(str(tmp_path)).split(text)) == 2


def test_windows_count_special_tokens(tmp_path: Path) -> None:
    encoder = TextEncoder(str(make_bert(tmp_path, context=10)))
    assert encoder.fingerprint.context == 10
    assert encoder.split("abcdefgh") == ["abcdefgh"]
    assert len(encoder.split("abcdefghi")) == 2


def test_no_folder_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match="no folder"):
        TextEncoder(str(tmp_path / "absent"))


def test_an_empty_folder_lacks_weights(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match="no weights"):
        TextEncoder(str(tmp_path))


def test_a_folder_without_tokenizer_is_no_text_model(tmp_path: Path) -> None:
    folder = make_bert(tmp_path)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).unlink()
    (folder / "config.json").write_text('{"model_type": "no such type"}')
    with pytest.raises(ModelNotFound, match="no text model"):
        TextEncoder(str(folder))


def test_code_in_a_models_folder_is_never_run(tmp_path: Path) -> None:
    folder = make_bert(tmp_path / "model")
    (folder / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    config = {"model_type": "evil", "auto_map": {"AutoConfig": "evil.Config", "AutoModel": "evil.Model"}}
    write_json(folder / "config.json", config)
    with pytest.raises(ModelNotFound):
        TextEncoder(str(folder))
    assert not (tmp_path / "ran").exists()


def test_truncated_weights_are_damaged(tmp_path: Path) -> None:
    weights = weights_of(make_bert(tmp_path))
    weights.write_bytes(weights.read_bytes()[:5_000])
    with pytest.raises(WeightsDamaged, match="do not load"):
        TextEncoder(str(tmp_path))


def test_a_missing_tensor_is_not_filled_with_random_numbers(tmp_path: Path) -> None:
    weights = weights_of(make_bert(tmp_path))
    state = load_file(weights)
    del state["encoder.layer.1.output.dense.weight"]
    save_file(state, weights, metadata={"format": "pt"})
    with pytest.raises(WeightsDamaged, match=r"lack 1 .* 'encoder\.layer\.1\.output\.dense\.weight'"):
        TextEncoder(str(tmp_path))


def test_a_model_that_gives_nan_is_refused_with_the_text(tmp_path: Path) -> None:
    folder = put_nan(make_bert(tmp_path), "encoder.layer.0.output.dense.weight")
    with pytest.raises(EncodeFailed, match="not finite for text 1 of 2, 'a cat'"):
        encode(folder, "a cat", "a dog")


def test_the_fingerprint_follows_the_weights(tmp_path: Path) -> None:
    first = TextEncoder(str(make_bert(tmp_path / "a"))).fingerprint
    put_nan(make_bert(tmp_path / "b"), "embeddings.word_embeddings.weight")
    second = TextEncoder(str(tmp_path / "b")).fingerprint
    assert first.name == f"text:{tmp_path / 'a'}"
    assert first.weights != second.weights


def test_a_hub_name_is_read_from_the_cache_and_never_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    commit = "0123456789" * 4
    make_bert(tmp_path / "models--house--tiny" / "snapshots" / commit)
    (tmp_path / "models--house--tiny" / "refs").mkdir()
    (tmp_path / "models--house--tiny" / "refs" / "main").write_text(commit)
    fingerprint = TextEncoder("house/tiny").fingerprint
    assert (fingerprint.name, fingerprint.revision) == ("text:house/tiny", commit)
    with pytest.raises(ModelNotFound, match="not on this machine") as caught:
        TextEncoder("house/absent")
    assert "--allow-download" in caught.value.hint
