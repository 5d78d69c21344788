"""Late-interaction models made on the spot: every class small, of random weights, in the very files that real ones come in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch

from tests.tiny_vlms.gemma import paligemma
from tests.tiny_vlms.parts import VISION, Made, hf, ids_of, text_config, tokenizer_of
from tests.tiny_vlms.qwen import qwen2_5_vl, qwen2_vl

DIM = 16


def colpali() -> Made:
    """Pictures of 28 x 28 pixels in four patches, whatever their shape."""
    model, processor = paligemma()
    made = hf.ColPaliProcessor(processor.image_processor, processor.tokenizer)
    vlm = model.config.to_dict()
    # The processor adds PaliGemma's 1,152 words for places to the tokenizer.
    vlm["text_config"]["vocab_size"] = len(made.tokenizer)
    return hf.ColPaliForRetrieval(hf.ColPaliConfig(vlm_config=vlm, embedding_dim=DIM)), made


def colqwen2() -> Made:
    """Pictures of 1 to 4 patches of 28 x 28 pixels, as many as their shape asks for."""
    return _colqwen(*qwen2_vl())


def colqwen2_5() -> Made:
    """The same class over the next generation of the model."""
    return _colqwen(*qwen2_5_vl())


def _colqwen(model: object, processor: object) -> Made:
    vlm = model.config.to_dict()  # type: ignore[attr-defined]  # transformers' models share no useful type
    made = hf.ColQwen2Processor(processor.image_processor, processor.tokenizer)  # type: ignore[attr-defined]
    return hf.ColQwen2ForRetrieval(hf.ColQwen2Config(vlm_config=vlm, embedding_dim=DIM)), made


MODERNVBERT_SPECIAL = (
    "[CLS]",
    "[SEP]",
    "<|begin_of_text|>",
    "<end_of_utterance>",
    "<fake_token_around_image>",
    "<image>",
    "<global-img>",
    *(f"<row_{row}_col_{column}>" for row in range(1, 7) for column in range(1, 7)),
)


def colmodernvbert() -> Made:
    """Pictures in tiles of 28 x 28 pixels and one of the whole, each a single patch; the text model reads both ways."""
    tokenizer = tokenizer_of(*MODERNVBERT_SPECIAL, begin="[CLS]", end="[SEP]")
    text = text_config(
        hf.ModernBertConfig,
        tokenizer,
        cls_token_id=ids_of(tokenizer, "[CLS]")[0],
        sep_token_id=ids_of(tokenizer, "[SEP]")[0],
    )
    vlm = hf.ModernVBertConfig(
        text_config=text.to_dict(),
        vision_config=hf.SiglipVisionConfig(image_size=28, patch_size=14, **VISION).to_dict(),
        image_token_id=ids_of(tokenizer, "<image>")[0],
        pixel_shuffle_factor=2,
        initializer_range=0.3,
    )
    image_processor = hf.Idefics3ImageProcessor(size={"longest_edge": 56}, max_image_size={"longest_edge": 28})
    processor = hf.ColModernVBertProcessor(image_processor, tokenizer, image_seq_len=1)
    config = hf.ColModernVBertConfig(vlm_config=vlm.to_dict(), embedding_dim=DIM)
    return hf.ColModernVBertForRetrieval(config), processor


BUILDERS: dict[str, Callable[[], Made]] = {
    "colpali": colpali,
    "colqwen2": colqwen2,
    "colqwen2_5": colqwen2_5,
    "colmodernvbert": colmodernvbert,
}


def make(kind: str, folder: Path) -> Path:
    """Save a tiny model with its processor, as `save_pretrained` writes them."""
    hf.utils.logging.disable_progress_bar()
    torch.manual_seed(7)
    model, processor = BUILDERS[kind]()
    with torch.no_grad():
        for name, tensor in model.named_parameters():
            # What joins eye and reader, and the last layer, begin near zero: pictures and words would hardly tell apart.
            if any(part in name for part in ("projector", "modality_projection", "embedding_proj_layer.weight")):
                tensor.normal_(std=0.5)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder
