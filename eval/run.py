"""A run from beginning to end: ask, measure, say what was run."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib import metadata
from typing import TYPE_CHECKING

from eval.ask import Plan, ask
from eval.judge import Judge
from eval.questions import Dataset
from eval.runs import Header, Row, Run
from rag.errors import BadRequest

if TYPE_CHECKING:
    from rag.engine import Engine

VERSIONS = ("sightline", "torch", "transformers", "faiss-cpu", "pymupdf", "ir-measures", "numpy")


def evaluate(dataset: Dataset, engine: Engine, plan: Plan, *, progress: bool = False) -> Run:
    """Put a dataset's questions to a store and measure what comes back.

    `progress` shows a bar on stderr where that is a terminal.
    Raises: BadRequest if there is nothing to ask; else as `ask` and `measure`.
    """
    header = _header(dataset, engine, plan)
    rows = tuple(_shown(ask(dataset.questions, engine, plan), len(dataset.questions), progress))
    if not rows:
        raise BadRequest(
            f"No question of {dataset.name} has evidence to be found.",
            hint="Without it only answers can be measured: --answers",
        )
    return Run(header, rows)


def open_judge(name: str, engine: Engine) -> Judge:
    """The generator of this name as a judge.

    Raises: BadRequest if it does not do what it is told; BadSetting, ModelNotFound, MissingExtra as any generator.
    """
    from rag.wiring import open_generator

    return Judge(open_generator(name, engine.settings, None))


def _header(dataset: Dataset, engine: Engine, plan: Plan) -> Header:
    facts = engine.status()
    route = plan.route or engine.settings.route
    return Header(
        name=f"{route} {plan.scope}",
        dataset=dataset.name,
        digest=dataset.digest,
        store=facts["store"],
        documents=facts["documents"],
        encoders=_encoders(engine),
        scope=plan.scope,
        route=route,
        ks=plan.ks,
        hits=plan.hits,
        generator=engine.settings.generators[0] if plan.answers else "",
        judge=plan.judge.name if plan.judge else "",
        versions=versions(),
        began=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _encoders(engine: Engine) -> dict[str, str]:
    from rag.store.store import Store

    with Store(engine.settings.store.expanduser()) as store:
        known = store.catalogue.fingerprints()
    return {name: f"{one.revision} {one.weights[:12]}" for name, one in known.items()}


def versions() -> dict[str, str]:
    """The versions of Python and of the packages that decide a measurement, of those that are installed."""
    found = {"python": platform.python_version()}
    for package in VERSIONS:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:  # faiss-gpu in place of faiss-cpu, for instance
            continue
    return found


def _shown(rows: Iterable[Row], total: int, progress: bool) -> Sequence[Row]:
    return list(with_bar(rows, total) if progress else rows)


def with_bar(rows: Iterable[Row], total: int) -> Iterable[Row]:
    """The rows as they come, with a bar on stderr where that is a terminal."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    return track(rows, "Asking", total=total, console=console, transient=True, disable=not console.is_terminal)
