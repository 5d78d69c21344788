"""The line to a service, the same for both clients: its address, how long it is waited for, what is tried again, its errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict
from urllib.parse import quote, urlsplit

import httpx2

from rag.errors import BadSetting, ServerRefused, ServerUnreachable
from rag.wire import ProblemJson

if TYPE_CHECKING:
    from rag.asking import Request
    from rag.types import Box, Document

DEFAULT_URL = "http://127.0.0.1:8321"
SECONDS_TO_WAIT = 60.0
SECONDS_TO_CONNECT = 5.0
PAUSES = (0.1, 0.4)
"""Seconds before what only reads is asked for again, when the connection failed."""
FAILED_CONNECTION = (httpx2.NetworkError, httpx2.RemoteProtocolError)
"""Nothing listens, or the connection broke off: a service that restarts, or closed a connection that was kept open."""
PROBLEM_TYPE = "application/problem+json"


class _Options(TypedDict):
    base_url: str
    headers: dict[str, str]
    timeout: httpx2.Timeout
    trust_env: bool


@dataclass(frozen=True, slots=True)
class Connection:
    """How a service is reached."""

    url: str
    key: str | None
    seconds: float
    """How long each answer, and each stretch of a stream, is waited for."""

    @classmethod
    def to(cls, url: str, key: str | None, timeout: float) -> Connection:
        """The connection to an address. Raises: BadSetting if the address cannot be one."""
        try:
            httpx2.URL(url)
            urlsplit(url).port  # noqa: B018 - a port that is no number is found out when it is read
        except (httpx2.InvalidURL, ValueError) as error:
            raise BadSetting(f"{url!r} is no address: {error}.", hint=f"For instance {DEFAULT_URL}") from error
        return cls(url.rstrip("/"), key, timeout)

    def options(self) -> _Options:
        """What either of httpx2's clients is made with."""
        return {
            "base_url": self.url,
            "headers": {} if self.key is None else {"Authorization": f"Bearer {self.key}"},
            "timeout": self._timeout(self.seconds),
            # A proxy cannot reach what listens on this machine.
            "trust_env": not _is_here(self.url),
        }

    def sent(self, request: Request) -> dict[str, Any]:  # Any: what httpx2 takes
        """A request as httpx2 takes it, besides its method and path."""
        said: dict[str, Any] = {
            name: told
            for name in ("params", "json", "data", "files", "headers")
            if (told := getattr(request, name)) is not None
        }
        if request.patient:
            said["timeout"] = self._timeout(None)
        return said

    def pauses(self, request: Request) -> tuple[float, ...]:
        """The seconds to wait before each further try, should the connection fail."""
        return PAUSES if request.method == "GET" else ()

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Tell what goes wrong on the line as ours.

        Raises: ServerUnreachable.
        """
        try:
            yield
        except httpx2.TimeoutException as error:
            raise ServerUnreachable(
                f"The server at {self.url} did not answer within {self.seconds:g} s.",
                hint="Look whether it is busy, or wait longer with timeout=…",
            ) from error
        except httpx2.TransportError as error:
            raise ServerUnreachable(
                f"No server answers at {self.url}: {error}.", hint="Start one: sightline serve; or check the address."
            ) from error

    def page_address(self, document: Document, page: int, box: Box | None) -> str:
        """Where a browser finds a page with its box drawn; nothing where it would need the key, which no page may hold."""
        if self.key is not None:
            return ""
        framed = "" if box is None else "?box=" + ",".join(f"{edge:.4f}" for edge in box)
        return f"{self.url}/v1/documents/{quote(document.id, safe='')}/pages/{page}.webp{framed}"

    def broken_off(self) -> ServerUnreachable:
        """The error for a stream that ended before its last event."""
        return ServerUnreachable(f"The answer of {self.url} broke off.", hint="Look whether the server still runs.")

    def _timeout(self, read: float | None) -> httpx2.Timeout:
        return httpx2.Timeout(self.seconds, connect=min(self.seconds, SECONDS_TO_CONNECT), read=read)


def heard(name: str, data: Any) -> tuple[str, Any]:  # Any: JSON of the form that the name says
    """An event that a service told of. Raises: ServerRefused for one that is named `error`."""
    if name == "error":
        raise refused(data)
    return name, data


def refusal(response: httpx2.Response) -> ServerRefused:
    """What a service, or whatever else answered in its place, said instead of an answer."""
    if response.headers.get("content-type", "").partition(";")[0] != PROBLEM_TYPE:
        return stranger(response)
    return refused(response.json())


def stranger(response: httpx2.Response) -> ServerRefused:
    """The error for an answer that is not of our kind."""
    return ServerRefused(
        f"What answers at {response.url.copy_with(raw_path=b'/')} is not Sightline, or something stands between:"
        f" {response.status_code} {response.reason_phrase}.",
        hint="Check the address and its port.",
    )


def refused(told: ProblemJson | Mapping[str, str]) -> ServerRefused:
    """The error that a service told of, with its own code."""
    error = ServerRefused(told["detail"], hint=told["hint"])
    error.code = told["code"]
    return error


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")
