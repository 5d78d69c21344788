"""An ingest's progress as a bar on stderr."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from rag.terminal import escape

if TYPE_CHECKING:
    from indexers.ingest import Event
    from indexers.reindex import Step


@contextlib.contextmanager
def bar() -> Iterator[Callable[[Event], None]]:
    """Show files done of files to do, the page being read and the time left; refused files are named as they come."""
    console = Console(stderr=True)
    columns = (
        TextColumn("[bold]Reading"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("files"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("[dim]{task.description}", markup=True),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=None)

        def show(event: Event) -> None:
            name = escape(event.source)
            if event.kind == "found":
                progress.update(task, total=event.total, visible=event.total > 0)
            elif event.kind == "page":
                progress.update(task, description=f"{name}, page {event.page} of {event.n_pages}")
            elif event.kind == "late":
                progress.update(task, description=f"{name}, picture of page {event.page} of {event.n_pages} placed")
            elif event.kind == "caption":
                progress.update(task, description=f"{name}, picture {event.done} of {event.total} described")
            else:
                progress.update(task, completed=event.done, description=name)
                if event.kind == "failed":
                    console.print(f"[yellow]not taken[/yellow] {escape(event.reason)}", highlight=False, soft_wrap=True)

        yield show


@contextlib.contextmanager
def encoding_bar() -> Iterator[Callable[[Step], None]]:
    """Show documents encoded of documents to encode, and the time left."""
    columns = (
        TextColumn("[bold]Encoding"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("documents"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("[dim]{task.description}", markup=True),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=None, visible=False)

        def show(step: Step) -> None:
            shown = f"{escape(step.source)}, {escape(step.space)}"
            progress.update(task, total=step.total, completed=step.done, description=shown, visible=True)

        yield show


@contextlib.contextmanager
def counting_bar(what: str, of: str) -> Iterator[Callable[[int, int], None]]:
    """Show how many of something are done, and the time left: `counting_bar("Checking", "files")`."""
    columns = (
        TextColumn(f"[bold]{what}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(of),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
