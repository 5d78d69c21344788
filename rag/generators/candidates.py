"""What could answer: the sentences, table cells and captions of a prompt's evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from rag.generators.question import Question, terms
from rag.generators.tables import read_table, readings
from rag.growing import apart
from rag.markers import without_markers
from rag.sentences import sentences
from rag.types import Element, Evidence, Prompt

LONGEST_SENTENCE = 600
"""Characters; what is longer is no sentence but a list or a broken layout."""
SHORTEST_SENTENCE = 3


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
    """Every candidate of every piece of evidence, in the order of the evidence; none says what reads as an evidence number."""
    alone = (passage for evidence in prompt.evidence for passage in apart(evidence))
    found = (one for passage in alone for one in _of_evidence(passage, question))
    return [replace(one, sentence=without_markers(one.sentence)) for one in found if one.sentence]


def _of_evidence(evidence: Evidence, question: Question) -> Iterator[Candidate]:
    element = evidence.hit.element
    match element.modality:
        case "table":
            yield from _table_candidates(evidence, question)
        case "image":
            yield from _picture_candidates(evidence, question)
        case _:
            yield from _sentence_candidates(evidence, element.text)


def headings(evidence: Evidence) -> str:
    """The titles that a piece of evidence stands under."""
    hit = evidence.hit
    return " ".join([hit.document.title, *hit.element.section])


def _sentence_candidates(
    evidence: Evidence, text: str, *, beside: str = "", scraps: bool = False
) -> Iterator[Candidate]:
    places = [(a, b) for a, b in sentences(text) if SHORTEST_SENTENCE <= b - a <= LONGEST_SENTENCE]
    said = [text[a:b] for a, b in places]
    above = terms(f"{headings(evidence)} {beside}")
    section = evidence.hit.element.section
    own = [terms(sentence) for sentence in said]
    for at, sentence in enumerate(said):
        if section and sentence.strip() == section[-1].strip():
            continue  # a heading announces an answer and is none
        before = own[at - 1] if at else frozenset[str]()
        meaning = f"{section[-1]}: {sentence}" if section else sentence
        yield Candidate(sentence, evidence.number, own[at], above | before, meaning, scraps)


def _picture_candidates(evidence: Evidence, question: Question) -> Iterator[Candidate]:
    """A picture answers with its caption, then with what a captioner wrote; what is read in it or beside it speaks for it."""
    element = evidence.hit.element
    beside = f"{element.text} {element.context}"
    if question.kind == "picture" or not (element.ocr or element.caption):
        caption = _caption(element, evidence)
        around = terms(f"{headings(evidence)} {element.ocr} {element.context}")
        yield Candidate(caption, evidence.number, terms(caption), around, f"{caption} {element.context[:200]}")
        if element.text.strip():
            yield from _sentence_candidates(evidence, element.caption, beside=beside)
        return
    yield from _sentence_candidates(evidence, element.text, beside=element.context)
    yield from _sentence_candidates(evidence, element.caption, beside=beside)
    yield from _sentence_candidates(evidence, element.ocr, beside=beside, scraps=True)


def _caption(element: Element, evidence: Evidence) -> str:
    for text in (element.text, element.caption, element.ocr, element.context):
        if text.strip():
            return " ".join(text.split())[:LONGEST_SENTENCE]
    return evidence.hit.document.title


def _table_candidates(evidence: Evidence, question: Question) -> Iterator[Candidate]:
    """The table's caption, and what its rows say to the question."""
    element = evidence.hit.element
    table = read_table(element.text)
    around = terms(f"{headings(evidence)} {table.caption} {element.context[:300]}")
    said = list(readings(table, question))
    if table.caption and not any(reading.settles for reading in said):
        yield Candidate(table.caption, evidence.number, terms(table.caption), around, table.caption)
    for reading in said:
        above = around | terms(reading.above) if reading.above else around
        meaning = f"{table.caption} {reading.sentence}".strip()
        yield Candidate(reading.sentence, evidence.number, reading.terms, above, meaning)
