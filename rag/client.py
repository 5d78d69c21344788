"""Sightline in another process: the methods of `Engine`, over HTTP. Needs neither torch nor the service's code."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack, overload
from urllib.parse import quote, urlsplit

import httpx2

from rag.errors import BadRequest, BadSetting, ServerRefused, ServerUnreachable
from rag.from_wire import (
    answer_from_json,
    collection_from_json,
    document_from_json,
    event_from_json,
    found_from_json,
    job_file_from_json,
    job_from_json,
    report_of,
)
from rag.query import Part
from rag.server_sent import server_sent
from rag.types import (
    Answer,
    AnswerEvent,
    Asking,
    Collection,
    Document,
    Done,
    Filters,
    Found,
    Hit,
    IngestReport,
    Job,
    JobFile,
    JobFileState,
    JobState,
    JsonValue,
    Route,
    Turn,
)
from rag.wire import InfoJson, ProblemJson

if TYPE_CHECKING:
    from PIL.Image import Image

SECONDS_TO_CONNECT = 5.0
PROBLEM_TYPE = "application/problem+json"


class Client:
    """A running service. Safe for threads.

    with Client("http://127.0.0.1:8321") as client:
        client.ingest("reports/")
        print(client.query("How many visitors came in August?").text)

    Every method raises ServerUnreachable if no server answers, and ServerRefused, with the server's `code` and hint, if it
    answers with an error.
    """

    def __init__(self, url: str = "http://127.0.0.1:8321", key: str | None = None, timeout: float = 60.0) -> None:
        """Name a service; nothing is sent yet.

        `timeout` is in seconds, for each answer; an ingest takes as long as it takes.
        Raises: BadSetting if the address cannot be one.
        """
        self.url = url.rstrip("/")
        self._timeout = timeout
        try:
            self._http = httpx2.Client(
                base_url=self.url,
                headers={} if key is None else {"Authorization": f"Bearer {key}"},
                timeout=httpx2.Timeout(timeout, connect=min(timeout, SECONDS_TO_CONNECT)),
                # A proxy cannot reach what listens on this machine.
                trust_env=not _is_here(self.url),
            )
        except (httpx2.InvalidURL, ValueError) as error:
            raise BadSetting(f"{url!r} is no address: {error}.", hint="For instance http://127.0.0.1:8321") from error

    def __enter__(self) -> Client:
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
        Raises: UnreadablePath if a path is not there; BadRequest if two files would go by one name.
        """
        from rag.sending import send

        def post(files: list[tuple[str, tuple[str, io.BufferedReader]]]) -> IngestReport:
            told = self._json("POST", "/v1/documents", files=files, data=_within(collection))
            return report_of(self._followed(job_from_json(told["job"])))

        if not paths:
            raise BadRequest("There is nothing to ingest.", hint="Name a folder or a file.")
        return send([Path(path) for path in paths], post=post, limits=self.info()["limits"], progress=progress)

    def search(
        self,
        text: str | None = None,
        image: Image | str | Path | None = None,
        k: int = 10,
        filters: Filters | None = None,
        *,
        parts: Sequence[Part] = (),
        route: Route | None = None,
    ) -> tuple[Hit, ...]:
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
        asked = {"query": text or "", "explain": True, **_asked(image, k, filters, route), **_parts(parts)}
        return found_from_json(self._json("POST", "/v1/search", json=asked))

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
        asked = {"question": question, **_asked(image, k, filters, route), **_parts(parts), "stream": stream}
        if history:
            turns = (turn.turn() if isinstance(turn, Answer) else turn for turn in history)
            asked["history"] = [asdict(turn) for turn in turns]
        if generator is not None:
            asked["generator"] = generator
        if schema is not None:
            asked["schema"] = schema
        if stream:
            return self._events("/v1/query", asked)
        return answer_from_json(self._json("POST", "/v1/query", json=asked))

    # Jobs

    def jobs(self, state: JobState | None = None) -> list[Job]:
        """The ingests of the service's store, wherever they were begun, newest first; of one state, if it is named."""
        asked = {} if state is None else {"state": state}
        return [job_from_json(job) for job in self._listed("/v1/jobs", "jobs", asked)]

    def job(self, id: str) -> Job:
        """The job of this id, and how far it is."""
        return job_from_json(self._json("GET", f"/v1/jobs/{quote(id, safe='')}"))

    def job_files(self, id: str, state: JobFileState | None = None) -> list[JobFile]:
        """The files of a job, in the order in which they were found; of one state, if it is named."""
        asked = {} if state is None else {"state": state}
        return [
            job_file_from_json(file) for file in self._listed(f"/v1/jobs/{quote(id, safe='')}/files", "files", asked)
        ]

    def cancel(self, id: str) -> Job:
        """End a job: at once if it waits, after the documents in hand if it runs; what it took is kept."""
        return job_from_json(self._json("POST", f"/v1/jobs/{quote(id, safe='')}/cancel"))

    def resume(self, id: str) -> Job:
        """Have a job taken up again that failed or was cancelled; what it took before costs nothing."""
        return job_from_json(self._json("POST", f"/v1/jobs/{quote(id, safe='')}/resume"))

    def _followed(self, job: Job) -> Job:
        """A job once it has ended.

        Raises: ServerUnreachable if the service ends before it.
        """
        if job.has_ended:
            return job
        with self._errors(), self._http.stream("GET", f"/v1/jobs/{job.id}/events") as response:
            if not response.is_success:
                response.read()
                raise _refusal(self.url, response)
            for name, data in server_sent(response.iter_lines()):
                told = json.loads(data)
                if name == "error":
                    raise _refused(told)
                if name == "end":
                    return job_from_json(told)
        raise ServerUnreachable(
            f"{self.url} ended before the job {job.id}.", hint="The job goes on once the service runs again."
        )

    def _listed(self, path: str, name: str, asked: Mapping[str, str]) -> Iterator[Any]:  # Any: JSON, read by rag.wire
        """Every entry of a list that comes in parts."""
        cursor: str | None = ""
        while cursor is not None:
            part = self._json("GET", path, params={"limit": "1000", **asked} | ({"cursor": cursor} if cursor else {}))
            yield from part[name]
            cursor = part["next"]

    # What is kept

    def documents(self, collection: str | None = None) -> list[Document]:
        """Every document, or every one of a collection, by source."""
        return list(self._documents(collection))

    def _documents(self, collection: str | None) -> Iterator[Document]:
        cursor: str | None = ""
        while cursor is not None:
            asked = {"limit": "1000", **_within(collection)} | ({"cursor": cursor} if cursor else {})
            part = self._json("GET", "/v1/documents", params=asked)
            yield from map(document_from_json, part["documents"])
            cursor = part["next"]

    def document(self, name: str, collection: str | None = None) -> Document:
        """The document of this id, source or file name; the first by source where several share the name."""
        detail = self._json("GET", f"/v1/documents/{quote(name, safe='')}", params=_within(collection))
        del detail["elements"]
        return document_from_json(detail)

    def delete(self, name: str, collection: str | None = None) -> Document:
        """Delete a document: its text, vectors, words and pictures; with `collection`, take it out of this one only."""
        asked = _within(collection)
        return document_from_json(self._json("DELETE", f"/v1/documents/{quote(name, safe='')}", params=asked))

    def collections(self) -> list[Collection]:
        """Every collection with what it holds and how it is asked, by name."""
        return [collection_from_json(one) for one in self._json("GET", "/v1/collections")["collections"]]

    def set_collection(self, name: str, *, route: Route | None = None, generator: str | None = None) -> Collection:
        """Say how a collection is asked where a question names it alone, and nothing else; None leaves it to the service."""
        asked = {"route": route, "generator": generator}
        return collection_from_json(self._json("PUT", f"/v1/collections/{quote(name, safe='')}", json=asked))

    def delete_collection(self, name: str) -> Collection:
        """Delete a collection with its settings, and the documents that lie in no other; what it was."""
        path = f"/v1/collections/{quote(name, safe='')}"
        return collection_from_json(self._json("DELETE", path, params={"confirm": name}))

    def picture(self, digest: str) -> Image:
        """A kept picture by its hash (`Element.media`)."""
        return _picture(self._ask("GET", f"/v1/media/{quote(digest, safe='')}"))

    def page_picture(self, document: str, page: int) -> Image | None:
        """A page (from 1) as a picture; None where the format has no layout to draw (txt, md, html)."""
        try:
            return _picture(self._ask("GET", f"/v1/documents/{quote(document, safe='')}/pages/{page}.webp"))
        except ServerRefused as error:
            if error.code == "no_page_picture":
                return None
            raise

    def info(self) -> InfoJson:
        """Which version runs, with which models, what its store holds, and how much a request may bring."""
        info: InfoJson = self._json("GET", "/v1/info")
        return info

    # Over the wire

    def _json(self, method: str, path: str, **asked: Any) -> Any:  # Any: what httpx2 takes; JSON, read by rag.wire
        response = self._ask(method, path, **asked)
        try:
            return response.json()
        except ValueError as error:
            raise _stranger(self.url, response) from error

    def _events(self, path: str, asked: Mapping[str, object]) -> Iterator[AnswerEvent]:
        """The events of an answer as they come.

        Raises: ServerRefused for an event `error`; ServerUnreachable if the stream breaks off before its last event.
        """
        with self._errors(), self._http.stream("POST", path, json=asked) as response:
            if not response.is_success:
                response.read()
                raise _refusal(self.url, response)
            for name, data in server_sent(response.iter_lines()):
                told = json.loads(data)
                if name == "error":
                    raise _refused(told)
                event = event_from_json(name, told)
                if event is not None:
                    yield event
                if isinstance(event, Done):
                    return
        raise ServerUnreachable(f"The answer of {self.url} broke off.", hint="Look whether the server still runs.")

    def _ask(self, method: str, path: str, **asked: Any) -> httpx2.Response:
        with self._errors():
            response = self._http.request(method, path, **asked)
        if response.is_success:
            return response
        raise _refusal(self.url, response)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except httpx2.TimeoutException as error:
            raise ServerUnreachable(
                f"The server at {self.url} did not answer within {self._timeout:g} s.",
                hint="Look whether it is busy, or wait longer with timeout=…",
            ) from error
        except httpx2.TransportError as error:
            raise ServerUnreachable(
                f"No server answers at {self.url}: {error}.", hint="Start one: sightline serve; or check the address."
            ) from error


def _refusal(url: str, response: httpx2.Response) -> ServerRefused:
    if response.headers.get("content-type", "").partition(";")[0] != PROBLEM_TYPE:
        return _stranger(url, response)
    return _refused(response.json())


def _refused(told: ProblemJson) -> ServerRefused:
    refused = ServerRefused(told["detail"], hint=told["hint"])
    refused.code = told["code"]
    return refused


def _stranger(url: str, response: httpx2.Response) -> ServerRefused:
    return ServerRefused(
        f"What answers at {url} is not Sightline, or something stands between: {response.status_code}"
        f" {response.reason_phrase}.",
        hint="Check the address and its port.",
    )


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def _within(collection: str | None) -> dict[str, str]:
    return {} if collection is None else {"collection": collection}


def _asked(image: Image | str | Path | None, k: int, filters: Filters | None, route: Route | None) -> dict[str, object]:
    """What a search and a question have in common, in JSON."""
    asked: dict[str, object] = {"k": k} if route is None else {"k": k, "route": route}
    if image is not None:
        from rag.sending import data_uri

        asked["image"] = data_uri(image)
    if filters is not None:
        asked["filters"] = {
            "document": list(filters.document),
            "modality": list(filters.modality),
            "pages": filters.pages,
            "path": filters.path,
            "metadata": dict(filters.metadata),
            "collection": list(filters.collection),
        }
    return asked


def _parts(parts: Sequence[Part]) -> dict[str, object]:
    from rag.sending import part_json

    return {"parts": [part_json(part) for part in parts]} if parts else {}


def _picture(response: httpx2.Response) -> Image:
    from PIL import Image as images

    with images.open(io.BytesIO(response.content)) as image:
        return image.convert("RGB")
