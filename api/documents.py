"""Documents: sent, listed, shown, deleted."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import shutil
from collections.abc import Sequence
from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Depends, File, Form, Header, Query, Request, Response, UploadFile

from api.engine import OfEngine, OfService, Service
from api.jobs import MOST_SECONDS, waited
from api.openapi import problems
from api.uploads import MOST_FILES, lay_down
from rag.errors import BadRequest
from rag.store.collections import check_name
from rag.to_wire import document_json, job_json
from rag.types import DEFAULT_COLLECTION, Document, Job
from rag.wire import AcceptedJson, DocumentDetailJson, DocumentJson, DocumentsJson

router = APIRouter(prefix="/v1/documents", tags=["documents"])

MOST_LISTED = 1_000
NAME = "The document's id, source or file name."
UNKNOWN = ("unknown_document", "unknown_collection")

OfCollection = Annotated[str | None, Query(description="Only in this collection; in all where left out.")]


async def _only_known_fields(request: Request) -> None:
    unknown = sorted(set(await request.form()) - {"files", "collection"})
    if unknown:
        hint = "Send every file in a field named `files`; `collection` says where they are put."
        raise BadRequest(f"{unknown[0]}: There is no such field.", hint=hint)


@router.post(
    "",
    operation_id="upload_documents",
    status_code=202,
    dependencies=[Depends(_only_known_fields)],
    form_limits={"max_files": MOST_FILES, "max_fields": 10},
    responses={
        200: {"model": AcceptedJson, "description": "The job has ended, and nothing is new: see `report` and `error`."},
        201: {"model": AcceptedJson, "description": "The job has ended, and something is new: see `report`."},
        **problems("unreadable_body", "body_too_large", "idempotency_mismatch", "no_room"),
    },
)
async def upload_documents(
    service: OfService,
    response: Response,
    files: Annotated[
        list[UploadFile],
        File(
            min_length=1,
            max_length=MOST_FILES,
            description="The files, each under its name; a name may hold folders, as in `reports/plan.pdf`.",
        ),
    ],
    collection: Annotated[str, Form(description="Where they are put.")] = DEFAULT_COLLECTION,
    wait: Annotated[int, Query(ge=0, le=MOST_SECONDS, description="Seconds to wait for the job to end.")] = 0,
    idempotency_key: Annotated[
        str | None,
        Header(min_length=1, max_length=255, description="The same key again with the same files gives the same job."),
    ] = None,
) -> AcceptedJson:
    """Take one or several files: they are kept, and a job reads them into the store, also after a restart.

    The same name again in the same collection, with other bytes, replaces what it held; the same bytes again cost nothing.
    A file that cannot be taken is named in the job with its reason, and does not stop the others. Pictures that a Markdown
    or HTML file shows are found if they are sent along under their names.
    """
    job = await anyio.to_thread.run_sync(_queue, service, files, collection, idempotency_key, limiter=service.uploading)
    job = await waited(service, job, seconds=wait)
    response.headers["Location"] = f"/v1/jobs/{job.id}"
    if job.has_ended:
        is_new = job.report is not None and job.report.added + job.report.replaced > 0
        response.status_code = 201 if is_new else 200
    return {"job": job_json(job)}


def _queue(service: Service, files: Sequence[UploadFile], collection: str, key: str | None) -> Job:
    check_name(collection)
    id = secrets.token_hex(16)
    folder = service.engine.spool(id)
    job = None
    try:
        laid = lay_down(files, folder)
        digest = f"{collection}:{laid.digest}"
        job = service.engine.queue_upload(id, laid.names, collection=collection, key=key, digest=digest)
    finally:
        if job is None or job.id != id:
            shutil.rmtree(folder, ignore_errors=True)
    service.work()
    return job


@router.get("", operation_id="list_documents", responses=problems("store_not_found", "unknown_collection"))
def list_documents(
    engine: OfEngine,
    limit: Annotated[int, Query(ge=1, le=MOST_LISTED, description="How many at once.")] = 100,
    cursor: Annotated[str | None, Query(max_length=20_000, description="`next` of the part before.")] = None,
    collection: OfCollection = None,
    name: Annotated[
        str | None,
        Query(max_length=1_000, description="Only those whose source or title holds this, in upper or lower case."),
    ] = None,
) -> DocumentsJson:
    """List the documents, by source."""
    documents = sorted((one for one in engine.documents(collection) if _is_called(one, name or "")), key=_place)
    after = None if cursor is None else _read_cursor(cursor)
    left = [document for document in documents if after is None or _place(document) > after]
    shown = left[:limit]
    return {
        "documents": [document_json(document) for document in shown],
        "total": len(documents),
        "next": _cursor(shown[-1]) if len(left) > limit else None,
    }


@router.get("/{document:path}", operation_id="show_document", responses=problems(*UNKNOWN, "store_not_found"))
def show_document(engine: OfEngine, document: str, collection: OfCollection = None) -> DocumentDetailJson:
    """Show a document, named by its id, source or file name, and how much was read from it."""
    found = engine.document(document, collection)
    return {**document_json(found), "elements": engine.count_elements(found)}


@router.delete(
    "/{document:path}",
    operation_id="delete_document",
    responses=problems(*UNKNOWN, "store_not_found"),
)
def delete_document(engine: OfEngine, document: str, collection: OfCollection = None) -> DocumentJson:
    """Delete a document, named by its id, source or file name, with its text, vectors and pictures; answer what it was.

    With `collection` it is taken out of this one only, and stays as long as it lies in another.
    """
    return document_json(engine.delete(document, collection))


def _is_called(document: Document, name: str) -> bool:
    sought = name.casefold()
    return sought in document.source.casefold() or sought in document.title.casefold()


def _place(document: Document) -> tuple[str, str]:
    return document.source, document.id


def _cursor(document: Document) -> str:
    """Names the last document that was shown, so that the list may change meanwhile without showing one twice."""
    return base64.urlsafe_b64encode(json.dumps(_place(document)).encode()).decode()


def _read_cursor(cursor: str) -> tuple[str, str]:
    try:
        source, id = json.loads(base64.b64decode(cursor, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, TypeError) as error:
        raise BadRequest("cursor: This cursor did not come from here.", hint="Send `next` as it was given.") from error
    if not isinstance(source, str) or not isinstance(id, str):
        raise BadRequest("cursor: This cursor did not come from here.", hint="Send `next` as it was given.")
    return source, id
