"""`sightline eval` as a person uses it, from documents to a report."""

# mypy: disallow-untyped-calls=False
# PyMuPDF declares no types for most of what it offers.

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pymupdf
import pytest

from tests.flow.conftest import CommandLine

PAGES = ("The red lamp burns rape oil.", "The green boat leaves at noon.", "The blue bell weighs nine tonnes.")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Two reports of three pages each, and what is known of them."""
    root = tmp_path / "library"
    root.mkdir()
    questions: list[dict[str, object]] = []
    for name, place in (("north", "harbour"), ("south", "island")):
        drawn = pymupdf.open()
        for page, text in enumerate(PAGES, start=1):
            said = text.replace(" burns", f" of the {place} burns")
            drawn.new_page().insert_text((72, 100), said)
            question = {
                "id": f"{name}#{page}",
                "document": f"{name}.pdf",
                "question": f"What of the {text.split()[1]} one?",
            }
            questions.append(
                {**question, "pages": [page], "answer": said, "sources": ["text" if page < 3 else "figure"]}
            )
        drawn.save(root / f"{name}.pdf")
    questions.append(
        {"id": "north#none", "document": "north.pdf", "question": "Who was king?", "pages": [], "answer": None}
    )
    (root / "questions.jsonl").write_text("".join(json.dumps(one) + "\n" for one in questions))
    return root


def evaluate(sightline: CommandLine, *arguments: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    return sightline.run("eval", *arguments, code=code)


def test_a_library_is_measured_compared_and_reported(sightline: CommandLine, library: Path, tmp_path: Path) -> None:
    sightline.run("ingest", library, "--exclude", "questions.jsonl")
    given = json.loads(evaluate(sightline, "run", library, "--answers", "-o", "given.jsonl", "--json").stdout)
    measures = {name: one["mean"] for name, one in given["slices"][0]["measures"].items()}
    assert (measures["recall@1"], measures["recall@5"], measures["ndcg@10"]) == (1.0, 1.0, 1.0)
    assert measures["citation_recall"] > 0.5
    assert len((tmp_path / "given.jsonl").read_text().splitlines()) == 8

    evaluate(sightline, "run", library, "--scope", "store", "-o", "store.jsonl", "--hits", "1")
    table = evaluate(sightline, "compare", "given.jsonl", "store.jsonl", "--fail-if", "recall@10 < -0.01", code=1)
    assert "6 questions in both, 1 only in the first" in table.stdout
    assert table.stderr.strip() == "failed: recall@10 < -0.01"
    evaluate(sightline, "report", "given.jsonl", "store.jsonl", "-o", "report.html", "--store", sightline.store)
    page = (tmp_path / "report.html").read_text()
    assert page.count("<svg") == 4
    assert "data:image/webp;base64," in page
    assert 'class="box' in page
    assert "not found in store" in page


def test_a_collection_is_unpacked_ingested_and_measured(sightline: CommandLine, tmp_path: Path) -> None:
    root = tmp_path / "beir"
    (root / "qrels").mkdir(parents=True)
    entries = [{"_id": f"{at}/x", "title": "", "text": text} for at, text in enumerate(PAGES)]
    (root / "corpus.jsonl").write_text("".join(json.dumps(one) + "\n" for one in entries))
    queries = [{"_id": str(at), "text": text.split(" ", 3)[1] + " thing"} for at, text in enumerate(PAGES)]
    (root / "queries.jsonl").write_text("".join(json.dumps(one) + "\n" for one in queries))
    (root / "qrels/test.tsv").write_text("query-id\tcorpus-id\tscore\n0\t0/x\t1\n1\t1/x\t2\n2\t0/x\t1\n2\t2/x\t1\n")
    assert evaluate(sightline, "unpack", root, "files").stdout == "3 files in files\n"
    sightline.run("ingest", tmp_path / "files")
    found = json.loads(evaluate(sightline, "run", root, "--k", "1,3", "-o", "run.jsonl", "--json").stdout)
    measures = {name: one["mean"] for name, one in found["slices"][0]["measures"].items()}
    assert found["header"]["scope"] == "store"
    assert measures["recall@1"] == pytest.approx((1 + 1 + 0.5) / 3, abs=1e-9)
    assert measures["mrr"] == 1.0


def test_a_condition_that_cannot_be_read_is_wrong_usage(sightline: CommandLine) -> None:
    done = sightline.process("eval", "compare", "a.jsonl", "b.jsonl", "--fail-if", "better", code=2)
    assert "--fail-if cannot be 'better'" in done.stderr
