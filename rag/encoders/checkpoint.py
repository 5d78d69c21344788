"""Finding an open_clip model by its name in the settings: which architecture, which weights, which preprocessing."""

from __future__ import annotations

import difflib
import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import open_clip  # type: ignore[import-untyped]
from open_clip.factory import _find_checkpoint_in_dir  # type: ignore[import-untyped]  # what `local-dir:` will load
from open_clip.pretrained import download_pretrained_from_hf  # type: ignore[import-untyped]
from safetensors import SafetensorError, safe_open

from rag.encoders.hub import find_model, not_here
from rag.encoders.languages import languages_of_tokenizer
from rag.encoders.wheel import MINILM, find_minilm
from rag.errors import ModelNotFound

_LOCAL = "local-dir:"
_HUB = "hf-hub:"
_SHOWN = 12
_CONFIG = "open_clip_config.json"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """An open_clip model whose weights are on this machine."""

    architecture: str
    """As open_clip's factory takes it: `ViT-B-32`, `local-dir:FOLDER`, `hf-hub:ORGANISATION/NAME`."""
    weights: Path
    revision: str
    config: Mapping[str, Any]  # Any: open_clip's own file
    """open_clip's `model_cfg`."""
    options: Mapping[str, Any] = field(default_factory=dict)  # Any: arguments of open_clip's factory
    """What the factory must be told besides: the weights' path, their preprocessing, their activation."""
    tower_only: bool = False
    """Whether the weights are those of the picture tower alone, the text tower being another model, named and frozen (LiT)."""

    @property
    def languages(self) -> tuple[str, ...]:
        """ISO 639-1 codes of what the text tower reads; empty when unknown."""
        return languages_of_tokenizer(str(self.config["text_cfg"].get("hf_tokenizer_name") or ""))


def find_checkpoint(model: str) -> Checkpoint:
    """Find `MODEL/TAG`, `MODEL/FILE`, `local-dir:FOLDER` or `hf-hub:ORGANISATION/NAME`; to be called inside `hub()`.

    Raises: ModelNotFound if there is no such model or tag (the message lists near ones), or if its weights are not here.
    """
    if model.startswith(_LOCAL):
        return _in_folder(model.removeprefix(_LOCAL))
    if model.startswith(_HUB):
        return _on_hub(model.removeprefix(_HUB))
    return _by_tag(model)


def _in_folder(name: str) -> Checkpoint:
    folder = Path(name).expanduser()
    if not name or not folder.is_dir():
        raise ModelNotFound(f"There is no folder {name!r}.", hint=_schema_hint())
    config = _read_config(folder / _CONFIG)
    found = _find_checkpoint_in_dir(folder)
    if found is None:
        raise ModelNotFound(f"There are no weights in {folder}.", hint="Put open_clip_model.safetensors there.")
    return Checkpoint(
        architecture=f"{_LOCAL}{folder}",
        weights=Path(found),
        revision="",
        config=config,
        tower_only=_is_tower(Path(found)),
    )


def _is_tower(weights: Path) -> bool:
    if weights.suffix != ".safetensors":
        return False
    try:
        with safe_open(weights, framework="pt") as tensors:
            return not any(name.startswith("visual.") for name in tensors.keys())  # noqa: SIM118  # it is no mapping
    except (OSError, SafetensorError):
        return False  # loading says what is wrong with it


@contextmanager
def readable(checkpoint: Checkpoint) -> Iterator[Checkpoint]:
    """The checkpoint as open_clip can read it: where the text tower is another model, a folder in which that is found here.

    open_clip looks for the tokenizer of a local folder in that folder, and for the text tower under its name in a hub.
    Raises: ModelNotFound if the text tower is not on this machine; to be called inside `hub()`.
    """
    if not checkpoint.tower_only:
        yield checkpoint
        return
    text = dict(checkpoint.config["text_cfg"])
    folder = (
        find_minilm() if text["hf_model_name"] == MINILM else find_model(text["hf_model_name"], allow_download=False)
    )
    text["hf_model_name"] = str(folder)
    with tempfile.TemporaryDirectory(prefix="sightline-") as place:
        config = json.loads((Path(checkpoint.weights).parent / _CONFIG).read_text(encoding="utf-8"))
        config["model_cfg"]["text_cfg"] = text
        (Path(place) / _CONFIG).write_text(json.dumps(config), encoding="utf-8")
        for file in folder.iterdir():
            if file.suffix in (".json", ".txt"):
                (Path(place) / file.name).symlink_to(file.resolve())
        yield replace(checkpoint, architecture=f"{_LOCAL}{place}", config=config["model_cfg"])


def _on_hub(name: str) -> Checkpoint:
    try:
        config = Path(download_pretrained_from_hf(name, filename="open_clip_config.json"))
        weights = Path(download_pretrained_from_hf(name))
    except Exception as error:  # huggingface_hub and httpx raise many kinds, open_clip wraps some of them
        raise not_here(f"The open_clip model {_HUB + name!r}", error) from error
    return Checkpoint(
        architecture=f"{_HUB}{name}", weights=weights, revision=weights.parent.name, config=_read_config(config)
    )


def _by_tag(model: str) -> Checkpoint:
    name, _, tag = model.partition("/")
    config = open_clip.get_model_config(name)
    if config is None:
        raise ModelNotFound(f"open_clip knows no model {name!r}.", hint=_near(name, open_clip.list_models(), "models"))
    if tag and Path(tag).expanduser().is_file():
        weights = Path(tag).expanduser()
        return Checkpoint(name, weights=weights, revision="", config=config, options={"pretrained": str(weights)})
    tags = open_clip.list_pretrained_tags_by_model(name)
    pretrained = open_clip.get_pretrained_cfg(name, tag) if tag else {}
    if not pretrained:
        said = f"no weights {tag!r}" if tag else "more than one set of weights" if tags else "no weights"
        known = ", ".join(f"{name}/{tag}" for tag in tags)
        hint = f"Known weights: {known}." if known else f"Name a file of weights: open_clip:{name}/FILE"
        raise ModelNotFound(f"open_clip knows {said} for {name}.", hint=hint)
    weights = _weights_of_tag(f"{name}/{tag}", pretrained)
    options: dict[str, Any] = {"pretrained": str(weights), "force_quick_gelu": bool(pretrained.get("quick_gelu"))}
    for key in ("mean", "std", "interpolation", "resize_mode"):
        options[f"image_{key}"] = pretrained.get(key)
    return Checkpoint(name, weights=weights, revision=tag, config=config, options=options)


def pretrained_of(model: str) -> Mapping[str, Any]:  # Any: open_clip's own
    """What open_clip knows of the weights MODEL/TAG; empty where it knows none."""
    name, _, tag = model.partition("/")
    found: Mapping[str, Any] = open_clip.get_pretrained_cfg(name, tag) or {}
    return found


def _weights_of_tag(name: str, pretrained: Mapping[str, Any]) -> Path:
    try:
        # By path and not by tag: the factory would ask the hub again, and it only warns where weights trained with
        # QuickGELU (OpenAI's, for one) meet a configuration without.
        return Path(open_clip.download_pretrained(dict(pretrained)))
    except Exception as error:  # huggingface_hub and httpx raise many kinds, open_clip wraps some of them
        raise not_here(f"The open_clip model {name!r}", error) from error


def _read_config(path: Path) -> Mapping[str, Any]:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        model_config = config["model_cfg"]
        if not isinstance(model_config["text_cfg"], dict):
            raise TypeError("text_cfg is no object")
    except OSError as error:
        raise ModelNotFound(f"{path} cannot be read: {error.strerror}.", hint=_schema_hint()) from error
    except (ValueError, KeyError, TypeError) as error:
        raise ModelNotFound(f"{path} is no open_clip configuration: {error!r}.", hint=_schema_hint()) from error
    found: Mapping[str, Any] = model_config
    return found


def _schema_hint() -> str:
    return (
        "Name a folder with open_clip_config.json (keys model_cfg and preprocess_cfg) and open_clip_model.safetensors,"
        " as open_clip saves them."
    )


def _near(name: str, known: list[str], what: str) -> str:
    near = difflib.get_close_matches(name, known, n=_SHOWN, cutoff=0.5) or known[:_SHOWN]
    rest = len(known) - len(near)
    return f"Known {what}: {', '.join(near)}{f' and {rest} more' if rest else ''}."
