"""The adviser is right wherever it is known what is right."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from eval.advice import notes, recommendation
from eval.advise import Advice, Result, advise
from eval.compare import compare
from indexers import ocr
from rag.encoders.colours import ColourEncoder
from rag.errors import BadRequest
from rag.prompt import evidence_text
from rag.store.lexical import words
from rag.types import Hit
from tests.unit.eval.drawn_folders import Teller, WordEncoder, draw_pictures, draw_scans, taken, write_prose

SEEDS = (1, 2)


def named(found: Advice, name: str) -> Result:
    return next(one for one in found.results if one.contender.name == name)


@pytest.mark.parametrize("seed", SEEDS)
def test_pictures_without_words_are_found_by_sight(tmp_path: Path, seed: int) -> None:
    draw_pictures(tmp_path / "in", random.Random(seed), n=24)
    with taken(tmp_path / "in") as library:
        found = advise(library, seed=seed)
    assert found.chosen.contender.route == "shared"
    assert found.questions == {"image": 24}
    assert found.chosen.measures["recall@5"].mean > 0.9
    assert named(found, "caption").measures["recall@10"].mean == 0.0
    # It finds the same, and keeps an index of words for it: the cheaper is named.
    assert "fused" in recommendation(found)
    assert "within the noise, and shared is the cheaper" in recommendation(found)


@pytest.mark.parametrize("seed", SEEDS)
def test_pictures_with_telling_captions_are_found_by_words(tmp_path: Path, seed: int) -> None:
    draw_pictures(tmp_path / "in", random.Random(seed), n=24)
    with taken(tmp_path / "in", captioner=Teller()) as library:
        found = advise(library, seed=seed)
    assert found.chosen.contender.route in ("caption", "fused")
    assert found.chosen.measures["recall@5"].mean > 0.9
    assert named(found, "shared").worse


@pytest.mark.parametrize("seed", SEEDS)
def test_prose_is_found_by_words(tmp_path: Path, seed: int) -> None:
    write_prose(tmp_path / "in", random.Random(seed), n=8)
    with taken(tmp_path / "in") as library:
        found = advise(library, seed=seed)
    assert found.chosen.contender.route in ("caption", "fused")
    assert found.chosen.contender.lists & {"bm25", "dense:words"}
    assert found.chosen.measures["recall@5"].mean > 0.9
    assert named(found, "shared").worse


@pytest.mark.parametrize("seed", SEEDS)
def test_prose_and_pictures_without_words_need_both(tmp_path: Path, seed: int) -> None:
    write_prose(tmp_path / "in" / "prose", random.Random(seed), n=8)
    draw_pictures(tmp_path / "in" / "pictures", random.Random(seed), n=24)
    with taken(tmp_path / "in") as library:
        found = advise(library, n_questions=48, seed=seed)
    assert found.questions == {"text": 24, "image": 24}
    assert found.chosen.contender.route == "fused"
    assert "picture:colours" in found.chosen.contender.lists
    assert named(found, "shared").worse
    assert named(found, "caption").worse
    assert "surely worse" in recommendation(found)


@pytest.mark.skipif(not ocr.available(), reason="the extra `ocr` is not installed")
@pytest.mark.parametrize("seed", SEEDS[:1])
def test_scans_are_found_by_what_ocr_reads(tmp_path: Path, seed: int) -> None:
    draw_scans(tmp_path / "in", random.Random(seed), n=12)
    with taken(tmp_path / "in", ocr=True) as library:
        found = advise(library, seed=seed)
    assert found.questions == {"scan": 12}
    assert found.chosen.contender.route in ("caption", "fused")
    assert found.chosen.contender.lists & {"bm25", "dense:words"}
    assert named(found, "shared").worse


class OverlapReranker:
    """Scores a hit by the share of the question's words that it holds."""

    name = "overlap"
    sees_images = False

    def rerank(self, question: str, hits: Sequence[Hit], pictures: object) -> list[float]:
        asked = set(words(question))
        return [len(asked & set(words(evidence_text(hit)))) / len(asked) for hit in hits]


def test_a_reranker_that_is_set_competes_and_is_not_recommended_where_it_gains_nothing(tmp_path: Path) -> None:
    write_prose(tmp_path / "in", random.Random(5), n=4)
    with taken(tmp_path / "in", {"words": WordEncoder()}) as library:
        found = advise(replace(library, reranker=OverlapReranker()))
    assert {one.contender.name for one in found.results} == {
        "caption (= shared)",
        "fused",
        "caption (= shared), reranked",
        "fused, reranked",
    }
    assert not found.chosen.contender.reranker


def test_a_reranker_that_finds_what_the_route_does_not_is_recommended(tmp_path: Path) -> None:
    write_prose(tmp_path / "in", random.Random(5), n=8)
    with taken(tmp_path / "in", {"colours": ColourEncoder()}) as library:
        found = advise(replace(library, reranker=OverlapReranker()))
        alone = [one for one in found.results if "fused" not in one.contender.name]
    by_name = {one.contender.name: one for one in alone}
    assert by_name["shared, reranked"].measures["recall@1"].mean > 0.9 > by_name["shared"].measures["recall@1"].mean
    # BM25 finds the same without a model.
    assert found.chosen.contender.name == "fused"


def test_pictures_that_nothing_here_can_find_are_told(tmp_path: Path) -> None:
    draw_pictures(tmp_path / "in" / "pictures", random.Random(6), n=3)
    write_prose(tmp_path / "in", random.Random(6), n=2)
    with taken(tmp_path / "in", {"words": WordEncoder()}) as library:
        found = advise(library)
    assert (dict(found.questions), found.unseen) == ({"text": 6}, 3)
    assert [note for note in notes(found) if note.startswith("3 pictures have no words")]


def test_a_store_of_nothing_but_such_pictures_says_what_it_lacks(tmp_path: Path) -> None:
    draw_pictures(tmp_path / "in", random.Random(6), n=3)
    with (
        taken(tmp_path / "in", {"words": WordEncoder()}) as library,
        pytest.raises(BadRequest, match="its 3 pictures have no words") as refused,
    ):
        advise(library)
    assert "--captioner" in refused.value.hint


def test_the_rows_of_two_contenders_can_be_compared(tmp_path: Path) -> None:
    write_prose(tmp_path / "in", random.Random(7), n=3)
    with taken(tmp_path / "in") as library:
        found = advise(library)
    ours, theirs = named(found, "fused"), named(found, "shared")
    compared = compare(theirs.run, ours.run, names=("shared", "fused"))
    assert compared.questions == sum(found.questions.values()) == len(ours.run.rows)
    assert compared.same_dataset
    (change,) = [one for one in compared.differences if (one.slice, one.measure) == ("all questions", "recall@5")]
    assert change.change.mean == pytest.approx(ours.measures["recall@5"].mean - theirs.measures["recall@5"].mean)


def test_what_it_costs_is_what_the_store_keeps_for_it(tmp_path: Path) -> None:
    draw_pictures(tmp_path / "in", random.Random(8), n=5)
    with taken(tmp_path / "in") as library:
        found = advise(library)
        n_columns = ColourEncoder().fingerprint.dim
    # Two bytes for each column of the one vector of each picture; pictures without words have none of words.
    assert named(found, "shared").cost.bytes_per_element == 2 * n_columns
    assert named(found, "caption").cost.bytes_per_element == 0
    assert named(found, "fused").cost.bytes_per_element > 2 * n_columns
