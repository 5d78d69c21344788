"""BLIP and its successors: no chat template; BLIP-2 and InstructBLIP see a picture through a few queries."""

from __future__ import annotations

from tests.tiny_vlms.parts import TEXT, VISION, Made, hf, ids_of, text_config, tokenizer_of


def blip() -> Made:
    tokenizer = tokenizer_of("[CLS]", "[SEP]", "[DEC]", "[ENC]", pad="[PAD]", begin="[CLS]", end="[SEP]")
    sep, bos = ids_of(tokenizer, "[SEP]", "[DEC]")
    text = {**TEXT, "vocab_size": len(tokenizer), "encoder_hidden_size": 32, "bos_token_id": bos, "sep_token_id": sep}
    text |= {"eos_token_id": sep, "pad_token_id": tokenizer.pad_token_id, "max_position_embeddings": 512}
    config = hf.BlipConfig(
        text_config=hf.BlipTextConfig(**text),
        vision_config=hf.BlipVisionConfig(image_size=32, patch_size=16, **VISION),
    )
    image_processor = hf.BlipImageProcessor(size={"height": 32, "width": 32})
    return hf.BlipForConditionalGeneration(config), hf.BlipProcessor(image_processor, tokenizer)


def blip_answers() -> Made:
    """BLIP's other head: it answers questions."""
    model, processor = blip()
    return hf.BlipForQuestionAnswering(model.config), processor


def blip_2() -> Made:
    tokenizer = tokenizer_of("</s>", begin="</s>")
    image_processor = hf.BlipImageProcessor(size={"height": 28, "width": 28})
    # The processor adds the picture's token to the tokenizer.
    processor = hf.Blip2Processor(image_processor, tokenizer, num_query_tokens=4)
    config = hf.Blip2Config(
        vision_config=hf.Blip2VisionConfig(image_size=28, patch_size=14, **VISION),
        qformer_config=hf.Blip2QFormerConfig(vocab_size=len(tokenizer), encoder_hidden_size=32, **VISION),
        text_config=text_config(hf.OPTConfig, tokenizer, ffn_dim=48, word_embed_proj_dim=32, init_std=0.3),
        num_query_tokens=4,
        image_token_index=ids_of(tokenizer, "<image>")[0],
    )
    return hf.Blip2ForConditionalGeneration(config), processor


def instructblip() -> Made:
    tokenizer = tokenizer_of("<s>", begin="<s>")
    reader = tokenizer_of("[CLS]", pad="[PAD]", begin="[CLS]")
    image_processor = hf.BlipImageProcessor(size={"height": 28, "width": 28})
    processor = hf.InstructBlipProcessor(image_processor, tokenizer, reader, num_query_tokens=4)
    config = hf.InstructBlipConfig(
        vision_config=hf.InstructBlipVisionConfig(image_size=28, patch_size=14, **VISION),
        qformer_config=hf.InstructBlipQFormerConfig(vocab_size=len(reader), encoder_hidden_size=32, **VISION),
        text_config=text_config(hf.LlamaConfig, tokenizer),
        num_query_tokens=4,
        image_token_index=ids_of(tokenizer, "<image>")[0],
    )
    return hf.InstructBlipForConditionalGeneration(config), processor
