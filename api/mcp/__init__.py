"""The service as tools for a model (Model Context Protocol), at one address; `tools` says which, `told` what they answer."""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
from fastapi import FastAPI
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from api.engine import Service
from api.errors import HttpError

if TYPE_CHECKING:
    from anyio.abc import TaskGroup, TaskStatus
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

PATH = "/mcp"


def add_tools(app: FastAPI, service: Service) -> Tools:
    """Let the app answer models at `/mcp`, where the extra `mcp` is installed; elsewhere there is nothing at the address.

    Only POST: no session is kept, so there is nothing to listen to (GET) or to end (DELETE), which clients learn by a 405.
    """
    tools = Tools(service)
    if importlib.util.find_spec("mcp") is not None:
        app.router.routes.append(Route(PATH, tools, methods=["POST"]))
    return tools


class Tools:
    """The ASGI app at `/mcp`. The library behind it takes a second to load, so it is loaded for the first request."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._beginning = anyio.Lock()
        self._group: TaskGroup | None = None
        self._manager: StreamableHTTPSessionManager | None = None

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Take requests inside the block, which belongs into the app's lifespan; those that run are cancelled at its end."""
        async with anyio.create_task_group() as group:
            self._group = group
            try:
                yield
            finally:
                self._group = self._manager = None
                group.cancel_scope.cancel()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        manager = await self._begun()
        await manager.handle_request(scope, receive, send)

    async def _begun(self) -> StreamableHTTPSessionManager:
        async with self._beginning:
            if self._manager is None:
                if self._group is None:
                    raise HttpError("stopping", "The tools are not running.", hint="Wait for the service to be up.")
                self._manager = await self._group.start(self._run)
            return self._manager

    async def _run(self, *, task_status: TaskStatus[StreamableHTTPSessionManager]) -> None:
        from api.mcp import tools

        manager = await anyio.to_thread.run_sync(tools.session_manager, self._service)
        async with manager.run():
            task_status.started(manager)
            await anyio.sleep_forever()
