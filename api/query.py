"""Asking: an answer as one JSON object, or event by event while it is being written."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import json
import logging
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Annotated

from fastapi import APIRouter, Body, Request
from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event
from starlette.responses import JSONResponse, Response

from api.engine import OfService, Service
from api.errors import mistake, problem_json, request_id_of
from api.forms import FORMS, FormRoute
from api.openapi import ANSWER, problems
from api.schemas import QUERY_EXAMPLES, QueryBody
from api.search import ASKED, MODELS, opened, picture
from rag.answer import whole
from rag.errors import SightlineError
from rag.to_wire import answer_json, event_json
from rag.types import AnswerEvent, Done

router = APIRouter(prefix="/v1", tags=["search"], route_class=FormRoute)

PING_SECONDS = 15.0
"""Between two signs of life of a stream in which nothing is said, so that what stands between does not cut it off."""

_log = logging.getLogger("sightline.api")


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
    told = _told(first, events, left=left, request_id=request_id_of(request), stopping=service.stopping)
    return EventSourceResponse(told, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})


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


async def _told(
    first: AnswerEvent,
    events: Iterator[AnswerEvent],
    *,
    left: threading.Event,
    request_id: str,
    stopping: threading.Event,
) -> AsyncIterator[bytes]:
    """The events in the wire's form. A thread of its own asks for them, and stops when nobody reads any more."""
    loop = asyncio.get_running_loop()
    waiting: asyncio.Queue[bytes | None] = asyncio.Queue()

    def put(frame: bytes | None) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended, with everything that could read
            loop.call_soon_threadsafe(waiting.put_nowait, frame)

    def ask() -> None:
        try:
            put(_frame(*event_json(first)))
            for event in events:
                if left.is_set() or stopping.is_set():
                    break
                put(_frame(*event_json(event)))
        except SightlineError as error:
            put(_frame("error", problem_json(error, request_id=request_id)))
        except Exception:  # as in every other route, a mistake of ours is told without its details
            _log.exception("request %s failed while it was answered", request_id)
            put(_frame("error", problem_json(mistake(request_id), request_id=request_id)))
        finally:
            put(None)

    within = contextvars.copy_context()  # so that the log and the traces know whose work it is
    threading.Thread(target=within.run, args=[ask], name=f"answer-{request_id}", daemon=True).start()
    try:
        while True:
            try:
                frame = await asyncio.wait_for(waiting.get(), PING_SECONDS)
            except TimeoutError:
                yield KEEPALIVE_COMMENT
                continue
            if frame is None:
                return
            yield frame
    finally:
        left.set()


def _frame(name: str, told: object) -> bytes:
    return format_sse_event(event=name, data_str=json.dumps(told, ensure_ascii=False))
