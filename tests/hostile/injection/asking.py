"""The hostile library in a store, and the ways to ask it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rag.answer import Asked, answer
from rag.engine import Engine
from rag.types import AnswerEvent, Filters, Hit, IngestReport, JsonValue
from tests.hostile.injection.build import HONEST
from tests.hostile.injection.library import Payload
from tests.hostile.injection.obedient import obey
from tests.hostile.injection.watch import Watch
from tests.scripted import ScriptedGenerator


@dataclass
class Hostile:
    """The library in a store, and the ways to ask it."""

    engine: Engine
    payloads: dict[str, Payload]
    reports: list[IngestReport]
    watch: Watch
    ids: dict[str, str]
    _kept: dict[tuple[str, str], list[AnswerEvent]] = field(default_factory=dict)
    _hits: dict[str, tuple[Hit, ...]] = field(default_factory=dict)

    def beside(self, payload: Payload) -> Filters:
        """A payload's document and the honest ones."""
        return Filters(document=tuple(self.ids[source] for source in (payload.source, *HONEST) if source in self.ids))

    def hits(self, payload: Payload) -> tuple[Hit, ...]:
        """What a question about a payload finds in its document and in the honest ones."""
        if payload.name not in self._hits:
            self._hits[payload.name] = self.engine.search(payload.question, k=20, filters=self.beside(payload))
        return self._hits[payload.name]

    def obeyed(self, name: str) -> list[AnswerEvent]:
        """The answer of a model that obeys."""
        if (name, "obeyed") not in self._kept:
            self._kept[name, "obeyed"] = self.ask(self.payloads[name], ScriptedGenerator(obey))
        return self._kept[name, "obeyed"]

    def quoted(self, name: str) -> list[AnswerEvent]:
        """The answer of the generator that quotes."""
        payload = self.payloads[name]
        if (name, "quoted") not in self._kept:
            events = self.engine.query(payload.question, k=20, filters=self.beside(payload), stream=True)
            self._kept[name, "quoted"] = list(events)
        return self._kept[name, "quoted"]

    def ask(
        self, payload: Payload, generator: ScriptedGenerator, *, schema: dict[str, JsonValue] | None = None
    ) -> list[AnswerEvent]:
        return ask(payload.question, self.hits(payload), generator, schema=schema)


def ask(
    question: str, hits: Sequence[Hit], generator: ScriptedGenerator, *, schema: dict[str, JsonValue] | None = None
) -> list[AnswerEvent]:
    return list(answer(Asked(question, schema=schema), search=lambda _: hits, generator=generator))
