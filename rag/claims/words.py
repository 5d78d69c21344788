"""The words that texts hold, and which name they hold by another form: possessive, initials, people for country."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.claims.notation import LETTERS, folded

TOKEN = re.compile(rf"[{LETTERS}ﬀ-ﬆ](?:[{LETTERS}ﬀ-ﬆ]|['’.&-](?=[{LETTERS}]))*")
"""A word with its inner points, hyphens and apostrophes."""
_CAPITALISED = re.compile(rf"[A-Z][{LETTERS}]++(?:[ -](?:(?:of|the|and|for|in|&)[ ])*[A-Z][{LETTERS}]++)+")
_DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_KIN = [set(row.split()) for row in """
france french|netherlands dutch holland|britain british briton britons uk united kingdom|denmark danish|
switzerland swiss|greece greek|turkey turkish|wales welsh|ireland irish|spain spanish|poland polish|
finland finnish|sweden swedish|norway norwegian|thailand thai|us usa america american americas|
england english|scotland scottish|iceland icelandic|peru peruvian|cyprus cypriot|slovakia slovak|
croatia croat croatian|germany german|belgium belgian|china chinese|europe european eu|paris parisian|
london londoner|israel israeli|brazil brazilian|philippines filipino philippine|afghanistan afghan|
malta maltese|japan japanese|wale welsh|rome roman|venice venetian
""".split("|")]  # fmt: skip
"""Words for one country or its people that share no stem."""
_ENDINGS = frozenset("n an ian ean ese ish i ic y s es is ns ans ians ism ist ists ien ienne".split())
_VOWELS = frozenset("y a e o".split())


@dataclass(frozen=True, slots=True)
class Words:
    """All words of some texts, folded."""

    words: frozenset[str]
    initials: frozenset[str]

    @classmethod
    def of(cls, text: str) -> Words:
        """The words of a text."""
        return cls(_words_of(text), _initials_of(text.replace("\n", " ")))

    def have_name(self, words: Sequence[str]) -> bool:
        """Whether all telling words of a name are there, or its initials are."""
        if len(words) > 1 and "".join(word[0] for word in words) in self.words:
            return True
        return all(self._have(word) for word in words)

    def _have(self, word: str) -> bool:
        forms = {word, word.removesuffix("s"), word.removesuffix("es"), word + "s"}
        if forms & self.words or word in self.initials:
            return True
        if word in _DAYS and word[:3] in self.words:
            return True
        countries = self.initials & {"us", "usa", "uk", "eu"}
        if any(word in kin and (kin & self.words or kin & countries) for kin in _KIN):
            return True
        return len(word) > 3 and any(_same_stem(word, held) for held in self.words)


def _words_of(text: str) -> frozenset[str]:
    """All words of a text, folded: whole, in parts, without possessives, and joined over a line's end."""
    text = re.sub(rf"(?<=[{LETTERS}])(?:-\n|\u00ad\n?)(?=[{LETTERS}])", "", text) + "\n" + text
    found: set[str] = set()
    for token in {match.group() for match in TOKEN.finditer(text)}:
        bare = folded(re.sub(r"['’]s$|['’]$", "", token))
        parts = re.split(r"[-.'’&]", bare)
        found |= {bare, "".join(parts), *parts}
    return frozenset(found)


def _initials_of(text: str) -> frozenset[str]:
    """What the first letters of neighbouring capitalised words spell: `who` for World Health Organization."""
    found: set[str] = set()
    for run in _CAPITALISED.finditer(text):
        words = re.findall(rf"[{LETTERS}]+", run.group())
        all_letters = "".join(word[0] for word in words).lower()
        capitals = "".join(word[0] for word in words if word[0].isupper()).lower()
        for letters in (all_letters, capitals):
            found |= {letters[a:b] for a in range(len(letters)) for b in range(a + 2, min(a + 8, len(letters)) + 1)}
    return frozenset(found)


def _same_stem(word: str, other: str) -> bool:
    """Whether two words of more than three letters differ only in the ending, as Italy and Italian do."""
    if other[:4] != word[:4] or abs(len(word) - len(other)) > 5:
        return False
    stem = next(at for at in range(min(len(word), len(other)), 0, -1) if word[:at] == other[:at])
    ends = {word[stem:], other[stem:]}
    if "" in ends:
        return ends <= _ENDINGS | {""}
    return bool(ends & _VOWELS) and ends <= _ENDINGS | _VOWELS
