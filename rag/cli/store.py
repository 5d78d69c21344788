"""`sightline status`, `verify`, `backup` and `restore`: how a store is, and how it is kept."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.cli.options import JsonOption, StoreOption
from rag.cli.running import FAILED, SOME_FILES_FAILED, engine_of, print_json, settings_of

if TYPE_CHECKING:
    from rag.store.store import Store

ForceOption = Annotated[bool, typer.Option("--force", help="Put it in the place of what is there.")]

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="For instance:  sightline status --store ~/stores/reports --json")
def status(store: StoreOption = None, as_json: JsonOption = False) -> None:
    """Say what the store holds, which models made it, and which files could not be taken."""
    from rag import terminal

    with engine_of(store) as engine:
        facts = engine.status()
    print_json(facts) if as_json else terminal.show_status(facts)


@app.command(epilog="For instance:  sightline verify --repair")
def verify(
    store: StoreOption = None,
    repair: Annotated[
        bool,
        typer.Option(
            "--repair",
            help="Make anew what can be: caches, the index of words; drop orphans, set damaged pictures aside.",
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Check the whole store: the catalogue, every picture's digest, caches against the catalogue, orphans.

    It may be asked and written meanwhile. Exit code 1 where something is left to mend.
    """
    from rag.cli.tables import show_verified
    from rag.progress import counting_bar
    from rag.store.verify import verify as verified

    with _store(store) as opened, counting_bar("Checking", "files") as on_file:
        found = verified(opened, repair=repair, on_file=on_file)
    print_json({**asdict(found), "is_whole": found.is_whole}) if as_json else show_verified(found)
    if not found.is_whole:
        raise typer.Exit(FAILED)


@app.command(epilog="For instance:  sightline backup ~/backups/reports.tar")
def backup(
    file: Annotated[Path, typer.Argument(help="The archive to write, a tar.", metavar="FILE")],
    store: StoreOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write the store to one file, as it is at this moment; it may be asked and written meanwhile.

    The archive is there whole or not at all, and every byte of it has a digest. Exit code 3 where pictures that are gone or
    damaged had to be left out: sightline verify.
    """
    from rag.cli.tables import show_backed_up
    from rag.progress import counting_bar
    from rag.store.backup import back_up

    with _store(store) as opened, counting_bar("Keeping", "files") as on_file:
        made = back_up(opened, file, force=force, on_file=on_file)
    print_json(asdict(made)) if as_json else show_backed_up(made)
    if made.left_out:
        raise typer.Exit(SOME_FILES_FAILED)


@app.command(epilog="For instance:  sightline restore ~/backups/reports.tar --store ~/stores/reports")
def restore(
    file: Annotated[Path, typer.Argument(help="The archive, as backup wrote it.", metavar="FILE")],
    store: StoreOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make a store from a backup; every byte is checked before anything is put in its place.

    A store that is there is only replaced with --force; stop the service on it first.
    """
    from rag.cli.tables import show_restored
    from rag.progress import counting_bar
    from rag.store.backup import restore as restored

    with counting_bar("Checking", "files") as on_file:
        made = restored(file, settings_of(store).store, force=force, on_file=on_file)
    print_json(asdict(made)) if as_json else show_restored(made)


def _store(root: Path | None) -> Store:
    from rag.store.store import Store

    return Store(settings_of(root).store.expanduser())
