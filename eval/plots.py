"""Plots as SVG that stands inside a page: its colours and typeface are the page's, in light and dark."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eval.metrics import Interval
from rag.errors import MissingExtra
from rag.printable import escape

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.typing import RcKeyType

# Colours that stand for the page's own, which takes their place in the SVG.
_INK, _SOFT, _LINE = "#010101", "#020202", "#030303"
_RUNS = ("#0a0101", "#0a0202", "#0a0303", "#0a0404", "#0a0505")
_MARKS = ("o", "s", "^", "D", "v")
_DASHES = ("-", "--", "-.", ":", "-")
_VARIABLES = {_INK: "--ink", _SOFT: "--soft", _LINE: "--line"} | {
    colour: f"--run-{number}" for number, colour in enumerate(_RUNS, start=1)
}
MOST_RUNS = len(_RUNS)
_STYLE: dict[RcKeyType, object] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "sightline",
    "font.size": 9,
    "text.color": _INK,
    "axes.labelcolor": _SOFT,
    "axes.edgecolor": _LINE,
    "xtick.color": _SOFT,
    "ytick.color": _SOFT,
    "grid.color": _LINE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "legend.frameon": False,
}
_WIDTH = 4.4
"""Inches: about the width of a phone, so that letters are as large as the page's there and on a desk."""


@dataclass(frozen=True, slots=True)
class Line:
    """Values of one run, in the order of the axis."""

    run: int
    """Which run, from 0: it has the same colour in every plot."""
    name: str
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Intervals:
    """Means of one run, by name along the axis."""

    run: int
    name: str
    values: Mapping[str, Interval]


def recall_plot(curves: Sequence[Line]) -> str:
    """Recall (0..1) at k = 1, 2, …, a line per run."""
    with _drawing("Recall over the number of hits looked at", 2.9) as (axes, written):
        for one in curves:
            axes.plot(
                range(1, len(one.values) + 1),
                list(one.values),
                color=_RUNS[one.run],
                linestyle=_DASHES[one.run],
                marker=_MARKS[one.run],
                markersize=3.5,
                label=one.name,
            )
        deepest = max(len(one.values) for one in curves)
        axes.set_xticks(_few(deepest))
        axes.set_ylim(0, 1)
        axes.set_xlabel("k")
        axes.set_ylabel("recall@k")
        axes.legend(loc="lower right")
    return written.svg


def seconds_plot(runs: Sequence[Line]) -> str:
    """The share of searches (or answers) that took at most so many seconds, a line per run."""
    with _drawing("Share of questions done within a time", 2.9) as (axes, written):
        for one in runs:
            ordered = sorted(one.values)
            shares = [at / len(ordered) for at in range(1, len(ordered) + 1)]
            axes.step(
                ordered,
                shares,
                where="post",
                color=_RUNS[one.run],
                linestyle=_DASHES[one.run],
                linewidth=1.6,
                label=one.name,
            )
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.xaxis.set_minor_formatter(lambda _value, _at: "")
        axes.set_ylim(0, 1.02)
        axes.set_xlabel("seconds")
        axes.set_ylabel("share of questions")
        axes.legend(loc="lower right")
    return written.svg


def slices_plot(measure: str, series: Sequence[Intervals]) -> str:
    """A row per slice with each run's mean and 95 % interval, all 0..1."""
    beside_each_other = min(0.22, 0.8 / max(1, len(series)))
    names = list(dict.fromkeys(name for one in series for name in one.values))
    with _drawing(f"{measure} by slice, with 95 % intervals", 0.6 + (0.14 + 0.08 * len(series)) * len(names)) as (
        axes,
        written,
    ):
        for beside, one in enumerate(series):
            shift = (beside - (len(series) - 1) / 2) * beside_each_other
            rows = [at for at, name in enumerate(names) if name in one.values]
            found = [one.values[names[at]] for at in rows]
            axes.errorbar(
                [value.mean for value in found],
                [at + shift for at in rows],
                xerr=[
                    [max(0.0, value.mean - value.low) for value in found],
                    [max(0.0, value.high - value.mean) for value in found],
                ],
                fmt=_MARKS[one.run],
                color=_RUNS[one.run],
                clip_on=False,
                markersize=4,
                linewidth=1.3,
                label=one.name,
            )
        axes.set_yticks(range(len(names)), [_shortened(name) for name in names])
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.set_xlim(0, 1)
        axes.set_xlabel(measure)
        axes.grid(visible=False, axis="y")
    return written.svg


@dataclass(slots=True)
class _Written:
    svg: str = ""


@contextmanager
def _drawing(description: str, height: float) -> Iterator[tuple[Axes, _Written]]:
    """Axes to draw on; afterwards the drawing is in what was written."""
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise MissingExtra("matplotlib is not installed.", hint="Install it: pip install 'sightline[eval]'") from error

    written = _Written()
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(_WIDTH, height), layout="constrained")
        yield figure.subplots(), written
        written.svg = _svg(figure, description)


def _svg(figure: Figure, description: str) -> str:
    file = io.StringIO()
    figure.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = file.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    for colour, variable in _VARIABLES.items():
        svg = svg.replace(colour, f"var({variable})")
    # The page's typeface; and no names of groups, which would stand twice in a page with two plots.
    svg = re.sub(r"font: ([\d.]+px)[^;\"]*", r"font-size: \1", svg)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    return re.sub(
        r'<svg[^>]*?viewBox="([^"]*)"[^>]*>',
        rf'<svg class="plot" viewBox="\1" role="img" aria-label="{escape(description)}"'
        ' xmlns:xlink="http://www.w3.org/1999/xlink">',
        svg,
        count=1,
    )


def _few(deepest: int) -> list[int]:
    """Marks for the axis of k: every one up to ten, about ten beyond."""
    step = max(1, round(deepest / 10))
    return [1, *range(step if step > 1 else 2, deepest + 1, step)]


def _shortened(name: str, longest: int = 28) -> str:
    return name if len(name) <= longest else f"{name[: longest - 1]}…"
