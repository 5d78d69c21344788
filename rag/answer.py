"""The story of a question: make it stand alone, search, build a prompt, generate, cite."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Generator as Steps
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from rag import followup
from rag import prompt as prompts
from rag.errors import BadRequest
from rag.growing import SectionOf, no_section
from rag.pace import paced
from rag.protocols import Generator
from rag.reading import AnswerReader
from rag.types import (
    Answer,
    AnswerEvent,
    Citation,
    Cited,
    Done,
    Hit,
    Hits,
    JsonValue,
    Note,
    Prompt,
    Sources,
    Turn,
    Usage,
)

if TYPE_CHECKING:
    from PIL.Image import Image

    from rag.prompt import Pictures
    from rag.structured import Form

MOST_IMAGES = 4
STALL_SECONDS = 300.0
NOT_ANSWERED = "The library does not answer this question. The nearest evidence is listed."


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and how it wants to be answered."""

    question: str
    history: tuple[Turn, ...] = ()
    """Earlier turns of the conversation, oldest first."""
    schema: Mapping[str, JsonValue] | None = None
    """A JSON Schema that the answer must follow."""
    image: Image | None = None
    """A picture that it is asked about."""
    stop: threading.Event = field(default_factory=threading.Event)
    """Set it, from any thread, when nobody waits for the answer any more."""
    stall_seconds: float = STALL_SECONDS
    """A model that says nothing for so long is given up."""


def answer(
    asked: Asked,
    *,
    search: Callable[[str], Sequence[Hit]],
    notes: Callable[[], Sequence[Note]] = tuple,
    is_relevant: Callable[[Sequence[Hit]], bool] = bool,
    generator: Generator,
    pictures: Pictures = prompts.no_pictures,
    section_of: SectionOf = no_section,
) -> Iterator[AnswerEvent]:
    """Answer a question from what `search` finds, every sentence with its evidence, told while it is being written.

    First come the sources, then stretches of text and the sentences they complete, last the whole answer. `search` is given
    the question as it stands alone; where what it finds is not relevant, the generator is not asked. `notes` gives what there
    is to know of that search, and is asked after it. `pictures` gives what a generator that sees is shown of a hit,
    `section_of` what a passage may grow to. Where no sentence is supported, `answerable` is false and the hits are still
    given. Closing the iterator stops the generator.
    Raises: whatever `search` raises; GenerateFailed if the generator breaks off or stalls; SchemaMismatch, BadRequest if
        there is a schema that the answer does not, or cannot, follow.
    """
    form = _form(asked, generator)
    clock = _Clock()
    question = asked.question
    if asked.history:
        with clock.stage("rewrite"):
            question = followup.standalone(asked.question, asked.history, generator)
    with clock.stage("search"):
        hits = Hits(search(question))
    with clock.stage("prompt"):
        prompt = _prompt(
            question, asked, hits, generator=generator, pictures=pictures, section_of=section_of, form=form
        )
    yield Sources(prompt.evidence)
    writing = _Writing(prompt, generator, clock, asked)
    with clock.stage("generate"):
        if not is_relevant(hits):
            written = _Written()
        elif form is None:
            written = yield from writing.told()
        else:
            written = yield from writing.filled(form)
    told = _answer(asked, prompt, hits, written=written, model=generator.name, clock=clock)
    yield Done(replace(told, notes=tuple(notes())))


def whole(events: Iterator[AnswerEvent]) -> Answer:
    """The answer that the events end with."""
    *_, last = events
    if not isinstance(last, Done):
        raise TypeError(f"An answer ends with Done, not with {type(last).__name__}.")
    return last.answer


def _form(asked: Asked, generator: Generator) -> Form | None:
    if asked.schema is None:
        return None
    from rag.structured import Form

    if not generator.instructed:
        raise BadRequest(
            f"schema: {generator.name} answers in its own words and cannot fill in a form.",
            hint="Ask with a generator that can: transformers:MODEL or chat:PROVIDER:MODEL.",
        )
    return Form(asked.schema)


def _prompt(
    question: str,
    asked: Asked,
    hits: Sequence[Hit],
    *,
    generator: Generator,
    pictures: Pictures,
    section_of: SectionOf,
    form: Form | None,
) -> Prompt:
    budget, instruction = generator.budget, prompts.INSTRUCTION
    if form is not None:
        from rag.structured import REPAIR_TOKENS

        budget, instruction = replace(budget, tokens=budget.tokens - REPAIR_TOKENS), form.instruction
    return prompts.build_prompt(
        question,
        hits,
        budget=budget,
        pictures=pictures,
        history=asked.history,
        instruction=instruction,
        image=asked.image,
        section_of=section_of,
    )


@dataclass(frozen=True, slots=True)
class _Written:
    """What a generator wrote, read."""

    text: str = ""
    cited: tuple[Cited, ...] = ()
    invented: tuple[int, ...] = ()
    data: JsonValue = None
    usage: Usage = field(default_factory=Usage)


class _Writing:
    """A generator at work."""

    def __init__(self, prompt: Prompt, generator: Generator, clock: _Clock, asked: Asked) -> None:
        self._prompt = prompt
        self._generator = generator
        self._clock = clock
        self._asked = asked
        self._usages: list[Usage] = []

    def told(self) -> Steps[AnswerEvent, None, _Written]:
        """Text, as it comes."""
        reader = AnswerReader(self._prompt)
        with self._pieces(self._prompt) as pieces:
            for piece in pieces:
                yield from reader.take(piece)
                if reader.goes_round:
                    break
        yield from reader.end()
        return _Written(reader.text, tuple(reader.cited), reader.invented, usage=self._usage())

    def filled(self, form: Form) -> Steps[AnswerEvent, None, _Written]:
        """A form, when it is complete and fits."""

        def write(prompt: Prompt) -> str:
            with self._pieces(prompt) as pieces:
                return "".join(pieces)

        filled = form.fill(self._prompt, write)
        yield from filled.cited
        text = "" if filled.data is None else json.dumps(filled.data, ensure_ascii=False)
        if any(cited.sentence.support != "supported" for cited in filled.cited):
            text = ""  # one wrong value makes a record that nobody can use
        return _Written(text, filled.cited, filled.invented, filled.data, self._usage())

    @contextmanager
    def _pieces(self, prompt: Prompt) -> Iterator[Iterator[str]]:
        pieces = self._generator.generate(prompt, self._usages.append)
        asked = self._asked
        with paced(pieces, stop=asked.stop, stall_seconds=asked.stall_seconds, model=self._generator.name) as written:
            yield self._timed(written)

    def _timed(self, pieces: Iterator[str]) -> Iterator[str]:
        for piece in pieces:
            self._clock.first_token()
            yield piece

    def _usage(self) -> Usage:
        return Usage(
            tokens_in=sum(usage.tokens_in for usage in self._usages),
            tokens_out=sum(usage.tokens_out for usage in self._usages),
            peak_bytes=max((usage.peak_bytes for usage in self._usages), default=0),
        )


def _answer(asked: Asked, prompt: Prompt, hits: Hits, *, written: _Written, model: str, clock: _Clock) -> Answer:
    supported = [cited for cited in written.cited if cited.sentence.support == "supported"] if written.text else []
    citations = tuple(citation for cited in supported for citation in cited.citations)
    return Answer(
        question=asked.question,
        text=written.text if supported else NOT_ANSWERED,
        answerable=bool(supported),
        citations=citations,
        hits=hits,
        images=Hits(_images(citations, hits), hits.pictures),
        model=model,
        seconds=clock.seconds(),
        sentences=tuple(cited.sentence for cited in written.cited),
        asked=prompt.question,
        invented=written.invented,
        left_out=prompt.left_out,
        usage=written.usage,
        data=written.data if supported else None,
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
        self._generating = self._began
        self._stages: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self._generating = began = time.perf_counter()
        yield
        self._stages[name] = time.perf_counter() - began

    def first_token(self) -> None:
        """Say that something was said, counted from the beginning of this stage."""
        self._stages.setdefault("first_token", time.perf_counter() - self._generating)

    def seconds(self) -> dict[str, float]:
        return {**self._stages, "total": time.perf_counter() - self._began}
