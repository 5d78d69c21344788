"""Idefics and SmolVLM: pictures in tiles, asked in turns that end with a mark of their own."""

from __future__ import annotations

from tests.tiny_vlms.parts import VISION, Made, hf, ids_of, text_config, tokenizer_of

IDEFICS = (
    "{% for message in messages %}{{ message['role'].capitalize() }}"
    "{% if message['content'][0]['type'] == 'image' %}{{ ':' }}{% else %}{{ ': ' }}{% endif %}"
    "{% for part in message['content'] %}{% if part['type'] == 'text' %}{{ part['text'] }}"
    "{% elif part['type'] == 'image' %}{{ '<image>' }}{% endif %}{% endfor %}<end_of_utterance>\n{% endfor %}"
    "{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}"
)


def idefics2() -> Made:
    tokenizer = tokenizer_of("<s>", "<end_of_utterance>", "<fake_token_around_image>", "<image>", begin="<s>")
    config = hf.Idefics2Config(
        vision_config={**VISION, "image_size": 56, "patch_size": 14},
        perceiver_config={
            "hidden_size": 32,
            "resampler_n_latents": 4,
            "resampler_depth": 1,
            "resampler_n_heads": 2,
            "resampler_head_dim": 16,
            "num_key_value_heads": 2,
        },
        text_config=text_config(hf.MistralConfig, tokenizer),
        image_token_id=ids_of(tokenizer, "<image>")[0],
    )
    image_processor = hf.Idefics2ImageProcessor(
        size={"shortest_edge": 28, "longest_edge": 56}, do_image_splitting=False
    )
    processor = hf.Idefics2Processor(image_processor, tokenizer, image_seq_len=4, chat_template=IDEFICS)
    return hf.Idefics2ForConditionalGeneration(config), processor


IDEFICS3_SPECIAL = (
    "<|begin_of_text|>",
    "<end_of_utterance>",
    "<fake_token_around_image>",
    "<image>",
    "<global-img>",
    *(f"<row_{row}_col_{column}>" for row in range(1, 4) for column in range(1, 4)),
)


def idefics3() -> Made:
    tokenizer = tokenizer_of(*IDEFICS3_SPECIAL, begin="<|begin_of_text|>")
    config = hf.Idefics3Config(
        vision_config={**VISION, "image_size": 28, "patch_size": 14},
        text_config=text_config(hf.LlamaConfig, tokenizer),
        image_token_id=ids_of(tokenizer, "<image>")[0],
        scale_factor=2,
    )
    image_processor = hf.Idefics3ImageProcessor(size={"longest_edge": 56}, max_image_size={"longest_edge": 28})
    processor = hf.Idefics3Processor(image_processor, tokenizer, image_seq_len=1, chat_template=IDEFICS)
    return hf.Idefics3ForConditionalGeneration(config), processor


def smolvlm() -> Made:
    tokenizer = tokenizer_of(
        *IDEFICS3_SPECIAL,
        image_token="<image>",
        fake_image_token="<fake_token_around_image>",
        global_image_token="<global-img>",
        end_of_utterance_token="<end_of_utterance>",
    )
    config = hf.SmolVLMConfig(
        vision_config={**VISION, "image_size": 28, "patch_size": 14},
        text_config=text_config(hf.LlamaConfig, tokenizer),
        image_token_id=tokenizer.image_token_id,
        scale_factor=2,
    )
    size = {"longest_edge": 56}
    image_processor = hf.SmolVLMImageProcessor(size=size, max_image_size={"longest_edge": 28})
    sampling = {"fps": 1, "max_frames": 4, "video_size": size}
    video_processor = hf.SmolVLMVideoProcessor(
        size=size,
        max_image_size={"longest_edge": 28},
        fps=1,
        num_frames=4,
        video_sampling=sampling,
    )
    processor = hf.SmolVLMProcessor(
        image_processor, tokenizer, video_processor, image_seq_len=1, chat_template="<|im_start|>" + IDEFICS
    )
    return hf.SmolVLMForConditionalGeneration(config), processor
