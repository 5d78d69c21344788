"""Is it alive, can it answer, what is it, and how does it do."""

from __future__ import annotations

from importlib.metadata import version

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from typing_extensions import TypedDict

from api.engine import OfEngine, OfService
from api.errors import HttpError, problem, request_id_of
from api.openapi import problems
from api.schemas import MOST_QUERY_CHARS
from api.uploads import MOST_FILES
from rag.engine import MOST_HITS
from rag.errors import SightlineError
from rag.wire import InfoJson

router = APIRouter(tags=["service"])


class HealthJson(TypedDict):
    """How the service feels."""

    status: str


@router.get("/health/live", operation_id="live")
async def live() -> HealthJson:
    """Say that the process runs and its loop turns."""
    return {"status": "live"}


@router.get("/health/ready", operation_id="ready", response_model=HealthJson, responses=problems("store_not_found"))
def ready(service: OfService, request: Request) -> HealthJson | JSONResponse:
    """Say that the store can be read and the models are loaded: a question would be answered. Else 503."""
    try:
        if service.stopping.is_set():
            raise HttpError(
                "stopping", "The service is being stopped.", hint="Ask another one, or wait for it to be back."
            )
        service.engine.load()
        service.engine.failures()
    except SightlineError as error:
        return problem(error, status=503, request_id=request_id_of(request))
    return {"status": "ready"}


@router.get("/metrics", operation_id="metrics", response_class=PlainTextResponse, responses=problems())
def metrics(service: OfService) -> Response:
    """Give the figures of requests, searches, answers, models and the store in Prometheus's text format."""
    return Response(service.metrics.text(), media_type=CONTENT_TYPE_PLAIN_0_0_4)


@router.get("/v1/info", operation_id="info", responses=problems("store_not_found"))
def info(engine: OfEngine) -> InfoJson:
    """Say which version runs, with which models, what its store holds, and how much a request may bring."""
    status = engine.status()
    return {
        "version": version("sightline"),
        "store": status["store"],
        "encoders": list(engine.made_with()),
        "generators": list(engine.settings.generators),
        "documents": status["documents"],
        "pages": status["pages"],
        "elements": status["elements"],
        "limits": {
            "k": MOST_HITS,
            "query_chars": MOST_QUERY_CHARS,
            "upload_mb": engine.settings.max_upload_mb,
            "upload_files": MOST_FILES,
        },
    }
