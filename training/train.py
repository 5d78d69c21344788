"""Train the picture tower of `builtin` into the space of its frozen text tower: `make train-builtin`."""

from __future__ import annotations

import argparse
import ctypes
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from training.lessons import Lessons, Mixture, Sources
from training.loss import contrastive, misplaced
from training.tower import SIDE, new_tower, with_own_statistics, write

PICTURES_PER_STEP = Mixture().n_pictures
AVERAGED = 0.9985
"""How much of the running mean of the weights stays at each step."""
SCALES = (20.0, 30.0)
"""The scale of the cosines at the start, and the most it may grow to: beyond, photos that were trained on are told apart ever
better, and others are not."""
BATCHES_FOR_STATISTICS = 24
SMALLER = 64
"""Pixels of the pictures, wide and high, until the last part: a step costs less than half of one at the full size."""
LAST = 0.2
"""The last part of the steps, in which pictures have the size and the look that they have in use: nothing is patched."""
PATCHED = 0.8
"""How often the photos of a step are patched with parts of each other before that."""
SAVED_EVERY = 500
TOLD_EVERY = 50
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4
"""glibc's own, of malloc.h: https://man7.org/linux/man-pages/man3/mallopt.3.html"""


@dataclass(frozen=True)
class Plan:
    """What a training sees at a time, how large, and how often it is kept and told of."""

    mixture: Mixture = field(default_factory=Mixture)
    side: int = SMALLER
    """Pixels of the pictures, wide and high, before the last part."""
    last_side: int = SIDE
    last: float = LAST
    saved_every: int = SAVED_EVERY
    told_every: int = TOLD_EVERY
    batches_for_statistics: int = BATCHES_FOR_STATISTICS

    def of_step(self, progress: float) -> tuple[int, float]:
        """How large the pictures of a step are, and how likely it is that photos are patched; `progress`: 0..1."""
        return (self.last_side, 0.0) if progress >= 1 - self.last else (self.side, PATCHED)


PLAN = Plan()


@dataclass
class Run:
    """A training under way."""

    steps: int
    rate: float
    decay: float
    device: torch.device
    stay: float = 0.0
    """How much of the weights that it began with the finished tower has: what is asked of it outside of the lessons is worth some
    of what was learned (WiSE-FT, https://arxiv.org/abs/2109.01903)."""
    done: int = 0
    first: list[Tensor] = field(default_factory=list)
    tower: nn.Module = field(init=False)
    """Works in bfloat16, its normalisation in float32; `weights` are the truth."""
    weights: list[Tensor] = field(init=False)
    mean: list[Tensor] = field(init=False)
    scale: Tensor = field(init=False)
    optimizer: torch.optim.Optimizer = field(init=False)

    def __post_init__(self) -> None:
        tower = new_tower().to(self.device).to(memory_format=torch.channels_last)
        self.weights = [parameter.detach().clone().float() for parameter in tower.parameters()]
        self.mean = [weight.clone() for weight in self.weights]
        self.scale = torch.tensor(math.log(SCALES[0]), device=self.device)
        self.tower = tower.to(torch.bfloat16)
        for layer in self.tower.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.float()
        decaying = [weight for weight in self.weights if weight.ndim > 1]
        plain = [weight for weight in self.weights if weight.ndim <= 1]
        self.optimizer = torch.optim.AdamW(
            [
                {"params": decaying, "weight_decay": self.decay},
                {"params": [*plain, self.scale], "weight_decay": 0.0},
            ],
            lr=self.rate,
            betas=(0.9, 0.98),
        )

    def step(self, lessons: Lessons, side: int, *, patched: float = 0.0) -> float:
        """Learn from one batch; the loss. `side`, `patched`: as `Lessons.next` takes them."""
        rate = self.rate * _share_of_rate(self.done / self.steps)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        lesson = lessons.next(side, patched=patched)
        seen = lesson.pictures.to(self.device, torch.bfloat16, memory_format=torch.channels_last)
        placed = nn.functional.normalize(self.tower(seen).float(), dim=1)
        sentences = torch.from_numpy(lessons.sources.bank.rows[lesson.sentences]).to(self.device)
        scale = self.scale.detach().clone().requires_grad_()
        logits = placed @ sentences.T * scale.exp()
        told = (lesson.truth, lesson.known, lesson.weights, lesson.shares)
        loss = contrastive(logits, *(part.to(self.device) for part in told))
        loss = loss + misplaced(placed, lesson.places.to(self.device))
        loss.backward()  # type: ignore[no-untyped-call]  # torch's own
        self._take(scale)
        self.done += 1
        return float(loss.detach())

    def _take(self, scale: Tensor) -> None:
        parameters = list(self.tower.parameters())
        for weight, parameter in zip(self.weights, parameters, strict=True):
            weight.grad = None if parameter.grad is None else parameter.grad.float()
            parameter.grad = None
        self.scale.grad = scale.grad
        torch.nn.utils.clip_grad_norm_(self.weights, 1.0)
        self.optimizer.step()
        with torch.no_grad():
            self.scale.clamp_(max=math.log(SCALES[1]))
            torch._foreach_copy_([parameter.data for parameter in parameters], self.weights)
            torch._foreach_lerp_(self.mean, self.weights, 1 - min(AVERAGED, (1 + self.done) / (10 + self.done)))

    def begin_with(self, file: Path) -> None:
        """Begin with the weights of a tower that `write` wrote."""
        tower = new_tower()
        state = load_file(file)
        tower.load_state_dict(
            {name: value.float() if value.is_floating_point() else value for name, value in state.items()}
        )
        with torch.no_grad():
            for number, parameter in enumerate(tower.parameters()):
                self.weights[number].copy_(parameter)
                self.mean[number].copy_(parameter)
            for own, weight in zip(self.tower.parameters(), self.weights, strict=True):
                own.copy_(weight)
            found = dict(tower.named_buffers())
            for name, value in self.tower.named_buffers():
                value.copy_(found[name])
            self.scale.fill_(math.log(SCALES[1]))
        self.first = [weight.clone() for weight in self.weights]

    def finished(self, lessons: Lessons, side: int = SIDE, *, n_batches: int = BATCHES_FOR_STATISTICS) -> nn.Module:
        """The tower with the mean of its weights, float32, ready to place pictures; `n_batches` for its statistics."""
        tower = new_tower().to(self.device)
        with torch.no_grad():
            for parameter, weight, first in zip(tower.parameters(), self.mean, self.first or self.mean, strict=True):
                parameter.copy_(weight.lerp(first, self.stay))
        batches = [lessons.next(side).pictures.to(self.device) for _ in range(n_batches)]
        return with_own_statistics(tower, batches)

    def save(self, file: Path) -> None:
        """Keep everything that going on needs."""
        state = {
            "steps": self.steps,
            "done": self.done,
            "weights": self.weights,
            "mean": self.mean,
            "first": self.first,
            "scale": self.scale,
            "optimizer": self.optimizer.state_dict(),
            "buffers": dict(self.tower.named_buffers()),
        }
        torch.save(state, file.with_suffix(".part"))
        file.with_suffix(".part").replace(file)

    def resume(self, file: Path) -> None:
        """Go on where `save` was."""
        state = torch.load(file, map_location=self.device, weights_only=True)
        self.done = state["done"]
        self.first = list(state.get("first", ()))
        with torch.no_grad():
            for own, kept in zip([*self.weights, *self.mean], [*state["weights"], *state["mean"]], strict=True):
                own.copy_(kept)
            self.scale.copy_(state["scale"])
            for parameter, weight in zip(self.tower.parameters(), self.weights, strict=True):
                parameter.copy_(weight)
            for name, value in self.tower.named_buffers():
                value.copy_(state["buffers"][name])
        self.optimizer.load_state_dict(state["optimizer"])


def _share_of_rate(progress: float) -> float:
    """Up during the first twentieth, then down along a cosine."""
    warm = 0.05
    return progress / warm if progress < warm else 0.5 * (1 + math.cos(math.pi * (progress - warm) / (1 - warm))) + 1e-3


def train(
    sources: Sources, run: Run, *, seed: int, kept: Path, tell: Callable[[str], None], plan: Plan = PLAN
) -> nn.Module:
    """Train to the last step, keeping the state in `kept` now and then; the finished tower."""
    lessons = Lessons(sources, plan.mixture, seed=seed + run.done)
    started, first, losses = time.monotonic(), run.done, []
    while run.done < run.steps:
        side, patched = plan.of_step(run.done / run.steps)
        losses.append(run.step(lessons, side, patched=patched))
        if run.done % plan.told_every == 0:
            speed = (run.done - first) * plan.mixture.n_pictures / (time.monotonic() - started)
            recent = sum(losses[-plan.told_every :]) / len(losses[-plan.told_every :])
            scale = float(run.scale.exp())
            tell(f"step {run.done} of {run.steps}  loss {recent:.3f}  scale {scale:.1f}  {speed:.0f} pictures/s")
        if run.done % plan.saved_every == 0:
            run.save(kept)
    run.save(kept)
    return run.finished(lessons, plan.last_side, n_batches=plan.batches_for_statistics)


def _keep_memory() -> None:
    """Let glibc keep what is freed for the next step: to be given each large tensor anew doubles what a step costs."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        for option, value in ((M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, -1), (M_TOP_PAD, 1 << 30)):
            libc.mallopt(option, value)


def _mixture(text: str) -> Mixture:
    return Mixture(*map(int, text.split(",")))


def main() -> None:
    """Read the sources, train, write the folder of the model."""
    from training.gather import gather

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument(
        "--data", type=Path, default=Path("../shared/data"), help="folder that holds train/ and photos/"
    )
    parser.add_argument("--out", type=Path, default=Path("rag/encoders/builtin_tower"), help="folder of the model")
    parser.add_argument(
        "--kept", type=Path, default=Path("demo/training"), help="folder for what a second run can use again"
    )
    parser.add_argument("--steps", type=int, default=9_000, help=f"steps of {PICTURES_PER_STEP} pictures")
    parser.add_argument("--rate", type=float, default=4e-3, help="the highest learning rate")
    parser.add_argument("--decay", type=float, default=0.05, help="weight decay")
    parser.add_argument("--drawings", type=int, default=48_000, help="generated drawings to learn from")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--begin", type=Path, help="safetensors of a tower to begin with, in place of chance")
    parser.add_argument("--stay", type=float, default=0.2, help="share of the weights of --begin in the finished tower")
    parser.add_argument(
        "--mixture",
        type=_mixture,
        default=Mixture(),
        help="pictures of a step: photos,drawings,shapes,plain,emoji,captioned",
    )
    parser.add_argument(
        "--last", type=float, default=LAST, help="share of the steps, the last, at full size and without patches"
    )
    parser.add_argument("--smaller", type=int, default=SMALLER, help="pixels of the pictures, wide and high, before it")
    parser.add_argument("--again", action="store_true", help="begin anew where an earlier run can be gone on with")
    asked = parser.parse_args()
    _keep_memory()
    torch.set_num_threads(asked.threads)
    torch.manual_seed(asked.seed)
    asked.kept.mkdir(parents=True, exist_ok=True)
    sources = gather(asked.data, kept=asked.kept, n_drawings=asked.drawings)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    run = Run(steps=asked.steps, rate=asked.rate, decay=asked.decay, device=device, stay=asked.stay)
    state = asked.kept / f"run-{asked.steps}-{asked.seed}.pt"
    if state.is_file() and not asked.again:
        run.resume(state)
        print(f"Going on after step {run.done}.", flush=True)
    elif asked.begin is not None:
        run.begin_with(asked.begin)
    plan = Plan(mixture=asked.mixture, side=asked.smaller, last=asked.last)
    tower = train(sources, run, seed=asked.seed, kept=state, tell=lambda line: print(line, flush=True), plan=plan)
    print("Written:", write(asked.out, tower.cpu().state_dict()))


if __name__ == "__main__":
    main()
