from __future__ import annotations

from pathlib import Path

import pytest

from eval.datasets import Question, read_questions
from rag.errors import DamagedFile, UnreadablePath
from tests.unit.eval.conftest import Write

DOCS = Path(__file__).resolve().parents[3] / "../shared/data/docs"
WHOLE = {"id": "a#0", "document": "a.pdf", "question": "Why?", "pages": [2, 4]}


def test_a_question_is_read_whole_and_unknown_fields_are_left(write: Write) -> None:
    more = {"answer": "42", "answer_format": "Int", "sources": ["chart"], "document_type": "report", "annotator": 7}
    assert read_questions(write({**WHOLE, **more}, "")) == (
        Question("a#0", "a.pdf", "Why?", (2, 4), "42", "Int", ("chart",), "report"),
    )


def test_what_is_not_known_of_a_question_may_be_left_out(write: Write) -> None:
    (question,) = read_questions(write(WHOLE))
    assert (question.answer, question.sources, question.document_type) == (None, (), "")


def test_questions_keep_the_order_of_the_file(write: Write) -> None:
    folder = write({**WHOLE, "id": "z"}, {**WHOLE, "id": "b"}, {**WHOLE, "id": "m"})
    assert [question.id for question in read_questions(folder)] == ["z", "b", "m"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"id": "a", "document": "a.pdf", "question": "Why?"}, r"line 2 is not a question: pages: Field required"),
        ({**WHOLE, "pages": ["four"]}, r"line 2 is not a question: pages\.0: .*integer"),
        ({**WHOLE, "document": ""}, r"line 2 is not a question: document: .*at least 1 character"),
        ("{not json", r"line 2 is not a question: Invalid JSON"),
        (WHOLE, r"2 questions with the id 'a#0'"),
    ],
)
def test_a_wrong_line_is_named(write: Write, line: dict[str, object] | str, message: str) -> None:
    with pytest.raises(DamagedFile, match=message):
        read_questions(write(WHOLE, line))


def test_a_folder_without_questions_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(UnreadablePath, match=r"questions\.jsonl cannot be read"):
        read_questions(tmp_path)


def test_an_empty_file_is_refused(write: Write) -> None:
    with pytest.raises(DamagedFile, match="holds no question"):
        read_questions(write(""))


def test_a_file_that_is_not_utf_8_is_refused(write: Write) -> None:
    folder = write(WHOLE)
    (folder / "questions.jsonl").write_bytes(b"\xff\xfe{")
    with pytest.raises(DamagedFile, match="not UTF-8"):
        read_questions(folder)


@pytest.mark.skipif(not DOCS.is_dir(), reason="the shared documents are not here")
def test_the_shared_questions_are_read() -> None:
    questions = read_questions(DOCS)
    assert (len(questions), sum(bool(question.pages) for question in questions)) == (134, 113)
    assert len({question.document for question in questions}) == 17
