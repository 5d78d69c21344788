"""Any cross-encoder that transformers loads: BGE-reranker, MiniLM trained on MS MARCO, and others with one or two labels."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import transformers

from rag.encoders.device import Precision, choose_device, choose_dtype
from rag.encoders.hub import find_model, hub
from rag.encoders.loading import load_whole
from rag.encoders.rows import batches
from rag.encoders.weights import weight_files
from rag.encoders.window import cut, readable
from rag.errors import (
    BadSetting,
    EncodeFailed,
    GenerateFailed,
    ModelNotFound,
    SightlineError,
    first_line,
)
from rag.prompt import evidence_text
from rag.types import Hit

if TYPE_CHECKING:
    from rag.prompt import Pictures

_UNLIMITED = 512
"""Tokens read at once where neither tokenizer nor model names a limit."""
_RELEVANT = 1
"""Of two labels the one that says yes, as MS MARCO's models have it."""


class CrossEncoderReranker:
    """Scores question and text by one pass over both; sees no pictures. May be used from several threads, one at a time."""

    sees_images = False

    def __init__(
        self,
        model: str,
        *,
        device: str = "auto",
        precision: Precision = "auto",
        allow_download: bool = False,
        batch_tokens: int = 4_096,
    ) -> None:
        """Load a model from a folder, or by its hub name where its files are on this machine.

        `batch_tokens`: tokens in one pass, padding counted.
        Raises: ModelNotFound, WeightsDamaged; BadSetting for a device that there is not, and for a model that is no
        cross-encoder of one or two labels.
        """
        self.name = f"cross:{model}"
        self._device = choose_device(device)
        with hub(allowed=allow_download):
            folder = find_model(model, allow_download=allow_download)
        weight_files(folder)
        config, self._tokenizer = _load_tokenizer(folder)
        self._model = _load_model(folder, config).to(self._device, choose_dtype(precision, self._device))
        self._context = _context(self._tokenizer, config, self._model)
        self._batch_tokens = batch_tokens
        self._reading = threading.Lock()
        # Not of two empty texts: an empty second one is taken for none.
        n_special = len(self._tokenizer("?", "?", verbose=False)["input_ids"]) - 2 * self._count(["?"])[0]
        self._room = self._context - n_special

    def rerank(self, question: str, hits: Sequence[Hit], pictures: Pictures) -> list[float]:  # noqa: ARG002
        """A score per hit, 0..1, higher is better, in the order given; empty in, empty out.

        Nothing is cut off: a text beyond the context is read in windows, and the best one counts; a question that is longer
        than half the context is read in windows too, and their mean counts.
        Raises: EncodeFailed if a score is not finite; GenerateFailed if the model breaks off.
        """
        if not hits:
            return []
        try:
            with self._reading:
                return self._score(question, [evidence_text(hit) for hit in hits])
        except SightlineError:
            raise
        except Exception as error:  # torch and tokenizers raise many kinds, out of memory among them
            raise GenerateFailed(
                f"{self.name} broke off: {first_line(error)}.",
                hint="Rerank fewer hits, or take a smaller model.",
            ) from error

    def _score(self, question: str, texts: Sequence[str]) -> list[float]:
        asked = cut(readable(question), count=self._count, capacity=max(1, self._room // 2))
        capacity = max(1, self._room - max(self._count(asked)))
        pairs: list[tuple[str, str]] = []
        windows: list[tuple[int, int]] = []
        for at, text in enumerate(texts):
            for number, window in enumerate(cut(readable(text), count=self._count, capacity=capacity)):
                pairs += [(one, window) for one in asked]
                windows += [(at, number)] * len(asked)
        scores = self._read(pairs)
        of_window: defaultdict[tuple[int, int], float] = defaultdict(float)
        for key, score in zip(windows, scores, strict=True):
            of_window[key] += score / len(asked)
        best = [0.0] * len(texts)
        for (at, _), score in of_window.items():
            best[at] = max(best[at], min(1.0, score))
        return best

    def _count(self, texts: Sequence[str]) -> list[int]:
        return [
            len(tokens)
            for tokens in self._tokenizer(
                list(texts), add_special_tokens=False, truncation=False, return_attention_mask=False, verbose=False
            )["input_ids"]
        ]

    def _read(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """The probability, 0..1, that each pair is a question and its answer."""
        n_tokens = self._count([text for _, text in pairs])
        scores = [0.0] * len(pairs)
        for batch in batches([n + self._context - self._room for n in n_tokens], budget=self._batch_tokens):
            logits = self._run([pairs[at] for at in batch])
            if not torch.isfinite(logits).all():
                raise EncodeFailed(
                    f"{self.name} gave a score that is not finite.",
                    hint="Its weights may be damaged: fetch them again, or take another model.",
                )
            yes = logits.sigmoid()[:, 0] if logits.shape[1] == 1 else logits.softmax(dim=1)[:, _RELEVANT]
            for at, score in zip(batch, yes.tolist(), strict=True):
                scores[at] = score
        return scores

    def _run(self, pairs: Sequence[tuple[str, str]]) -> torch.Tensor:
        """The model's logits, float64 (n, 1 or 2)."""
        inputs = self._tokenizer(
            [question for question, _ in pairs],
            [text for _, text in pairs],
            padding=True,
            # Only a window of a single character, too rich for the context, is longer than it.
            truncation=True,
            max_length=self._context,
            return_tensors="pt",
            verbose=False,
        ).to(self._device)
        with torch.inference_mode():
            logits: torch.Tensor = self._model(**inputs).logits
        # In double: close to 1, where good hits lie, single precision has few numbers left to tell them apart.
        return logits.cpu().double()


# Any, here and below: transformers' Auto classes give whatever the folder holds.
def _load_tokenizer(folder: Path) -> tuple[Any, Any]:
    try:
        config = transformers.AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (
        Exception
    ) as error:  # transformers raises OSError, ValueError, KeyError, TypeError and its own for a bad folder
        raise ModelNotFound(
            f"{folder} holds no cross-encoder that transformers can load: {first_line(error)}.",
            hint="It must hold config.json, the tokenizer's files and the weights; code in a model's folder is never run.",
        ) from error
    if type(config) not in transformers.MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING or config.num_labels not in (1, 2):
        raise BadSetting(
            f"The {config.model_type!r} model in {folder} with {config.num_labels} labels is no cross-encoder.",
            hint="Take one with one or two labels, such as BAAI/bge-reranker-v2-m3; docs/reranking.md names more.",
        )
    return config, tokenizer


def _load_model(folder: Path, config: Any) -> Any:
    return load_whole(
        transformers.AutoModelForSequenceClassification,
        folder,
        advice="Fetch the model again; an embedding model has no scores to give, and cannot be taken.",
        config=config,
        dtype=torch.float32,
        trust_remote_code=False,
    )


def _context(tokenizer: Any, config: Any, model: Any) -> int:
    """Tokens that the model reads at once, both texts and special ones together."""
    positions = getattr(config.get_text_config(), "max_position_embeddings", None)
    for name, part in model.named_modules():
        # RoBERTa and its kin count positions from behind the padding's: their table is longer than what they read.
        if name.endswith("position_embeddings") and getattr(part, "padding_idx", None) is not None:
            positions = part.num_embeddings - part.padding_idx - 1
    limits = [positions, tokenizer.model_max_length if tokenizer.model_max_length < 10**9 else None]
    return min((int(limit) for limit in limits if limit), default=_UNLIMITED)
