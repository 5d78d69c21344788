"""The door of the service: every request gets its id, shows its key, and is measured, before anything of it is read."""

from __future__ import annotations

import re
import uuid
from http import HTTPStatus

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.auth import check
from api.errors import REQUEST_ID, TOO_LARGE_HINT, HttpError, problem
from api.links import is_sealed
from api.openai_compatible.errors import failure, speaks_openai

UPLOADS = "/v1/documents"
MOST_JSON_MB = 48
"""A question with a picture of 32 MiB, which grows by a third in base64."""

_FIT_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Door:
    """ASGI middleware; the app behind it may read `request.state.request_id`."""

    def __init__(self, app: ASGIApp, *, key: str | None, max_upload_mb: int) -> None:
        self._app = app
        self._key = key
        self._max_upload_mb = max_upload_mb

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get(REQUEST_ID, "")
        request_id = given if _FIT_ID.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        # For good: a request is a task of its own, and what the server logs of it after us shall carry the id too.
        structlog.contextvars.bind_contextvars(request_id=request_id)

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[REQUEST_ID] = request_id
            await send(message)

        mb = self._max_upload_mb if scope["path"] == UPLOADS else min(MOST_JSON_MB, self._max_upload_mb)
        try:
            if not is_sealed(scope, key=self._key):
                check(scope["path"], headers, key=self._key)
            _measure(headers.get("content-length", ""), mb)
        except HttpError as error:
            asks = {"WWW-Authenticate": "Bearer"} if error.code == "unauthorized" else {}
            told = failure if speaks_openai(scope["path"]) else problem
            await told(error, request_id=request_id, headers=asks)(scope, receive, send)
            return
        await self._app(scope, _counted(receive, mb), send_with_id)


def _measure(told: str, mb: int) -> None:
    if told.isdecimal() and int(told) > mb * 2**20:
        raise HttpError("body_too_large", _too_large(mb), hint=TOO_LARGE_HINT)


def _counted(receive: Receive, mb: int) -> Receive:
    """A body may be longer than it was said to be, or come in chunks without saying."""
    received = 0

    async def receive_counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > mb * 2**20:
            # Not one of ours: the framework's reading of a body lets only this class through as it is.
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _too_large(mb))
        return message

    return receive_counted


def _too_large(mb: int) -> str:
    return f"The request is larger than {mb} MiB."
