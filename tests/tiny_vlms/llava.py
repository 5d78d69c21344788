"""LLaVA and LLaVA-NeXT: a CLIP eye before a language model, asked in Vicuna's turns."""

from __future__ import annotations

from tests.tiny_vlms.parts import VISION, Made, hf, text_config, tokenizer_of

# All pictures of a turn come first, then its texts, as in llava-hf's templates.
VICUNA = (
    "{% for message in messages %}{% if message['role'] != 'system' %}{{ message['role'].upper() + ': ' }}{% endif %}"
    "{% for part in message['content'] | selectattr('type', 'equalto', 'image') %}{{ '<image>\n' }}{% endfor %}"
    "{% for part in message['content'] | selectattr('type', 'equalto', 'text') %}{{ part['text'] + ' ' }}{% endfor %}"
    "{% endfor %}{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}"
)


def llava() -> Made:
    tokenizer = tokenizer_of("<s>", begin="<s>", image_token="<image>")
    config = hf.LlavaConfig(
        vision_config=hf.CLIPVisionConfig(image_size=28, patch_size=14, **VISION),
        text_config=text_config(hf.LlamaConfig, tokenizer),
        image_token_index=tokenizer.image_token_id,
        image_seq_length=4,
    )
    size = {"height": 28, "width": 28}
    processor = hf.LlavaProcessor(
        hf.CLIPImageProcessor(size={"shortest_edge": 28}, crop_size=size),
        tokenizer,
        patch_size=14,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=VICUNA,
    )
    return hf.LlavaForConditionalGeneration(config), processor


def llava_next() -> Made:
    tokenizer = tokenizer_of("<s>", begin="<s>", image_token="<image>")
    grids = [[28, 56], [56, 28], [56, 56]]
    config = hf.LlavaNextConfig(
        vision_config=hf.CLIPVisionConfig(image_size=28, patch_size=14, **VISION),
        text_config=text_config(hf.MistralConfig, tokenizer),
        image_token_index=tokenizer.image_token_id,
        image_grid_pinpoints=grids,
    )
    processor = hf.LlavaNextProcessor(
        hf.LlavaNextImageProcessor(
            size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28}, image_grid_pinpoints=grids
        ),
        tokenizer,
        patch_size=14,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=VICUNA,
    )
    return hf.LlavaNextForConditionalGeneration(config), processor
