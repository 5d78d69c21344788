"""`sightline config …`: which settings are in force, and where each of them comes from."""

from __future__ import annotations

from typing import Annotated

import typer

from rag.cli.options import JsonOption, StoreOption
from rag.cli.running import print_json

app = typer.Typer(help="Show the settings.", rich_markup_mode=None)


@app.callback()
def config() -> None:
    """Show the settings."""  # a group of one command would else be that command itself


@app.command("show", epilog="For instance:  sightline config show --origin")
def config_show(
    store: StoreOption = None,
    origin: Annotated[
        bool, typer.Option("--origin", help="Also say where each value comes from: flag, variable, file or default.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show every setting, its value, and the environment variable that sets it."""
    from rag import terminal
    from rag.settings import load_settings, origins

    flags = {"store": store}
    settings = load_settings(**flags)
    found = origins(**flags) if origin else None
    if as_json:
        values = settings.model_dump(mode="json", exclude={"key"})
        print_json(
            values if found is None else {name: {"value": values[name], "origin": found[name]} for name in values}
        )
    else:
        terminal.show_settings(settings, origins=found)
