"""What an encoder reads of an element."""

from __future__ import annotations

import pytest

from indexers.encode import HEADING_WORDS, WINDOW_WORDS, texts_to_encode
from rag.encoders.colours import ColourEncoder
from rag.types import Element

ENCODER = ColourEncoder()


class Whole(ColourEncoder):
    """Reads a text of any length."""

    def split(self, text: str) -> list[str]:
        return [text]


def read(text: str = "", section: tuple[str, ...] = (), *, caption: str = "") -> list[str]:
    return texts_to_encode(Element("text", text, 1, section=section, caption=caption), Whole())


def test_a_passage_is_read_under_its_innermost_headings() -> None:
    assert read("It stays as it is.", ("Handbook", "Exams", "Changes")) == ["Exams Changes: It stays as it is."]
    assert read("It stays as it is.") == ["It stays as it is."]


def test_a_heading_that_a_passage_begins_with_is_not_read_twice() -> None:
    assert read("Changes\nIt stays as it is.", ("Exams", "Changes")) == ["Exams: Changes It stays as it is."]
    assert read("Changes", ("Changes",)) == ["Changes"]


def test_every_window_of_a_long_passage_has_the_headings() -> None:
    windows = read(" ".join(["word"] * (WINDOW_WORDS + 1)), ("Exams",))
    assert len(windows) == 2
    assert all(window.startswith("Exams: word") for window in windows)


def test_a_caption_has_them_too_and_a_page_is_not_read() -> None:
    assert read("What is written.", ("Exams",), caption="What is seen.") == [
        "Exams: What is written.",
        "Exams: What is seen.",
    ]
    assert texts_to_encode(Element("page", "What is written.", 1, section=("Exams",)), ENCODER) == []


def test_headings_alone_are_nothing_to_read() -> None:
    assert read("", ("Exams",)) == []


@pytest.mark.parametrize("n", [HEADING_WORDS, 200])
def test_long_headings_are_cut(n: int) -> None:
    (window,) = read("word", (" ".join(["head"] * n),))
    assert window == " ".join(["head"] * HEADING_WORDS) + ": word"
