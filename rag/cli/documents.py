"""`sightline documents …`: what a store holds."""

from __future__ import annotations

from typing import Annotated

import typer

from rag.cli.options import CollectionOption, JsonOption, StoreOption
from rag.cli.running import engine_of, print_json

app = typer.Typer(help="List, show and delete what the store holds.", rich_markup_mode=None)


@app.command("list", epilog="For instance:  sightline documents list --collection reports")
def documents_list(store: StoreOption = None, collection: CollectionOption = None, as_json: JsonOption = False) -> None:
    """List every document."""
    from rag import terminal
    from rag.to_wire import document_json

    with engine_of(store) as engine:
        documents = engine.documents(collection)
    if as_json:
        print_json({"documents": [document_json(document) for document in documents]})
    else:
        terminal.show_documents(documents)


@app.command("show", epilog="For instance:  sightline documents show annual-report.pdf")
def documents_show(
    name: Annotated[str, typer.Argument(help="File name, path or id.")],
    store: StoreOption = None,
    collection: CollectionOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one document and what was read from it."""
    from rag import terminal
    from rag.to_wire import document_json

    with engine_of(store) as engine:
        document = engine.document(name, collection)
        counts = engine.count_elements(document)
    if as_json:
        print_json({**document_json(document), "elements": counts})
    else:
        terminal.show_document(document, counts)


@app.command("delete", epilog="For instance:  sightline documents delete drafts/plan.md")
def documents_delete(
    name: Annotated[str, typer.Argument(help="File name, path or id.")],
    store: StoreOption = None,
    collection: CollectionOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete a document from the store, or from one collection of it; the file in your folder stays."""
    from rag.printable import printable
    from rag.to_wire import document_json

    with engine_of(store) as engine:
        document = engine.delete(name, collection)
    others = sorted(set(document.collections) - {collection}) if collection else []
    if as_json:
        print_json({"deleted": document_json(document), "still_in": others})
        return
    still = f" It is still in {', '.join(others)}." if others else ""
    typer.echo(f"Deleted {printable(document.source)} ({document.id[:12]}).{still}")
