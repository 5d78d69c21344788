from __future__ import annotations

import base64
import io
import json
from pathlib import Path

import pytest
from PIL import Image

from eval.collection import file_stem
from eval.datasets import read_dataset
from eval.questions import Wanted
from eval.unpack import unpack
from rag.errors import BadRequest, DamagedFile, UnreadablePath, UnsupportedFile

QRELS = "query-id\tcorpus-id\tscore\nq1\tdoc/1\t2\nq1\td2\t0\nq2\td2\t1\n"


def lines(path: Path, *rows: dict[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture
def beir(tmp_path: Path) -> Path:
    """Three queries, of which two are judged, over two texts and one that is empty."""
    root = tmp_path / "fish"
    lines(
        root / "corpus.jsonl",
        {"_id": "doc/1", "title": "Cod", "text": "Cod is cold.", "metadata": {}},
        {"_id": "d2", "title": "", "text": 'Eels say "hello".'},
        {"_id": "d3", "title": "", "text": ""},
    )
    lines(
        root / "queries.jsonl",
        {"_id": "q1", "text": "How cold is the cod?"},
        {"_id": "q3", "text": "Nobody judged this."},
        {"_id": "q2", "text": "Wie spricht der Aal und was sagt er?"},
    )
    (root / "qrels").mkdir()
    (root / "qrels/test.tsv").write_text(QRELS)
    (root / "qrels/train.tsv").write_text("query-id\tcorpus-id\tscore\nq3\td2\t1\n")
    return root


def page(colour: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (200, 100), colour).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def vidore(tmp_path: Path) -> Path:
    """Two questions over two pages of one report: one in the table, one beside it."""
    root = tmp_path / "pages"
    (root / "images").mkdir(parents=True)
    (root / "images/red.png").write_bytes(page("red"))
    lines(
        root / "corpus/test-00000-of-00001.jsonl",
        {"corpus_id": 0, "image": "images/red.png", "doc_id": "report", "page_number_in_doc": 0},
        {"corpus_id": 1, "image": {"bytes": base64.b64encode(page("blue")).decode(), "path": None}, "doc_id": "report"},
    )
    lines(
        root / "queries/test-00000-of-00001.jsonl",
        {"query_id": 0, "query": "Which one?", "language": "english", "answer": "red", "raw_answers": ["red", "rouge"]},
        {"query_id": 1, "query": "Which other?", "language": "french"},
    )
    box = {"x1": 20, "y1": 10, "x2": 120, "y2": 60, "annotator": 0}
    lines(
        root / "qrels/test-00000-of-00001.jsonl",
        {"query_id": 0, "corpus_id": 0, "score": 1, "content_type": ["Chart"], "bounding_boxes": [box]},
        {"query_id": 1, "corpus_id": 1, "score": 2, "content_type": ["Table"]},
    )
    return root


def test_the_judged_queries_of_a_split_are_read_in_order_with_grades(beir: Path) -> None:
    first, second = read_dataset(beir).questions
    assert (first.id, first.wanted) == ("q1", (Wanted("doc%2f1.txt", None, 2),))
    assert (second.id, second.wanted, second.language) == ("q2", (Wanted("d2.txt", None, 1),), "de")
    assert [question.id for question in read_dataset(beir, split="train").questions] == ["q3"]


def test_a_corpus_is_unpacked_under_the_names_that_are_wanted(beir: Path, tmp_path: Path) -> None:
    done = unpack(beir, tmp_path / "files")
    assert (done.written, done.empty) == (2, ("d3",))
    assert {path.name: path.read_text() for path in (tmp_path / "files").iterdir()} == {
        "doc%2f1.txt": "Cod\n\nCod is cold.",
        "d2.txt": 'Eels say "hello".',
    }


def test_pages_are_wanted_with_boxes_as_fractions_of_the_page(vidore: Path) -> None:
    first, second = read_dataset(vidore).questions
    assert first.wanted == (Wanted("red.png", 1, 1, ((0.1, 0.1, 0.6, 0.6),)),)
    assert (first.answers, first.sources, first.language) == (("red", "rouge"), ("Chart",), "english")
    assert (second.wanted, second.modalities) == ((Wanted("1.png", 1, 2),), ("table",))
    assert first.group == second.group == "report"


def test_pages_are_unpacked_as_the_pictures_that_they_are(vidore: Path, tmp_path: Path) -> None:
    assert unpack(vidore, tmp_path / "files").written == 2
    assert (tmp_path / "files/red.png").read_bytes() == page("red")
    assert (tmp_path / "files/1.png").read_bytes() == page("blue")


@pytest.mark.parametrize(
    ("id", "stem"), [("a-1_b.c", "a-1_b.c"), ("../x", "%2e.%2fx"), ("é 1", "é%201"), ("a%b", "a%25b")]
)
def test_an_id_becomes_a_name_that_leads_nowhere_else(id: str, stem: str) -> None:
    assert file_stem(id) == stem


def test_tables_may_be_csv_with_quotes(vidore: Path) -> None:
    (vidore / "queries/test-00000-of-00001.jsonl").unlink()
    (vidore / "queries.csv").write_text('query-id,query\n0,"Which one, then?"\n1,Other\n')
    assert [question.question for question in read_dataset(vidore).questions] == ["Which one, then?", "Other"]


@pytest.mark.parametrize(
    ("qrels", "message"),
    [
        ("query-id\tcorpus-id\tscore\nq1\td9\t1\n", r"test\.tsv, line 2 names 'd9'"),
        ("query-id\tcorpus-id\tscore\n\nq1\td2\tgood\n", r"test\.tsv, line 3: score: 'good' is not a number"),
        ("query-id\tcorpus-id\tscore\nq1\td2\n", r"test\.tsv, line 2 has 2 columns, its first line 3"),
        ("query\tcorpus-id\tscore\nq1\td2\t1\n", r"test\.tsv, line 2 has no query-id or query_id"),
        ("query-id\tcorpus-id\tscore\nq9\td2\t1\n", r"test\.tsv, line 2 judges the query 'q9'"),
        ("query-id\tcorpus-id\tscore\n", "holds no question"),
    ],
)
def test_a_wrong_judgement_is_named(beir: Path, qrels: str, message: str) -> None:
    (beir / "qrels/test.tsv").write_text(qrels)
    with pytest.raises(DamagedFile, match=message):
        read_dataset(beir)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{", r"corpus\.jsonl, line 1 is not JSON"),
        ("[]", r"corpus\.jsonl, line 1 is not a JSON object"),
        ('{"title": "x"}', r"line 1 has no _id or id or corpus-id or corpus_id"),
        ('{"_id": "a", "image": "nowhere.png"}', r"line 1: there is no picture nowhere\.png"),
        ('{"_id": "a", "image": "../queries.png"}', r"line 1: there is no picture"),
        ('{"_id": "a", "image": "%%%"}', r"line 1: image is neither a path nor base64"),
    ],
)
def test_a_wrong_entry_is_named(beir: Path, row: str, message: str) -> None:
    (beir / "corpus.jsonl").write_text(row)
    with pytest.raises(DamagedFile, match=message):
        read_dataset(beir)


def test_an_unknown_split_names_those_there_are(beir: Path) -> None:
    with pytest.raises(BadRequest, match="no split 'dev'") as refused:
        read_dataset(beir, split="dev")
    assert "test, train" in refused.value.hint


def test_parquet_is_refused_with_the_line_that_converts_it(vidore: Path) -> None:
    (vidore / "queries/test-00000-of-00001.jsonl").rename(vidore / "queries/test-00000-of-00001.parquet")
    with pytest.raises(UnsupportedFile) as refused:
        read_dataset(vidore)
    assert "pip install pyarrow" in refused.value.hint
    assert "test-00000-of-00001.parquet > test-00000-of-00001.jsonl" in refused.value.hint


def test_a_collection_without_judgements_says_so(beir: Path) -> None:
    for path in (beir / "qrels").iterdir():
        path.unlink()
    with pytest.raises(UnreadablePath, match="There is no qrels"):
        read_dataset(beir)
