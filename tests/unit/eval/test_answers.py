from __future__ import annotations

import pytest

from eval.answers import edit_distance, exact_match, likeness, measure_answer, overlap, token_f1
from eval.metrics import Unit
from rag.types import Answer, Box, Citation, Document, Hits, Sentence, Support

A = Document("a" * 64, "a.pdf", "A", "application/pdf", 9)
LEFT: Box = (0.0, 0.0, 0.5, 1.0)
WIDE: Box = (0.0, 0.0, 1.0, 1.0)


def answered(text: str, *pages: int, box: Box | None = None, support: tuple[Support, ...] = ()) -> Answer:
    return Answer(
        question="Why?",
        text=text,
        answerable=bool(text),
        citations=tuple(Citation(text, 1, A, page, box, text, None) for page in pages),
        hits=Hits(),
        images=Hits(),
        model="none",
        seconds={},
        sentences=tuple(Sentence(text, (1,), one) for one in support),
    )


def wanted(*pages: int, boxes: tuple[Box, ...] = ()) -> dict[Unit, tuple[Box, ...]]:
    return {(A.id, page): boxes for page in pages}


@pytest.mark.parametrize(
    ("said", "reference", "same"),
    [
        ("The  Lamp!", "lamp", 1.0),
        ("A lamp, an oil lamp.", "lamp oil lamp", 1.0),
        ("lamps", "lamp", 0.0),
        ("1,234", "1234", 1.0),
        ("", "lamp", 0.0),
        ("铜钟", "铜 钟", 1.0),
    ],
)
def test_letters_articles_and_punctuation_do_not_matter_to_a_match(said: str, reference: str, same: float) -> None:
    assert exact_match(said, reference) == same


def test_f1_counts_each_word_as_often_as_it_occurs() -> None:
    # Shared: red, red. Precision 2/4, recall 2/3.
    assert token_f1("red red green blue", "red red red") == pytest.approx(2 * 0.5 * (2 / 3) / (0.5 + 2 / 3), abs=1e-9)
    assert token_f1("", "") == 1.0
    assert token_f1("the", "red") == 0.0


@pytest.mark.parametrize(
    ("one", "other", "steps"), [("kitten", "sitting", 3), ("", "abc", 3), ("a", "a", 0), ("ab", "ba", 2)]
)
def test_the_edit_distance_counts_letters(one: str, other: str, steps: int) -> None:
    assert edit_distance(one, other) == edit_distance(other, one) == steps


def test_likeness_is_one_less_the_share_of_wrong_letters_and_nothing_below_a_half() -> None:
    assert likeness("Kitten", "sitting") == pytest.approx(1 - 3 / 7, abs=1e-9)
    assert likeness("ab", "bb") == 0.5
    assert likeness("abc", "xyc") == 0.0


def test_boxes_overlap_by_intersection_over_union() -> None:
    assert overlap(LEFT, WIDE) == 0.5
    assert overlap((0, 0, 0.4, 0.5), (0.2, 0, 0.6, 0.5)) == pytest.approx(1 / 3, abs=1e-9)
    assert overlap(LEFT, (0.6, 0, 1, 1)) == 0.0
    assert overlap((0.5, 0.5, 0.5, 0.5), (0.5, 0.5, 0.5, 0.5)) == 0.0


def test_an_answer_is_measured_by_its_best_reference_without_its_markers() -> None:
    found = measure_answer(
        answered("Rape oil. [1, 2]"), references=["whale oil", "rape oil"], answerable=True, wanted={}
    )
    assert found == {"abstention": 1.0, "em": 1.0, "f1": 1.0, "anls": pytest.approx(8 / 9, abs=1e-9)}


def test_citations_are_measured_by_page() -> None:
    found = measure_answer(answered("Yes.", 3, 3, 7), references=[], answerable=True, wanted=wanted(3, 4, 5))
    assert found == {
        "abstention": 1.0,
        "cited": 1.0,
        "citation_recall": pytest.approx(1 / 3, abs=1e-9),
        "citation_precision": 0.5,
    }


def test_the_citations_of_a_whole_document_count_whatever_their_page() -> None:
    found = measure_answer(answered("Yes.", 3, 7), references=[], answerable=True, wanted={(A.id, None): ()})
    assert (found["citation_recall"], found["citation_precision"]) == (1.0, 1.0)


def test_an_answer_that_abstains_cites_nothing_and_matches_nothing() -> None:
    silent = answered("")
    found = measure_answer(silent, references=["oil"], answerable=True, wanted=wanted(3, boxes=(LEFT,)))
    assert found == {
        "abstention": 0.0, "em": 0.0, "f1": 0.0, "anls": 0.0, "cited": 0.0, "citation_recall": 0.0, "box_iou": 0.0,
    }  # fmt: skip
    assert measure_answer(silent, references=[], answerable=False, wanted={}) == {"abstention": 1.0}


def test_an_answer_where_there_is_none_is_wrong_and_nothing_else_is_told_of_it() -> None:
    assert measure_answer(answered("Oil.", 3), references=["oil"], answerable=False, wanted=wanted(3)) == {
        "abstention": 0.0
    }


def test_each_wanted_box_is_met_by_the_nearest_cited_one_on_its_page() -> None:
    both = wanted(3, boxes=(LEFT, WIDE)) | wanted(4, boxes=(LEFT,))
    found = measure_answer(answered("Yes.", 3, box=LEFT), references=[], answerable=True, wanted=both)
    assert found["box_iou"] == pytest.approx((1.0 + 0.5 + 0.0) / 3, abs=1e-9)


def test_sentences_that_their_evidence_does_not_bear_out_are_counted() -> None:
    answer = answered("Yes.", support=("supported", "unsupported", "uncited", "supported"))
    assert measure_answer(answer, references=[], answerable=True, wanted={})["unsupported"] == 0.5
