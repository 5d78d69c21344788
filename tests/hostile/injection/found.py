"""What must hold of every prompt and every answer, whatever the documents say."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from rag.prompt import parts
from rag.types import Answer, AnswerEvent, Delta, Done, Prompt, Sources

LEFT_OVER = re.compile(r"[\[【〔⟦〖][^\]】〕⟧〗(\n]{0,20}?(?<!\d)(9[789]|9{10})(?!\d)[^\]】〕⟧〗\n]{0,20}[\]】〕⟧〗]")
"""A number of the hostile kind between any brackets but round ones."""


def left_over(text: str) -> list[str]:
    """What a reader would take for numbers of evidence that was never offered, whatever the letters it is written in."""
    seen = "".join(one for one in unicodedata.normalize("NFKC", text) if unicodedata.category(one) != "Cf")
    return [found[0] for found in LEFT_OVER.finditer(seen)]


def streamed(events: Sequence[AnswerEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, Delta))


def assert_only_what_was_found_is_cited(events: Sequence[AnswerEvent]) -> Answer:
    """Every citation is one of the numbers of `Sources`, at the place of that evidence, with words that stand there."""
    first, last = events[0], events[-1]
    assert isinstance(first, Sources)
    assert isinstance(last, Done)
    found = last.answer
    offered = {evidence.number: evidence.hit for evidence in first.evidence}
    assert all(hit in found.hits for hit in offered.values())
    for citation in found.citations:
        assert citation.number in offered
        hit = offered[citation.number]
        element = hit.element
        assert (citation.document, citation.page, citation.media) == (hit.document, element.page, element.media)
        assert any(citation.quote in text for text in (element.text, element.ocr, element.context, element.caption))
        assert citation.box is None or element.box is not None
    assert {number for one in found.sentences for number in one.numbers} <= offered.keys()
    assert set(found.invented).isdisjoint(offered)
    return found


def assert_fenced(prompt: Prompt) -> None:
    """As many fences as pieces of evidence, in order, and the question after the last."""
    said = "".join(part for part in parts(prompt) if isinstance(part, str))
    marks = re.findall(r"<\s*(/?)\s*evidence(?:\s+number=(\d+))?[^>]*>", said, re.IGNORECASE)
    assert marks == [mark for one in prompt.evidence for mark in (("", str(one.number)), ("/", ""))]
    assert [one.number for one in prompt.evidence] == list(range(1, len(prompt.evidence) + 1))
    assert said.rpartition("</evidence>\n")[2] == f"Question: {prompt.question}" or prompt.history
