"""`sightline models …` and `sightline doctor`: what is on this machine, and what is missing."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from rag.cli.options import JsonOption, StoreOption
from rag.cli.running import FAILED, print_json, settings_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.doctor import Finding

app = typer.Typer(rich_markup_mode=None)
models = typer.Typer(help="List, fetch and check models.", rich_markup_mode=None)


@models.command("list", epilog="For instance:  sightline models list --here")
def models_list(
    here: Annotated[bool, typer.Option("--here", help="Only those that are on this machine.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the models that are known by name: columns, context, languages, size, licence, and whether they are here.

    Any other name of these kinds works too, and so does a folder; see docs/encoders.md and docs/models.md.
    """
    from rag.cli.tables import show_models
    from rag.pulling import whereabouts
    from rag.registry import MODELS

    found = [(model, whereabouts(model.name)) for model in MODELS]
    shown = [(model, place.place or ("yes" if place.needs_none else "")) for model, place in found]
    shown = [(model, place) for model, place in shown if place or not here]
    if as_json:
        print_json({"models": [{**asdict(model), "place": place} for model, place in shown]})
    else:
        show_models(shown)


@models.command(
    "pull", epilog="For instance:  sightline models pull open_clip:xlm-roberta-base-ViT-B-32/laion5b_s13b_b90k"
)
def models_pull(
    names: Annotated[list[str], typer.Argument(help="As in the settings; sightline models list.", metavar="NAME")],
    as_json: JsonOption = False,
) -> None:
    """Fetch models from their hub, unless they are here; nothing else ever does, but --allow-download.

    HF_HOME, HF_HUB_OFFLINE, HF_TOKEN and HF_ENDPOINT are honoured. Broken off, the same command again goes on.
    """
    from rag.pulling import pull

    pulled = [pull(name) for name in names]
    if as_json:
        print_json({"models": [asdict(one) for one in pulled]})
        return
    for one in pulled:
        typer.echo(f"{one.name} {'is here now' if one.fetched else 'was here already'}: {one.place}")


@models.command("doctor", epilog="For instance:  sightline models doctor --load")
def models_doctor(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="As in the settings. Default: those of the settings and the store.", metavar="NAME"),
    ] = None,
    store: StoreOption = None,
    load: Annotated[
        bool, typer.Option("--load", help="Also load each of them: slow, and the only sure proof.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Check that the models' weights are on this machine, and name the line that fetches what is not.

    Exit code 1 where one is missing.
    """
    from rag import doctor as examining

    settings = settings_of(store)
    wanted = names or examining.named_models(settings)
    _tell(list(examining.models(settings, wanted, load=load)), as_json=as_json)


@app.command(epilog="For instance:  sightline doctor --json")
def doctor(store: StoreOption = None, as_json: JsonOption = False) -> None:
    """Look at everything that Sightline needs here, and name the line that mends what is missing.

    Python, packages and extras, the weights of each model that is set up, the store, the port, disk and memory. Exit code 1
    where something keeps Sightline from working; what only some need is a warning.
    """
    from rag import doctor as examining

    _tell(list(examining.examine(settings_of(store))), as_json=as_json)


def _tell(findings: Sequence[Finding], *, as_json: bool) -> None:
    from rag.cli.tables import show_findings

    fine = all(one.state != "fail" for one in findings)
    print_json({"ok": fine, "findings": [asdict(one) for one in findings]}) if as_json else show_findings(findings)
    if not fine:
        raise typer.Exit(FAILED)
