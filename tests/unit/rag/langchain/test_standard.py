"""LangChain's own suites, over a real engine and a real service; nothing of them is skipped or expected to fail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_tests.integration_tests import (
    EmbeddingsIntegrationTests,
    RetrieversIntegrationTests,
    VectorStoreIntegrationTests,
)
from langchain_tests.unit_tests import EmbeddingsUnitTests

from rag.client import Client
from rag.engine import Engine
from rag.langchain import SightlineEmbeddings, SightlineRetriever, SightlineVectorStore
from rag.settings import load_settings
from rag.types import Filters
from tests.service import running, small_store

Params = dict[str, Any]  # Any: the suites' own signature


class _OverTheEngine:
    @pytest.fixture(autouse=True)
    def _with_engine(self, engine: Engine, vectorstore: SightlineVectorStore) -> None:
        vectorstore.add_texts(["The lamp burns.", "The bell rings in fog.", "A puffin nests.", "The tide turns."])
        self.engine = engine
        self.collection = vectorstore.collection


class TestEmbeddingsByName(EmbeddingsUnitTests):
    @property
    def embeddings_class(self) -> type[SightlineEmbeddings]:
        return SightlineEmbeddings

    @property
    def embedding_model_params(self) -> Params:
        return {"of": "builtin"}


class TestEmbeddingsOfAnEngine(_OverTheEngine, EmbeddingsIntegrationTests):
    @property
    def embeddings_class(self) -> type[SightlineEmbeddings]:
        return SightlineEmbeddings

    @property
    def embedding_model_params(self) -> Params:
        return {"of": self.engine}


class TestVectorStore(VectorStoreIntegrationTests):
    """Over the builtin encoder: the vectors that the suite brings along are random, and have no weights to be known by."""

    @pytest.fixture
    def vectorstore(self, vectorstore: SightlineVectorStore) -> SightlineVectorStore:
        return vectorstore


class TestRetrieverOverAnEngine(_OverTheEngine, RetrieversIntegrationTests):
    @property
    def retriever_constructor(self) -> type[SightlineRetriever]:
        return SightlineRetriever

    @property
    def retriever_constructor_params(self) -> Params:
        return {"over": self.engine, "filters": Filters(collection=(self.collection,))}

    @property
    def retriever_query_example(self) -> str:
        return "Which lamp burns?"


class TestRetrieverOverAService(RetrieversIntegrationTests):
    @pytest.fixture(autouse=True, scope="class")
    @staticmethod
    def _served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
        root: Path = small_store(tmp_path_factory.mktemp("served") / "store")
        settings = load_settings(store=root, encoders=("colours",), ocr=False, workers=1)
        with running(Engine(settings=settings)) as url, Client(url) as client:
            request.cls.client = client
            yield

    client: Client

    @property
    def retriever_constructor(self) -> type[SightlineRetriever]:
        return SightlineRetriever

    @property
    def retriever_constructor_params(self) -> Params:
        return {"over": self.client}

    @property
    def retriever_query_example(self) -> str:
        return "red lamp by the sea"
