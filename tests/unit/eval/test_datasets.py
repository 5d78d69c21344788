from __future__ import annotations

from pathlib import Path

import pytest

from eval.datasets import read_dataset
from eval.questions import Question, Wanted, guess_language
from rag.errors import DamagedFile, UnreadablePath
from tests.unit.eval.conftest import Write

DOCS = Path(__file__).resolve().parents[3] / "../shared/data/docs"
WHOLE: dict[str, object] = {
    "id": "a#0",
    "document": "a.pdf",
    "question": "Why is the sky over it so red?",
    "pages": [2, 4],
}


def read(write: Write, *lines: dict[str, object] | str) -> tuple[Question, ...]:
    return read_dataset(write(*lines)).questions


def test_a_question_is_read_whole_and_unknown_fields_are_left(write: Write) -> None:
    more = {"answer": "42", "answer_format": "Int", "sources": ["Chart"], "document_type": "report", "annotator": 7}
    assert read(write, {**WHOLE, **more}, "") == (
        Question(
            id="a#0",
            question="Why is the sky over it so red?",
            wanted=(Wanted("a.pdf", 2), Wanted("a.pdf", 4)),
            document="a.pdf",
            answers=("42",),
            sources=("Chart",),
            document_type="report",
            language="en",
        ),
    )


def test_evidence_may_be_graded_boxed_in_several_documents_and_whole_documents(write: Write) -> None:
    wanted: list[object] = [
        {"document": "a.pdf", "page": 3, "grade": 2, "boxes": [[0, 0.1, 0.5, 1]]},
        {"document": "b.txt"},
    ]
    line: dict[str, object] = {"id": "q", "question": "Where?", "wanted": wanted, "answers": ["here", "there"]}
    (question,) = read(write, line)
    assert question.wanted == (Wanted("a.pdf", 3, 2, ((0, 0.1, 0.5, 1),)), Wanted("b.txt"))
    assert (question.answers, question.document, question.group) == (("here", "there"), "", "q")


@pytest.mark.parametrize(
    ("said", "answerable"),
    [
        ({}, True),
        ({"answer": None}, False),
        ({"pages": []}, False),
        ({"pages": [], "answer": "never"}, True),
        ({"pages": [], "answer": None}, False),
    ],
)
def test_an_answer_of_null_says_that_there_is_none_and_silence_says_nothing(
    write: Write, said: dict[str, object], answerable: bool
) -> None:
    (question,) = read(write, {**WHOLE, **said})
    assert question.answerable is answerable


def test_questions_keep_the_order_of_the_file(write: Write) -> None:
    questions = read(write, {**WHOLE, "id": "z"}, {**WHOLE, "id": "b"}, {**WHOLE, "id": "m"})
    assert [question.id for question in questions] == ["z", "b", "m"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"id": "a", "document": "a.pdf", "question": "Why?"}, r"line 2 is not a question: it names either"),
        ({**WHOLE, "pages": ["four"]}, r"line 2 is not a question: pages\.0: .*integer"),
        ({**WHOLE, "document": ""}, r"line 2 is not a question: document: .*at least 1 character"),
        ({"id": "a", "question": "Why?", "pages": [1]}, r"line 2 is not a question: document: the pages are of no"),
        ({**WHOLE, "wanted": []}, r"line 2 is not a question: it names either"),
        ("{not json", r"line 2 is not a question: Invalid JSON"),
        (WHOLE, r"2 questions with the id 'a#0'"),
    ],
)
def test_a_wrong_line_is_named(write: Write, line: dict[str, object] | str, message: str) -> None:
    with pytest.raises(DamagedFile, match=message):
        read(write, WHOLE, line)


def test_a_folder_without_questions_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(UnreadablePath, match=r"questions\.jsonl cannot be read") as refused:
        read_dataset(tmp_path)
    assert "queries, corpus and qrels" in refused.value.hint


def test_an_empty_file_is_refused(write: Write) -> None:
    with pytest.raises(DamagedFile, match="holds no question"):
        read(write, "")


def test_a_file_that_is_not_utf_8_is_refused(write: Write) -> None:
    folder = write(WHOLE)
    (folder / "questions.jsonl").write_bytes(b"\xff\xfe{")
    with pytest.raises(DamagedFile, match="not UTF-8"):
        read_dataset(folder)


def test_the_digest_changes_with_the_questions_alone(write: Write) -> None:
    folder = write(WHOLE)
    first = read_dataset(folder).digest
    (folder / "more.pdf").write_bytes(b"%PDF")
    assert read_dataset(folder).digest == first
    assert read_dataset(write(WHOLE, {**WHOLE, "id": "b"})).digest != first


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Which oil burns in the lantern?", "en"),
        ("Wie hoch ist der Turm und wer hat ihn gebaut?", "de"),
        ("铜钟有多重？", "zh"),
        ("Αυτό το φως", "el"),
        ("", "en"),
    ],
)
def test_a_language_is_guessed_from_letters_and_small_words(text: str, language: str) -> None:
    assert guess_language(text) == language


def test_kinds_of_evidence_are_told_as_modalities() -> None:
    assert Question("a", "Why?", sources=("Pure-text", "Chart", "Figure")).modalities == ("image", "text")
    assert Question("a", "Why?", sources=("Equation",)).modalities == ()


@pytest.mark.skipif(not DOCS.is_dir(), reason="the shared documents are not here")
def test_the_shared_questions_are_read() -> None:
    questions = read_dataset(DOCS).questions
    assert (len(questions), sum(bool(question.wanted) for question in questions)) == (134, 113)
    assert sum(question.answerable for question in questions) == 112
    assert len({question.document for question in questions}) == 17
