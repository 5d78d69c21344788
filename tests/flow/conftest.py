"""A folder to ingest and the command line to do it with, as a person would."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw
from typer.testing import CliRunner

from rag.cli import app

Json = dict[str, Any]  # Any: JSON
SIGHTLINE = Path(sys.executable).parent / "sightline"


class CommandLine:
    """Runs `sightline` with a store of its own and the small encoder whose vectors can be computed in the head.

    In this process, because starting one takes longer than most commands do: `process` starts one.
    """

    def __init__(self, store: Path) -> None:
        self.store = store
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SIGHTLINE_")},
            "SIGHTLINE_STORE": str(store),
            "SIGHTLINE_ENCODERS": "colours",
            "SIGHTLINE_OCR": "false",
            "SIGHTLINE_WORKERS": "1",
            "NO_COLOR": "1",
        }

    def run(self, *arguments: str | Path, code: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
        """What the command prints and ends with; any error that is not told as one is raised."""
        named = [str(argument) for argument in arguments]
        ours: dict[str, str | None] = {name: None for name in os.environ if name.startswith("SIGHTLINE_")}
        with contextlib.chdir(self.store.parent):
            done = CliRunner().invoke(
                app, named, prog_name="sightline", env={**ours, **self.environment, **environment}
            )
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == code, f"{arguments} gave {done.exit_code}:\n{done.stdout}\n{done.stderr}"
        return subprocess.CompletedProcess(named, done.exit_code, done.stdout, done.stderr)

    def process(self, *arguments: str | Path, code: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
        """The same in a process of its own."""
        done = subprocess.run(
            [SIGHTLINE, *map(str, arguments)],
            env={**self.environment, **environment},
            cwd=self.store.parent,
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )
        assert done.returncode == code, f"{arguments} gave {done.returncode}:\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done

    def json(self, *arguments: str | Path, code: int = 0, **environment: str) -> Json:
        parsed: Json = json.loads(self.run(*arguments, "--json", code=code, **environment).stdout)
        return parsed

    def sources(self) -> list[str]:
        return [document["source"] for document in self.json("documents", "list")["documents"]]


@pytest.fixture
def sightline(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "store")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three texts, one of them in a folder below, and two pictures."""
    root = tmp_path / "folder"
    (root / "deep").mkdir(parents=True)
    (root / "lamp.txt").write_text("The lamp was lit at dusk.\n\nIt burned oil until 1921.")
    (root / "boats.md").write_text("# Boats\n\nThe supply boat came on Fridays.\n\n## Crew\n\nFour men rowed it.")
    (root / "deep" / "fog.txt").write_text("Fog closed the harbour for nine days in March.")
    for colour in ("red", "blue"):
        image = Image.new("RGB", (64, 48), colour)
        ImageDraw.Draw(image).line((0, 0, 64, 48), fill="white")
        image.save(root / f"{colour}.png")
    return root


Contents = Mapping[str, list[tuple[object, ...]]]


@pytest.fixture
def contents() -> Callable[[Path], Contents]:
    """Everything that a store holds, but for row numbers and times: equal stores give equal contents."""

    def read(store: Path) -> Contents:
        import sqlite3

        connection = sqlite3.connect(store / "catalogue.sqlite")
        queries = {
            "documents": "SELECT id, title, media_type, n_pages, metadata FROM documents ORDER BY 1",
            "sources": "SELECT source, document_id FROM sources ORDER BY 1, 2",
            "elements": "SELECT id, document_id, ordinal, modality, page, text, box, media, ocr FROM elements ORDER BY 1",
            "vectors": "SELECT e.id, space, kind, window, vector FROM vectors JOIN elements e ON e.row = element"
            " ORDER BY 1, 2, 3, 4",
            "multivectors": "SELECT e.id, space, codes FROM multivectors JOIN elements e ON e.row = element ORDER BY 1, 2",
            "words": "SELECT e.id, l.title, l.section, l.text, l.ocr, l.caption FROM lexical l JOIN elements e ON e.row = l.rowid"
            " ORDER BY 1",
            "orphans": "SELECT COUNT(*) FROM vectors WHERE element NOT IN (SELECT row FROM elements) UNION ALL"
            " SELECT COUNT(*) FROM multivectors WHERE element NOT IN (SELECT row FROM elements) UNION ALL"
            " SELECT COUNT(*) FROM lexical WHERE rowid NOT IN (SELECT row FROM elements)",
        }
        found = {name: connection.execute(query).fetchall() for name, query in queries.items()}
        connection.close()
        found["media"] = sorted((path.name, path.read_bytes()) for path in (store / "media").glob("*/*"))
        found["unfinished"] = [(path.name,) for path in (store / "media").glob("unfinished-*")]
        return found

    return read
