"""Documents: listed in parts, shown, deleted."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from tests.unit.api.test_errors import problem

SOURCES = ["notes/lamp.txt", "red.png", "sea.md"]


def test_documents_are_listed_by_source(service: TestClient) -> None:
    told = service.get("/v1/documents").json()
    assert [one["source"] for one in told["documents"]] == SOURCES
    assert (told["total"], told["next"]) == (3, None)


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_parts_of_the_list_give_each_document_once(service: TestClient, limit: int) -> None:
    sources, asked = list[str](), {"limit": str(limit)}
    while True:
        part = service.get("/v1/documents", params=asked).json()
        assert len(part["documents"]) <= limit
        sources += [one["source"] for one in part["documents"]]
        if part["next"] is None:
            break
        asked["cursor"] = part["next"]
    assert sources == SOURCES


def test_a_cursor_outlives_the_document_that_it_names(service: TestClient) -> None:
    first = service.get("/v1/documents", params={"limit": "1"}).json()
    service.delete(f"/v1/documents/{first['documents'][0]['id']}")
    rest = service.get("/v1/documents", params={"cursor": first["next"]}).json()
    assert [one["source"] for one in rest["documents"]] == SOURCES[1:]


@pytest.mark.parametrize("cursor", ["", "x", "W10=", "WzEsMl0=", "bnVsbA==", "ü"])
def test_a_cursor_from_elsewhere_is_refused(service: TestClient, cursor: str) -> None:
    assert problem(service.get("/v1/documents", params={"cursor": cursor}))["code"] == "bad_request"


@pytest.mark.parametrize("limit", ["0", "1001", "many"])
def test_an_impossible_limit_is_refused_by_name(service: TestClient, limit: str) -> None:
    told = problem(service.get("/v1/documents", params={"limit": limit}))
    assert [one["field"] for one in told["errors"]] == ["limit"]


@pytest.mark.parametrize("name", ["notes/lamp.txt", "notes%2Flamp.txt", "lamp.txt"])
def test_a_document_is_shown_by_source_or_file_name(service: TestClient, name: str) -> None:
    told = service.get(f"/v1/documents/{name}").json()
    assert told["source"] == "notes/lamp.txt"
    assert told["elements"] == {"text": 1, "image": 0, "table": 0, "page": 0}


def test_a_deleted_document_is_found_no_more(service: TestClient) -> None:
    found = service.post("/v1/search", json={"query": "lamp"}).json()["hits"]
    (id,) = {one["document"]["id"] for one in found if one["document"]["source"] == "notes/lamp.txt"}
    gone = service.delete(f"/v1/documents/{id}")
    assert (gone.status_code, gone.json()["source"]) == (200, "notes/lamp.txt")
    left = service.post("/v1/search", json={"query": "lamp"}).json()["hits"]
    assert "notes/lamp.txt" not in [one["document"]["source"] for one in left]
    assert problem(service.get("/v1/documents/notes/lamp.txt"))["code"] == "unknown_document"
    assert problem(service.delete("/v1/documents/notes/lamp.txt"))["code"] == "unknown_document"


def test_health_says_whether_a_question_would_be_answered(service: TestClient) -> None:
    assert service.get("/health/live").json() == {"status": "live"}
    assert service.get("/health/ready").json() == {"status": "ready"}


def test_info_counts_what_the_store_holds(service: TestClient) -> None:
    told = service.get("/v1/info").json()
    assert (told["documents"], told["pages"], told["encoders"]) == (3, 3, ["colours"])
    assert told["elements"] == {"text": 2, "image": 1, "table": 0, "page": 0}
    assert told["limits"]["upload_mb"] == 1
