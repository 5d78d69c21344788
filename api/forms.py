"""Searches and questions that come as forms, with their pictures as files: `curl -F query=red -F image=@car.png`.

A form says the same as a JSON body, and is turned into one before the route reads it, so that both are checked alike.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Coroutine
from pathlib import PurePath
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.datastructures import Headers, UploadFile
from starlette.types import Message

from rag.errors import BadRequest, UnsupportedFile
from rag.query import MOST_PARTS
from rag.sending import MEDIA_TYPES

FORM = "multipart/form-data"
MOST_FIELDS = 32
MOST_FIELD_BYTES = 4 * 2**20
"""Of a field that is no file: the earlier turns of a long conversation."""
WORDS = ("query", "question", "route", "generator", "image")
"""Fields that are taken as they stand; every other one is JSON."""

FORMS: dict[str, Any] = {  # Any: a part of an OpenAPI document
    "requestBody": {
        "content": {
            FORM: {
                "schema": {
                    "type": "object",
                    "description": "The fields of the JSON body, `parts` and others that are no plain text as JSON, and the"
                    " pictures as files.",
                    "properties": {
                        "image": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                            "description": "As a file: a picture to search by. Repeatable. In `parts`, `image` may be a file's"
                            " name, to give it a weight or a box.",
                        }
                    },
                    "additionalProperties": True,
                }
            }
        }
    }
}
"""What the OpenAPI document says of it, beside the JSON body."""


class FormRoute(APIRoute):
    """A route with a JSON body that takes the same as a form."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:  # Any: as FastAPI has it
        """Read a form, then go on as with JSON."""
        handle = super().get_route_handler()

        async def read_then_handle(request: Request) -> Response:
            kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            return await handle(await _as_json(request) if kind == FORM else request)

        return read_then_handle


async def _as_json(request: Request) -> Request:
    """The request with the JSON body that its form stands for.

    Raises: BadRequest if a field comes twice, or there are too many; UnsupportedFile for a file that is no picture.
    """
    form = await request.form(max_files=MOST_PARTS, max_fields=MOST_FIELDS, max_part_size=MOST_FIELD_BYTES)
    body: dict[str, Any] = {}  # Any: JSON
    files: dict[str, str] = {}
    try:
        for field, value in form.multi_items():
            if isinstance(value, UploadFile):
                name = value.filename or ""
                if field != "image":
                    raise BadRequest(f"{field}: There is no such file.", hint="Send pictures in fields named `image`.")
                if name in files:
                    raise BadRequest(f"image: Two files are called {name!r}.", hint="Send each name once.")
                files[name] = _data_uri(name, value.content_type or "", await value.read())
            elif field in body:
                raise BadRequest(f"{field}: This field comes twice.", hint="Send it once; only files may be several.")
            else:
                body[field] = value if field in WORDS else _parsed(value)
    finally:
        await form.close()
    return _with_body(request, json.dumps(_with_files(body, files)).encode())


def _with_files(body: dict[str, Any], files: dict[str, str]) -> dict[str, Any]:  # Any: JSON
    """The body with each file where a part names it, and the others as parts of their own."""
    parts = body.get("parts", [])
    if not files or not isinstance(parts, list):  # what is no list is refused where all bodies are checked
        return body
    named = {part["image"] for part in parts if _names(part, files)}
    filled = [{**part, "image": files[part["image"]]} if _names(part, files) else part for part in parts]
    return {**body, "parts": [*filled, *({"image": uri} for name, uri in files.items() if name not in named)]}


def _names(part: object, files: dict[str, str]) -> bool:
    return isinstance(part, dict) and isinstance(part.get("image"), str) and part["image"] in files


def _parsed(text: str) -> Any:  # Any: JSON
    try:
        return json.loads(text)
    except ValueError:
        return text  # refused where all bodies are checked, which names the field


def _data_uri(name: str, told: str, data: bytes) -> str:
    media_type = MEDIA_TYPES.get(PurePath(name).suffix.lower(), told)
    if media_type not in MEDIA_TYPES.values():
        raise UnsupportedFile(
            f"image: {name or 'A file'} is not a picture.", hint=f"Pictures end in {', '.join(MEDIA_TYPES)}."
        )
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def _with_body(request: Request, body: bytes) -> Request:
    headers = Headers(request.headers).mutablecopy()
    headers["content-type"] = "application/json"
    headers["content-length"] = str(len(body))

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request({**request.scope, "headers": headers.raw}, receive)
