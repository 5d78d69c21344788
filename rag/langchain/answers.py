"""Sightline's own answer as a step of a chain, from the documents that the chain has found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict

from langchain_core.documents import Document
from langchain_core.runnables import Runnable, RunnableLambda

from rag import wiring
from rag.answer import Asked, answer, whole
from rag.errors import BadRequest
from rag.langchain.documents import hits_of
from rag.relevance import is_relevant
from rag.types import Answer, Hit

if TYPE_CHECKING:
    from rag.engine import Engine


class Question(TypedDict):
    """What a step of a chain is given."""

    question: str
    documents: Sequence[Document]
    """Best first, from `SightlineRetriever`, `SightlineVectorStore` or any other."""


def answering(engine: Engine, *, generator: str | None = None) -> Runnable[Question, Answer]:
    """A step that answers a question from the documents it is given with it, every sentence cited and checked.

    `generator`: one of those in the engine's settings, the first of them if not said; `extractive` needs no model and no
    network. Where no document answers, `Answer.answerable` is false, as from `Engine.query`.
    Raises: BadRequest without a question, or if there is no such generator; GenerateFailed if the generator breaks off;
        StoreNotFound.
    """

    def step(asked: Question) -> Answer:
        if not asked["question"].strip():
            raise BadRequest("There is no question.", hint="Give the step {'question': …, 'documents': […]}.")
        store = engine.opened.store()
        hits = hits_of(asked["documents"], find=store.find_element)

        def relevant(found: Sequence[Hit]) -> bool:
            return bool(found) and is_relevant(found)

        events = answer(
            Asked(asked["question"], stall_seconds=engine.settings.stall_seconds),
            search=lambda alone: hits,
            is_relevant=relevant,
            generator=engine.opened.generator(generator),
            pictures=lambda hit: wiring.pictures_of(store, hit),
        )
        return whole(events)

    return RunnableLambda(step, name="sightline answer")
