"""From hits to a prompt: numbered evidence within a budget."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag.types import Evidence, Hit, Prompt

BUDGET_CHARS = 24_000
"""Of all evidence together: about 6,000 tokens."""
LONGEST_CHARS = 8_000
"""Of one piece of evidence; a longer one, such as a whole page, would leave no room for others."""


def build_prompt(question: str, hits: Sequence[Hit], *, budget_chars: int = BUDGET_CHARS) -> Prompt:
    """Number the hits as evidence, best first, as many as the budget holds; what repeats an earlier one is passed over."""
    evidence: list[Evidence] = []
    spent = left_out = 0
    for hit in _distinct(hits):
        cost = len(evidence_text(hit))
        if cost > LONGEST_CHARS or spent + cost > budget_chars:
            left_out += 1
            continue
        spent += cost
        evidence.append(Evidence(len(evidence) + 1, hit))
    return Prompt(question, tuple(evidence), left_out)


def evidence_text(hit: Hit) -> str:
    """All that an element says: its own words, those read in its picture, those beside it."""
    element = hit.element
    return "\n".join(part for part in (element.text, element.ocr, element.context) if part)


def _distinct(hits: Sequence[Hit]) -> Iterator[Hit]:
    seen: set[tuple[str, str | None]] = set()
    for hit in hits:
        key = (" ".join(evidence_text(hit).split()), hit.element.media)
        if key not in seen:
            seen.add(key)
            yield hit
