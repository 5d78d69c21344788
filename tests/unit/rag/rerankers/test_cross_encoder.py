"""What only a cross-encoder does: pairs, labels, windows, and what it refuses to load."""

from __future__ import annotations

import math
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from rag.encoders.window import cut
from rag.errors import BadSetting, EncodeFailed, ModelNotFound, WeightsDamaged
from rag.prompt import no_pictures
from rag.rerankers.cross_encoder import CrossEncoderReranker
from tests.evidence import hit
from tests.tiny_models import make_bert, put_nan
from tests.unit.rag.rerankers.tiny import CONTEXT, PAIR_MARKS, hf, make_cross_encoder

QUESTION = "who lit the lamp"
N_LETTERS = len(QUESTION.replace(" ", ""))
SHORT = ["the keeper", "168 steps", "a soup of leeks"]


def score(reranker: CrossEncoderReranker, *texts: str, question: str = QUESTION) -> list[float]:
    return reranker.rerank(question, [hit(text) for text in texts], no_pictures)


def letters(texts: Sequence[str]) -> list[int]:
    return [len("".join(text.split())) for text in texts]


def logits(folder: Path, text: str) -> list[float]:
    """What transformers itself says of a pair."""
    model = hf.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    with torch.inference_mode():
        inputs = hf.AutoTokenizer.from_pretrained(folder)(QUESTION, text, return_tensors="pt")
        return [float(one) for one in model(**inputs).logits[0]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_cross_encoder(tmp_path_factory.mktemp("one"))


def test_one_label_is_a_logit(folder: Path) -> None:
    found = score(CrossEncoderReranker(str(folder), precision="fp32"), *SHORT)
    assert found == pytest.approx([1 / (1 + math.exp(-logits(folder, text)[0])) for text in SHORT], abs=1e-5)


def test_of_two_labels_the_second_says_yes(tmp_path: Path) -> None:
    folder = make_cross_encoder(tmp_path, n_labels=2)
    found = score(CrossEncoderReranker(str(folder), precision="fp32"), *SHORT)
    expected = [1 / (1 + math.exp(no - yes)) for no, yes in (logits(folder, text) for text in SHORT)]
    assert found == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("family", ["bert", "xlm-roberta"])
def test_the_best_window_of_a_long_text_counts(family: str, tmp_path: Path) -> None:
    reranker = CrossEncoderReranker(str(make_cross_encoder(tmp_path, family=family)), precision="fp32")
    text = " ".join(f"{number} lamps burnt {'abcdefgh'[number % 8]}" for number in range(60))
    windows = cut(text, count=letters, capacity=CONTEXT - PAIR_MARKS - N_LETTERS)
    assert len(windows) > 5
    assert score(reranker, text)[0] == pytest.approx(max(score(reranker, *windows)), abs=1e-5)


def test_a_text_that_just_fits_is_read_at_once(folder: Path) -> None:
    reranker = CrossEncoderReranker(str(folder), precision="fp32")
    text = "k" * (CONTEXT - PAIR_MARKS - N_LETTERS)
    expected = 1 / (1 + math.exp(-logits(folder, text)[0]))
    assert score(reranker, text)[0] == pytest.approx(expected, abs=1e-5)


def test_the_end_of_a_long_question_counts(folder: Path) -> None:
    reranker = CrossEncoderReranker(str(folder), precision="fp32")
    asked = [score(reranker, "168 steps", question=f"{QUESTION * 10} {end}")[0] for end in ("tower", "soup")]
    assert asked[0] != asked[1]


def test_captions_and_words_read_in_a_picture_are_read_too(folder: Path) -> None:
    reranker = CrossEncoderReranker(str(folder), precision="fp32")
    drawn = hit("", modality="image", media="m" * 64, ocr="168 steps")
    assert reranker.rerank(QUESTION, [drawn], no_pictures) == pytest.approx(score(reranker, "168 steps"))


def test_small_batches_give_the_same_scores(folder: Path) -> None:
    texts = [*SHORT, "", "the lamp " * 40]
    large, small = (CrossEncoderReranker(str(folder), precision="fp32", batch_tokens=n) for n in (4_096, 1))
    assert score(large, *texts) == pytest.approx(score(small, *texts), abs=1e-5)


def test_a_score_that_is_not_finite_is_an_error(folder: Path, tmp_path: Path) -> None:
    broken = put_nan(Path(shutil.copytree(folder, tmp_path / "broken")), "classifier.weight")
    with pytest.raises(EncodeFailed, match="not finite"):
        score(CrossEncoderReranker(str(broken)), "168 steps")


def test_an_embedding_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsDamaged, match=r"lack .* tensors, .* embedding model"):
        CrossEncoderReranker(str(make_bert(tmp_path)))


def test_more_labels_than_two_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="with 3 labels is no cross-encoder"):
        CrossEncoderReranker(str(make_cross_encoder(tmp_path, n_labels=3)))


def test_a_model_that_writes_about_pictures_is_refused(tmp_path: Path, folder: Path) -> None:
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    hf.BlipConfig().save_pretrained(tmp_path)
    with pytest.raises(BadSetting, match="'blip' model"):
        CrossEncoderReranker(str(tmp_path))


def test_missing_and_damaged_files_are_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match="no folder"):
        CrossEncoderReranker(str(tmp_path / "nowhere"))
    with pytest.raises(ModelNotFound, match="not on this machine"):
        CrossEncoderReranker("nobody/nothing")
    part = Path(shutil.copytree(folder, tmp_path / "part"))
    (part / "tokenizer.json").write_text("{")
    with pytest.raises(ModelNotFound, match="no cross-encoder that transformers can load"):
        CrossEncoderReranker(str(part))
    cut_off = Path(shutil.copytree(folder, tmp_path / "cut off"))
    (cut_off / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:1_000])
    with pytest.raises(WeightsDamaged, match="do not load"):
        CrossEncoderReranker(str(cut_off))
    headless = Path(shutil.copytree(folder, tmp_path / "headless"))
    state = load_file(headless / "model.safetensors")
    save_file(
        {name: tensor for name, tensor in state.items() if "classifier" not in name}, headless / "model.safetensors"
    )
    with pytest.raises(WeightsDamaged, match=r"classifier\.bias"):
        CrossEncoderReranker(str(headless))
