"""Searching over HTTP, by words and by pictures, in some places only."""

from __future__ import annotations

import base64
import io
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from rag.wire import HitJson
from tests.unit.api.test_errors import problem


def hits(service: TestClient, **body: Any) -> list[HitJson]:  # Any: JSON
    response = service.post("/v1/search", json=body)
    assert response.status_code == 200, response.text
    found: list[HitJson] = response.json()["hits"]
    return found


def sources(service: TestClient, **body: Any) -> list[str]:
    return [hit["document"]["source"] for hit in hits(service, **body)]


def data_uri(image: Image.Image, kind: str = "png") -> str:
    written = io.BytesIO()
    image.save(written, kind)
    return f"data:image/{kind};base64,{base64.b64encode(written.getvalue()).decode()}"


def test_words_find_texts_and_pictures(service: TestClient) -> None:
    assert set(sources(service, query="red")[:2]) == {"notes/lamp.txt", "red.png"}
    assert sources(service, query="blue sea")[0] == "sea.md"


def test_a_hit_names_its_place(service: TestClient) -> None:
    (hit,) = hits(service, query="sea", k=1)
    assert hit["rank"] == 1
    assert 0 < hit["score"] <= 1
    assert (hit["document"]["source"], hit["document"]["title"], hit["page"]) == ("sea.md", "sea", 1)
    assert hit["text"] == "The blue sea <b>sleeps</b>."
    assert "bm25" in hit["found_by"]


def test_a_route_is_chosen_and_each_list_is_explained(service: TestClient) -> None:
    told = {route: hits(service, query="red", route=route, explain=True) for route in ("shared", "caption", "fused")}
    lists = {route: {name for hit in found for name in hit["explain"]} for route, found in told.items()}
    assert lists == {
        "shared": {"dense:colours", "picture:colours"},
        "caption": {"dense:colours"},
        "fused": {"bm25", "dense:colours", "picture:colours"},
    }
    assert told["fused"][0]["explain"].keys() == told["fused"][0]["ranks"].keys()
    assert "explain" not in hits(service, query="red")[0]
    wrong = problem(service.post("/v1/search", json={"query": "red", "route": "scenic"}))
    assert wrong["code"] == "bad_request"


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "gif", "bmp", "tiff", "avif"])
def test_a_picture_finds_its_like(service: TestClient, kind: str) -> None:
    assert sources(service, image=data_uri(Image.new("RGB", (64, 64), "red"), kind))[0] == "red.png"


def test_a_picture_and_words_search_together(service: TestClient) -> None:
    found = sources(service, query="sea", image=data_uri(Image.new("RGB", (64, 64), "red")))
    assert {"sea.md", "red.png"} <= set(found)


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        ({"document": ["red.png", "sea.md"]}, {"red.png", "sea.md"}),
        ({"modality": ["image"]}, {"red.png"}),
        ({"path": "notes/**"}, {"notes/lamp.txt"}),
        ({"metadata": {"kind": "text/markdown"}}, {"sea.md"}),
        ({"pages": [1, 1]}, {"red.png", "sea.md", "notes/lamp.txt"}),
        ({"pages": [2, 9]}, set()),
        ({"modality": ["image"], "path": "*.md"}, set()),
        ({}, {"red.png", "sea.md", "notes/lamp.txt"}),
    ],
)
def test_filters_hold_inside_the_search(service: TestClient, filters: dict[str, object], left: set[str]) -> None:
    assert set(sources(service, query="red", filters=filters)) == left


def test_a_filter_on_an_unknown_document_is_an_error(service: TestClient) -> None:
    response = service.post("/v1/search", json={"query": "red", "filters": {"document": ["none.pdf"]}})
    assert problem(response)["code"] == "unknown_document"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"query": ""},
        {"query": "  "},
        {"query": "red", "k": 0},
        {"query": "red", "k": 1001},
        {"query": "red", "k": 1.5},
        {"query": "x" * 10_001},
        {"query": None},
        {"query": "red", "filters": {"pages": [2, 1]}},
        {"query": "red", "filters": {"pages": [0, 1]}},
        {"query": "red", "filters": {"pages": [1]}},
        {"query": "red", "filters": {"document": "red.png"}},
        {"query": "red", "filters": {"path": ""}},
        {"query": "red", "filters": {"path": "!"}},
        {"query": "red", "filters": {"path": "a\\"}},
        {"query": "red", "filters": {"document": ["x"] * 1_001}},
        {"query": "red", "image": "red.png"},
        {"query": "red", "image": "file:///etc/passwd"},
        {"query": "red", "image": "data:image/svg+xml;base64,PHN2Zy8+"},
        {"query": "red", "image": "data:image/png;base64,@@@@"},
        {"query": "red", "image": "data:image/png;base64,ü"},
    ],
)
def test_what_cannot_be_searched_for_is_a_bad_request(service: TestClient, body: dict[str, object]) -> None:
    assert problem(service.post("/v1/search", json=body))["code"] == "bad_request"


@pytest.mark.parametrize(
    ("image", "codes"),
    [
        (b"\x89PNG\r\n\x1a\n broken", {"damaged_file", "unsupported_file"}),
        (b"%PDF-1.7 not a picture", {"damaged_file", "unsupported_file"}),
        (b"", {"empty_file", "damaged_file", "unsupported_file"}),
    ],
)
def test_a_picture_that_cannot_be_decoded_is_refused(service: TestClient, image: bytes, codes: set[str]) -> None:
    body = {"image": f"data:image/png;base64,{base64.b64encode(image).decode()}"}
    assert problem(service.post("/v1/search", json=body))["code"] in codes


@pytest.mark.parametrize("question", ["", " ", None])
def test_a_question_must_be_asked(service: TestClient, question: str | None) -> None:
    assert problem(service.post("/v1/query", json={"question": question}))["code"] == "bad_request"


def test_a_query_has_a_question_and_a_search_a_query(service: TestClient) -> None:
    told = problem(service.post("/v1/query", json={"query": "red"}))
    assert {one["field"] for one in told["errors"]} == {"question", "query"}


@pytest.mark.parametrize(
    "query", ["\u0000", "NEAR(", '"', "a AND", "*", "🦭", "'; DROP TABLE documents; --", "a" * 10_000]
)
def test_no_words_break_a_search(service: TestClient, query: str) -> None:
    assert service.post("/v1/search", json={"query": query}).status_code == 200
