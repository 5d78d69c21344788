"""Who may ask: whoever has the key; without a key, whoever is on this machine and not led here by a foreign web page."""

from __future__ import annotations

import ipaddress
import secrets
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from api.errors import HttpError

OPEN = frozenset({"/health/live", "/health/ready", "/docs", "/openapi.json", "/"})
"""Answered to everybody: what watches over the service, its description and its page, tell nothing of the store."""
PARTS_OF_PAGE = "/page/"
"""Below it lie the scripts and styles of the page, which asks for the key itself."""


def check(path: str, headers: Headers, *, key: str | None) -> None:
    """Let a request pass, before any of its body is read.

    Raises: HttpError `unauthorized` without the right key; `forbidden` where no key is set and the request names a host
        other than this machine, or comes from a page of another origin.
    """
    if path in OPEN or path.startswith(PARTS_OF_PAGE):
        return
    if key is not None:
        if not secrets.compare_digest(_given(headers).encode(), key.encode()):
            raise HttpError(
                "unauthorized",
                "The key is missing or wrong.",
                hint="Send it as `Authorization: Bearer KEY` or `X-API-Key: KEY`.",
            )
        return
    _check_origin(headers)


def _given(headers: Headers) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "")


def _check_origin(headers: Headers) -> None:
    """Keep out foreign pages in a browser on this machine.

    A page may send simple requests to any address, and may give its own name to this machine's address (DNS rebinding):
    the first shows in `Origin`, the second in `Host`.
    """
    host = headers.get("host", "")
    if not is_loopback(_name(f"//{host}")):
        raise HttpError(
            "forbidden",
            f"Without a key only this machine may ask, and {host!r} is not a name of it.",
            hint="Set a key (sightline serve --key, SIGHTLINE_KEY) to answer under another name.",
        )
    origin = headers.get("origin")
    if origin not in (None, f"http://{host}", f"https://{host}"):
        raise HttpError(
            "forbidden",
            f"Without a key pages of {origin!r} may not ask.",
            hint="Set a key (sightline serve --key, SIGHTLINE_KEY) and let the page send it.",
        )


def _name(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only mean this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
