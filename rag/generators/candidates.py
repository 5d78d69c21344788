"""What could answer: the sentences, table cells and captions of a prompt's evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rag.generators.question import Question, terms
from rag.sentences import sentences
from rag.types import Element, Evidence, Prompt

LONGEST_SENTENCE = 600
"""Characters; what is longer is no sentence but a list or a broken layout."""
SHORTEST_SENTENCE = 3
CELL_SEPARATOR = " | "


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that could answer."""

    sentence: str
    """As it would stand in the answer."""
    number: int
    """Of the evidence."""
    terms: frozenset[str]
    """Its telling words."""
    around: frozenset[str]
    """Those of what it stands under or beside: headings, title, the sentences next to it."""
    meaning: str
    """What an encoder is to compare with the question."""
    is_scrap: bool = False
    """Whether it is a few words read in a picture rather than a sentence or caption."""


def candidates(prompt: Prompt, question: Question) -> list[Candidate]:
    """Every candidate of every piece of evidence, in the order of the evidence."""
    return [one for evidence in prompt.evidence for one in _of_evidence(evidence, question)]


def _of_evidence(evidence: Evidence, question: Question) -> Iterator[Candidate]:
    element = evidence.hit.element
    match element.modality:
        case "table":
            yield from _table_candidates(evidence, question)
        case "image":
            yield from _picture_candidates(evidence, question)
        case _:
            yield from _sentence_candidates(evidence, element.text)


def _headings(evidence: Evidence) -> str:
    hit = evidence.hit
    return " ".join([hit.document.title, *hit.element.section])


def _sentence_candidates(
    evidence: Evidence, text: str, *, beside: str = "", scraps: bool = False
) -> Iterator[Candidate]:
    places = [(a, b) for a, b in sentences(text) if SHORTEST_SENTENCE <= b - a <= LONGEST_SENTENCE]
    said = [text[a:b] for a, b in places]
    headings = terms(f"{_headings(evidence)} {beside}")
    section = evidence.hit.element.section
    own = [terms(sentence) for sentence in said]
    for at, sentence in enumerate(said):
        if section and sentence.strip() == section[-1].strip():
            continue  # a heading announces an answer and is none
        before = own[at - 1] if at else frozenset[str]()
        meaning = f"{section[-1]}: {sentence}" if section else sentence
        yield Candidate(sentence, evidence.number, own[at], headings | before, meaning, scraps)


def _picture_candidates(evidence: Evidence, question: Question) -> Iterator[Candidate]:
    """A picture answers with its caption; what is read in it or stands beside it speaks for it."""
    element = evidence.hit.element
    if question.kind == "picture" or not element.ocr:
        caption = _caption(element, evidence)
        around = terms(f"{_headings(evidence)} {element.ocr} {element.context}")
        yield Candidate(caption, evidence.number, terms(caption), around, f"{caption} {element.context[:200]}")
        return
    yield from _sentence_candidates(evidence, element.text, beside=element.context)
    yield from _sentence_candidates(evidence, element.ocr, beside=f"{element.text} {element.context}", scraps=True)


def _caption(element: Element, evidence: Evidence) -> str:
    for text in (element.text, element.ocr, element.context):
        if text.strip():
            return " ".join(text.split())[:LONGEST_SENTENCE]
    return evidence.hit.document.title


def _table_candidates(evidence: Evidence, question: Question) -> Iterator[Candidate]:
    """For each row, the cells whose heads the question names, else the row as it stands."""
    lines = evidence.hit.element.text.split("\n")
    rows = [line.split(CELL_SEPARATOR) for line in lines if CELL_SEPARATOR in line]
    caption = " ".join(line for line in lines if CELL_SEPARATOR not in line)
    around = terms(f"{_headings(evidence)} {caption} {evidence.hit.element.context[:300]}")
    if caption:
        yield Candidate(caption, evidence.number, terms(caption), around, caption)
    if not rows:
        return
    heads, *body = rows
    named = [terms(head) & question.terms for head in heads]
    for row in body or [heads]:
        columns = _columns(named, row)
        cells = [f"{heads[at]}: {row[at]}" if body and heads[at].strip() else row[at] for at in columns]
        sentence = f"{row[0].strip()}, {'; '.join(cells)}" if cells else CELL_SEPARATOR.join(row)
        said = terms(" ".join([row[0], *(row[at] for at in columns), *(heads[at] for at in columns)]))
        everything = terms(" ".join([*row, *heads])) if not cells else said
        yield Candidate(sentence, evidence.number, everything, around, f"{caption} {sentence}".strip())


def _columns(named: list[frozenset[str]], row: list[str]) -> list[int]:
    """The columns, but the first, whose heads hold most of the question's words; none where none holds any."""
    most = max((len(words) for words in named[1:]), default=0)
    if not most:
        return []
    return [at for at in range(1, min(len(named), len(row))) if len(named[at]) == most and row[at].strip()]
