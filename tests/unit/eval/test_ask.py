from __future__ import annotations

from pathlib import Path

import pytest

from eval.ask import Plan, ask, units, wrong_documents
from eval.datasets import read_dataset
from eval.judge import Judge
from eval.questions import Question, Wanted
from eval.run import evaluate
from eval.runs import Row, read_run, write_run
from eval.slices import slices
from rag.engine import Engine
from rag.errors import BadRequest, DamagedFile, UnknownDocument
from rag.types import Hit, Route
from tests.scripted import ScriptedGenerator
from tests.unit.eval.conftest import QUESTIONS, Write

PLAN = Plan(ks=(1, 5), hits=5)


def asked(dataset: Path, engine: Engine, plan: Plan = PLAN) -> list[Row]:
    return list(ask(read_dataset(dataset).questions, engine, plan))


def test_every_question_with_evidence_is_put_to_its_document(dataset: Path, engine: Engine) -> None:
    rows = asked(dataset, engine)
    assert [row.id for row in rows] == ["lamps#0", "lamps#1", "boats#0"]
    for row in rows:
        assert {hit.document for hit in row.found} == {f"papers/{row.id.partition('#')[0]}.pdf"}
    (wanted,) = rows[0].wanted
    assert (wanted.document, wanted.page, wanted.rank) == ("lamps.pdf", 2, 1)
    assert wanted.document_id == engine.document("lamps.pdf").id


def test_without_the_document_the_whole_store_is_searched(dataset: Path, engine: Engine) -> None:
    rows = asked(dataset, engine, Plan(ks=(5,), hits=10, scope="store"))
    assert {hit.document for row in rows for hit in row.found} == {"papers/lamps.pdf", "papers/boats.pdf"}


def test_a_row_holds_what_was_found_with_its_scores_and_what_found_it(dataset: Path, engine: Engine) -> None:
    row, *_ = asked(dataset, engine)
    (hit, *_) = row.found
    assert (hit.rank, hit.page, hit.modality, hit.text) == (1, 2, "text", "The lantern burns rape oil.")
    assert 0 < hit.score <= 1
    assert hit.ranks["bm25"] == 1
    assert hit.raw["bm25"] > 0
    assert row.measures == {"recall@1": 1.0, "recall@5": 1.0, "mrr": 1.0, "ndcg@5": 1.0}
    assert row.seconds["search"] >= 0


def test_pages_and_documents_are_taken_once_in_the_order_of_their_first_hit(engine: Engine) -> None:
    hits = engine.search("ferry lens lantern gallery", k=10)
    again: list[Hit] = [*hits, *reversed(hits)]
    assert units(again, by_page=True) == tuple((hit.document.id, hit.element.page) for hit in hits)
    assert len(units(again, by_page=False)) == 2


def test_evidence_may_be_a_whole_document(engine: Engine) -> None:
    question = Question("q", "When does the ferry leave?", wanted=(Wanted("boats.pdf"), Wanted("lamps.pdf", 1)))
    (row,) = ask([question], engine, Plan(ks=(1, 2), hits=10, scope="store"))
    assert {(unit.document, unit.page, unit.rank) for unit in row.wanted} == {
        ("boats.pdf", None, 1),
        ("lamps.pdf", None, 2),
    }
    assert (row.measures["recall@1"], row.measures["recall@2"]) == (0.5, 1.0)


def test_slices_hold_the_means_of_what_tells_the_questions_apart(dataset: Path, engine: Engine) -> None:
    run = evaluate(read_dataset(dataset), engine, PLAN)
    recall = {part.name: part.measures["recall@5"].mean for part in slices(run)}
    # Page 2 is found; of pages 1 and 3 only 1 exists; page 9 does not.
    assert recall == {
        "all questions": 0.5,
        "document: report": 0.75,
        "document: slides": 0.0,
        "evidence: figure": 0.0,
        "evidence: table": 0.5,
        "evidence: text": 0.75,
        "modality: image": 0.0,
        "modality: table": 0.5,
        "modality: text": 0.75,
        "text layer: all": 0.75,
        "text layer: all, one page of evidence": 1.0,
        "text layer: none": 0.0,
        "text layer: none, one page of evidence": 0.0,
    }
    first = slices(run)[0]
    assert (first.questions, first.groups, first.measures["mrr"].n) == (3, 2, 3)


def test_answers_are_asked_of_every_question_and_measured(dataset: Path, engine: Engine) -> None:
    rows = asked(dataset, engine, Plan(ks=(5,), hits=5, answers=True))
    assert [row.id for row in rows] == ["lamps#0", "lamps#1", "lamps#2", "boats#0"]
    first = rows[0]
    assert first.answer is not None
    assert "rape oil" in first.answer.text
    assert first.answer.citations[0].page == 2
    assert (first.measures["em"], first.measures["cited"], first.measures["unsupported"]) == (0.0, 1.0, 0.0)
    assert first.measures["f1"] > 0
    assert "total" in first.seconds
    unanswerable = rows[2]
    assert not unanswerable.answerable
    assert set(unanswerable.measures) <= {"abstention", "unsupported"}


def test_in_a_wrong_document_silence_is_right(dataset: Path, engine: Engine) -> None:
    rows = asked(dataset, engine, Plan(ks=(5,), hits=5, scope="wrong", answers=True))
    assert {hit.document for hit in rows[0].found} == {"papers/boats.pdf"}
    assert not any(row.answerable or row.wanted for row in rows)
    assert rows[0].group == "lamps.pdf"
    for row in rows:
        assert row.answer is not None
        assert row.measures["abstention"] == float(not row.answer.answerable)


def test_a_wrong_document_is_another_one() -> None:
    for n_documents in range(2, 20):
        wrong = wrong_documents([Question(str(at), "Why?", document=str(at)) for at in range(n_documents)])
        assert sorted(wrong.values()) == sorted(wrong)
        assert all(name != other for name, other in wrong.items())


def test_one_document_has_no_wrong_one(engine: Engine) -> None:
    question = Question("q", "Why?", document="lamps.pdf")
    with pytest.raises(BadRequest, match="about one document"):
        list(ask([question], engine, Plan(ks=(5,), hits=5, scope="wrong", answers=True)))


def test_a_question_about_no_document_is_put_to_the_store_only(engine: Engine) -> None:
    with pytest.raises(BadRequest, match="about no document"):
        list(ask([Question("q", "Why?", wanted=(Wanted("lamps.pdf"),))], engine, PLAN))


def test_verdicts_are_asked_for_answers_with_a_reference_only(dataset: Path, engine: Engine) -> None:
    generator = ScriptedGenerator(["yes"], ["perhaps"])
    rows = asked(dataset, engine, Plan(ks=(5,), hits=5, answers=True, judge=Judge(generator)))
    assert len(generator.prompts) == 1
    assert [row.answer.verdict for row in rows if row.answer] == ["yes", None, None, None]
    assert rows[0].measures["judge"] == 1.0


def test_an_answer_that_abstains_agrees_with_no_reference_and_nobody_is_asked(engine: Engine) -> None:
    generator = ScriptedGenerator("yes")
    question = Question("q", "Why do red zebras xylophone?", document="lamps.pdf", answers=("because",))
    (row,) = ask([question], engine, Plan(ks=(5,), hits=5, answers=True, judge=Judge(generator)))
    assert (generator.prompts, row.measures["judge"]) == ([], 0.0)


def test_a_document_that_is_not_in_the_store_is_named(write: Write, engine: Engine) -> None:
    folder = write(*QUESTIONS, {**QUESTIONS[0], "id": "kites#0", "document": "kites.pdf"})
    with pytest.raises(UnknownDocument, match=r"kites\.pdf"):
        asked(folder, engine)


def test_a_dataset_without_evidence_can_only_be_answered(write: Write, engine: Engine) -> None:
    dataset = read_dataset(write({**QUESTIONS[0], "pages": []}))
    with pytest.raises(BadRequest, match="evidence to be found"):
        evaluate(dataset, engine, PLAN)
    assert len(evaluate(dataset, engine, Plan(ks=(5,), hits=5, answers=True)).rows) == 1


def test_a_route_is_passed_on_and_kept(dataset: Path, engine: Engine) -> None:
    routes: tuple[Route, ...] = ("shared", "caption", "fused")
    first = {route: asked(dataset, engine, Plan(ks=(5,), hits=5, route=route))[0] for route in routes}
    assert {name: row.labels["route"] for name, row in first.items()} == {name: (name,) for name in first}
    assert "bm25" in first["fused"].found[0].ranks
    assert not any("bm25" in hit.ranks for hit in first["shared"].found)


def test_a_run_says_what_was_run_and_is_read_back_as_it_was_written(
    dataset: Path, engine: Engine, tmp_path: Path
) -> None:
    read = read_dataset(dataset)
    run = evaluate(read, engine, Plan(ks=(1, 5), hits=5, answers=True))
    path = tmp_path / "deep" / "run.jsonl"
    write_run(run, path)
    assert read_run(path) == run
    header = run.header
    assert (header.dataset, header.digest, header.documents) == ("dataset", read.digest, 2)
    assert (header.scope, header.route, header.ks, header.hits) == ("given", "fused", (1, 5), 5)
    assert header.generator == "extractive"
    assert list(header.encoders) == ["colours"]
    assert {"python", "sightline", "torch"} <= set(header.versions)


def test_a_broken_run_is_named_by_its_line(dataset: Path, engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    write_run(evaluate(read_dataset(dataset), engine, PLAN), path)
    first, second, *_ = path.read_text().splitlines()
    path.write_text(f"{first}\n{second[:-40]}\n")
    with pytest.raises(DamagedFile, match=r"run\.jsonl, line 2 is not of a run: Invalid JSON"):
        read_run(path)
    path.write_text(first.replace('"format": 1', '"format": 2'))
    with pytest.raises(DamagedFile, match="line 1 is not of a run: format"):
        read_run(path)
    path.write_text("")
    with pytest.raises(DamagedFile, match="is empty"):
        read_run(path)
