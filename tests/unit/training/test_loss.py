"""The loss: by hand in plain Python, and what must not and what must change it."""

from __future__ import annotations

from math import exp, log

import pytest
import torch
from torch import Tensor

from training.loss import TO_ITS_PLACE, TO_PICTURES, contrastive, misplaced

LOGITS = [[3.0, -1.0, 0.5, 2.0], [0.2, 1.5, -0.7, 0.9], [1.1, 0.3, 2.4, -2.0]]
TRUTH = [[True, True, False, False], [False, True, False, False], [False, False, False, True]]
KNOWN = [[True, True, True, False], [True, True, True, True], [False, True, True, True]]
WEIGHTS = [1.0, 0.12, 1.0, 0.5]


def by_hand(logits: list[list[float]], truth: list[list[bool]], known: list[list[bool]], weights: list[float]) -> float:
    """Of each picture the weighted mean over its true sentences, of each sentence the mean over its pictures."""

    def one_way(rows: list[list[float]], true: list[list[bool]], told: list[list[bool]], weigh: list[float]) -> float:
        losses = []
        for row, is_true, is_known in zip(rows, true, told, strict=True):
            false = sum(exp(x) for x, t, k in zip(row, is_true, is_known, strict=True) if k and not t)
            each = [
                (w, log(1 + false / exp(x)))
                for x, t, k, w in zip(row, is_true, is_known, weigh, strict=True)
                if t and k
            ]
            if each:
                losses.append(sum(w * loss for w, loss in each) / sum(w for w, _ in each))
        return sum(losses) / len(losses)

    true_of, known_of = ([list(column) for column in zip(*table, strict=True)] for table in (truth, known))
    of_sentences = one_way(
        [list(column) for column in zip(*logits, strict=True)], true_of, known_of, [1.0] * len(logits)
    )
    return one_way(logits, truth, known, weights) + TO_PICTURES * of_sentences


def loss(
    logits: Tensor | None = None,
    *,
    truth: list[list[bool]] = TRUTH,
    known: list[list[bool]] = KNOWN,
    weights: list[float] = WEIGHTS,
    shares: Tensor | None = None,
) -> float:
    given = exact() if logits is None else logits
    counts = torch.tensor(weights, dtype=given.dtype)
    whole = torch.ones_like(given) if shares is None else shares
    return float(contrastive(given, torch.tensor(truth), torch.tensor(known), counts, whole))


def exact() -> Tensor:
    return torch.tensor(LOGITS, dtype=torch.float64)


def test_it_is_what_is_computed_by_hand() -> None:
    assert loss() == pytest.approx(by_hand(LOGITS, TRUTH, KNOWN, WEIGHTS), abs=1e-6)
    assert loss(exact().float()) == pytest.approx(by_hand(LOGITS, TRUTH, KNOWN, WEIGHTS), abs=1e-6)


def test_one_true_and_one_false_sentence_of_equal_logits_cost_the_logarithm_of_two() -> None:
    one_way = loss(
        torch.zeros(2, 2, dtype=torch.float64),
        truth=[[True, False], [False, True]],
        known=[[True, True], [True, True]],
        weights=[1.0, 1.0],
    )
    assert one_way == pytest.approx((1 + TO_PICTURES) * log(2), abs=1e-6)


@pytest.mark.parametrize(("row", "column"), [(0, 3), (2, 0)])
@pytest.mark.parametrize("logit", [-50.0, 0.0, 50.0])
def test_what_is_not_known_has_no_influence_at_all(row: int, column: int, logit: float) -> None:
    changed = exact()
    changed[row, column] = logit
    assert loss(changed) == loss()


@pytest.mark.parametrize(("row", "column"), [(0, 3), (2, 0)])
def test_what_is_not_known_gets_no_gradient(row: int, column: int) -> None:
    logits = exact().requires_grad_()
    contrastive(logits, torch.tensor(TRUTH), torch.tensor(KNOWN), torch.tensor(WEIGHTS), torch.ones(3, 4)).backward()  # type: ignore[no-untyped-call]  # torch's own
    assert logits.grad is not None
    assert float(logits.grad[row, column]) == 0
    assert int((logits.grad != 0).sum()) == 10


def test_whether_an_unknown_one_is_called_true_makes_no_difference() -> None:
    said = [list(row) for row in TRUTH]
    said[0][3] = said[2][0] = True
    assert loss(truth=said) == loss()


def test_true_sentences_do_not_compete() -> None:
    # Both lie far above the false ones: were they set against each other, the lower one could never be without loss.
    logits = torch.tensor([[30.0, 60.0, -30.0], [-30.0, -30.0, 30.0]], dtype=torch.float64)
    truth, known = [[True, True, False], [False, False, True]], [[True] * 3] * 2
    assert loss(logits, truth=truth, known=known, weights=[1.0] * 3) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("row", "column", "better"), [(0, 0, 1), (1, 1, 1), (2, 3, 1), (0, 2, -1), (1, 0, -1), (2, 2, -1)]
)
def test_a_true_one_closer_or_a_false_one_farther_lowers_the_loss(row: int, column: int, better: int) -> None:
    changed = exact()
    changed[row, column] += 0.1 * better
    assert loss(changed) < loss()


def test_a_heavier_sentence_counts_more_among_the_true_ones_of_a_picture() -> None:
    # Picture 0 has two true sentences: the second, of the lower logit, costs more.
    assert loss(weights=[1.0, 1.0, 1.0, 0.5]) > loss() > loss(weights=[1.0, 0.01, 1.0, 0.5])


def test_a_picture_of_which_nothing_is_known_true_is_left_out() -> None:
    with_another = torch.cat([exact(), torch.tensor([[5.0, 5.0, 5.0, 5.0]], dtype=torch.float64)])
    nothing: list[bool] = [False] * 4
    assert loss(with_another, truth=[*TRUTH, nothing], known=[*KNOWN, nothing]) == pytest.approx(loss(), abs=1e-9)


def test_a_picture_of_two_halves_is_half_of_each() -> None:
    halves = torch.tensor([[0.5, 0.5, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1]], dtype=torch.float64)
    more_of_first = torch.tensor([[0.9, 0.1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1]], dtype=torch.float64)
    even = [1.0] * 4
    # The first sentence lies nearer to the first picture than the second does: the more of it is there, the less is wrong.
    assert loss(weights=even, shares=more_of_first) < loss(weights=even, shares=halves)
    assert loss(weights=even, shares=torch.ones(3, 4, dtype=torch.float64)) != loss(weights=even, shares=more_of_first)


def test_a_picture_is_misplaced_by_one_minus_its_cosine_times_how_much_its_place_counts() -> None:
    placed = torch.tensor([[1.0, 0.0], [0.6, 0.8], [0.6, 0.8], [0.0, 1.0]])
    places = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.25, 0.0], [0.0, 0.0]])
    assert float(misplaced(placed, places)) == pytest.approx(TO_ITS_PLACE * (0.0 + 0.4 + 0.1 + 0.0) / 4)
