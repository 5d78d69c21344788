"""Sightline's whole search as LangChain's retriever: every route, words and pictures, in this process or over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from rag.client import Client
from rag.engine import Engine
from rag.langchain.documents import found
from rag.types import Filters, Route

if TYPE_CHECKING:
    from langchain_core.callbacks import CallbackManagerForRetrieverRun

K = 4
"""As LangChain's own retrievers."""


class SightlineRetriever(BaseRetriever):
    """The k elements (passages, tables, pictures, pages) that answer a question, best first, as documents.

    `SightlineRetriever(over=engine)` or `SightlineRetriever(over=Client(url))`; `k`, `filters` and `route` may also be given
    to `invoke`. A document's `page_content` is what the element says, for a picture its caption and the words in and beside
    it; its `metadata` say where it stands (`source`, `title`, `page` from 1, `box`, `modality`, `section`), what it shows
    (`media`, with `media_path` of an engine, `media_url` and `page_url` of a service) and how well it fits (`score`,
    `relevance`, both 0..1).
    Raises: what `Engine.search` or `Client.search` raises.
    """

    over: Engine | Client
    """Where to search."""
    k: int = K
    filters: Filters | None = None
    route: Route | None = None
    """None for that of the collection, or of the settings."""

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002  # LangChain's own signature
        k: int | None = None,
        filters: Filters | None = None,
        route: Route | None = None,
    ) -> list[Document]:
        hits = self.over.search(
            query,
            k=self.k if k is None else k,
            filters=filters or self.filters,
            route=route or self.route,
        )
        return [found(hit, over=self.over) for hit in hits]
