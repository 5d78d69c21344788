"""A question that leans on earlier ones, made to stand alone; and the picture that it points at."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from rag.generators.question import STOP_WORDS
from rag.protocols import Generator
from rag.store.lexical import words
from rag.types import Document, Element, Hit, Prompt, Turn

INSTRUCTION = (
    "You are given a conversation and a further question. Write that question so that it can be understood without the"
    " conversation: put in what it, they, that or a missing part refers to. Keep its language, and keep numbers and names"
    " as they are. Write the question and nothing else; do not answer it."
)
LONGEST_CHARS = 500
TURNS = 6
"""The last turns are looked at; what was said long before is not meant."""
_LEANS = re.compile(
    r"^(?:and|or|but|so|then|also|what about|how about|why|und|et|y)\b"
    r"|\b(?:it|its|they|them|their|he|him|his|she|her|this|that|these|those|there|then|ones?|same|former|latter|both|else)\b"
    r"|^(?:那|那么|还有|它|他|她|这|其)|[它他她]们?|呢[？?]?$",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d\b")
_SHORT_WORDS = 3
_COUNTED = {
    "first": 0, "1st": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "fourth": 3, "4th": 3, "last": -1,
    "一": 0, "二": 1, "三": 2, "四": 3,
}  # fmt: skip
_KIND = r"(?:picture|photo|photograph|image|figure|chart|graph|plot|diagram|drawing|map|one)"
_POINTED = re.compile(
    rf"\b(first|second|third|fourth|last|[1-4](?:st|nd|rd|th))\s+(?:of\s+the\s+)?{_KIND}s?\b|第([一二三四])[张幅个]?(?:图|照片)?",
    re.IGNORECASE,
)
_THAT = re.compile(rf"\b(?:this|that|the)\s+{_KIND}\b|[这那][张幅]图", re.IGNORECASE)


def standalone(question: str, history: Sequence[Turn], generator: Generator) -> str:
    """The question with what it takes from earlier turns written out; the same where it takes nothing.

    A generator that does what it is told writes it; otherwise, or where it writes nothing of use, the telling words of the
    question before are added, or its year is exchanged.
    """
    if not history:
        return question
    turns = tuple(history[-TURNS:])
    if generator.instructed:
        prompt = Prompt(question, (), history=turns, instruction=INSTRUCTION)
        written = "".join(generator.generate(prompt)).strip().strip("\"'“”")
        first = written.partition("\n")[0].removeprefix("Question:").strip()
        if 0 < len(first) <= LONGEST_CHARS and any(character.isalnum() for character in first):
            return first
    return _with_words_before(question, turns)


def pointed_at(question: str, history: Sequence[Turn]) -> str | None:
    """The id of the element whose picture the question means, of those shown with an earlier answer; None where it means none."""
    for turn in reversed(history):
        if not turn.images:
            continue
        counted = _POINTED.search(question)
        if counted:
            at = _COUNTED[(counted[1] or counted[2]).casefold()]
            return turn.images[at] if at < len(turn.images) else None
        return turn.images[0] if _THAT.search(question) else None
    return None


def with_pointed_at(
    question: str,
    history: Sequence[Turn],
    hits: Sequence[Hit],
    find: Callable[[str], tuple[Document, Element] | None],
) -> tuple[Hit, ...]:
    """The hits, after the picture of an earlier answer that the question points at, if it does and `find` still finds it."""
    element_id = pointed_at(question, history)
    found = None if element_id is None else find(element_id)
    if found is None:
        return tuple(hits)
    document, element = found
    first = Hit(1, 1.0, element, document, {"history": 1}, relevance=1.0)
    others = [hit for hit in hits if hit.element.id != element.id]
    return (first, *(replace(hit, rank=rank) for rank, hit in enumerate(others, start=2)))


def _with_words_before(question: str, history: Sequence[Turn]) -> str:
    telling = [word for word in words(question) if word not in STOP_WORDS]
    if not _LEANS.search(question.strip()) and len(telling) >= _SHORT_WORDS:
        return question
    before = _with_words_before(history[-1].question, history[:-1]) if history[:-1] else history[-1].question
    years, years_before = _YEAR.findall(question), _YEAR.findall(before)
    if len(years) == len(years_before) == 1 and len(telling) <= 1:
        return before.replace(years_before[0], years[0])
    said = set(words(question))
    added = [
        word
        for word in before.split()
        if not said.intersection(words(word))
        and any(part not in STOP_WORDS for part in words(word))
        and not (years and _YEAR.search(word))
    ]
    return f"{question} ({' '.join(added).rstrip('?.!？。')})" if added else question
