"""The sentences of the training, placed once by the frozen text tower."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rich.progress import track

if TYPE_CHECKING:
    from rag.protocols import Encoder
    from rag.types import Vectors

TOGETHER = 2_048


class Bank:
    """Sentences by number, each with its place in the space."""

    def __init__(self, sentences: Iterable[str]) -> None:
        """Take the distinct sentences; `place` must follow."""
        self.sentences = tuple(dict.fromkeys(sentences))
        self.number = {sentence: at for at, sentence in enumerate(self.sentences)}
        self.rows: Vectors = np.zeros((0, 0), np.float32)

    def numbers(self, sentences: Sequence[str]) -> list[int]:
        """The number of each sentence."""
        return [self.number[sentence] for sentence in sentences]

    def place(self, encoder: Encoder, kept: Path) -> None:
        """Place every sentence, or read the places where the same sentences were placed before."""
        content = hashlib.sha256("\n".join([encoder.fingerprint.weights, *self.sentences]).encode()).hexdigest()
        file = kept / f"sentences-{content[:16]}.npy"
        if not file.is_file():
            starts = range(0, len(self.sentences), TOGETHER)
            parts = [
                encoder.encode_texts(self.sentences[at : at + TOGETHER]) for at in track(starts, "Placing sentences")
            ]
            np.save(file, np.concatenate(parts).astype(np.float16))
        self.rows = np.load(file).astype(np.float32)

    def means(self, groups: Sequence[Mapping[int, float]]) -> list[int]:
        """The numbers of new rows, one for each group of sentences with their weights: the mean of their places, of length 1."""
        first = len(self.rows)
        means = np.stack([np.average(self.rows[[*group]], axis=0, weights=[*group.values()]) for group in groups])
        means = (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)
        self.rows = np.concatenate([self.rows, means])
        return list(range(first, len(self.rows)))
