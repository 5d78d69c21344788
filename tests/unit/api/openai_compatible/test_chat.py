"""Chat completions, asked by the real `openai` package: text, sources in three forms, pictures, history, data."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import httpx2
import numpy as np
import pytest
from openai import AsyncOpenAI, OpenAI
from openai.types.chat import ChatCompletion
from PIL import Image
from pydantic import BaseModel

from rag.answer import NOT_ANSWERED
from rag.wire import AnswerJson
from tests.chat_server import Reply
from tests.unit.api.openai_compatible.conftest import SCRIPTED, Service
from tests.unit.api.test_search import data_uri

Json = dict[str, Any]  # Any: JSON
FOOTNOTE = re.compile(r"^\[(\d+)\] (.+, page \d+): (\S+)$", re.MULTILINE)


def ask(openai: OpenAI, question: Any, *, model: str = "sightline", **how: Any) -> ChatCompletion:  # Any: their types
    answered = openai.chat.completions.create(model=model, messages=[{"role": "user", "content": question}], **how)
    assert isinstance(answered, ChatCompletion)
    return answered


def text_of(answered: ChatCompletion) -> str:
    assert answered.choices[0].message.content is not None
    return answered.choices[0].message.content


def pixels(url: str) -> Any:  # Any: an array
    response = httpx2.get(url, trust_env=False)
    assert response.status_code == 200
    with Image.open(io.BytesIO(response.content)) as image:
        return np.asarray(image.convert("RGB"), dtype=np.int64)


def test_a_footnote_leads_to_the_page_with_its_box(served: Service, openai: OpenAI) -> None:
    text = text_of(ask(openai, "When was the green lighthouse built?"))
    assert text.startswith("The green lighthouse was built in 1702. [1]\n\n[1] tower.pdf, page 2: http")
    ((number, _, url),) = FOOTNOTE.findall(text)
    assert number == "1"
    framed, plain = pixels(url), pixels(url.partition("?")[0])
    height, width, _ = plain.shape
    ys, xs = np.nonzero(np.abs(plain - framed).sum(axis=2) > 200)
    x0, y0, x1, y1 = served.lighthouse
    drawn = (xs.min() / width, ys.min() / height, xs.max() / width, ys.max() / height)
    assert drawn == pytest.approx((x0, y0, x1, y1), abs=0.01)


def test_annotations_say_where_the_text_names_which_source(openai: OpenAI) -> None:
    answered = ask(openai, "When was the green lighthouse built?")
    text = text_of(answered)
    ((_, title, url),) = FOOTNOTE.findall(text)
    (annotation,) = answered.choices[0].message.annotations or []
    cited = annotation.url_citation
    assert (annotation.type, cited.title, cited.url) == ("url_citation", title, url)
    assert text[cited.start_index : cited.end_index] == "[1]"


def test_the_whole_answer_comes_along_as_query_gives_it(served: Service, openai: OpenAI) -> None:
    answered = ask(openai, "Which red lamp burns?")
    own = (answered.model_extra or {})["sightline"]
    assert own.keys() == AnswerJson.__annotations__.keys()
    asked = httpx2.post(f"{served.url}/v1/query", json={"question": "Which red lamp burns?"}, trust_env=False).json()
    assert {**own, "seconds": {}} == {**asked, "seconds": {}}
    assert (answered.model, answered.choices[0].finish_reason) == ("sightline", "stop")


def test_a_sentence_whose_number_the_model_left_out_is_annotated_itself(served: Service, openai: OpenAI) -> None:
    served.will_say(Reply("The green lighthouse was built in 1702."))
    answered = ask(openai, "When was the green lighthouse built?", model=SCRIPTED)
    text = text_of(answered)
    (annotation,) = answered.choices[0].message.annotations or []
    cited = annotation.url_citation
    assert text[cited.start_index : cited.end_index] == "The green lighthouse was built in 1702."
    assert cited.url == FOOTNOTE.findall(text)[0][2]


def test_the_pictures_that_answered_are_shown_from_this_service(served: Service, openai: OpenAI) -> None:
    served.will_say(Reply("It is red [1]."))
    where = {"sightline": {"filters": {"modality": ["image"]}}}
    text = text_of(ask(openai, "What is on the red picture?", model=SCRIPTED, extra_body=where))
    ((title, url),) = re.findall(r"^!\[(.+)\]\((\S+)\)$", text, re.MULTILINE)
    assert title == "red.png, page 1"
    assert url.startswith(served.url)
    assert tuple(pixels(url)[50, 50]) == pytest.approx((255, 0, 0), abs=6)


def test_a_picture_asked_about_is_shown_to_the_model(served: Service, openai: OpenAI) -> None:
    served.will_say(Reply("It is red [1]."))
    picture = {"type": "image_url", "image_url": {"url": data_uri(Image.new("RGB", (64, 64), "red"))}}
    answered = ask(openai, [picture, {"type": "text", "text": "What is this?"}], model=SCRIPTED)
    assert text_of(answered).startswith("It is red [1].")
    parts = served.model.requests[-1].body["messages"][-1]["content"]
    assert [part["type"] for part in parts][-3:] == ["text", "image_url", "text"]


def test_what_the_library_does_not_answer_is_said_with_the_nearest_evidence(served: Service, openai: OpenAI) -> None:
    served.will_say(Reply("NO ANSWER"))
    answered = ask(openai, "How many red lamps burn?", model=SCRIPTED)
    text = text_of(answered)
    assert text.startswith(f"{NOT_ANSWERED}\n\n[1] ")
    assert 1 <= len(FOOTNOTE.findall(text)) <= 3
    assert all(httpx2.get(url, trust_env=False).status_code == 200 for _, _, url in FOOTNOTE.findall(text))
    assert answered.choices[0].message.annotations == []
    nowhere = {"sightline": {"filters": {"path": "nowhere/**"}}}
    assert text_of(ask(openai, "How tall?", extra_body=nowhere)).endswith("and holds nothing near it.")


def test_a_sentence_without_support_is_told_as_such(served: Service, openai: OpenAI) -> None:
    served.will_say(Reply("The red lamp burns [1]. It has 42 sails [1]."))
    text = text_of(ask(openai, "Which red lamp burns?", model=SCRIPTED))
    assert text.endswith("Unsupported: “It has 42 sails.” (not in its evidence: 42)")


def test_markup_of_a_model_shows_and_opens_nothing(served: Service, openai: OpenAI) -> None:
    served.will_say(Reply("The red lamp burns [1]. See !", "[x](http://evil.example/x.png) and <", "img src=x>."))
    text = text_of(ask(openai, "Which red lamp burns?", model=SCRIPTED))
    assert "http://evil.example" in text
    assert not re.search(r"!\[x|<img", text)


def test_earlier_messages_are_history_without_their_footnotes(served: Service, openai: OpenAI) -> None:
    before = text_of(ask(openai, "When was the green lighthouse built?"))
    served.will_say(
        Reply("What colour is the lighthouse of 1702?"), Reply("The green lighthouse was built in 1702 [1].")
    )
    openai.chat.completions.create(
        model=SCRIPTED,
        messages=[
            {"role": "system", "content": "Answer as a pirate."},
            {"role": "user", "content": "When was the green lighthouse built?"},
            {"role": "assistant", "content": before},
            {"role": "user", "content": "And what colour is it?"},
        ],
    )
    sent = [json.dumps(request.body, ensure_ascii=False) for request in served.model.requests]
    assert "The green lighthouse was built in 1702." in sent[0]
    assert not any("http://" in one.replace(served.model.url, "") or "pirate" in one for one in sent)


def test_a_follow_up_points_at_a_picture_of_the_last_answer(served: Service, openai: OpenAI) -> None:
    served.will_say(Reply("It is red [1]."))
    where = {"sightline": {"filters": {"modality": ["image"]}}}
    before = text_of(ask(openai, "What is on the red picture?", model=SCRIPTED, extra_body=where))
    served.will_say(Reply("What does the first picture show?"), Reply("It is red [1]."))
    answered = openai.chat.completions.create(
        model=SCRIPTED,
        messages=[
            {"role": "user", "content": "What is on the red picture?"},
            {"role": "assistant", "content": before},
            {"role": "user", "content": "What does the first picture show?"},
        ],
    )
    own = (answered.model_extra or {})["sightline"]
    assert own["hits"][0]["document"]["source"] == "red.png"
    assert own["hits"][0]["ranks"] == {"history": 1}


class Fact(BaseModel):
    thing: str
    year: int


def test_an_answer_as_data_is_json_and_nothing_else(served: Service, openai: OpenAI) -> None:
    served.will_say(Reply('{"answer": {"thing": "lighthouse", "year": 1702}, "evidence": [1]}'))
    question: Any = [{"role": "user", "content": "When was the green lighthouse built?"}]  # Any: their types
    answered = openai.chat.completions.parse(model=SCRIPTED, messages=question, response_format=Fact)
    assert answered.choices[0].message.parsed == Fact(thing="lighthouse", year=1702)
    served.will_say(Reply('{"answer": null, "evidence": []}'))
    answered = openai.chat.completions.parse(model=SCRIPTED, messages=question, response_format=Fact)
    message = answered.choices[0].message
    assert (message.parsed, message.content, message.refusal) == (None, None, NOT_ANSWERED)


def test_a_models_name_says_where_to_ask_and_whom(served: Service, openai: OpenAI) -> None:
    served.will_say(Reply("The green lighthouse was built in 1702 [1]."))
    answered = ask(
        openai, "When was the green lighthouse built?", model=f"sightline/towers@{SCRIPTED.partition('@')[2]}"
    )
    own = (answered.model_extra or {})["sightline"]
    assert own["model"] == "chat:openai:scripted"
    assert {hit["document"]["source"] for hit in own["hits"]} == {"tower.pdf"}


def test_what_means_nothing_here_is_taken_all_the_same(openai: OpenAI) -> None:
    answered = ask(
        openai,
        "Which red lamp burns?",
        temperature=0.2,
        max_tokens=5,
        stop=["\n"],
        user="somebody",
        seed=1,
        tools=[{"type": "function", "function": {"name": "look", "parameters": {}}}],
        tool_choice="auto",
        extra_body={"chat_id": "7"},
    )
    assert text_of(answered).startswith("The red lamp burns.")


async def test_the_asynchronous_client_is_answered_too(served: Service) -> None:
    async with AsyncOpenAI(base_url=f"{served.url}/v1", api_key="none") as client:
        question: Any = [{"role": "user", "content": "Which red lamp burns?"}]  # Any: their types
        answered = await client.chat.completions.create(model="sightline", messages=question)
        stream = await client.chat.completions.create(model="sightline", messages=question, stream=True)
        told = "".join([chunk.choices[0].delta.content or "" async for chunk in stream])
    assert told == text_of(answered)
