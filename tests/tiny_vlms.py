"""Vision-language models made on the spot: every family small, of random weights, in the very files that real ones come in.

Each builder gives a model and its processor from the family's own classes, with a tokenizer trained here and, where the
family has one, a chat template that places pictures and turns as the family's published template does. What these models
write means nothing; that they load, look, stream and stop as the real ones do is what they are for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import torch
import transformers
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from rag.prompt import INSTRUCTION

# Any: families differ in what they take, and transformers' annotations do not allow a configuration's parts as dicts.
hf: Any = transformers
# Any: transformers' models, processors and configurations share no useful type.
Made: TypeAlias = tuple[Any, Any]
TEXT: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "head_dim": 16,
    # Random attention is nearly even, and what is written then hardly depends on what is read: larger weights make it.
    "initializer_range": 0.3,
}
VISION: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "initializer_range": 0.3,
}
CONTEXT = 2_048
WORDS = 400
"""Tokens of a tiny tokenizer, besides its special ones."""


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
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
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
        # Some families begin with pictures that say nothing to the text model: Gemma 3's projection begins at zero.
        for title, tensor in model.named_parameters():
            if "projector" in title or "image_to_text" in title:
                tensor.normal_(std=0.5)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def _plain(piece: str) -> bool:
    return piece.lstrip("Ġ").isascii() and piece.lstrip("Ġ").isalnum()


def tokenizer_of(
    *special: str,
    pad: str = "<pad>",
    unk: str | None = None,
    begin: str = "",
    end: str = "",
    **named: str,
) -> Any:
    """A byte-level BPE tokenizer; `begin` opens every text and `end` closes it, `named` become attributes: `image_token`."""
    inner = Tokenizer(models.BPE(unk_token=unk))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    every = list(dict.fromkeys((pad, *((unk,) if unk else ()), *special, *named.values())))
    trainer = trainers.BpeTrainer(
        vocab_size=WORDS + len(every),
        special_tokens=every,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    inner.train_from_iterator([INSTRUCTION, "What do the pictures show?", "evidence number page"], trainer)
    if begin:
        around = [(one, inner.token_to_id(one)) for one in (begin, end) if one]
        inner.post_processor = processors.TemplateProcessing(single=f"{begin} $A {end}".strip(), special_tokens=around)
    return hf.PreTrainedTokenizerFast(
        tokenizer_object=inner,
        pad_token=pad,
        unk_token=unk,
        bos_token=begin or None,
        model_max_length=CONTEXT,
        additional_special_tokens=list(special),
        extra_special_tokens=named or None,
        clean_up_tokenization_spaces=False,
    )


def _ids(tokenizer: Any, *tokens: str) -> list[int]:
    return [int(tokenizer.convert_tokens_to_ids(token)) for token in tokens]


def _text(kind: type[Any], tokenizer: Any, **more: Any) -> Any:
    """A text model's configuration that fits a tokenizer."""
    values = {
        **TEXT,
        "vocab_size": len(tokenizer),
        "max_position_embeddings": CONTEXT,
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.pad_token_id,
    }
    return kind(**{**values, **more})


def _blip() -> Made:
    tokenizer = tokenizer_of("[CLS]", "[SEP]", "[DEC]", "[ENC]", pad="[PAD]", begin="[CLS]", end="[SEP]")
    sep, bos = _ids(tokenizer, "[SEP]", "[DEC]")
    text = {**TEXT, "vocab_size": len(tokenizer), "encoder_hidden_size": 32, "bos_token_id": bos, "sep_token_id": sep}
    text |= {"eos_token_id": sep, "pad_token_id": tokenizer.pad_token_id, "max_position_embeddings": 512}
    config = hf.BlipConfig(
        text_config=hf.BlipTextConfig(**text),
        vision_config=hf.BlipVisionConfig(image_size=32, patch_size=16, **VISION),
    )
    image_processor = hf.BlipImageProcessor(size={"height": 32, "width": 32})
    return hf.BlipForConditionalGeneration(config), hf.BlipProcessor(image_processor, tokenizer)


def _blip_answers() -> Made:
    """BLIP's other head: it answers questions."""
    model, processor = _blip()
    return hf.BlipForQuestionAnswering(model.config), processor


def _blip_2() -> Made:
    tokenizer = tokenizer_of("</s>", begin="</s>")
    image_processor = hf.BlipImageProcessor(size={"height": 28, "width": 28})
    # The processor adds the picture's token to the tokenizer.
    processor = hf.Blip2Processor(image_processor, tokenizer, num_query_tokens=4)
    config = hf.Blip2Config(
        vision_config=hf.Blip2VisionConfig(image_size=28, patch_size=14, **VISION),
        qformer_config=hf.Blip2QFormerConfig(vocab_size=len(tokenizer), encoder_hidden_size=32, **VISION),
        text_config=_text(hf.OPTConfig, tokenizer, ffn_dim=48, word_embed_proj_dim=32, init_std=0.3),
        num_query_tokens=4,
        image_token_index=_ids(tokenizer, "<image>")[0],
    )
    return hf.Blip2ForConditionalGeneration(config), processor


def _instructblip() -> Made:
    tokenizer = tokenizer_of("<s>", begin="<s>")
    reader = tokenizer_of("[CLS]", pad="[PAD]", begin="[CLS]")
    image_processor = hf.BlipImageProcessor(size={"height": 28, "width": 28})
    processor = hf.InstructBlipProcessor(image_processor, tokenizer, reader, num_query_tokens=4)
    config = hf.InstructBlipConfig(
        vision_config=hf.InstructBlipVisionConfig(image_size=28, patch_size=14, **VISION),
        qformer_config=hf.InstructBlipQFormerConfig(vocab_size=len(reader), encoder_hidden_size=32, **VISION),
        text_config=_text(hf.LlamaConfig, tokenizer),
        num_query_tokens=4,
        image_token_index=_ids(tokenizer, "<image>")[0],
    )
    return hf.InstructBlipForConditionalGeneration(config), processor


# All pictures of a turn come first, then its texts, as in llava-hf's templates.
VICUNA = (
    "{% for message in messages %}{% if message['role'] != 'system' %}{{ message['role'].upper() + ': ' }}{% endif %}"
    "{% for part in message['content'] | selectattr('type', 'equalto', 'image') %}{{ '<image>\n' }}{% endfor %}"
    "{% for part in message['content'] | selectattr('type', 'equalto', 'text') %}{{ part['text'] + ' ' }}{% endfor %}"
    "{% endfor %}{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}"
)


def _llava() -> Made:
    tokenizer = tokenizer_of("<s>", begin="<s>", image_token="<image>")
    config = hf.LlavaConfig(
        vision_config=hf.CLIPVisionConfig(image_size=28, patch_size=14, **VISION),
        text_config=_text(hf.LlamaConfig, tokenizer),
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


def _llava_next() -> Made:
    tokenizer = tokenizer_of("<s>", begin="<s>", image_token="<image>")
    grids = [[28, 56], [56, 28], [56, 56]]
    config = hf.LlavaNextConfig(
        vision_config=hf.CLIPVisionConfig(image_size=28, patch_size=14, **VISION),
        text_config=_text(hf.MistralConfig, tokenizer),
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
    return dict(zip(names, _ids(tokenizer, *QWEN_SPECIAL[2:]), strict=True))


def _qwen2_vl() -> Made:
    tokenizer = tokenizer_of(*QWEN_SPECIAL)
    config = hf.Qwen2VLConfig(
        text_config=_text(hf.Qwen2VLConfig.sub_configs["text_config"], tokenizer, rope_parameters=ROPE).to_dict(),
        vision_config={"depth": 2, "embed_dim": 32, "hidden_size": 32, "num_heads": 2, "initializer_range": 0.3},
        **_qwen_ids(tokenizer),
    )
    return _qwen(hf.Qwen2VLForConditionalGeneration, hf.Qwen2VLProcessor, config, tokenizer)


def _qwen2_5_vl() -> Made:
    tokenizer = tokenizer_of(*QWEN_SPECIAL)
    vision = {"depth": 2, "hidden_size": 32, "intermediate_size": 48, "num_heads": 2, "out_hidden_size": 32}
    config = hf.Qwen2_5_VLConfig(
        text_config=_text(hf.Qwen2_5_VLConfig.sub_configs["text_config"], tokenizer, rope_parameters=ROPE).to_dict(),
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


def _qwen3_vl() -> Made:
    tokenizer = tokenizer_of(*QWEN_SPECIAL)
    config = hf.Qwen3VLConfig(
        text_config=_text(hf.Qwen3VLConfig.sub_configs["text_config"], tokenizer, rope_parameters=ROPE).to_dict(),
        vision_config={**QWEN3_VISION, "deepstack_visual_indexes": [0]},
        **_qwen_ids(tokenizer),
    )
    how = {"patch_size": 16, "video": hf.Qwen3VLVideoProcessor}
    return _qwen(hf.Qwen3VLForConditionalGeneration, hf.Qwen3VLProcessor, config, tokenizer, **how)


def _qwen3_5() -> Made:
    tokenizer = tokenizer_of(*QWEN_SPECIAL)
    text = _text(
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


def _kosmos_2() -> Made:
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


def _fuyu() -> Made:
    tokenizer = _fuyu_tokenizer()
    config = hf.FuyuConfig(
        text_config=_text(hf.PersimmonConfig, tokenizer).to_dict(),
        image_size=56,
        patch_size=14,
        image_token_id=_ids(tokenizer, "|SPEAKER|")[0],
    )
    size, patch = {"height": 56, "width": 56}, {"height": 14, "width": 14}
    image_processor = hf.FuyuImageProcessor(size=size, patch_size=patch)
    return hf.FuyuForCausalLM(config), hf.FuyuProcessor(image_processor, tokenizer)


IDEFICS = (
    "{% for message in messages %}{{ message['role'].capitalize() }}"
    "{% if message['content'][0]['type'] == 'image' %}{{ ':' }}{% else %}{{ ': ' }}{% endif %}"
    "{% for part in message['content'] %}{% if part['type'] == 'text' %}{{ part['text'] }}"
    "{% elif part['type'] == 'image' %}{{ '<image>' }}{% endif %}{% endfor %}<end_of_utterance>\n{% endfor %}"
    "{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}"
)


def _idefics2() -> Made:
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
        text_config=_text(hf.MistralConfig, tokenizer),
        image_token_id=_ids(tokenizer, "<image>")[0],
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


def _idefics3() -> Made:
    tokenizer = tokenizer_of(*IDEFICS3_SPECIAL, begin="<|begin_of_text|>")
    config = hf.Idefics3Config(
        vision_config={**VISION, "image_size": 28, "patch_size": 14},
        text_config=_text(hf.LlamaConfig, tokenizer),
        image_token_id=_ids(tokenizer, "<image>")[0],
        scale_factor=2,
    )
    image_processor = hf.Idefics3ImageProcessor(size={"longest_edge": 56}, max_image_size={"longest_edge": 28})
    processor = hf.Idefics3Processor(image_processor, tokenizer, image_seq_len=1, chat_template=IDEFICS)
    return hf.Idefics3ForConditionalGeneration(config), processor


def _smolvlm() -> Made:
    tokenizer = tokenizer_of(
        *IDEFICS3_SPECIAL,
        image_token="<image>",
        fake_image_token="<fake_token_around_image>",
        global_image_token="<global-img>",
        end_of_utterance_token="<end_of_utterance>",
    )
    config = hf.SmolVLMConfig(
        vision_config={**VISION, "image_size": 28, "patch_size": 14},
        text_config=_text(hf.LlamaConfig, tokenizer),
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


GLM = (
    "[gMASK]<sop>\n{% for message in messages %}<|{{ message['role'] }}|>\n"
    "{% for part in message['content'] %}{% if part['type'] == 'text' %}{{ part['text'] }}"
    "{% elif part['type'] == 'image' %}<|begin_of_image|><|image|><|end_of_image|>{% endif %}{% endfor %}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
GLM_SPECIAL = ("<|begin_of_image|>", "<|end_of_image|>", "<|image|>", "<|video|>")
GLM_VIDEO = ("<|begin_of_video|>", "<|end_of_video|>")


def _glm4v() -> Made:
    turns = ("[gMASK]", "<sop>", "<|system|>", "<|user|>", "<|assistant|>")
    tokenizer = tokenizer_of(*GLM_SPECIAL, *GLM_VIDEO, *turns)
    kinds = ("image_start", "image_end", "image", "video", "video_start", "video_end")
    names = [f"{kind}_token_id" for kind in kinds]
    rope = {"rope_type": "default", "rope_theta": 10_000.0, "mrope_section": [2, 3, 3], "partial_rotary_factor": 1.0}
    vision = {"depth": 2, "hidden_size": 32, "num_heads": 2, "image_size": 56, "patch_size": 14, "out_hidden_size": 32}
    config = hf.Glm4vConfig(
        text_config=_text(hf.Glm4vConfig.sub_configs["text_config"], tokenizer, rope_parameters=rope).to_dict(),
        vision_config={**vision, "intermediate_size": 48, "initializer_range": 0.3},
        **dict(zip(names, _ids(tokenizer, *GLM_SPECIAL, *GLM_VIDEO), strict=True)),
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


def _emu3() -> Made:
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
        text_config=_text(hf.Emu3Config.sub_configs["text_config"], tokenizer).to_dict(),
        vq_config={
            "codebook_size": 16,
            "embed_dim": 4,
            "latent_channels": 4,
            "base_channels": 32,
            "channel_multiplier": [1, 1, 1, 1],
            "num_res_blocks": 1,
            "hidden_size": 32,
        },
        vocabulary_map=dict(zip(tokens, _ids(tokenizer, *tokens), strict=True)),
    )
    image_processor = hf.Emu3ImageProcessor(min_pixels=32 * 32, max_pixels=48 * 48)
    return hf.Emu3ForConditionalGeneration(config), hf.Emu3Processor(image_processor, tokenizer, chat_template=EMU)


def _paligemma() -> Made:
    tokenizer = tokenizer_of("<eos>", "<bos>", begin="<bos>", image_token="<image>")
    image_processor = hf.SiglipImageProcessor(size={"height": 28, "width": 28})
    image_processor.image_seq_length = 4
    processor = hf.PaliGemmaProcessor(image_processor, tokenizer)
    config = hf.PaliGemmaConfig(
        vision_config=hf.SiglipVisionConfig(image_size=28, patch_size=14, **VISION).to_dict(),
        text_config=_text(hf.GemmaConfig, tokenizer).to_dict(),
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


def _gemma3() -> Made:
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
        text_config=_text(
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


def _gemma4() -> Made:
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
    text = _text(
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
        video_token_id=_ids(tokenizer, "<|video|>")[0],
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


def _internvl() -> Made:
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
        text_config=_text(hf.Qwen2Config, tokenizer),
        image_token_id=_ids(tokenizer, "<IMG_CONTEXT>")[0],
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


BUILDERS: dict[str, Callable[[], Made]] = {
    "blip": _blip,
    "blip-vqa": _blip_answers,
    "blip-2": _blip_2,
    "instructblip": _instructblip,
    "llava": _llava,
    "llava_next": _llava_next,
    "qwen2_vl": _qwen2_vl,
    "qwen2_5_vl": _qwen2_5_vl,
    "qwen3_vl": _qwen3_vl,
    "qwen3_5": _qwen3_5,
    "kosmos-2": _kosmos_2,
    "fuyu": _fuyu,
    "idefics2": _idefics2,
    "idefics3": _idefics3,
    "smolvlm": _smolvlm,
    "glm4v": _glm4v,
    "emu3": _emu3,
    "paligemma": _paligemma,
    "gemma3": _gemma3,
    "gemma4": _gemma4,
    "internvl": _internvl,
}
"""By model type; `blip-vqa` is BLIP with its head for questions."""
NEEDS = {"smolvlm": "num2words"}
"""Packages that a family's processor asks for and that need not be installed."""
