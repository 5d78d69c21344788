"""Ask the questions of a dataset and keep the pages that come back."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from eval.datasets import Question
from eval.metrics import Page, Ranking
from rag.engine import MOST_HITS, Engine
from rag.types import Filters, Hit


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was asked, and the pages that came back."""

    question: Question
    ranking: Ranking
    hits: tuple[tuple[str, int], ...]
    """Source and page of each hit, best first."""
    text_layer: str
    """`all`, `some` or `none` of the document's pages have one."""
    seconds: float
    """Wall time of the search."""


def ask(questions: Sequence[Question], engine: Engine, *, n_hits: int, document_given: bool) -> Iterator[Asked]:
    """Ask every question that has evidence pages, in the order given, for `n_hits` hits each.

    Raises: UnknownDocument if a question's document is not in the store.
    """
    asking = [question for question in questions if question.pages]
    ids = {name: engine.document(name).id for name in sorted({question.document for question in asking})}
    text_layers = {question.document: "" for question in asking}
    for question in asking:
        only = Filters(document=(ids[question.document],))
        text_layers[question.document] = text_layers[question.document] or text_layer(engine, question.question, only)
        began = time.perf_counter()
        hits = engine.search(question.question, k=n_hits, filters=only if document_given else None)
        yield Asked(
            question=question,
            ranking=Ranking(pages(hits), frozenset((ids[question.document], page) for page in question.pages)),
            hits=tuple((hit.document.source, hit.element.page) for hit in hits),
            text_layer=text_layers[question.document],
            seconds=time.perf_counter() - began,
        )


def pages(hits: Sequence[Hit]) -> tuple[Page, ...]:
    """The distinct pages of the hits, in order of their first hit."""
    return tuple(dict.fromkeys((hit.document.id, hit.element.page) for hit in hits))


def text_layer(engine: Engine, question: str, only: Filters) -> str:
    """Whether `all`, `some` or `none` of a document's pages with text carry it themselves, as against by OCR.

    Looks at the text elements that a search in the document brings up, which is all of them in a document of usual length.
    """
    texts = Filters(document=only.document, modality=("text",))
    elements = [hit.element for hit in engine.search(question, k=MOST_HITS, filters=texts)]
    parsed = {element.page for element in elements if element.origin == "parsed"}
    read = {element.page for element in elements if element.origin == "ocr"} - parsed
    return "none" if not parsed else "some" if read else "all"
