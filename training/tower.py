"""The picture tower as open_clip builds it, and how it is kept: a folder in open_clip's local-directory form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from open_clip.model import _build_vision_tower  # type: ignore[import-untyped]  # the tower alone, by open_clip's own hand
from safetensors.torch import save_file
from torch import Tensor, nn

from rag.encoders.weights import digest
from training.augment import DEVIATION, MEAN

DIM = 384
SIDE = 128
"""Pixels that a picture is squashed to, wide and high."""
VISION: dict[str, Any] = {  # Any: open_clip's own form
    "timm_model_name": "resnet10t",
    "timm_model_pretrained": False,
    "timm_pool": "avg",
    "timm_proj": "linear",
    "timm_proj_bias": False,
    "image_size": SIDE,
}
TEXT = {
    "context_length": 256,
    "hf_model_name": "sentence-transformers/all-MiniLM-L6-v2",
    "hf_tokenizer_name": "sentence-transformers/all-MiniLM-L6-v2",
    "hf_proj_type": None,
    "hf_pooler_type": "mean_pooler",
}
PREPARING = {"mean": [MEAN] * 3, "std": [DEVIATION] * 3, "interpolation": "bilinear", "resize_mode": "squash"}
"""Bilinear, as `augment.crops` shows pictures to the tower while it learns."""


def new_tower() -> nn.Module:
    """An untrained tower: float32 (n, 3, side, side) to (n, 384)."""
    tower: nn.Module = _build_vision_tower(DIM, VISION)
    return tower


def write(folder: Path, state: dict[str, Tensor]) -> Path:
    """Write configuration and weights (float16) into a folder; the text tower is named, not copied."""
    folder.mkdir(parents=True, exist_ok=True)
    model = {"embed_dim": DIM, "vision_cfg": VISION, "text_cfg": TEXT}
    config = json.dumps({"model_cfg": model, "preprocess_cfg": PREPARING}, indent=2)
    (folder / "open_clip_config.json").write_text(config + "\n", encoding="utf-8")
    half = {name: value.half() if value.is_floating_point() else value for name, value in state.items()}
    weights = folder / "open_clip_model.safetensors"
    save_file({name: value.contiguous() for name, value in half.items()}, weights)
    weights.chmod(0o644)
    # `builtin` takes no other weights than these.
    weights.with_suffix(".sha256").write_text(digest([weights]) + "\n", encoding="ascii")
    return weights


def with_own_statistics(tower: nn.Module, batches: list[Tensor]) -> nn.Module:
    """The tower in evaluation mode, its normalisation measured anew on these batches: averaged weights have none."""
    layers = [layer for layer in tower.modules() if isinstance(layer, nn.BatchNorm2d)]
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None  # the plain mean over the batches
    tower.train()
    with torch.inference_mode():
        for pictures in batches:
            tower(pictures)
    return tower.eval()
