from __future__ import annotations

import pytest

from rag.generators.chat_model import KEYS


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """No key of whoever runs the tests."""
    for variable in {name for names in KEYS.values() for name in names}:
        monkeypatch.delenv(variable, raising=False)
