"""Vision-language models made on the spot: every family small, of random weights, in the very files that real ones come in.

Each builder gives a model and its processor from the family's own classes, with a tokenizer trained here and, where the
family has one, a chat template that places pictures and turns as the family's published template does. What these models
write means nothing; that they load, look, stream and stop as the real ones do is what they are for.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tests.tiny_vlms.apart import emu3, fuyu, glm4v, kosmos_2
from tests.tiny_vlms.blip import blip, blip_2, blip_answers, instructblip
from tests.tiny_vlms.gemma import gemma3, gemma4, paligemma
from tests.tiny_vlms.idefics import idefics2, idefics3, smolvlm
from tests.tiny_vlms.llava import llava, llava_next
from tests.tiny_vlms.parts import CONTEXT, Made, hf
from tests.tiny_vlms.qwen import internvl, qwen2_5_vl, qwen2_vl, qwen3_5, qwen3_vl

__all__ = ["BUILDERS", "CONTEXT", "NEEDS", "make", "tiny_vlm"]
BUILDERS: dict[str, Callable[[], Made]] = {
    "blip": blip,
    "blip-vqa": blip_answers,
    "blip-2": blip_2,
    "instructblip": instructblip,
    "llava": llava,
    "llava_next": llava_next,
    "qwen2_vl": qwen2_vl,
    "qwen2_5_vl": qwen2_5_vl,
    "qwen3_vl": qwen3_vl,
    "qwen3_5": qwen3_5,
    "kosmos-2": kosmos_2,
    "fuyu": fuyu,
    "idefics2": idefics2,
    "idefics3": idefics3,
    "smolvlm": smolvlm,
    "glm4v": glm4v,
    "emu3": emu3,
    "paligemma": paligemma,
    "gemma3": gemma3,
    "gemma4": gemma4,
    "internvl": internvl,
}
"""By model type; `blip-vqa` is BLIP with its head for questions."""
NEEDS = {"smolvlm": "num2words"}
"""Packages that a family's processor asks for and that need not be installed."""


@pytest.fixture(scope="session")
def tiny_vlm(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a tiny model by its name in `BUILDERS`, made when first asked for. Copy it before changing it."""
    root = tmp_path_factory.mktemp("tiny_vlms")

    def folder(name: str) -> Path:
        if name in NEEDS:
            pytest.importorskip(NEEDS[name])
        return root / name if (root / name).exists() else make(name, root / name)

    return folder


def make(family: str, folder: Path) -> Path:
    """Save a tiny model of a family, by its model type, with its processor."""
    hf.utils.logging.disable_progress_bar()
    torch.manual_seed(7)
    model, processor = BUILDERS[family]()
    tokenizer = processor.tokenizer
    # Nothing but letters is written, and never an end: random weights would mostly write neither.
    unwanted = sorted(
        {*tokenizer.all_special_ids, *(n for piece, n in tokenizer.get_vocab().items() if not _plain(piece))}
    )
    last = (
        model.text_decoder.cls.predictions.decoder if hasattr(model, "text_decoder") else model.get_output_embeddings()
    )
    with torch.no_grad():
        last.weight[unwanted] = 0
        # Some families begin with pictures that say little to the text model: Gemma 3's projection begins at zero.
        for title, tensor in model.named_parameters():
            if any(part in title for part in ("projector", "image_to_text", "embed_vision")):
                tensor.normal_(std=0.5)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def _plain(piece: str) -> bool:
    return piece.lstrip("Ġ").isascii() and piece.lstrip("Ġ").isalnum()
