"""A folder that lies where the service runs, ingested as a job; only under folders that were allowed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Body, Response

from api.engine import OfService
from api.openapi import problems
from api.schemas import INGEST_EXAMPLES, IngestBody
from rag.errors import BadRequest, OutsideRoots
from rag.to_wire import job_json
from rag.wire import AcceptedJson
from rag.wiring import Ingestion

router = APIRouter(prefix="/v1", tags=["jobs"])


@router.post(
    "/ingest",
    operation_id="ingest",
    status_code=202,
    responses=problems("unreadable_body", "outside_roots", "unreadable_path"),
)
def ingest(
    service: OfService, response: Response, body: Annotated[IngestBody, Body(openapi_examples=INGEST_EXAMPLES)]
) -> AcceptedJson:
    """Take every file at or below a path of the service's own machine, as a job.

    Only under a folder of the setting `ingest_roots`; links are followed before that is checked, and a file that a link
    leads out of there is refused by itself.
    """
    roots = [Path(os.path.realpath(root.expanduser())) for root in service.engine.settings.ingest_roots]
    path = _within(body.path, roots)
    how = Ingestion(
        sync=body.sync,
        again=body.again,
        include=tuple(body.include),
        exclude=tuple(body.exclude),
        within=tuple(roots),
    )
    job = service.engine.queue_folder(path, collection=body.collection, how=how)
    service.work()
    response.headers["Location"] = f"/v1/jobs/{job.id}"
    return {"job": job_json(job)}


def _within(given: str, roots: Sequence[Path]) -> Path:
    """The path without links and `..`.

    Raises: BadRequest if it is not absolute, or none; OutsideRoots, whether or not there is anything.
    """
    no_path = BadRequest(f"path: {given[:80]!r} is not an absolute path.", hint="For instance /srv/reports.")
    if not given.startswith("/"):
        raise no_path
    try:
        path = Path(os.path.realpath(given))
    except ValueError as error:  # a zero byte, or half a surrogate pair
        raise no_path from error
    if not any(path.is_relative_to(root) for root in roots):
        raise OutsideRoots(
            f"The service may not read {given[:200]}.",
            hint="Allow a folder above it where the service runs: ingest_roots (SIGHTLINE_INGEST_ROOTS).",
        )
    return path
