"""What every late-interaction model does. A new one is one line in `CASES`."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
import transformers
from PIL import Image

from rag.encoders.device import Precision
from rag.encoders.weights import digest
from rag.late.encoder import LateEncoder
from rag.late.maxsim import max_sim
from rag.late.multivectors import Multivector
from tests import tiny_late

if TYPE_CHECKING:
    from rag.types import Vectors


@dataclass(frozen=True, slots=True)
class Case:
    """A tiny model, and how far one element of a row may move with the batch it is in."""

    kind: str
    precision: Precision = "fp32"
    tolerance: float = 1e-5


CASES = {
    "colpali": Case("colpali"),
    "colqwen2": Case("colqwen2"),
    "colqwen2.5": Case("colqwen2_5"),
    "colmodernvbert": Case("colmodernvbert"),
    "colpali in bf16": Case("colpali", "bf16", 0.05),
    "colmodernvbert in bf16": Case("colmodernvbert", "bf16", 0.05),
}
EXTRA = 10
"""Tokens that each of these processors puts after a question."""


@dataclass(frozen=True, slots=True)
class Made:
    encoder: LateEncoder
    folder: Path
    case: Case


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    root = tmp_path_factory.mktemp("late")
    return lambda kind: root / kind if (root / kind).exists() else tiny_late.make(kind, root / kind)


@pytest.fixture(scope="module", params=CASES)
def made(request: pytest.FixtureRequest, folder: Callable[[str], Path]) -> Made:
    case = CASES[request.param]
    return Made(LateEncoder(str(folder(case.kind)), device="cpu", precision=case.precision), folder(case.kind), case)


def picture(seed: int, width: int = 40, height: int = 30) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


PICTURES = [
    picture(1),
    picture(2, 30, 90),
    picture(1),
    picture(3, 200, 20),
    picture(4),
    picture(5),
    picture(6),
    picture(7, 1, 1),
    picture(8, 2, 900),
    Image.new("RGB", (40, 30), "black"),
    Image.new("L", (50, 50), 128),
    Image.new("P", (64, 64)),
]
TEXTS = ["red", "what was the revenue of 2019?", "", "red", "a blue road", "你好 世界", "half a pair: \ud83d", " \n"]


def processor_of(folder: Path) -> Any:  # Any: transformers types none of this
    load: Any = transformers.AutoProcessor.from_pretrained
    return load(folder)


def is_multivector(rows: Vectors, dim: int) -> bool:
    lengths = np.linalg.norm(rows, axis=1)
    return (
        rows.dtype == np.float32 and rows.shape[1] == dim and len(rows) > 0 and bool(np.allclose(lengths, 1, atol=1e-5))
    )


def farthest(ours: list[Vectors], theirs: list[Vectors]) -> float:
    assert [rows.shape for rows in ours] == [rows.shape for rows in theirs]
    return max(float(np.abs(a - b).max()) for a, b in zip(ours, theirs, strict=True))


def test_every_picture_has_unit_rows_of_the_models_width(made: Made) -> None:
    pages = made.encoder.encode_pages(PICTURES)
    assert len(pages) == len(PICTURES)
    assert all(is_multivector(rows, made.encoder.fingerprint.dim) for rows in pages)


def test_every_question_has_unit_rows_of_the_models_width(made: Made) -> None:
    questions = made.encoder.encode_queries(TEXTS)
    assert len(questions) == len(TEXTS)
    assert all(is_multivector(rows, made.encoder.fingerprint.dim) for rows in questions)


def test_nothing_in_nothing_out(made: Made) -> None:
    assert made.encoder.encode_pages([]) == []
    assert made.encoder.encode_queries([]) == []


def test_a_picture_alone_and_among_others_has_the_same_rows(made: Made) -> None:
    alone = [made.encoder.encode_pages([one])[0] for one in PICTURES]
    assert farthest(made.encoder.encode_pages(PICTURES), alone) <= made.case.tolerance
    assert farthest(made.encoder.encode_pages(PICTURES[::-1])[::-1], alone) <= made.case.tolerance


def test_a_question_alone_and_among_others_has_the_same_rows(made: Made) -> None:
    alone = [made.encoder.encode_queries([one])[0] for one in TEXTS]
    assert farthest(made.encoder.encode_queries(TEXTS), alone) <= made.case.tolerance


def test_more_pictures_than_are_prepared_together_keep_their_order(made: Made) -> None:
    pictures = [picture(seed, *((40, 30), (30, 90))[seed % 2]) for seed in range(35)]
    alone = [made.encoder.encode_pages([pictures[at]])[0] for at in (0, 31, 32, 34)]
    together = made.encoder.encode_pages(pictures)
    assert farthest([together[at] for at in (0, 31, 32, 34)], alone) <= made.case.tolerance


def test_the_same_twice_and_after_a_restart(made: Made) -> None:
    again = LateEncoder(str(made.folder), device="cpu", precision=made.case.precision)
    assert again.fingerprint == made.encoder.fingerprint
    for encoder in (made.encoder, again):
        assert farthest(encoder.encode_pages(PICTURES[:4]), made.encoder.encode_pages(PICTURES[:4])) == 0
        assert farthest(encoder.encode_queries(TEXTS), made.encoder.encode_queries(TEXTS)) == 0


def test_other_pictures_and_other_words_have_other_rows(made: Made) -> None:
    first, second = made.encoder.encode_pages([picture(1), picture(4)])
    assert np.abs(first - second).max() > 0.01
    red, road = made.encoder.encode_queries(["red", "tan"])
    assert red.shape != road.shape or np.abs(red - road).max() > 0.01


def test_a_question_has_the_models_extra_tokens_and_a_row_for_each_of_its_own(made: Made) -> None:
    empty, short, longer = made.encoder.encode_queries(["", "revenue", "revenue 2019"])
    assert EXTRA <= len(empty) < len(short) < len(longer)


def test_a_question_beyond_the_context_has_the_rows_of_all_its_windows(made: Made) -> None:
    words = [f"word{number}" for number in range(300)]
    (whole,) = made.encoder.encode_queries([" ".join(words)])
    assert len(whole) > made.encoder.fingerprint.context
    assert is_multivector(whole, made.encoder.fingerprint.dim)
    (otherwise,) = made.encoder.encode_queries([" ".join([*words[:-1], "different"])])
    n_begin = made.encoder.fingerprint.context // 2
    assert np.abs(whole[:n_begin] - otherwise[:n_begin]).max() <= made.case.tolerance


def test_the_models_own_marks_in_a_question_are_words(made: Made) -> None:
    (plain,) = made.encoder.encode_queries(["what is here"])
    marks = ["<bos>", "<pad>", "<|im_end|>", "<end_of_utterance>", "<loc0001>", "<row_1_col_1>", "[SEP]"]
    assert all(
        len(rows) > len(plain) for rows in made.encoder.encode_queries([f"what is {mark} here" for mark in marks])
    )
    picture_mark = processor_of(made.folder).image_token
    marked, apart = made.encoder.encode_queries(
        [f"what is {picture_mark} here", f"what is {picture_mark[0]} {picture_mark[1:]} here"]
    )
    assert farthest([marked], [apart]) <= made.case.tolerance


def test_transparent_is_white(made: Made) -> None:
    hidden = Image.new("RGBA", (40, 30), (200, 0, 0, 0))
    shown, white = made.encoder.encode_pages([hidden, Image.new("RGB", (40, 30), "white")])
    assert farthest([shown], [white]) <= made.case.tolerance


def test_threads_get_the_same_rows(made: Made) -> None:
    expected = made.encoder.encode_pages(PICTURES[:2]), made.encoder.encode_queries(TEXTS[:2])
    with ThreadPoolExecutor(4) as threads:
        pages = [threads.submit(made.encoder.encode_pages, PICTURES[:2]) for _ in range(8)]
        questions = [threads.submit(made.encoder.encode_queries, TEXTS[:2]) for _ in range(8)]
        assert all(farthest(one.result(), expected[0]) <= made.case.tolerance for one in pages)
        assert all(farthest(one.result(), expected[1]) <= made.case.tolerance for one in questions)


def test_the_fingerprint_says_which_model_and_weights(made: Made) -> None:
    fingerprint = made.encoder.fingerprint
    assert fingerprint.name == f"late:{made.folder}"
    assert fingerprint.weights == digest([made.folder / "model.safetensors"])
    assert fingerprint.dim == tiny_late.DIM
    assert fingerprint.sees_images
    assert "Processor" in fingerprint.preprocessing


def test_scores_are_those_of_transformers(made: Made) -> None:
    """Against the class itself, called as its documentation does, and its processor's own score."""
    if made.case.precision != "fp32":
        pytest.skip("rounds otherwise")
    texts, pictures = TEXTS[:2], [picture(1), picture(2, 30, 90)]
    ours = [
        [max_sim(question, page) * len(question) for page in made.encoder.encode_pages(pictures)]
        for question in made.encoder.encode_queries(texts)
    ]
    processor = processor_of(made.folder)
    kind: Any = getattr(transformers, type(processor).__name__.replace("Processor", "ForRetrieval"))
    model = kind.from_pretrained(made.folder).eval()
    with torch.inference_mode():
        questions = [model(**processor.process_queries([text])).embeddings[0] for text in texts]
        pages = [model(**processor.process_images([one])).embeddings[0] for one in pictures]
    np.testing.assert_allclose(ours, processor.score_retrieval(questions, pages).numpy(), atol=1e-3)


def test_int8_moves_scores_by_less_than_a_hundredth(made: Made) -> None:
    pages, questions = made.encoder.encode_pages(PICTURES), made.encoder.encode_queries(TEXTS)
    off = [
        abs(max_sim(question, Multivector.of(page).vectors()) - max_sim(question, page))
        for question in questions
        for page in pages
    ]
    assert max(off) < 0.01
