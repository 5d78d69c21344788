"""Errors over HTTP: the status of every code, and the one form in which all of them go out (RFC 9457)."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from rag import errors
from rag.errors import SightlineError
from rag.wire import FieldProblemJson, ProblemJson

PROBLEM_TYPE = "application/problem+json"
REQUEST_ID = "X-Request-ID"
SECONDS_TO_RETRY = "5"

STATUS: Mapping[str, int] = {
    "bad_request": 422,
    "unknown_document": 404,
    "unknown_collection": 404,
    "unknown_media": 404,
    "unknown_element": 404,
    "unknown_job": 404,
    "job_ended": 409,
    "idempotency_mismatch": 409,
    "outside_roots": 403,
    # The picture of a question goes through the same door as a file.
    "file_refused": 422,
    "unsupported_file": 415,
    "damaged_file": 422,
    "encrypted_file": 422,
    "empty_file": 422,
    "file_too_large": 413,
    "file_too_slow": 422,
    "reader_died": 422,
    "unreadable_path": 422,
    # The store and the models are the service's own affair: the same request may succeed once somebody has seen to them.
    "store_not_found": 503,
    "store_damaged": 503,
    "store_busy": 503,
    "no_room": 507,
    "model_mismatch": 409,
    "missing_extra": 501,
    "model_not_found": 503,
    "weights_damaged": 503,
    "encode_failed": 500,
    "generate_failed": 502,
    "schema_mismatch": 502,
    "bad_setting": 500,
    "error": 500,
    # A service that asks another one.
    "server_unreachable": 502,
    "server_refused": 502,
    # Of HTTP itself.
    "unreadable_body": 400,
    "unauthorized": 401,
    "forbidden": 403,
    "not_found": 404,
    "no_page_picture": 404,
    "unknown_model": 404,
    "method_not_allowed": 405,
    "body_too_large": 413,
    "internal_error": 500,
    "stopping": 503,
}
"""What a code of `rag.errors`, or of this file, means in HTTP."""

TITLES: Mapping[str, str] = {
    "unreadable_body": "The body of the request cannot be parsed.",
    "unauthorized": "The service asks for its key.",
    "forbidden": "The request comes from another place than the service answers to.",
    "not_found": "There is nothing at this address.",
    "no_page_picture": "The document's format has no layout that could be drawn.",
    "unknown_model": "No model goes by this name.",
    "method_not_allowed": "The address does not take this method.",
    "body_too_large": "The request is larger than the service takes.",
    "internal_error": "The service made a mistake.",
    "stopping": "The service is being stopped.",
}
"""What the codes of this file say in general; those of `rag.errors` say it in their first line."""

TOO_LARGE_HINT = "Send fewer files at a time, or raise max_upload_mb (SIGHTLINE_MAX_UPLOAD_MB) where the service runs."

_CODE_OF_STATUS = {400: "unreadable_body", 404: "not_found", 405: "method_not_allowed", 413: "body_too_large"}

_log = logging.getLogger("sightline.api")


class HttpError(SightlineError):
    """An error that only HTTP knows; its code is one of `TITLES`."""

    def __init__(self, code: str, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.code = code


def handle_errors(app: FastAPI) -> None:
    """Let every error of the app go out as a problem."""
    app.add_exception_handler(SightlineError, _on_sightline_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(Exception, _on_mistake)


def problem(
    error: SightlineError,
    *,
    request_id: str,
    status: int | None = None,
    fields: Sequence[FieldProblemJson] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """An error as a response; `status` overrides that of its code."""
    body = problem_json(error, request_id=request_id, status=status, fields=fields)
    more = {REQUEST_ID: request_id, **(headers or {})}
    if body["status"] == HTTPStatus.SERVICE_UNAVAILABLE:
        more["Retry-After"] = SECONDS_TO_RETRY
    return JSONResponse(body, body["status"], more, PROBLEM_TYPE)


def problem_json(
    error: SightlineError, *, request_id: str, status: int | None = None, fields: Sequence[FieldProblemJson] = ()
) -> ProblemJson:
    """An error in the form that clients read, whatever carries it."""
    return {
        "type": f"urn:sightline:error:{error.code}",
        "title": TITLES.get(error.code) or (type(error).__doc__ or "").partition("\n")[0],
        "status": status or STATUS[error.code],
        "detail": encodable(error.message),
        "code": error.code,
        "hint": encodable(error.hint),
        "request_id": request_id,
        "errors": list(fields),
    }


def request_id_of(request: Request) -> str:
    """The id under which the log knows the request."""
    return str(request.state.request_id)


def encodable(text: str) -> str:
    """JSON's escapes may bring half a surrogate pair, which no answer can carry."""
    return text.encode("utf-8", "replace").decode()


async def _on_sightline_error(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, SightlineError):
        raise error
    return problem(error, request_id=request_id_of(request))


async def _on_invalid(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    reason, fields = invalid(error)
    return problem(reason, request_id=request_id_of(request), fields=fields)


def invalid(error: RequestValidationError) -> tuple[SightlineError, list[FieldProblemJson]]:
    """What is wrong with a request that does not fit its description, and with which of its fields."""
    found = error.errors()
    if any(one["type"] == "json_invalid" for one in found):
        return HttpError("unreadable_body", "The body is not JSON.", hint="Send one JSON object, in UTF-8."), []
    fields: list[FieldProblemJson] = [
        {"field": encodable(_field(one["loc"])), "message": _sentence(one["type"], one["msg"])} for one in found
    ]
    detail = " ".join(f"{one['field']}: {one['message']}" for one in fields)
    return errors.BadRequest(detail, hint="The fields and their bounds are described at /docs."), fields


def _field(location: Sequence[int | str]) -> str:
    """`filters.pages.0` for ("body", "filters", "pages", 0)."""
    inside = location[1:] if location and location[0] in ("body", "query", "path", "header") else location
    return ".".join(str(part) for part in inside) or "body"


def _sentence(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return "There is no such field."
    if kind == "model_attributes_type":
        return "This is not a JSON object, or it came without Content-Type: application/json."
    return f"{message.removeprefix('Value error, ').rstrip('.')}."


async def _on_http_exception(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    headers = {name: value for name, value in (error.headers or {}).items() if name.lower() != "content-type"}
    reason = of_http(error, request)
    return problem(reason, request_id=request_id_of(request), status=error.status_code, headers=headers)


def of_http(error: HTTPException, request: Request) -> HttpError:
    """What the framework says of a request, in our words."""
    code = _CODE_OF_STATUS.get(error.status_code, "internal_error")
    match code:
        case "not_found":
            return HttpError(
                code, f"There is nothing at {request.url.path}.", hint="The addresses are listed at /docs."
            )
        case "method_not_allowed":
            allowed = (error.headers or {}).get("Allow", "")
            return HttpError(code, f"{request.url.path} does not take {request.method}.", hint=f"It takes {allowed}.")
        case "body_too_large":
            return HttpError(code, str(error.detail), hint=TOO_LARGE_HINT)
        case _:
            return HttpError(code, str(error.detail), hint="The requests are described, with examples, at /docs.")


async def _on_mistake(request: Request, error: Exception) -> JSONResponse:
    # The server logs the traceback by itself; this line ties it to the id that the client was given.
    _log.error("request %s failed: %s %s: %r", request_id_of(request), request.method, request.url.path, error)
    return problem(mistake(request_id_of(request)), request_id=request_id_of(request))


def mistake(request_id: str) -> HttpError:
    """What a client is told of an error that nobody foresaw: nothing of its insides."""
    return HttpError(
        "internal_error",
        "The service made a mistake; what happened is in its log.",
        hint=f"Look there for the request {request_id}, and report it.",
    )
