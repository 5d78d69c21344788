"""Asking over HTTP: whole and as it is written, with models that behave well and badly."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from rag.client import Client
from rag.engine import Engine
from rag.errors import ServerRefused, ServerUnreachable
from rag.server_sent import server_sent
from rag.settings import Settings
from rag.types import Cited, Delta, Done, Sources, Turn
from tests.chat_server import ChatServer, Reply, chat_server
from tests.service import running
from tests.unit.api.test_errors import problem
from tests.unit.api.test_search import data_uri

Json = dict[str, Any]  # Any: JSON
CHAT = "chat:openai:scripted"
Ask = Callable[..., tuple[str, ChatServer]]


@pytest.fixture
def serving(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ask]:
    """Start a service whose second generator says what the replies say; its address, and the model's server."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with ExitStack() as stack:

        def serve(*replies: Reply, **changes: object) -> tuple[str, ChatServer]:
            model = stack.enter_context(chat_server(*replies))
            changed = {"generators": ("extractive", CHAT), "chat_base_url": model.url, "stall_seconds": 5.0, **changes}
            url = stack.enter_context(running(Engine(settings=settings.model_copy(update=changed))))
            return url, model

        yield serve


def stream(url: str, **body: Any) -> list[tuple[str, Json]]:
    with httpx2.stream("POST", f"{url}/v1/query", json={"stream": True, **body}, timeout=20) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        return [(name, json.loads(data)) for name, data in server_sent(response.iter_lines())]


def test_an_answer_names_its_sentences_and_what_it_took(service: TestClient) -> None:
    told = service.post("/v1/query", json={"question": "Which lamp burns?"}).json()
    assert told["answerable"]
    assert told["sentences"] == [{"text": "The red lamp burns.", "numbers": [1], "support": "supported", "missing": []}]
    assert told["citations"][0]["evidence"]["document"]["source"] == "notes/lamp.txt"
    assert (told["question"], told["asked"], told["invented"], told["data"]) == (
        "Which lamp burns?", "Which lamp burns?", [], None,
    )  # fmt: skip
    assert set(told["usage"]) == {"tokens_in", "tokens_out", "peak_bytes"}


def test_events_come_in_order_and_while_the_model_writes(serving: Ask) -> None:
    go_on = threading.Event()
    url, _ = serving(Reply("The red lamp ", "burns [1].", go_on, " The sea sleeps [2].", usage=(40, 9)))
    seen: list[tuple[str, Json]] = []
    body = {"question": "Which red lamp burns, and what sleeps at sea?", "generator": CHAT, "stream": True}
    with httpx2.stream("POST", f"{url}/v1/query", json=body, timeout=20) as response:
        for name, data in server_sent(response.iter_lines()):
            seen.append((name, json.loads(data)))
            if name == "delta" and "burns" in data:
                go_on.set()  # the model only goes on once its first sentence has arrived here
    assert [name for name, _ in seen] == ["sources", "delta", "delta", "delta", "citation", "citation", "done"]
    told = dict(seen)
    assert {one["number"] for one in told["sources"]["evidence"]} >= {1, 2}
    assert "".join(one["text"] for name, one in seen if name == "delta") == told["done"]["answer"]
    assert told["done"]["usage"] == {"tokens_in": 40, "tokens_out": 9, "peak_bytes": 0}


def test_a_citation_names_its_place(serving: Ask) -> None:
    url, _ = serving(Reply("The red lamp burns [1]."))
    (citation,) = [one for name, one in stream(url, question="Which red lamp burns?") if name == "citation"]
    assert citation["sentence"]["support"] == "supported"
    assert citation["evidence"][0]["document"]["source"] == "notes/lamp.txt"


def test_an_error_in_a_stream_is_told_as_an_event_and_ends_it(serving: Ask) -> None:
    url, _ = serving(Reply("The red ", "lamp ", ends="torn"))
    name, told = stream(url, question="Which red lamp burns?", generator=CHAT)[-1]
    assert name == "error"
    assert (told["code"], told["status"]) == ("generate_failed", 502)
    assert "broke off" in told["detail"]
    assert told["hint"]
    assert told["request_id"]


def test_a_stalled_model_ends_in_an_error(serving: Ask) -> None:
    url, _ = serving(Reply("The red ", ends="stall"), stall_seconds=0.5)
    name, told = stream(url, question="Which red lamp burns?", generator=CHAT)[-1]
    assert (name, told["code"]) == ("error", "generate_failed")


def test_what_is_wrong_before_the_first_event_is_a_plain_error(service: TestClient) -> None:
    asked = {"question": "red?", "stream": True, "filters": {"document": ["none.pdf"]}}
    response = service.post("/v1/query", json=asked)
    assert (response.status_code, problem(response)["code"]) == (404, "unknown_document")


def test_a_client_that_leaves_stops_the_model(serving: Ask) -> None:
    url, model = serving(Reply(*["word "] * 10_000, pause=0.01))
    body = {"question": "Which red lamp burns?", "generator": CHAT, "stream": True}
    with httpx2.stream("POST", f"{url}/v1/query", json=body, timeout=20) as response:
        for name, _ in server_sent(response.iter_lines()):
            if name == "delta":
                break
    assert model.client_left.wait(5)


def test_a_generator_is_chosen_of_those_that_are_set_up(serving: Ask) -> None:
    url, model = serving(Reply("The red lamp burns [1]."))
    with Client(url) as client:
        assert client.info()["generators"] == ["extractive", CHAT]
        assert client.query("Which red lamp burns?").model == "extractive"
        assert client.query("Which red lamp burns?", generator=CHAT).model == CHAT
        assert len(model.requests) == 1
        with pytest.raises(ServerRefused, match="not set up") as refused:
            client.query("Which red lamp burns?", generator="chat:openai:other")
        assert CHAT in refused.value.hint


def test_the_client_streams_as_the_engine_does(serving: Ask) -> None:
    url, _ = serving(Reply("The red lamp ", "burns [1]."))
    with Client(url) as client:
        events = list(client.query("Which red lamp burns?", generator=CHAT, stream=True))
    assert [type(event) for event in events] == [Sources, Delta, Delta, Cited, Done]
    assert isinstance(events[-1], Done)
    assert events[-1].answer.text == "The red lamp burns [1]."
    assert isinstance(events[0], Sources)
    assert events[0].evidence[0].hit.document.source == "notes/lamp.txt"


def test_the_client_raises_what_a_stream_ends_with(serving: Ask) -> None:
    url, _ = serving(Reply("The red ", ends="torn"))
    with Client(url) as client, pytest.raises(ServerRefused, match="broke off") as refused:
        list(client.query("Which red lamp burns?", generator=CHAT, stream=True))
    assert refused.value.code == "generate_failed"


def test_the_client_says_when_no_server_streams() -> None:
    with Client("http://127.0.0.1:9") as client, pytest.raises(ServerUnreachable, match="No server"):
        list(client.query("?", stream=True))


def test_a_follow_up_stands_alone_and_may_point_at_a_picture(serving: Ask) -> None:
    url, model = serving(Reply("What is in the red picture?"), Reply("It is red [1]."))
    with Client(url) as client:
        (picture,) = [hit for hit in client.search("red") if hit.element.modality == "image"]
        history = [Turn("Which pictures are there?", "This one. [1]", images=("gone", picture.element.id))]
        found = client.query("What is in the second picture?", history=history, generator=CHAT)
    assert found.asked == "What is in the red picture?"
    assert found.hits[0].element.id == picture.element.id
    parts = model.requests[1].body["messages"][-1]["content"]
    assert [part["type"] for part in parts].count("image_url") == 1


def test_an_answer_of_the_client_is_history_for_its_next_question(serving: Ask) -> None:
    url, model = serving(Reply("Which blue sea?"), Reply("The blue sea sleeps [1]."))
    with Client(url) as client:
        before = client.query("Which red lamp burns?")
        client.query("And the sea?", history=[before], generator=CHAT)
    sent = json.dumps(model.requests[0].body["messages"][-1]["content"])
    assert "Which red lamp burns?" in sent
    assert "And the sea?" in sent


def test_an_answer_follows_a_schema(serving: Ask) -> None:
    url, _ = serving(Reply("no"), Reply('{"answer": {"thing": "lamp"}, "evidence": [1]}'))
    schema: Json = {"type": "object", "properties": {"thing": {"type": "string"}}, "required": ["thing"]}
    with Client(url) as client:
        found = client.query("What burns red?", schema=schema, generator=CHAT)
    assert found.data == {"thing": "lamp"}
    assert found.sentences[0].support == "supported"


def test_a_schema_that_is_never_followed_is_an_error(serving: Ask) -> None:
    url, _ = serving(Reply("no"))
    with Client(url) as client, pytest.raises(ServerRefused) as refused:
        client.query("What burns red?", schema={"type": "object"}, generator=CHAT)
    assert refused.value.code == "schema_mismatch"


@pytest.mark.parametrize(
    "body",
    [
        {"question": "red?", "history": [{"answer": "no question"}]},
        {"question": "red?", "history": [{"question": "?", "colour": "red"}]},
        {"question": "red?", "schema": "object"},
        {"question": "red?", "schema": {"type": "object"}},
        {"question": "red?", "generator": ""},
        {"question": "red?", "generator": "chat:openai:gpt"},
        {"question": "red?", "stream": "perhaps"},
        {"question": "red?", "json_schema": {}},
    ],
)
def test_an_impossible_question_is_named(service: TestClient, body: Json) -> None:
    told = problem(service.post("/v1/query", json=body))
    assert told["code"] == "bad_request"
    assert told["hint"]


def test_a_picture_that_is_asked_about_is_shown_to_the_model(serving: Ask) -> None:
    url, model = serving(Reply("It is red [1]."))
    image = data_uri(Image.new("RGB", (64, 64), "red"))
    told = dict(stream(url, question="What is this?", image=image, generator=CHAT))
    assert told["sources"]["evidence"][0]["document"]["source"] in ("red.png", "notes/lamp.txt")
    parts = model.requests[0].body["messages"][-1]["content"]
    assert [part["type"] for part in parts][-3:] == ["text", "image_url", "text"]
    assert parts[-1]["text"] == "Question: What is this?"


def test_metrics_count_answers_time_and_tokens(serving: Ask) -> None:
    url, _ = serving(Reply("The red lamp burns [1].", usage=(40, 9)))
    with Client(url) as client:
        client.query("Which red lamp burns?", generator=CHAT)
        list(client.query("Which red lamp burns?", generator=CHAT, stream=True))
        client.query("Who won the cup?")
    told = httpx2.get(f"{url}/metrics").text
    assert f'sightline_answers_total{{answerable="true",model="{CHAT}"}} 2.0' in told
    assert 'sightline_answers_total{answerable="false",model="extractive"} 1.0' in told
    assert f'sightline_answer_seconds_count{{model="{CHAT}",stage="first_token"}} 2.0' in told
    assert f'sightline_tokens_total{{model="{CHAT}",way="in"}} 80.0' in told
    assert "process_resident_memory_bytes" in told


def test_a_quiet_stream_shows_signs_of_life(serving: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.streaming.PING_SECONDS", 0.1)
    go_on = threading.Event()
    threading.Timer(0.6, go_on.set).start()
    url, _ = serving(Reply("The red ", go_on, "lamp burns [1]."))
    body = {"question": "Which red lamp burns?", "generator": CHAT, "stream": True}
    with httpx2.stream("POST", f"{url}/v1/query", json=body, timeout=20) as response:
        assert any(line.startswith(":") for line in response.iter_lines())


def test_no_thread_is_left_behind(serving: Ask) -> None:
    url, _ = serving(Reply("The red lamp burns [1]."))
    stream(url, question="Which red lamp burns?", generator=CHAT)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        left = [thread.name for thread in threading.enumerate() if thread.name.startswith(("answer-", "generate-"))]
        if not left:
            return
        time.sleep(0.05)
    raise AssertionError(f"still running: {left}")


def test_a_stream_needs_the_key(settings: Settings) -> None:
    with running(Engine(settings=settings.model_copy(update={"key": "k" * 20}))) as url:
        response = httpx2.post(f"{url}/v1/query", json={"question": "red?", "stream": True})
        assert response.status_code == 401
        assert httpx2.get(f"{url}/metrics").status_code == 401
