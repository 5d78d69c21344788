"""What the commands about jobs, stores, models and this machine print for a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from rag.terminal import console, escape

if TYPE_CHECKING:
    from rag.doctor import Finding
    from rag.registry import Model
    from rag.store.backup import BackedUp, Restored
    from rag.store.verify import Verified
    from rag.types import Job, JobFile

MIB = 2**20
COLOURS = {"ok": "green", "warn": "yellow", "fail": "bold red"}
SHORT_ID = 8


def show_jobs(jobs: Sequence[Job]) -> None:
    """One line per job."""
    if not jobs:
        console().print("Nothing was ingested yet.")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("id", "state", "files", "failed", "pages", "collection", "what", "begun"):
        table.add_column(heading, justify="right" if heading in ("files", "failed", "pages") else "left")
    for job in jobs:
        counts = (f"{job.files.done + job.files.failed}/{job.files.total}", str(job.files.failed), str(job.pages))
        what = escape(", ".join(job.paths[:2]) + (" …" if len(job.paths) > 2 else ""))
        table.add_row(job.id[:SHORT_ID], job.state, *counts, escape(job.collection), what, job.started or job.created)
    console().print(table)


def show_job(job: Job, files: Sequence[JobFile]) -> None:
    """All that is known of a job, and some of its files."""
    to = console()
    left = "" if job.seconds_left is None else f", about {job.seconds_left:.0f} s left"
    told = {
        "job": job.id,
        "state": f"{job.state}{left}",
        "what": ", ".join(job.paths),
        "collection": job.collection,
        "files": f"{job.files.done} done ({job.files.unchanged} here before), {job.files.failed} failed, of {job.files.total}",
        "pages": str(job.pages),
        "reading": job.current,
        "created": job.created,
        "started": job.started or "",
        "ended": job.ended or "",
        "taken up again": str(job.resumed or ""),
    }
    for name, value in told.items():
        if value:
            to.print(f"{name:<14} {escape(value)}")
    if job.error is not None:
        to.print(f"[bold red]{escape(job.error.code)}[/bold red] {escape(job.error.detail)} {escape(job.error.hint)}")
    for file in files:
        to.print(f"  [yellow]{escape(file.code or file.state)}[/yellow] {escape(file.source)}: {escape(file.reason)}")


def show_verified(found: Verified) -> None:
    """What was looked at, and everything that is not as it should be."""
    to = console()
    to.print(f"{found.documents} documents, {found.elements} elements, {found.media} files, {found.caches} caches")
    for one in found.mended:
        to.print(f"  [green]mended[/green] {escape(one.what)}")
    for one in found.findings:
        to.print(f"  [yellow]{one.kind}[/yellow] {escape(one.what)}. {escape(one.mend)}")
    to.print("The store is whole." if found.is_whole else f"{len(found.findings)} things are left to mend.")


def show_backed_up(made: BackedUp) -> None:
    """What an archive holds, and what had to be left out."""
    to = console()
    to.print(f"{made.documents} documents and {made.media} files in {escape(made.path)}, {made.bytes / MIB:.1f} MiB")
    for digest in made.left_out:
        to.print(f"  [yellow]left out[/yellow] {digest}: gone or damaged, see sightline verify")


def show_restored(made: Restored) -> None:
    """What a store was made from."""
    console().print(
        f"{made.documents} documents and {made.media} files in {escape(made.store)}, as they were on {escape(made.made)}"
    )


def show_models(models: Sequence[tuple[Model, str]]) -> None:
    """One line per model: what it is for, what it reads, what it weighs, and where it is on this machine."""
    table = Table(box=None, pad_edge=False)
    for heading in ("model", "for", "columns", "context", "languages", "size", "licence", "here"):
        table.add_column(
            heading, justify="right" if heading in ("columns", "context", "size") else "left", overflow="fold"
        )
    for model, here in models:
        size = f"{model.megabytes / 1_000:.1f} GB" if model.megabytes >= 1_000 else f"{model.megabytes} MB"
        table.add_row(
            escape(model.name),
            model.role,
            str(model.dim or ""),
            f"{model.context:,}" if model.context else "",
            model.languages,
            size if model.megabytes else "",
            escape(model.licence),
            "yes" if here else "",
        )
    console().print(table)


def show_findings(findings: Sequence[Finding]) -> None:
    """What was looked at, a line each, with the line that mends it below."""
    to = console()
    for one in findings:
        colour = COLOURS[one.state]
        to.print(f"[{colour}]{one.state:<4}[/{colour}] {escape(one.name):<18} {escape(one.says)}")
        if one.mend:
            to.print(f"     {'':<18} {escape(one.mend)}")
    counts = {state: sum(one.state == state for one in findings) for state in COLOURS}
    to.print(f"{counts['ok']} fine, {counts['warn']} to look at, {counts['fail']} to mend")
