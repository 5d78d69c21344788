"""Any open_clip model, with tiny ones made on the spot."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import open_clip  # type: ignore[import-untyped]
import pytest
import torch
from huggingface_hub import constants
from PIL import Image

from rag.encoders.clip import ClipEncoder
from rag.encoders.languages import languages_of_tokenizer
from rag.errors import EncodeFailed, ModelNotFound, WeightsDamaged
from tests.tiny_models import CLIP_TEXT, RESNET, VIT, make_clip, make_clip_with_bert, put_nan, weights_of, write_json

GOLDEN = Path(__file__).resolve().parents[4] / "../shared/data/clip-golden"
BIDIRECTIONAL = {**CLIP_TEXT, "no_causal_mask": True, "pool_type": "last"}
"""The text tower of SigLIP and CLIPA in small."""
TEXTS = ["a red car", "", "the quick brown fox, 12", "你好"]


def open_tiny(folder: Path) -> Any:  # Any: open_clip is not typed
    model, transform = open_clip.create_model_from_pretrained(f"local-dir:{folder}")
    return model.eval(), transform, open_clip.get_tokenizer(f"local-dir:{folder}")


def padded(folder: Path, texts: list[str]) -> torch.Tensor:
    """The rows that open_clip itself gives, with all its padding."""
    model, _, tokenizer = open_tiny(folder)
    with torch.inference_mode():
        rows: torch.Tensor = model.encode_text(tokenizer(texts), normalize=True)
    return rows


@pytest.mark.parametrize("text", [CLIP_TEXT, BIDIRECTIONAL], ids=["causal", "bidirectional"])
def test_trimming_the_padding_changes_no_row(tmp_path: Path, text: dict[str, Any]) -> None:
    folder = make_clip(tmp_path, text=text)
    assert np.allclose(ClipEncoder(f"local-dir:{folder}").encode_texts(TEXTS), padded(folder, TEXTS), atol=1e-6)


def test_trimming_the_padding_of_a_transformers_tower_changes_no_row(tmp_path: Path) -> None:
    folder = make_clip_with_bert(tmp_path)
    assert np.allclose(ClipEncoder(f"local-dir:{folder}").encode_texts(TEXTS), padded(folder, TEXTS), atol=1e-6)


@pytest.mark.parametrize(("text", "n_read"), [(CLIP_TEXT, 5), (BIDIRECTIONAL, 20)], ids=["causal", "bidirectional"])
def test_only_a_causal_tower_reads_fewer_tokens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: dict[str, Any], n_read: int
) -> None:
    encoder = ClipEncoder(f"local-dir:{make_clip(tmp_path, text=text)}")
    read: list[int] = []
    block = open_clip.transformer.Transformer.forward

    def forward(self: object, states: torch.Tensor, *args: object, **options: object) -> object:
        read.append(states.shape[1])
        return block(self, states, *args, **options)

    monkeypatch.setattr(open_clip.transformer.Transformer, "forward", forward)
    encoder.encode_texts(["a red car"])  # three words, begin and end
    assert read == [n_read]


def test_a_batchnorm_model_is_in_evaluation_mode(tmp_path: Path) -> None:
    folder = make_clip(tmp_path, vision=RESNET)
    picture = Image.effect_noise((40, 30), 80).convert("RGB")
    others = [Image.new("RGB", (32, 32), colour) for colour in ("red", "blue", "white")]
    encoder = ClipEncoder(f"local-dir:{folder}")
    together = encoder.encode_images([*others, picture])[3]
    assert np.allclose(encoder.encode_images([picture])[0], together, atol=1e-6)
    model, transform, _ = open_tiny(folder)
    model.train()
    with torch.inference_mode():
        mixed = model.encode_image(torch.stack([transform(image) for image in [*others, picture]]), normalize=True)[3]
    assert not np.allclose(mixed, together, atol=1e-3)  # what would be seen without eval()


def test_a_text_that_names_the_end_token_is_read_to_its_end(tmp_path: Path) -> None:
    rows = ClipEncoder(f"local-dir:{make_clip(tmp_path)}").encode_texts(["a <end_of_text> red", "a <end_of_text> sea"])
    assert not np.allclose(rows[0], rows[1], atol=1e-3)


def test_what_is_transparent_is_white_and_not_what_lies_below(tmp_path: Path) -> None:
    encoder = ClipEncoder(f"local-dir:{make_clip(tmp_path)}")
    white = encoder.preprocess(Image.new("RGB", (40, 40), "white"))
    assert np.array_equal(encoder.preprocess(Image.new("RGBA", (40, 40), (255, 0, 0, 0))), white)


def test_a_thin_strip_is_seen_in_the_middle_without_being_blown_up(tmp_path: Path) -> None:
    strip = Image.new("RGB", (30_000, 1), "red")
    strip.paste("blue", (14_000, 0, 16_000, 1))
    encoder = ClipEncoder(f"local-dir:{make_clip(tmp_path)}")
    assert np.array_equal(encoder.preprocess(strip), encoder.preprocess(Image.new("RGB", (40, 40), "blue")))


def test_a_picture_that_cannot_be_decoded_is_refused(tmp_path: Path) -> None:
    Image.effect_noise((300, 300), 80).save(tmp_path / "cut.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "cut.png").read_bytes()[:2_000])
    with (
        Image.open(tmp_path / "cut.png") as cut,
        pytest.raises(EncodeFailed, match="300 x 300 pixels cannot be decoded"),
    ):
        ClipEncoder(f"local-dir:{make_clip(tmp_path / 'model')}").encode_images([cut])


def test_a_model_that_gives_nan_is_refused_with_the_input(tmp_path: Path) -> None:
    put_nan(make_clip(tmp_path / "words"), "text_projection")
    with pytest.raises(EncodeFailed, match="not finite for text 1 of 1, 'a cat'"):
        ClipEncoder(f"local-dir:{tmp_path / 'words'}").encode_texts(["a cat"])
    put_nan(make_clip(tmp_path / "eyes"), "visual.proj")
    with pytest.raises(EncodeFailed, match="not finite for picture 1 of 1, 9 x 7 pixels"):
        ClipEncoder(f"local-dir:{tmp_path / 'eyes'}").encode_images([Image.new("RGB", (9, 7))])


def test_the_fingerprint_says_how_pictures_are_shown(tmp_path: Path) -> None:
    folder = make_clip(tmp_path, preprocess={"resize_mode": "squash", "interpolation": "bilinear", "mean": [0, 0, 0]})
    fingerprint = ClipEncoder(f"local-dir:{folder}").fingerprint
    assert fingerprint.preprocessing.startswith("32 x 32 squash bilinear; mean 0 0 0; std 0.26863 0.261303 0.275777")
    assert (fingerprint.name, fingerprint.dim, fingerprint.context) == (f"open_clip:local-dir:{folder}", 16, 20)


@pytest.mark.parametrize(
    ("tokenizer", "reads", "does_not_read"),
    [
        ("", "en", "zh"),
        ("xlm-roberta-base", "zh", "tlh"),
        ("timm/ViT-B-16-SigLIP", "en", "zh"),
        ("timm/ViT-B-16-SigLIP2", "zh", ""),
    ],
)
def test_languages_follow_from_the_tokenizer(tokenizer: str, reads: str, does_not_read: str) -> None:
    assert reads in languages_of_tokenizer(tokenizer)
    assert does_not_read not in languages_of_tokenizer(tokenizer)


def test_an_unknown_tokenizer_reads_nobody_knows_what() -> None:
    assert languages_of_tokenizer("someone/something") == ()


# Names


def test_an_unknown_model_lists_near_names() -> None:
    with pytest.raises(ModelNotFound, match="no model 'ViT-B-23'") as caught:
        ClipEncoder("ViT-B-23/openai")
    assert "ViT-B-32" in caught.value.hint


@pytest.mark.parametrize("model", ["ViT-B-32/laion2b_s34b_b79", "ViT-B-32"])
def test_an_unknown_or_missing_tag_lists_the_known_ones(model: str) -> None:
    with pytest.raises(ModelNotFound) as caught:
        ClipEncoder(model)
    assert "ViT-B-32/laion2b_s34b_b79k" in caught.value.hint


@pytest.mark.parametrize(
    "model", ["ViT-B-32/laion2b_s34b_b79k", "hf-hub:house/absent", "xlm-roberta-base-ViT-B-32/laion5b_s13b_b90k"]
)
def test_weights_that_are_not_here_are_not_fetched_unasked(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with pytest.raises(ModelNotFound, match="not on this machine") as caught:
        ClipEncoder(model)
    assert "--allow-download" in caught.value.hint
    assert "local-dir" in caught.value.hint
    assert constants.HF_HUB_OFFLINE is False


def test_no_folder_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match="no folder"):
        ClipEncoder(f"local-dir:{tmp_path / 'absent'}")


@pytest.mark.parametrize("config", ["{", "[]", '{"model_cfg": {}}'])
def test_a_folder_without_a_configuration_is_said_so(tmp_path: Path, config: str) -> None:
    (tmp_path / "open_clip_config.json").write_text(config)
    with pytest.raises(ModelNotFound, match="no open_clip configuration"):
        ClipEncoder(f"local-dir:{tmp_path}")


def test_a_folder_without_weights_is_said_so(tmp_path: Path) -> None:
    weights_of(make_clip(tmp_path)).unlink()
    with pytest.raises(ModelNotFound, match="no weights"):
        ClipEncoder(f"local-dir:{tmp_path}")


def test_truncated_weights_are_damaged(tmp_path: Path) -> None:
    weights = weights_of(make_clip(tmp_path))
    weights.write_bytes(weights.read_bytes()[:5_000])
    with pytest.raises(WeightsDamaged, match="do not load"):
        ClipEncoder(f"local-dir:{tmp_path}")


def test_weights_of_another_architecture_are_refused(tmp_path: Path) -> None:
    make_clip(tmp_path)
    write_json(
        tmp_path / "open_clip_config.json",
        {"model_cfg": {"embed_dim": 16, "vision_cfg": {**VIT, "layers": 2}, "text_cfg": CLIP_TEXT}},
    )
    with pytest.raises(WeightsDamaged, match="do not load"):
        ClipEncoder(f"local-dir:{tmp_path}")


def test_a_tag_takes_its_own_preprocessing_and_activation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model and a tag added to open_clip's own tables, their weights in the hub's cache: found without the network."""
    config = {"embed_dim": 16, "vision_cfg": VIT, "text_cfg": CLIP_TEXT}
    write_json(tmp_path / "tiny.json", config)
    monkeypatch.setattr(open_clip.factory, "_MODEL_CONFIGS", dict(open_clip.factory._MODEL_CONFIGS))
    monkeypatch.setattr(open_clip.factory, "_MODEL_CONFIG_PATHS", [*open_clip.factory._MODEL_CONFIG_PATHS])
    open_clip.add_model_config(tmp_path / "tiny.json")
    pretrained = {"mean": (0.5,) * 3, "std": (0.5,) * 3, "interpolation": "bilinear", "resize_mode": "squash"}
    tags = {"house": {**pretrained, "hf_hub": "house/tiny/", "quick_gelu": True}}
    monkeypatch.setitem(open_clip.pretrained._PRETRAINED, "tiny", tags)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    commit = "0123456789" * 4
    folder = make_clip(tmp_path / "models--house--tiny" / "snapshots" / commit)
    (tmp_path / "models--house--tiny" / "refs").mkdir()
    (tmp_path / "models--house--tiny" / "refs" / "main").write_text(commit)

    encoder = ClipEncoder("tiny/house")
    assert (encoder.fingerprint.name, encoder.fingerprint.revision) == ("open_clip:tiny/house", "house")
    assert encoder.fingerprint.preprocessing == "32 x 32 squash bilinear; mean 0.5 0.5 0.5; std 0.5 0.5 0.5;" + (
        " transparent is white; quick gelu"
    )
    assert encoder.preprocess(Image.new("RGB", (4, 9), "white")).tolist() == np.ones((3, 32, 32)).tolist()
    # The same weights with the plain activation, by path and from the folder, are another model.
    by_path = ClipEncoder(f"tiny/{weights_of(folder)}").encode_texts(["cat"])
    assert np.allclose(by_path, ClipEncoder("hf-hub:house/tiny").encode_texts(["cat"]), atol=1e-6)
    assert not np.allclose(by_path, encoder.encode_texts(["cat"]), atol=1e-4)


# A third party's numbers


@pytest.fixture(scope="module")
def golden() -> Any:  # Any: an archive of arrays
    if not GOLDEN.is_dir():
        pytest.skip("../shared/data/clip-golden is not there")
    with np.load(GOLDEN / "golden.npz", allow_pickle=False) as archive:
        return dict(archive)


def photos(names: list[str]) -> list[Image.Image]:
    return [Image.open(GOLDEN / f"{name}.jpg") for name in names]


def test_photos_are_shown_to_the_model_as_a_third_party_showed_them(golden: Any, tmp_path: Path) -> None:
    openai = open_clip.get_pretrained_cfg("ViT-B-32", "openai")
    preprocess = {key: openai[key] for key in ("mean", "std", "interpolation", "resize_mode")}
    vision = {**VIT, "image_size": open_clip.get_model_config("ViT-B-32")["vision_cfg"]["image_size"]}
    encoder = ClipEncoder(f"local-dir:{make_clip(tmp_path, vision=vision, preprocess=preprocess)}")
    shown = np.stack([encoder.preprocess(photo) for photo in photos(golden["names"])])
    assert np.abs(shown - golden["preprocessed"]).max() < 1e-6


def test_photos_are_placed_where_a_third_party_placed_them(golden: Any) -> None:
    """With real weights: CLIP_WEIGHTS_DIR names a `local-dir:` folder of ViT-B-32 with OpenAI's weights."""
    folder = os.environ.get("CLIP_WEIGHTS_DIR")
    if not folder:
        pytest.skip("CLIP_WEIGHTS_DIR names no folder with OpenAI's ViT-B-32")
    rows = ClipEncoder(f"local-dir:{folder}").encode_images(photos(golden["names"]))
    expected = golden["embeddings"] / np.linalg.norm(golden["embeddings"], axis=1, keepdims=True)
    assert (rows * expected).sum(axis=1).min() > 0.999
