"""Models made on the spot: small, of random weights, in the very files that real ones come in."""

from __future__ import annotations

import json
import string
from pathlib import Path
from typing import Any

import open_clip  # type: ignore[import-untyped]
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
LETTERS = string.ascii_lowercase + string.digits + string.punctuation
CLIP_TEXT = {"context_length": 20, "vocab_size": 49_408, "width": 16, "heads": 2, "layers": 2}
VIT = {"image_size": 32, "patch_size": 16, "width": 32, "head_width": 16, "layers": 1}
RESNET = {"image_size": 32, "layers": [1, 1, 1, 1], "width": 8}


def make_bert(folder: Path, *, context: int = 32, **pooling: bool) -> Path:
    """A two-layer BERT of 32 columns whose tokens are letters, as sentence-transformers saves it."""
    folder.mkdir(parents=True, exist_ok=True)
    save_letter_tokenizer(folder, context=context)
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=len(SPECIAL) + 2 * len(LETTERS),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
        # Random attention is nearly even, and texts then nearly equal: larger weights make them differ.
        initializer_range=0.5,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": context, "do_lower_case": False})
    if pooling:
        modules = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
        write_json(
            folder / "modules.json",
            [{"path": path, "type": f"sentence_transformers.models.{kind}"} for path, kind in modules],
        )
        (folder / "1_Pooling").mkdir(exist_ok=True)
        write_json(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": 32, **pooling})
    return folder


def save_letter_tokenizer(folder: Path, *, context: int) -> None:
    """A fast WordPiece tokenizer that knows letters only, so that a word is as many tokens as it has letters."""
    pieces = [*SPECIAL, *LETTERS, *(f"##{letter}" for letter in LETTERS)]
    tokenizer = Tokenizer(models.WordPiece({piece: number for number, piece in enumerate(pieces)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_max_length=context,
    ).save_pretrained(folder)


def make_clip(
    folder: Path,
    *,
    vision: dict[str, Any] | None = None,  # Any: open_clip's own schema, here and below
    text: dict[str, Any] | None = None,
    preprocess: dict[str, Any] | None = None,
) -> Path:
    """An open_clip model of 16 columns in open_clip's `local-dir:` form."""
    text = text or CLIP_TEXT
    config = {"embed_dim": 16, "vision_cfg": vision or VIT, "text_cfg": text}
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "open_clip_config.json", {"model_cfg": config, "preprocess_cfg": preprocess or {}})
    torch.manual_seed(7)
    factory = open_clip.CustomTextCLIP if "hf_model_name" in text else open_clip.CLIP
    model = factory(**config)
    for name, tensor in model.state_dict().items():
        if name.endswith("running_mean"):
            tensor.normal_()
        elif name.endswith("running_var"):
            tensor.uniform_(0.5, 2.0)
        elif "token_embedding" in name or "positional_embedding" in name:
            tensor.normal_()
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, weights_of(folder))
    return folder


def make_clip_with_bert(folder: Path) -> Path:
    """An open_clip model whose text tower is a transformers model, as the multilingual ones are."""
    bert = make_bert(folder / "bert")
    save_letter_tokenizer(folder, context=32)
    text = {
        "hf_model_name": str(bert),
        "hf_tokenizer_name": str(bert),
        "hf_model_pretrained": False,
        "hf_proj_type": "linear",
        "hf_pooler_type": "mean_pooler",
        "context_length": 32,
    }
    return make_clip(folder, text=text)


def weights_of(folder: Path) -> Path:
    """The weight file of a folder made here."""
    return folder / (
        "open_clip_model.safetensors" if (folder / "open_clip_config.json").exists() else "model.safetensors"
    )


def put_nan(folder: Path, tensor: str) -> Path:
    """Damage one tensor of a model in the way that a failed training or conversion does."""
    state = load_file(weights_of(folder))
    state[tensor] = torch.full_like(state[tensor], torch.nan)
    save_file(state, weights_of(folder))
    return folder


def write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")
