from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from rag.engine import Engine
from rag.settings import Settings, load_settings
from rag.store.media import MediaStore
from tests.service import small_store

Open = Callable[..., TestClient]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small store; and in its media a page, which nothing names."""
    root = small_store(tmp_path / "store")
    MediaStore(root / "media").put_bytes(b"<script>alert(1)</script>", suffix=".html")
    return root


@pytest.fixture
def settings(root: Path) -> Settings:
    return load_settings(store=root, encoders=("colours",), ocr=False, workers=1, max_upload_mb=1)


@pytest.fixture
def open_service(settings: Settings) -> Iterator[Open]:
    """Make a client of the service; settings may be changed by name."""
    engines: list[Engine] = []

    def open_one(**changes: object) -> TestClient:
        engines.append(Engine(settings=settings.model_copy(update=changes)))
        return TestClient(create_app(engines[-1]), base_url="http://127.0.0.1:8321", raise_server_exceptions=False)

    yield open_one
    for engine in engines:
        engine.close()


@pytest.fixture
def service(open_service: Open) -> TestClient:
    return open_service()
