"""Cross-encoders made on the spot: small, of random weights, in the very files that real ones come in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import processors

from tests.tiny_models import LETTERS, SPECIAL, save_letter_tokenizer, write_json

# Any: transformers' configurations and models share no useful type.
hf: Any = transformers
CONTEXT = 64
"""Tokens that a tiny cross-encoder reads at once: letters, for its tokens are letters."""
PAIR_MARKS = 3
"""Special tokens of a pair: [CLS] question [SEP] text [SEP]."""


def make_cross_encoder(folder: Path, *, family: str = "bert", n_labels: int = 1, context: int = CONTEXT) -> Path:
    """A sequence classifier of a family (`bert`, `xlm-roberta`), as BGE's and MS MARCO's rerankers are saved."""
    folder.mkdir(parents=True, exist_ok=True)
    save_letter_tokenizer(folder, context=10**12)  # so that the limit is the model's own
    tokenizer = hf.AutoTokenizer.from_pretrained(folder)
    segment = 1 if family == "bert" else 0
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair=f"[CLS] $A [SEP] $B:{segment} [SEP]:{segment}",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    tokenizer.save_pretrained(folder)
    if segment:  # as the class that real BERTs name has it: the text's tokens are told from the question's
        said = json.loads((folder / "tokenizer_config.json").read_text())
        said["model_input_names"] = ["input_ids", "token_type_ids", "attention_mask"]
        write_json(folder / "tokenizer_config.json", said)
    shape: dict[str, Any] = {
        "vocab_size": len(SPECIAL) + 2 * len(LETTERS),
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "num_labels": n_labels,
        "pad_token_id": 0,
        # Random attention is nearly even, and scores then nearly equal: larger weights make them differ.
        "initializer_range": 0.3,
    }
    torch.manual_seed(7)
    if family == "bert":
        config = hf.BertConfig(**shape, max_position_embeddings=context)
        hf.BertForSequenceClassification(config).save_pretrained(folder)
    else:
        # Its positions begin behind the padding's, so that its table holds more than it reads.
        config = hf.XLMRobertaConfig(**shape, max_position_embeddings=context + 1, type_vocab_size=1)
        hf.XLMRobertaForSequenceClassification(config).save_pretrained(folder)
    return folder
