"""An adviser's finding as a person and as a program read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.table import Table

from eval.advise import DECIDES, KS, THEN, Advice, Result
from eval.metrics import Interval
from eval.tables import console
from rag.terminal import escape
from rag.types import JsonValue

LITTLE = 0.5
"""Recall at 5 below which even the best is poor."""

FEW = 20
"""Questions."""


def recommendation(found: Advice) -> str:
    """What to take and why, in one sentence with its numbers."""
    chosen = found.chosen
    others = [one for one in found.results if one is not chosen]
    parts = [f"Take {_called(chosen)}: {_numbers(chosen)} on {sum(found.questions.values())} questions"]
    equal = next((one for one in others if one.worse is None), None)
    if equal is not None:
        by = abs(equal.behind.mean - chosen.behind.mean)
        parts.append(
            f"{equal.contender.name} ({_numbers(equal)}) differs by {by:.2f} in {DECIDES}, which is within the noise, and"
            f" {chosen.contender.name} is the cheaper with {_price(chosen)} against {_price(equal)}"
        )
    for one in others:
        if one.worse is not None:
            measure, by_how_much = one.worse
            parts.append(
                f"{one.contender.name} is surely worse, by {by_how_much.mean:.2f} in {measure}"
                f" (95 %: {by_how_much.low:.2f} to {by_how_much.high:.2f})"
            )
            break
    return "; ".join(parts if others else [*parts, "there is no other way to search this store"]) + "."


def notes(found: Advice) -> list[str]:
    """What else a person should know before following the advice."""
    chosen = found.chosen.contender
    said = []
    if found.chosen.measures[DECIDES].mean < LITTLE:
        said.append("Nothing here finds even half of what was asked among the first five: look at the questions.")
    if sum(found.questions.values()) < FEW:
        said.append("So few questions tell little: the intervals are wide.")
    if found.unseen:
        said.append(
            f"{found.unseen} pictures have no words, and no encoder of this store sees: nothing but their files' names finds"
            " them, and no question was asked of them. Ingest with --encoder open_clip:MODEL/TAG, or have them described:"
            " --captioner."
        )
    if chosen.alone:
        said.append(f"That takes another store: sightline ingest … --encoder {','.join(chosen.encoders)}")
    said.append(f'Set it: SIGHTLINE_ROUTE={chosen.route}, or route = "{chosen.route}" in sightline.toml.')
    return said


def show_advice(found: Advice) -> None:
    """The table of the contenders, best first, then the recommendation."""
    asked = ", ".join(f"{n} {kind}" for kind, n in found.questions.items())
    kinds = list(found.questions) if len(found.questions) > 1 else []
    table = Table(
        *("way to search", *(f"recall@{k}" for k in KS), THEN, *(f"{DECIDES}: {kind}" for kind in kinds)),
        *("s / question", "bytes / element", "s to encode all", ""),
        title=escape(f"Known items of this store: {asked}"),
    )
    for one in found.results:
        table.add_row(
            escape(one.contender.name),
            *(_cell(one.measures[name]) for name in (*(f"recall@{k}" for k in KS), THEN)),
            *(f"{one.by_evidence[kind].mean:.2f}" for kind in kinds),
            f"{one.seconds:.3f}",
            f"{one.cost.bytes_per_element:,.0f}",
            f"{one.cost.encode_seconds:,.1f}",
            "take" if one is found.chosen else "as good" if one.worse is None else "",
        )
    to = console()
    to.print(table)
    for line in (recommendation(found), *notes(found)):
        to.print(escape(line), soft_wrap=True)


def advice_json(found: Advice, paths: Sequence[Path]) -> dict[str, JsonValue]:
    """The same for a program; `paths`: where each contender's rows are kept, best first."""
    chosen = found.chosen.contender
    return {
        "recommendation": recommendation(found),
        "notes": list[JsonValue](notes(found)),
        "route": chosen.route,
        "encoders": list[JsonValue](chosen.encoders),
        "reranker": chosen.reranker,
        "sure": sum(one.worse is None for one in found.results) == 1,
        "questions": dict[str, JsonValue](found.questions),
        "unseen": found.unseen,
        "contenders": [_result_json(one, path) for one, path in zip(found.results, paths, strict=True)],
    }


def _result_json(one: Result, path: Path) -> dict[str, JsonValue]:
    return {
        "name": one.contender.name,
        "route": one.contender.route,
        "encoders": list[JsonValue](one.contender.encoders),
        "lists": list[JsonValue](sorted(one.contender.lists)),
        "reranker": one.contender.reranker,
        "measures": _intervals(one.measures),
        f"{DECIDES}_by_evidence": _intervals(one.by_evidence),
        "behind_the_best": _interval(one.behind),
        "surely_worse_in": None if one.worse is None else one.worse[0],
        "seconds_per_question": round(one.seconds, 6),
        "bytes_per_element": round(one.cost.bytes_per_element, 1),
        "seconds_to_encode_all": round(one.cost.encode_seconds, 3),
        "run": str(path),
    }


def _intervals(found: Mapping[str, Interval]) -> dict[str, JsonValue]:
    return {name: _interval(one) for name, one in found.items()}


def _interval(one: Interval) -> dict[str, JsonValue]:
    return {"mean": one.mean, "low": one.low, "high": one.high, "n": one.n}


def _called(one: Result) -> str:
    with_all = f"the route {one.contender.route}"
    of = f" with {', '.join(one.contender.encoders)} alone" if one.contender.alone else ""
    return with_all + of + (f", reranked by {one.contender.reranker}" if one.contender.reranker else "")


def _numbers(one: Result) -> str:
    return f"{DECIDES} {one.measures[DECIDES].mean:.2f}, mrr {one.measures[THEN].mean:.2f}"


def _price(one: Result) -> str:
    by_model = f" and {one.seconds:.2f} s per question" if one.contender.reranker else ""
    return f"{one.cost.bytes_per_element:,.0f} bytes per element{by_model}"


def _cell(found: Interval) -> str:
    return f"{found.mean:.2f} ({found.low:.2f}-{found.high:.2f})"
