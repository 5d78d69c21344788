"""`Client` for a program with an event loop: the same methods and results, awaited."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Coroutine, Mapping, Sequence
from contextlib import aclosing, closing
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self, TypeVar, Unpack, overload

import httpx2

from rag import asking, connection
from rag.asking import Conversation, Json, Listen, Pause, Request
from rag.client import Client
from rag.connection import DEFAULT_URL, FAILED_CONNECTION, SECONDS_TO_WAIT, Connection
from rag.errors import SightlineError
from rag.query import Part
from rag.server_sent import EventReader
from rag.types import (
    Answer,
    AnswerEvent,
    Asking,
    Collection,
    Document,
    Documents,
    Done,
    Filters,
    Found,
    Hits,
    IngestReport,
    Job,
    JobFile,
    JobFileState,
    JobState,
    JsonValue,
    Route,
    Turn,
)
from rag.wire import InfoJson

if TYPE_CHECKING:
    from PIL.Image import Image

T = TypeVar("T")


class AsyncClient:
    """A running service, asked without waiting for it: many questions may be on their way at once, in one event loop.

    async with AsyncClient("http://127.0.0.1:8321") as client:
        answer = await client.query("How many visitors came in August?")
        async for event in client.query("And in July?", history=[answer], stream=True):
            ...

    Every method raises ServerUnreachable if no server answers, and ServerRefused, with the server's `code` and hint, if it
    answers with an error.
    """

    def __init__(self, url: str = DEFAULT_URL, key: str | None = None, timeout: float = SECONDS_TO_WAIT) -> None:
        """As `Client`."""
        self._line = Connection.to(url, key, timeout)
        self.url = self._line.url
        self._http = httpx2.AsyncClient(**self._line.options())
        # A notebook asks a result to draw itself, and does not await it.
        self._drawing = Client(url, key, timeout)
        self.pictures = self._drawing.pictures

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        self._drawing.close()
        await self._http.aclose()

    # The verbs

    async def ingest(self, *paths: str | Path, progress: bool = False, collection: str | None = None) -> IngestReport:
        """As `Client.ingest`."""
        from rag.sending import send

        return await self._hold(send([Path(path) for path in paths], progress=progress, collection=collection))

    async def search(
        self,
        text: str | None = None,
        image: Image | str | Path | None = None,
        k: int = 10,
        filters: Filters | None = None,
        *,
        parts: Sequence[Part] = (),
        route: Route | None = None,
    ) -> Hits:
        """As `Client.search`."""
        return (await self.find(text, image, k, filters, parts=parts, route=route)).hits

    async def find(
        self,
        text: str | None = None,
        image: Image | str | Path | None = None,
        k: int = 10,
        filters: Filters | None = None,
        *,
        parts: Sequence[Part] = (),
        route: Route | None = None,
    ) -> Found:
        """As `Client.find`."""
        return await self._hold(asking.find(text, image, k, filters, parts=parts, route=route, pictures=self.pictures))

    @overload
    def query(
        self,
        question: str,
        image: Image | str | Path | None = None,
        k: int = 10,
        filters: Filters | None = None,
        *,
        stream: Literal[False] = False,
        **how: Unpack[Asking],
    ) -> Coroutine[None, None, Answer]: ...

    @overload
    def query(
        self,
        question: str,
        image: Image | str | Path | None = None,
        k: int = 10,
        filters: Filters | None = None,
        *,
        stream: Literal[True],
        **how: Unpack[Asking],
    ) -> AsyncGenerator[AnswerEvent, None]: ...

    def query(
        self,
        question: str,
        image: Image | str | Path | None = None,
        k: int = 10,
        filters: Filters | None = None,
        *,
        parts: Sequence[Part] = (),
        history: Sequence[Turn | Answer] = (),
        route: Route | None = None,
        generator: str | None = None,
        schema: Mapping[str, JsonValue] | None = None,
        stream: bool = False,
    ) -> Coroutine[None, None, Answer] | AsyncGenerator[AnswerEvent, None]:
        """As `Client.query`: awaited for the answer, or, with `stream`, gone through with `async for`."""
        request = asking.question(
            question,
            image,
            k,
            filters,
            parts=parts,
            history=history,
            route=route,
            generator=generator,
            schema=schema,
            stream=stream,
        )
        return self._events(request) if stream else self._hold(asking.answer(request, self.pictures))

    # Jobs

    async def jobs(self, state: JobState | None = None) -> list[Job]:
        """As `Client.jobs`."""
        return await self._hold(asking.jobs(state))

    async def job(self, id: str) -> Job:
        """As `Client.job`."""
        return await self._hold(asking.job(id))

    async def job_files(self, id: str, state: JobFileState | None = None) -> list[JobFile]:
        """As `Client.job_files`."""
        return await self._hold(asking.job_files(id, state))

    async def cancel(self, id: str) -> Job:
        """As `Client.cancel`."""
        return await self._hold(asking.cancel(id))

    async def resume(self, id: str) -> Job:
        """As `Client.resume`."""
        return await self._hold(asking.resume(id))

    # What is kept

    async def documents(self, collection: str | None = None) -> Documents:
        """As `Client.documents`."""
        return await self._hold(asking.documents(collection))

    async def document(self, name: str, collection: str | None = None) -> Document:
        """As `Client.document`."""
        return await self._hold(asking.document(name, collection))

    async def delete(self, name: str, collection: str | None = None) -> Document:
        """As `Client.delete`."""
        return await self._hold(asking.delete(name, collection))

    async def collections(self) -> list[Collection]:
        """As `Client.collections`."""
        return await self._hold(asking.collections())

    async def set_collection(
        self, name: str, *, route: Route | None = None, generator: str | None = None
    ) -> Collection:
        """As `Client.set_collection`."""
        return await self._hold(asking.set_collection(name, route, generator))

    async def delete_collection(self, name: str) -> Collection:
        """As `Client.delete_collection`."""
        return await self._hold(asking.delete_collection(name))

    async def picture(self, digest: str) -> Image:
        """As `Client.picture`."""
        return await self._hold(asking.picture(digest))

    async def page_picture(self, document: str, page: int) -> Image | None:
        """As `Client.page_picture`."""
        return await self._hold(asking.page_picture(document, page))

    async def info(self) -> InfoJson:
        """As `Client.info`."""
        return await self._hold(asking.info())

    # Over the wire

    async def _hold(self, conversation: Conversation[T]) -> T:
        with closing(conversation):
            try:
                step = next(conversation)
                while True:
                    try:
                        reply = await self._take(step)
                    except SightlineError as error:
                        step = conversation.throw(error)
                    else:
                        step = conversation.send(reply)
            except StopIteration as end:
                result: T = end.value
                return result

    async def _take(self, step: Request | Listen | Pause) -> httpx2.Response | None:
        match step:
            case Request():
                return await self._ask(step)
            case Listen(request, hear):
                async with aclosing(self._heard(request)) as events:
                    async for name, data in events:
                        if hear(name, data):
                            return None
                raise self._line.broken_off()
            case Pause(seconds):
                await asyncio.sleep(seconds)
        return None

    async def _ask(self, request: Request) -> httpx2.Response:
        with self._line.errors():
            response = await self._tried(request)
        if response.is_success:
            return response
        raise connection.refusal(response)

    async def _tried(self, request: Request) -> httpx2.Response:
        for pause in self._line.pauses(request):
            try:
                return await self._http.request(request.method, request.path, **self._line.sent(request))
            except FAILED_CONNECTION:
                await asyncio.sleep(pause)
        return await self._http.request(request.method, request.path, **self._line.sent(request))

    async def _events(self, request: Request) -> AsyncGenerator[AnswerEvent, None]:
        """As `Client._events`."""
        async with aclosing(self._heard(request)) as heard:
            async for name, data in heard:
                event = asking.event(name, data, self.pictures)
                if event is not None:
                    yield event
                if isinstance(event, Done):
                    return
        raise self._line.broken_off()

    async def _heard(self, request: Request) -> AsyncGenerator[tuple[str, Json], None]:
        """As `Client._heard`."""
        reader, sent = EventReader(), self._line.sent(request)
        with self._line.errors():
            async with self._http.stream(request.method, request.path, **sent) as response:
                if not response.is_success:
                    await response.aread()
                    raise connection.refusal(response)
                async for line in response.aiter_lines():
                    event = reader.take(line)
                    if event is not None:
                        yield connection.heard(event[0], json.loads(event[1]))
