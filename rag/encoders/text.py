"""Any text embedder that transformers loads, pooled as its sentence-transformers files say."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import torch
import transformers
from safetensors.torch import load_file

from rag.encoders.device import Precision, choose_device, choose_dtype
from rag.encoders.hub import find_model, hub
from rag.encoders.loading import load_whole
from rag.encoders.reader import Reader, Tower
from rag.encoders.recipe import Recipe, read_recipe
from rag.encoders.weights import digest, weight_files
from rag.errors import EncodeFailed, ModelNotFound, WeightsDamaged, first_line
from rag.protocols import Fingerprint

if TYPE_CHECKING:
    from PIL.Image import Image

    from rag.types import Vectors

_UNLIMITED = 512
"""Tokens read at once where neither tokenizer nor model names a limit."""
_OFFSET_POSITIONS = {"roberta", "xlm-roberta", "xlm-roberta-xl", "camembert", "mpnet", "longformer", "data2vec-text"}
"""Model types whose positions begin after the padding index, so that their table is longer than what they read."""


class TextEncoder:
    """Places texts by a transformers model; sees no pictures. May be used from several threads."""

    def __init__(
        self,
        model: str,
        *,
        device: str = "auto",
        precision: Precision = "auto",
        allow_download: bool = False,
        batch_tokens: int = 2_048,
    ) -> None:
        """Load a model from a folder, or by its hub name where its files are on this machine.

        `batch_tokens`: tokens in one pass, padding counted.
        Raises: ModelNotFound, WeightsDamaged; BadSetting for a device, module or pooling that there is not.
        """
        place = choose_device(device)
        with hub(allowed=allow_download):
            folder = find_model(model, allow_download=allow_download)
        recipe = read_recipe(folder)
        files = [file for part in (folder, *recipe.dense) for file in weight_files(part)]
        tower = _load_tower(folder, recipe, device=place, dtype=choose_dtype(precision, place))
        dense = [_Dense(part).to(place).eval() for part in recipe.dense]
        self._reader = Reader(tower, recipe, dense=dense, batch_tokens=batch_tokens)
        self._fingerprint = Fingerprint(
            name=f"text:{model}",
            revision=folder.name if folder.parent.name == "snapshots" else "",  # a hub's cache names folders by commit
            weights=digest(files),
            preprocessing=recipe.describe(),
            dim=dense[-1].dim if dense else tower.width,
            context=tower.context,
            languages=(),
            sees_images=False,
        )

    @property
    def fingerprint(self) -> Fingerprint:
        """What must agree for two vectors to be comparable."""
        return self._fingerprint

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Place texts in the space, in the order given; a text beyond the context is the mean of its windows.

        Returns: float32 (len(texts), dim), rows of length 1; (0, dim) for no texts.
        Raises: EncodeFailed if the model gives a row that is not finite.
        """
        return self._reader.encode(texts, dim=self._fingerprint.dim)

    def encode_images(self, images: Sequence[Image]) -> NoReturn:
        """Refuse: this encoder reads text only.

        Raises: EncodeFailed, always.
        """
        raise EncodeFailed(
            f"The encoder {self._fingerprint.name!r} does not see pictures ({len(images)} given).",
            hint="Take one that does: open_clip:MODEL/TAG, or open_clip:local-dir:FOLDER.",
        )

    def split(self, text: str) -> list[str]:
        """Cut a text into windows that fit the context; every word is in at least one. Short text comes back alone."""
        return self._reader.split(text)


class _Dense(torch.nn.Module):
    """A sentence-transformers `Dense` module: one linear layer and its activation, in fp32."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        weights = weight_files(folder)[0]
        try:
            config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            state = load_file(weights) if weights.suffix == ".safetensors" else torch.load(weights, weights_only=True)
            self.dim = int(config["out_features"])
            self.linear = torch.nn.Linear(int(config["in_features"]), self.dim, bias=bool(config.get("bias", True)))
            self.load_state_dict(state)
            # Only the last part of the name is used, and only to look into torch.nn: no class from elsewhere is made.
            name = str(config.get("activation_function", "Identity")).rpartition(".")[2]
            self.activation: torch.nn.Module = getattr(torch.nn, name)()
        except Exception as error:  # foreign files: JSON, safetensors, pickle, shapes and names each raise their own
            raise WeightsDamaged(
                f"The layer in {folder} does not load: {first_line(error)}.", hint="Fetch the model again."
            ) from error

    def forward(self, pooled: torch.Tensor) -> torch.Tensor:
        """Apply the layer. (n, in) -> (n, out)."""
        result: torch.Tensor = self.activation(self.linear(pooled))
        return result


def _load_tower(folder: Path, recipe: Recipe, *, device: torch.device, dtype: torch.dtype) -> Tower:
    tokenizer, config = _load_tokenizer(folder)
    model = _load_model(folder, config).to(device, dtype)
    borrow = threading.Lock()  # a fast tokenizer refuses a second thread with "Already borrowed"

    def tokens(texts: list[str]) -> list[list[int]]:
        with borrow:
            found: list[list[int]] = tokenizer(
                texts, truncation=False, padding=False, return_attention_mask=False, verbose=False
            )["input_ids"]
        return found

    def hidden(ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        layer: torch.Tensor = model(input_ids=ids, attention_mask=mask).last_hidden_state
        return layer

    inner = config.get_text_config()
    return Tower(
        tokens=tokens,
        hidden=hidden,
        device=device,
        padding=next(
            (int(n) for n in (tokenizer.pad_token_id, tokenizer.eos_token_id, inner.pad_token_id) if n is not None), 0
        ),
        context=_context(tokenizer, config, recipe),
        width=int(inner.hidden_size),
    )


# Any, here and below: transformers' Auto classes give whatever the folder holds.
def _load_tokenizer(folder: Path) -> tuple[Any, Any]:
    try:
        config = transformers.AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (
        Exception
    ) as error:  # transformers raises OSError, ValueError, KeyError, TypeError and its own for a bad folder
        raise ModelNotFound(
            f"{folder} holds no text model that transformers can load: {first_line(error)}.",
            hint="It must hold config.json, the tokenizer's files and the weights; code in a model's folder is never run.",
        ) from error
    return tokenizer, config


def _load_model(folder: Path, config: Any) -> Any:
    model = load_whole(
        transformers.AutoModel,
        folder,
        spared=lambda name: "pooler." in name,  # it is not used
        config=config,
        dtype=torch.float32,
        trust_remote_code=False,
    )
    return model.get_encoder() if config.is_encoder_decoder else model


def _context(tokenizer: Any, config: Any, recipe: Recipe) -> int:
    positions = getattr(config.get_text_config(), "max_position_embeddings", None)
    if positions is not None and config.model_type in _OFFSET_POSITIONS:
        positions -= (config.pad_token_id or 0) + 1
    limits = [recipe.max_tokens, positions, tokenizer.model_max_length if tokenizer.model_max_length < 10**9 else None]
    return min((int(limit) for limit in limits if limit), default=_UNLIMITED)
