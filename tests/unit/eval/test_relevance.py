from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from eval.answers import wrong_documents
from eval.datasets import read_questions
from eval.relevance import area_under_curve, main, measure
from rag.engine import Engine

app = typer.Typer()
app.command()(main)


def test_every_question_is_asked_in_every_way_and_nothing_stops_where_the_noise_is_unknown(
    dataset: Path, engine: Engine
) -> None:
    found = measure(read_questions(dataset), ["Why do cats purr?", "Who won?", "How deep is it?"], engine)
    assert {kind: (asked["questions"], asked["stopped"]) for kind, asked in found["asked"].items()} == {
        "right document": (1, 0),
        "whole store": (1, 0),
        "wrong document": (1, 0),
        "unanswerable, own document": (3, 0),
        "foreign, whole store": (3, 0),
        "foreign, one document": (3, 0),
    }
    assert set(found["auc"].values()) == {0.5}


def test_a_wrong_document_is_another_one(dataset: Path) -> None:
    assert wrong_documents(read_questions(dataset)) == {"boats.pdf": "lamps.pdf", "lamps.pdf": "boats.pdf"}


@pytest.mark.parametrize(
    ("higher", "lower", "area"),
    [([0.9, 0.8], [0.1], 1.0), ([0.1], [0.9], 0.0), ([0.5, 0.9], [0.5, 0.1], 0.875), ([], [0.5], 0.5)],
)
def test_the_area_counts_pairs_in_the_right_order_and_half_of_the_ties(
    higher: list[float], lower: list[float], area: float
) -> None:
    assert area_under_curve(higher, lower) == area


def test_a_folder_without_questions_is_an_error_that_says_so(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["--dataset", str(tmp_path), "--store", str(tmp_path / "store")])
    assert (done.exit_code, "questions.jsonl" in done.stderr) == (1, True)


def test_the_command_prints_one_json_object_or_lines_to_read(dataset: Path, store: Path) -> None:
    arguments = ["--dataset", str(dataset), "--store", str(store)]
    done = CliRunner().invoke(app, [*arguments, "--json"])
    assert set(json.loads(done.stdout)) == {"asked", "auc"}
    assert "0.000  right document (0 of 1)" in CliRunner().invoke(app, arguments).stdout
