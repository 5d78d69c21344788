"""From a generator's text to citations: which sentence rests on which words of which evidence, and where these stand."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.sentences import sentences
from rag.store.lexical import words
from rag.types import Box, Citation, Element, Evidence, Prompt

_MARKER = re.compile(r"\s*\[(\d{1,4}(?:\s*[,;]\s*\d{1,4})*)\]")


def clean(text: str, prompt: Prompt) -> str:
    """The answer without the numbers of evidence that was never offered."""
    offered = {evidence.number for evidence in prompt.evidence}

    def keep(match: re.Match[str]) -> str:
        numbers = [number for number in _numbers(match) if number in offered]
        return f" [{', '.join(map(str, numbers))}]" if numbers else ""

    return _MARKER.sub(keep, text).strip()


def cite(text: str, prompt: Prompt) -> tuple[Citation, ...]:
    """A citation for each sentence and each number behind it that was offered; a sentence without a number has none."""
    by_number = {evidence.number: evidence for evidence in prompt.evidence}
    return tuple(
        _citation(sentence, by_number[number])
        for sentence, numbers in _marked(text)
        for number in numbers
        if number in by_number
    )


def _marked(text: str) -> Iterator[tuple[str, list[int]]]:
    """Each sentence that numbers follow; these belong to the last sentence before them."""
    start = 0
    for match in _MARKER.finditer(text):
        stretch = text[start : match.start()]
        start = match.end()
        found = [stretch[a:b].lstrip(".!?,; ") for a, b in sentences(stretch)]
        if found and found[-1]:
            yield found[-1], _numbers(match)


def _numbers(match: re.Match[str]) -> list[int]:
    return [int(number) for number in re.split(r"\s*[,;]\s*", match[1])]


def _citation(sentence: str, evidence: Evidence) -> Citation:
    hit = evidence.hit
    quote, box = _quoted(sentence, hit.element)
    return Citation(
        sentence=sentence,
        number=evidence.number,
        document=hit.document,
        page=hit.element.page,
        box=box,
        quote=quote,
        media=hit.element.media,
    )


def _quoted(sentence: str, element: Element) -> tuple[str, Box | None]:
    """The exact words of an element that a sentence rests on, and their box."""
    at = element.text.find(sentence)
    if at >= 0:
        return sentence, _box(element, at, at + len(sentence))
    wanted = set(words(sentence))
    best, place, quote = -1.0, (0, 0), ""
    for field in (element.text, element.ocr, element.context):
        for start, end in sentences(field):
            said = set(words(field[start:end]))
            shared = len(wanted & said) / (len(said) + len(wanted) or 1)
            if shared > best:
                best, quote = shared, field[start:end]
                place = (start, end) if field is element.text else (0, 0)
    return quote, _box(element, *place)


def _box(element: Element, start: int, end: int) -> Box | None:
    """Around the lines or cells that hold `text[start:end]`; the whole element's where it does not know them."""
    boxes = [span.box for span in element.spans if span.start < end and span.end > start]
    if not boxes:
        return element.box
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )
