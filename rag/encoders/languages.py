"""Which languages a text tower reads, told by its tokenizer."""

from __future__ import annotations

# The languages of CC-100 (https://arxiv.org/abs/1911.02116, appendix A), on which XLM-RoBERTa was trained. The other towers
# of many languages (mT5, NLLB, XLM-V, WebLI's) were trained on these and more.
_WORLD = (
    "af am ar as az be bg bn br bs ca cs cy da de el en eo es et eu fa fi fr fy ga gd gl gu ha he hi hr hu hy id is it ja"
    " jv ka kk km kn ko ku ky la lo lt lv mg mk ml mn mr ms my ne nl no om or pa pl ps pt ro ru sa sd si sk sl so sq sr su"
    " sv sw ta te th tl tr ug uk ur uz vi xh yi zh"
)

# Part of a tokenizer's name, in lower case, and its languages; the first that fits.
_BY_TOKENIZER = (
    ("xlm-roberta", _WORLD),
    ("xlm-v", _WORLD),
    ("mt5", _WORLD),
    ("nllb", _WORLD),
    ("siglip2", _WORLD),
    ("siglip-i18n", _WORLD),
    ("siglip", "en"),
    ("bert-base-uncased", "en"),
    ("roberta-base", "en"),
)


def languages_of_tokenizer(name: str) -> tuple[str, ...]:
    """ISO 639-1 codes; empty when unknown. The empty name is OpenAI's tokenizer, which LAION took over: English."""
    if not name:
        return ("en",)
    return tuple(next((languages for part, languages in _BY_TOKENIZER if part in name.lower()), "").split())
