"""Asking: an answer as one JSON object, or event by event while it is being written."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Body, Request
from fastapi.sse import format_sse_event
from starlette.responses import JSONResponse, Response

from api.engine import OfService, Service
from api.errors import problem_json, request_id_of
from api.forms import FORMS, FormRoute
from api.openapi import ANSWER, problems
from api.schemas import QUERY_EXAMPLES, QueryBody
from api.search import ASKED, MODELS, opened, picture
from api.streaming import event_stream
from rag.answer import whole
from rag.to_wire import answer_json, event_json
from rag.types import AnswerEvent, Done

router = APIRouter(prefix="/v1", tags=["search"], route_class=FormRoute)


# A plain function, so that it runs in a thread and the loop stays free for others.


@router.post(
    "/query",
    operation_id="query",
    response_model=None,
    openapi_extra=FORMS,
    responses={**ANSWER, **problems(*ASKED, *MODELS, "generate_failed", "schema_mismatch")},
)
def query(
    service: OfService, request: Request, body: Annotated[QueryBody, Body(openapi_examples=QUERY_EXAMPLES)]
) -> Response:
    """Answer a question, every sentence with its evidence.

    Where the library does not answer, `answerable` is false and `hits` holds the nearest evidence. With `stream` the answer
    comes as server-sent events while it is written: `sources` first, then `delta` and `citation`, last `done` with all of
    it, or `error`. Whoever leaves stops the model.
    """
    left = threading.Event()
    events = _events(service, body, left)
    if not body.stream:
        return JSONResponse(answer_json(whole(events)))
    # Whatever is wrong with the request, the store or the models shows before the first event, and is a plain error.
    first = next(events)
    request_id = request_id_of(request)
    return event_stream(
        _frames(first, events),
        failed=lambda error: _frame("error", problem_json(error, request_id=request_id)),
        left=left,
        stopping=service.stopping,
        request_id=request_id,
    )


def _events(service: Service, body: QueryBody, left: threading.Event) -> Iterator[AnswerEvent]:
    with picture(body.image) as image, opened(body.parts) as parts:
        events = service.engine.query(
            body.question,
            image,
            body.k,
            body.filters.to_filters(),
            parts=parts,
            route=body.route,
            history=[turn.to_turn() for turn in body.history],
            generator=body.generator,
            schema=body.json_schema,
            stop=left,
            stream=True,
        )
        for event in events:
            if isinstance(event, Done):
                service.metrics.count(event.answer)
            yield event


def _frames(first: AnswerEvent, events: Iterator[AnswerEvent]) -> Iterator[bytes]:
    """The events in the wire's form."""
    for event in itertools.chain([first], events):
        yield _frame(*event_json(event))


def _frame(name: str, told: object) -> bytes:
    return format_sse_event(event=name, data_str=json.dumps(told, ensure_ascii=False))
