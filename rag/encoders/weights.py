"""Weight files: which they are, and their digest."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from rag.errors import ModelNotFound

# The names under which transformers looks for weights, in its order.
_WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json")


def digest(files: Sequence[Path]) -> str:
    """sha256 of a file; of several, the sha256 over their own in the order given. Hex.

    Raises: ModelNotFound if a file cannot be read.
    """
    digests = []
    for path in files:
        try:
            with path.open("rb") as file:
                digests.append(hashlib.file_digest(file, "sha256").hexdigest())
        except OSError as error:
            raise ModelNotFound(
                f"The weights {path} cannot be read: {error.strerror}.", hint="Fetch them again."
            ) from error
    return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()


def weight_files(folder: Path) -> list[Path]:
    """The files from which transformers takes the weights of a model in this folder: one, or an index and its parts.

    Raises: ModelNotFound if there are none.
    """
    found = next((folder / name for name in _WEIGHTS if (folder / name).is_file()), None)
    if found is None:
        raise ModelNotFound(
            f"There are no weights in {folder}.",
            hint=f"One of these files must be there: {', '.join(_WEIGHTS)}. --allow-download fetches those of a hub's model.",
        )
    if found.suffix != ".json":
        return [found]
    return [found, *sorted(folder.glob(found.name.replace(".index.json", "").replace(".", "-*.", 1)))]
