"""An answer as the text of a chat: its sentences, then a footnote with a link for each source, then its pictures.

Chat windows show such text as Markdown. What a document or a model wrote shows nothing from elsewhere there: pictures are
shown of this service only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from api.links import Links
from api.openai_compatible.wire import AnnotationJson
from rag.printable import printable
from rag.types import Answer, Box, Document, Evidence, Sentence

NOTHING_NEAR = "The library does not answer this question, and holds nothing near it."
NEAREST_SHOWN = 3
DOUBTED_CHARS = 240
"""Of a sentence that is told to be without support."""
_MARKER = re.compile(r"\[(\d+(?:, \d+)*)\]")
_ADDRESS = r"https?://\S+/v1/(?:documents|media)/\S+"
_FOOTNOTE = re.compile(rf"\[\d+\] .+, page \d+: {_ADDRESS}")
_PICTURE = re.compile(rf"!\[.*\]\({_ADDRESS}#([0-9A-Za-z]+)\)")
_DOUBT = re.compile(r"(?:Unsupported|Uncited): “.*")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")


@dataclass(frozen=True, slots=True)
class Source:
    """A piece of evidence as a footnote names it."""

    number: int
    title: str
    url: str


def harmless(text: str) -> str:
    """A text that shows no picture and opens no tag where it is read as Markdown; otherwise as it was."""
    return _TAG.sub("‹", text).replace("![", "! [")


def sources_of(answer: Answer, evidence: Sequence[Evidence], text: str, links: Links) -> list[Source]:
    """What the text names, and what its sentences rest on, by number; of an answer without support, what was nearest."""
    offered = {one.number: one.hit for one in evidence}
    if not answer.answerable:
        numbers = sorted(offered)[:NEAREST_SHOWN]
    else:
        numbers = sorted({*_numbers(text), *(citation.number for citation in answer.citations)})
    sources = []
    for number in numbers:
        if number in offered:
            hit = offered[number]
            cited = [citation.box for citation in answer.citations if citation.number == number]
            boxes: Sequence[Box | None] = cited or [hit.element.box]
            url = links.place(hit.document, hit.element.page, boxes, hit.element.media)
            sources.append(Source(number, _title(hit.document, hit.element.page), url))
    return sources


def footnotes(answer: Answer, sources: Sequence[Source], links: Links) -> str:
    """What stands below an answer: its sources, its pictures, and what of it has no support; a paragraph each."""
    notes = [f"[{source.number}] {source.title}: {source.url}" for source in sources]
    for hit in answer.images:
        if hit.element.media is not None:
            url = f"{links.picture(hit.element.media)}#{hit.element.id}"
            notes.append(f"![{_title(hit.document, hit.element.page)}]({url})")
    if answer.answerable:
        notes += [doubt for sentence in answer.sentences for doubt in _doubt(sentence)]
    return "".join(f"\n\n{note}" for note in notes)


def annotated(text: str, answer: Answer, sources: Sequence[Source]) -> list[AnnotationJson]:
    """Where each source is named in the text of an answer: at its number, or else at the sentence that rests on it."""
    if not answer.answerable:
        return []
    by_number = {source.number: source for source in sources}
    found = [
        (match.start(), match.end(), int(number)) for match in _MARKER.finditer(text) for number in match[1].split(", ")
    ]
    named = {number for _, _, number in found}
    for citation in answer.citations:
        sentence = harmless(citation.sentence)
        if citation.number not in named and sentence in text:
            found.append((text.index(sentence), text.index(sentence) + len(sentence), citation.number))
    return [_annotation(start, end, by_number[number]) for start, end, number in sorted(found) if number in by_number]


def without_footnotes(text: str) -> str:
    """What was answered, of a text that came with footnotes."""
    kept = [
        paragraph
        for paragraph in text.split("\n\n")
        if not any(one.fullmatch(paragraph) for one in (_FOOTNOTE, _PICTURE, _DOUBT))
    ]
    return "\n\n".join(kept).strip()


def pictures_shown(text: str) -> tuple[str, ...]:
    """The ids of the elements whose pictures went with an answer, in order."""
    return tuple(match[1] for match in map(_PICTURE.fullmatch, text.split("\n\n")) if match)


def _annotation(start: int, end: int, source: Source) -> AnnotationJson:
    return {
        "type": "url_citation",
        "url_citation": {"start_index": start, "end_index": end, "title": source.title, "url": source.url},
    }


def _numbers(text: str) -> list[int]:
    return [int(number) for match in _MARKER.finditer(text) for number in match[1].split(", ")]


def _title(document: Document, page: int) -> str:
    """A place by its file's name, which may hold anything."""
    source = harmless(" ".join(printable(document.source).split()))
    return f"{source.replace('[', '(').replace(']', ')')}, page {page}"


def _doubt(sentence: Sentence) -> list[str]:
    text = " ".join(harmless(sentence.text).split())
    shown = text if len(text) <= DOUBTED_CHARS else f"{text[:DOUBTED_CHARS]}…"
    match sentence.support:
        case "unsupported":
            missing = harmless(" ".join(", ".join(sentence.missing).split()))
            return [f"Unsupported: “{shown}” (not in its evidence: {missing})"]
        case "uncited":
            return [f"Uncited: “{shown}”"]
    return []
