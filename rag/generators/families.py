"""The families of vision-language models that are known by name: how each is asked, and what its models can do.

A family that is not in the table works too where its directory holds a chat template: the table says what a template
does not. `docs/models.md` is made from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wording:
    """What a family without a chat template is to be given, as its paper or model card prescribes; it sees one picture."""

    question: str
    """With `{question}` in it; empty for a model that describes a picture whatever it is asked."""
    caption: str = ""
    """Empty for a model that describes a picture without being told to."""


@dataclass(frozen=True, slots=True)
class Family:
    """A family of models of one class of transformers."""

    title: str
    model_type: str
    """As in `config.json`."""
    architecture: str
    """The class in transformers."""
    checkpoint: str
    """A well-known model of it."""
    context: int
    """Tokens that this model takes in and writes, all together."""
    licence: str
    """Of this model's weights, as its card says."""
    wording: Wording | None = None
    """None where a chat template says how to ask."""
    captions_at_once: int = 8
    """Pictures in one pass."""
    note: str = ""


_DESCRIBES = Wording("")
_BLIP_VQA = Wording("{question}", "What does the picture show?")

FAMILIES: tuple[Family, ...] = (
    Family(
        "BLIP",
        "blip",
        "BlipForConditionalGeneration",
        "Salesforce/blip-image-captioning-large",
        512,
        "BSD-3-Clause",
        _DESCRIBES,
        note="describes, whatever is asked",
    ),
    Family(
        "BLIP (VQA)",
        "blip",
        "BlipForQuestionAnswering",
        "Salesforce/blip-vqa-base",
        512,
        "BSD-3-Clause",
        _BLIP_VQA,
        note="answers in a word or two",
    ),
    Family(
        "BLIP-2",
        "blip-2",
        "Blip2ForConditionalGeneration",
        "Salesforce/blip2-opt-2.7b",
        2_048,
        "MIT",
        # Paper, section 4.1: https://arxiv.org/abs/2301.12597
        Wording("Question: {question} Answer:", "a photo of"),
    ),
    Family(
        "InstructBLIP",
        "instructblip",
        "InstructBlipForConditionalGeneration",
        "Salesforce/instructblip-vicuna-7b",
        2_048,
        "see its card (its language model is Vicuna)",
        # Paper, appendix on templates: https://arxiv.org/abs/2305.06500
        Wording("Question: {question} Short answer:", "Write a description for the photo."),
    ),
    Family(
        "LLaVA, LLaVA-1.5",
        "llava",
        "LlavaForConditionalGeneration",
        "llava-hf/llava-1.5-7b-hf",
        4_096,
        "Llama 2 Community License",
    ),
    Family(
        "LLaVA-NeXT",
        "llava_next",
        "LlavaNextForConditionalGeneration",
        "llava-hf/llava-v1.6-mistral-7b-hf",
        32_768,
        "Apache-2.0",
    ),
    Family(
        "Qwen2-VL",
        "qwen2_vl",
        "Qwen2VLForConditionalGeneration",
        "Qwen/Qwen2-VL-7B-Instruct",
        32_768,
        "Apache-2.0",
    ),
    Family(
        "Qwen2.5-VL",
        "qwen2_5_vl",
        "Qwen2_5_VLForConditionalGeneration",
        "Qwen/Qwen2.5-VL-7B-Instruct",
        128_000,
        "Apache-2.0",
    ),
    Family(
        "Qwen3-VL",
        "qwen3_vl",
        "Qwen3VLForConditionalGeneration",
        "Qwen/Qwen3-VL-4B-Instruct",
        262_144,
        "Apache-2.0",
    ),
    Family(
        "Qwen3.5",
        "qwen3_5",
        "Qwen3_5ForConditionalGeneration",
        "Qwen/Qwen3.5-27B",
        262_144,
        "see its card",
        note="asked not to think aloud",
    ),
    Family(
        "Kosmos-2",
        "kosmos-2",
        "Kosmos2ForConditionalGeneration",
        "microsoft/kosmos-2-patch14-224",
        2_048,
        "MIT",
        # Paper, sections 4.3 and 4.4: https://arxiv.org/abs/2306.14824. Without `<grounding>`, which mixes boxes of its
        # own with the words: boxes come from our parser.
        Wording("Question: {question} Answer:", "An image of"),
    ),
    Family(
        "Fuyu",
        "fuyu",
        "FuyuForCausalLM",
        "adept/fuyu-8b",
        16_384,
        "CC-BY-NC-4.0",
        # Model card: https://huggingface.co/adept/fuyu-8b
        Wording("{question}\n", "Generate a coco-style caption.\n"),
    ),
    Family(
        "Idefics2",
        "idefics2",
        "Idefics2ForConditionalGeneration",
        "HuggingFaceM4/idefics2-8b",
        32_768,
        "Apache-2.0",
    ),
    Family(
        "Idefics3",
        "idefics3",
        "Idefics3ForConditionalGeneration",
        "HuggingFaceM4/Idefics3-8B-Llama3",
        131_072,
        "Apache-2.0 (its language model is Llama 3.1: see its card)",
    ),
    Family(
        "SmolVLM",
        "smolvlm",
        "SmolVLMForConditionalGeneration",
        "HuggingFaceTB/SmolVLM2-2.2B-Instruct",
        8_192,
        "Apache-2.0",
        note="needs `pip install num2words`",
    ),
    Family(
        "GLM-4.1V",
        "glm4v",
        "Glm4vForConditionalGeneration",
        "zai-org/GLM-4.1V-9B-Thinking",
        65_536,
        "MIT",
        note="thinks aloud first: give it a large `most_tokens`",
    ),
    Family(
        "Emu3",
        "emu3",
        "Emu3ForConditionalGeneration",
        "Emu3-community/Emu3-Chat-hf",
        9_216,
        "Apache-2.0",
        # Pictures of a batch are padded to one size before they are turned into tokens, which changes the tokens.
        captions_at_once=1,
    ),
    Family(
        "PaliGemma",
        "paligemma",
        "PaliGemmaForConditionalGeneration",
        "google/paligemma-3b-mix-448",
        8_192,
        "Gemma Terms of Use",
        # Model card, and the task prefixes of https://arxiv.org/abs/2407.07726, section 3.
        Wording("<image>answer en {question}", "<image>caption en"),
    ),
    Family(
        "Gemma 3",
        "gemma3",
        "Gemma3ForConditionalGeneration",
        "google/gemma-3-4b-it",
        131_072,
        "Gemma Terms of Use",
    ),
    Family(
        "Gemma 4",
        "gemma4",
        "Gemma4ForConditionalGeneration",
        "google/gemma-4-e2b-it",
        131_072,
        "see its card",
    ),
    Family(
        "InternVL3",
        "internvl",
        "InternVLForConditionalGeneration",
        "OpenGVLab/InternVL3-1B-hf",
        32_768,
        "see its card",
    ),
)


@dataclass(frozen=True, slots=True)
class NotReached:
    """A model of the field that cannot be used here."""

    title: str
    why: str
    instead: str
    """The nearest that works."""


NOT_REACHED: tuple[NotReached, ...] = (
    NotReached(
        "MiniGPT-4, MiniGPT-v2", "no class in transformers; runs from its authors' repository only", "InstructBLIP"
    ),
    NotReached("Qwen-VL (the first)", "its checkpoint brings its own code, which is never run", "Qwen2-VL"),
    NotReached("OpenFlamingo", "no class in transformers; needs its authors' package", "Idefics2"),
    NotReached("LVM", "reads and writes picture tokens and no text, so it can neither be asked nor answer", "Emu3"),
)

# Model types of checkpoints that bring their own code, and whose successor transformers has.
_SUCCESSORS: Mapping[str, str] = {
    "qwen": "Qwen2-VL (qwen2_vl)",
    "internvl_chat": "an InternVL checkpoint whose name ends in -hf (internvl)",
    "chatglm": "GLM-4.1V (glm4v)",
    "minicpmv": "Qwen2.5-VL (qwen2_5_vl)",
    "Emu3": "Emu3-community/Emu3-Chat-hf (emu3)",
    "llava_llama": "llava-hf/llava-1.5-7b-hf (llava)",
    "llava_mistral": "llava-hf/llava-v1.6-mistral-7b-hf (llava_next)",
    "flamingo": "Idefics2 (idefics2)",
}


def find_family(model_type: str, architecture: str) -> Family | None:
    """The family of a model; None for one that is not in the table."""
    return next((one for one in FAMILIES if (one.model_type, one.architecture) == (model_type, architecture)), None)


def nearest(model_type: str) -> str:
    """What to take in place of a model of a type that cannot be used."""
    return _SUCCESSORS.get(model_type, "one of " + ", ".join(dict.fromkeys(one.title for one in FAMILIES)))
