"""Addresses of what was found, for a browser: a page with its boxes, a picture, or a document.

A browser that follows a link sends no key. Where the service has one, each link carries a seal that opens this one address,
for reading and for a time; it is made from the key, and says nothing of it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from fastapi import Request
from starlette.types import Scope

from rag.types import WHOLE_PAGE, Box, Document

LINK_DAYS = 30
"""How long a sealed link opens, at least; a day more at most."""
DAY = 86_400
"""Seconds."""
READING = ("GET", "HEAD")
_TIME = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class Links:
    """Makes links for whoever asks."""

    base: str
    """Where they reach the service, without a slash at the end: http://127.0.0.1:8321."""
    key: str | None = None

    def place(self, document: Document, page: int, boxes: Sequence[Box | None], media: str | None) -> str:
        """Where something stands: its page with the boxes drawn; the picture, or the document, where no page can be drawn."""
        if document.media_type == "application/pdf" or document.media_type.startswith("image/"):
            drawn = dict.fromkeys(box for box in boxes if box not in (None, WHOLE_PAGE))
            query = [("box", ",".join(f"{edge:.4g}" for edge in box)) for box in drawn if box]
            return self._whole(f"/v1/documents/{document.id}/pages/{page}.webp", query)
        return self.picture(media) if media else self._whole(f"/v1/documents/{document.id}", [])

    def picture(self, media: str) -> str:
        """A kept picture by its hash."""
        return self._whole(f"/v1/media/{media}", [])

    def _whole(self, path: str, query: list[tuple[str, str]]) -> str:
        if self.key is not None:
            until = (int(time.time()) // DAY + LINK_DAYS + 1) * DAY  # the same all day, so that it may be cached
            query = [*query, ("until", str(until))]
            query.append(("seal", _seal(path, query, self.key)))
        return f"{self.base}{path}?{urlencode(query, safe=',')}" if query else self.base + path


def links_for(request: Request, *, public_url: str, key: str | None) -> Links:
    """Links for whoever sent a request: below `public_url`, else where the request itself found the service.

    What a proxy says of the address (X-Forwarded-Proto) counts where uvicorn trusts the proxy.
    """
    return Links((public_url or str(request.base_url)).rstrip("/"), key)


def is_sealed(scope: Scope, *, key: str | None) -> bool:
    """Whether a request follows a sealed link: to its very address, to read it, in time."""
    if key is None or scope["method"] not in READING:
        return False
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    seals = [value for name, value in query if name == "seal"]
    rest = [(name, value) for name, value in query if name != "seal"]
    until = dict(rest).get("until", "")
    if len(seals) != 1 or not _TIME.fullmatch(until) or time.time() >= int(until):
        return False
    return hmac.compare_digest(seals[0].encode(), _seal(scope["path"], rest, key).encode())


def _seal(path: str, query: Sequence[tuple[str, str]], key: str) -> str:
    made_from = hashlib.sha256(b"sightline links " + key.encode()).digest()
    return hmac.new(made_from, f"{path}?{urlencode(query)}".encode(), hashlib.sha256).hexdigest()
