"""Texts and pictures as vectors, by the store's own encoders."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import numpy as np
from fastapi import APIRouter, Body

from api.engine import OfEngine
from api.errors import HttpError
from api.openai_compatible.bodies import EMBEDDINGS_EXAMPLES, EmbeddingsBody, ImageInputBody
from api.openai_compatible.errors import OpenAIRoute, failures
from api.openai_compatible.names import PLAIN
from api.openai_compatible.wire import EmbeddingJson, EmbeddingsJson
from api.search import picture
from rag.errors import BadRequest
from rag.protocols import Encoder
from rag.types import about_tokens
from rag.wiring import read_picture

if TYPE_CHECKING:
    from PIL.Image import Image

    from rag.types import Vectors

router = APIRouter(prefix="/v1", tags=["openai"], route_class=OpenAIRoute)

PICTURES_AT_ONCE = 16
"""Held in memory, and looked at, together."""


@router.post(
    "/embeddings",
    operation_id="embeddings",
    responses=failures(
        "unreadable_body",
        "body_too_large",
        "unsupported_file",
        "damaged_file",
        "unknown_model",
        "model_mismatch",
        "store_not_found",
        "encode_failed",
    ),
)
def embeddings(
    engine: OfEngine, body: Annotated[EmbeddingsBody, Body(openapi_examples=EMBEDDINGS_EXAMPLES)]
) -> EmbeddingsJson:
    """Place texts, and pictures, in the space of one of the store's encoders: vectors of length 1, in the order given.

    A picture is an input `{"image": "data:image/png;base64,…"}`, for an encoder that sees.
    """
    _, encoders = engine.opened.ready()
    encoder = _encoder(encoders, body.model)
    dim = encoder.fingerprint.dim
    if body.dimensions not in (None, dim):
        raise BadRequest(
            f"dimensions: {encoder.fingerprint.name} makes vectors of {dim} numbers, and none is cut to {body.dimensions}.",
            hint=f"Leave it out, or send {dim}.",
        )
    vectors = _placed(encoder, body.input)
    n_tokens = sum(about_tokens(one) for one in body.input if isinstance(one, str))
    return {
        "object": "list",
        "data": [_embedding(at, row, as_base64=body.encoding_format == "base64") for at, row in enumerate(vectors)],
        "model": encoder.fingerprint.name,
        "usage": {"prompt_tokens": n_tokens, "total_tokens": n_tokens},
    }


def _encoder(encoders: Mapping[str, Encoder], name: str) -> Encoder:
    """Raises: HttpError `unknown_model` if the store was not made with an encoder of this name."""
    if name == PLAIN:
        return next(iter(encoders.values()))
    if name not in encoders:
        raise HttpError(
            "unknown_model",
            f"The store was not made with an encoder {name[:80]!r}.",
            hint=f"Take {PLAIN} or one of {', '.join(encoders)}.",
        )
    return encoders[name]


def _placed(encoder: Encoder, inputs: Sequence[str | ImageInputBody]) -> Vectors:
    """A row for each input, in the order given."""
    placed = np.zeros((len(inputs), encoder.fingerprint.dim), np.float32)
    texts = [(at, one) for at, one in enumerate(inputs) if isinstance(one, str)]
    pictures = [(at, one.image) for at, one in enumerate(inputs) if isinstance(one, ImageInputBody)]
    if pictures and not encoder.fingerprint.sees_images:
        raise BadRequest(
            f"input.{pictures[0][0]}: {encoder.fingerprint.name} reads, and sees no pictures.",
            hint="Name an encoder that does, of /v1/info, or send text.",
        )
    if texts:
        placed[[at for at, _ in texts]] = encoder.encode_texts([text for _, text in texts])
    for start in range(0, len(pictures), PICTURES_AT_ONCE):
        some = pictures[start : start + PICTURES_AT_ONCE]
        placed[[at for at, _ in some]] = encoder.encode_images([_opened(at, uri) for at, uri in some])
    return placed


def _opened(at: int, uri: str) -> Image:
    with picture(uri, field=f"input.{at}.image") as path:
        if path is None:
            raise BadRequest(f"input.{at}.image: There is no picture.", hint="Send data:image/png;base64,…")
        return read_picture(path)


def _embedding(at: int, row: Vectors, *, as_base64: bool) -> EmbeddingJson:
    """The vector of one input; `row` is float32 (dim,)."""
    written = base64.b64encode(row.astype("<f4").tobytes()).decode()
    return {"object": "embedding", "index": at, "embedding": written if as_base64 else row.tolist()}
