"""Every request is counted, and written into the log in one line: which address, how it ended, how long it took, its id."""

from __future__ import annotations

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.metrics import METHODS, OTHER, Metrics

REFUSED = "(refused)"
"""In place of a template: turned away at the door."""
UNKNOWN = "(unknown)"
"""In place of a template: there is nothing at the address."""
OF_WATCHERS = frozenset({"/health/live", "/health/ready", "/metrics"})
"""Asked every few seconds by what watches over the service; of interest in the log only for who looks at everything."""

_log = logging.getLogger("sightline.request")


class Watch:
    """ASGI middleware, outside of the door."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and take it into account when it has ended."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, root = time.perf_counter(), scope.get("root_path", "")
        status = 500  # of an error that nobody caught: it is answered outside of here

        async def send_watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            with self._metrics.request_in_flight():
                await self._app(scope, receive, send_watched)
        finally:
            route = _template(scope, status=status, root=root)
            self._note(route, scope["method"], status=status, seconds=time.perf_counter() - began)

    def _note(self, route: str, method: str, *, status: int, seconds: float) -> None:
        self._metrics.count_request(route=route, method=method, status=status, seconds=seconds)
        level = logging.DEBUG if route in OF_WATCHERS and status < 500 else logging.INFO
        told = {
            "method": method if method in METHODS else OTHER,
            "route": route,
            "status": status,
            "ms": round(seconds * 1_000, 1),
        }
        # The id comes along by itself: the door has bound it to all that is logged from there on (api/logs.py).
        _log.log(level, "request", extra=told)


def _template(scope: Scope, *, status: int, root: str) -> str:
    """What many addresses have in common; never what one request alone may say."""
    path = getattr(scope.get("route"), "path", None)
    if isinstance(path, str):
        return path
    # Only FastAPI's own routes are named by it: what is mounted, or a plain route, is known by what it left behind.
    if "endpoint" in scope and not scope.get("path_params"):
        return scope["path"] if scope.get("root_path", "") == root else f"{scope['root_path']}/{{path}}"
    return REFUSED if status in (401, 403, 413) else UNKNOWN
