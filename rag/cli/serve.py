"""`sightline serve` and `sightline eval`: the ways into the other rooms."""

from __future__ import annotations

from typing import Annotated

import typer

from rag.cli.options import DownloadOption, EncoderOption, GeneratorOption, JsonOption, LateOption, StoreOption
from rag.cli.running import settings_of

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="For instance:  sightline serve --port 8321")
def serve(
    store: StoreOption = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; any but loopback needs a key.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    key: Annotated[str | None, typer.Option(help="Key that clients must send.", envvar="SIGHTLINE_KEY")] = None,
    generator: GeneratorOption = None,
    encoder: EncoderOption = None,
    late: LateOption = None,
    allow_download: DownloadOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer over HTTP: POST /v1/query, POST /v1/search, /v1/documents and more; see /docs once it runs."""
    from rag import wiring

    flags = {"encoders": encoder, "late": late, "generators": generator, "allow_download": allow_download}
    wiring.serve(settings_of(store, host=host, port=port, key=key, **flags), as_json=as_json)


@app.command(
    "eval",
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    epilog="For instance:  sightline eval advise",
)
def evaluate(context: typer.Context) -> None:
    """Measure how well evidence is found, cited and refused: run, compare, report; see sightline eval --help."""
    from rag import wiring

    wiring.evaluate(context.args or ["--help"])
