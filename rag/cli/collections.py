"""`sightline collections …`: the parts of a store."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from rag.cli.options import JsonOption, RouteOption, StoreOption
from rag.cli.running import engine_of, print_json
from rag.errors import BadRequest

app = typer.Typer(help="List, set up and delete the parts of a store.", rich_markup_mode=None)


@app.command("list", epilog="For instance:  sightline collections list")
def collections_list(store: StoreOption = None, as_json: JsonOption = False) -> None:
    """List every collection, what it holds, and how it is asked."""
    from rag import terminal
    from rag.to_wire import collection_json

    with engine_of(store) as engine:
        collections = engine.collections()
    if as_json:
        print_json({"collections": [collection_json(collection) for collection in collections]})
    else:
        terminal.show_collections(collections)


@app.command("set", epilog="For instance:  sightline collections set reports --route caption")
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

    with engine_of(store, route=route) as engine:
        collection = engine.set_collection(name, route=engine.settings.route if route else None, generator=generator)
    print_json({**collection_json(collection)}) if as_json else terminal.show_collections([collection])


@app.command("delete", epilog="For instance:  sightline collections delete reports --yes")
def collections_delete(
    name: Annotated[str, typer.Argument(help="The collection.")],
    store: StoreOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Delete a collection and the documents that lie in no other; the files in your folders stay."""
    with engine_of(store) as engine:
        documents = engine.documents(name)
        alone = sum(document.collections == (name,) for document in documents)
        what = f"the collection {name}: {len(documents)} documents, of which {alone} lie in no other and are forgotten"
        if not yes and not sys.stdin.isatty():
            raise BadRequest(f"This would delete {what}.", hint="Say that it is meant: --yes")
        if not yes and not typer.confirm(f"Delete {what}?", err=True):
            raise typer.Exit(1)
        engine.delete_collection(name)
    if as_json:
        print_json({"collection": name, "documents": len(documents), "forgotten": alone})
    else:
        typer.echo(f"Deleted {what}.")
