"""What tiny models share: their sizes, the tokenizer trained for each, and a text model's configuration that fits it."""

from __future__ import annotations

from typing import Any, TypeAlias

import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

from rag.prompt import INSTRUCTION

# Any: families differ in what they take, and transformers' annotations do not allow a configuration's parts as dicts.
hf: Any = transformers
# Any: transformers' models, processors and configurations share no useful type.
Made: TypeAlias = tuple[Any, Any]
TEXT: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "head_dim": 16,
    # Random attention is nearly even, and what is written then hardly depends on what is read: larger weights make it.
    "initializer_range": 0.3,
}
VISION: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "initializer_range": 0.3,
}
CONTEXT = 2_048
WORDS = 400
"""Tokens of a tiny tokenizer, besides its special ones."""


def tokenizer_of(
    *special: str,
    pad: str = "<pad>",
    unk: str | None = None,
    begin: str = "",
    end: str = "",
    **named: str,
) -> Any:
    """A byte-level BPE tokenizer; `begin` opens every text and `end` closes it, `named` become attributes: `image_token`."""
    inner = Tokenizer(models.BPE(unk_token=unk))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    every = list(dict.fromkeys((pad, *((unk,) if unk else ()), *special, *named.values())))
    trainer = trainers.BpeTrainer(
        vocab_size=WORDS + len(every),
        special_tokens=every,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    inner.train_from_iterator([INSTRUCTION, "What do the pictures show?", "evidence number page"], trainer)
    if begin:
        around = [(one, inner.token_to_id(one)) for one in (begin, end) if one]
        inner.post_processor = processors.TemplateProcessing(single=f"{begin} $A {end}".strip(), special_tokens=around)
    return hf.PreTrainedTokenizerFast(
        tokenizer_object=inner,
        pad_token=pad,
        unk_token=unk,
        bos_token=begin or None,
        model_max_length=CONTEXT,
        additional_special_tokens=list(special),
        extra_special_tokens=named or None,
        clean_up_tokenization_spaces=False,
    )


def ids_of(tokenizer: Any, *tokens: str) -> list[int]:
    return [int(tokenizer.convert_tokens_to_ids(token)) for token in tokens]


def text_config(kind: type[Any], tokenizer: Any, **more: Any) -> Any:
    """A text model's configuration that fits a tokenizer."""
    values = {
        **TEXT,
        "vocab_size": len(tokenizer),
        "max_position_embeddings": CONTEXT,
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.pad_token_id,
    }
    return kind(**{**values, **more})
