"""Late-interaction models of transformers: a page and a question as many vectors each, one for every token.

ColPali (Faysse et al. 2024, arXiv 2407.01449), ColQwen2 (and 2.5) of the same paper, ColModernVBert (arXiv 2510.01149).
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import transformers

from rag.encoders.device import Precision, choose_device, choose_dtype
from rag.encoders.hub import find_model, hub
from rag.encoders.loading import load_whole
from rag.encoders.pictures import opaque
from rag.encoders.rows import unit_rows
from rag.encoders.weights import digest, weight_files
from rag.encoders.window import cut, readable
from rag.errors import BadSetting, EncodeFailed, ModelNotFound, first_line
from rag.protocols import Fingerprint

if TYPE_CHECKING:
    from PIL.Image import Image

    from rag.types import Vectors

CLASSES = {
    "colpali": "ColPaliForRetrieval",
    "colqwen2": "ColQwen2ForRetrieval",
    "colmodernvbert": "ColModernVBertForRetrieval",
}
"""By the model type that `config.json` names."""
_MERGED = "vidore/colpali-v1.3-hf, vidore/colqwen2-v1.0-hf, ModernVBERT/colmodernvbert-merged"
_QUESTION_TOKENS = 512
"""Read at once; these models learned from questions far shorter."""
_THINNEST = 100
"""Sides in a ratio beyond this get white beside them: Qwen's preprocessing refuses more than 200."""
_PAGES_AT_ONCE = 32
"""Preprocessed together; bounds memory, and lets pages of one shape meet in a batch."""

# Any, here and below: transformers' Auto classes give whatever the folder holds, and its processors any inputs.
_Inputs = dict[str, Any]


class LateEncoder:
    """Places pages and questions by a late-interaction model, each as many vectors. May be used from several threads."""

    def __init__(
        self,
        model: str,
        *,
        device: str = "auto",
        precision: Precision = "auto",
        allow_download: bool = False,
        batch_size: int = 4,
    ) -> None:
        """Load a model from a folder, or by its hub name where its files are on this machine.

        `precision`: as for every encoder, and bf16 on a GPU, in which these models are published.
        `batch_size`: pages of one shape, or questions of one length, in one pass.
        Raises: ModelNotFound, WeightsDamaged; BadSetting for a device that there is not, and for a model of another kind.
        """
        self._device = choose_device(device)
        on_gpu = precision == "auto" and self._device.type == "cuda"
        self._dtype = choose_dtype("bf16" if on_gpu else precision, self._device)
        self._batch_size = batch_size
        with hub(allowed=allow_download):
            folder = _find(model, allow_download=allow_download)
        kind = _model_class(folder)
        files = weight_files(folder)
        self._processor = _load_processor(folder)
        # Loaded in its type, and not cast to it: that would round the frequencies of the positions too.
        self._model = load_whole(kind, folder, device=self._device, dtype=self._dtype)
        self._special = _special_tokens(self._processor.tokenizer)
        # A fast tokenizer refuses a second thread with "Already borrowed".
        self._borrow = threading.Lock()
        dim = int(self._model.config.embedding_dim)
        self._fingerprint = Fingerprint(
            name=f"late:{model}",
            revision=folder.name if folder.parent.name == "snapshots" else "",  # a hub's cache names folders by commit
            weights=digest(files),
            preprocessing=_describe(self._processor),
            dim=dim,
            context=_context(self._model.config, self._processor.tokenizer),
            languages=(),
            sees_images=True,
        )
        self._room = max(self._fingerprint.context - int(self._question("")["attention_mask"].sum()), 1)

    @property
    def fingerprint(self) -> Fingerprint:
        """What must agree for the vectors of pages and questions to be comparable."""
        return self._fingerprint

    def encode_pages(self, images: Sequence[Image]) -> list[Vectors]:
        """Place pages, in the order given: a vector for every position that the model reads, its own prompt's included.

        Returns: for each picture float32 (n_i, dim), rows of length 1, n_i >= 1 as the model's preprocessing has it.
        Raises: EncodeFailed if a picture cannot be decoded or taken, or one of its rows is not finite.
        """
        names = [
            f"picture {at} of {len(images)}, {image.width} x {image.height} pixels"
            for at, image in enumerate(images, start=1)
        ]
        found: list[Vectors] = []
        for first in range(0, len(images), _PAGES_AT_ONCE):
            some = slice(first, first + _PAGES_AT_ONCE)
            pages = [self._page(image, name) for image, name in zip(images[some], names[some], strict=True)]
            found += self._place(pages, names[some])
        return found

    def encode_queries(self, texts: Sequence[str]) -> list[Vectors]:
        """Place questions, in the order given: a vector for every token, with the model's own prefix and extra tokens.

        A question beyond the context has the vectors of all its windows. A model's marks written in it are read as words.
        Returns: for each text float32 (n_i, dim), rows of length 1, n_i >= 1 for an empty text too.
        Raises: EncodeFailed if a row is not finite; the message quotes the text.
        """
        windows = [self._split(text) for text in texts]
        owners = [at for at, parts in enumerate(windows) for _ in parts]
        names = [f"question {at + 1} of {len(texts)}, {texts[at][:60]!r}" for at in owners]
        rows = self._place([self._question(part) for parts in windows for part in parts], names)
        joined: defaultdict[int, list[Vectors]] = defaultdict(list)
        for owner, some in zip(owners, rows, strict=True):
            joined[owner].append(some)
        return [np.concatenate(joined[at]) for at in range(len(texts))]

    def _page(self, image: Image, name: str) -> _Inputs:
        try:
            with self._borrow:
                inputs = self._processor.process_images([_thick_enough(opaque(image))])
        except EncodeFailed:
            raise
        except Exception as error:  # a processor is foreign code over a foreign picture: ValueError, and torch's own
            raise EncodeFailed(
                f"The model's preprocessing does not take {name}: {first_line(error)}.",
                hint="Another size or shape may do.",
            ) from error
        return {key: value for key, value in inputs.items() if key != "labels"}  # only training reads these

    def _question(self, text: str) -> _Inputs:
        with self._borrow:
            # Some tokenizers come set to cut every text to the length of what they learned from.
            return dict(self._processor.process_queries([text], text_kwargs={"truncation": False}))

    def _split(self, text: str) -> list[str]:
        # Broken apart, so that no mark stands for a picture that is not there.
        plain = self._special.sub(lambda mark: f"{mark[0][0]} {mark[0][1:]}", readable(text))
        return cut(plain, count=self._count, capacity=self._room)

    def _count(self, texts: Sequence[str]) -> list[int]:
        if not texts:
            return []
        with self._borrow:
            tokens = self._processor.tokenizer(list(texts), add_special_tokens=False, truncation=False, verbose=False)
        return [len(ids) for ids in tokens["input_ids"]]

    def _place(self, inputs: Sequence[_Inputs], names: Sequence[str]) -> list[Vectors]:
        """The unit rows of each input. Only inputs of one shape share a pass: nothing is padded, so no row depends on others."""
        alike: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
        for at, one in enumerate(inputs):
            alike[tuple((key, tuple(value.shape)) for key, value in sorted(one.items()))].append(at)
        found: dict[int, Vectors] = {}
        for group in alike.values():
            for start in range(0, len(group), self._batch_size):
                batch = group[start : start + self._batch_size]
                for at, raw in zip(batch, self._run([inputs[at] for at in batch]), strict=True):
                    # Every row of a page or question has the same name: which token it was tells nobody anything.
                    found[at] = unit_rows(raw.numpy(), name=partial(_same, names[at]))
        return [found[at] for at in range(len(inputs))]

    def _run(self, inputs: Sequence[_Inputs]) -> list[torch.Tensor]:
        batch = {key: torch.cat([one[key] for one in inputs]).to(self._device) for key in inputs[0]}
        if "pixel_values" in batch:  # a question has none
            batch["pixel_values"] = batch["pixel_values"].to(self._dtype)
        with torch.inference_mode():
            placed = self._model(**batch).embeddings.float().cpu()
        read = batch["attention_mask"].bool().cpu()
        return [rows[mask] for rows, mask in zip(placed, read, strict=True)]


def _find(name: str, *, allow_download: bool) -> Path:
    try:
        return find_model(name, allow_download=allow_download)
    except ModelNotFound as error:
        raise ModelNotFound(
            error.message,
            hint="Name a folder with config.json, the processor's files and the weights (late:FOLDER), or a hub's"
            f" ORGANISATION/NAME ({_MERGED}). Nothing is downloaded unasked: that takes --allow-download, without"
            " HF_HUB_OFFLINE.",
        ) from error


def _model_class(folder: Path) -> Any:
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        kind = str(config["model_type"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        adapter = (folder / "adapter_config.json").is_file()
        raise ModelNotFound(
            f"{folder} holds {'an adapter, not a whole model' if adapter else 'no model'}: config.json:"
            f" {first_line(error)}.",
            hint=f"Take a model with its adapter merged in: {_MERGED}.",
        ) from error
    if kind not in CLASSES:
        raise BadSetting(
            f"The model in {folder} is of type {kind!r}, which is not made for late interaction.",
            hint=f"Types that are: {', '.join(CLASSES)}; for instance {_MERGED}.",
        )
    return getattr(transformers, CLASSES[kind])


def _load_processor(folder: Path) -> Any:
    load: Any = transformers.AutoProcessor.from_pretrained
    try:
        processor = load(folder, local_files_only=True, trust_remote_code=False)
        if not hasattr(processor, "process_images") or not hasattr(processor, "process_queries"):
            raise ValueError(f"it has a {type(processor).__name__}, which does not read pages and questions")
    except (
        Exception
    ) as error:  # transformers raises OSError, ValueError, KeyError, TypeError and its own for a bad folder
        raise ModelNotFound(
            f"{folder} holds no processor that transformers can load: {first_line(error)}.",
            hint="It must hold the tokenizer's and the picture processor's files beside the weights, as save_pretrained"
            " writes them; code in a model's folder is never run.",
        ) from error
    return processor


def _same(name: str, _row: int) -> str:
    return name


def _thick_enough(image: Image) -> Image:
    """The picture, on white where it is thinner than 1:100."""
    from PIL import Image as images

    width, height = max(image.width, image.height // _THINNEST), max(image.height, image.width // _THINNEST)
    if (width, height) == image.size:
        return image
    paper = images.new("RGB", (width, height), "white")
    paper.paste(image, (0, 0))
    return paper


def _special_tokens(tokenizer: Any) -> re.Pattern[str]:
    """Every mark that the tokenizer takes whole out of a text: `<image>`, `<|im_start|>`."""
    marks = {str(token) for token in tokenizer.get_added_vocab()} | {
        str(token) for token in tokenizer.all_special_tokens
    }
    return re.compile("|".join(re.escape(mark) for mark in sorted(marks, key=len, reverse=True) if len(mark) > 1))


def _context(config: Any, tokenizer: Any) -> int:
    limits = [_QUESTION_TOKENS, getattr(config.get_text_config(), "max_position_embeddings", None)]
    limits += [tokenizer.model_max_length if tokenizer.model_max_length < 10**9 else None]
    return min(int(limit) for limit in limits if limit)


def _describe(processor: Any) -> str:
    shape: Mapping[str, object] = processor.image_processor.to_dict()
    pictures = hashlib.sha256(json.dumps(shape, sort_keys=True, default=str).encode()).hexdigest()[:16]
    return (
        f"{type(processor).__name__}; pictures {pictures}; page {processor.visual_prompt_prefix!r}; question"
        f" {processor.query_prefix!r}, then {processor.query_augmentation_token!r}; transparent is white"
    )
