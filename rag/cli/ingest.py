"""`sightline ingest` and `sightline reindex`: what fills a store, and what makes it anew."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.cli.options import DownloadOption, EncoderOption, JsonOption, LateOption, StoreOption
from rag.cli.running import BROKEN_OFF, engine_of, exit_for, print_json, stopping
from rag.errors import BadRequest
from rag.types import DEFAULT_COLLECTION

if TYPE_CHECKING:
    from rag.engine import Engine
    from rag.types import IngestReport
    from rag.wiring import Ingestion

ENDING = "Ending, after the documents in hand; Ctrl-C again breaks off."
FINISHING = "Finishing the documents in hand; Ctrl-C again breaks off. Run it again to go on."

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="For instance:  sightline ingest ~/Documents/reports --exclude 'drafts/**'")
def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Folders or files.", metavar="PATH")],
    store: StoreOption = None,
    encoder: EncoderOption = None,
    late: LateOption = None,
    collection: Annotated[
        str,
        typer.Option("--collection", "-c", help="Where the files are put; the same file may be put into several."),
    ] = DEFAULT_COLLECTION,
    sync: Annotated[
        bool, typer.Option("--sync", help="Also drop from the collection what is gone from the folders.")
    ] = False,
    again: Annotated[
        bool,
        typer.Option(
            "--again", help="Read anew what the store holds: after an upgrade, or once an extra is installed."
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be done, and how long it takes.")
    ] = False,
    include: Annotated[list[str] | None, typer.Option(help="Only files that match this glob. Repeatable.")] = None,
    exclude: Annotated[list[str] | None, typer.Option(help="No files that match this glob. Repeatable.")] = None,
    ocr: Annotated[bool | None, typer.Option("--ocr/--no-ocr", help="Read text in pictures and scans.")] = None,
    captioner: Annotated[
        str | None,
        typer.Option(
            "--captioner",
            help="Model that describes each distinct picture once: transformers:DIR, chat:PROVIDER:MODEL.",
        ),
    ] = None,
    caption_of: Annotated[
        str | None, typer.Option("--caption-of", help="What it describes: image, table, page, separated by commas.")
    ] = None,
    retry: Annotated[
        bool, typer.Option("--retry", help="Describe also the pictures at which the captioner failed before.")
    ] = False,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes that read files.")] = None,
    allow_download: DownloadOption = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on and take what changes, comes and goes in the folders, until Ctrl-C.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Take folders of documents, PDFs and pictures into the store.

    What is in the store already costs nothing, so the same command again only does what is new, and goes on where it was
    broken off. A file that cannot be read is named with its reason and never stops the rest (exit code 3). A picture that
    could not be described is named too; its document is kept, and --retry tries again. With --watch it goes on: what changes
    in the folders is taken, what is deleted goes, and an error is told and tried again; --json then gives an object a line.
    """
    from rag import terminal
    from rag.progress import bar
    from rag.to_wire import ingest_json
    from rag.wiring import Ingestion

    if watch and dry_run:
        raise BadRequest("--dry-run changes nothing, and --watch goes on doing it.", hint="Leave one of them out.")
    stop = threading.Event()
    flags = {"encoders": encoder, "late": late, "ocr": ocr, "captioner": captioner, "caption_of": caption_of}
    how = Ingestion(
        collection=collection,
        sync=sync,
        again=again,
        retry=retry,
        include=tuple(include or ()),
        exclude=tuple(exclude or ()),
        stop=stop,
    )
    with engine_of(store, workers=workers, allow_download=allow_download, **flags) as engine:
        if watch:
            with stopping(stop, ENDING):
                _watch(engine, paths, how, as_json=as_json)
            return
        with bar() as on_event:
            how = replace(how, on_event=on_event)
            if dry_run:
                plan = engine.plan(*paths, how=how)
            else:
                with stopping(stop, FINISHING):
                    report = engine.ingest(*paths, how=how)
    if dry_run:
        terminal.show_plan(plan, as_json=as_json)
        exit_for(plan.failed)
        return
    print_json(ingest_json(report)) if as_json else terminal.show_report(report)
    if stop.is_set():
        raise typer.Exit(BROKEN_OFF)
    exit_for(report.failed)


def _watch(engine: Engine, paths: list[Path], how: Ingestion, *, as_json: bool) -> None:
    from rag import terminal
    from rag.cli.watch import keep_watching
    from rag.to_wire import ingest_json

    def tell(report: IngestReport) -> None:
        print_json(ingest_json(report), in_one_line=True) if as_json else terminal.show_report(report)

    typer.echo("Watching; Ctrl-C ends it.", err=True)
    keep_watching(engine, paths, how=how, tell=tell, tell_error=terminal.show_error)


@app.command(epilog="For instance:  sightline reindex --encoder builtin,open_clip:local-dir:my-model --dry-run")
def reindex(
    encoder: Annotated[
        str,
        typer.Option(
            "--encoder",
            help="Models to make the store with, separated by commas: builtin, open_clip:MODEL/TAG,"
            " open_clip:local-dir:DIR, text:NAME_OR_DIR.",
        ),
    ],
    store: StoreOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how much there is to do.")] = False,
    allow_download: DownloadOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the store with other encoders from what it holds: nothing is read, recognised or described again.

    The store answers as before until all is encoded, then changes at once. Broken off, the same command again goes on.
    A running service goes over by itself, unless it was started with --encoder.
    """
    from dataclasses import asdict

    from rag import terminal
    from rag.progress import encoding_bar

    stop = threading.Event()
    with engine_of(store, encoders=encoder, allow_download=allow_download) as engine:
        names = engine.settings.encoders
        if dry_run:
            todo = engine.plan_reindex(*names)
            print_json(asdict(todo)) if as_json else terminal.show_todo(todo)
            return
        with stopping(stop, FINISHING), encoding_bar() as on_step:
            report = engine.reindex(*names, on_step=on_step, stop=stop)
    print_json(asdict(report)) if as_json else terminal.show_reindexed(report)
    if not report.swapped:
        raise typer.Exit(BROKEN_OFF)
