"""Jobs: listed, shown, followed, cancelled, taken up again."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import AsyncIterator
from typing import Annotated

import anyio
from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from api.engine import OfEngine, OfService, Service
from api.errors import problem_json, request_id_of
from api.openapi import JOB_EVENTS, Responses, problems
from rag.errors import SightlineError
from rag.store.jobs import ALL
from rag.to_wire import job_file_json, job_json
from rag.types import Job, JobFileState, JobState
from rag.wire import JobFilesJson, JobJson, JobsJson

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

MOST_LISTED = 1_000
MOST_SECONDS = 600
"""That a request waits for its job."""
LONGEST_PAUSE = 0.25
"""Seconds between two looks at a job."""
PING_SECONDS = 15.0
_UNCHANGED: Responses = {304: {"description": "It is as you have it."}}

OfJob = Annotated[str, Path(description="The job's id.")]
Limit = Annotated[int, Query(ge=1, le=MOST_LISTED, description="How many at once.")]
Cursor = Annotated[int | None, Query(ge=0, le=2**62, description="`next` of the part before.")]


@router.get("", operation_id="list_jobs", responses=problems("store_not_found"))
def list_jobs(
    engine: OfEngine,
    state: Annotated[JobState | None, Query(description="Only those in this state.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> JobsJson:
    """List the ingests of the store, wherever they were begun, newest first."""
    found = engine.job_table.jobs(state, limit=limit + 1, before=ALL if cursor is None else cursor)
    shown = found[:limit]
    return {
        "jobs": [job_json(job) for _, job in shown],
        "next": str(shown[-1][0]) if len(found) > limit else None,
    }


@router.get(
    "/{job}",
    operation_id="show_job",
    response_model=JobJson,
    responses={**_UNCHANGED, **problems("unknown_job", "store_not_found")},
)
def show_job(engine: OfEngine, job: OfJob, if_none_match: Annotated[str | None, Header()] = None) -> Response:
    """Show a job and how far it is."""
    told = job_json(engine.job(job))
    etag = f'"{hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    known = [one.strip().removeprefix("W/") for one in (if_none_match or "").split(",")]
    if etag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return JSONResponse(told, headers=headers)


@router.get("/{job}/files", operation_id="list_job_files", responses=problems("unknown_job", "store_not_found"))
def list_job_files(
    engine: OfEngine,
    job: OfJob,
    state: Annotated[JobFileState | None, Query(description="Only those in this state.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> JobFilesJson:
    """List the files of a job with what became of each, in the order in which they were found; of old jobs those that failed."""
    found = engine.job_table.files(job, state, limit=limit + 1, after=cursor or 0)
    shown = found[:limit]
    return {
        "files": [job_file_json(file) for _, file in shown],
        "next": str(shown[-1][0]) if len(found) > limit else None,
    }


@router.post(
    "/{job}/cancel", operation_id="cancel_job", responses=problems("unknown_job", "job_ended", "store_not_found")
)
def cancel_job(engine: OfEngine, job: OfJob) -> JobJson:
    """End a job: at once if it waits, after the documents in hand if it runs; what it took is kept."""
    return job_json(engine.cancel(job))


@router.post(
    "/{job}/resume", operation_id="resume_job", responses=problems("unknown_job", "job_ended", "store_not_found")
)
def resume_job(service: OfService, job: OfJob) -> JobJson:
    """Take up a job again that failed or was cancelled; what it took before costs nothing."""
    service.work()
    return job_json(service.engine.resume(job))


@router.get(
    "/{job}/events",
    operation_id="follow_job",
    response_model=None,
    responses={**JOB_EVENTS, **problems("unknown_job", "store_not_found")},
)
async def follow_job(
    service: OfService,
    request: Request,
    job: OfJob,
    last_event_id: Annotated[
        int | None, Header(ge=0, le=2**62, description="The `id` of the last event `file` that you have.")
    ] = None,
) -> Response:
    """Follow a job: `job` at once and whenever it is further, `file` for each file that has ended, `end` last."""
    first = await run_in_threadpool(service.engine.job, job)
    told = _told(service, first, after=last_event_id or 0, request_id=request_id_of(request))
    return EventSourceResponse(told, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})


async def _told(service: Service, job: Job, *, after: int, request_id: str) -> AsyncIterator[bytes]:
    """The events in the wire's form; they break off without `end` when the service is stopped."""
    shown: Job | None = None
    spoke = time.monotonic()
    try:
        while not service.stopping.is_set():
            table = service.engine.job_table
            files = await run_in_threadpool(table.ended_files, job.id, after=after, limit=MOST_LISTED)
            if job != shown:
                yield _frame("job", job_json(job))
                shown, spoke = job, time.monotonic()
            for after, file in files:
                yield _frame("file", job_file_json(file), id=str(after))
                spoke = time.monotonic()
            if job.has_ended and len(files) < MOST_LISTED:
                yield _frame("end", job_json(job))
                return
            if time.monotonic() - spoke > PING_SECONDS:
                yield KEEPALIVE_COMMENT
                spoke = time.monotonic()
            if len(files) < MOST_LISTED:
                await anyio.sleep(LONGEST_PAUSE)
            # First the job, then its files: where it has ended, there are no more of them.
            job = await run_in_threadpool(service.engine.job, job.id)
    except SightlineError as error:
        yield _frame("error", problem_json(error, request_id=request_id))


def _frame(name: str, told: object, *, id: str | None = None) -> bytes:
    return format_sse_event(event=name, data_str=json.dumps(told, ensure_ascii=False), id=id)


async def waited(service: Service, job: Job, *, seconds: float) -> Job:
    """The job once it has ended, or as it is when the time is over or the service is stopped."""
    deadline = time.monotonic() + seconds
    pause = 0.02
    while not job.has_ended and not service.stopping.is_set():
        left = deadline - time.monotonic()
        if left <= 0:
            break
        await anyio.sleep(min(pause, left))
        pause = min(2 * pause, LONGEST_PAUSE)
        job = await run_in_threadpool(service.engine.job, job.id)
    return job
