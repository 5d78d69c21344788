"""`sightline …`: results on stdout, progress and errors on stderr, an exit code that says what happened.

Exit codes: 0 ok; 1 failure; 2 wrong usage or setting; 3 some files failed, each named with its reason; 4 the store was made
with another model; 5 the server cannot be reached; 130 broken off by Ctrl-C.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rag.errors import BadRequest, BadSetting, ModelMismatch, ServerUnreachable, SightlineError
from rag.types import DEFAULT_COLLECTION, MODALITIES, Filters, Modality

if TYPE_CHECKING:
    from rag.engine import Engine
    from rag.settings import Settings
    from rag.types import FailedFile, JsonValue

SOME_FILES_FAILED = 3
BROKEN_OFF = 130

app = typer.Typer(
    name="sightline",
    help="Ask your folders of documents, PDFs and pictures; every sentence of the answer points at its evidence.",
    epilog="Start with:  sightline ingest FOLDER   then   sightline query 'What does the report say about …?'",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: the panels of rich take as long to import as all the rest
)
documents_app = typer.Typer(help="List, show and delete what the store holds.", no_args_is_help=True)
collections_app = typer.Typer(help="List, set up and delete the parts of a store.", no_args_is_help=True)
config_app = typer.Typer(help="Show the settings.", no_args_is_help=True)
app.add_typer(documents_app, name="documents")
app.add_typer(collections_app, name="collections")
app.add_typer(config_app, name="config")

StoreOption = Annotated[
    Path | None, typer.Option("--store", help="Folder of the store. Default: .sightline here, or SIGHTLINE_STORE.")
]
EncoderOption = Annotated[
    str | None,
    typer.Option(
        "--encoder",
        help="Models that place text and pictures, separated by commas: builtin, open_clip:MODEL/TAG,"
        " open_clip:local-dir:DIR, text:NAME_OR_DIR. Default: those that the store was made with.",
    ),
]
LateOption = Annotated[
    str | None,
    typer.Option(
        "--late",
        help="Late-interaction model that also finds pages by their pictures: late:NAME_OR_DIR. Default: the one that the"
        " store was made with; none for a new store.",
    ),
]
RouteOption = Annotated[
    str | None,
    typer.Option(
        "--route",
        help="How pictures are found: shared (by their looks), caption (by the words about and in them), fused (both, and"
        " BM25; the default).",
    ),
]
RerankerOption = Annotated[
    str | None,
    typer.Option(
        "--reranker",
        help="Model that reads the best hits once more beside the question: cross:NAME_OR_DIR, vlm:NAME_OR_DIR.",
    ),
]
GeneratorOption = Annotated[
    str | None,
    typer.Option(
        "--generator",
        help="Model that writes answers: extractive (the default: quotes, needs no model), transformers:NAME_OR_DIR,"
        " chat:PROVIDER:MODEL. Several by commas let a request choose.",
    ),
]
DownloadOption = Annotated[bool | None, typer.Option("--allow-download", help="Let weights be fetched from a hub.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
NumberOption = Annotated[int, typer.Option("-k", "--top-k", min=1, max=1000, help="How many hits.")]
DocumentOption = Annotated[
    list[str] | None, typer.Option("--document", "-d", help="Only in this document: file name, path or id. Repeatable.")
]
ModalityOption = Annotated[
    list[str] | None, typer.Option("--modality", "-m", help="Only text, image, table or page. Repeatable.")
]
PagesOption = Annotated[str | None, typer.Option("--pages", help="Only these pages, for instance 3 or 2-9.")]
PathOption = Annotated[str | None, typer.Option("--path", help="Only sources that match this glob, like 'reports/**'.")]
MetadataOption = Annotated[
    list[str] | None, typer.Option("--metadata", help="Only documents with this metadata, KEY=VALUE. Repeatable.")
]
CollectionsOption = Annotated[
    list[str] | None, typer.Option("--collection", "-c", help="Only in this collection. Repeatable.")
]
CollectionOption = Annotated[str | None, typer.Option("--collection", "-c", help="Only in this collection.")]
ImageOption = Annotated[
    list[str] | None,
    typer.Option(
        "--image",
        metavar="FILE",
        help="Search by this picture, alone or with words. Repeatable. A weight goes behind the value, here and below:"
        " car.png^0.5 counts half as much as the words, car.png^-1 keeps away from it.",
    ),
]
LikeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--like",
        metavar="ELEMENT",
        help="Search by the picture of a hit, named by its element, which --explain and --json show. Repeatable.",
    ),
]
BoxOption = Annotated[
    str | None,
    typer.Option(
        "--box",
        metavar="X0,Y0,X1,Y1",
        help="Only this part of the picture of --image or --like: fractions of it from its top left, like 0,0,0.5,0.5.",
    ),
]
WithoutOption = Annotated[
    list[str] | None, typer.Option("--without", metavar="WORDS", help="Keep away from these words. Repeatable.")
]


@app.command()
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
    as_json: JsonOption = False,
) -> None:
    """Take folders of documents, PDFs and pictures into the store.

    What is in the store already costs nothing, so the same command again only does what is new, and goes on where it was
    broken off. A file that cannot be read is named with its reason and never stops the rest (exit code 3). A picture that
    could not be described is named too; its document is kept, and --retry tries again.
    """
    from rag import terminal
    from rag.progress import bar
    from rag.to_wire import ingest_json
    from rag.wiring import Ingestion

    stop = threading.Event()
    with (
        _engine(
            store,
            encoders=encoder,
            late=late,
            ocr=ocr,
            captioner=captioner,
            caption_of=caption_of,
            workers=workers,
            allow_download=allow_download,
        ) as engine,
        bar() as on_event,
    ):
        how = Ingestion(
            collection=collection,
            sync=sync,
            again=again,
            retry=retry,
            include=tuple(include or ()),
            exclude=tuple(exclude or ()),
            on_event=on_event,
            stop=stop,
        )
        if dry_run:
            plan = engine.plan(*paths, how=how)
        else:
            with _stopping(stop):
                report = engine.ingest(*paths, how=how)
    if dry_run:
        terminal.show_plan(plan, as_json=as_json)
        _exit_for(plan.failed)
        return
    _print_json(ingest_json(report)) if as_json else terminal.show_report(report)
    if stop.is_set():
        raise typer.Exit(BROKEN_OFF)
    _exit_for(report.failed)


@app.command()
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
    with _engine(store, encoders=encoder, allow_download=allow_download) as engine:
        names = engine.settings.encoders
        if dry_run:
            todo = engine.plan_reindex(*names)
            _print_json(asdict(todo)) if as_json else terminal.show_todo(todo)
            return
        with _stopping(stop), encoding_bar() as on_step:
            report = engine.reindex(*names, on_step=on_step, stop=stop)
    _print_json(asdict(report)) if as_json else terminal.show_reindexed(report)
    if not report.swapped:
        raise typer.Exit(BROKEN_OFF)


@app.command()
def search(
    text: Annotated[str, typer.Argument(help="Words to search for; may be left out with --image or --like.")] = "",
    store: StoreOption = None,
    k: NumberOption = 10,
    image: ImageOption = None,
    like: LikeOption = None,
    box: BoxOption = None,
    without: WithoutOption = None,
    document: DocumentOption = None,
    modality: ModalityOption = None,
    pages: PagesOption = None,
    path: PathOption = None,
    metadata: MetadataOption = None,
    collection: CollectionsOption = None,
    route: RouteOption = None,
    reranker: RerankerOption = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show each hit's score in each list that held it.")
    ] = False,
    encoder: EncoderOption = None,
    late: LateOption = None,
    allow_download: DownloadOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find passages, tables and pictures by words, by a picture, or by several, near to some and away from others.

    For instance, with a drawing that was found before:  sightline search red --like ELEMENT --without blue
    """
    from rag import terminal
    from rag.notation import read_parts
    from rag.to_wire import search_json

    filters = _filters(document, modality, pages=pages, path=path, metadata=metadata, collection=collection)
    flags = {"encoders": encoder, "late": late, "route": route, "reranker": reranker, "allow_download": allow_download}
    with _engine(store, **flags) as engine:
        parts = read_parts(images=image or (), likes=like or (), without=without or (), box=box)
        # A flag wins over the collection's own route, which wins over any other setting.
        found = engine.find(text, k=k, filters=filters, parts=parts, route=engine.settings.route if route else None)
    terminal.show_notes(found.notes)
    _print_json(search_json(found, explain=explain)) if as_json else terminal.show_hits(found.hits, explain=explain)


@app.command()
def query(
    question: Annotated[str, typer.Argument(help="What you want to know.")],
    store: StoreOption = None,
    k: NumberOption = 10,
    image: ImageOption = None,
    like: LikeOption = None,
    box: BoxOption = None,
    without: WithoutOption = None,
    document: DocumentOption = None,
    modality: ModalityOption = None,
    pages: PagesOption = None,
    path: PathOption = None,
    metadata: MetadataOption = None,
    collection: CollectionsOption = None,
    route: RouteOption = None,
    reranker: RerankerOption = None,
    generator: GeneratorOption = None,
    schema: Annotated[
        Path | None, typer.Option(help="Answer as data by the JSON Schema in this file; needs a model.")
    ] = None,
    encoder: EncoderOption = None,
    late: LateOption = None,
    allow_download: DownloadOption = None,
    html: Annotated[
        Path | None, typer.Option(help="Also write the answer with its evidence drawn to this file.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Answer a question from the store, every sentence with its evidence, while it is being written.

    Where the library does not answer, that is said, and the nearest evidence is shown.
    """
    from rag import terminal
    from rag.answer import whole
    from rag.notation import read_parts
    from rag.to_wire import answer_json

    filters = _filters(document, modality, pages=pages, path=path, metadata=metadata, collection=collection)
    form = None if schema is None else _schema(schema)
    flags = {"encoders": encoder, "late": late, "route": route, "reranker": reranker, "generators": generator}
    with _engine(store, allow_download=allow_download, **flags) as engine:
        parts = read_parts(images=image or (), likes=like or (), without=without or (), box=box)
        named = engine.settings  # flags win over what the collection is set to, which wins over any other setting
        events = engine.query(
            question,
            k=k,
            filters=filters,
            parts=parts,
            route=named.route if route else None,
            generator=named.generators[0] if generator else None,
            schema=form,
            stream=True,
        )
        answer = whole(events) if as_json else terminal.show_answer(events, media_path=engine.media_path)
        if html is not None:
            engine.write_evidence_page([(question, answer)], html)
    terminal.show_notes(answer.notes)
    if as_json:
        _print_json(answer_json(answer))


@app.command()
def serve(
    store: StoreOption = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; any but loopback needs a key.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    key: Annotated[str | None, typer.Option(help="Key that clients must send.", envvar="SIGHTLINE_KEY")] = None,
    generator: GeneratorOption = None,
    encoder: EncoderOption = None,
    late: LateOption = None,
    allow_download: DownloadOption = None,
) -> None:
    """Answer over HTTP: POST /v1/query, POST /v1/search, /v1/documents and more; see /docs once it runs."""
    from rag import wiring

    flags = {"encoders": encoder, "late": late, "generators": generator, "allow_download": allow_download}
    wiring.serve(_settings(store, host=host, port=port, key=key, **flags))


@app.command(
    "eval",
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def evaluate(context: typer.Context) -> None:
    """Measure how well evidence is found, cited and refused: run, compare, report; see sightline eval --help."""
    from rag import wiring

    wiring.evaluate(context.args or ["--help"])


@app.command()
def status(store: StoreOption = None, as_json: JsonOption = False) -> None:
    """Say what the store holds, which models made it, and which files could not be taken."""
    from rag import terminal

    with _engine(store) as engine:
        facts = engine.status()
    _print_json(facts) if as_json else terminal.show_status(facts)


@documents_app.command("list")
def documents_list(store: StoreOption = None, collection: CollectionOption = None, as_json: JsonOption = False) -> None:
    """List every document."""
    from rag import terminal
    from rag.to_wire import document_json

    with _engine(store) as engine:
        documents = engine.documents(collection)
    if as_json:
        _print_json({"documents": [document_json(document) for document in documents]})
    else:
        terminal.show_documents(documents)


@documents_app.command("show")
def documents_show(
    name: Annotated[str, typer.Argument(help="File name, path or id.")],
    store: StoreOption = None,
    collection: CollectionOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one document and what was read from it."""
    from rag import terminal
    from rag.to_wire import document_json

    with _engine(store) as engine:
        document = engine.document(name, collection)
        counts = engine.count_elements(document)
    if as_json:
        _print_json({**document_json(document), "elements": counts})
    else:
        terminal.show_document(document, counts)


@documents_app.command("delete")
def documents_delete(
    name: Annotated[str, typer.Argument(help="File name, path or id.")],
    store: StoreOption = None,
    collection: CollectionOption = None,
) -> None:
    """Delete a document from the store, or from one collection of it; the file in your folder stays."""
    from rag.printable import printable

    with _engine(store) as engine:
        document = engine.delete(name, collection)
    others = sorted(set(document.collections) - {collection}) if collection else []
    still = f" It is still in {', '.join(others)}." if others else ""
    typer.echo(f"Deleted {printable(document.source)} ({document.id[:12]}).{still}")


@collections_app.command("list")
def collections_list(store: StoreOption = None, as_json: JsonOption = False) -> None:
    """List every collection, what it holds, and how it is asked."""
    from rag import terminal
    from rag.to_wire import collection_json

    with _engine(store) as engine:
        collections = engine.collections()
    if as_json:
        _print_json({"collections": [collection_json(collection) for collection in collections]})
    else:
        terminal.show_collections(collections)


@collections_app.command("set")
def collections_set(
    name: Annotated[str, typer.Argument(help="The collection; it need hold nothing yet.")],
    store: StoreOption = None,
    route: RouteOption = None,
    generator: Annotated[str | None, typer.Option("--generator", help="Which of the generators answers.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Say how a collection is asked where a question names it alone; what is left out goes back to the settings."""
    from rag import terminal
    from rag.to_wire import collection_json

    with _engine(store, route=route) as engine:
        collection = engine.set_collection(name, route=engine.settings.route if route else None, generator=generator)
    _print_json({**collection_json(collection)}) if as_json else terminal.show_collections([collection])


@collections_app.command("delete")
def collections_delete(
    name: Annotated[str, typer.Argument(help="The collection.")],
    store: StoreOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete a collection and the documents that lie in no other; the files in your folders stay."""
    with _engine(store) as engine:
        documents = engine.documents(name)
        alone = sum(document.collections == (name,) for document in documents)
        what = f"the collection {name}: {len(documents)} documents, of which {alone} lie in no other and are forgotten"
        if not yes and not sys.stdin.isatty():
            raise BadRequest(f"This would delete {what}.", hint="Say that it is meant: --yes")
        if not yes and not typer.confirm(f"Delete {what}?", err=True):
            raise typer.Exit(1)
        engine.delete_collection(name)
    typer.echo(f"Deleted {what}.")


@config_app.command("show")
def config_show(as_json: JsonOption = False) -> None:
    """Show every setting, its value, and the environment variable that sets it."""
    from rag import terminal

    settings = _settings(None)
    if as_json:
        _print_json(settings.model_dump(mode="json", exclude={"key"}))
    else:
        terminal.show_settings(settings)


def main() -> None:
    """Run the command line."""
    try:
        app()
    except SightlineError as error:
        from rag import terminal

        terminal.show_error(error)
        sys.exit(_exit_code(error))
    except BrokenPipeError:  # `sightline search … | head`
        sys.stderr.close()
        sys.exit(1)


def _exit_code(error: SightlineError) -> Literal[1, 2, 4, 5]:
    match error:
        case BadRequest() | BadSetting():
            return 2
        case ModelMismatch():
            return 4
        case ServerUnreachable():
            return 5
        case _:
            return 1


def _exit_for(failed: tuple[FailedFile, ...]) -> None:
    if failed:
        raise typer.Exit(SOME_FILES_FAILED)


def _settings(store: Path | None, **flags: object) -> Settings:
    from rag.settings import load_settings

    return load_settings(store=store, **flags)


def _engine(store: Path | None, **flags: object) -> Engine:
    from rag.engine import Engine

    return Engine(settings=_settings(store, **flags))


def _print_json(value: Mapping[str, object]) -> None:
    from rag.printable import json_text

    typer.echo(json_text(value))


def _schema(path: Path) -> Mapping[str, JsonValue]:
    try:
        schema = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise BadRequest(f"--schema: {path} cannot be read: {error.strerror}.", hint="Name a JSON file.") from error
    except ValueError as error:
        raise BadRequest(f"--schema: {path} is not JSON: {error}.", hint="Write a JSON Schema in it.") from error
    if not isinstance(schema, dict):
        raise BadRequest(f"--schema: {path} holds no JSON object.", hint='For instance {"type": "object"}')
    return schema


def _filters(
    document: list[str] | None,
    modality: list[str] | None,
    *,
    pages: str | None,
    path: str | None,
    metadata: list[str] | None,
    collection: list[str] | None,
) -> Filters:
    return Filters(
        document=tuple(document or ()),
        modality=tuple(_modality(name) for name in modality or ()),
        pages=_pages(pages),
        path=path,
        metadata=dict(_pair(text) for text in metadata or ()),
        collection=tuple(collection or ()),
    )


def _modality(name: str) -> Modality:
    for known in MODALITIES:
        if name == known:
            return known
    raise BadRequest(f"There is no modality {name!r}.", hint=f"Modalities: {', '.join(MODALITIES)}.")


def _pages(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    first, _, last = text.partition("-")
    if not first.isdecimal() or not (last or first).isdecimal() or not 1 <= int(first) <= int(last or first):
        raise BadRequest(f"--pages cannot be {text!r}.", hint="Name a page, as in 3, or a range, as in 2-9.")
    return int(first), int(last or first)


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise BadRequest(f"--metadata cannot be {text!r}.", hint="Write KEY=VALUE.")
    return key, value


@contextmanager
def _stopping(stop: threading.Event) -> Iterator[None]:
    """The first Ctrl-C ends after the documents being read; the second breaks off."""

    def on_interrupt(_number: int, _frame: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        typer.echo("Finishing the documents in hand; Ctrl-C again breaks off. Run it again to go on.", err=True)

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
