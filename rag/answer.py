"""The story of a question: search, build a prompt, generate, cite."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rag.citations import cite, clean
from rag.prompt import NO_ANSWER, build_prompt, no_pictures
from rag.protocols import Generator
from rag.types import Answer, Citation, Hit

if TYPE_CHECKING:
    from rag.prompt import Pictures

MOST_IMAGES = 4
NOT_ANSWERED = "The library does not answer this question. The nearest evidence is listed."


def answer(
    question: str, *, search: Callable[[], Sequence[Hit]], generator: Generator, pictures: Pictures = no_pictures
) -> Answer:
    """Answer a question from what `search` finds, every sentence with its evidence.

    `pictures` gives what a generator that sees is shown of a hit. Where no sentence rests on evidence, `answerable` is
    false and the hits are still given.
    Raises: whatever `search` raises; GenerateFailed if the generator breaks off.
    """
    clock = _Clock()
    with clock.stage("search"):
        hits = tuple(search())
    with clock.stage("prompt"):
        prompt = build_prompt(question, hits, budget=generator.budget, pictures=pictures)
    with clock.stage("generate"):
        written = "".join(generator.generate(prompt)).strip()
    if written.startswith(NO_ANSWER):
        written = ""
    with clock.stage("cite"):
        citations = cite(written, prompt)
    return Answer(
        text=clean(written, prompt) if citations else NOT_ANSWERED,
        answerable=bool(citations),
        citations=citations,
        hits=hits,
        images=_images(citations, hits),
        model=generator.name,
        seconds=clock.seconds(),
    )


def _images(citations: Sequence[Citation], hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """The pictures that go with an answer: those cited, then those on a cited page, each once."""
    cited = {citation.media for citation in citations if citation.media}
    pages = {(citation.document.id, citation.page) for citation in citations}
    seen: set[str] = set()
    chosen: list[Hit] = []
    pictures = [hit for hit in hits if hit.element.media is not None and hit.element.modality != "page"]
    for hit in sorted(pictures, key=lambda hit: (hit.element.media not in cited, hit.rank)):
        beside = (hit.document.id, hit.element.page) in pages
        if hit.element.media and hit.element.media not in seen and (hit.element.media in cited or beside):
            seen.add(hit.element.media)
            chosen.append(hit)
    return tuple(chosen[:MOST_IMAGES])


class _Clock:
    """Wall time of each stage."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._stages: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self._stages[name] = time.perf_counter() - began

    def seconds(self) -> dict[str, float]:
        return {**self._stages, "total": time.perf_counter() - self._began}
