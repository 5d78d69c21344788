from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from rag.engine import Engine
from rag.langchain import SightlineVectorStore
from rag.settings import load_settings

NUMBERS = count()


@pytest.fixture(scope="package")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The builtin encoder, loaded once; what a test adds lies in a collection of its own."""
    root = tmp_path_factory.mktemp("langchain") / "store"
    with Engine(settings=load_settings(store=root, encoders=("builtin",), ocr=False, workers=1)) as engine:
        engine.load(create=True)
        yield engine


@pytest.fixture
def vectorstore(engine: Engine) -> Iterator[SightlineVectorStore]:
    """An empty one."""
    store = SightlineVectorStore(engine, collection=f"test-{next(NUMBERS)}")
    yield store
    store.delete()
