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


def stored_red(service: TestClient) -> str:
    (hit,) = hits(service, query="red", filters={"document": ["red.png"]})
    return hit["element"]


def test_a_stored_element_a_crop_of_it_and_its_weight_go_over_the_wire(service: TestClient) -> None:
    red = stored_red(service)
    pictures = {"modality": ["image"]}
    assert sources(service, parts=[{"like": red}], filters=pictures) == []
    for part in ({"like": red, "itself": True}, {"like": red, "box": [0, 0, 0.5, 0.5], "itself": True, "weight": 0.5}):
        (hit,) = hits(service, parts=[part], filters=pictures, explain=True)
        assert (hit["document"]["source"], hit["found_by"]) == ("red.png", ["like:colours"])
        assert hit["explain"]["like:colours"]["raw"] == pytest.approx(1, abs=1e-3)


def test_parts_draw_near_and_push_away_over_the_wire(service: TestClient) -> None:
    half = Image.new("RGB", (64, 64), "red")
    half.paste("blue", (0, 0, 32, 64))
    parts = [{"image": data_uri(half)}, {"text": "blue", "weight": -1}]
    (plain,) = hits(service, parts=parts[:1], filters={"modality": ["image"]}, explain=True)
    (pushed,) = hits(service, parts=parts, filters={"modality": ["image"]}, explain=True)
    assert pushed["explain"]["like:colours"]["raw"] > plain["explain"]["like:colours"]["raw"] + 0.1
    (cut,) = hits(
        service,
        parts=[{"image": data_uri(half), "box": [0.5, 0, 1, 1]}],
        filters={"modality": ["image"]},
        explain=True,
    )
    assert cut["explain"]["like:colours"]["raw"] == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(
    "part",
    [
        {},
        {"weight": 2},
        {"text": ""},
        {"text": "red", "like": "x"},
        {"text": "red", "box": [0, 0, 1, 1]},
        {"text": "red", "itself": True},
        {"text": "red", "weight": 0},
        {"text": "red", "weight": -1},
        {"text": "red", "weight": 101},
        {"text": "red", "weight": "heavy"},
        {"text": "red", "colour": "red"},
        {"like": "x", "box": [0, 0, 1]},
        {"like": "x", "box": [0, 0, 1, 2]},
        {"like": "x", "box": [0.5, 0, 0.5, 1]},
        {"image": "red.png"},
        {"image": "data:image/png;base64,@@@@"},
    ],
)
def test_a_part_that_cannot_be_searched_by_is_a_bad_request(service: TestClient, part: dict[str, object]) -> None:
    told = problem(service.post("/v1/search", json={"parts": [part]}))
    assert told["code"] == "bad_request"
    assert told["detail"]


def test_too_many_parts_are_refused_and_an_unknown_element_is_named(service: TestClient) -> None:
    many = service.post("/v1/search", json={"parts": [{"text": "red"}] * 17})
    assert problem(many)["code"] == "bad_request"
    for path, words in (("search", {}), ("query", {"question": "Which lamp burns?"})):
        unknown = problem(service.post(f"/v1/{path}", json={**words, "parts": [{"like": "none"}]}))
        assert (unknown["status"], unknown["code"]) == (404, "unknown_element")
        assert "none" in unknown["detail"]


def test_a_broken_picture_names_its_part(service: TestClient) -> None:
    parts = [{"text": "red"}, {"image": "red.png"}]
    assert problem(service.post("/v1/search", json={"parts": parts}))["detail"].startswith("parts.1.image")


def test_a_language_that_is_not_read_is_noted_in_searches_and_answers(service: TestClient) -> None:
    german = "Wie hoch ist der Turm und wer hat ihn gebaut?"
    for told in (
        service.post("/v1/search", json={"query": german}).json(),
        service.post("/v1/query", json={"question": german}).json(),
    ):
        (note,) = told["notes"]
        assert note["code"] == "foreign_language"
        assert "colours" in note["message"]
    assert service.post("/v1/search", json={"query": "the red lamp"}).json()["notes"] == []
    assert service.post("/v1/query", json={"question": "Which lamp burns?"}).json()["notes"] == []
