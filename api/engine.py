"""How a route gets at what it serves."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Annotated, cast

import anyio
from fastapi import Depends, Request

from api.figures import JobFigures, StoreFigures
from api.logs import listener
from api.metrics import Metrics
from rag.engine import Engine

UPLOADS_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Service:
    """What the routes share."""

    engine: Engine
    metrics: Metrics = field(default_factory=Metrics)
    stopping: threading.Event = field(default_factory=threading.Event)
    """Set when the service is told to stop: a job then ends after the documents that are being read, and goes on later."""
    uploading: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(UPLOADS_AT_ONCE))
    """Uploads that are laid down hold no thread that a search needs."""

    def work(self) -> None:
        """See to it that what is queued is run."""
        self.engine.work(self.stopping)

    def __post_init__(self) -> None:
        """Let the figures and the log hear of the engine's work."""
        self.metrics.add(StoreFigures(self.engine))
        self.metrics.add(JobFigures(lambda: self.engine.job_table.count()))
        self.engine.listen(self.metrics.hear)
        self.engine.listen(listener(self.engine.settings))


def _service(request: Request) -> Service:
    return cast(Service, request.app.state.service)


def _engine(request: Request) -> Engine:
    return _service(request).engine


OfService = Annotated[Service, Depends(_service)]
OfEngine = Annotated[Engine, Depends(_engine)]
