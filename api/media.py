"""Pictures: those that were kept, and pages drawn with what was found on them."""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Response
from fastapi.responses import FileResponse
from PIL import Image, ImageDraw

from api.engine import OfEngine
from api.errors import HttpError
from api.openapi import problems
from rag.errors import BadRequest
from rag.types import Box

router = APIRouter(prefix="/v1", tags=["pictures"])

SHOWN = {".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp", ".gif": "image/gif"}
"""What a browser may show; everything else is only handed over as a download, whatever it says it is."""
LOCKED = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}
MOST_SIDE = 4_096
"""Pixels; a page is shrunk to it. WebP itself ends at 16,383."""
MOST_BOXES = 100
BOX_COLOUR = (214, 40, 40)
WEBP_QUALITY = 85

_PICTURE: dict[int | str, dict[str, object]] = {304: {"description": "You have it already."}}


@router.get(
    "/media/{digest}",
    operation_id="media",
    response_class=FileResponse,
    responses={
        200: {"description": "The file.", "content": {"image/jpeg": {}, "application/octet-stream": {}}},
        **_PICTURE,
        **problems("unknown_media", "store_not_found"),
    },
)
def media(
    engine: OfEngine,
    digest: Annotated[str, Path(description="The hash, as in the field `media` of a hit.")],
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Give a kept picture by its hash; it never changes."""
    path = engine.media_path(digest)
    etag = f'"{digest}"'
    headers = {**LOCKED, "ETag": etag, "Cache-Control": "private, max-age=31536000, immutable"}
    if _has(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    shown = SHOWN.get(path.suffix)
    if shown is not None:
        return FileResponse(path, media_type=shown, headers=headers)
    return FileResponse(path, media_type="application/octet-stream", filename=digest, headers=headers)


@router.get(
    "/documents/{document:path}/pages/{page}.webp",
    operation_id="page_picture",
    response_class=Response,
    responses={
        200: {"description": "The page.", "content": {"image/webp": {}}},
        **_PICTURE,
        **problems("unknown_document", "no_page_picture", "store_not_found"),
    },
)
def page_picture(
    engine: OfEngine,
    document: Annotated[str, Path(description="The document's id, source or file name.")],
    page: Annotated[int, Path(ge=1, le=2**31, description="From 1.")],
    box: Annotated[
        list[str] | None,
        Query(
            max_length=MOST_BOXES,
            description="What to frame: `x0,y0,x1,y1` as fractions of the page, origin top left. Repeatable.",
            examples=["0.1,0.25,0.9,0.4"],
        ),
    ] = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Draw a page of a PDF, or a picture, with boxes on it; formats without layout have none (`no_page_picture`)."""
    boxes = [_box(text) for text in box or []]
    found = engine.document(document)
    etag = f'"{hashlib.sha256(repr((found.id, page, boxes)).encode()).hexdigest()[:32]}"'
    headers = {**LOCKED, "ETag": etag, "Cache-Control": "private, no-cache"}
    if _has(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    picture = engine.page_picture(found.id, page)
    if picture is None:
        raise HttpError(
            "no_page_picture",
            f"{found.source} has no layout to draw ({found.media_type}).",
            hint="Show the text of its hits instead.",
        )
    written = io.BytesIO()
    framed(picture, boxes).save(written, "WEBP", quality=WEBP_QUALITY, method=2)
    return Response(written.getvalue(), media_type="image/webp", headers=headers)


def _has(if_none_match: str | None, etag: str) -> bool:
    told = [one.strip().removeprefix("W/") for one in (if_none_match or "").split(",")]
    return etag in told or "*" in told


def _box(text: str) -> Box:
    try:
        x0, y0, x1, y1 = (float(edge) for edge in text.split(","))
    except ValueError as error:
        raise BadRequest(
            f"box: {text[:80]!r} is not four numbers.", hint="For instance box=0.1,0.25,0.9,0.4"
        ) from error
    if not all(math.isfinite(edge) and 0 <= edge <= 1 for edge in (x0, y0, x1, y1)) or x0 > x1 or y0 > y1:
        raise BadRequest(
            f"box: {text[:80]!r} is no box on a page.", hint="Edges lie between 0 and 1: left,top,right,bottom."
        )
    return x0, y0, x1, y1


def framed(picture: Image.Image, boxes: Sequence[Box]) -> Image.Image:
    """The picture in RGB, small enough to send, with a frame just outside each box so that nothing is covered."""
    drawn = picture.convert("RGB")
    drawn.thumbnail((MOST_SIDE, MOST_SIDE))
    draw = ImageDraw.Draw(drawn)
    width = max(2, round(max(drawn.size) / 500))
    for x0, y0, x1, y1 in boxes:
        left, top, right, bottom = x0 * drawn.width, y0 * drawn.height, x1 * drawn.width, y1 * drawn.height
        draw.rectangle((left - width, top - width, right + width, bottom + width), outline=BOX_COLOUR, width=width)
    return drawn
