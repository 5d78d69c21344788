"""A place to lay down files and read them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.desk import Shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    folder = tmp_path / "home" / "library"
    folder.mkdir(parents=True)
    return Shelf(folder)
