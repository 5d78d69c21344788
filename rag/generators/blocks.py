"""Texts and pictures as LangChain's standard content blocks, which every provider's package understands."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from rag.prompt import Part

Block: TypeAlias = dict[str, str]
"""A LangChain standard content block."""

FLAT_COLOURS = 256
"""A picture of at most so many colours, such as a chart or a scan in black and white, is sent as PNG, any other as JPEG."""


def block(part: Part) -> Block:
    """A stretch of a prompt as a block; a picture as data, never as an address."""
    if isinstance(part, str):
        return {"type": "text", "text": part}
    flat = part.convert("RGB").getcolors(FLAT_COLOURS) is not None
    written = io.BytesIO()
    if flat:
        part.convert("RGB").save(written, "PNG")
    else:
        part.convert("RGB").save(written, "JPEG", quality=90, subsampling=0)
    data = base64.b64encode(written.getvalue()).decode("ascii")
    return {"type": "image", "base64": data, "mime_type": "image/png" if flat else "image/jpeg"}
