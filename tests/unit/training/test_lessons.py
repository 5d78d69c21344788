"""A lesson says what is true of its pictures, what is false, and where nobody knows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest
import torch

from tests.unit.training import made
from training.bank import Bank
from training.lessons import OF_A_DRAWING, PLACE_OF_A_PHOTO, WEIGHT_OF_WORD, Lesson, Lessons, Mixture

N_LESSONS = 48
Pair = tuple[tuple[str, int], tuple[str, int], bool, bool]


@pytest.fixture(scope="module")
def bank() -> Bank:
    return Bank(made.sentences())


@pytest.fixture(scope="module")
def lessons(bank: Bank) -> list[Lesson]:
    torch.manual_seed(3)
    endless = Lessons(made.sources(bank), made.MIXTURE, seed=3)
    return [endless.next(16) for _ in range(N_LESSONS)]


@pytest.fixture(scope="module")
def pairs(lessons: list[Lesson], bank: Bank) -> list[Pair]:
    return [pair for lesson in lessons for pair in made.pairs(lesson, bank)]


def among(pairs: list[Pair], picture: str, sentence: str) -> Iterator[tuple[int, int, bool, bool]]:
    """The pairs of a source and a kind of sentence: both numbers, truth, known. Fails if there are none."""
    chosen = [(p[1], s[1], true, known) for p, s, true, known in pairs if (p[0], s[0]) == (picture, sentence)]
    assert len(chosen) > 20
    yield from chosen


def test_a_lesson_holds_as_many_pictures_of_each_source_as_the_mixture_says(lessons: list[Lesson]) -> None:
    for lesson in lessons:
        assert lesson.pictures.shape == (13, 3, 16, 16)
        assert lesson.pictures.dtype == torch.float32
        assert lesson.truth.shape == lesson.known.shape == (13, len(lesson.sentences))
        assert lesson.weights.shape == (len(lesson.sentences),)
        for kind in made.SOURCES:
            shown = [number for source, number in made.seen(lesson) if source == kind]
            assert len(set(shown)) == len(shown)


def test_pictures_have_the_asked_size_and_are_prepared_as_the_tower_expects(bank: Bank) -> None:
    lesson = Lessons(made.sources(bank), made.MIXTURE, seed=1).next(24)
    assert lesson.pictures.shape == (13, 3, 24, 24)
    assert float(lesson.pictures.min()) >= -2  # (0 - 0.5) / 0.25
    assert float(lesson.pictures.max()) <= 2
    assert float(lesson.pictures.max()) > 1


def test_every_photo_is_shown_once_before_any_again(lessons: list[Lesson]) -> None:
    shown = [number for lesson in lessons for kind, number in made.seen(lesson) if kind == "photo"]
    rounds = [sorted(shown[start : start + 6]) for start in range(0, len(shown), 6)]
    assert rounds == [[0, 1, 2, 3, 4, 5]] * (N_LESSONS // 2)
    assert len({tuple(shown[start : start + 6]) for start in range(0, len(shown), 6)}) > 1


def test_a_round_that_does_not_come_out_even_leaves_out_fewer_than_a_batch(bank: Bank) -> None:
    mixture = Mixture(photos=4, drawings=4, shapes=0, plain=0, emoji=4, captioned=2)
    endless = Lessons(made.sources(bank), mixture, seed=2)
    shown = [[number for kind, number in made.seen(endless.next(8), mixture) if kind == "photo"] for _ in range(20)]
    assert all(len(set(batch)) == 4 for batch in shown)
    assert {number for batch in shown for number in batch} == set(range(6))


def test_the_same_seed_gives_the_same_lessons_and_another_seed_others(bank: Bank) -> None:
    def first(seed: int) -> Lesson:
        torch.manual_seed(1)
        return Lessons(made.sources(bank), made.MIXTURE, seed=seed).next(8)

    one, again, other = first(4), first(4), first(5)
    assert torch.equal(one.pictures, again.pictures)
    assert np.array_equal(one.sentences, again.sentences)
    assert torch.equal(one.truth, again.truth)
    assert not torch.equal(one.pictures, other.pictures)


def test_a_class_is_true_of_exactly_its_photos(pairs: list[Pair]) -> None:
    for photo, label, true, known in among(pairs, "photo", "class"):
        assert true == (made.LABELS[photo] == label)
        assert known


def test_a_class_is_false_of_drawings_and_unknown_of_emoji_and_scenes(pairs: list[Pair]) -> None:
    assert {(true, known) for _, _, true, known in among(pairs, "drawing", "class")} == {(False, True)}
    assert not any(known for kind in ("emoji", "scene") for *_, known in among(pairs, kind, "class"))


def test_an_everyday_word_is_true_of_the_photos_of_its_classes_and_false_of_all_others(pairs: list[Pair]) -> None:
    for photo, word, true, known in among(pairs, "photo", "word"):
        assert true == made.WORDS_OF_CLASS[made.LABELS[photo]][word]
        assert known


def test_an_everyday_word_is_false_of_charts_and_unknown_of_other_drawings(pairs: list[Pair]) -> None:
    for drawing, _, true, known in among(pairs, "drawing", "word"):
        assert not true
        assert known == made.CHARTS[drawing]
    assert not any(known for kind in ("emoji", "scene") for *_, known in among(pairs, kind, "word"))


def test_a_drawing_has_its_own_sentences_and_those_of_others_that_are_true_of_it_too(
    lessons: list[Lesson], bank: Bank
) -> None:
    also = 0
    for lesson in lessons:
        for row, (kind, number) in enumerate(made.seen(lesson)):
            for column, at in enumerate(lesson.sentences):
                said, of, *part = bank.sentences[at].split()
                if kind != "drawing" or said != "drawing":
                    continue
                shared = made.ALSO_TRUE.get(number) == int(of) and part == ["first"]
                also += shared
                assert bool(lesson.truth[row, column]) == (number == int(of) or shared)
                assert lesson.known[row, column]
    assert also > 0


def test_two_sentences_of_each_drawing_are_asked(lessons: list[Lesson], bank: Bank) -> None:
    for lesson in lessons:
        spoken = Counter(number for kind, number in made.said(lesson, bank) if kind == "drawing")
        assert set(spoken) == {number for kind, number in made.seen(lesson) if kind == "drawing"}
        assert set(spoken.values()) == {OF_A_DRAWING}


def test_what_is_said_of_drawings_is_false_of_photos_and_scenes(pairs: list[Pair]) -> None:
    for kind in ("photo", "scene"):
        assert {(true, known) for _, _, true, known in among(pairs, kind, "drawing")} == {(False, True)}


def test_what_is_said_of_charts_is_false_of_emoji_and_what_is_said_of_other_drawings_unknown(pairs: list[Pair]) -> None:
    for _, drawing, true, known in among(pairs, "emoji", "drawing"):
        assert not true
        assert known == made.CHARTS[drawing]


def test_a_shape_is_set_against_every_other_colour_and_shape(pairs: list[Pair]) -> None:
    for drawing, pair, true, known in among(pairs, "drawing", "pair"):
        assert true == (made.PAIRS[drawing] == pair)
        assert known == (made.PAIRS[drawing] >= 0)
    for kind in ("photo", "emoji", "scene"):
        assert not any(known for *_, known in among(pairs, kind, "pair"))


def test_every_lesson_shows_a_shape(lessons: list[Lesson]) -> None:
    for lesson in lessons:
        assert any(kind == "drawing" and made.PAIRS[number] >= 0 for kind, number in made.seen(lesson))


def test_plain_pictures_are_shown_beside_the_other_drawings_where_it_is_asked_for(bank: Bank) -> None:
    mixture = Mixture(photos=3, drawings=1, shapes=0, plain=1, emoji=4, captioned=2)
    endless = Lessons(made.sources(bank), mixture, seed=2)
    for _ in range(N_LESSONS):
        drawn = [number for kind, number in made.seen(endless.next(16), mixture) if kind == "drawing"]
        assert len(set(drawn)) == 2
        assert set(drawn) & set(made.PLAIN)


def test_an_emoji_is_set_against_all_others_but_those_that_mean_the_same(pairs: list[Pair]) -> None:
    for emoji, place, true, known in among(pairs, "emoji", "emoji"):
        assert true == (emoji == place)
        assert known == ((emoji, place) not in made.ALIKE)
    for kind in ("photo", "drawing", "scene"):
        assert not any(known for *_, known in among(pairs, kind, "emoji"))


def test_a_word_of_an_emoji_is_true_of_those_that_it_names(pairs: list[Pair]) -> None:
    for emoji, word, true, known in among(pairs, "emoji", "sign"):
        assert true == (word in made.EMOJI_WORDS[emoji])
        assert known == (word != made.HELD_BACK[emoji])


def test_a_held_back_word_is_never_true_and_never_counted_as_false(pairs: list[Pair]) -> None:
    met = {(emoji, word): (true, known) for emoji, word, true, known in among(pairs, "emoji", "sign")}
    held_back = {(emoji, word) for emoji, word in enumerate(made.HELD_BACK) if word >= 0}
    assert held_back <= set(met)
    assert {met[pair] for pair in held_back} == {(False, False)}


def test_a_word_of_an_emoji_is_false_of_charts_and_unknown_of_all_else(pairs: list[Pair]) -> None:
    for drawing, _, true, known in among(pairs, "drawing", "sign"):
        assert not true
        assert known == made.CHARTS[drawing]
    assert not any(known for kind in ("photo", "scene") for *_, known in among(pairs, kind, "sign"))


def test_every_emoji_of_a_lesson_is_asked_for_by_one_of_its_words(lessons: list[Lesson]) -> None:
    for lesson in lessons:
        for row, (kind, _) in enumerate(made.seen(lesson)):
            assert kind != "emoji" or (lesson.truth[row] & lesson.known[row]).any()


def test_a_caption_is_true_of_its_own_scene_alone(pairs: list[Pair]) -> None:
    for scene, caption, true, known in among(pairs, "scene", "scene"):
        assert true == (scene == caption)
        assert known


def test_a_caption_is_false_of_drawings_and_emoji_and_unknown_of_photos(pairs: list[Pair]) -> None:
    for kind in ("drawing", "emoji"):
        assert {(true, known) for _, _, true, known in among(pairs, kind, "scene")} == {(False, True)}
    assert not any(known for *_, known in among(pairs, "photo", "scene"))


def test_captions_of_scenes_that_are_not_shown_are_asked_as_well_each_scene_once(
    lessons: list[Lesson], bank: Bank
) -> None:
    for lesson in lessons:
        told = [number for kind, number in made.said(lesson, bank) if kind == "scene"]
        assert sorted(told) == [0, 1, 2, 3, 4, 5]


def test_an_everyday_word_weighs_less_than_anything_else(lessons: list[Lesson], bank: Bank) -> None:
    for lesson in lessons:
        for (kind, _), weight in zip(made.said(lesson, bank), lesson.weights.tolist(), strict=True):
            assert weight == pytest.approx(WEIGHT_OF_WORD if kind == "word" else 1.0)


def test_a_thing_is_said_in_all_its_ways_in_time(lessons: list[Lesson], bank: Bank) -> None:
    assert {bank.sentences[number] for lesson in lessons for number in lesson.sentences} == set(made.sentences())


def test_photos_are_patched_with_each_other_only_where_it_is_asked_for(bank: Bank, lessons: list[Lesson]) -> None:
    assert all(bool((lesson.shares == 1).all()) for lesson in lessons)
    endless = Lessons(made.sources(bank), made.MIXTURE, seed=3)
    torch.manual_seed(3)
    patched = [endless.next(16, patched=1.0) for _ in range(N_LESSONS)]
    assert any(bool((lesson.shares < 1).any()) for lesson in patched)


def test_of_a_patched_photo_both_classes_are_true_in_part_and_of_nothing_else(bank: Bank) -> None:
    torch.manual_seed(3)
    endless = Lessons(made.sources(bank), made.MIXTURE, seed=3)
    mixed = 0
    for _ in range(N_LESSONS):
        lesson = endless.next(16, patched=1.0)
        spoken = made.said(lesson, bank)
        of_class = [column for column, (kind, _) in enumerate(spoken) if kind == "class"]
        others = [column for column, (kind, _) in enumerate(spoken) if kind not in ("class", "word")]
        true, shares = lesson.truth[:3][:, of_class], lesson.shares[:3][:, of_class]
        for row in range(3):
            mixed += int(true[row].sum()) == 2
            assert float((shares[row] * true[row]).sum()) == pytest.approx(1.0)
        for column, (kind, word) in enumerate(spoken):
            if kind == "word":
                of_it = (shares * true)[:, [held[word] for held in made.WORDS_OF_CLASS]].sum(1)
                assert torch.allclose(lesson.shares[:3, column] * lesson.truth[:3, column], of_it)
        assert bool((lesson.shares[:, others] == 1).all())
        assert bool((lesson.shares[3:] == 1).all())
    assert mixed > 10


@pytest.mark.parametrize("patched", [0.0, 1.0])
def test_a_whole_photo_has_the_place_of_its_class_an_emoji_its_own_and_nothing_else_has_one(
    bank: Bank, patched: float
) -> None:
    torch.manual_seed(3)
    sources = made.sources(bank)
    endless = Lessons(sources, made.MIXTURE, seed=3)
    nowhere = 0
    for _ in range(N_LESSONS):
        lesson = endless.next(16, patched=patched)
        classes = [at for at, (kind, _) in enumerate(made.said(lesson, bank)) if kind == "class"]
        for row, (kind, number) in enumerate(made.seen(lesson)):
            place = np.zeros(384, np.float32)
            if kind == "emoji":
                place = sources.place_of_emoji[number]
            elif kind == "photo" and int(lesson.truth[row, classes].sum()) == 1:
                place = PLACE_OF_A_PHOTO * sources.place_of_class[int(lesson.truth[row, classes].float().argmax())]
            nowhere += kind == "photo" and not place.any()
            assert np.array_equal(lesson.places[row].numpy(), place)
    assert (nowhere > 0) == bool(patched)
