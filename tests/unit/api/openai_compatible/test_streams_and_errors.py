"""Chat completions as they are written, and what goes wrong with them, seen by the real `openai` package."""

from __future__ import annotations

import threading
from typing import Any

import httpx2
import openai as package
import pytest
from fastapi.testclient import TestClient
from openai import OpenAI

from rag.answer import NOT_ANSWERED
from tests.chat_server import Reply
from tests.unit.api.conftest import Open
from tests.unit.api.openai_compatible.conftest import SCRIPTED, Service
from tests.unit.api.openai_compatible.test_chat import FOOTNOTE, ask, text_of

QUESTION: Any = [{"role": "user", "content": "Which red lamp burns?"}]  # Any: their types


def told(openai: OpenAI, **how: Any) -> list[Any]:  # Any: chunks
    return list(openai.chat.completions.create(messages=QUESTION, stream=True, **{"model": SCRIPTED, **how}))


def said(chunks: list[Any]) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def test_a_stream_tells_what_the_whole_answer_does_and_its_sources_last(served: Service, openai: OpenAI) -> None:
    whole = ask(openai, "Which red lamp burns?")
    chunks = told(openai, model="sightline")
    assert said(chunks) == text_of(whole)
    last = chunks[-1]
    assert (last.choices[0].finish_reason, [chunk.choices[0].finish_reason for chunk in chunks[:-1]]) == (
        "stop", [None] * (len(chunks) - 1),
    )  # fmt: skip
    assert last.choices[0].delta.model_extra["annotations"] == [
        annotation.model_dump() for annotation in whole.choices[0].message.annotations or []
    ]
    assert last.model_extra["sightline"]["answer"] == (whole.model_extra or {})["sightline"]["answer"]
    assert len({chunk.id for chunk in chunks}) == 1


def test_text_comes_while_the_model_writes_once_a_sentence_is_borne_out(served: Service, openai: OpenAI) -> None:
    go_on = threading.Event()
    served.will_say(Reply("The red lamp burns [1]. ", "It is ", go_on, "in the notes [1]."))
    text = ""
    for chunk in openai.chat.completions.create(model=SCRIPTED, messages=QUESTION, stream=True):
        text += chunk.choices[0].delta.content or ""
        if "burns" in text:
            go_on.set()  # the model only goes on once its first sentence has arrived here
    assert go_on.is_set()
    assert text.startswith("The red lamp burns [1]. It is in the notes [1].\n\n[1] notes/lamp.txt")


def test_what_is_not_borne_out_is_never_shown(served: Service, openai: OpenAI) -> None:
    served.will_say(Reply("The tower has ", "999 steps [1]. ", "It was built in 1066 [2]."))
    text = said(told(openai))
    assert text.startswith(NOT_ANSWERED)
    assert "999 steps" not in text  # a link may hold any digits
    assert FOOTNOTE.search(text)


def test_usage_is_told_at_the_end_where_it_is_asked_for(served: Service, openai: OpenAI) -> None:
    served.will_say(Reply("The red lamp burns [1].", usage=(40, 9)))
    last = told(openai, stream_options={"include_usage": True})[-1]
    assert (last.choices, last.usage.prompt_tokens, last.usage.completion_tokens, last.usage.total_tokens) == (
        [],
        40,
        9,
        49,
    )
    served.will_say(Reply("The red lamp burns [1].", usage=(40, 9)))
    whole = ask(openai, "Which red lamp burns?", model=SCRIPTED)
    assert whole.usage is not None
    assert whole.usage.total_tokens == 49


def test_who_leaves_a_stream_stops_the_model(served: Service, openai: OpenAI) -> None:
    served.will_say(Reply("The red lamp burns [1]. ", *["word "] * 10_000, pause=0.01))
    stream = openai.chat.completions.create(model=SCRIPTED, messages=QUESTION, stream=True)
    for chunk in stream:
        if chunk.choices[0].delta.content:
            break
    stream.close()
    assert served.model.client_left.wait(5)


def test_an_error_in_a_stream_is_raised_by_their_client(served: Service, openai: OpenAI) -> None:
    served.will_say(Reply("The red ", "lamp ", ends="torn"))
    with pytest.raises(package.APIError, match="broke off") as failed:
        told(openai)
    assert (failed.value.code, failed.value.type) == ("generate_failed", "server_error")


def test_what_fails_for_good_is_not_asked_again(served: Service, openai: OpenAI) -> None:
    served.will_say(Reply(status=400, message="no"))
    with pytest.raises(package.InternalServerError) as failed:
        ask(openai, "Which red lamp burns?", model=SCRIPTED)
    assert failed.value.code == "generate_failed"
    assert failed.value.request_id
    assert len(served.model.requests) == 1


@pytest.mark.parametrize(
    ("how", "code", "param"),
    [
        ({"model": "gpt-4o"}, "unknown_model", "model"),
        ({"model": "sightline@chat:openai:other"}, "unknown_model", "model"),
        ({"model": "sightline/nowhere"}, "unknown_collection", "model"),
        ({"n": 2}, "bad_request", "n"),
        ({"logprobs": True}, "bad_request", "logprobs"),
        ({"tool_choice": "required"}, "bad_request", "tool_choice"),
        ({"tool_choice": {"type": "function", "function": {"name": "look"}}}, "bad_request", "tool_choice"),
        ({"modalities": ["text", "audio"]}, "bad_request", "modalities"),
        ({"response_format": {"type": "json_object"}}, "bad_request", "schema"),
        ({"messages": []}, "bad_request", "messages"),
        ({"messages": [{"role": "assistant", "content": "The"}]}, "bad_request", "messages"),
        ({"messages": [{"role": "user", "content": " "}]}, "bad_request", "messages.0.content"),
        ({"messages": [{"role": "user", "content": "?" * 10_001}]}, "bad_request", "messages.0.content"),
        ({"extra_body": {"sightline": {"colour": "red"}}}, "bad_request", "sightline.colour"),
        ({"extra_body": {"sightline": {"filters": {"document": ["none.pdf"]}}}}, "unknown_document", None),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_named_in_their_form(openai: OpenAI, how: Any, code: str, param: str | None) -> None:
    kind = package.NotFoundError if code.startswith("unknown") else package.BadRequestError
    for stream in (False, True):
        with pytest.raises(kind) as refused:
            openai.chat.completions.create(**{"model": "sightline", "messages": QUESTION, "stream": stream, **how})
        error = refused.value
        assert (error.code, error.param, error.type) == (code, param, "invalid_request_error")


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}, "the service opens no address"),
        ({"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}, "the service opens no address"),
        ({"type": "image_url", "image_url": {"url": "data:text/html;base64,AAAA"}}, "not a picture's data URI"),
        ({"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}, "of a known kind"),
        ({"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}, "cannot be read"),
    ],
)
def test_what_is_no_picture_is_refused_with_400(openai: OpenAI, part: Any, said: str) -> None:
    with pytest.raises(package.BadRequestError, match=said) as refused:
        ask(openai, [{"type": "text", "text": "What is this?"}, part])
    assert refused.value.param is None or refused.value.param.startswith("messages.0.content.1")


def test_a_wrong_key_is_told_in_their_form(open_service: Open) -> None:
    service = open_service(key="right")
    body = {"model": "sightline", "messages": QUESTION}
    for given in ({}, {"Authorization": "Bearer wrong"}):
        refused = service.post("/v1/chat/completions", json=body, headers=given)
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"] == "Bearer"
        error = refused.json()["error"]
        assert (error["code"], error["type"], error["param"]) == ("unauthorized", "authentication_error", None)
        assert "Bearer KEY" in error["message"]
    right = {"Authorization": "Bearer right"}
    assert service.get("/v1/models", headers=right).status_code == 200
    assert service.get("/v1/search").headers["content-type"] == "application/problem+json"


def test_what_cannot_be_read_or_is_too_large_is_told_in_their_form(service: TestClient) -> None:
    broken = service.post("/v1/chat/completions", content=b"{", headers={"content-type": "application/json"})
    assert (broken.status_code, broken.json()["error"]["code"]) == (400, "unreadable_body")
    large = service.post("/v1/embeddings", json={"model": "sightline", "input": "x" * 2**20})
    assert (large.status_code, large.json()["error"]["code"]) == (413, "body_too_large")


def keyed_links(service: TestClient) -> list[str]:
    """The links in an answer of a service whose key is `right`."""
    body = {"model": "sightline", "messages": QUESTION}
    answered = service.post("/v1/chat/completions", json=body, headers={"Authorization": "Bearer right"}).json()
    return [url for _, _, url in FOOTNOTE.findall(answered["choices"][0]["message"]["content"])]


def test_a_link_opens_without_the_key_and_nothing_else_does(open_service: Open) -> None:
    service = open_service(key="right", public_url="http://127.0.0.1:8321/")
    (url,) = keyed_links(service)
    assert "right" not in url
    assert service.get(url).status_code == 200
    document = url.partition("?")[0]
    sealed = url.partition("?")[2]
    elsewhere = f"http://127.0.0.1:8321/v1/documents?{sealed}"
    other_seal = url[:-1] + ("0" if url[-1] != "0" else "1")
    longer = url.replace("until=", "until=9")
    changed = [document, other_seal, longer, elsewhere, f"{url}&box=0,0,1,1", url + "ü"]
    assert [service.get(one).status_code for one in changed] == [401] * len(changed)
    assert service.delete(url).status_code == 401


def test_a_link_ends_with_its_time_and_with_the_key(open_service: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    service = open_service(key="right")
    (url,) = keyed_links(service)
    other = open_service(key="other")
    assert (service.get(url).status_code, other.get(url).status_code) == (200, 401)
    monkeypatch.setattr("api.links.LINK_DAYS", -2)
    (ended,) = keyed_links(service)
    assert service.get(ended).status_code == 401


def test_links_begin_where_the_service_was_reached_or_is_said_to_be(open_service: Open) -> None:
    (reached,) = keyed_links(open_service(key="right"))
    assert reached.startswith("http://127.0.0.1:8321/v1/documents/")
    (said_to_be,) = keyed_links(open_service(key="right", public_url="https://library.example.org/shelf"))
    assert said_to_be.startswith("https://library.example.org/shelf/v1/documents/")


def test_a_trusted_proxys_scheme_counts(served: Service) -> None:
    asked = {"model": "sightline", "messages": QUESTION}
    behind = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
    answered = httpx2.post(f"{served.url}/v1/chat/completions", json=asked, headers=behind, trust_env=False).json()
    ((_, _, url),) = FOOTNOTE.findall(answered["choices"][0]["message"]["content"])
    assert url.startswith(served.url.replace("http://", "https://"))
