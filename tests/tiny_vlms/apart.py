"""Families that share nothing with another: Kosmos-2 and Fuyu without turns, GLM-4.1V and Emu3 with their own."""

from __future__ import annotations

import json
import re
from typing import Any

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

from tests.tiny_vlms.parts import CONTEXT, VISION, Made, hf, ids_of, text_config, tokenizer_of


def kosmos_2() -> Made:
    tokenizer = tokenizer_of("<s>", "</s>", unk="<unk>", begin="<s>")
    image_processor = hf.CLIPImageProcessor(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28})
    # The ids after that of <unk> stand for the picture; the tokenizer must have them all.
    processor = hf.Kosmos2Processor(image_processor, tokenizer, num_patch_index_tokens=4)
    text = hf.Kosmos2Config.sub_configs["text_config"](
        vocab_size=len(tokenizer),
        max_position_embeddings=CONTEXT,
        embed_dim=32,
        layers=2,
        ffn_dim=48,
        attention_heads=2,
        # Words and what is written share their weights: where words weigh much, the last one is repeated for ever.
        scale_embedding=False,
        init_std=0.5,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
    )
    vision = {**VISION, "image_size": 28, "patch_size": 14}
    config = hf.Kosmos2Config(text_config=text.to_dict(), vision_config=vision, latent_query_num=64)
    return hf.Kosmos2ForConditionalGeneration(config), processor


def _fuyu_tokenizer() -> Any:
    """One that writes a blank before every text, also before a picture's marks: Fuyu's processor takes it away again."""
    marks = ("<s>", "|SPEAKER|", "|NEWLINE|", "<0x04>", "<0x00>", "<0x01>")
    trained = json.loads(tokenizer_of(*marks, unk="<unk>").backend_tokenizer.to_str())["model"]
    merges = [(first, second) for first, second in trained["merges"]]
    inner = Tokenizer(models.BPE(trained["vocab"], merges, unk_token="<unk>", ignore_merges=True))
    inner.normalizer = normalizers.Prepend(" ")
    apart = pre_tokenizers.Split(Regex("|".join(map(re.escape, marks))), "isolated")
    inner.pre_tokenizer = pre_tokenizers.Sequence(
        [apart, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    inner.decoder = decoders.ByteLevel()
    return hf.PreTrainedTokenizerFast(
        tokenizer_object=inner, pad_token="<pad>", unk_token="<unk>", model_max_length=CONTEXT
    )


def fuyu() -> Made:
    tokenizer = _fuyu_tokenizer()
    config = hf.FuyuConfig(
        text_config=text_config(hf.PersimmonConfig, tokenizer).to_dict(),
        image_size=56,
        patch_size=14,
        image_token_id=ids_of(tokenizer, "|SPEAKER|")[0],
    )
    size, patch = {"height": 56, "width": 56}, {"height": 14, "width": 14}
    image_processor = hf.FuyuImageProcessor(size=size, patch_size=patch)
    return hf.FuyuForCausalLM(config), hf.FuyuProcessor(image_processor, tokenizer)


GLM = (
    "[gMASK]<sop>\n{% for message in messages %}<|{{ message['role'] }}|>\n"
    "{% for part in message['content'] %}{% if part['type'] == 'text' %}{{ part['text'] }}"
    "{% elif part['type'] == 'image' %}<|begin_of_image|><|image|><|end_of_image|>{% endif %}{% endfor %}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
GLM_SPECIAL = ("<|begin_of_image|>", "<|end_of_image|>", "<|image|>", "<|video|>")
GLM_VIDEO = ("<|begin_of_video|>", "<|end_of_video|>")


def glm4v() -> Made:
    turns = ("[gMASK]", "<sop>", "<|system|>", "<|user|>", "<|assistant|>")
    tokenizer = tokenizer_of(*GLM_SPECIAL, *GLM_VIDEO, *turns)
    kinds = ("image_start", "image_end", "image", "video", "video_start", "video_end")
    names = [f"{kind}_token_id" for kind in kinds]
    rope = {"rope_type": "default", "rope_theta": 10_000.0, "mrope_section": [2, 3, 3], "partial_rotary_factor": 1.0}
    vision = {"depth": 2, "hidden_size": 32, "num_heads": 2, "image_size": 56, "patch_size": 14, "out_hidden_size": 32}
    config = hf.Glm4vConfig(
        text_config=text_config(hf.Glm4vConfig.sub_configs["text_config"], tokenizer, rope_parameters=rope).to_dict(),
        vision_config={**vision, "intermediate_size": 48, "initializer_range": 0.3},
        **dict(zip(names, ids_of(tokenizer, *GLM_SPECIAL, *GLM_VIDEO), strict=True)),
    )
    size = {"shortest_edge": 28 * 28 * 2, "longest_edge": 56 * 56 * 2}
    processor = hf.Glm4vProcessor(
        hf.Glm4vImageProcessor(size=size), tokenizer, hf.Glm4vVideoProcessor(size=size), chat_template=GLM
    )
    return hf.Glm4vForConditionalGeneration(config), processor


EMU = (
    "{% for message in messages %}{% if message['role'] != 'system' %}{{ message['role'].upper() + ': ' }}{% endif %}"
    "{% for part in message['content'] %}{% if part['type'] == 'image' %}{{ '<image>' }}"
    "{% elif part['type'] == 'text' %}{{ part['text'] }}{% endif %}{% endfor %}{{ ' ' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}"
)


def emu3() -> Made:
    codes = [f"<|visual token {number:06d}|>" for number in range(16)]
    tokenizer = tokenizer_of(
        *codes,
        "<|extra_203|>",
        begin="<|extra_203|>",
        image_token="<image>",
        boi_token="<|image start|>",
        eoi_token="<|image end|>",
        image_wrapper_token="<|image token|>",
        eof_token="<|extra_201|>",
        eol_token="<|extra_200|>",
    )
    tokens = (*codes, "<image>", "<|extra_200|>")
    config = hf.Emu3Config(
        text_config=text_config(hf.Emu3Config.sub_configs["text_config"], tokenizer).to_dict(),
        vq_config={
            "codebook_size": 16,
            "embed_dim": 4,
            "latent_channels": 4,
            "base_channels": 32,
            "channel_multiplier": [1, 1, 1, 1],
            "num_res_blocks": 1,
            "hidden_size": 32,
        },
        vocabulary_map=dict(zip(tokens, ids_of(tokenizer, *tokens), strict=True)),
    )
    image_processor = hf.Emu3ImageProcessor(min_pixels=32 * 32, max_pixels=48 * 48)
    return hf.Emu3ForConditionalGeneration(config), hf.Emu3Processor(image_processor, tokenizer, chat_template=EMU)
