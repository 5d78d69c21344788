"""What a service is asked: each question once, with how its answer is read. `Client` and `AsyncClient` only send them.

A `Conversation` yields what is to be sent, is given each answer, and returns the result; one that fails is told so where
it stands. It waits for nothing itself, so that either client can hold it.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar
from urllib.parse import quote

from rag.connection import stranger
from rag.errors import ServerRefused
from rag.from_wire import (
    answer_from_json,
    collection_from_json,
    document_from_json,
    event_from_json,
    found_from_json,
    job_file_from_json,
    job_from_json,
)
from rag.query import Part
from rag.types import (
    Answer,
    AnswerEvent,
    Collection,
    Document,
    Documents,
    Done,
    Filters,
    Found,
    Hits,
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
    import httpx2
    from PIL.Image import Image

    from rag.evidence_cards import Pictures

LISTED_AT_ONCE = 1_000
Json = Any  # Any: JSON, whose form rag.wire describes and rag.from_wire reads


@dataclass(frozen=True, slots=True)
class Request:
    """One request."""

    method: str
    path: str
    params: Mapping[str, str] | None = None
    json: Mapping[str, object] | None = None
    data: Mapping[str, str] | None = None
    files: Sequence[tuple[str, tuple[str, io.BufferedReader]]] | None = None
    """Of a multipart request: the field, then the file's name and its bytes."""
    headers: Mapping[str, str] | None = None
    patient: bool = False
    """Whether its answer takes as long as it takes: only the connection and the sending are timed."""


@dataclass(frozen=True, slots=True)
class Listen:
    """A stream of events to be listened to until `hear`, given the name and the data of each, says that it was the last."""

    request: Request
    hear: Callable[[str, Json], bool]


@dataclass(frozen=True, slots=True)
class Pause:
    """Seconds in which nothing is asked."""

    seconds: float


T = TypeVar("T")
Step: TypeAlias = Request | Listen | Pause
Conversation: TypeAlias = "Generator[Step, httpx2.Response | None, T]"


def _asked(request: Request) -> Conversation[httpx2.Response]:
    response = yield request
    if response is None:
        raise TypeError("A request is answered with a response.")
    return response


def told(request: Request) -> Conversation[Json]:
    """The JSON of an answer. Raises: ServerRefused if it is none."""
    response = yield from _asked(request)
    try:
        return response.json()
    except ValueError as error:
        raise stranger(response) from error


# The verbs


def find(
    text: str | None,
    image: Image | str | Path | None,
    k: int,
    filters: Filters | None,
    *,
    parts: Sequence[Part],
    route: Route | None,
    pictures: Pictures,
) -> Conversation[Found]:
    """What is found, with notes of how it was searched; `pictures` is where its hits are drawn from."""
    wanted = {"query": text or "", "explain": True, **_searched_by(image, k, filters, parts=parts, route=route)}
    found = found_from_json((yield from told(Request("POST", "/v1/search", json=wanted))))
    return replace(found, hits=Hits(found.hits, pictures))


def question(
    words: str,
    image: Image | str | Path | None,
    k: int,
    filters: Filters | None,
    *,
    parts: Sequence[Part],
    history: Sequence[Turn | Answer],
    route: Route | None,
    generator: str | None,
    schema: Mapping[str, JsonValue] | None,
    stream: bool,
) -> Request:
    """The request for an answer, whole or as events."""
    wanted = {"question": words, **_searched_by(image, k, filters, parts=parts, route=route), "stream": stream}
    if history:
        turns = (turn.turn() if isinstance(turn, Answer) else turn for turn in history)
        wanted["history"] = [asdict(turn) for turn in turns]
    if generator is not None:
        wanted["generator"] = generator
    if schema is not None:
        wanted["schema"] = schema
    return Request("POST", "/v1/query", json=wanted)


def answer(request: Request, pictures: Pictures) -> Conversation[Answer]:
    """The whole answer to a question; `pictures` is where its evidence is drawn from."""
    return _drawn(answer_from_json((yield from told(request))), pictures)


def event(name: str, data: Json, pictures: Pictures) -> AnswerEvent | None:
    """An event of an answer; None for one of a kind that is not known here."""
    heard = event_from_json(name, data)
    return Done(_drawn(heard.answer, pictures)) if isinstance(heard, Done) else heard


def _drawn(whole: Answer, pictures: Pictures) -> Answer:
    return replace(whole, hits=Hits(whole.hits, pictures), images=Hits(whole.images, pictures))


# Jobs


def jobs(state: JobState | None) -> Conversation[list[Job]]:
    """The ingests of the service's store, newest first."""
    listed = yield from _listed("/v1/jobs", "jobs", {} if state is None else {"state": state})
    return [job_from_json(one) for one in listed]


def job(id: str) -> Conversation[Job]:
    """The job of this id."""
    return job_from_json((yield from told(Request("GET", f"/v1/jobs/{_safe(id)}"))))


def job_files(id: str, state: JobFileState | None) -> Conversation[list[JobFile]]:
    """The files of a job, in the order in which they were found."""
    listed = yield from _listed(f"/v1/jobs/{_safe(id)}/files", "files", {} if state is None else {"state": state})
    return [job_file_from_json(one) for one in listed]


def cancel(id: str) -> Conversation[Job]:
    """End a job."""
    return job_from_json((yield from told(Request("POST", f"/v1/jobs/{_safe(id)}/cancel"))))


def resume(id: str) -> Conversation[Job]:
    """Take up a job again."""
    return job_from_json((yield from told(Request("POST", f"/v1/jobs/{_safe(id)}/resume"))))


# What is kept


def documents(collection: str | None) -> Conversation[Documents]:
    """Every document, or every one of a collection, by source."""
    listed = yield from _listed("/v1/documents", "documents", _within(collection))
    return Documents(map(document_from_json, listed))


def document(name: str, collection: str | None) -> Conversation[Document]:
    """The document of this id, source or file name."""
    detail = yield from told(Request("GET", f"/v1/documents/{_safe(name)}", params=_within(collection)))
    del detail["elements"]
    return document_from_json(detail)


def delete(name: str, collection: str | None) -> Conversation[Document]:
    """Delete a document, or take it out of one collection."""
    gone = yield from told(Request("DELETE", f"/v1/documents/{_safe(name)}", params=_within(collection)))
    return document_from_json(gone)


def collections() -> Conversation[list[Collection]]:
    """Every collection, by name."""
    listed = yield from told(Request("GET", "/v1/collections"))
    return [collection_from_json(one) for one in listed["collections"]]


def set_collection(name: str, route: Route | None, generator: str | None) -> Conversation[Collection]:
    """Say how a collection is asked."""
    how = {"route": route, "generator": generator}
    return collection_from_json((yield from told(Request("PUT", f"/v1/collections/{_safe(name)}", json=how))))


def delete_collection(name: str) -> Conversation[Collection]:
    """Delete a collection; what it was."""
    request = Request("DELETE", f"/v1/collections/{_safe(name)}", params={"confirm": name})
    return collection_from_json((yield from told(request)))


def picture(digest: str) -> Conversation[Image]:
    """A kept picture by its hash."""
    return _decoded((yield from _asked(Request("GET", f"/v1/media/{_safe(digest)}"))))


def page_picture(name: str, page: int) -> Conversation[Image | None]:
    """A page (from 1) as a picture; None where the format has no layout to draw."""
    try:
        return _decoded((yield from _asked(Request("GET", f"/v1/documents/{_safe(name)}/pages/{page}.webp"))))
    except ServerRefused as error:
        if error.code == "no_page_picture":
            return None
        raise


def info() -> Conversation[InfoJson]:
    """What the service is."""
    answered: InfoJson = yield from told(Request("GET", "/v1/info"))
    return answered


# In the wire's words


def _listed(path: str, name: str, which: Mapping[str, str]) -> Conversation[list[Json]]:
    """Every entry of a list that comes in parts."""
    entries: list[Json] = []
    cursor: str | None = ""
    while cursor is not None:
        part = {"limit": str(LISTED_AT_ONCE), **which} | ({"cursor": cursor} if cursor else {})
        listed = yield from told(Request("GET", path, params=part))
        entries += listed[name]
        cursor = listed["next"]
    return entries


def _safe(name: str) -> str:
    return quote(name, safe="")


def _within(collection: str | None) -> dict[str, str]:
    return {} if collection is None else {"collection": collection}


def _searched_by(
    image: Image | str | Path | None, k: int, filters: Filters | None, *, parts: Sequence[Part], route: Route | None
) -> dict[str, object]:
    """What a search and a question have in common, in JSON."""
    from rag.sending import data_uri, part_json

    wanted: dict[str, object] = {"k": k} if route is None else {"k": k, "route": route}
    if image is not None:
        wanted["image"] = data_uri(image)
    if parts:
        wanted["parts"] = [part_json(part) for part in parts]
    if filters is not None:
        wanted["filters"] = {
            "document": list(filters.document),
            "modality": list(filters.modality),
            "pages": filters.pages,
            "path": filters.path,
            "metadata": dict(filters.metadata),
            "collection": list(filters.collection),
        }
    return wanted


def _decoded(response: httpx2.Response) -> Image:
    from PIL import Image as images

    with images.open(io.BytesIO(response.content)) as image:
        return image.convert("RGB")
