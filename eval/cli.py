"""`sightline eval …`: is it right, and how do we know. Results on stdout, progress and errors on stderr.

Exit codes: 0 ok; 1 failure, and when a condition of `compare --fail-if` holds; 2 wrong usage or setting.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rag.errors import BadRequest

if TYPE_CHECKING:
    from rag.engine import Engine

MOST_HITS = 1_000

app = typer.Typer(
    name="eval",
    help="Measure on questions with known answers how well evidence is found, cited and refused.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

DatasetArgument = Annotated[
    Path,
    typer.Argument(
        help="Folder with questions.jsonl, captions.jsonl, or with queries, corpus and qrels (BEIR, ViDoRe)."
    ),
]
StoreOption = Annotated[
    Path | None, typer.Option("--store", help="Store that holds the dataset's documents. Default: as everywhere.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command(epilog="For instance:  sightline eval run questions-folder --answers")
def run(
    dataset: DatasetArgument,
    store: StoreOption = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="Where to keep every question's row. Default: runs/DATASET-SCOPE-TIME.jsonl"),
    ] = None,
    scope: Annotated[
        Literal["given", "store", "wrong"] | None,
        typer.Option(
            help="Put each question to its own document (the default where it has one), to the whole store, or to a wrong"
            " document, where silence is right (with --answers)."
        ),
    ] = None,
    k: Annotated[str, typer.Option("--k", help="Depths of recall, separated by commas.")] = "1,5,10",
    hits: Annotated[
        int | None,
        typer.Option(min=1, max=MOST_HITS, help="Hits to ask for; their distinct pages count. Default: largest k."),
    ] = None,
    route: Annotated[
        Literal["shared", "caption", "fused"] | None,
        typer.Option(help="How pictures are found. Default: as in the settings."),
    ] = None,
    answers: Annotated[bool, typer.Option("--answers", help="Also ask for answers and measure them.")] = False,
    generator: Annotated[str | None, typer.Option(help="Model that writes the answers.")] = None,
    judge: Annotated[
        str, typer.Option(help="Model that says whether an answer agrees with the reference; with --answers.")
    ] = "",
    split: Annotated[str, typer.Option(help="Judgements of a collection to take.")] = "test",
    as_json: JsonOption = False,
) -> None:
    """Put a dataset's questions to a store, measure what comes back, and keep every question's row."""
    from eval.ask import Plan
    from eval.datasets import read_dataset
    from eval.run import evaluate, open_judge
    from eval.runs import write_run
    from eval.slices import slices
    from eval.tables import show_run

    if judge and not answers:
        raise BadRequest("--judge judges answers, and none are asked for.", hint="Add --answers.")
    if scope == "wrong" and not answers:
        raise BadRequest("In a wrong document there is nothing to find.", hint="Add --answers, or leave out --scope.")
    ks = _depths(k)
    read = read_dataset(dataset, split=split)
    scope = scope or ("given" if all(question.document for question in read.questions) else "store")
    with _engine(store, generator) as engine:
        judging = open_judge(judge, engine) if judge else None
        plan = Plan(ks=ks, hits=hits or max(ks), scope=scope, answers=answers, route=route, judge=judging)
        found = evaluate(read, engine, plan, progress=True)
    now = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    path = out or Path("runs") / f"{read.name}-{found.header.name.replace(' ', '-')}-{now}.jsonl"
    write_run(found, path)
    typer.echo(f"Every question's row: {path}", err=True)
    if as_json:
        _print_json(
            {"run": str(path), "header": asdict(found.header), "slices": [asdict(one) for one in slices(found)]}
        )
    else:
        show_run(found)


@app.command(epilog="For instance:  sightline eval compare before.jsonl after.jsonl --fail-if 'recall@5 < -0.01'")
def compare(
    before: Annotated[Path, typer.Argument(help="Run A, as eval run wrote it.", metavar="A")],
    after: Annotated[Path, typer.Argument(help="Run B.", metavar="B")],
    fail_if: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-if",
            help='Exit with 1 if the mean of B - A is beyond a bound: "recall@5 < -0.01", "mrr < 0 in evidence: Table".'
            " Repeatable.",
        ),
    ] = None,
    all_slices: Annotated[bool, typer.Option("--slices", help="Show every slice, not only all questions.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Compare two runs question by question."""
    from eval.compare import compare as compared
    from eval.compare import read_condition
    from eval.runs import read_run
    from eval.tables import show_comparison

    conditions = [read_condition(text) for text in fail_if or ()]
    found = compared(read_run(before), read_run(after), names=(before.name, after.name))
    failed = [one.text for one in conditions if one.holds(found.differences)]
    if as_json:
        _print_json({**asdict(found), "failed": failed})
    else:
        show_comparison(found, all_slices=all_slices)
    for text in failed:
        typer.echo(f"failed: {text}", err=True)
    if failed:
        raise typer.Exit(1)


@app.command(epilog="For instance:  sightline eval report before.jsonl after.jsonl -o report.html")
def report(
    runs: Annotated[list[Path], typer.Argument(help="Runs, as eval run wrote them; the first two are compared.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The HTML file to write.")],
    store: Annotated[
        Path | None, typer.Option("--store", help="Store to draw pages from; without it no pictures are shown.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write runs as one HTML file that needs nothing else: plots, slices, and the questions that changed."""
    from eval.changed import Library
    from eval.report import write_report
    from eval.runs import read_run

    read = [(name, read_run(path)) for name, path in zip(_short_names(runs), runs, strict=True)]
    if store is None:
        write_report(read, out)
    else:
        with _engine(store, None) as engine:
            write_report(read, out, library=Library(engine))
    _print_json({"report": str(out)}) if as_json else typer.echo(str(out))


@app.command(epilog="For instance:  sightline eval advise")
def advise(
    store: Annotated[Path | None, typer.Argument(help="The store to advise on. Default: as everywhere.")] = None,
    questions: Annotated[int, typer.Option(min=1, max=10_000, help="Most questions to ask.")] = 100,
    seed: Annotated[int, typer.Option(help="Another gives other questions.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="Folder to keep every question's row in. Default: runs/advice-STORE-TIME"),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Ask a store about itself by every route and encoder it has, and say which to take."""
    from eval.advice import advice_json, show_advice
    from eval.advise import advise as advised
    from eval.advise import open_library
    from eval.run import with_bar
    from eval.runs import write_run
    from rag.settings import load_settings

    settings = load_settings(store=store)
    with open_library(settings) as library:
        found = advised(library, n_questions=questions, seed=seed, shown=with_bar)
    now = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    folder = out or Path("runs") / f"advice-{settings.store.resolve().name}-{now}"
    paths = [folder / f"{_file_name(one.contender.name)}.jsonl" for one in found.results]
    for one, path in zip(found.results, paths, strict=True):
        write_run(one.run, path)
    typer.echo(f"Every question's row: {folder}", err=True)
    if as_json:
        _print_json(advice_json(found, paths))
    else:
        show_advice(found)


@app.command(epilog="For instance:  sightline eval relevance questions-folder")
def relevance(dataset: DatasetArgument, store: StoreOption = None, as_json: JsonOption = False) -> None:
    """Count the questions that stop before a model is asked: those answered here, and those that are not."""
    from eval.datasets import read_dataset
    from eval.relevance import foreign_questions, measure

    with _engine(store, None) as engine:
        found = measure(read_dataset(dataset).questions, foreign_questions(), engine)
    if as_json:
        _print_json(found)
        return
    typer.echo("Stopped before a model is asked:")
    for kind, asked in found["asked"].items():
        typer.echo(f"  {asked['share']:.3f}  {kind} ({asked['stopped']} of {asked['questions']})")
    typer.echo("Area under the ROC curve:")
    for pair, area in found["auc"].items():
        typer.echo(f"  {area:.3f}  {pair}")


@app.command(epilog="For instance:  sightline eval unpack beir-folder files")
def unpack(
    dataset: Annotated[Path, typer.Argument(help="Folder with queries, corpus and qrels (BEIR, ViDoRe).")],
    folder: Annotated[Path, typer.Argument(help="Folder to write a file per entry of the corpus into.")],
    as_json: JsonOption = False,
) -> None:
    """Write a collection's corpus as files, under the names that a run looks for; then ingest that folder."""
    from eval.unpack import unpack as unpacked

    found = unpacked(dataset, folder)
    if as_json:
        _print_json({"folder": str(folder), **asdict(found)})
        return
    typer.echo(f"{found.written} files in {folder}")
    if found.empty:
        typer.echo(f"{len(found.empty)} entries hold nothing and have no file: {', '.join(found.empty[:10])}", err=True)


def _file_name(name: str) -> str:
    return "-".join(re.findall(r"\w+", name))


def _short_names(paths: Sequence[Path]) -> list[str]:
    """The files' names without ending, and without the words at their beginning that they share."""
    words = [re.split(r"(?<=[-_.])", path.stem) for path in paths]
    n_shared = 0
    if len(words) > 1:
        n_shared = sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, zip(*words, strict=False)))
    return ["".join(parts[n_shared:]) or path.stem for parts, path in zip(words, paths, strict=True)]


def _engine(store: Path | None, generator: str | None) -> Engine:
    from rag.engine import Engine
    from rag.settings import load_settings

    return Engine(settings=load_settings(store=store, generators=generator))


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False))


def _depths(text: str) -> tuple[int, ...]:
    try:
        depths = sorted({int(part) for part in text.split(",")})
    except ValueError as error:
        raise BadRequest(f"--k cannot be {text!r}.", hint="Give whole numbers: --k 5,10") from error
    if depths[0] < 1 or depths[-1] > MOST_HITS:
        raise BadRequest(f"--k cannot be {text!r}.", hint=f"Each is 1 to {MOST_HITS}.")
    return tuple(depths)
