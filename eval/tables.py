"""Runs and comparisons as a person reads them in a terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from eval.compare import Comparison
from eval.metrics import Interval, measure_names
from eval.runs import Run
from eval.slices import Slice, slices
from rag.terminal import escape

SCOPES = {
    "given": "the question's document given",
    "store": "the whole store searched",
    "wrong": "a wrong document given",
}


def show_run(run: Run) -> None:
    """A table of retrieval and one of answers, whichever there is; a row per slice."""
    parts = slices(run)
    retrieval = set(measure_names(run.header.ks))
    title = f"{run.header.dataset}: {SCOPES[run.header.scope]}, route {run.header.route}, {run.header.hits} hits"
    to = console()
    for wanted, what in ((True, "evidence found"), (False, "answers")):
        shown = [
            name
            for name in dict.fromkeys(name for part in parts for name in part.measures)
            if (name in retrieval) == wanted
        ]
        if shown:
            to.print(_slices(parts, shown, f"{title}: {what}"))
    for stage in ("search", "total"):
        taken = [row.seconds[stage] for row in run.rows if stage in row.seconds]
        if taken:
            name = "A search" if stage == "search" else "An answer"
            to.print(f"{name} took {quantile(taken, 0.5):.3f} s (median), {quantile(taken, 0.95):.3f} s (p95).")


def show_comparison(found: Comparison, *, all_slices: bool) -> None:
    """A row per measure; with all slices, a row per slice and measure. What is sure is marked."""
    title = f"{found.before} → {found.after}: {found.questions} questions in both"
    if found.only_before or found.only_after:
        title += f", {found.only_before} only in the first, {found.only_after} only in the second"
    table = Table("questions", "measure", "n", "before", "after", "change (95 %)", "", title=escape(title))
    for at, one in enumerate(found.differences):
        first = found.differences[0].slice
        if not all_slices and one.slice != first:
            continue
        new = at == 0 or found.differences[at - 1].slice != one.slice
        table.add_row(
            escape(one.slice) if new else "",
            one.measure,
            str(one.questions),
            f"{one.before:.3f}",
            f"{one.after:.3f}",
            f"{one.change.mean:+.3f} ({one.change.low:+.3f} to {one.change.high:+.3f})",
            sure(one.change),
        )
    to = console()
    to.print(table)
    if not found.same_dataset:
        to.print(
            "[yellow]The two runs read different files of questions; those of one id are paired all the same.[/yellow]"
        )


def sure(change: Interval) -> str:
    """Which way a change goes where its interval leaves out 0; else nothing."""
    return "up" if change.low > 0 else "down" if change.high < 0 else ""


def quantile(values: Sequence[float], share: float) -> float:
    """The value that this share of the values does not exceed, between two values in proportion."""
    ordered = sorted(values)
    at = share * (len(ordered) - 1)
    low = ordered[int(at)]
    return low + (ordered[min(int(at) + 1, len(ordered) - 1)] - low) * (at - int(at))


def _slices(parts: Sequence[Slice], measures: Sequence[str], title: str) -> Table:
    """Each row counts the questions that the widest measure can be told for; a narrower one says its own count."""
    table = Table("questions", "n", *measures, title=escape(title))
    for part in parts:
        there = [part.measures[name] for name in measures if name in part.measures]
        if there:
            n_most = max(found.n for found in there)
            cells = [_cell(part.measures.get(name), n_most) for name in measures]
            table.add_row(escape(part.name), str(n_most), *cells)
    return table


def _cell(found: Interval | None, n_most: int) -> str:
    if found is None:
        return ""
    of = "" if found.n == n_most else f" n {found.n}"
    return f"{found.mean:.3f} ({found.low:.2f}-{found.high:.2f}){of}"


def console() -> Console:
    """Where tables go: standard output."""
    # In a pipe nothing is cut off.
    return Console(highlight=False, width=None if sys.stdout.isatty() else 300)
