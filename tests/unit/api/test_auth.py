"""Who may ask."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from api.auth import is_loopback
from tests.unit.api.conftest import Open
from tests.unit.api.test_errors import problem

KEY = "correct horse"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {KEY}"},
        {"Authorization": KEY},
        {"X-API-Key": f"{KEY}!"},
        {"X-API-Key": ""},
    ],
)
def test_without_the_right_key_nothing_is_answered(open_service: Open, headers: dict[str, str]) -> None:
    service = open_service(key=KEY)
    for path in ("/v1/info", "/v1/documents", f"/v1/media/{'0' * 64}", "/v1/nowhere"):
        response = service.get(path, headers=headers)
        assert problem(response)["code"] == "unauthorized"
        assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("headers", [{"Authorization": f"Bearer {KEY}"}, {"X-API-Key": KEY}])
def test_the_key_opens_in_either_header_and_from_anywhere(open_service: Open, headers: dict[str, str]) -> None:
    service = open_service(key=KEY)
    far = {**headers, "Host": "search.example.org", "Origin": "https://page.example.org"}
    assert service.get("/v1/info", headers=far).status_code == 200


def test_health_and_the_reference_need_no_key(open_service: Open) -> None:
    service = open_service(key=KEY)
    for path in ("/health/live", "/health/ready", "/docs", "/openapi.json"):
        assert service.get(path).status_code == 200


def test_an_upload_without_the_key_is_refused_before_it_is_measured(open_service: Open) -> None:
    response = open_service(key=KEY).post("/v1/documents", files={"files": ("a.txt", b"x" * 2**21)})
    assert problem(response)["code"] == "unauthorized"


@pytest.mark.parametrize("host", ["evil.example.org", "127.0.0.1.example.org", "", "[", "10.0.0.7:8321"])
def test_without_a_key_another_name_for_this_machine_is_refused(service: TestClient, host: str) -> None:
    assert problem(service.get("/v1/documents", headers={"Host": host}))["code"] == "forbidden"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:9000", "localhost:8321", "[::1]:8321"])
def test_without_a_key_this_machine_may_ask(service: TestClient, host: str) -> None:
    assert service.get("/v1/documents", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example.org", "null", "http://127.0.0.1:9999"])
def test_without_a_key_foreign_pages_may_not_send_files(service: TestClient, origin: str) -> None:
    response = service.post("/v1/documents", files={"files": ("a.txt", b"x")}, headers={"Origin": origin})
    assert problem(response)["code"] == "forbidden"


def test_without_a_key_pages_of_the_service_itself_may_ask(service: TestClient) -> None:
    response = service.post("/v1/search", json={"query": "red"}, headers={"Origin": "http://127.0.0.1:8321"})
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.4", False),
        ("localhost.example.org", False),
        ("", False),
    ],
)
def test_only_loopback_is_this_machine(host: str, here: bool) -> None:
    assert is_loopback(host) is here
