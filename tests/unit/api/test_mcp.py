"""The tools for models, asked by the real client over HTTP."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
from fastapi.testclient import TestClient
from mcp import Client
from mcp.client.session import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, ImageContent, TextContent, Tool
from PIL import Image

from rag.engine import Engine
from rag.settings import load_settings
from tests.service import running, small_store
from tests.unit.api.conftest import Open
from tests.unit.api.test_errors import problem

KEY = "correct-horse"
Json = dict[str, Any]  # Any: JSON


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = small_store(tmp_path_factory.mktemp("mcp") / "store")
    settings = load_settings(store=root, encoders=("colours",), ocr=False, workers=1)
    with running(Engine(settings=settings)) as url:
        yield f"{url}/mcp"


async def call(address: str, tool: str, **arguments: object) -> CallToolResult:
    async with Client(address) as client:
        return await client.call_tool(tool, arguments)


async def tools_of(address: str) -> dict[str, Tool]:
    async with Client(address) as client:
        return {tool.name: tool for tool in (await client.list_tools()).tools}


def text_of(result: CallToolResult) -> str:
    return "\n".join(part.text for part in result.content if isinstance(part, TextContent))


def pictures_of(result: CallToolResult) -> list[Image.Image]:
    pictures = [part for part in result.content if isinstance(part, ImageContent)]
    assert all(part.mime_type == "image/jpeg" for part in pictures)
    return [Image.open(io.BytesIO(base64.b64decode(part.data))).convert("RGB") for part in pictures]


def told(result: CallToolResult) -> Json:
    assert not result.is_error, text_of(result)
    assert isinstance(result.structured_content, dict)
    return result.structured_content


def mistake_of(result: CallToolResult) -> str:
    assert result.is_error
    assert result.structured_content is None
    return text_of(result)


async def test_a_model_is_told_what_each_tool_is_for_and_what_every_argument_means(address: str) -> None:
    tools = await tools_of(address)
    assert list(tools) == ["search", "ask", "get_page_image"]
    for tool in tools.values():
        assert tool.title
        assert len(tool.description or "") > 100
        assert tool.output_schema
        assert tool.annotations is not None
        assert (tool.annotations.read_only_hint, tool.annotations.open_world_hint) == (True, False)
        for name, argument in tool.input_schema["properties"].items():
            assert len(argument.get("description", "")) > 20, f"{tool.name}.{name}"
    assert tools["search"].input_schema["required"] == ["query"]


async def test_the_older_handshake_is_answered_too(address: str) -> None:
    async with (
        streamable_http_client(address) as (read, write, *_),
        ClientSession(read, write) as session,
    ):
        begun = await session.initialize()
        assert begun.server_info.name == "sightline"
        assert "get_page_image" in (begun.instructions or "")
        found = await session.call_tool("search", {"query": "red lamp"})
        assert isinstance(found, CallToolResult)
        assert told(found)["found"][0]["document"] == "notes/lamp.txt"


async def test_a_search_gives_data_text_and_the_pictures_themselves(address: str) -> None:
    result = await call(address, "search", query="red")
    found = told(result)["found"]
    assert {one["document"] for one in found} >= {"notes/lamp.txt", "red.png"}
    assert [one["number"] for one in found] == list(range(1, len(found) + 1))
    (picture,) = pictures_of(result)
    assert picture.size == (400, 200)
    number = next(one["number"] for one in found if one["has_picture"])
    said = text_of(result)
    assert f"Picture of [{number}], red.png:" in said
    assert "> The red lamp burns." in said


async def test_a_search_keeps_to_its_restrictions(address: str) -> None:
    pictures = await call(address, "search", query="red", kinds=["image"], pictures=0)
    assert [one["document"] for one in told(pictures)["found"]] == ["red.png"]
    assert pictures_of(pictures) == []
    of_one = told(await call(address, "search", query="red", documents=["sea.md"], first_page=1, route="caption"))
    assert [one["document"] for one in of_one["found"]] == ["sea.md"]
    assert told(await call(address, "search", query="red", first_page=2))["found"] == []


async def test_nothing_found_says_what_to_do(address: str) -> None:
    assert "other words" in text_of(await call(address, "search", query="red", first_page=2))


async def test_an_answer_names_the_place_of_each_sentence(address: str) -> None:
    result = await call(address, "ask", question="Which lamp burns?")
    answer = told(result)
    assert answer["answerable"]
    assert answer["answer"].startswith("The red lamp burns.")
    assert [(one["document"], one["quote"]) for one in answer["citations"]] == [
        ("notes/lamp.txt", "The red lamp burns.")
    ]
    assert "[1] notes/lamp.txt\n> The red lamp burns." in text_of(result)


async def test_a_question_without_an_answer_says_so_and_shows_what_is_nearest(address: str) -> None:
    result = await call(address, "ask", question="Who won the cup?")
    assert not told(result)["answerable"]
    assert told(result)["citations"] == []
    assert "does not answer" in text_of(result)


async def test_a_page_is_shown_with_its_box_framed(address: str) -> None:
    result = await call(address, "get_page_image", document="red.png", boxes=[[0.25, 0.25, 0.75, 0.75]], side=256)
    page = told(result)
    assert (page["page"], page["n_pages"], page["width"], page["height"]) == (1, 1, 256, 128)
    (picture,) = pictures_of(result)
    assert picture.size == (256, 128)
    (plain,) = pictures_of(await call(address, "get_page_image", document=page["document_id"], side=256))
    changed = np.abs(np.asarray(picture, np.int64) - np.asarray(plain, np.int64)).sum(axis=2) > 40
    ys, xs = np.nonzero(changed)
    assert abs(xs.min() - 64) < 8
    assert abs(xs.max() - 192) < 8
    assert abs(ys.min() - 32) < 8
    assert abs(ys.max() - 96) < 8


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("search", {"query": ""}, "query: String should have at least 1 character."),
        ("search", {"query": "red", "k": 0}, "k: Input should be greater than or equal to 1."),
        ("search", {"query": "red", "kinds": ["film"]}, "kinds.0: Input should be 'text'"),
        ("search", {"query": "red", "limit": 3}, "search has no argument 'limit'. It takes query, k,"),
        ("search", {"query": "red", "first_page": 3, "last_page": 2}, "from 3 to 2"),
        ("search", {"query": "red", "collections": ["none"]}, "Leave `collections` out"),
        ("ask", {}, "question: Field required."),
        ("ask", {"question": "   "}, "There is no question."),
        ("get_page_image", {"document": "none.pdf"}, "`document` or `document_id` of a result"),
        ("get_page_image", {"document": "red.png", "page": 7}, "has no page 7. Its pages go from 1 to 1."),
        ("get_page_image", {"document": "sea.md"}, "`search` with its name in `documents`"),
        ("get_page_image", {"document": "red.png", "boxes": [[0, 0, 1]]}, "boxes.0: List should have at least 4"),
        ("get_page_image", {"document": "red.png", "boxes": [[0.5, 0, 0.1, 1]]}, "is no part of a picture"),
        ("no_such_tool", {}, "The tools are search, ask, get_page_image."),
    ],
)
async def test_a_mistake_says_what_to_do_next(address: str, tool: str, arguments: Json, said: str) -> None:
    message = mistake_of(await call(address, tool, **arguments))
    assert said in message
    assert "pydantic" not in message


async def test_calls_are_counted_by_how_they_ended(address: str) -> None:
    def calls(outcome: str) -> float:
        told = httpx2.get(address.removesuffix("/mcp") + "/metrics").text
        found = re.search(
            rf'^sightline_tool_calls_total{{outcome="{outcome}",tool="search"}} (.+)$', told, re.MULTILINE
        )
        return float(found[1]) if found else 0.0

    good, bad = calls("ok"), calls("error")
    await call(address, "search", query="red")
    await call(address, "search", query="red", k=0)
    await call(address, "search", query="red", limit=3)
    assert (calls("ok"), calls("error")) == (good + 1, bad + 2)


async def test_a_mistake_of_ours_tells_nothing_of_its_insides(
    settings_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(settings=load_settings(store=settings_root, encoders=("colours",), ocr=False))

    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("secret insides")

    monkeypatch.setattr(engine, "find", breaks)
    with running(engine) as url:
        said = mistake_of(await call(f"{url}/mcp", "search", query="red"))
    assert "The service made a mistake" in said
    assert "secret" not in said


@pytest.fixture
def settings_root(tmp_path: Path) -> Path:
    return small_store(tmp_path / "store")


async def test_the_tools_ask_for_the_key_like_everything_else(settings_root: Path) -> None:
    settings = load_settings(store=settings_root, encoders=("colours",), ocr=False, key=KEY)
    with running(Engine(settings=settings)) as url:
        statuses: list[int] = []

        async def note(response: httpx2.Response) -> None:
            statuses.append(response.status_code)

        for headers in ({}, {"Authorization": "Bearer wrong"}):
            async with httpx2.AsyncClient(headers=headers, event_hooks={"response": [note]}) as http:
                with pytest.raises(BaseExceptionGroup):
                    async with Client(streamable_http_client(f"{url}/mcp", http_client=http)):
                        pass
        assert set(statuses) == {401}
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {KEY}"}) as http,
            Client(streamable_http_client(f"{url}/mcp", http_client=http)) as client,
        ):
            assert len((await client.list_tools()).tools) == 3


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example.org"}, {"Origin": "null"}, {"Host": "rebound.example.org"}]
)
def test_without_a_key_foreign_pages_reach_no_tool(open_service: Open, headers: dict[str, str]) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    with open_service() as service:
        assert problem(service.post("/mcp", json=body, headers=headers))["code"] == "forbidden"


def test_there_is_nothing_to_listen_to_and_no_session_to_end(service: TestClient) -> None:
    for method in ("GET", "DELETE"):
        response = service.request(method, "/mcp")
        assert problem(response)["code"] == "method_not_allowed"
        assert response.headers["allow"] == "POST"


def test_before_the_service_is_up_a_model_is_told_to_wait(service: TestClient) -> None:
    assert problem(service.post("/mcp", json={}))["code"] == "stopping"
