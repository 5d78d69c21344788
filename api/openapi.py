"""The OpenAPI document: what FastAPI finds out by itself, the form of errors, and how to show the key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from api.auth import OPEN
from api.errors import PROBLEM_TYPE, STATUS, TITLES
from api.openai_compatible.wire import ChunkJson, ErrorJson
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
    return {
        status: {
            "description": " ".join(f"`{code}`: {title_of(code)}" for code in found),
            "content": {
                PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemJson"}, "example": _example(found[-1])}
            },
        }
        for status, found in codes_by_status(codes, STATUS.__getitem__)
    }


def codes_by_status(codes: Sequence[str], status_of: Callable[[str], int]) -> list[tuple[int, list[str]]]:
    """These error codes, and those that any request may get, by status."""
    by_status: dict[int, list[str]] = {}
    for code in ("bad_request", "unauthorized", "forbidden", "store_damaged", "internal_error", *codes):
        by_status.setdefault(status_of(code), []).append(code)
    return sorted(by_status.items())


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
            # Events and errors are told in ways that FastAPI does not see.
            for told in (SourcesJson, DeltaJson, CitedJson, JobFileJson, ChunkJson, ErrorJson):
                schema = TypeAdapter(told).json_schema(ref_template=template)
                components["schemas"] |= {**schema.pop("$defs", {}), told.__name__: schema}
            _without_framework_errors(document)
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


def _without_framework_errors(document: dict[str, Any]) -> None:
    """Take out the 422 that FastAPI describes where a route names none: OpenAI's clients are given a 400."""
    for methods in document["paths"].values():
        for operation in methods.values():
            if "HTTPValidationError" in str(operation["responses"].get("422")):
                del operation["responses"]["422"]
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)


def _titles() -> Mapping[str, str]:
    kinds, titles = [SightlineError], dict(TITLES)
    while kinds:
        kind = kinds.pop()
        kinds.extend(kind.__subclasses__())
        titles.setdefault(kind.code, (kind.__doc__ or "").partition("\n")[0])
    return titles


def title_of(code: str) -> str:
    """What a code means in general."""
    return _titles()[code]


def _example(code: str) -> ProblemJson:
    status = STATUS[code]
    return {
        "type": f"urn:sightline:error:{code}",
        "title": title_of(code),
        "status": status,
        "detail": f"What happened, to which thing ({HTTPStatus(status).phrase}).",
        "code": code,
        "hint": "What to do now.",
        "request_id": "0b9f6c1e5d7a4f3e8c2b1a0918273645",
        "errors": [],
    }
