"""Ask a dataset's questions of a store and say how well the pages of their evidence are found.

    python -m eval.run --dataset DIR --store S [--no-document] [--k 1,5,10] [--hits 10] [--rows FILE] [--json]

Ingest the dataset's documents first: `sightline ingest DIR --store S`. Results go to stdout, errors to stderr.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from eval.ask import ask
from eval.datasets import read_questions
from eval.metrics import judge
from eval.report import ReportJson, report, show, write_rows
from rag.engine import MOST_HITS, Engine
from rag.errors import BadRequest, SightlineError
from rag.terminal import show_error


def evaluate(
    dataset: Path, engine: Engine, *, ks: Sequence[int], n_hits: int, document_given: bool, rows: Path | None
) -> ReportJson:
    """Ask the dataset's questions and measure what comes back; `rows` is where to write the single questions.

    Raises: BadRequest if no question has evidence pages; else as `read_questions`, `ask` and `judge`.
    """
    asked = list(ask(read_questions(dataset), engine, n_hits=n_hits, document_given=document_given))
    if not asked:
        raise BadRequest(f"No question of {dataset} has evidence pages.", hint="Nothing can be measured without them.")
    values = judge([one.ranking for one in asked], ks=ks)
    if rows is not None:
        write_rows(asked, values, ks=ks, path=rows)
    seconds = np.array([one.seconds for one in asked])
    return {
        "dataset": dataset.name,
        "store": str(engine.settings.store),
        "document_given": document_given,
        "hits": n_hits,
        "slices": report(asked, values, ks=ks),
        "seconds": {"median": float(np.median(seconds)), "p95": float(np.percentile(seconds, 95))},
    }


def main(
    dataset: Annotated[Path, typer.Option(help="Folder with questions.jsonl.")],
    store: Annotated[Path, typer.Option(help="Store that holds the dataset's documents.")],
    no_document: Annotated[bool, typer.Option("--no-document", help="Search the whole store.")] = False,
    k: Annotated[str, typer.Option(help="Depths of recall, separated by commas.")] = "1,5,10",
    hits: Annotated[
        int | None,
        typer.Option(min=1, max=MOST_HITS, help="Hits to ask for; their distinct pages count. Default: largest k."),
    ] = None,
    rows: Annotated[Path | None, typer.Option(help="Write one JSON line per question here.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Ask a dataset's questions of a store and say how well the pages of their evidence are found."""
    try:
        ks = _depths(k)
        with Engine(store) as engine:
            found = evaluate(dataset, engine, ks=ks, n_hits=hits or max(ks), document_given=not no_document, rows=rows)
    except SightlineError as error:
        show_error(error)
        raise typer.Exit(1) from error
    if as_json:
        typer.echo(json.dumps(found))
    else:
        show(found)


def _depths(text: str) -> tuple[int, ...]:
    try:
        depths = sorted({int(part) for part in text.split(",")})
    except ValueError as error:
        raise BadRequest(f"--k cannot be {text!r}.", hint="Give whole numbers: --k 5,10") from error
    if depths[0] < 1 or depths[-1] > MOST_HITS:
        raise BadRequest(f"--k cannot be {text!r}.", hint=f"Each is 1 to {MOST_HITS}.")
    return tuple(depths)


if __name__ == "__main__":
    typer.run(main)
