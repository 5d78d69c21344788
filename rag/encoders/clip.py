"""Any open_clip model: texts and pictures in one space, through open_clip's own factory, tokenizer and preprocessing."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import open_clip  # type: ignore[import-untyped]
import torch
import transformers
from safetensors.torch import load_file

from rag.encoders.checkpoint import Checkpoint, find_checkpoint, readable
from rag.encoders.clip_words import Words
from rag.encoders.device import Precision, choose_device, choose_dtype
from rag.encoders.hub import hub, not_here
from rag.encoders.loading import load_whole
from rag.encoders.rows import batches, place_texts
from rag.encoders.sight import Sight
from rag.encoders.weights import digest
from rag.encoders.window import cut
from rag.errors import WeightsDamaged
from rag.protocols import Fingerprint

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

    from rag.types import Vectors


class ClipEncoder:
    """Places texts and pictures by an open_clip model. May be used from several threads."""

    def __init__(
        self,
        model: str,
        *,
        device: str = "auto",
        precision: Precision = "fp32",
        allow_download: bool = False,
        batch_size: int = 32,
    ) -> None:
        """Load `MODEL/TAG`, `MODEL/FILE`, `local-dir:FOLDER` or `hf-hub:ORGANISATION/NAME`.

        `batch_size`: pictures, or texts of full length, in one pass.
        Raises: ModelNotFound, WeightsDamaged; BadSetting for a device that there is not.
        """
        self._device = choose_device(device)
        self._dtype = choose_dtype(precision, self._device)
        self._batch_size = batch_size
        with hub(allowed=allow_download):
            checkpoint = find_checkpoint(model)
            with readable(checkpoint) as named:
                tokenizer = _load_tokenizer(named)
                loaded, transform = load_model(named, self._device, self._dtype)
        self._words = Words(loaded, tokenizer)
        dim = int(checkpoint.config["embed_dim"])
        self._sight = Sight(
            loaded.encode_image,
            transform,
            takes_middle=loaded.visual.preprocess_cfg["resize_mode"] == "shortest",
            dim=dim,
            device=self._device,
            dtype=self._dtype,
            batch_size=batch_size,
        )
        self._fingerprint = Fingerprint(
            name=f"open_clip:{model}",
            revision=checkpoint.revision,
            weights=digest([checkpoint.weights]),
            preprocessing=describe(loaded, checkpoint),
            dim=dim,
            context=self._words.context,
            languages=checkpoint.languages,
            sees_images=True,
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
        return place_texts(texts, split=self.split, place=self._place_windows, dim=self._fingerprint.dim)

    def encode_images(self, images: Sequence[Image]) -> Vectors:
        """Place pictures in the space, in the order given.

        Returns: float32 (len(images), dim), rows of length 1; (0, dim) for no pictures.
        Raises: EncodeFailed if a picture cannot be decoded or its row is not finite.
        """
        return self._sight.encode(images)

    def split(self, text: str) -> list[str]:
        """Cut a text into windows that fit the context; every word is in at least one. Short text comes back alone."""
        return cut(text, count=self._words.count, capacity=self._words.capacity)

    def preprocess(self, image: Image) -> NDArray[np.float32]:
        """What the model is shown of a picture: open_clip's own transform, float32 (3, height, width).

        Raises: EncodeFailed if the picture cannot be decoded.
        """
        return self._sight.preprocess(image)

    def _place_windows(self, windows: list[str]) -> NDArray[np.float32]:
        rows = np.zeros((len(windows), self._fingerprint.dim), np.float32)
        tokens = self._words.tokens(windows)
        lengths = self._words.count(windows)
        with torch.inference_mode():
            for batch in batches(lengths, budget=self._batch_size * self._words.context):
                rows[batch] = self._words.place(tokens[batch].to(self._device)).float().cpu().numpy()
        return rows


# Any, here and below: open_clip is not typed.
def _load_tokenizer(checkpoint: Checkpoint) -> Any:
    text = checkpoint.config["text_cfg"]
    try:
        if text.get("hf_model_name"):  # the model's own loading would say nothing but that a file is missing
            transformers.AutoConfig.from_pretrained(text["hf_model_name"], trust_remote_code=False)
        return open_clip.get_tokenizer(checkpoint.architecture)
    except Exception as error:  # transformers raises OSError, ValueError, KeyError and its own
        needed = " and ".join(
            sorted({str(text[key]) for key in ("hf_model_name", "hf_tokenizer_name") if text.get(key)})
        )
        what = f"What the text tower of {checkpoint.architecture} needs ({needed or 'its tokenizer'})"
        raise not_here(what, error) from error


def load_model(checkpoint: Checkpoint, device: torch.device, dtype: torch.dtype) -> tuple[Any, Any]:
    """The model in evaluation mode and its transform.

    Raises: WeightsDamaged if the weights cannot be read or are not those of the architecture.
    """
    precision = "bf16" if dtype == torch.bfloat16 else "fp32"
    try:
        if checkpoint.tower_only:
            model, transform = _of_two_towers(checkpoint, precision, device)
        else:
            model, transform = open_clip.create_model_from_pretrained(
                checkpoint.architecture, precision=precision, device=device, **checkpoint.options
            )
    except Exception as error:  # safetensors, pickle, torch and open_clip each raise their own for a bad file
        first = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".:")
        raise WeightsDamaged(
            f"The weights {checkpoint.weights} do not load as {checkpoint.architecture}: {first}.",
            hint="Fetch them again; configuration and weights must belong together.",
        ) from error
    # open_clip hands models over in training mode, in which a BatchNorm mixes the pictures of a batch.
    return model.eval(), transform


def _of_two_towers(checkpoint: Checkpoint, precision: str, device: torch.device) -> tuple[Any, Any]:
    """The picture tower from the checkpoint, the text tower from the folder that it names."""
    with _unwarned():
        model, _, transform = open_clip.create_model_and_transforms(
            checkpoint.architecture, precision=precision, device=device, load_weights=False, pretrained_text=False
        )
    # open_clip would lay a tower's weights over a new model and say nothing where they do not fit it.
    model.visual.load_state_dict(load_file(checkpoint.weights), strict=True)
    text = load_whole(transformers.AutoModel, Path(checkpoint.config["text_cfg"]["hf_model_name"]))
    model.text.transformer = text.to(device=device, dtype=next(model.text.parameters()).dtype)
    return model, transform


@contextmanager
def _unwarned() -> Iterator[None]:
    """Keep open_clip from warning, by the root logger, that it was given no weights."""

    def not_of_open_clip(record: logging.LogRecord) -> bool:
        return "open_clip" not in record.pathname

    root = logging.getLogger()
    root.addFilter(not_of_open_clip)
    try:
        yield
    finally:
        root.removeFilter(not_of_open_clip)


def describe(model: Any, checkpoint: Checkpoint) -> str:
    """What shapes a picture before the model, in words, for a fingerprint."""
    shape = model.visual.preprocess_cfg
    size = shape["size"]
    width, height = (size, size) if isinstance(size, int) else (size[1], size[0])
    means, deviations = (" ".join(f"{value:.6g}" for value in shape[key]) for key in ("mean", "std"))
    quick = checkpoint.config.get("quick_gelu") or checkpoint.options.get("force_quick_gelu")
    return (
        f"{width} x {height} {shape['resize_mode']} {shape['interpolation']}; mean {means}; std {deviations};"
        f" transparent is white{'; quick gelu' if quick else ''}"
    )
