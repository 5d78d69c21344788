"""Passages that were found, grown to the section they stand in, as far as there is room.

A passage of a hundred words is found well and tells little: what it leans on often stands in the lines around it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

from rag.types import Element, Evidence, Hit

SectionOf: TypeAlias = Callable[[Hit], Sequence[Element]]
"""The texts and tables of a hit's section in reading order, itself included; nothing where it has none."""
Cost: TypeAlias = Callable[[Hit, Sequence[Element]], int]
"""Tokens of a hit that says these passages."""


def no_section(_hit: Hit) -> Sequence[Element]:
    """Nothing around any hit."""
    return ()


def grow(
    hits: Sequence[Hit], *, section_of: SectionOf, cost: Cost, room: int, longest: int
) -> list[tuple[Element, ...]]:
    """For each hit what it says with what stands around it, in reading order; empty where it does not grow.

    In rounds, the best hit first, by one passage in each: all to the end of their page before any goes beyond. None grows
    into what another says, so that nothing is said twice. `room`: tokens that all of it may take together; `longest`:
    that one hit may take with its own.
    """
    said = _Said(hits)
    growing = [_Growing(hit, section_of(hit)) for hit in hits]
    for same_page in (True, False):
        able = list(growing)
        while able:
            for one in tuple(able):
                taken = one.grow(said, same_page=same_page, cost=cost, room=room, longest=longest)
                room -= taken
                if not taken:
                    able.remove(one)
    return [one.passages if one.has_grown else () for one in growing]


def apart(evidence: Evidence) -> Iterator[Evidence]:
    """Each passage of a piece of evidence, in reading order, as if it were all of it."""
    for passage in evidence.passages:
        yield Evidence(evidence.number, replace(evidence.hit, element=passage))


class _Said:
    """What the evidence says already."""

    def __init__(self, hits: Sequence[Hit]) -> None:
        self._texts = {_key(hit.element) for hit in hits}
        self._pages = {_page(hit.element) for hit in hits if hit.element.modality == "page"}

    def holds(self, element: Element) -> bool:
        return _page(element) in self._pages or _key(element) in self._texts

    def add(self, element: Element) -> None:
        self._texts.add(_key(element))


def _page(element: Element) -> tuple[str, int]:
    return element.document_id, element.page


def _key(element: Element) -> str:
    return " ".join(element.text.split())


class _Growing:
    """A hit, and how far it has grown."""

    def __init__(self, hit: Hit, section: Sequence[Element]) -> None:
        self._hit = hit
        at = next((at for at, one in enumerate(section) if one.id == hit.element.id), None)
        # A picture or table has what stands beside it in its context, a page is whole.
        grows = at is not None and hit.element.modality == "text"
        self._before = list(section[:at]) if grows else []
        self._after = list(reversed(section[at + 1 :])) if grows and at is not None else []
        self._first: list[Element] = []
        self._last: list[Element] = []

    @property
    def passages(self) -> tuple[Element, ...]:
        """All that it says, in reading order."""
        return (*reversed(self._first), self._hit.element, *self._last)

    @property
    def has_grown(self) -> bool:
        return bool(self._first or self._last)

    def grow(self, said: _Said, *, same_page: bool, cost: Cost, room: int, longest: int) -> int:
        """Take the next passage, what follows and what precedes in turn. Returns: its tokens; 0 where there is none."""
        sides = [(self._after, self._last), (self._before, self._first)]
        for waiting, taken in sides if len(self._last) <= len(self._first) else sides[::-1]:
            if not waiting or (same_page and waiting[-1].page != self._hit.element.page):
                continue
            was = cost(self._hit, self.passages)
            taken.append(waiting.pop())
            now = cost(self._hit, self.passages)
            if now <= longest and now - was <= room and not said.holds(taken[-1]):
                said.add(taken[-1])
                return max(1, now - was)
            taken.pop()
            waiting.clear()  # what lies beyond would not follow on
        return 0
