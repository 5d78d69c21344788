"""`sightline search` and `sightline query`: what a store is asked."""

from __future__ import annotations

import json
import tempfile
import webbrowser
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.cli.options import (
    BoxOption,
    CollectionsOption,
    DocumentOption,
    DownloadOption,
    EncoderOption,
    GeneratorOption,
    ImageOption,
    JsonOption,
    LateOption,
    LikeOption,
    MetadataOption,
    ModalityOption,
    NumberOption,
    PagesOption,
    PathOption,
    RerankerOption,
    RouteOption,
    StoreOption,
    WithoutOption,
    read_filters,
)
from rag.cli.running import engine_of, print_json
from rag.errors import BadRequest

if TYPE_CHECKING:
    from rag.types import JsonValue

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="For instance:  sightline search 'red car' -k 5 --modality image")
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

    filters = read_filters(document, modality, pages=pages, path=path, metadata=metadata, collection=collection)
    flags = {"encoders": encoder, "late": late, "route": route, "reranker": reranker, "allow_download": allow_download}
    with engine_of(store, **flags) as engine:
        parts = read_parts(images=image or (), likes=like or (), without=without or (), box=box)
        # A flag wins over the collection's own route, which wins over any other setting.
        found = engine.find(text, k=k, filters=filters, parts=parts, route=engine.settings.route if route else None)
    terminal.show_notes(found.notes)
    print_json(search_json(found, explain=explain)) if as_json else terminal.show_hits(found.hits, explain=explain)


@app.command(epilog="For instance:  sightline query 'How many visitors came in August?' --open")
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
    in_browser: Annotated[
        bool, typer.Option("--open", help="Show that page, with each quote marked where it stands, in the browser.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Answer a question from the store, every sentence with its evidence, while it is being written.

    Where the library does not answer, that is said, and the nearest evidence is shown.
    """
    from rag import terminal
    from rag.answer import whole
    from rag.notation import read_parts
    from rag.to_wire import answer_json

    filters = read_filters(document, modality, pages=pages, path=path, metadata=metadata, collection=collection)
    form = None if schema is None else _schema(schema)
    flags = {"encoders": encoder, "late": late, "route": route, "reranker": reranker, "generators": generator}
    with engine_of(store, allow_download=allow_download, **flags) as engine:
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
        page = Path(tempfile.mkdtemp(prefix="sightline-"), "answer.html") if in_browser and html is None else html
        if page is not None:
            engine.write_evidence_page([(question, answer)], page)
    terminal.show_notes(answer.notes)
    if as_json:
        print_json(answer_json(answer))
    if in_browser and page is not None and not webbrowser.open(page.absolute().as_uri()):
        typer.echo(f"There is no browser here to show the evidence; it is in {page}", err=True)


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
