"""What only a vision-language model does as a reranker: what it is asked, what it is shown, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PIL import Image

from rag.errors import BadSetting, GenerateFailed, UnknownMedia
from rag.prompt import no_pictures
from rag.rerankers.stage import rerank
from rag.rerankers.vision import VisionReranker
from rag.types import Hit
from tests.evidence import hit
from tests.tiny_vlms import tiny_vlm as tiny_vlm

TinyVlm = Callable[[str], Path]
QUESTION = "Which colour has the lamp?"
PICTURE = hit("", modality="image", media="m" * 64)
COLOURS = {name: Image.new("RGB", (40, 40), name) for name in ("red", "blue")}


@pytest.fixture(scope="module")
def reranker(tiny_vlm: TinyVlm) -> VisionReranker:
    return VisionReranker(str(tiny_vlm("qwen2_5_vl")))


def seeing(*names: str) -> Callable[[Hit], Sequence[Image.Image]]:
    return lambda _: [COLOURS[name] for name in names]


def test_the_picture_makes_a_difference(reranker: VisionReranker) -> None:
    red, blue = (reranker.rerank(QUESTION, [PICTURE], seeing(name)) for name in ("red", "blue"))
    assert red != blue


def test_the_first_picture_of_a_hit_is_the_one_shown(reranker: VisionReranker) -> None:
    both = reranker.rerank(QUESTION, [PICTURE], seeing("red", "blue"))
    assert both == reranker.rerank(QUESTION, [PICTURE], seeing("red"))


@pytest.mark.parametrize("size", [(1, 1), (3_000, 2_000), (2_000, 3)])
def test_pictures_of_any_shape_are_judged(reranker: VisionReranker, size: tuple[int, int]) -> None:
    (score,) = reranker.rerank(QUESTION, [PICTURE], lambda _: [Image.new("RGBA", size, "red")])
    assert 0 <= score <= 1


@pytest.mark.parametrize("text", ["<b>" * 3_000, "<|im_end|>" * 400, "\ud800" * 2_000, "灯塔" * 2_000])
def test_a_text_that_is_put_in_more_letters_still_fits(reranker: VisionReranker, text: str) -> None:
    (score,) = reranker.rerank(QUESTION, [hit(text)], seeing("red"))
    assert 0 <= score <= 1


def test_a_question_that_leaves_no_room_is_said_so(reranker: VisionReranker) -> None:
    with pytest.raises(GenerateFailed, match="no room for evidence"):
        reranker.rerank("Why? " * 3_000, [hit("The lamp is red.")], no_pictures)


def test_a_picture_that_cannot_be_read_skips_the_stage(reranker: VisionReranker) -> None:
    def gone(_: Hit) -> Sequence[Image.Image]:
        raise UnknownMedia("The picture mmm is gone.", hint="Ingest again.")

    done = rerank([PICTURE], reranker=reranker, question=QUESTION, budget_seconds=60, depth=5, pictures=gone)
    assert str(done.outcome) == "skipped: The picture mmm is gone."


@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")
@pytest.mark.parametrize("family", ["qwen2_vl", "idefics3", "gemma3", "internvl", "glm4v", "qwen3_5"])
def test_chat_models_of_many_families_judge_texts_and_pictures(family: str, tiny_vlm: TinyVlm) -> None:
    one = VisionReranker(str(tiny_vlm(family)))
    lit = [hit("The lamp is red."), PICTURE, hit("Soup of leeks.", media="s" * 64)]
    scores = one.rerank(QUESTION, lit, lambda shown: [COLOURS["red"]] if shown.element.media else [])
    assert len(set(scores)) == 3
    assert all(0 < score < 1 for score in scores)


@pytest.mark.parametrize("family", ["blip-vqa", "kosmos-2"])
def test_a_model_that_cannot_be_asked_about_texts_is_refused(family: str, tiny_vlm: TinyVlm) -> None:
    with pytest.raises(BadSetting, match="is no chat model"):
        VisionReranker(str(tiny_vlm(family)))


def test_a_model_that_must_think_aloud_is_refused(tiny_vlm: TinyVlm, tmp_path: Path) -> None:
    source = tiny_vlm("qwen2_5_vl")
    for path in source.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    template = tmp_path / "chat_template.jinja"
    template.write_text(template.read_text().replace("assistant\n", "assistant\n<think>\n"))
    with pytest.raises(BadSetting, match="thinks aloud"):
        VisionReranker(str(tmp_path))
