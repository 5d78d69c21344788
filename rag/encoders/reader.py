"""From texts to rows through a text tower: tokens, batches of like length, pooling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from rag.encoders.recipe import Recipe
from rag.encoders.rows import batches, place_texts
from rag.encoders.window import cut, readable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rag.types import Vectors


@dataclass(frozen=True, slots=True)
class Tower:
    """A loaded text model. Both functions may be called from several threads at once."""

    tokens: Callable[[list[str]], list[list[int]]]
    """Token numbers of each text with special tokens, neither cut nor padded."""
    hidden: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
    """The last layer, (n, tokens, width), of token numbers and mask, int64 (n, tokens) each, 1 for kept and 0 for padding."""
    device: torch.device
    padding: int
    """A token number for padding, which the mask hides, and for a text that has no tokens at all."""
    context: int
    """Tokens read at once, special ones counted."""
    width: int
    """Columns of the last layer."""


class Reader:
    """Reads texts of any length through a tower. May be used from several threads."""

    def __init__(
        self,
        tower: Tower,
        recipe: Recipe,
        *,
        batch_tokens: int,
        dense: Sequence[torch.nn.Linear | torch.nn.Module] = (),
    ) -> None:
        """`batch_tokens`: tokens in one pass, padding counted. `dense`: layers after pooling, in order."""
        self._tower = tower
        self._recipe = recipe
        self._dense = dense
        self._batch_tokens = batch_tokens
        self._n_fixed = len(self._tokens([""])[0])

    def encode(self, texts: Sequence[str], *, dim: int) -> Vectors:
        """Place texts, in the order given; one beyond the context is the mean of its windows.

        Returns: float32 (len(texts), dim), rows of length 1; (0, dim) for no texts.
        Raises: EncodeFailed if the model gives a row that is not finite.
        """
        return place_texts(texts, split=self.split, place=lambda windows: self._place(windows, dim), dim=dim)

    def split(self, text: str) -> list[str]:
        """Cut a text into windows that fit the context; every word is in at least one. Short text comes back alone."""
        return cut(text, count=self._count, capacity=max(1, self._tower.context - self._n_fixed))

    def _count(self, texts: Sequence[str]) -> list[int]:
        return [len(tokens) - self._n_fixed for tokens in self._tokens(texts)]

    def _tokens(self, texts: Sequence[str]) -> list[list[int]]:
        prefixed = [readable(self._recipe.prefix + text) for text in texts]
        return self._tower.tokens([text.lower() for text in prefixed] if self._recipe.lower_case else prefixed)

    def _place(self, windows: list[str], dim: int) -> NDArray[np.float32]:
        # Only a window of a single character, too rich for the context, is longer than it.
        tokens = [found[: self._tower.context] or [self._tower.padding] for found in self._tokens(windows)]
        rows = np.zeros((len(tokens), dim), np.float32)
        with torch.inference_mode():
            for batch in batches([len(found) for found in tokens], budget=self._batch_tokens):
                rows[batch] = self._run([tokens[position] for position in batch]).cpu().numpy()
        return rows

    def _run(self, batch: list[list[int]]) -> torch.Tensor:
        longest = max(map(len, batch))
        ids = torch.full((len(batch), longest), self._tower.padding)
        mask = torch.zeros((len(batch), longest), dtype=torch.long)
        for row, found in enumerate(batch):
            ids[row, : len(found)] = torch.tensor(found)
            mask[row, : len(found)] = 1
        mask = mask.to(self._tower.device)
        # Pooling in fp32: a sum over 512 tokens in bf16 would lose the last of them.
        pooled = _pool(self._tower.hidden(ids.to(self._tower.device), mask).float(), mask, self._recipe)
        for layer in self._dense:
            pooled = layer(pooled)
        return pooled


def _pool(hidden: torch.Tensor, mask: torch.Tensor, recipe: Recipe) -> torch.Tensor:
    """One vector per text of its tokens' vectors. (n, tokens, width), (n, tokens) -> (n, width)."""
    kept = mask.unsqueeze(-1)
    match recipe.pooling:
        case "mean":
            return (hidden * kept).sum(dim=1) / kept.sum(dim=1)
        case "cls":
            return hidden[:, 0]
        case "max":
            return hidden.masked_fill(kept == 0, -torch.inf).amax(dim=1)
        case "lasttoken":
            return hidden[torch.arange(len(hidden), device=hidden.device), mask.sum(dim=1) - 1]
