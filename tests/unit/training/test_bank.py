"""Sentences are placed once, and read again from where they were kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rag.encoders.colours import ColourEncoder
from training.bank import TOGETHER, Bank

SENTENCES = ("a red car", "a blue car", "a red car", "green and yellow")


def placed(sentences: tuple[str, ...], kept: Path) -> Bank:
    bank = Bank(sentences)
    bank.place(ColourEncoder(), kept)
    return bank


def test_a_sentence_said_twice_has_one_number() -> None:
    bank = Bank(SENTENCES)
    assert bank.sentences == ("a red car", "a blue car", "green and yellow")
    assert bank.numbers(["green and yellow", "a red car"]) == [2, 0]


def test_a_sentence_that_is_not_there_has_no_number() -> None:
    with pytest.raises(KeyError, match="a pink car"):
        Bank(SENTENCES).numbers(["a pink car"])


def test_rows_are_where_the_encoder_places_the_sentences(tmp_path: Path) -> None:
    bank = placed(SENTENCES, tmp_path)
    assert bank.rows.dtype == np.float32
    assert np.allclose(bank.rows, ColourEncoder().encode_texts(bank.sentences), atol=1e-3)


def test_more_sentences_than_are_placed_together_keep_their_order(tmp_path: Path) -> None:
    colours = ("red", "green", "blue", "yellow")
    many = tuple(f"{colours[number % 4]} thing {number}" for number in range(TOGETHER + 6))
    bank = placed(many, tmp_path)
    assert bank.rows.shape == (len(many), ColourEncoder().fingerprint.dim)
    assert np.allclose(bank.rows, ColourEncoder().encode_texts(many), atol=1e-3)


def test_the_weighted_mean_of_some_sentences_is_a_row_of_its_own_of_length_one(tmp_path: Path) -> None:
    bank = placed(SENTENCES, tmp_path)
    (cars, one) = bank.means([{0: 3.0, 1: 1.0}, {2: 0.5}])
    assert (cars, one) == (3, 4)
    assert bank.rows.dtype == np.float32
    between = 3 * bank.rows[0] + bank.rows[1]
    assert np.allclose(bank.rows[cars], between / np.linalg.norm(between), atol=1e-6)
    assert np.allclose(bank.rows[one], bank.rows[2], atol=1e-3)


def test_the_same_sentences_are_read_from_the_file_and_not_placed_again(tmp_path: Path) -> None:
    placed(SENTENCES, tmp_path)
    (file,) = tmp_path.iterdir()
    np.save(file, np.full((3, 12), 0.5, np.float16))
    assert (placed(SENTENCES, tmp_path).rows == 0.5).all()


def test_other_sentences_or_another_order_of_them_go_into_another_file(tmp_path: Path) -> None:
    placed(SENTENCES, tmp_path)
    placed(SENTENCES[1:], tmp_path)
    placed((*SENTENCES, "a pink car"), tmp_path)
    assert len(list(tmp_path.iterdir())) == 3
