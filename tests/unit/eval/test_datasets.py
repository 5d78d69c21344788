from __future__ import annotations

import json
from pathlib import Path

import pytest

from eval.datasets import read_dataset
from eval.questions import Question, Wanted, guess_language
from rag.errors import DamagedFile, UnreadablePath
from tests.unit.eval.conftest import Write

PHOTOS = Path(__file__).resolve().parents[3] / "../shared/data/photos"
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


def described(folder: Path, *lines: object) -> Path:
    (folder / "captions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return folder


def test_each_description_of_a_picture_asks_for_that_picture(tmp_path: Path) -> None:
    boat = {"image": "boat.png", "captions": ["the red boat in a harbour", "ein Boot und das Meer"]}
    dataset = read_dataset(described(tmp_path, boat, {"image": "bell.png", "captions": ["a bell"]}))
    assert dataset.questions[:2] == (
        Question(
            id="boat.png#0",
            question="the red boat in a harbour",
            wanted=(Wanted("boat.png"),),
            sources=("image",),
            language="en",
            cluster="boat.png",
        ),
        Question(
            id="boat.png#1",
            question="ein Boot und das Meer",
            wanted=(Wanted("boat.png"),),
            sources=("image",),
            language="de",
            cluster="boat.png",
        ),
    )
    assert [question.group for question in dataset.questions] == ["boat.png", "boat.png", "bell.png"]
    assert (dataset.kind, dataset.questions[2].modalities) == ("captions", ("image",))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"image": "a.png", "captions": []}, r"line 2 is not a described picture: captions: .*at least 1 item"),
        ({"image": "a.png", "captions": [""]}, r"line 2 is not a described picture: captions\.0: .*at least 1 char"),
        ({"captions": ["a"]}, r"line 2 is not a described picture: image: Field required"),
        ({"image": "boat.png", "captions": ["again"]}, r"2 questions with the id 'boat\.png#0'"),
    ],
)
def test_a_wrong_description_is_named(tmp_path: Path, line: object, message: str) -> None:
    with pytest.raises(DamagedFile, match=message):
        read_dataset(described(tmp_path, {"image": "boat.png", "captions": ["a boat"]}, line))


def test_our_own_questions_come_before_descriptions(write: Write) -> None:
    folder = write(WHOLE)
    described(folder, {"image": "boat.png", "captions": ["a boat"]})
    assert read_dataset(folder).kind == "questions"


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


@pytest.mark.skipif(not PHOTOS.is_dir(), reason="the shared photos are not here")
def test_the_shared_photos_are_read() -> None:
    questions = read_dataset(PHOTOS).questions
    assert (len(questions), len({question.group for question in questions})) == (1655, 331)
    assert all((PHOTOS / "images" / wanted.document).is_file() for one in questions for wanted in one.wanted)
