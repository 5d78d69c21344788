"""The service as LangChain's `ChatOpenAI` and `OpenAIEmbeddings` use it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from openai import BadRequestError
from PIL import Image
from pydantic import BaseModel

from rag.encoders.colours import ColourEncoder
from tests.chat_server import Reply
from tests.unit.api.openai_compatible.conftest import SCRIPTED, Service
from tests.unit.api.openai_compatible.test_chat import FOOTNOTE
from tests.unit.api.test_search import data_uri


class Fact(BaseModel):
    """What was built when."""

    thing: str
    year: int


def chat(served: Service, model: str = "sightline", **how: Any) -> ChatOpenAI:  # Any: their settings
    return ChatOpenAI(model=model, base_url=f"{served.url}/v1", api_key="none", **how)  # type: ignore[arg-type]  # an alias


def test_a_question_is_answered_with_its_sources(served: Service) -> None:
    told = chat(served).invoke("When was the green lighthouse built?")
    assert isinstance(told.content, str)
    assert told.content.startswith("The green lighthouse was built in 1702. [1]")
    assert [title for _, title, _ in FOOTNOTE.findall(told.content)] == ["tower.pdf, page 2"]
    assert told.response_metadata["finish_reason"] == "stop"


async def test_an_answer_is_streamed_with_what_it_took(served: Service) -> None:
    served.will_say(Reply("The red lamp ", "burns [1]. ", "The lamp is red [1].", usage=(40, 9)))
    chunks = [chunk async for chunk in chat(served, SCRIPTED, stream_usage=True).astream("Which red lamp burns?")]
    text = "".join(str(chunk.content) for chunk in chunks)
    assert text.startswith("The red lamp burns [1]. The lamp is red [1].\n\n[1] notes/lamp.txt, page 1: http")
    usage = [chunk.usage_metadata for chunk in chunks if chunk.usage_metadata]
    assert [one["total_tokens"] for one in usage] == [49]


def test_a_picture_is_asked_about(served: Service) -> None:
    served.will_say(Reply("It is red [1]."))
    picture = {"type": "image_url", "image_url": {"url": data_uri(Image.new("RGB", (64, 64), "red"), "jpeg")}}
    told = chat(served, SCRIPTED).invoke([HumanMessage([{"type": "text", "text": "What is this?"}, picture])])
    assert str(told.content).startswith("It is red [1].")
    parts = served.model.requests[-1].body["messages"][-1]["content"]
    assert [part["type"] for part in parts][-2] == "image_url"


def test_an_address_of_a_picture_is_refused(served: Service) -> None:
    picture = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
    with pytest.raises(BadRequestError, match="opens no address"):
        chat(served).invoke([HumanMessage([{"type": "text", "text": "What is this?"}, picture])])


def test_an_answer_is_history_for_the_next_question(served: Service) -> None:
    served.will_say(Reply("In which year was the green lighthouse built?"), Reply("It was built in 1702 [1]."))
    before = [
        HumanMessage("Is there a green lighthouse?"),
        AIMessage("There is one. [1]"),
        HumanMessage("And its year?"),
    ]
    told = chat(served, SCRIPTED).invoke(before)
    assert str(told.content).startswith("It was built in 1702 [1].")
    assert "Is there a green lighthouse?" in str(served.model.requests[0].body["messages"])


def test_an_answer_is_given_as_data(served: Service) -> None:
    served.will_say(Reply('{"answer": {"thing": "lighthouse", "year": 1702}, "evidence": [1]}'))
    told = chat(served, SCRIPTED).with_structured_output(Fact).invoke("When was the green lighthouse built?")
    assert told == Fact(thing="lighthouse", year=1702)


def test_texts_are_placed(served: Service) -> None:
    places = OpenAIEmbeddings(
        model="sightline", base_url=f"{served.url}/v1", api_key="none", check_embedding_ctx_length=False  # type: ignore[arg-type]  # an alias
    )  # fmt: skip
    expected = ColourEncoder().encode_texts(["a red lamp", "the sea"])
    assert np.allclose(places.embed_documents(["a red lamp", "the sea"]), expected)
    assert np.allclose(places.embed_query("a red lamp"), expected[0])
