"""Google's: PaliGemma, which takes no turns, and Gemma 3 and 4, which do."""

from __future__ import annotations

from tests.tiny_vlms.parts import VISION, Made, hf, ids_of, text_config, tokenizer_of


def paligemma() -> Made:
    tokenizer = tokenizer_of("<eos>", "<bos>", begin="<bos>", image_token="<image>")
    image_processor = hf.SiglipImageProcessor(size={"height": 28, "width": 28})
    image_processor.image_seq_length = 4
    processor = hf.PaliGemmaProcessor(image_processor, tokenizer)
    config = hf.PaliGemmaConfig(
        vision_config=hf.SiglipVisionConfig(image_size=28, patch_size=14, **VISION).to_dict(),
        text_config=text_config(hf.GemmaConfig, tokenizer).to_dict(),
        image_token_index=tokenizer.image_token_id,
        projection_dim=32,
        hidden_size=32,
        vocab_size=len(tokenizer),
    )
    return hf.PaliGemmaForConditionalGeneration(config), processor


# What the system says goes before the user's first words.
GEMMA = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}"
    "{% set first = messages[0]['content'][0]['text'] + '\n\n' %}{% set messages = messages[1:] %}"
    "{% else %}{% set first = '' %}{% endif %}{% for message in messages %}<start_of_turn>{{ message['role'] }}\n"
    "{% if loop.first %}{{ first }}{% endif %}{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}{{ '<start_of_image>' }}{% else %}{{ part['text'] | trim }}{% endif %}{% endfor %}"
    "<end_of_turn>\n{% endfor %}{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)


def gemma3() -> Made:
    tokenizer = tokenizer_of(
        "<bos>",
        "<start_of_turn>",
        "<end_of_turn>",
        begin="<bos>",
        boi_token="<start_of_image>",
        eoi_token="<end_of_image>",
        image_token="<image_soft_token>",
    )
    config = hf.Gemma3Config(
        vision_config=hf.SiglipVisionConfig(image_size=28, patch_size=14, **VISION).to_dict(),
        text_config=text_config(
            hf.Gemma3TextConfig, tokenizer, layer_types=["sliding_attention", "full_attention"]
        ).to_dict(),
        mm_tokens_per_image=4,
        boi_token_index=tokenizer.boi_token_id,
        eoi_token_index=tokenizer.eoi_token_id,
        image_token_index=tokenizer.image_token_id,
    )
    image_processor = hf.Gemma3ImageProcessor(size={"height": 28, "width": 28})
    processor = hf.Gemma3Processor(image_processor, tokenizer, image_seq_length=4, chat_template=GEMMA)
    return hf.Gemma3ForConditionalGeneration(config), processor


GEMMA4 = (
    "{{ bos_token }}{% for message in messages %}<|turn>{{ message['role'] }}\n{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}{{ '\n\n<|image|>\n\n' }}{% else %}{{ part['text'] | trim }}{% endif %}{% endfor %}"
    "<turn|>\n{% endfor %}{% if add_generation_prompt %}<|turn>model\n{% endif %}"
)


def gemma4() -> Made:
    tokenizer = tokenizer_of(
        "<bos>",
        "<|turn>",
        "<turn|>",
        "<|video|>",
        begin="<bos>",
        boi_token="<|image>",
        eoi_token="<image|>",
        image_token="<|image|>",
        audio_token="<|audio|>",
        boa_token="<|audio>",
        eoa_token="<audio|>",
    )
    text = text_config(
        hf.Gemma4TextConfig,
        tokenizer,
        layer_types=["sliding_attention", "full_attention"],
        global_head_dim=16,
        vocab_size_per_layer_input=len(tokenizer),
        hidden_size_per_layer_input=8,
    )
    config = hf.Gemma4Config(
        vision_config={**VISION, "num_key_value_heads": 2, "head_dim": 16, "position_embedding_size": 256},
        text_config=text.to_dict(),
        audio_config=None,
        boi_token_id=tokenizer.boi_token_id,
        eoi_token_id=tokenizer.eoi_token_id,
        image_token_id=tokenizer.image_token_id,
        video_token_id=ids_of(tokenizer, "<|video|>")[0],
        audio_token_id=tokenizer.audio_token_id,
    )
    processor = hf.Gemma4Processor(
        hf.Gemma4AudioFeatureExtractor(),
        hf.Gemma4ImageProcessor(max_soft_tokens=70),
        tokenizer,
        hf.Gemma4VideoProcessor(),
        chat_template=GEMMA4,
        image_seq_length=70,
    )
    return hf.Gemma4ForConditionalGeneration(config), processor
