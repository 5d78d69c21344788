"""Searches and questions that come as forms say what their JSON says."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from tests.unit.api.test_errors import problem
from tests.unit.api.test_search import data_uri

GREY = Image.new("RGB", (64, 64), "grey")
RED = Image.new("RGB", (64, 64), "red")
ONLY_PICTURES = json.dumps({"modality": ["image"]})


def file(image: Image.Image, name: str, kind: str = "png") -> tuple[str, tuple[str, bytes]]:
    written = io.BytesIO()
    image.save(written, kind)
    return "image", (name, written.getvalue())


def hits(service: TestClient, *files: tuple[str, tuple[str, bytes]], **fields: str) -> Any:  # Any: JSON
    # Always a form with boundaries, with or without files.
    parts: list[tuple[str, Any]] = [*((name, (None, value)) for name, value in fields.items()), *files]
    response = service.post("/v1/search", files=parts)
    assert response.status_code == 200, response.text
    return response.json()["hits"]


def test_a_form_finds_what_its_json_finds(service: TestClient) -> None:
    body = {
        "query": "red",
        "k": 2,
        "explain": True,
        "filters": {"path": "*.png"},
        "parts": [{"text": "blue", "weight": -1}],
    }
    form = {name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()}
    assert hits(service, **form) == service.post("/v1/search", json=body).json()["hits"]


def test_files_are_pictures_of_weight_1(service: TestClient) -> None:
    form = hits(service, file(RED, "a.png"), file(GREY, "b.webp", "webp"), filters=ONLY_PICTURES, explain="true")
    parts = [{"image": data_uri(RED)}, {"image": data_uri(GREY)}]
    body = {"parts": parts, "filters": {"modality": ["image"]}, "explain": True}
    assert form == service.post("/v1/search", json=body).json()["hits"]
    assert form[0]["explain"]["like:colours"]["raw"] == pytest.approx(0.7071, abs=1e-3)


def test_a_part_gives_a_file_its_weight_and_box(service: TestClient) -> None:
    half = RED.copy()
    half.paste("grey", (0, 0, 32, 64))
    parts = json.dumps([{"image": "half.png", "box": [0.5, 0, 1, 1], "weight": 2}, {"text": "grey", "weight": -0.01}])
    (hit,) = hits(service, file(half, "half.png"), parts=parts, filters=ONLY_PICTURES, explain="true")
    assert hit["explain"]["like:colours"]["raw"] == pytest.approx(1, abs=1e-3)


def test_a_question_may_come_as_a_form_with_its_picture(service: TestClient) -> None:
    told = service.post("/v1/query", data={"question": "Which lamp burns?"}, files=[file(RED, "a.png")]).json()
    assert told["answerable"]
    assert "red.png" in [hit["document"]["source"] for hit in told["hits"]]


@pytest.mark.parametrize(
    ("fields", "files", "code", "told"),
    [
        ({"query": "red", "k": "many"}, [], "bad_request", "k: "),
        ({"query": "red", "colour": "red"}, [], "bad_request", "colour: There is no such field."),
        ({"query": "red", "parts": "{"}, [], "bad_request", "parts: "),
        ({"query": "red", "parts": '[{"image": "none.png"}]'}, [], "bad_request", "parts.0.image"),
        ({"query": "red", "parts": '[{"image": ["a.png"]}]'}, [("image", ("a.png", b""))], "bad_request", "parts.0.image"),
        ({"query": "red", "parts": "7"}, [("image", ("a.png", b""))], "bad_request", "parts: "),
        ({"query": ["red", "blue"]}, [], "bad_request", "query: This field comes twice"),
        ({}, [("picture", ("a.png", b""))], "bad_request", "picture: There is no such file"),
        ({}, [("image", ("a.png", b"")), ("image", ("a.png", b""))], "bad_request", "Two files"),
        ({}, [("image", ("a.pdf", b"%PDF"))], "unsupported_file", "a.pdf is not a picture"),
        ({}, [("image", ("a.png", b"broken"))], "", "a"),
        ({}, [("image", (f"{at}.png", b"")) for at in range(17)], "unreadable_body", "Too many files"),
    ],
)  # fmt: skip
def test_a_form_that_cannot_be_read_is_refused(
    service: TestClient, fields: dict[str, str | list[str]], files: list[tuple[str, tuple[str, bytes]]], code: str, told: str
) -> None:  # fmt: skip
    parts: list[Any] = [
        (name, (None, one)) for name, value in fields.items() for one in ([value] if isinstance(value, str) else value)
    ]
    refused = problem(service.post("/v1/search", files=[*parts, *files]))
    assert refused["code"] == code or (not code and refused["code"] in ("damaged_file", "unsupported_file"))
    assert told in refused["detail"]


def test_a_form_without_its_end_and_an_empty_one_are_refused(service: TestClient) -> None:
    headers = {"content-type": "multipart/form-data; boundary=x"}
    assert problem(service.post("/v1/search", content=b"--x\r\nbroken", headers=headers))["status"] in (400, 422)
    assert problem(service.post("/v1/search", content=b"--x--\r\n", headers=headers))["code"] == "bad_request"
    assert (
        problem(service.post("/v1/search", content=b"", headers={"content-type": "multipart/form-data"}))["status"]
        == 400
    )
