"""Pictures: those that were kept, and pages drawn with what was found on them."""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Response
from fastapi.responses import FileResponse
from PIL import Image, ImageDraw

from api.engine import OfEngine
from api.errors import HttpError
from api.openapi import problems
from rag.errors import BadRequest, UnknownMedia
from rag.types import Box

router = APIRouter(prefix="/v1", tags=["pictures"])

SHOWN = {".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp", ".gif": "image/gif"}
"""What a browser may show; everything else is only handed over as a download, whatever it says it is."""
LOCKED = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}
MOST_SIDE = 4_096
"""Pixels; a page is shrunk to it. WebP itself ends at 16,383."""
MOST_BOXES = 100
LEAST_WIDTH, THUMBNAIL_WIDTH, MOST_THUMBNAIL_WIDTH = 16, 320, 1_024
FOR_EVER = "private, max-age=31536000, immutable"
A_DAY = "private, max-age=86400"
"""Of a page that is named by its document's id: the same as long as the document is there, which it may not be for ever."""
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
    headers = {**LOCKED, "ETag": etag, "Cache-Control": FOR_EVER}
    if _has(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    shown = SHOWN.get(path.suffix)
    if shown is not None:
        return FileResponse(path, media_type=shown, headers=headers)
    return FileResponse(path, media_type="application/octet-stream", filename=digest, headers=headers)


@router.get(
    "/media/{digest}/thumbnail.webp",
    operation_id="thumbnail",
    response_class=Response,
    responses={
        200: {"description": "The small picture.", "content": {"image/webp": {}}},
        **_PICTURE,
        **problems("unknown_media", "store_not_found"),
    },
)
def thumbnail(
    engine: OfEngine,
    digest: Annotated[str, Path(description="The hash, as in the field `media` of a hit.")],
    width: Annotated[
        int,
        Query(
            ge=LEAST_WIDTH,
            le=MOST_THUMBNAIL_WIDTH,
            description="Pixels of the longer side at most; a smaller picture stays as it is.",
        ),
    ] = THUMBNAIL_WIDTH,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Give a kept picture, made small; it never changes."""
    path = engine.media_path(digest)
    etag = f'"{digest[:32]}-{width}"'
    headers = {**LOCKED, "ETag": etag, "Cache-Control": FOR_EVER}
    if _has(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    if path.suffix not in SHOWN:
        raise UnknownMedia(
            f"What goes by the hash {digest[:80]!r} is no picture.", hint="An original comes from /v1/media/{digest}."
        )
    return _webp(small(engine.picture(digest), width), headers)


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
    width: Annotated[
        int,
        Query(
            ge=LEAST_WIDTH,
            le=MOST_SIDE,
            description="Pixels of the longer side at most; a smaller page stays as it is.",
        ),
    ] = MOST_SIDE,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Draw a page of a PDF, or a picture, with boxes on it; formats without layout have none (`no_page_picture`)."""
    boxes = [_box(text) for text in box or []]
    found = engine.document(document)
    etag = f'"{hashlib.sha256(repr((found.id, page, boxes, width)).encode()).hexdigest()[:32]}"'
    # Another document may go by the same name tomorrow, but not by the same id.
    headers = {**LOCKED, "ETag": etag, "Cache-Control": A_DAY if document == found.id else "private, no-cache"}
    if _has(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    picture = engine.page_picture(found.id, page)
    if picture is None:
        raise HttpError(
            "no_page_picture",
            f"{found.source} has no layout to draw ({found.media_type}).",
            hint="Show the text of its hits instead.",
        )
    return _webp(framed(small(picture, width), boxes), headers)


def small(picture: Image.Image, side: int) -> Image.Image:
    """The picture in RGB, its longer side `side` pixels at most."""
    made = picture.convert("RGB")
    made.thumbnail((side, side))
    return made


def _webp(picture: Image.Image, headers: Mapping[str, str]) -> Response:
    written = io.BytesIO()
    picture.save(written, "WEBP", quality=WEBP_QUALITY, method=2)
    return Response(written.getvalue(), media_type="image/webp", headers=dict(headers))


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
    """The picture in RGB, with a frame just outside each box so that nothing is covered."""
    drawn = picture.convert("RGB")
    draw = ImageDraw.Draw(drawn)
    width = max(2, round(max(drawn.size) / 500))
    for x0, y0, x1, y1 in boxes:
        left, top, right, bottom = x0 * drawn.width, y0 * drawn.height, x1 * drawn.width, y1 * drawn.height
        draw.rectangle((left - width, top - width, right + width, bottom + width), outline=BOX_COLOUR, width=width)
    return drawn
