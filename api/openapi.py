"""The OpenAPI document: what FastAPI finds out by itself, the form of errors, and how to show the key."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from api.auth import OPEN
from api.errors import PROBLEM_TYPE, STATUS, TITLES
from rag.errors import SightlineError
from rag.wire import AnswerJson, CitedJson, DeltaJson, JobFileJson, ProblemJson, SourcesJson

DESCRIPTION = """Ask your folders of documents, PDFs and pictures; every sentence of the answer points at its evidence.

Pages count from 1. Boxes are `[x0, y0, x1, y1]` as fractions of the page, origin top left. Scores are higher for better.
Errors are `application/problem+json` (RFC 9457) with a `code` that never changes and a `hint` that says what to do now.
"""

Responses = dict[int | str, dict[str, Any]]  # Any: as FastAPI has it
ANSWER: Responses = {
    200: {
        "model": AnswerJson,
        "description": "The answer; with `stream`, its events: `sources` (SourcesJson), `delta` (DeltaJson), `citation`"
        " (CitedJson), `done` (AnswerJson), `error` (ProblemJson).",
        "content": {"text/event-stream": {"example": 'event: delta\ndata: {"text": "The tower"}\n\n'}},
    }
}
"""What asking answers with."""
JOB_EVENTS: Responses = {
    200: {
        "description": "Server-sent events: `job` (JobJson), `file` (JobFileJson), `end` (JobJson), `error` (ProblemJson).",
        "content": {"text/event-stream": {"example": 'event: file\nid: 1\ndata: {"source": "plan.pdf", …}\n\n'}},
    }
}
"""What following a job answers with."""


def problems(*codes: str) -> Responses:
    """The responses of these error codes, and of those that any request may get, for a route's description."""
    by_status: dict[int, list[str]] = {}
    for code in ("bad_request", "unauthorized", "forbidden", "store_damaged", "internal_error", *codes):
        by_status.setdefault(STATUS[code], []).append(code)
    return {
        status: {
            "description": " ".join(f"`{code}`: {_title(code)}" for code in found),
            "content": {
                PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemJson"}, "example": _example(found[-1])}
            },
        }
        for status, found in sorted(by_status.items())
    }


def describe(app: FastAPI) -> None:
    """Let the app's OpenAPI document name the form of errors and the key."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
                tags=app.openapi_tags,
            )
            template = "#/components/schemas/{model}"
            problem = TypeAdapter(ProblemJson).json_schema(ref_template=template)
            components = document.setdefault("components", {})
            components["schemas"] |= {**problem.pop("$defs"), "ProblemJson": problem}
            for event in (
                SourcesJson,
                DeltaJson,
                CitedJson,
                JobFileJson,
            ):  # they are told in events, which FastAPI does not see
                schema = TypeAdapter(event).json_schema(ref_template=template)
                components["schemas"] |= {**schema.pop("$defs", {}), event.__name__: schema}
            components["securitySchemes"] = {
                "bearer": {"type": "http", "scheme": "bearer"},
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            }
            # `{}`: a service without a key asks for none.
            # No other field is taken (`api.documents`), which FastAPI cannot know.
            components["schemas"]["Body_upload_documents"]["additionalProperties"] = False
            document["security"] = [{"bearer": []}, {"key": []}, {}]
            for path in OPEN & document["paths"].keys():
                document["paths"][path]["get"]["security"] = []
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend the document


def _titles() -> Mapping[str, str]:
    kinds, titles = [SightlineError], dict(TITLES)
    while kinds:
        kind = kinds.pop()
        kinds.extend(kind.__subclasses__())
        titles.setdefault(kind.code, (kind.__doc__ or "").partition("\n")[0])
    return titles


def _title(code: str) -> str:
    return _titles()[code]


def _example(code: str) -> ProblemJson:
    status = STATUS[code]
    return {
        "type": f"urn:sightline:error:{code}",
        "title": _title(code),
        "status": status,
        "detail": f"What happened, to which thing ({HTTPStatus(status).phrase}).",
        "code": code,
        "hint": "What to do now.",
        "request_id": "0b9f6c1e5d7a4f3e8c2b1a0918273645",
        "errors": [],
    }
