"""docs/cli.md and the table of docs/settings.md, written from the commands and the settings: `make reference`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from rag import wiring
from rag.cli import app
from rag.settings import Settings

OPENING = """# The command line

Made from the commands by `make reference`; `sightline COMMAND --help` says the same. Results go to stdout, progress, notes
and errors to stderr; an error is a line that says what happened and one that says what to do. `--json` gives one JSON object
(one a line from `ingest --watch`).

| exit code | |
|---|---|
| 0 | ok |
| 1 | failure; also where `verify` or `doctor` found something to mend |
| 2 | wrong usage, or an impossible setting |
| 3 | some files failed, each named with its reason |
| 4 | the store was made with another model; both are named |
| 5 | the server cannot be reached |
| 130 | broken off by Ctrl-C; the same command again goes on |

**Completion**: `sightline --install-completion` sets it up for the shell that you are in (bash, zsh, fish, PowerShell);
`sightline --show-completion` prints what it would write.
**Colour** goes to terminals alone. `NO_COLOR=1` turns it off, `FORCE_COLOR=1` keeps it in a pipe.
**Settings** come first from the options here: [settings.md](settings.md), `sightline config show --origin`.
"""
_ROWS = re.compile(r"(?:^\| `\w+` \| .*\|\n)+", re.MULTILINE)


def command_pages() -> str:
    """Every command in Markdown, in the order in which `sightline --help` lists them."""
    written = [OPENING]
    for name, command in commands():
        context: Any = typer.Context(command, info_name=name)  # Any: typer keeps what its commands are to itself
        usage = " ".join([name, *command.collect_usage_pieces(context)])
        written.append(f"## `{name}`\n\n    {usage}\n\n{_paragraphs(command.help or '')}\n")
        records = [record for one in command.params if (record := one.get_help_record(context)) is not None]
        rows = [f"| `{names}` | {_cell(meaning)} |" for names, meaning in records]
        if rows:
            written.append("\n".join(["| | |", "|---|---|", *rows]) + "\n")
        written.append(f"{_paragraphs(command.epilog or '').replace('For instance:  ', 'For instance: `')}`\n")
    return "\n".join(written)


def commands() -> Iterator[tuple[str, Any]]:  # Any: typer keeps what its commands are to itself
    """Every command with its whole name, those of `sightline eval` too."""
    for name, command in _below("sightline", typer.main.get_command(app)):
        if name == "sightline eval":
            yield from _below(name, typer.main.get_command(wiring.evaluation()))
        else:
            yield name, command


def _below(name: str, command: Any) -> Iterator[tuple[str, Any]]:  # Any: as above
    inner = getattr(command, "commands", None)
    if inner is None:
        yield name, command
        return
    for word, one in inner.items():
        yield from _below(f"{name} {word}", one)


def settings_rows() -> str:
    """A row for each setting: name, default, meaning."""
    rows = []
    for name, field in Settings.model_fields.items():
        value = field.default
        shown = ",".join(value) if isinstance(value, tuple) else "" if value is None else str(value)
        shown = shown.lower() if isinstance(value, bool) else shown
        rows.append(f"| `{name}` | {f'`{shown}`' if shown else ''} | {field.description} |\n")
    return "".join(rows)


def with_rows(page: str) -> str:
    """The page of the settings with its table as the settings are."""
    return _ROWS.sub(lambda _: settings_rows(), page, count=1)


def write(folder: Path) -> None:
    """Write both into a folder of documents."""
    (folder / "cli.md").write_text(command_pages(), encoding="utf-8")
    settings = folder / "settings.md"
    settings.write_text(with_rows(settings.read_text(encoding="utf-8")), encoding="utf-8")


def _paragraphs(text: str) -> str:
    """Text as written in the code, a line for each paragraph."""
    return "\n\n".join(
        " ".join(part.split()) if "For instance" not in part else part.strip() for part in text.split("\n\n")
    )


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
