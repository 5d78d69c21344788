"""The stages of the work, told to whoever wants to know of them: a service's figures, its log, its traces."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from rag.errors import SightlineError
from rag.types import AnswerEvent, Done, Sources

if TYPE_CHECKING:
    from PIL.Image import Image

    from rag.protocols import Encoder, Fingerprint
    from rag.types import Vectors

StageName = Literal["search", "rerank", "generate", "encode"]


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage that has ended."""

    name: StageName
    began_ns: int
    """Unix time in nanoseconds."""
    seconds: float
    """Wall time."""
    about: Mapping[str, str]
    """How it was done: `route`, `reranker`, `model`, or `encoder` and `kind`. Of few different values."""
    n: int = 0
    """Hits that were found, texts or pictures that were encoded."""
    text: str = ""
    """What was searched for, as people wrote it: nothing for every log."""
    failed: str = ""
    """The error's code; `left` where nobody waited for the end; empty where it went well."""


Listener: TypeAlias = Callable[[Stage], None]


@dataclass(slots=True)
class Going:
    """A stage that is going on."""

    n: int = 0


@dataclass(slots=True)
class Stages:
    """Who hears of the stages. A listener is called in the thread that did the work, and must be quick."""

    _listeners: tuple[Listener, ...] = field(default=())

    def listen(self, listener: Listener) -> None:
        """Let `listener` hear of every stage that ends from now on."""
        self._listeners = (*self._listeners, listener)

    @contextlib.contextmanager
    def stage(self, name: StageName, *, text: str = "", **about: str) -> Iterator[Going]:
        """Tell of the block once it has ended, also where it failed; what is set in `n` is told too."""
        going, began_ns, began = Going(), time.time_ns(), time.perf_counter()
        failed = ""
        try:
            yield going
        except BaseException as error:
            failed = _code(error)
            raise
        finally:
            stage = Stage(name, began_ns, time.perf_counter() - began, about, going.n, text, failed)
            for listener in self._listeners:
                listener(stage)

    def generating(self, events: Iterator[AnswerEvent], *, model: str) -> Iterator[AnswerEvent]:
        """The events of an answer, as they come; from the sources to the end of the text is the stage `generate`."""
        with contextlib.ExitStack() as going:
            closing = getattr(events, "close", None)  # a generator's; a plain iterator has none
            if closing is not None:
                going.callback(closing)
            for event in events:
                if isinstance(event, Sources):
                    going.enter_context(self.stage("generate", model=model))
                if isinstance(event, Done):
                    going.close()
                yield event


def _code(error: BaseException) -> str:
    if isinstance(error, GeneratorExit):
        return "left"
    return error.code if isinstance(error, SightlineError) else "internal_error"


class HeardEncoder:
    """An encoder as it is, whose batches are told as stages."""

    def __init__(self, encoder: Encoder, stages: Stages) -> None:
        self._encoder = encoder
        self._stages = stages

    @property
    def fingerprint(self) -> Fingerprint:
        """The encoder's."""
        return self._encoder.fingerprint

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """As the encoder does."""
        with self._told("text", len(texts)):
            return self._encoder.encode_texts(texts)

    def encode_images(self, images: Sequence[Image]) -> Vectors:
        """As the encoder does."""
        with self._told("image", len(images)):
            return self._encoder.encode_images(images)

    def split(self, text: str) -> list[str]:
        """As the encoder does."""
        return self._encoder.split(text)

    @contextlib.contextmanager
    def _told(self, kind: str, n: int) -> Iterator[None]:
        if n == 0:
            yield
            return
        with self._stages.stage("encode", encoder=self.fingerprint.name, kind=kind) as going:
            going.n = n
            yield
