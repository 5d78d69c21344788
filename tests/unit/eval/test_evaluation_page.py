"""What docs/evaluation.md says is what the code has."""

from __future__ import annotations

import re
from pathlib import Path

from eval.cli import app
from eval.slices import ANSWER_MEASURES
from eval.tabular import CONVERT

PAGE = (Path(__file__).resolve().parents[3] / "docs/evaluation.md").read_text(encoding="utf-8")


def test_every_measure_is_explained() -> None:
    said = {name for row in re.findall(r"^\| ([\w@, ]+) \|", PAGE, re.MULTILINE) for name in row.split(", ")}
    assert set(ANSWER_MEASURES) <= said


def test_the_line_that_converts_parquet_is_the_one_that_the_error_gives() -> None:
    assert f"{CONVERT} test.parquet > test.jsonl" in PAGE


def test_every_command_is_named() -> None:
    commands = {command.callback.__name__ for command in app.registered_commands if command.callback}
    assert commands == set(re.findall(r"sightline eval (\w+)", PAGE))
