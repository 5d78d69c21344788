"""The command line in this process, over a small store."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from rag.cli import app
from tests.service import small_store

Json = dict[str, Any]  # Any: JSON


class Line:
    """Runs commands on one store."""

    def __init__(self, store: Path) -> None:
        self.store = store
        self.environment: dict[str, str] = {
            "SIGHTLINE_STORE": str(store),
            "SIGHTLINE_ENCODERS": "colours",
            "SIGHTLINE_OCR": "false",
            "SIGHTLINE_WORKERS": "1",
        }

    def run(self, *arguments: str | Path, code: int = 0, **environment: str | None) -> tuple[str, str]:
        """What a command prints on stdout and stderr; any error that is not told as one is raised."""
        named = [str(argument) for argument in arguments]
        ours: dict[str, str | None] = {name: None for name in os.environ if name.startswith("SIGHTLINE_")}
        done = CliRunner().invoke(app, named, prog_name="sightline", env={**ours, **self.environment, **environment})
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == code, f"{arguments} gave {done.exit_code}:\n{done.stdout}\n{done.stderr}"
        return done.stdout, done.stderr

    def json(self, *arguments: str | Path, code: int = 0, **environment: str | None) -> Json:
        parsed: Json = json.loads(self.run(*arguments, "--json", code=code, **environment)[0])
        return parsed


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Line:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return Line(small_store(tmp_path / "store"))


def states(findings: Sequence[Json]) -> dict[str, str]:
    """Of each thing that was looked at, how it is."""
    return {one["name"]: one["state"] for one in findings}
