"""Every error goes out as one kind of problem, with the status of its code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from api.app import create_app
from api.errors import STATUS, TITLES
from rag.engine import Engine
from rag.errors import SightlineError
from rag.settings import Settings
from rag.types import Documents
from rag.wire import ProblemJson
from tests.unit.api.conftest import Open


def kinds(root: type[SightlineError]) -> Iterator[type[SightlineError]]:
    yield root
    for kind in root.__subclasses__():
        yield from kinds(kind)


def problem(response: Response) -> ProblemJson:
    """The problem that a response tells of, once it is sure that it is one."""
    assert response.headers["content-type"] == "application/problem+json"
    told: ProblemJson = response.json()
    assert set(told) == set(ProblemJson.__annotations__)
    assert told["status"] == response.status_code
    assert told["status"] == STATUS[told["code"]]
    assert told["type"] == f"urn:sightline:error:{told['code']}"
    assert told["title"]
    assert told["detail"]
    assert told["hint"]
    assert told["request_id"] == response.headers["x-request-id"]
    return told


def test_every_code_has_a_status_of_an_error() -> None:
    codes = {kind.code for kind in kinds(SightlineError) if kind.__module__ == "rag.errors"} | set(TITLES)
    assert codes == set(STATUS)
    assert all(400 <= status < 600 for status in STATUS.values())


def test_an_unknown_address_is_a_problem(service: TestClient) -> None:
    assert problem(service.get("/v1/nowhere"))["code"] == "not_found"
    assert problem(service.post("/v1/search/", json={"query": "red"}))["code"] == "not_found"


def test_a_wrong_method_is_a_problem_that_names_the_right_one(service: TestClient) -> None:
    response = service.get("/v1/search")
    assert problem(response)["code"] == "method_not_allowed"
    assert response.headers["allow"] == "POST"


def test_an_invalid_body_names_each_field(service: TestClient) -> None:
    body = {"query": "red", "k": 0, "colour": "red", "filters": {"modality": ["sound"], "page": [1, 2]}}
    told = problem(service.post("/v1/search", json=body))
    assert told["code"] == "bad_request"
    assert {one["field"] for one in told["errors"]} == {"k", "colour", "filters.modality.0", "filters.page"}
    assert {one["message"] for one in told["errors"] if one["field"] == "colour"} == {"There is no such field."}


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b'{"query": }'])
def test_a_body_that_is_not_json_is_a_problem(service: TestClient, body: bytes) -> None:
    response = service.post("/v1/search", content=body, headers={"Content-Type": "application/json"})
    assert problem(response)["code"] == "unreadable_body"


def test_a_body_of_another_type_is_told_which_type_is_meant(service: TestClient) -> None:
    told = problem(service.post("/v1/search", content=b'{"query": "red"}'))
    assert "application/json" in told["detail"]


def test_half_a_surrogate_pair_in_a_request_is_a_problem_and_not_a_mistake(service: TestClient) -> None:
    for body in (rb'{"query": "\ud800"}', rb'{"\ud800": 1}', rb'{"query": "red", "filters": {"path": "\udfff"}}'):
        response = service.post("/v1/search", content=body, headers={"Content-Type": "application/json"})
        assert problem(response)["code"] in ("bad_request", "unreadable_body")


def test_a_body_that_says_it_is_too_large_is_refused(service: TestClient) -> None:
    response = service.post("/v1/documents", files={"files": ("a.txt", b"x" * 2**21)})
    assert problem(response)["code"] == "body_too_large"


def test_a_body_that_hides_its_size_is_refused_all_the_same(service: TestClient) -> None:
    def chunks() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'
        for _ in range(40):
            yield b"x" * 2**16

    for path in ("/v1/documents", "/v1/search"):
        kind = "multipart/form-data; boundary=b" if path == "/v1/documents" else "application/json"
        response = service.post(path, content=chunks(), headers={"Content-Type": kind})
        assert "content-length" not in response.request.headers
        assert problem(response)["code"] == "body_too_large"


def test_a_broken_form_is_a_problem(service: TestClient) -> None:
    response = service.post("/v1/documents", content=b"?", headers={"Content-Type": "multipart/form-data; boundary=b"})
    assert problem(response)["code"] == "unreadable_body"


def test_a_store_of_another_model_is_a_conflict_that_names_both(open_service: Open) -> None:
    told = problem(open_service(encoders=("builtin",)).post("/v1/search", json={"query": "red"}))
    assert told["status"] == 409
    assert "colours" in told["detail"]
    assert "builtin" in told["detail"]


def test_a_missing_store_is_said_and_not_made_by_asking(open_service: Open, tmp_path: Path) -> None:
    service = open_service(store=tmp_path / "none")
    for response in (service.get("/v1/documents"), service.post("/v1/search", json={"query": "red"})):
        assert problem(response)["code"] == "store_not_found"
        assert response.headers["retry-after"]
    assert not (tmp_path / "none").exists()


def test_a_mistake_of_ours_is_a_problem_without_its_inside(settings: Settings) -> None:
    class Mistaken(Engine):
        def documents(self, collection: str | None = None) -> Documents:
            raise ZeroDivisionError("a secret of the house")

    service = TestClient(create_app(Mistaken(settings=settings)), "http://127.0.0.1", raise_server_exceptions=False)
    told = problem(service.get("/v1/documents"))
    assert told["code"] == "internal_error"
    assert "secret" not in str(told)


def test_a_request_keeps_the_id_that_it_came_with(service: TestClient) -> None:
    given = {"X-Request-ID": "trace-7.a_b"}
    assert service.get("/health/live", headers=given).headers["x-request-id"] == "trace-7.a_b"
    assert problem(service.get("/v1/nowhere", headers=given))["request_id"] == "trace-7.a_b"


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "<script>"])
def test_an_unfit_request_id_is_replaced(service: TestClient, given: str) -> None:
    answered = service.get("/health/live", headers={"X-Request-ID": given}).headers["x-request-id"]
    assert answered != given
    assert len(answered) == 32
