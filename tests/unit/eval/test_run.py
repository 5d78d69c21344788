from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from eval.ask import ask, pages
from eval.datasets import read_questions
from eval.run import evaluate, main
from rag.engine import Engine
from rag.errors import BadRequest, UnknownDocument
from tests.unit.eval.conftest import QUESTIONS, Write

app = typer.Typer()
app.command()(main)


def run(*arguments: str | Path) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return done.exit_code, done.stdout, done.stderr


def test_every_question_with_evidence_is_asked_of_its_document(dataset: Path, engine: Engine) -> None:
    asked = list(ask(read_questions(dataset), engine, n_hits=10, document_given=True))
    assert [one.question.id for one in asked] == ["lamps#0", "lamps#1", "boats#0"]
    for one in asked:
        assert {source for source, _ in one.hits} == {f"papers/{one.question.document}"}
    lamps = engine.document("lamps.pdf").id
    assert asked[0].ranking.found[0] == (lamps, 2)
    assert asked[0].ranking.wanted == {(lamps, 2)}


def test_without_the_document_the_whole_store_is_searched(dataset: Path, engine: Engine) -> None:
    asked = list(ask(read_questions(dataset), engine, n_hits=10, document_given=False))
    assert {source for one in asked for source, _ in one.hits} == {"papers/lamps.pdf", "papers/boats.pdf"}


def test_pages_are_taken_once_in_the_order_of_their_first_hit(engine: Engine) -> None:
    hits = engine.search("ferry lens lantern gallery", k=10)
    found = pages([*hits, *reversed(hits)])
    assert found == tuple((hit.document.id, hit.element.page) for hit in hits)
    assert len(found) == 4


def test_the_report_holds_the_means_of_every_slice(dataset: Path, engine: Engine) -> None:
    found = evaluate(dataset, engine, ks=(1, 5), n_hits=5, document_given=True, rows=None)
    recall = {part["slice"]: part["measures"]["recall@5"]["mean"] for part in found["slices"]}
    # Page 2 is found; of pages 1 and 3 only 1 exists; page 9 does not.
    assert recall == {
        "all questions": 0.5,
        "evidence: figure": 0.0,
        "evidence: table": 0.5,
        "evidence: text": 0.75,
        "document: report": 0.75,
        "document: slides": 0.0,
        "text layer: all": 0.75,
        "text layer: none": 0.0,
    }
    assert found["slices"][0]["questions"] == 3


def test_one_line_is_written_for_each_question(dataset: Path, engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "rows.jsonl"
    evaluate(dataset, engine, ks=(5,), n_hits=1, document_given=True, rows=path)
    first, second, third = [json.loads(line) for line in path.read_text().splitlines()]
    assert (first["id"], first["wanted"], first["hits"]) == ("lamps#0", [2], [["papers/lamps.pdf", 2]])
    assert (first["recall@5"], second["recall@5"], third["recall@5"]) == (1.0, 0.5, 0.0)


def test_a_document_that_is_not_in_the_store_is_named(write: Write, engine: Engine) -> None:
    folder = write(*QUESTIONS, {**QUESTIONS[0], "id": "kites#0", "document": "kites.pdf"})
    with pytest.raises(UnknownDocument, match=r"kites\.pdf"):
        evaluate(folder, engine, ks=(5,), n_hits=5, document_given=False, rows=None)


def test_a_dataset_without_evidence_cannot_be_measured(write: Write, engine: Engine) -> None:
    with pytest.raises(BadRequest, match="evidence pages"):
        evaluate(write({**QUESTIONS[0], "pages": []}), engine, ks=(5,), n_hits=5, document_given=True, rows=None)


def test_the_command_prints_one_json_object(dataset: Path, store: Path) -> None:
    code, out, _ = run("--dataset", dataset, "--store", store, "--k", "5,1", "--no-document", "--json")
    found = json.loads(out)
    assert (code, found["document_given"], found["hits"]) == (0, False, 5)
    assert list(found["slices"][0]["measures"]) == ["recall@1", "recall@5", "mrr", "ndcg@5"]


def test_the_command_prints_a_table_with_intervals(dataset: Path, store: Path) -> None:
    code, out, _ = run("--dataset", dataset, "--store", store, "--k", "5")
    assert code == 0
    assert "the question's document given, 5 hits" in out
    # Recall is 1 and 0.5 on lamps.pdf, 0 on boats.pdf. Four draws of lamps.pdf in a row give 1 in 1.6 % of the samples and
    # 0.875 in 6 %, so that the upper end is 0.875.
    assert "0.500 (0.00-0.88)" in out


@pytest.mark.parametrize("depths", ["five", "0,5", "", "2000"])
def test_an_impossible_depth_is_an_error_that_says_what_is_possible(dataset: Path, store: Path, depths: str) -> None:
    code, _, err = run("--dataset", dataset, "--store", store, "--k", depths)
    assert code == 1
    assert "--k cannot be" in err


def test_a_missing_dataset_is_an_error_and_not_a_traceback(tmp_path: Path, store: Path) -> None:
    code, _, err = run("--dataset", tmp_path / "nowhere", "--store", store)
    assert code == 1
    assert "questions.jsonl cannot be read" in err
