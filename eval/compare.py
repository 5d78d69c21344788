"""Two runs over the same questions: the difference of every measure, how sure it is, and what a build may not lose."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from eval.metrics import Interval, interval
from eval.runs import Row, Run
from eval.slices import ALL, measures_of, members
from rag.errors import BadRequest

_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_CONDITION = re.compile(r"\s*([\w@]+)\s*(<=|>=|<|>)\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*(?:in\s+(.+?)\s*)?")
_EXAMPLE = 'Write it as in --fail-if "recall@5 < -0.01" or --fail-if "recall@5 < -0.05 in evidence: Table".'


@dataclass(frozen=True, slots=True)
class Difference:
    """How a measure changed from A to B in a slice, over the questions that have it in both."""

    slice: str
    measure: str
    questions: int
    before: float
    after: float
    change: Interval
    """Mean of B - A, question by question."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What makes a comparison fail: a bound on the mean of B - A."""

    text: str
    measure: str
    sign: str
    bound: float
    slice: str = ALL

    def holds(self, differences: Sequence[Difference]) -> bool:
        """Whether the mean itself, not its interval, is beyond the bound.

        Raises: BadRequest if there is no such measure in such a slice.
        """
        for one in differences:
            if (one.measure, one.slice) == (self.measure, self.slice):
                return _OPERATORS[self.sign](one.change.mean, self.bound)
        measures = dict.fromkeys(one.measure for one in differences)
        slices = dict.fromkeys(one.slice for one in differences)
        raise BadRequest(
            f"--fail-if {self.text!r}: there is no {self.measure} in {self.slice} that both runs have.",
            hint=f"Measures: {', '.join(measures) or 'none'}. Slices: {', '.join(slices) or 'none'}.",
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    """What became of the questions that two runs share."""

    before: str
    after: str
    questions: int
    """In both."""
    only_before: int
    only_after: int
    same_dataset: bool
    """Whether both read the same files."""
    differences: tuple[Difference, ...]


def read_condition(text: str) -> Condition:
    """Read `MEASURE < NUMBER`, with `<=`, `>` or `>=` as well, and `in SLICE` behind it.

    Raises: BadRequest if it is of another form.
    """
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise BadRequest(f"--fail-if cannot be {text!r}.", hint=_EXAMPLE)
    measure, sign, bound, where = found.groups()
    return Condition(text, measure, sign, float(bound), where or ALL)


def compare(before: Run, after: Run, *, names: tuple[str, str]) -> Comparison:
    """Pair the questions of two runs by their ids.

    The interval is the 95 % bootstrap of `interval` over the differences: a question's luck in both runs cancels out.
    Raises: BadRequest if no question is in both.
    """
    ours, theirs = before.by_id, after.by_id
    shared = [id for id in ours if id in theirs]
    if not shared:
        raise BadRequest("The two runs share no question.", hint="Compare runs of one dataset.")
    measures = [name for name in measures_of(before) if name in measures_of(after)]
    differences = [
        difference
        for name, rows in members(ours[id] for id in shared).items()
        for measure in measures
        if (difference := _difference(name, measure, [(row, theirs[row.id]) for row in rows])) is not None
    ]
    return Comparison(
        before=names[0],
        after=names[1],
        questions=len(shared),
        only_before=len(ours) - len(shared),
        only_after=len(theirs) - len(shared),
        same_dataset=before.header.digest == after.header.digest,
        differences=tuple(differences),
    )


def _difference(name: str, measure: str, pairs: Sequence[tuple[Row, Row]]) -> Difference | None:
    """None where no question of the slice has the measure in both runs."""
    having = [(one, other) for one, other in pairs if measure in one.measures and measure in other.measures]
    if not having:
        return None
    before = [one.measures[measure] for one, _ in having]
    after = [other.measures[measure] for _, other in having]
    changes = [b - a for a, b in zip(before, after, strict=True)]
    return Difference(
        slice=name,
        measure=measure,
        questions=len(having),
        before=sum(before) / len(before),
        after=sum(after) / len(after),
        change=interval(changes, [one.group for one, _ in having]),
    )
