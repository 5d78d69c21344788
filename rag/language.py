"""Which languages a question may be in, as far as its letters and a few small words tell."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence

from rag.protocols import Encoder
from rag.store.lexical import words
from rag.types import Note

_BY_SCRIPT = {
    "CJK": "zh ja",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
    "CYRILLIC": "ru uk bg sr mk be kk ky mn",
    "GREEK": "el",
    "ARABIC": "ar fa ur ps ug sd ku",
    "HEBREW": "he yi",
    "DEVANAGARI": "hi mr ne sa",
    "THAI": "th",
}
"""First word of a letter's Unicode name, and the languages (ISO 639-1) of CC-100 that are written so."""

_SMALL_WORDS = {
    "en": "the of and a an in on to is are was were do does did how what which who where when why for with from it that",
    "de": "der die das den dem und ist sind war ein eine einen im von zu wie was welche welcher welches wer wo wann warum"
    " für mit auf nicht wird werden hat haben kann viele lange",
    "fr": "le la les un une des du et est sont était dans sur à au aux comment quel quelle quels quelles qui où quand"
    " pourquoi pour avec ce que combien",
    "es": "el la los las un una y es son fue en de del al cómo qué cuál cuáles quién dónde cuándo por para con que cuántos",
    "it": "il lo la i gli le un una e è sono nel nella di del della come che quale quali chi dove quando perché per con",
    "pt": "o a os as um uma e é são foi em no na de do da como que qual quais quem onde quando por para com quantos",
    "nl": "de het een en is zijn was in op van te hoe wat welke wie waar wanneer waarom voor met dat hoeveel",
}
LANGUAGES_NAMED = 5
_BY_LANGUAGE = {language: frozenset(small.split()) for language, small in _SMALL_WORDS.items()}


def may_read(languages: Sequence[str], text: str) -> bool:
    """Whether a reader of these languages (ISO 639-1; none where unknown) may know the language of a text.

    False only where most letters are of a script that none of them is written in, or where at least two small words are
    of a language that is none of them, and more than are of any of them: a few keywords may be of any language.
    """
    if not languages:
        return True
    letters = Counter(unicodedata.name(letter, "").split(" ")[0] for letter in text if letter.isalpha())
    script, _ = letters.most_common(1)[0] if letters else ("LATIN", 0)
    if script != "LATIN":
        return not set(languages).isdisjoint(_BY_SCRIPT.get(script, "").split())
    found = set(words(text))
    known = max((len(found & _BY_LANGUAGE[language]) for language in languages if language in _BY_LANGUAGE), default=0)
    foreign = max((len(found & small) for name, small in _BY_LANGUAGE.items() if name not in languages), default=0)
    return foreign < 2 or foreign <= known


def foreign(text: str, encoders: Mapping[str, Encoder]) -> frozenset[str]:
    """The names of the encoders that do not know the language of a text; none of them for no text."""
    return frozenset(name for name, one in encoders.items() if not may_read(one.fingerprint.languages, text))


def guard(text: str, encoders: Mapping[str, Encoder]) -> tuple[Note, ...]:
    """What whoever asks in a language should hear of the encoders that do not know it."""
    cannot = foreign(text, encoders)
    if not cannot:
        return ()
    named = " and ".join(f"{name} (reads {_told(encoders[name].fingerprint.languages)})" for name in sorted(cannot))
    others = sorted(encoders.keys() - cannot)
    said = f"These words do not look like a language that {named} knows: what it finds counts little beside"
    return (
        Note(
            "foreign_language",
            f"{said} {' and '.join([*others, 'BM25'])}, which compares the words in texts and captions.",
        ),
    )


def _told(languages: Sequence[str]) -> str:
    return ", ".join(languages[:LANGUAGES_NAMED]) + (", …" if len(languages) > LANGUAGES_NAMED else "")
