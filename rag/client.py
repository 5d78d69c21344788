"""Sightline in another process: the methods of `Engine`, over HTTP. Needs neither torch nor the service's code.

What is asked, and how it is read, stands in `rag.asking`; here it is sent. `rag.async_client` sends the same without waiting.
"""

from __future__ import annotations

import json
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self, TypeVar, Unpack, overload

import httpx2

from rag import asking, connection
from rag.asking import Conversation, Json, Listen, Pause, Request
from rag.connection import DEFAULT_URL, FAILED_CONNECTION, SECONDS_TO_WAIT, Connection
from rag.errors import SightlineError
from rag.evidence_cards import Pictures
from rag.query import Part
from rag.server_sent import server_sent
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


class Client:
    """A running service. Safe for threads.

    with Client("http://127.0.0.1:8321") as client:
        client.ingest("reports/")
        print(client.query("How many visitors came in August?").text)

    Every method raises ServerUnreachable if no server answers, and ServerRefused, with the server's `code` and hint, if it
    answers with an error.
    """

    def __init__(self, url: str = DEFAULT_URL, key: str | None = None, timeout: float = SECONDS_TO_WAIT) -> None:
        """Name a service; nothing is sent yet.

        `timeout` is in seconds, for each answer and between the events of one; connecting is given up after 5. An ingest takes
        as long as it takes. What only reads is asked for twice more, within half a second, should the connection fail.
        Raises: BadSetting if the address cannot be one.
        """
        self._line = Connection.to(url, key, timeout)
        self.url = self._line.url
        self._http = httpx2.Client(**self._line.options())
        self.pictures = Pictures(page=self._drawn_page, media=self._drawn_media, address=self._line.page_address)
        """Where results are drawn from when they show themselves."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    # The verbs

    def ingest(self, *paths: str | Path, progress: bool = False, collection: str | None = None) -> IngestReport:
        """Send every file at or below the paths to the service; `progress` shows a bar.

        `collection`: where they are put, `default` if not said. A file is known by its path below the folder that was named;
        the same name again in the same collection, with other bytes, replaces what it held. A bad file is reported in
        `failed` and never stops the rest. The service reads them as `jobs`, and goes on should this end.
        Raises: UnreadablePath if a path is not there; BadRequest if two files would go by one name; ServerUnreachable if the
            service is gone for longer than half a minute.
        """
        from rag.sending import send

        return self._hold(send([Path(path) for path in paths], progress=progress, collection=collection))

    def search(
        self,
        text: str | None = None,
        image: Image | str | Path | None = None,
        k: int = 10,
        filters: Filters | None = None,
        *,
        parts: Sequence[Part] = (),
        route: Route | None = None,
    ) -> Hits:
        """The k elements (text, tables, pictures, pages) that answer words, a picture (or its file), or both; best first.

        `parts`: more to search for, or to keep away from: `Words`, `Picture`, `Like`, each with its weight. `route`:
        another than the service's own; see docs/concepts.md.
        """
        return self.find(text, image, k, filters, parts=parts, route=route).hits

    def find(
        self,
        text: str | None = None,
        image: Image | str | Path | None = None,
        k: int = 10,
        filters: Filters | None = None,
        *,
        parts: Sequence[Part] = (),
        route: Route | None = None,
    ) -> Found:
        """As `search`, with notes of how it was searched: that an encoder does not read the words' language, for instance."""
        return self._hold(asking.find(text, image, k, filters, parts=parts, route=route, pictures=self.pictures))

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
    ) -> Answer: ...

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
    ) -> Iterator[AnswerEvent]: ...

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
    ) -> Answer | Iterator[AnswerEvent]:
        """Answer a question from the k best hits, every sentence with its evidence.

        A question that the library does not support gives `answerable` false and the nearest evidence, not an error.
        `parts`: what else to search by, as in `search`. `history`: earlier answers of the same conversation, oldest first.
        `route`: another than the service's own. `generator`: another of those that the service was set up with. `schema`: a
        JSON Schema that `Answer.data` is to follow. `stream`: give the events (`Sources`, `Delta`, `Cited`, `Done`) while
        the answer is written; closing the iterator stops the model.
        """
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

    def jobs(self, state: JobState | None = None) -> list[Job]:
        """The ingests of the service's store, wherever they were begun, newest first; of one state, if it is named."""
        return self._hold(asking.jobs(state))

    def job(self, id: str) -> Job:
        """The job of this id, and how far it is."""
        return self._hold(asking.job(id))

    def job_files(self, id: str, state: JobFileState | None = None) -> list[JobFile]:
        """The files of a job, in the order in which they were found; of one state, if it is named."""
        return self._hold(asking.job_files(id, state))

    def cancel(self, id: str) -> Job:
        """End a job: at once if it waits, after the documents in hand if it runs; what it took is kept."""
        return self._hold(asking.cancel(id))

    def resume(self, id: str) -> Job:
        """Have a job taken up again that failed or was cancelled; what it took before costs nothing."""
        return self._hold(asking.resume(id))

    # What is kept

    def documents(self, collection: str | None = None) -> Documents:
        """Every document, or every one of a collection, by source."""
        return self._hold(asking.documents(collection))

    def document(self, name: str, collection: str | None = None) -> Document:
        """The document of this id, source or file name; the first by source where several share the name."""
        return self._hold(asking.document(name, collection))

    def delete(self, name: str, collection: str | None = None) -> Document:
        """Delete a document: its text, vectors, words and pictures; with `collection`, take it out of this one only."""
        return self._hold(asking.delete(name, collection))

    def collections(self) -> list[Collection]:
        """Every collection with what it holds and how it is asked, by name."""
        return self._hold(asking.collections())

    def set_collection(self, name: str, *, route: Route | None = None, generator: str | None = None) -> Collection:
        """Say how a collection is asked where a question names it alone, and nothing else; None leaves it to the service."""
        return self._hold(asking.set_collection(name, route, generator))

    def delete_collection(self, name: str) -> Collection:
        """Delete a collection with its settings, and the documents that lie in no other; what it was."""
        return self._hold(asking.delete_collection(name))

    def picture(self, digest: str) -> Image:
        """A kept picture by its hash (`Element.media`)."""
        return self._hold(asking.picture(digest))

    def page_picture(self, document: str, page: int) -> Image | None:
        """A page (from 1) as a picture; None where the format has no layout to draw (txt, md, html)."""
        return self._hold(asking.page_picture(document, page))

    def info(self) -> InfoJson:
        """Which version runs, with which models, what its store holds, and how much a request may bring."""
        return self._hold(asking.info())

    # What results show

    @contextmanager
    def _open(self) -> Iterator[Client]:
        """This client, or one like it for a moment: a result may be looked at after the client was closed."""
        if not self._http.is_closed:
            yield self
            return
        with Client(self.url, self._line.key, self._line.seconds) as anew:
            yield anew

    def _drawn_page(self, document: Document, page: int) -> Image | None:
        with self._open() as client:
            return client.page_picture(document.id, page)

    def _drawn_media(self, digest: str) -> Image:
        with self._open() as client:
            return client.picture(digest)

    # Over the wire

    def _hold(self, conversation: Conversation[T]) -> T:
        with closing(conversation):
            try:
                step = next(conversation)
                while True:
                    try:
                        reply = self._take(step)
                    except SightlineError as error:
                        step = conversation.throw(error)
                    else:
                        step = conversation.send(reply)
            except StopIteration as end:
                result: T = end.value
                return result

    def _take(self, step: Request | Listen | Pause) -> httpx2.Response | None:
        match step:
            case Request():
                return self._ask(step)
            case Listen(request, hear):
                with closing(self._heard(request)) as events:
                    if not any(hear(name, data) for name, data in events):
                        raise self._line.broken_off()
            case Pause(seconds):
                time.sleep(seconds)
        return None

    def _ask(self, request: Request) -> httpx2.Response:
        with self._line.errors():
            response = self._tried(request)
        if response.is_success:
            return response
        raise connection.refusal(response)

    def _tried(self, request: Request) -> httpx2.Response:
        for pause in self._line.pauses(request):
            try:
                return self._http.request(request.method, request.path, **self._line.sent(request))
            except FAILED_CONNECTION:
                time.sleep(pause)
        return self._http.request(request.method, request.path, **self._line.sent(request))

    def _events(self, request: Request) -> Iterator[AnswerEvent]:
        """The events of an answer as they come.

        Raises: ServerRefused for an event `error`; ServerUnreachable if the stream breaks off before its last event.
        """
        with closing(self._heard(request)) as heard:
            for name, data in heard:
                event = asking.event(name, data, self.pictures)
                if event is not None:
                    yield event
                if isinstance(event, Done):
                    return
        raise self._line.broken_off()

    def _heard(self, request: Request) -> Generator[tuple[str, Json]]:
        """The name and the data of each event; an event `error` is raised."""
        sent = self._line.sent(request)
        with self._line.errors(), self._http.stream(request.method, request.path, **sent) as response:
            if not response.is_success:
                response.read()
                raise connection.refusal(response)
            for name, data in server_sent(response.iter_lines()):
                yield connection.heard(name, json.loads(data))
