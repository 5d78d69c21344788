"""The app: routes, the door before them, and the form of errors, around one engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from opentelemetry.trace import TracerProvider
from starlette.concurrency import run_in_threadpool

from api import collections, documents, health, ingest, jobs, media, page, query, reference, search, telemetry
from api.door import Door
from api.engine import Service
from api.errors import handle_errors
from api.mcp import add_tools
from api.openai_compatible import routes as openai_compatible
from api.openapi import DESCRIPTION, describe
from api.watch import Watch
from rag.engine import Engine

TAGS = [
    {"name": "search", "description": "Find and ask."},
    {"name": "documents", "description": "What the store holds."},
    {"name": "jobs", "description": "How far an ingest is, and what became of its files."},
    {"name": "pictures", "description": "What was found, to look at."},
    {"name": "openai", "description": "The same for programs that speak OpenAI's API."},
    {"name": "service", "description": "The service itself."},
]


def create_app(engine: Engine, *, tracer_provider: TracerProvider | None = None) -> FastAPI:
    """The service over an engine, as an ASGI app; it closes the engine when it shuts down.

    `tracer_provider`: who takes the traces (OpenTelemetry); that of the process, where it has one, if left out.
    """

    service = Service(engine)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        service.work()  # jobs that a service of before left behind go on now
        async with tools.running():
            yield
        await run_in_threadpool(engine.close)

    app = FastAPI(
        title="Sightline",
        version=version("sightline"),
        description=DESCRIPTION,
        openapi_tags=TAGS,
        lifespan=lifespan,
        redirect_slashes=False,
        # FastAPI's own pages fetch their scripts from elsewhere; `reference` serves ours.
        docs_url=None,
        redoc_url=None,
        telemetry=telemetry.requests(tracer_provider),
    )
    app.state.service = service
    engine.listen(telemetry.spans(tracer_provider))
    app.add_middleware(Door, key=engine.settings.key, max_upload_mb=engine.settings.max_upload_mb)
    app.add_middleware(Watch, metrics=service.metrics)  # around the door, which may refuse
    handle_errors(app)
    # Pages come before documents, whose names may hold slashes.
    routers = (
        search,
        query,
        media,
        documents,
        ingest,
        jobs,
        collections,
        openai_compatible,
        health,
        reference,
        page,
    )
    for part in routers:
        app.include_router(part.router)
    tools = add_tools(app, service)
    describe(app)
    return app
