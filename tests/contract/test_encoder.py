"""What every encoder does. A new one is one line in `CASES`."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from rag.encoders.builtin import BuiltinEncoder
from rag.encoders.clip import ClipEncoder
from rag.encoders.colours import ColourEncoder
from rag.encoders.text import TextEncoder
from rag.errors import EncodeFailed, MissingExtra
from rag.protocols import Encoder
from rag.stages import HeardEncoder, Stages
from tests import tiny_models

if TYPE_CHECKING:
    from rag.types import Vectors

EXACT = 2e-6
ROUNDED = 6e-3
"""bf16 has 8 significant bits, and sums in another order round otherwise."""


@dataclass(frozen=True, slots=True)
class Case:
    """An encoder, made in an empty folder, and how far one element of a row may move with the batch it is in."""

    make: Callable[[Path], Encoder]
    tolerance: float = EXACT


CASES = {
    "builtin": Case(lambda folder: BuiltinEncoder(), ROUNDED),
    "builtin in fp32": Case(lambda folder: BuiltinEncoder(precision="fp32")),
    "colours": Case(lambda folder: ColourEncoder()),
    "heard": Case(lambda folder: HeardEncoder(ColourEncoder(), Stages())),
    "text": Case(lambda folder: TextEncoder(str(tiny_models.make_bert(folder)), precision="fp32")),
    "open_clip": Case(lambda folder: ClipEncoder(f"local-dir:{tiny_models.make_clip(folder)}")),
    "open_clip with ResNet": Case(
        lambda folder: ClipEncoder(f"local-dir:{tiny_models.make_clip(folder, vision=tiny_models.RESNET)}")
    ),
    "open_clip with BERT": Case(lambda folder: ClipEncoder(f"local-dir:{tiny_models.make_clip_with_bert(folder)}")),
    "open_clip in bf16": Case(
        lambda folder: ClipEncoder(f"local-dir:{tiny_models.make_clip(folder)}", precision="bf16"), 5 * ROUNDED
    ),
}
TEXTS = ["red", "a long red road beside the blue sea", "", "grey", "a green hill", "red", "12, 13 & 14 %", "你好 世界"]
LONG = "the red road leads over the green hill down to the grey sea and on to " * 20
ANY_TEXT = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@dataclass(frozen=True, slots=True)
class Subject:
    """A made encoder with its tolerance."""

    encoder: Encoder
    tolerance: float

    def same(self, left: Vectors, right: Vectors) -> bool:
        return bool(np.allclose(left, right, rtol=0, atol=self.tolerance))


@pytest.fixture(scope="module", params=list(CASES))
def subject(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Subject:
    case = CASES[request.param]
    try:
        return Subject(case.make(tmp_path_factory.mktemp("model")), case.tolerance)
    except MissingExtra as error:
        pytest.skip(str(error))


@pytest.fixture
def seeing(subject: Subject) -> Subject:
    if not subject.encoder.fingerprint.sees_images:
        pytest.skip("this encoder does not see pictures")
    return subject


def pictures() -> list[Image.Image]:
    noise = np.random.default_rng(3).integers(0, 255, (40, 60, 3), np.uint8)
    plain = [Image.new("RGB", (50, 30), "red"), Image.new("RGB", (8, 90), "blue"), Image.new("RGB", (1, 1))]
    return [plain[0], Image.fromarray(noise), *plain[1:]]


def assert_unit_rows(rows: object, *, n_rows: int, dim: int) -> None:
    assert isinstance(rows, np.ndarray)
    assert rows.dtype == np.float32
    assert rows.shape == (n_rows, dim)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_the_fingerprint_says_what_must_agree(subject: Subject) -> None:
    fingerprint = subject.encoder.fingerprint
    assert fingerprint.name
    assert len(bytes.fromhex(fingerprint.weights)) == 32
    assert fingerprint.preprocessing
    assert fingerprint.context > 0
    assert fingerprint == subject.encoder.fingerprint


def test_texts_become_unit_rows(subject: Subject) -> None:
    assert_unit_rows(subject.encoder.encode_texts(TEXTS), n_rows=len(TEXTS), dim=subject.encoder.fingerprint.dim)


def test_pictures_become_unit_rows(seeing: Subject) -> None:
    rows = seeing.encoder.encode_images(pictures())
    assert_unit_rows(rows, n_rows=len(pictures()), dim=seeing.encoder.fingerprint.dim)


def test_nothing_gives_no_rows(subject: Subject) -> None:
    assert_unit_rows(subject.encoder.encode_texts([]), n_rows=0, dim=subject.encoder.fingerprint.dim)


def test_no_pictures_give_no_rows(seeing: Subject) -> None:
    assert_unit_rows(seeing.encoder.encode_images([]), n_rows=0, dim=seeing.encoder.fingerprint.dim)


def test_an_encoder_without_eyes_refuses_pictures(subject: Subject) -> None:
    if subject.encoder.fingerprint.sees_images:
        pytest.skip("this encoder sees pictures")
    with pytest.raises(EncodeFailed, match="does not see pictures"):
        subject.encoder.encode_images(pictures())


def test_rows_come_in_the_order_of_the_texts(subject: Subject) -> None:
    rows = subject.encoder.encode_texts(TEXTS)
    assert subject.same(subject.encoder.encode_texts(TEXTS[::-1]), rows[::-1])
    assert subject.same(rows[TEXTS.index("red")], rows[5])
    assert not subject.same(rows[0], rows[4])


def test_rows_come_in_the_order_of_the_pictures(seeing: Subject) -> None:
    rows = seeing.encoder.encode_images(pictures())
    assert seeing.same(seeing.encoder.encode_images(pictures()[::-1]), rows[::-1])
    assert not seeing.same(rows[0], rows[2])


def test_the_same_text_twice_gives_the_same_row(subject: Subject) -> None:
    assert np.array_equal(subject.encoder.encode_texts([LONG]), subject.encoder.encode_texts([LONG]))


def test_a_text_alone_and_in_a_batch_gives_the_same_row(subject: Subject) -> None:
    rows = subject.encoder.encode_texts([*TEXTS, LONG])
    alone = np.concatenate([subject.encoder.encode_texts([text]) for text in [*TEXTS, LONG]])
    assert subject.same(rows, alone)


def test_a_picture_alone_and_in_a_batch_gives_the_same_row(seeing: Subject) -> None:
    rows = seeing.encoder.encode_images(pictures())
    alone = np.concatenate([seeing.encoder.encode_images([picture]) for picture in pictures()])
    assert seeing.same(rows, alone)


def test_two_threads_get_the_rows_of_one(subject: Subject) -> None:
    parts = [TEXTS, [LONG], TEXTS[:3], TEXTS[::-1]] * 4
    expected = [subject.encoder.encode_texts(part) for part in parts]
    with ThreadPoolExecutor(2) as pool:
        for found, wanted in zip(pool.map(subject.encoder.encode_texts, parts), expected, strict=True):
            assert subject.same(found, wanted)


def test_no_word_of_a_long_text_is_lost(subject: Subject) -> None:
    rows = subject.encoder.encode_texts([LONG, f"{LONG}blue", f"blue {LONG}"])
    assert len(subject.encoder.split(LONG)) > 1
    assert np.abs(rows[0] - rows[1]).max() > 1e-3
    assert np.abs(rows[0] - rows[2]).max() > 1e-3


def test_a_long_text_is_the_mean_of_its_windows(subject: Subject) -> None:
    windows = subject.encoder.encode_texts(subject.encoder.split(LONG))
    mean = windows.sum(axis=0)
    assert subject.same(subject.encoder.encode_texts([LONG])[0], mean / np.linalg.norm(mean))


def test_a_text_that_fits_comes_back_alone(subject: Subject) -> None:
    assert [subject.encoder.split(text) for text in ("", " red  sea\n", "你好")] == [[""], [" red  sea\n"], ["你好"]]


@ANY_TEXT
@given(text=st.text(max_size=400))
def test_windows_are_slices_that_hold_every_word(subject: Subject, text: str) -> None:
    windows = subject.encoder.split(text)
    assert_slices_in_order(text, windows)
    assert all(subject.encoder.split(window) == [window] for window in windows)


@ANY_TEXT
@given(text=st.text(alphabet=st.characters(), max_size=60))
def test_any_text_has_a_row_even_what_is_not_unicode(subject: Subject, text: str) -> None:
    rows = subject.encoder.encode_texts([text, f"\ud800{text}\udfff", " \n\t"])
    assert_unit_rows(rows, n_rows=3, dim=subject.encoder.fingerprint.dim)


def assert_slices_in_order(text: str, windows: list[str]) -> None:
    """Every window stands in the text, each begins after the one before, and between them lies white space only."""
    # A window may stand in the text in several places: follow each (where it begins, how far the text is covered).
    ways = {(-1, 0)}
    for window in windows:
        places = [begin for begin in range(len(text) + 1) if text.startswith(window, begin)]
        ways = {
            (begin, max(covered, begin + len(window)))
            for before, covered in ways
            for begin in places
            if begin > before and not text[covered:begin].strip()
        }
    assert any(not text[covered:].strip() for _, covered in ways)
