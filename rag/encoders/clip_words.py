"""The text side of an open_clip model: its tokens counted before they are cut, its padding trimmed where that is exact."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from typing import Any

import open_clip  # type: ignore[import-untyped]
import torch
from open_clip.hf_model import HFTextEncoder  # type: ignore[import-untyped]
from open_clip.tokenizer import HFTokenizer, SimpleTokenizer  # type: ignore[import-untyped]
from open_clip.transformer import TextTransformer, text_global_pool  # type: ignore[import-untyped]

from rag.encoders.window import readable

_SIMPLE_SPECIAL = 2  # begin and end, as CLIP's tokenizer adds them
_CLIPS_SPECIAL = 3  # begin, end and class, as open_clip's tokenizer mode `clips` adds them
_COMMAND = re.compile("(<(?:start|end)_of)(?=_text>)", re.IGNORECASE)


# Any, here and below: open_clip is not typed.
class Words:
    """Tokenises texts and places them by a model's text tower. May be used from several threads."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        """Take a model in evaluation mode and the tokenizer that open_clip gives for it."""
        self._tokenizer = tokenizer
        self._borrow = threading.Lock()  # a fast tokenizer refuses a second thread with "Already borrowed"
        self._run = _text_tower(model, tokenizer)
        self.context = int(tokenizer.context_length)
        """Tokens read at once, special ones counted."""
        self.capacity = max(1, self.context - _n_special(tokenizer))
        """Tokens read at once, special ones not counted."""

    def count(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text makes, special ones not counted. open_clip's own call cuts at the context in silence."""
        whole = [_plain(text) for text in texts]
        if isinstance(self._tokenizer, SimpleTokenizer):
            return [len(self._tokenizer.encode(text)) for text in whole]
        with self._borrow:
            found = self._tokenizer.tokenizer(
                [self._tokenizer.clean_fn(text) for text in whole],
                add_special_tokens=False,
                truncation=False,
                padding=False,
                verbose=False,
            )["input_ids"]
        return [len(tokens) for tokens in found]

    def tokens(self, texts: Sequence[str]) -> torch.Tensor:
        """int64 (len(texts), context), padded and, beyond the context, cut."""
        with self._borrow:
            found: torch.Tensor = self._tokenizer([_plain(text) for text in texts])
        return found

    def place(self, tokens: torch.Tensor) -> torch.Tensor:
        """Rows of any length, (n, dim), of tokens (n, context)."""
        return self._run(tokens)


def _plain(text: str) -> str:
    """The text as words and no commands: CLIP's tokenizer takes `<end_of_text>` for the end, and nothing after it counts."""
    return _COMMAND.sub(r"\1 ", readable(text))


def _n_special(tokenizer: Any) -> int:
    if isinstance(tokenizer, SimpleTokenizer):
        return _SIMPLE_SPECIAL
    if tokenizer.tokenizer_mode == "clips":
        return _CLIPS_SPECIAL
    return len(tokenizer.tokenizer([""])["input_ids"][0])


def _text_tower(model: Any, tokenizer: Any) -> Callable[[torch.Tensor], torch.Tensor]:
    """How to run the tower: without the padding where it cannot change a row, else as open_clip does."""
    tower = model if isinstance(model, open_clip.CLIP) else getattr(model, "text", None)
    if isinstance(tower, open_clip.CLIP):
        pool, end = model.text_pool_type, model.text_eos_id
        if model.attn_mask is not None and pool in ("argmax", "eos"):
            return lambda tokens: _read_causal(tower, tokens, pool=pool, end=end)
    elif isinstance(tower, TextTransformer):
        pool, end = tower.pool_type, tower.eos_id
        if tower.attn_mask is not None and tower.cls_emb is None and pool in ("argmax", "eos"):
            return lambda tokens: _read_causal(tower, tokens, pool=pool, end=end)
    elif isinstance(tower, HFTextEncoder) and _pads_right(tokenizer):
        padding = tower.config.pad_token_id
        return lambda tokens: _read_masked(model, tokens, padding=padding)
    # SigLIP and CLIPA see every position and take the last: their padding is part of what they were trained on.
    return lambda tokens: _first(model.encode_text(tokens))


def _pads_right(tokenizer: Any) -> bool:
    return (
        isinstance(tokenizer, HFTokenizer)
        and tokenizer.tokenizer_mode == ""
        and tokenizer.tokenizer.padding_side == "right"
    )


def _read_causal(tower: Any, tokens: torch.Tensor, *, pool: str, end: int) -> torch.Tensor:
    """CLIP's text tower on the tokens up to the last end token of the batch.

    No token sees a later one and the row is read at the end token, so what comes after cannot change it. The steps are
    those of `open_clip.model.CLIP.encode_text`, which does not take fewer tokens than the context.
    """
    ends = tokens.argmax(dim=-1) if pool == "argmax" else (tokens == end).int().argmax(dim=-1)
    n_kept = int(ends.max()) + 1
    tokens = tokens[:, :n_kept]
    dtype = tower.transformer.get_cast_dtype()
    states = tower.token_embedding(tokens).to(dtype) + tower.positional_embedding[:n_kept].to(dtype)
    states = tower.ln_final(tower.transformer(states, attn_mask=tower.attn_mask[:n_kept, :n_kept]))
    pooled: torch.Tensor = text_global_pool(states, tokens, pool, eos_token_id=end)
    if tower.text_projection is None:
        return pooled
    if isinstance(tower.text_projection, torch.nn.Linear):
        return _first(tower.text_projection(pooled))
    return _first(pooled @ tower.text_projection)


def _read_masked(model: Any, tokens: torch.Tensor, *, padding: int) -> torch.Tensor:
    """A transformers text tower on the tokens up to the last of the batch; it hides padding by its mask."""
    n_kept = int((tokens != padding).any(dim=0).nonzero().max()) + 1 if bool((tokens != padding).any()) else 1
    return _first(model.encode_text(tokens[:, :n_kept]))


def _first(output: Any) -> torch.Tensor:
    rows: torch.Tensor = output[0] if isinstance(output, tuple) else output
    return rows
