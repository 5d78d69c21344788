"""Any open_clip model: texts and pictures in one space, through open_clip's own factory, tokenizer and preprocessing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import open_clip  # type: ignore[import-untyped]
import torch
import transformers

from rag.encoders.checkpoint import Checkpoint, find_checkpoint
from rag.encoders.clip_words import Words
from rag.encoders.device import Precision, choose_device, choose_dtype
from rag.encoders.hub import hub, not_here
from rag.encoders.pictures import middle, opaque
from rag.encoders.rows import batches, place_texts, unit_rows
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
            tokenizer = _load_tokenizer(checkpoint)
            self._model, self._transform = _load_model(checkpoint, self._device, self._dtype)
        self._words = Words(self._model, tokenizer)
        shape = self._model.visual.preprocess_cfg
        self._takes_middle = shape["resize_mode"] == "shortest"
        self._fingerprint = Fingerprint(
            name=f"open_clip:{model}",
            revision=checkpoint.revision,
            weights=digest([checkpoint.weights]),
            preprocessing=_describe(shape, checkpoint),
            dim=int(checkpoint.config["embed_dim"]),
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
        rows = np.zeros((len(images), self._fingerprint.dim), np.float32)
        with torch.inference_mode():
            for start in range(0, len(images), self._batch_size):
                batch = images[start : start + self._batch_size]
                seen = torch.from_numpy(np.stack([self.preprocess(image) for image in batch]))
                placed = self._model.encode_image(seen.to(self._device, self._dtype))
                rows[start : start + len(batch)] = placed.float().cpu().numpy()

        def name(row: int) -> str:
            return f"picture {row + 1} of {len(images)}, {images[row].width} x {images[row].height} pixels"

        return unit_rows(rows, name=name)

    def split(self, text: str) -> list[str]:
        """Cut a text into windows that fit the context; every word is in at least one. Short text comes back alone."""
        return cut(text, count=self._words.count, capacity=self._words.capacity)

    def preprocess(self, image: Image) -> NDArray[np.float32]:
        """What the model is shown of a picture: open_clip's own transform, float32 (3, height, width).

        Raises: EncodeFailed if the picture cannot be decoded.
        """
        whole = opaque(image)
        shown: NDArray[np.float32] = self._transform(middle(whole) if self._takes_middle else whole).numpy()
        return shown

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


def _load_model(checkpoint: Checkpoint, device: torch.device, dtype: torch.dtype) -> tuple[Any, Any]:
    try:
        model, transform = open_clip.create_model_from_pretrained(
            checkpoint.architecture,
            precision="bf16" if dtype == torch.bfloat16 else "fp32",
            device=device,
            **checkpoint.options,
        )
    except Exception as error:  # safetensors, pickle, torch and open_clip each raise their own for a bad file
        first = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".:")
        raise WeightsDamaged(
            f"The weights {checkpoint.weights} do not load as {checkpoint.architecture}: {first}.",
            hint="Fetch them again; configuration and weights must belong together.",
        ) from error
    # open_clip hands models over in training mode, in which a BatchNorm mixes the pictures of a batch.
    return model.eval(), transform


def _describe(shape: dict[str, Any], checkpoint: Checkpoint) -> str:
    size = shape["size"]
    width, height = (size, size) if isinstance(size, int) else (size[1], size[0])
    means, deviations = (" ".join(f"{value:.6g}" for value in shape[key]) for key in ("mean", "std"))
    quick = checkpoint.config.get("quick_gelu") or checkpoint.options.get("force_quick_gelu")
    return (
        f"{width} x {height} {shape['resize_mode']} {shape['interpolation']}; mean {means}; std {deviations};"
        f" transparent is white{'; quick gelu' if quick else ''}"
    )
