"""all-MiniLM-L6-v2 in plain torch: the six BERT layers of https://arxiv.org/abs/1810.04805, without dropout and pooler.

transformers runs the same model (`TextEncoder`, and a test holds the two together), but its modelling code takes seconds to
import, which every command of the default encoder would pay.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch.nn.functional import embedding, gelu, layer_norm, linear, scaled_dot_product_attention

from rag.encoders.reader import Tower

CONTEXT = 256
"""What the model was trained on and its sentence_bert_config.json says."""
WIDTH = 384
_N_LAYERS = 6
_N_HEADS = 12
_EPSILON = 1e-12
_PADDING = 0


def load_minilm(folder: Path, *, device: torch.device, dtype: torch.dtype) -> Tower:
    """Load the model from its `model.safetensors`, whose digest the caller has checked, and `tokenizer.json`."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    weights = {name: tensor.to(device, dtype) for name, tensor in load_file(folder / "model.safetensors").items()
               if tensor.is_floating_point()}  # fmt: skip
    for layer in range(_N_LAYERS):
        _join_attention(weights, f"encoder.layer.{layer}.attention")

    def tokens(texts: list[str]) -> list[list[int]]:
        return [encoding.ids for encoding in tokenizer.encode_batch(texts)]

    return Tower(
        tokens=tokens,
        hidden=lambda ids, mask: _hidden(weights, ids, mask),
        device=device,
        padding=_PADDING,
        context=CONTEXT,
        width=WIDTH,
    )


def _join_attention(weights: dict[str, torch.Tensor], name: str) -> None:
    """Lay query, key and value side by side: one multiplication in place of three."""
    for kind in ("weight", "bias"):
        parts = [weights.pop(f"{name}.self.{part}.{kind}") for part in ("query", "key", "value")]
        weights[f"{name}.joined.{kind}"] = torch.cat(parts)


def _hidden(weights: dict[str, torch.Tensor], ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The last layer. int64 (n, tokens) twice -> (n, tokens, 384)."""
    n_texts, n_tokens = ids.shape

    def apply(name: str, inputs: torch.Tensor) -> torch.Tensor:
        return linear(inputs, weights[f"{name}.weight"], weights[f"{name}.bias"])

    def norm(name: str, inputs: torch.Tensor) -> torch.Tensor:
        return layer_norm(inputs, (WIDTH,), weights[f"{name}.weight"], weights[f"{name}.bias"], _EPSILON)

    seen = mask.bool()[:, None, None, :]
    states = embedding(ids, weights["embeddings.word_embeddings.weight"])
    states = states + weights["embeddings.token_type_embeddings.weight"][0]
    states = norm("embeddings.LayerNorm", states + weights["embeddings.position_embeddings.weight"][:n_tokens])
    for layer in range(_N_LAYERS):
        name = f"encoder.layer.{layer}"
        joined = apply(f"{name}.attention.joined", states).view(n_texts, n_tokens, 3, _N_HEADS, WIDTH // _N_HEADS)
        query, key, value = joined.permute(2, 0, 3, 1, 4)
        attended = scaled_dot_product_attention(query, key, value, attn_mask=seen)
        attended = attended.transpose(1, 2).reshape(n_texts, n_tokens, WIDTH)
        states = norm(f"{name}.attention.output.LayerNorm", apply(f"{name}.attention.output.dense", attended) + states)
        inner = gelu(apply(f"{name}.intermediate.dense", states))
        states = norm(f"{name}.output.LayerNorm", apply(f"{name}.output.dense", inner) + states)
    return states
