"""What a run found out: means with their intervals, for all questions and for slices of them; and every single question."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from rich.console import Console
from rich.table import Table

from eval.ask import Asked
from eval.metrics import Interval, interval, measure_names

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class IntervalJson(TypedDict):
    """A mean and its 95 % interval."""

    mean: float
    low: float
    high: float


class SliceJson(TypedDict):
    """Some of the questions and how they did."""

    slice: str
    questions: int
    documents: int
    measures: Mapping[str, IntervalJson]


class ReportJson(TypedDict):
    """What a run found out."""

    dataset: str
    store: str
    document_given: bool
    hits: int
    slices: Sequence[SliceJson]
    """The first holds all questions."""
    seconds: Mapping[str, float]
    """Wall time of a search: `median` and `p95`."""


def report(asked: Sequence[Asked], values: NDArray[np.float64], *, ks: Sequence[int]) -> list[SliceJson]:
    """All questions together, then by kind of evidence, by type of document and by text layer.

    `values` as `judge` returns them, a row per question. A question with two kinds of evidence is in both slices.
    """
    members: dict[str, list[int]] = {"all questions": list(range(len(asked)))}
    for prefix, labels_of in (
        ("evidence", lambda one: one.question.sources),
        ("document", lambda one: (one.question.document_type,)),
        ("text layer", lambda one: (one.text_layer,)),
    ):
        slices: dict[str, list[int]] = {}
        for row, one in enumerate(asked):
            for label in labels_of(one):
                slices.setdefault(f"{prefix}: {label or 'not said'}", []).append(row)
        members |= dict(sorted(slices.items()))
    return [_slice(name, rows, asked, values, ks) for name, rows in members.items()]


def _slice(
    name: str, rows: list[int], asked: Sequence[Asked], values: NDArray[np.float64], ks: Sequence[int]
) -> SliceJson:
    documents = [asked[row].question.document for row in rows]
    intervals = {
        measure: interval(values[rows, column].tolist(), documents) for column, measure in enumerate(measure_names(ks))
    }
    return {
        "slice": name,
        "questions": len(rows),
        "documents": len(set(documents)),
        "measures": {measure: _rounded(found) for measure, found in intervals.items()},
    }


def _rounded(found: Interval) -> IntervalJson:
    return {"mean": round(found.mean, 4), "low": round(found.low, 4), "high": round(found.high, 4)}


def write_rows(asked: Sequence[Asked], values: NDArray[np.float64], *, ks: Sequence[int], path: Path) -> None:
    """Write one JSON object per question: what was asked, which pages were wanted and found, every measure."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        for one, row in zip(asked, values.tolist(), strict=True):
            line = {
                "id": one.question.id,
                "document": one.question.document,
                "question": one.question.question,
                "wanted": sorted(page for _, page in one.ranking.wanted),
                "hits": [list(hit) for hit in one.hits],
                "text_layer": one.text_layer,
                "seconds": round(one.seconds, 4),
                **{name: round(value, 4) for name, value in zip(measure_names(ks), row, strict=True)},
            }
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def show(found: ReportJson) -> None:
    """Print the report as a table: the mean of each measure with its 95 % interval."""
    measures = list(found["slices"][0]["measures"])
    given = "the question's document given" if found["document_given"] else "no document given"
    table = Table("questions", "n", "docs", *measures, title=f"{found['dataset']}: {given}, {found['hits']} hits")
    for part in found["slices"]:
        cells = [f"{m['mean']:.3f} ({m['low']:.2f}-{m['high']:.2f})" for m in part["measures"].values()]
        table.add_row(part["slice"], str(part["questions"]), str(part["documents"]), *cells)
    console = Console(width=None if Console().is_terminal else 160)
    console.print(table)
    console.print(f"A search took {found['seconds']['median']:.3f} s (median), {found['seconds']['p95']:.3f} s (p95).")
