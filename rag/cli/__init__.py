"""`sightline …`: results on stdout, progress and errors on stderr, an exit code that says what happened.

Exit codes: 0 ok; 1 failure; 2 wrong usage or setting; 3 some files failed, each named with its reason; 4 the store was made
with another model; 5 the server cannot be reached; 130 broken off by Ctrl-C.
"""

from __future__ import annotations

import sys

import typer

from rag.cli import ask, collections, config, documents, ingest, jobs, machine, serve, store
from rag.cli.running import Commands

app = typer.Typer(
    name="sightline",
    cls=Commands,
    help="Ask your folders of documents, PDFs and pictures; every sentence of the answer points at its evidence.",
    epilog="Start with:  sightline ingest FOLDER   then   sightline query 'What does the report say about …?'",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: the panels of rich take as long to import as all the rest
)
for group in (ingest, ask, serve, store, machine):
    app.add_typer(group.app)
app.add_typer(documents.app, name="documents", no_args_is_help=True)
app.add_typer(collections.app, name="collections", no_args_is_help=True)
app.add_typer(jobs.app, name="jobs", no_args_is_help=True)
app.add_typer(machine.models, name="models", no_args_is_help=True)
app.add_typer(config.app, name="config", no_args_is_help=True)


def main() -> None:
    """Run the command line."""
    try:
        app(prog_name="sightline")
    except BrokenPipeError:  # `sightline search … | head`
        sys.stderr.close()
        sys.exit(1)
