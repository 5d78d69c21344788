"""The generator that writes nothing of its own: it picks the sentences and table cells that answer, and quotes them.

A candidate is scored by how much of the question it covers (words weighted by how rare they are among the candidates), by
its cosine with the question where the encoder knows the question's language, and by whether it holds the kind of thing that
is asked for (a number, a date, a name). Nothing is said where the best candidate is not good enough: docs/answers.md.
A question that asks for two things is answered in two sentences, each from the evidence that answers it best.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from rag.generators.candidates import Candidate, candidates, headings
from rag.generators.parts import asked
from rag.generators.question import Question, read_question, terms
from rag.prompt import said
from rag.protocols import Encoder, Tell, tell_nobody
from rag.types import Budget, Prompt, Usage

MOST_SENTENCES = 3
COMPARED = 32
"""Candidates whose meaning is compared with the question: those with most words of it."""
ABSTAIN_BELOW = 0.29
"""Of the score, about 0..1: where questions put to a wrong document are mostly refused and rightly put ones are not."""
NEARLY_AS_GOOD = 0.92
"""A further sentence must reach this share of the best one's score, and say something new."""
KIND_COUNTS = 0.12
"""What holding, or lacking, the kind of thing that is asked for adds or takes away."""
MISSING_NAMES_COUNT = 0.12
"""What it takes away if no evidence holds any of the names and years of the question."""
READ_COUNTS = 0.06
"""What being a scrap of text in a picture takes away: a sentence says more."""
RANK_COUNTS = 0.08
"""What being the first hit rather than the last adds."""


@dataclass(frozen=True, slots=True)
class _Scored:
    candidate: Candidate
    score: float
    covered: frozenset[str]


class ExtractiveGenerator:
    """Answers with quotes; needs no model, and compares meanings where it is given an encoder."""

    def __init__(self, encoder: Encoder | None = None) -> None:
        self._encoder = encoder

    @property
    def name(self) -> str:
        """As in the settings."""
        return "extractive"

    @property
    def budget(self) -> Budget:
        """It reads what is written about pictures and in them, and does not look at them."""
        return Budget()

    @property
    def instructed(self) -> bool:
        """It quotes, whatever it is told."""
        return False

    def generate(self, prompt: Prompt, tell: Tell = tell_nobody) -> Iterator[str]:
        """Yield each quoted sentence with its evidence's number; nothing where the evidence does not answer."""
        for at, one in enumerate(self._answering(prompt)):
            yield f"{' ' if at else ''}{one.candidate.sentence} [{one.candidate.number}]"
        tell(Usage())

    def _answering(self, prompt: Prompt) -> list[_Scored]:
        questions = asked(prompt.question, map(said, prompt.evidence))
        if len(questions) > 1 and _subject_is_missing(prompt, questions):
            return []
        joined = self._joined(prompt, questions) if len(questions) > 1 else []
        return joined or _chosen(self._found(prompt, prompt.question))

    def _joined(self, prompt: Prompt, asked: Sequence[str]) -> list[_Scored]:
        """The best candidate for each of two questions; for one of them, or none, where the evidence has no more."""
        wanted = [terms(question) for question in asked]
        shared = frozenset.intersection(*wanted)
        chosen: list[_Scored] = []
        for question, own in zip(asked, wanted, strict=True):
            scored = self._found(prompt, question)
            best = next((one for one in scored if _answers_part(one, question, own - shared, shared)), None)
            if best is not None and _key(best) not in map(_key, chosen):
                chosen.append(best)
        return chosen

    def _found(self, prompt: Prompt, text: str) -> list[_Scored]:
        """The candidates for a question, best first."""
        question = read_question(text)
        found = candidates(prompt, question)
        return self._scored(question, found, n_evidence=len(prompt.evidence)) if found and question.terms else []

    def _scored(self, question: Question, found: Sequence[Candidate], *, n_evidence: int) -> list[_Scored]:
        weights = _weights(question, found)
        total = sum(weights.values()) or 1.0
        cover = [sum(weights[term] for term in one.terms & question.terms) / total for one in found]
        around = [sum(weights[term] for term in one.around & question.terms - one.terms) / total for one in found]
        words = [own + 0.5 * beside for own, beside in zip(cover, around, strict=True)]
        best = sorted(range(len(found)), key=lambda at: (-words[at], at))[:COMPARED]
        meaning = self._meaning(question, [found[at] for at in best])
        held = frozenset[str]().union(*(one.terms | one.around for one in found))
        missing = MISSING_NAMES_COUNT * len(question.names - held) / (len(question.names) or 1)
        scored = []
        for at, cosine in zip(best, meaning, strict=True):
            one = found[at]
            likeness = words[at] if cosine is None else 0.5 * words[at] + 0.5 * cosine
            kind = KIND_COUNTS * question.wants(one.sentence)
            rank = RANK_COUNTS * (1 - one.number / (n_evidence + 1))
            score = likeness + kind + rank - missing - (READ_COUNTS if one.is_scrap else 0.0)
            scored.append(_Scored(one, score, one.terms & question.terms))
        return sorted(scored, key=lambda one: -one.score)

    def _meaning(self, question: Question, found: Sequence[Candidate]) -> list[float | None]:
        """The cosine of each candidate with the question; None where the encoder does not know the language."""
        encoder = self._encoder
        if encoder is None or not found or (question.is_cjk and "zh" not in encoder.fingerprint.languages):
            return [None] * len(found)
        vectors = encoder.encode_texts([question.text, *(one.meaning for one in found)])
        return [float(cosine) for cosine in np.clip(vectors[1:] @ vectors[0], 0.0, 1.0)]


def _weights(question: Question, found: Sequence[Candidate]) -> dict[str, float]:
    """How much each word of the question tells: the rarer among the candidates, the more; one that none holds, the most."""
    held = Counter(term for one in found for term in (one.terms | one.around) & question.terms)
    return {term: math.log(1 + len(found) / (1 + held[term])) for term in question.terms}


def _subject_is_missing(prompt: Prompt, asked: Sequence[str]) -> bool:
    """Whether the evidence holds words of the questions, and none of those that all of them are about."""
    wanted = [terms(question) for question in asked]
    shared = frozenset.intersection(*wanted)
    held = terms("\n".join(f"{headings(one)} {said(one)}" for one in prompt.evidence))
    return bool(shared) and not shared & held and any(question & held for question in wanted)


def _answers_part(one: _Scored, text: str, own: frozenset[str], shared: frozenset[str]) -> bool:
    """Whether a candidate is good enough for one of two questions: it speaks of what both are about, of what only this
    one asks for (its names and years, else any of its words), and holds the kind of thing asked for."""
    question = read_question(text)
    held = one.candidate.terms | one.candidate.around
    named = question.names & own
    about = not shared or bool(shared & held) or 2 * len(question.terms & held) > len(question.terms)
    particular = named <= held if named else bool(own & held) or not own
    return one.score >= ABSTAIN_BELOW and about and particular and question.wants(one.candidate.sentence) >= 0


def _chosen(scored: Sequence[_Scored]) -> list[_Scored]:
    """The best candidate if it is good enough, with further ones that are nearly as good and say something new."""
    if not scored or scored[0].score < ABSTAIN_BELOW:
        return []
    chosen = [scored[0]]
    covered = set(scored[0].covered)
    said = {_key(scored[0])}
    for one in scored[1:]:
        new = one.covered - covered
        if (
            len(chosen) < MOST_SENTENCES
            and one.score >= NEARLY_AS_GOOD * scored[0].score
            and new
            and _key(one) not in said
        ):
            chosen.append(one)
            covered |= one.covered
            said.add(_key(one))
    return chosen


def _key(one: _Scored) -> str:
    return " ".join(one.candidate.sentence.casefold().split())
