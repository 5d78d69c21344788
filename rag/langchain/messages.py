"""Found documents, with their pictures, as the messages of a chat model that sees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from langchain_core.documents import Document
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from rag.errors import ServerRefused, UnknownMedia
from rag.generators.blocks import block
from rag.langchain.documents import hits_of
from rag.prompt import INSTRUCTION, build_prompt, parts
from rag.types import Budget, Hit

if TYPE_CHECKING:
    from PIL.Image import Image

    from rag.client import Client
    from rag.engine import Engine

MOST_TOKENS = 16_000
MOST_IMAGES = 4
PIXELS = 1_000_000
TOKENS_PER_IMAGE = 1_400
"""At most, for `PIXELS`, by what the documentation of the large providers says: docs/chat.md."""


def evidence_messages(
    question: str,
    documents: Sequence[Document],
    *,
    over: Engine | Client,
    most_images: int = MOST_IMAGES,
    most_tokens: int = MOST_TOKENS,
) -> list[BaseMessage]:
    """What Sightline tells a model: how to answer and cite, then the numbered evidence with its pictures, then the question.

    `over`: where the documents' pictures are. `most_images`: 0 for a model that only reads; each has at most `PIXELS`
    pixels and goes as data. `most_tokens`: of everything; documents that do not fit are left out, the last first. Texts are
    fenced, so that nothing in them can pass for an instruction.
    """
    budget = Budget(most_tokens, most_images, PIXELS, TOKENS_PER_IMAGE)

    def pictures(hit: Hit) -> Sequence[Image]:
        try:
            return () if hit.element.media is None else (over.picture(hit.element.media),)
        except (UnknownMedia, ServerRefused):  # removed since it was found
            return ()

    prompt = build_prompt(question, hits_of(documents), budget=budget, pictures=pictures, instruction=INSTRUCTION)
    blocks = [block(part) for part in parts(prompt)]
    return [SystemMessage(INSTRUCTION), HumanMessage([*blocks])]
