"""`sightline status`: how a store is."""

from __future__ import annotations

import typer

from rag.cli.options import JsonOption, StoreOption
from rag.cli.running import engine_of, print_json

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="For instance:  sightline status --store ~/stores/reports --json")
def status(store: StoreOption = None, as_json: JsonOption = False) -> None:
    """Say what the store holds, which models made it, and which files could not be taken."""
    from rag import terminal

    with engine_of(store) as engine:
        facts = engine.status()
    print_json(facts) if as_json else terminal.show_status(facts)
