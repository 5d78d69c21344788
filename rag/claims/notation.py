"""How texts are written: letters and spellings, one notation for every character, which mark sets off decimals."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

LETTERS = "A-Za-zµÀ-ÖØ-öø-ɏͰ-ϿЀ-ӿ"
"""Letters of alphabets that put spaces between words: Chinese letters beside a digit are not glued to it."""
BEGIN, END = f"(?<![{LETTERS}])", f"(?![{LETTERS}])"
"""Where a word begins and ends, in patterns."""
GAP = r"[^\S\n]"
"""Space within a line."""
BLANK = "\x00"
"""Stands where something has been read, so that nothing else reads it."""


def by_spelling(rows: str) -> dict[str, str]:
    """Each spelling of a table's rows `meaning: spelling, spelling`, with its meaning."""
    lines = (line.partition(":") for line in rows.strip().splitlines())
    return {spelling.strip(): meaning.strip() for meaning, _, row in lines for spelling in row.split(",")}


def any_of(spellings: Iterable[str]) -> str:
    """A pattern for any of the spellings, the longest first."""
    return "|".join(re.escape(spelling) for spelling in sorted(spellings, key=len, reverse=True))


_PLAIN = {"\u3000": " ", "‐": "-", "‑": "-", "﹪": "%", "٪": "%", "\t": " ", "´": "'", "ſ": "s", "ı": "i", "İ": "I"}
"""The last three are what `re.IGNORECASE` takes for s and i, and `str.lower` does not."""


@lru_cache(maxsize=4096)
def _plain(char: str) -> str:
    """A character in its plain form, one for one: full-width forms, digits of other scripts, kinds of hyphen."""
    decimal = unicodedata.decimal(char, None)
    if decimal is not None:
        return str(decimal)
    if "！" <= char <= "～":
        return unicodedata.normalize("NFKC", char)
    return _PLAIN.get(char, char)


def normalised(text: str) -> str:
    """The same text, of the same length, with one notation for digits, spaces and hyphens."""
    return "".join(char if " " <= char <= "~" else _plain(char) for char in text)


def folded(word: str) -> str:
    """A word without case, accents and ligatures."""
    word = word.replace("ø", "o").replace("Ø", "o").replace("ł", "l").replace("Ł", "l")
    apart = unicodedata.normalize("NFKD", word.casefold().replace("æ", "ae").replace("œ", "oe"))
    return "".join(char for char in apart if not unicodedata.combining(char))


_ENGLISH = frozenset("the of and to is was were are with that from by for at has had this its it be which as".split())
_COMMA_LANGUAGES = frozenset(
    """der die das und ist nicht mit von den dem ein eine wurde wurden sind auf für bei im zum zur auch betrug stieg
    le la les des et est du une dans pour sur avec que qui été sont aux au el los las del y por con una fue para
    il di che della nel sono het een van voor da dos os em uma não""".split()
)
_GERMAN = frozenset(
    "der die das und ist nicht mit von den dem ein eine einer wurde wurden sind auf für bei im zum zur auch des".split()
)
_CLEARLY_COMMA = re.compile(r"(?<![\d.,])\d{1,3}(?:\.\d{3})+,\d|(?<![\d.,])\d+,\d{1,2}(?![\d.,]*\d)(?!,)")
_CLEARLY_POINT = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+\.\d|(?<![\d.,])\d+\.\d{1,2}(?![\d.,]*\d)|\d,\d{3},\d{3}")


def decimal_mark(text: str) -> str:
    """Which mark sets off decimals: `point`, `comma`, `both` where a text mixes them, `` where it does not tell."""
    words = re.findall(rf"[{LETTERS}]+", text.lower().replace("et al", ""))
    english = sum(word in _ENGLISH for word in words)
    other = sum(word in _COMMA_LANGUAGES for word in words)
    comma, point = bool(_CLEARLY_COMMA.search(text)), bool(_CLEARLY_POINT.search(text))
    if other > english:
        return "both" if point else "comma"
    if english:
        return "point"
    if comma:
        return "both" if point else "comma"
    return "point" if point else ""


def is_german(text: str) -> bool:
    """Whether a text is German, where a capital letter makes no name."""
    words = re.findall(rf"[{LETTERS}]+", text.lower())
    german = {word for word in words if word in _GERMAN}
    english = sum(word in _ENGLISH for word in words)
    return len(german) > english and (len(german) > 1 or bool(re.search("[äöüßÄÖÜ]", text)))
