"""From what a model said to citations: which sentence rests on which words of which evidence, and where these stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.claims.check import missing_claims
from rag.generators.question import STOP_WORDS
from rag.growing import apart
from rag.markers import Said, without_markers
from rag.sentences import sentences
from rag.store.lexical import words
from rag.types import Box, Citation, Cited, Element, Evidence, Prompt, Sentence, Support

ATTRIBUTED = 0.6
"""Share of a sentence's words that a text must hold to be taken for its evidence where the model named none."""
SHORTEST = 4
"""Characters of a word that counts for that: shorter ones are in every text."""


def cite(said: Said, prompt: Prompt) -> Cited:
    """A sentence, whether its evidence bears it out, and a citation for each piece of evidence that it names.

    A sentence that names none is cited with the text that holds nearly all of its words, and every number and name, if
    there is one.
    """
    named = [evidence for evidence in prompt.evidence if evidence.number in said.numbers]
    evidence = named or _attributed(said.text, prompt)
    missing = missing_claims(said.text, _texts(evidence), known=_known(prompt)) if evidence else ()
    support: Support = "uncited" if not evidence else "unsupported" if missing else "supported"
    sentence = Sentence(said.text, tuple(one.number for one in evidence), support, missing)
    return Cited(sentence, tuple(citation(said.text, one) for one in evidence))


def citation(sentence: str, evidence: Evidence) -> Citation:
    """Where in a piece of evidence the words stand that a sentence rests on, in whichever of its passages."""
    hit = evidence.hit
    # The hit's own before those around it, where they hold as many of the words.
    passages = sorted(evidence.passages, key=lambda passage: passage.id != hit.element.id)
    found = [(passage, _quoted(sentence, passage)) for passage in passages]
    element, quoted = max(found, key=lambda pair: pair[1].share)
    return Citation(
        sentence=sentence,
        number=evidence.number,
        document=hit.document,
        page=element.page,
        box=quoted.box,
        quote=quoted.quote,
        media=element.media,
        also=hit.also if element.id == hit.element.id else (),
    )


def evidence_texts(evidence: Evidence) -> list[str]:
    """All that a piece of evidence says, where it stands included."""
    document = evidence.hit.document
    said = [text for one in evidence.passages for text in (one.text, one.caption, one.ocr, one.context)]
    return [*said, *evidence.hit.element.section, document.title, document.source]


def _texts(evidence: Sequence[Evidence]) -> list[str]:
    return [text for one in evidence for text in evidence_texts(one) if text]


def _known(prompt: Prompt) -> str:
    return "\n".join([prompt.question, *(turn.question for turn in prompt.history)])


def _attributed(sentence: str, prompt: Prompt) -> list[Evidence]:
    """The piece of evidence whose text says nearly the same, every number and name of it included."""
    said = (word for word in words(sentence) if not any(character.isdigit() for character in word))
    telling = {word for word in said if len(word) >= SHORTEST or not word.isascii()}  # numbers are checked below
    if not telling:
        return []
    # A sentence's first word may be a name or not; the claim check lets it pass, and here it may not be missing.
    first = set(words(sentence.split(maxsplit=1)[0])) - STOP_WORDS
    best, found = 0.0, list[Evidence]()
    for evidence in prompt.evidence:
        # Passage by passage: many together hold the words of sentences that none of them says.
        for passage in apart(evidence):
            held = set(words("\n".join(evidence_texts(passage))))
            share = len(telling & held) / len(telling)
            if share > best and first <= held:
                best, found = share, [evidence]
    if best < ATTRIBUTED or missing_claims(sentence, _texts(found), known=_known(prompt)):
        return []
    return found


@dataclass(frozen=True, slots=True)
class _Quoted:
    """The exact words of an element that a sentence rests on."""

    quote: str
    box: Box | None
    share: float
    """Of the words of both those that are in both; -1 where the element says nothing."""


def _quoted(sentence: str, element: Element) -> _Quoted:
    at = without_markers(element.text).find(sentence)  # as long as the text itself
    if at >= 0:
        return _Quoted(element.text[at : at + len(sentence)], _box(element, at, at + len(sentence)), 1.0)
    wanted = set(words(sentence))
    best, place, quote = -1.0, (0, 0), ""
    for field in (element.text, element.caption, element.ocr, element.context):
        for start, end in sentences(field):
            said = set(words(field[start:end]))
            shared = len(wanted & said) / (len(said) + len(wanted) or 1)
            if shared > best:
                best, quote = shared, field[start:end]
                place = (start, end) if field is element.text else (0, 0)
    return _Quoted(quote, _box(element, *place), best)


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
