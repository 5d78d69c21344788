"""`sightline jobs …`: ingests, wherever they were begun."""

from __future__ import annotations

from typing import Annotated

import typer

from rag.cli.options import JsonOption, StoreOption
from rag.cli.running import SOME_FILES_FAILED, engine_of, print_json
from rag.errors import BadRequest
from rag.types import JOB_FILE_STATES, JOB_STATES, JobFileState, JobState

app = typer.Typer(help="List, show, cancel and take up again what is and was ingested.", rich_markup_mode=None)

IdArgument = Annotated[
    str, typer.Argument(help="The job's id, or its beginning; sightline jobs list shows it.", metavar="ID")
]


@app.command("list", epilog="For instance:  sightline jobs list --state running")
def jobs_list(
    store: StoreOption = None,
    state: Annotated[str | None, typer.Option(help=f"Only those of one state: {', '.join(JOB_STATES)}.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List every ingest, newest first, whether it was begun here, over HTTP or by a page."""
    from rag.cli.tables import show_jobs
    from rag.to_wire import job_json

    wanted = None if state is None else _job_state(state)
    with engine_of(store) as engine:
        found = engine.jobs(wanted)
    print_json({"jobs": [job_json(job) for job in found]}) if as_json else show_jobs(found)


@app.command("show", epilog="For instance:  sightline jobs show 3f2a --files failed")
def jobs_show(
    id: IdArgument,
    store: StoreOption = None,
    files: Annotated[
        str | None, typer.Option(help=f"Also list its files of one state: {', '.join(JOB_FILE_STATES)}.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show one ingest: how far it is, how it ended, and which files failed for which reason."""
    from rag.cli.tables import show_job
    from rag.to_wire import job_file_json, job_json

    wanted: JobFileState = "failed" if files is None else _file_state(files)
    with engine_of(store) as engine:
        job = engine.job(_whole(id, [one.id for one in engine.jobs()]))
        listed = engine.job_files(job.id, wanted)
    if as_json:
        print_json({**job_json(job), "listed": [job_file_json(file) for file in listed]})
    else:
        show_job(job, listed)


@app.command("cancel", epilog="For instance:  sightline jobs cancel 3f2a")
def jobs_cancel(id: IdArgument, store: StoreOption = None, as_json: JsonOption = False) -> None:
    """End an ingest: at once if it waits, after the documents in hand if it runs; what it took is kept."""
    from rag.cli.tables import show_job
    from rag.to_wire import job_json

    with engine_of(store) as engine:
        job = engine.cancel(_whole(id, [one.id for one in engine.jobs()]))
    print_json({**job_json(job)}) if as_json else show_job(job, ())


@app.command("resume", epilog="For instance:  sightline jobs resume 3f2a")
def jobs_resume(id: IdArgument, store: StoreOption = None, as_json: JsonOption = False) -> None:
    """Take an ingest up again that failed or was cancelled: by the service that runs on the store, else here, to its end."""
    from rag.cli.tables import show_job
    from rag.to_wire import job_json

    with engine_of(store) as engine:
        job = engine.resume(_whole(id, [one.id for one in engine.jobs()]))
        failed = engine.job_files(job.id, "failed")
    print_json({**job_json(job)}) if as_json else show_job(job, failed)
    if failed:
        raise typer.Exit(SOME_FILES_FAILED)


def _whole(beginning: str, ids: list[str]) -> str:
    """The id that begins so; what is no beginning is left for the store to refuse.

    Raises: BadRequest if several do.
    """
    found = [id for id in ids if id.startswith(beginning.lower())]
    if len(found) > 1:
        raise BadRequest(
            f"{len(found)} jobs begin with {beginning!r}.", hint=f"Say more of it: {', '.join(found[:3])} …"
        )
    return found[0] if found else beginning


def _job_state(text: str) -> JobState:
    for state in JOB_STATES:
        if text == state:
            return state
    raise BadRequest(f"A job is never {text!r}.", hint=f"States: {', '.join(JOB_STATES)}.")


def _file_state(text: str) -> JobFileState:
    for state in JOB_FILE_STATES:
        if text == state:
            return state
    raise BadRequest(f"A file is never {text!r}.", hint=f"States: {', '.join(JOB_FILE_STATES)}.")
