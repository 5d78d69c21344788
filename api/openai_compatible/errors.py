"""Errors as OpenAI's clients read them: the same errors as everywhere, in another form, on these addresses only."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Coroutine, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from api.errors import (
    REQUEST_ID,
    SECONDS_TO_RETRY,
    STATUS,
    HttpError,
    encodable,
    invalid,
    mistake,
    of_http,
    request_id_of,
)
from api.openai_compatible.wire import ErrorJson
from api.openapi import Responses, codes_by_status, title_of
from rag.errors import BadRequest, SightlineError

ADDRESSES = ("/v1/chat/completions", "/v1/embeddings", "/v1/models")
TYPES: Mapping[int, str] = {401: "authentication_error", 403: "permission_error"}
"""What OpenAI calls a status; others below 500 are `invalid_request_error`, the rest `server_error`."""
PARAMS: Mapping[str, str] = {"unknown_model": "model", "unknown_collection": "model"}
"""The field that is to blame, by the error's code."""
PLAIN = frozenset({HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.UNSUPPORTED_MEDIA_TYPE})
"""Where OpenAI says 400."""
_FIELD = re.compile(r"([a-z_]+(?:\.\w+)*): ")

_log = logging.getLogger("sightline.api")


def speaks_openai(path: str) -> bool:
    """Whether an address is one of those that OpenAI's clients ask."""
    return path in ADDRESSES or path.startswith("/v1/models/")


def status_of(error: SightlineError) -> int:
    """The status of an error at these addresses."""
    status = STATUS[error.code]
    return int(HTTPStatus.BAD_REQUEST) if status in PLAIN else status


def error_json(error: SightlineError, *, param: str | None = None, status: int | None = None) -> ErrorJson:
    """An error in OpenAI's form. `param`: the field that is to blame, else the one that the message begins with."""
    status = status or status_of(error)
    named = _FIELD.match(error.message) if isinstance(error, BadRequest) else None
    kind = "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request_error"
    return {
        "error": {
            "message": encodable(str(error)),
            "type": TYPES.get(status, kind),
            "param": param or (named[1] if named else PARAMS.get(error.code)),
            "code": error.code,
        }
    }


def failure(
    error: SightlineError,
    *,
    request_id: str,
    param: str | None = None,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """An error as a response; `status` overrides that of its code."""
    status = status or status_of(error)
    # Their clients ask again after 409 and 5xx, unless they are told that it would be of no use.
    passes = status == HTTPStatus.SERVICE_UNAVAILABLE
    more = {REQUEST_ID: request_id, "x-should-retry": str(passes).lower(), **(headers or {})}
    if passes:
        more["Retry-After"] = SECONDS_TO_RETRY
    return JSONResponse(error_json(error, param=param, status=status), status, more)


class OpenAIRoute(APIRoute):
    """A route whose errors go out in OpenAI's form."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:  # Any: as FastAPI has it
        """Handle a request, and what goes wrong with it."""
        handle = super().get_route_handler()

        async def handle_or_fail(request: Request) -> Response:
            request_id = request_id_of(request)
            try:
                return await handle(request)
            except SightlineError as error:
                return failure(error, request_id=request_id)
            except RequestValidationError as error:
                reason, fields = invalid(error)
                return failure(reason, request_id=request_id, param=fields[0]["field"] if fields else None)
            except HTTPException as error:
                return failure(of_http(error, request), request_id=request_id, status=error.status_code)
            except Exception:  # as in every other route, a mistake of ours is told without its details
                _log.exception("request %s failed: %s %s", request_id, request.method, request.url.path)
                return failure(mistake(request_id), request_id=request_id)

        return handle_or_fail


def failures(*codes: str) -> Responses:
    """The responses of these error codes, and of those that any request may get, for a route's description."""
    return {
        status: {
            "description": " ".join(f"`{code}`: {title_of(code)}" for code in found),
            "content": {
                "application/json": {
                    "schema": {"$ref": "#/components/schemas/ErrorJson"},
                    "example": error_json(HttpError(found[-1], "What happened, to which thing. What to do now.")),
                }
            },
        }
        for status, found in codes_by_status(codes, _status_of_code)
    }


def _status_of_code(code: str) -> int:
    return status_of(HttpError(code, ""))
