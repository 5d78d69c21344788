"""The picture tower of `builtin` in plain torch: timm's resnet10t, a ResNet-D of four blocks (https://arxiv.org/abs/1812.01187).

open_clip runs the same files (`ClipEncoder`, and a test holds the two together), but importing it takes longer than all else that
a first picture waits for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn.functional import avg_pool2d, conv2d, linear, max_pool2d, relu
from torch.nn.utils.fusion import fuse_conv_bn_weights

if TYPE_CHECKING:
    from PIL.Image import Image

_N_LAYERS = 4
_EPSILON = 1e-5
"""Of torch's BatchNorm2d."""
_Convolution = tuple[Tensor, Tensor]
"""Weight and bias."""


@dataclass(frozen=True, slots=True)
class Preparing:
    """How a picture is prepared for the tower: squashed, then shifted and scaled channel by channel."""

    side: int
    interpolation: Literal["bilinear", "bicubic"]
    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    def __call__(self, image: Image) -> Tensor:
        """RGB of any size -> float32 (3, side, side)."""
        from PIL import Image as images

        squashed = np.asarray(image.resize((self.side, self.side), images.Resampling[self.interpolation.upper()]))
        shown = torch.from_numpy(squashed.copy()).permute(2, 0, 1).float() / 255
        return (shown - torch.tensor(self.mean)[:, None, None]) / torch.tensor(self.deviation)[:, None, None]

    def describe(self) -> str:
        """In words, for a fingerprint: as `rag.encoders.clip.describe` says it; a test holds the two together."""
        means, deviations = (" ".join(f"{value:.6g}" for value in values) for values in (self.mean, self.deviation))
        return f"{self.side} x {self.side} squash {self.interpolation}; mean {means}; std {deviations}; transparent is white"


def read_preparing(folder: Path) -> Preparing:
    """What `open_clip_config.json` says of it."""
    config = json.loads((folder / "open_clip_config.json").read_text(encoding="utf-8"))
    shown = config["preprocess_cfg"]
    side = config["model_cfg"]["vision_cfg"]["image_size"]
    return Preparing(side, shown["interpolation"], tuple(shown["mean"]), tuple(shown["std"]))


class Tower:
    """Places pictures; holds nothing but weights, so that several threads may call it."""

    def __init__(self, weights: Path, *, device: torch.device) -> None:
        """Load `open_clip_model.safetensors`, whose digest the caller has checked; float32."""
        weights_of = {name: tensor.to(device, torch.float32) for name, tensor in load_file(weights).items()}
        self._stem = [
            _folded(weights_of, convolution, norm)
            for convolution, norm in (("conv1.0", "conv1.1"), ("conv1.3", "conv1.4"), ("conv1.6", "bn1"))
        ]
        self._layers = [_layer(weights_of, f"layer{number}.0", number > 1) for number in range(1, _N_LAYERS + 1)]
        self._projection = weights_of["head.proj.weight"]

    def __call__(self, pictures: Tensor) -> Tensor:
        """float32 (n, 3, side, side) -> (n, 384), rows of any length."""
        seen = pictures.contiguous(memory_format=torch.channels_last)
        for number, (weight, bias) in enumerate(self._stem):
            seen = relu(conv2d(seen, weight, bias, stride=1 if number else 2, padding=1))
        seen = max_pool2d(seen, 3, stride=2, padding=1)
        for (first, second), shortcut in self._layers:
            straight = seen
            if shortcut is not None:
                straight = conv2d(avg_pool2d(seen, 2, ceil_mode=True, count_include_pad=False), *shortcut)
            inner = relu(conv2d(seen, *first, stride=1 if shortcut is None else 2, padding=1))
            seen = relu(conv2d(inner, *second, padding=1) + straight)
        return linear(seen.mean((2, 3)), self._projection)


def _layer(weights: Mapping[str, Tensor], name: str, narrows: bool) -> tuple[list[_Convolution], _Convolution | None]:
    straight = _folded(weights, f"{name}.downsample.1", f"{name}.downsample.2") if narrows else None
    return [_folded(weights, f"{name}.conv{number}", f"{name}.bn{number}") for number in (1, 2)], straight


def _folded(weights: Mapping[str, Tensor], convolution: str, norm: str) -> _Convolution:
    """Weight and bias of a convolution that does what it and the normalisation after it do."""
    weight, bias = fuse_conv_bn_weights(
        weights[f"trunk.{convolution}.weight"],
        None,
        weights[f"trunk.{norm}.running_mean"],
        weights[f"trunk.{norm}.running_var"],
        _EPSILON,
        weights[f"trunk.{norm}.weight"],
        weights[f"trunk.{norm}.bias"],
    )
    return weight.contiguous(memory_format=torch.channels_last), bias
