"""A question that asks for two things, searched for as it stands and in its parts.

The words of the one part outvote those of the other: what answers "When was the bell cast?" may stand far down in what
"How tall is the tower, and when was the bell cast?" finds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain, zip_longest

from rag.generators.parts import asked
from rag.prompt import evidence_text
from rag.types import Hit


def search_apart(question: str, search: Callable[[str], Sequence[Hit]], *, k: int) -> tuple[Hit, ...]:
    """The k best hits of a question and of each of its two parts in turn; one search, unchanged, where it asks for one thing.

    Each part has its best hit among the first three, and each hit the score of the search that ranked it best, so that scores
    need not fall from rank to rank. What several searches found is told once, with its greatest relevance and every place
    that any of them named. Raises: whatever `search` raises.
    """
    whole = tuple(search(question))
    parts = asked(question, (evidence_text(hit) for hit in whole))
    if len(parts) < 2:
        return whole
    lists = [whole, *(tuple(search(part)) for part in parts)]
    kept: list[Hit] = []
    place_of: dict[str, int] = {}
    for hit in chain.from_iterable(zip_longest(*lists)):
        if hit is None:
            continue
        ids = [hit.element.id, *(place.element for place in hit.also)]
        at = next((place_of[id] for id in ids if id in place_of), None)
        if at is None:
            at = len(kept)
            kept.append(hit)
        else:
            kept[at] = _joined(kept[at], hit)
        place_of |= {id: place_of.get(id, at) for id in ids}
    return tuple(replace(hit, rank=rank) for rank, hit in enumerate(kept[:k], start=1))


def _joined(kept: Hit, again: Hit) -> Hit:
    """A hit with what another search says of the same thing."""
    known = {kept.element.id, *(place.element for place in kept.also)}
    more = tuple(place for place in again.also if place.element not in known)
    return replace(kept, relevance=max(kept.relevance, again.relevance), also=kept.also + more)
