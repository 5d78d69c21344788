"""What a run found out: the mean of every measure with its interval, for all questions and for slices of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from eval.metrics import Interval, interval, measure_names
from eval.runs import Row, Run

ALL = "all questions"
ANSWER_MEASURES = (
    "em", "f1", "anls", "judge", "judge_unparseable", "cited", "citation_precision", "citation_recall", "box_iou",
    "unsupported", "abstention",
)  # fmt: skip
LOWER_IS_BETTER = ("unsupported", "judge_unparseable")


@dataclass(frozen=True, slots=True)
class Slice:
    """Some of the questions and how they did."""

    name: str
    questions: int
    groups: int
    """Documents, where questions are about documents."""
    measures: Mapping[str, Interval]
    """Each over those of the questions for which it can be told."""


def slices(run: Run) -> list[Slice]:
    """All questions together, then by everything that tells them apart; a question with two labels is in both slices."""
    names = measures_of(run)
    return [_slice(name, rows, names) for name, rows in members(run.rows).items()]


def members(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """The rows of each slice: all of them first; of a kind of label only where it tells any of the rows apart."""
    rows = list(rows)
    found = {ALL: rows}
    for kind in sorted({kind for row in rows for kind in row.labels}):
        parts: dict[str, list[Row]] = {}
        for row in rows:
            for label in row.labels.get(kind, ()):
                parts.setdefault(f"{kind}: {label}", []).append(row)
        if len(parts) > 1 or any(len(part) < len(rows) for part in parts.values()):
            found |= dict(sorted(parts.items()))
    return found


def measures_of(run: Run) -> tuple[str, ...]:
    """The measures that any row of a run has: those of retrieval, then those of answers."""
    known = (*measure_names(run.header.ks), *ANSWER_MEASURES)
    there = {name for row in run.rows for name in row.measures}
    return tuple(name for name in known if name in there)


def mean(rows: Sequence[Row], measure: str) -> Interval:
    """The mean of a measure over those rows that have it, with its 95 % interval."""
    having = [row for row in rows if measure in row.measures]
    return interval([row.measures[measure] for row in having], [row.group for row in having])


def _slice(name: str, rows: Sequence[Row], measures: Sequence[str]) -> Slice:
    return Slice(
        name=name,
        questions=len(rows),
        groups=len({row.group for row in rows}),
        measures={measure: mean(rows, measure) for measure in measures if any(measure in row.measures for row in rows)},
    )
