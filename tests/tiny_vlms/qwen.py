"""Qwen's models, and InternVL, which is asked in the same turns."""

from __future__ import annotations

from typing import Any

from tests.tiny_vlms.parts import VISION, Made, hf, ids_of, text_config, tokenizer_of

# Qwen's turns, with an empty system turn's default left out.
CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}IMAGE{% else %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
QWEN = CHATML.replace("IMAGE", "<|vision_start|><|image_pad|><|vision_end|>")
# Qwen3.5 thinks aloud unless it is told not to.
QWEN_THINKING = QWEN.replace(
    "<|im_start|>assistant\n{% endif %}",
    "<|im_start|>assistant\n{% if enable_thinking is defined and enable_thinking is false %}<think>\n\n</think>\n\n"
    "{% else %}<think>\n{% endif %}{% endif %}",
)
QWEN_SPECIAL = ("<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>")
ROPE = {"rope_type": "default", "rope_theta": 10_000.0, "mrope_section": [2, 3, 3]}


def _qwen(model: type[Any], processor: type[Any], config: Any, tokenizer: Any, **how: Any) -> Made:
    """Any of Qwen's: they share the pictures' preprocessing but for the size of a patch."""
    values: dict[str, Any] = {"patch_size": 14, "video": hf.Qwen2VLVideoProcessor, "template": QWEN, **how}
    size = {"shortest_edge": 28 * 28, "longest_edge": 56 * 56}
    image_processor = hf.Qwen2VLImageProcessor(size=size, patch_size=values["patch_size"])
    video_processor = values["video"](size=size, patch_size=values["patch_size"])
    made = processor(image_processor, tokenizer, video_processor, chat_template=values["template"])
    return model(config), made


def _qwen_ids(tokenizer: Any) -> dict[str, int]:
    names = ("vision_start_token_id", "vision_end_token_id", "image_token_id", "video_token_id")
    return dict(zip(names, ids_of(tokenizer, *QWEN_SPECIAL[2:]), strict=True))


def qwen2_vl() -> Made:
    tokenizer = tokenizer_of(*QWEN_SPECIAL)
    config = hf.Qwen2VLConfig(
        text_config=text_config(hf.Qwen2VLConfig.sub_configs["text_config"], tokenizer, rope_parameters=ROPE).to_dict(),
        vision_config={"depth": 2, "embed_dim": 32, "hidden_size": 32, "num_heads": 2, "initializer_range": 0.3},
        **_qwen_ids(tokenizer),
    )
    return _qwen(hf.Qwen2VLForConditionalGeneration, hf.Qwen2VLProcessor, config, tokenizer)


def qwen2_5_vl() -> Made:
    tokenizer = tokenizer_of(*QWEN_SPECIAL)
    vision = {"depth": 2, "hidden_size": 32, "intermediate_size": 48, "num_heads": 2, "out_hidden_size": 32}
    config = hf.Qwen2_5_VLConfig(
        text_config=text_config(
            hf.Qwen2_5_VLConfig.sub_configs["text_config"], tokenizer, rope_parameters=ROPE
        ).to_dict(),
        vision_config={**vision, "fullatt_block_indexes": [1], "window_size": 56, "initializer_range": 0.3},
        **_qwen_ids(tokenizer),
    )
    return _qwen(hf.Qwen2_5_VLForConditionalGeneration, hf.Qwen2_5_VLProcessor, config, tokenizer)


QWEN3_VISION: dict[str, Any] = {
    "depth": 2,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_heads": 2,
    "out_hidden_size": 32,
    "num_position_embeddings": 16,
    "initializer_range": 0.3,
}


def qwen3_vl() -> Made:
    tokenizer = tokenizer_of(*QWEN_SPECIAL)
    config = hf.Qwen3VLConfig(
        text_config=text_config(hf.Qwen3VLConfig.sub_configs["text_config"], tokenizer, rope_parameters=ROPE).to_dict(),
        vision_config={**QWEN3_VISION, "deepstack_visual_indexes": [0]},
        **_qwen_ids(tokenizer),
    )
    how = {"patch_size": 16, "video": hf.Qwen3VLVideoProcessor}
    return _qwen(hf.Qwen3VLForConditionalGeneration, hf.Qwen3VLProcessor, config, tokenizer, **how)


def qwen3_5() -> Made:
    tokenizer = tokenizer_of(*QWEN_SPECIAL)
    text = text_config(
        hf.Qwen3_5Config.sub_configs["text_config"],
        tokenizer,
        rope_parameters={**ROPE, "partial_rotary_factor": 1.0},
        layer_types=["linear_attention", "full_attention"],
        linear_key_head_dim=8,
        linear_value_head_dim=8,
        linear_num_key_heads=2,
        linear_num_value_heads=2,
    )
    config = hf.Qwen3_5Config(text_config=text.to_dict(), vision_config=QWEN3_VISION, **_qwen_ids(tokenizer))
    how = {"patch_size": 16, "video": hf.Qwen3VLVideoProcessor, "template": QWEN_THINKING}
    return _qwen(hf.Qwen3_5ForConditionalGeneration, hf.Qwen3VLProcessor, config, tokenizer, **how)


def internvl() -> Made:
    tokenizer = tokenizer_of(
        "<|im_start|>",
        "<|im_end|>",
        start_image_token="<img>",
        end_image_token="</img>",
        context_image_token="<IMG_CONTEXT>",
        video_token="<video>",
    )
    config = hf.InternVLConfig(
        vision_config={**VISION, "image_size": [28, 28], "patch_size": [14, 14]},
        text_config=text_config(hf.Qwen2Config, tokenizer),
        image_token_id=ids_of(tokenizer, "<IMG_CONTEXT>")[0],
        image_seq_length=1,
    )
    size = {"height": 28, "width": 28}
    processor = hf.InternVLProcessor(
        hf.GotOcr2ImageProcessor(size=size, crop_to_patches=True, max_patches=4),
        tokenizer,
        hf.InternVLVideoProcessor(size=size),
        image_seq_length=1,
        chat_template=CHATML.replace("IMAGE", "<IMG_CONTEXT>\n"),
    )
    return hf.InternVLForConditionalGeneration(config), processor
