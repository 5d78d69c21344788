"""A question as a chat completion: whole, or chunk by chunk while it is being written."""

from __future__ import annotations

import contextlib
import itertools
import json
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Body, Request
from fastapi.sse import format_sse_event
from starlette.responses import JSONResponse, Response

from api.engine import OfService, Service
from api.errors import request_id_of
from api.links import Links, links_for
from api.openai_compatible.bodies import CHAT_EXAMPLES, ChatBody
from api.openai_compatible.conversation import Conversation, Shown, read_conversation
from api.openai_compatible.errors import OpenAIRoute, error_json, failures
from api.openai_compatible.names import Model, model_named
from api.openai_compatible.telling import Telling, usage_json
from api.openai_compatible.wire import ChunkDeltaJson, ChunkJson, CompletionJson, ErrorJson
from api.openapi import Responses
from api.search import ASKED, MODELS, picture
from api.streaming import event_stream
from rag.errors import BadRequest, GenerateFailed
from rag.query import Picture
from rag.to_wire import answer_json
from rag.types import Answer, AnswerEvent, Done, Filters

router = APIRouter(prefix="/v1", tags=["openai"], route_class=OpenAIRoute)

ENDS = b"data: [DONE]\n\n"
ANSWER: Responses = {
    200: {
        "model": CompletionJson,
        "description": "The answer; with `stream`, its chunks (ChunkJson), then `[DONE]`.",
        "content": {"text/event-stream": {"example": 'data: {"object": "chat.completion.chunk", …}\n\n'}},
    }
}


# A plain function, so that it runs in a thread and the loop stays free for others.


@router.post(
    "/chat/completions",
    operation_id="chat_completions",
    response_model=None,
    responses={**ANSWER, **failures(*ASKED, *MODELS, "unknown_model", "generate_failed", "schema_mismatch")},
)
def chat_completions(
    service: OfService, request: Request, body: Annotated[ChatBody, Body(openapi_examples=CHAT_EXAMPLES)]
) -> Response:
    """Answer the last message of a conversation, with sources, as OpenAI's clients ask and read it.

    The text ends in footnotes with links to each page and picture; `annotations` name the same sources with their places in
    the text; `sightline` holds the whole answer as `/v1/query` gives it. Whoever leaves a stream stops the model.
    """
    settings = service.engine.settings
    model = model_named(body.model, settings.generators)
    conversation = read_conversation(body.messages)
    left = threading.Event()
    events = _events(service, body, model, conversation, left)
    links = links_for(request, public_url=settings.public_url, key=settings.key)
    writing = _Writing(body, links, request_id=request_id_of(request))
    if not body.stream:
        return JSONResponse(writing.whole(events))
    # Whatever is wrong with the request, the store or the models shows before the first event, and is a plain error.
    first = next(events)
    return event_stream(
        writing.frames(itertools.chain([first], events)),
        failed=lambda error: _frame(error_json(error)),
        left=left,
        stopping=service.stopping,
        request_id=request_id_of(request),
    )


def _events(
    service: Service, body: ChatBody, model: Model, asked: Conversation, left: threading.Event
) -> Iterator[AnswerEvent]:
    how = body.sightline
    with _opened(asked.pictures) as parts:
        events = service.engine.query(
            asked.question,
            None,
            how.k,
            _filters(how.filters.to_filters(), model),
            parts=parts,
            route=how.route,
            history=asked.history,
            generator=model.generator,
            schema=body.schema_asked_for,
            stop=left,
            stream=True,
        )
        for event in events:
            if isinstance(event, Done):
                service.metrics.count(event.answer)
            yield event


@contextlib.contextmanager
def _opened(pictures: Sequence[Shown]) -> Iterator[tuple[Picture, ...]]:
    """The pictures as the engine takes them, for as long as they are looked at."""
    with contextlib.ExitStack() as stack:
        paths = [stack.enter_context(picture(one.uri, field=one.field)) for one in pictures]
        yield tuple(Picture(path) for path in paths if path is not None)


def _filters(filters: Filters, model: Model) -> Filters:
    if model.collection is None:
        return filters
    if filters.collection not in ((), (model.collection,)):
        raise BadRequest(
            f"sightline.filters.collection: {model.name} asks in {model.collection} only.",
            hint="Name the collections there, and none in the model's name.",
        )
    return replace(filters, collection=(model.collection,))


class _Writing:
    """A completion that is being written."""

    def __init__(self, body: ChatBody, links: Links, *, request_id: str) -> None:
        self._telling = Telling(links, as_data=body.schema_asked_for is not None)
        self._model = body.model
        self._with_usage = body.stream_options is not None and bool(body.stream_options.include_usage)
        self._id = f"chatcmpl-{request_id}"
        self._created = int(time.time())

    def whole(self, events: Iterator[AnswerEvent]) -> CompletionJson:
        """All of it, once the answer is there."""
        for event in events:
            self._telling.take(event)
            if isinstance(event, Done):
                return self._completion(event.answer)
        raise GenerateFailed("The answer broke off before its end.", hint="Ask again.")

    def frames(self, events: Iterator[AnswerEvent]) -> Iterator[bytes]:
        """Its chunks as server-sent events, and the end mark."""
        yield self._chunk({"role": "assistant", "content": ""})
        for event in events:
            told = self._telling.take(event)
            if told:
                yield self._chunk({"content": told})
            if isinstance(event, Done):
                yield from self._end(event.answer)

    def _completion(self, answer: Answer) -> CompletionJson:
        return {
            "id": self._id,
            "object": "chat.completion",
            "created": self._created,
            "model": self._model,
            "choices": [
                {"index": 0, "message": self._telling.message(), "finish_reason": "stop", "logprobs": None},
            ],
            "usage": usage_json(answer),
            "sightline": answer_json(answer),
        }

    def _end(self, answer: Answer) -> Iterator[bytes]:
        last: ChunkDeltaJson = {"annotations": self._telling.annotations}
        if self._telling.refusal is not None:
            last["refusal"] = self._telling.refusal
        yield self._chunk(last, answer)
        if self._with_usage:
            yield _frame({**self._about(), "choices": [], "usage": usage_json(answer)})
        yield ENDS

    def _chunk(self, delta: ChunkDeltaJson, answer: Answer | None = None) -> bytes:
        """A chunk; the last of the answer with all of it."""
        chunk: ChunkJson = {
            **self._about(),
            "choices": [
                {"index": 0, "delta": delta, "finish_reason": None if answer is None else "stop", "logprobs": None}
            ],
        }
        if self._with_usage:
            chunk["usage"] = None
        if answer is not None:
            chunk["sightline"] = answer_json(answer)
        return _frame(chunk)

    def _about(self) -> ChunkJson:
        return {
            "id": self._id,
            "object": "chat.completion.chunk",
            "created": self._created,
            "model": self._model,
            "choices": [],
        }


def _frame(told: ChunkJson | ErrorJson) -> bytes:
    return format_sse_event(data_str=json.dumps(told, ensure_ascii=False))
