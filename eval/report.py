"""Runs as one HTML file that needs nothing else: how they did, where, how fast, and which questions changed between them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from eval import plots
from eval.changed import Library, changes, show_change, shown, telling_measure
from eval.compare import Comparison, compare
from eval.metrics import Interval
from eval.runs import Run
from eval.slices import ALL, LOWER_IS_BETTER, Slice, slices
from eval.tables import SCOPES, quantile, sure
from rag.errors import BadRequest, UnreadablePath
from rag.evidence_page import POLICY
from rag.evidence_page import STYLE as PAGE_STYLE
from rag.printable import escape

Named: TypeAlias = Sequence[tuple[str, Run]]
"""Runs, each with its name in tables and legends."""

STYLE = Path(__file__).with_suffix(".css")
FEWEST = 5
"""Questions of a slice that is plotted."""
USUAL_DEPTH = 5
"""Slices are plotted by the recall nearest to this depth."""


def write_report(runs: Named, path: Path, *, library: Library | None = None) -> Path:
    """Write runs as one file without a script or an outside address; folders are made as needed.

    The first two are compared. `library` draws the pages of the questions that changed.
    Returns: `path`.
    Raises: BadRequest if there are too many runs to tell apart, or two of one name; MissingExtra without matplotlib;
        UnreadablePath if the file cannot be written.
    """
    names = [name for name, _ in runs]
    if not 1 <= len(runs) <= plots.MOST_RUNS:
        raise BadRequest(f"{len(runs)} runs cannot be told apart.", hint=f"Name 1 to {plots.MOST_RUNS}.")
    if len(set(names)) < len(names):
        raise BadRequest("Two of the runs have the same name.", hint="Name the files differently.")
    sliced = [(name, slices(run)) for name, run in runs]
    parts = [_what(runs), _measures(sliced), _plots(runs), _slices(runs, sliced), _abstention(runs)]
    if len(runs) > 1:
        parts += _compared(runs, library)
    title = f"Evaluation on {runs[0][1].header.dataset}"
    page = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>{escape(title)}</title>
<style>
{PAGE_STYLE.read_text(encoding="utf-8")}{STYLE.read_text(encoding="utf-8")}</style>
</head>
<body>
<header class="top">
<h1>{escape(title)}</h1>
<p class="lead">Every mean has its 95 % bootstrap interval, in which documents are drawn first and questions within them.</p>
</header>
<main>
{"".join(part for part in parts if part)}</main>
<footer class="foot">Written by Sightline. This file holds its pictures and fetches nothing.</footer>
</body>
</html>
"""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise UnreadablePath(
            f"{path} cannot be written: {error.strerror}.", hint="Name another file: -o FILE"
        ) from error
    return path


def _what(runs: Named) -> str:
    told: dict[str, list[str]] = {}
    for _, run in runs:
        header = run.header
        facts = {
            "put to": SCOPES[header.scope],
            "route": header.route,
            "questions": str(len(run.rows)),
            "documents": str(header.documents),
            "hits": str(header.hits),
            "encoders": ", ".join(f"{encoder} ({what})" for encoder, what in header.encoders.items()),
            "generator": header.generator or "none",
            "judge": header.judge or "none",
            "when": header.began.replace("T", " ").replace("+00:00", " UTC"),
            "dataset": header.digest[:12],
            "versions": ", ".join(f"{package} {version}" for package, version in header.versions.items()),
        }
        for name, fact in facts.items():
            told.setdefault(name, []).append(escape(fact))
    return _part(
        "What was run", _table(["", *_heads(runs)], [[name, *facts] for name, facts in told.items()], said=True)
    )


def _heads(runs: Sequence[tuple[str, object]]) -> list[str]:
    return [_key(number) + escape(name) for number, (name, _) in enumerate(runs)]


def _measures(sliced: Sequence[tuple[str, Sequence[Slice]]]) -> str:
    rows = []
    for name in dict.fromkeys(name for _, parts in sliced for name in parts[0].measures):
        found = [parts[0].measures.get(name) for _, parts in sliced]
        counts = dict.fromkeys(str(one.n) for one in found if one is not None)
        rows.append(
            [f"{_measure(name)}<small>{' / '.join(counts)} questions</small>", *(_interval(one) for one in found)]
        )
    return _part("All questions", _table(["measure", *_heads(sliced)], rows))


def _plots(runs: Named) -> str:
    curves = [plots.Line(at, name, curve) for at, (name, run) in enumerate(runs) if (curve := recall_curve(run))]
    figures = [_figure("Recall over k", plots.recall_plot(curves))] if curves else []
    for stage, title in (("search", "Time of a search"), ("total", "Time of an answer")):
        taken = [
            plots.Line(at, name, seconds)
            for at, (name, run) in enumerate(runs)
            if (seconds := [row.seconds[stage] for row in run.rows if stage in row.seconds])
        ]
        if taken:
            told = "; ".join(
                f"{one.name}: median {quantile(one.values, 0.5):.2f} s, p95 {quantile(one.values, 0.95):.2f} s"
                for one in taken
            )
            figures.append(_figure(title, plots.seconds_plot(taken), below=told))
    return _part("Depth and time", f'<div class="plots">{"".join(figures)}</div>')


def recall_curve(run: Run) -> list[float]:
    """Mean recall at k = 1, 2, … to the hits that were asked for; empty where nothing was to be found."""
    ranks = [[unit.rank for unit in row.wanted] for row in run.rows if row.wanted]
    if not ranks:
        return []
    return [
        sum(sum(rank is not None and rank <= k for rank in one) / len(one) for one in ranks) / len(ranks)
        for k in range(1, run.header.hits + 1)
    ]


def _slices(runs: Named, sliced: Sequence[tuple[str, Sequence[Slice]]]) -> str:
    measure = _plotted_measure(runs)
    series = [
        plots.Intervals(
            at,
            name,
            {
                part.name: part.measures[measure]
                for part in parts
                if measure in part.measures and part.measures[measure].n >= FEWEST
            },
        )
        for at, (name, parts) in enumerate(sliced)
    ]
    series = [one for one in series if one.values]
    if not series:
        return ""
    tables = "".join(
        f"<h3>{head}</h3>{_slice_table(parts)}" for head, (_, parts) in zip(_heads(sliced), sliced, strict=True)
    )
    legend = " ".join(f"<span>{_key(one.run)}{escape(one.name)}</span>" for one in series)
    plot = _figure(f"{measure} by slice", plots.slices_plot(measure, series), kind="wide", legend=legend)
    told = f"<p>Slices of fewer than {FEWEST} questions are in the table alone.</p>"
    more = f'<details class="more"><summary>All measures of all slices</summary>{tables}</details>'
    return _part("Slices", plot + told + more)


def _plotted_measure(runs: Named) -> str:
    """The recall nearest to the usual depth among those that the first run measured; of answers, where that is all there is."""
    first = runs[0][1].header
    if any(row.wanted for _, run in runs for row in run.rows):
        return f"recall@{min(first.ks, key=lambda k: abs(k - USUAL_DEPTH))}"
    return "abstention"


def _slice_table(parts: Sequence[Slice]) -> str:
    names = list(dict.fromkeys(name for part in parts for name in part.measures))
    rows = [
        [
            escape(part.name),
            str(part.questions),
            str(part.groups),
            *(_interval(part.measures.get(name)) for name in names),
        ]
        for part in parts
    ]
    return _table(["slice", "questions", "documents", *map(_measure, names)], rows)


def _abstention(runs: Named) -> str:
    rows = []
    for number, (name, run) in enumerate(runs):
        for can, told in ((True, "yes"), (False, "no")):
            asked = [row.answer for row in run.rows if row.answer is not None and row.answerable == can]
            if asked:
                n_silent = sum(not answer.answerable for answer in asked)
                right = (len(asked) - n_silent if can else n_silent) / len(asked)
                rows.append([_key(number) + escape(name), told, str(len(asked)), str(n_silent), f"{right:.2f}"])
    if not rows:
        return ""
    return _part("Abstention", _table(["run", "answerable", "asked", "abstained", "right so"], rows))


def _compared(runs: Named, library: Library | None) -> list[str]:
    (before_name, before), (after_name, after) = runs[:2]
    if not before.by_id.keys() & after.by_id.keys():
        return []
    names = (before_name, after_name)
    found = compare(before, after, names=names)
    rows = [
        [
            f"{_measure(one.measure)}<small>{one.questions} questions</small>",
            f"{one.before:.3f}",
            f"{one.after:.3f}",
            f"{_direction(one.measure, one.change)}<small>{one.change.low:+.3f} to {one.change.high:+.3f}</small>",
        ]
        for one in found.differences
        if one.slice == ALL
    ]
    heads = ["measure", *_heads(runs[:2]), "change"]
    parts = [_part("The first two compared", _paired(found) + _table(heads, rows))]
    changed = changes(before, after)
    if changed:
        measure = telling_measure(before, after)
        articles = "\n".join(
            show_change(one, number, names=names, measure=measure, library=library)
            for number, one in enumerate(shown(changed), start=1)
        )
        n_worse = sum(one.by < 0 for one in changed)
        told = (
            f"<p>{measure} fell for {n_worse} and rose for {len(changed) - n_worse} of {found.questions} questions."
            f" Here are those that changed most, the worse first.</p>"
        )
        parts.append(_part("Questions that changed", told + articles))
    return parts


def _paired(found: Comparison) -> str:
    told = f"{found.questions} questions are in both; the interval is of their differences."
    if not found.same_dataset:
        told += " The two runs read different files of questions."
    return f"<p>{told}</p>"


def _direction(measure: str, change: Interval) -> str:
    """The mean change, coloured where it is sure: better or worse."""
    way = sure(change)
    if measure in LOWER_IS_BETTER:
        way = {"up": "down", "down": "up"}.get(way, "")
    return f'<span class="{way}">{change.mean:+.3f}</span>' if way else f"{change.mean:+.3f}"


def _measure(name: str) -> str:
    return escape(name) + ("<small>lower is better</small>" if name in LOWER_IS_BETTER else "")


def _interval(found: Interval | None) -> str:
    return "" if found is None else f"{found.mean:.3f}<small>{found.low:.2f}–{found.high:.2f}</small>"


def _key(run: int) -> str:
    return f'<span class="key key-{run + 1}"></span>'


def _figure(title: str, plot: str, *, kind: str = "", below: str = "", legend: str = "") -> str:
    """A plot with its title; `legend` is HTML."""
    told = f'<p class="made">{legend}{escape(below)}</p>' if legend or below else ""
    return f'<figure class="{kind}"><figcaption>{escape(title)}</figcaption>{plot}{told}</figure>'


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, said: bool = False) -> str:
    """A table of what is already HTML; the first column names the rows.

    Where something is `said`, lines may break, and what is the same in every column is said once.
    """
    top = "".join(f'<th scope="col">{head}</th>' for head in heads)
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>{_said(row[1:]) if said else "".join(f"<td>{one}</td>" for one in row[1:])}</tr>'
        for row in rows
    )
    return (
        f'<div class="scroll"><table class="figures"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _said(cells: Sequence[str]) -> str:
    if len(set(cells)) == 1:
        return f'<td class="said" colspan="{len(cells)}">{cells[0]}</td>'
    return "".join(f'<td class="said">{one}</td>' for one in cells)


def _part(title: str, inside: str) -> str:
    return f'<section class="part"><h2>{escape(title)}</h2>{inside}</section>\n'
