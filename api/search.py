"""Searching, and the picture that a request may bring."""

from __future__ import annotations

import base64
import binascii
import contextlib
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Body

from api.engine import OfEngine
from api.forms import FORMS, FormRoute
from api.openapi import problems
from api.schemas import SEARCH_EXAMPLES, PartBody, SearchBody
from rag.errors import BadRequest
from rag.query import Like, Part, Picture, Words
from rag.to_wire import search_json
from rag.wire import SearchJson

router = APIRouter(prefix="/v1", tags=["search"], route_class=FormRoute)

ENDINGS = {
    "png": ".png",
    "jpeg": ".jpg",
    "webp": ".webp",
    "gif": ".gif",
    "bmp": ".bmp",
    "tiff": ".tiff",
    "avif": ".avif",
}
_DATA_URI = re.compile(rf"data:image/({'|'.join(ENDINGS)});base64,", re.IGNORECASE)
ASKED = (
    "unreadable_body",
    "body_too_large",
    "unknown_document",
    "unknown_collection",
    "unknown_element",
    "unsupported_file",
    "damaged_file",
)
MODELS = ("model_mismatch", "store_not_found", "encode_failed")


# A plain function, so that it runs in a thread and the loop stays free for others.


@router.post("/search", operation_id="search", openapi_extra=FORMS, responses=problems(*ASKED, *MODELS))
def search(engine: OfEngine, body: Annotated[SearchBody, Body(openapi_examples=SEARCH_EXAMPLES)]) -> SearchJson:
    """Find passages, tables, pictures and pages by words, by a picture, or by several, near to some and away from others."""
    with picture(body.image) as image, opened(body.parts) as parts:
        found = engine.find(body.query, image, body.k, body.filters.to_filters(), parts=parts, route=body.route)
    return search_json(found, explain=body.explain)


@contextlib.contextmanager
def opened(parts: Sequence[PartBody]) -> Iterator[tuple[Part, ...]]:
    """The parts of a query as the engine takes them, for as long as their pictures are looked at.

    Raises: as `picture`.
    """
    with contextlib.ExitStack() as stack:
        yield tuple(
            _part(part, stack.enter_context(picture(part.image, field=f"parts.{at}.image")))
            for at, part in enumerate(parts)
        )


def _part(part: PartBody, image: Path | None) -> Part:
    if image is not None:
        return Picture(image, part.box, part.weight)
    if part.like is not None:
        return Like(part.like, part.box, part.weight, part.itself)
    return Words(part.text or "", part.weight)


@contextlib.contextmanager
def picture(image: str | None, *, field: str = "image") -> Iterator[Path | None]:
    """The picture of a data URI as a file for as long as it is looked at, so that it passes the same checks as any file.

    Raises: BadRequest if it is not such a URI; it names the `field`.
    """
    if image is None:
        yield None
        return
    begin = _DATA_URI.match(image)
    if begin is None:
        raise BadRequest(
            f"{field}: This is not a picture's data URI.",
            hint=f"Send data:image/TYPE;base64,… where TYPE is {', '.join(ENDINGS)}.",
        )
    try:
        data = base64.b64decode(image[begin.end() :], validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadRequest(
            f"{field}: The base64 is broken.", hint="Encode the whole file, without line breaks."
        ) from error
    with tempfile.TemporaryDirectory(prefix="sightline-image-") as folder:
        path = Path(folder) / f"image{ENDINGS[begin[1].lower()]}"
        path.write_bytes(data)
        yield path
