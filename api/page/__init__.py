"""The page at `/`: static files, one policy that lets nothing else in, and no word of what the store holds.

It is a client of the same REST interface as any other, and asks for the key itself where the service wants one; so its
files are answered to everybody.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response

from api.errors import HttpError

router = APIRouter(include_in_schema=False)

HERE = Path(__file__).parent
MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
FILES = frozenset(path.name for path in HERE.iterdir() if path.suffix in MEDIA_TYPES)
"""What is served, by name; nothing else in the folder, and nothing outside it, has an address."""
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    # Asked for each time, since another version may have been started meanwhile; the answer is mostly 304.
    "Cache-Control": "no-cache",
}


@router.get("/")
def page(if_none_match: Annotated[str | None, Header()] = None) -> Response:
    """Show the page."""
    return _file("index.html", if_none_match)


@router.get("/page/{name}")
def part_of_page(request: Request, name: str, if_none_match: Annotated[str | None, Header()] = None) -> Response:
    """Give a script or a style of the page."""
    if name not in FILES:
        raise HttpError("not_found", f"There is nothing at {request.url.path}.", hint="The page is at /.")
    return _file(name, if_none_match)


def _file(name: str, if_none_match: str | None) -> Response:
    contents, etag = _read(name)
    headers = {**HEADERS, "ETag": etag}
    if etag in (one.strip().removeprefix("W/") for one in (if_none_match or "").split(",")):
        return Response(status_code=304, headers=headers)
    return Response(contents, media_type=MEDIA_TYPES[Path(name).suffix], headers=headers)


@cache
def _read(name: str) -> tuple[bytes, str]:
    """A file's bytes and its ETag."""
    contents = (HERE / name).read_bytes()
    return contents, f'"{hashlib.sha256(contents).hexdigest()[:32]}"'
