"""An answer read while it is being written: its text stretch by stretch, its sentences one by one, and when it goes round."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.citations import cite
from rag.markers import Said, clean, said, settled
from rag.prompt import NO_ANSWER
from rag.types import Cited, Delta, Prompt

LONGEST_CHARS = 20_000
"""Of an answer; what writes on and on has lost its way."""
_THINKING = re.compile(r"<think>.*?(?:</think>|$)\s*", re.DOTALL)
"""What some models say to themselves before they answer."""
_TAG = re.compile(r"<\w{0,6}$")
"""The beginning of what may become such a tag."""
_ROUND = re.compile(r"(.{1,80}?)\1{7,}$", re.DOTALL)
"""The same few words eight times and more."""
SHORTEST_ROUND = 60
"""Characters of that, all together: the rule of a Markdown table is no stammer."""
_TAIL = 1_000
SHORTEST_REPEATED = 3
"""Words of a sentence that may not come twice."""


class AnswerReader:
    """Takes in the pieces that a model writes."""

    def __init__(self, prompt: Prompt) -> None:
        self._prompt = prompt
        self._offered = {evidence.number for evidence in prompt.evidence}
        self._raw = ""
        self._given = 0
        self._said: set[str] = set()
        self._end: int | None = None
        self.cited: list[Cited] = []

    @property
    def goes_round(self) -> bool:
        """Whether the model repeats itself, or finds no end; what comes further is not read."""
        return self._end is not None

    @property
    def text(self) -> str:
        """What was said once, with the numbers of evidence that was offered; empty where the model says it has no answer."""
        text, _ = self._clean(self._raw)
        return "" if _declines(text) else text[: self._end].rstrip()

    @property
    def invented(self) -> tuple[int, ...]:
        """The numbers that were never offered."""
        return self._clean(self._raw)[1]

    def take(self, piece: str) -> Iterator[Delta | Cited]:
        """What a further piece adds; a sentence is given when the next one begins."""
        if not self.goes_round:
            self._raw += piece
            yield from self._read(settled(self._raw))

    def end(self) -> Iterator[Delta | Cited]:
        """What is left when the model has stopped, or was stopped."""
        if not self.goes_round:
            yield from self._stretch(self.text)
        found = said(self.text)
        for at in range(len(self.cited), len(found)):
            if not self._is_new(found[at]):
                self._end = found[at - 1].end
                return
            yield self._cite(found[at])

    def _read(self, raw: str) -> Iterator[Delta | Cited]:
        text, _ = self._clean(_TAG.sub("", raw))
        if _declines(text) or NO_ANSWER.startswith(text.upper().lstrip("*\"'")):
            return
        yield from self._stretch(text)
        before = 0
        for at, sentence in enumerate(said(text)[:-1]):  # the last may still go on
            if at >= len(self.cited):
                if not self._is_new(sentence):
                    self._end = before
                    return
                yield self._cite(sentence)
            before = sentence.end
        self._look_for_the_end(text)

    def _stretch(self, text: str) -> Iterator[Delta]:
        if len(text) > self._given:
            yield Delta(text[self._given :])
            self._given = len(text)

    def _is_new(self, sentence: Said) -> bool:
        """Whether it was not said before; short ones may be."""
        words = sentence.text.casefold().split()
        key = " ".join(words)
        known = key in self._said and len(words) >= SHORTEST_REPEATED
        self._said.add(key)
        return not known

    def _cite(self, sentence: Said) -> Cited:
        self.cited.append(cite(sentence, self._prompt))
        return self.cited[-1]

    def _clean(self, raw: str) -> tuple[str, tuple[int, ...]]:
        return clean(_THINKING.sub("", raw), self._offered)

    def _look_for_the_end(self, text: str) -> None:
        turning = _ROUND.search(text[-_TAIL:])
        if turning is not None and len(turning[0]) >= SHORTEST_ROUND:
            self._end = len(text) - len(turning[0]) + len(turning[1])
        elif len(text) > LONGEST_CHARS:
            self._end = LONGEST_CHARS


def _declines(text: str) -> bool:
    """Whether a model says that the evidence does not answer: in the words it was told, or near them."""
    return text.upper().lstrip("*\"'").startswith(NO_ANSWER)
