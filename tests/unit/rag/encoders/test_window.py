"""Cutting text into windows, with counts that can be done in the head."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from rag.encoders.window import cut


def words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def letters(texts: Sequence[str]) -> list[int]:
    """A token per three letters of a word, as subword tokenizers do."""
    return [sum((len(word) + 2) // 3 for word in text.split()) for text in texts]


def characters(texts: Sequence[str]) -> list[int]:
    """White space counts too, as in byte-level tokenizers: words cost more together than alone."""
    return [len(text) for text in texts]


def alphabet(n_words: int) -> str:
    return " ".join(chr(ord("a") + number) for number in range(n_words))


def test_a_text_that_fits_comes_back_as_it_is() -> None:
    assert cut("  a b\n", count=words, capacity=2) == ["  a b\n"]


def test_windows_share_an_eighth_of_their_words() -> None:
    assert cut(alphabet(24), count=words, capacity=16) == [alphabet(16), alphabet(24)[2 * 14 :]]


def test_windows_too_small_to_share_touch() -> None:
    assert cut("a b c d e", count=words, capacity=2) == ["a b", "c d", "e"]


def test_white_space_inside_a_window_is_kept_exactly() -> None:
    assert cut("a\n\n b  c", count=words, capacity=2) == ["a\n\n b", "c"]


def test_a_word_longer_than_a_window_is_cut_by_characters() -> None:
    windows = cut("x" * 30 + "y", count=letters, capacity=4)
    assert all(letters([window])[0] <= 4 for window in windows)
    assert windows[0] == "x" * len(windows[0])
    assert windows[-1].endswith("y")


def test_a_word_of_many_distinct_characters_loses_none() -> None:
    word = "".join(chr(0x4E00 + number) for number in range(500))
    windows = cut(word, count=characters, capacity=64)
    assert set("".join(windows)) == set(word)
    assert all(window in word and len(window) <= 64 for window in windows)


def test_a_character_that_alone_is_too_much_stands_alone() -> None:
    assert cut("abc", count=lambda texts: [3 * len(text) for text in texts], capacity=2) == ["a", "b", "c"]


def test_nothing_but_white_space_that_does_not_fit_is_one_empty_window() -> None:
    assert cut(" " * 100, count=characters, capacity=10) == [""]


def test_a_very_long_text_is_counted_a_bounded_number_of_times() -> None:
    counted = 0

    def count(texts: Sequence[str]) -> list[int]:
        nonlocal counted
        counted += sum(map(len, texts))
        return words(texts)

    text = "one two three four " * 20_000
    windows = cut(text, count=count, capacity=254)
    assert sum(map(len, windows)) < 1.2 * len(text)
    assert counted < 4 * len(text)


@given(st.text(max_size=300), st.integers(1, 40), st.sampled_from([words, letters, characters]))
def test_every_window_fits_and_every_word_is_in_one(text: str, capacity: int, count: object) -> None:
    assert callable(count)
    windows = cut(text, count=count, capacity=capacity)
    assert all(count([window])[0] <= capacity for window in windows)
    assert all(window in text for window in windows)
    for word in text.split():
        if count([word])[0] <= capacity:
            assert any(word in window for window in windows)
    assert {character for character in text if not character.isspace()} <= set("".join(windows))
