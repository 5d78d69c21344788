"""Models by name: a local folder, what a hub left in its cache on this machine, or (only when asked) a download."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from huggingface_hub import HfApi, constants, snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

from rag.errors import ModelNotFound

WEIGHTS = ("*.safetensors", "*.bin", "*.pt")
_SMALL_FILES = ("*.json", "*.txt", "*.model", "*.jinja")
_hub = threading.RLock()


@contextmanager
def hub(*, allowed: bool) -> Iterator[None]:
    """Let the libraries inside reach a model hub, or only what it left in the cache on this machine.

    The switch is the process's own, as HF_HUB_OFFLINE is; threads that load models take turns.
    """
    with _hub:
        before = constants.HF_HUB_OFFLINE
        constants.HF_HUB_OFFLINE = before or not allowed
        try:
            yield
        finally:
            constants.HF_HUB_OFFLINE = before


def find_model(name: str, *, allow_download: bool) -> Path:
    """The folder of a transformers model: a local directory, or a hub's name whose files are in its cache on this machine.

    To be called inside `hub()`.
    Raises: ModelNotFound if it is neither; downloads nothing unless `allow_download`.
    """
    local = Path(name).expanduser()
    if name and local.is_dir():
        return local
    if name.count("/") != 1 or name.startswith((".", "/", "~")):
        raise ModelNotFound(
            f"There is no folder {name!r}.",
            hint="Name a folder with a transformers model, or a hub's ORGANISATION/NAME.",
        )
    try:
        folder = Path(snapshot_download(name, allow_patterns=list(_SMALL_FILES), local_files_only=not allow_download))
        if allow_download:
            snapshot_download(name, allow_patterns=["model*.safetensors", "*/model.safetensors"])
            if not list(folder.glob("*.safetensors")):
                snapshot_download(name, allow_patterns=["pytorch_model*.bin", "*/pytorch_model.bin"])
    except (LocalEntryNotFoundError, HFValidationError, HfHubHTTPError, OSError) as error:
        raise not_here(f"The model {name!r}", error) from error
    return folder


def not_here(what: str, error: Exception) -> ModelNotFound:
    """What to say, inside `hub()`, where a model's files are not on this machine or a hub does not hand them out."""
    # Where no hub was asked, the libraries' advice to look after the network leads astray.
    reason = "" if constants.HF_HUB_OFFLINE else f": {str(error).strip().partition(chr(10))[0] or type(error).__name__}"
    return ModelNotFound(
        f"{what} is not on this machine{reason.rstrip('.')}.",
        hint="Nothing is downloaded unasked: repeat with --allow-download (and without HF_HUB_OFFLINE), or name a folder"
        " (open_clip:local-dir:FOLDER, text:FOLDER).",
    )


def kept(repository: str) -> Path | None:
    """The newest of the folders in which a hub's model lies in the cache on this machine, with weights; None if none does."""
    snapshots = Path(constants.HF_HUB_CACHE, f"models--{repository.replace('/', '--')}", "snapshots")
    found = [folder for folder in snapshots.glob("*") if any(next(folder.rglob(one), None) for one in WEIGHTS)]
    return max(found, key=lambda folder: folder.stat().st_mtime, default=None)


def cache_folder() -> Path:
    """Where what a hub hands out is kept: HF_HUB_CACHE, or below HF_HOME."""
    return Path(constants.HF_HUB_CACHE)


def sizes(repository: str) -> dict[str, int]:
    """Every file of a hub's model with its bytes, as the hub says; to be called inside `hub()`.

    Raises: ModelNotFound if the hub cannot be reached, or does not hand it out.
    """
    try:
        told = HfApi().model_info(repository, files_metadata=True).siblings or []
    except (LocalEntryNotFoundError, HFValidationError, HfHubHTTPError, OSError) as error:
        raise not_here(f"The model {repository!r}", error) from error
    return {one.rfilename: one.size or 0 for one in told}


def find_small_files(repository: str, *, allow_download: bool) -> Path:
    """The folder with a hub's configuration and tokenizer, without weights; to be called inside `hub()`.

    Raises: ModelNotFound if they are not on this machine and may not, or cannot, be fetched.
    """
    try:
        return Path(
            snapshot_download(repository, allow_patterns=list(_SMALL_FILES), local_files_only=not allow_download)
        )
    except (LocalEntryNotFoundError, HFValidationError, HfHubHTTPError, OSError) as error:
        raise not_here(f"The tokenizer {repository!r}", error) from error
