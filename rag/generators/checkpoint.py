"""From a directory, or a hub's name, to a vision-language model and its processor, on a device."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
import transformers
from transformers.models.auto import modeling_auto

from rag.encoders.device import choose_device, choose_dtype
from rag.encoders.hub import find_model, hub
from rag.encoders.loading import load_whole
from rag.encoders.weights import weight_files
from rag.errors import BadSetting, MissingExtra, ModelNotFound, first_line
from rag.generators.families import Family, find_family, nearest

Bits = Literal[4, 8, 16]
"""Of a weight; 4 and 8 need bitsandbytes."""

_UNLIMITED = 4_096
"""Tokens of context where neither the model nor its tokenizer names a number."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model that is ready to write."""

    model: Any  # Any, here and below: transformers' Auto classes give whatever the folder holds
    processor: Any
    family: Family | None
    device: torch.device
    dtype: torch.dtype
    context: int
    """Tokens taken in and written, all together."""


def open_checkpoint(name: str, *, device: str, allow_download: bool, bits: Bits) -> Checkpoint:
    """Load a model from a folder, or by its hub name where its files are on this machine.

    Raises: ModelNotFound, WeightsDamaged; BadSetting for a device that there is not, and for a model that is not one of
    transformers' own classes that look and write; MissingExtra for a package that it asks for.
    """
    place = choose_device(device)
    _check_bits(bits)
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # stderr belongs to our own progress
    transformers.utils.logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    with hub(allowed=allow_download):
        folder = _find(name, allow_download=allow_download)
    kind = _model_class(folder)
    weight_files(folder)
    config, processor = _load_processor(folder)
    dtype = torch.bfloat16 if place.type == "cuda" else choose_dtype("auto", place)
    model = _load_weights(folder, kind, device=place, dtype=dtype, bits=bits)
    family = find_family(config.model_type, kind.__name__)
    return Checkpoint(model, processor, family, place, dtype, _context(config, processor.tokenizer))


def _check_bits(bits: Bits) -> None:
    if bits not in (4, 8, 16):
        raise BadSetting(f"A model cannot be loaded with {bits} bits.", hint="Choose 4, 8 or 16.")
    lacking = [name for name in ("bitsandbytes", "accelerate") if importlib.util.find_spec(name) is None]
    if bits != 16 and lacking:
        raise MissingExtra(
            f"Loading a model with {bits} bits needs {' and '.join(lacking)}.",
            hint=f"pip install {' '.join(lacking)}, or ask for 16 bits.",
        )


def _find(name: str, *, allow_download: bool) -> Path:
    try:
        return find_model(name, allow_download=allow_download)
    except ModelNotFound as error:
        raise ModelNotFound(
            error.message,
            hint="Name a folder with config.json, the processor's files and the weights (transformers:FOLDER), or a hub's"
            " ORGANISATION/NAME. Nothing is downloaded unasked: that takes --allow-download, without HF_HUB_OFFLINE.",
        ) from error


def _model_class(folder: Path) -> Any:
    """The class that `config.json` names, if it looks and writes; else the one that transformers has for its type."""
    config = _read_config(folder)
    model_type = str(config.get("model_type", ""))
    if model_type not in transformers.CONFIG_MAPPING:
        why = "needs its own code, which is never run" if config.get("auto_map") else "is not known to transformers"
        raise BadSetting(
            f"The model in {folder} (type {model_type!r}) {why}.",
            hint=f"The nearest that works: {nearest(model_type)}.",
        )
    classes = _classes(model_type)
    if not classes:
        raise BadSetting(
            f"The model in {folder} is of type {model_type!r}, which does not write about pictures.",
            hint=f"Take {nearest(model_type)}; docs/models.md lists them.",
        )
    named = [str(one) for one in config.get("architectures") or ()]
    return getattr(transformers, next((one for one in named if one in classes), classes[0]))


def _classes(model_type: str) -> list[str]:
    """The classes of a type that look and write, the usual one first."""
    tables: tuple[Mapping[str, Any], ...] = (
        modeling_auto.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES,
        modeling_auto.MODEL_FOR_VISUAL_QUESTION_ANSWERING_MAPPING_NAMES,
    )
    if model_type not in tables[0]:
        return []
    return [str(table[model_type]) for table in tables if model_type in table]


def _read_config(folder: Path) -> dict[str, Any]:  # Any: JSON
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        if not isinstance(config, dict):
            raise ValueError("it is no JSON object")
    except (OSError, ValueError) as error:
        raise ModelNotFound(
            f"{folder} holds no model that transformers can load: config.json: {first_line(error)}.",
            hint="It must hold config.json, the processor's files and the weights, as save_pretrained writes them.",
        ) from error
    return config


def _load_processor(folder: Path) -> tuple[Any, Any]:
    try:
        config = transformers.AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        load: Any = transformers.AutoProcessor.from_pretrained
        processor = load(folder, local_files_only=True, trust_remote_code=False)
        if not hasattr(processor, "tokenizer") or not hasattr(processor, "image_processor"):
            raise ValueError(f"it has a {type(processor).__name__}, which does not read text and pictures")
    except ImportError as error:
        raise MissingExtra(
            f"The processor in {folder} needs a package that is not installed: {first_line(error)}.",
            hint="Install the package that it names with pip.",
        ) from error
    except (
        Exception
    ) as error:  # transformers raises OSError, ValueError, KeyError, TypeError and its own for a bad folder
        raise ModelNotFound(
            f"{folder} holds no processor that transformers can load: {first_line(error)}.",
            hint="It must hold the tokenizer's and the picture processor's files beside the weights, as save_pretrained"
            " writes them; code in a model's folder is never run.",
        ) from error
    # What is written follows what is read: padding goes before it.
    processor.tokenizer.padding_side = "left"
    return config, processor


def _load_weights(folder: Path, kind: Any, *, device: torch.device, dtype: torch.dtype, bits: Bits) -> Any:
    if bits != 16:
        quantized = transformers.BitsAndBytesConfig(  # type: ignore[no-untyped-call]
            load_in_4bit=bits == 4,
            load_in_8bit=bits == 8,
            bnb_4bit_compute_dtype=dtype,
            bnb_4bit_quant_type="nf4",
        )
        return load_whole(kind, folder, dtype=dtype, quantization_config=quantized, device_map={"": device})
    return load_whole(kind, folder, device=device, dtype=dtype)


def _context(config: Any, tokenizer: Any) -> int:
    text = config.get_text_config()
    named = [getattr(text, name, None) for name in ("max_position_embeddings", "n_positions", "seq_length")]
    limits = [*named, tokenizer.model_max_length if tokenizer.model_max_length < 10**9 else None]
    return min((int(limit) for limit in limits if limit), default=_UNLIMITED)
