"""The OpenAPI document and the reference made from it say what the service does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

Json = dict[str, Any]  # Any: JSON


@pytest.fixture
def document(service: TestClient) -> Json:
    told: Json = service.get("/openapi.json").json()
    return told


def operations(document: Json) -> Iterator[Json]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield {**operation, "path": path, "method": method}


def test_every_request_has_a_readable_id_and_a_first_sentence(document: Json) -> None:
    assert {one["operationId"] for one in operations(document)} == {
        "search", "query", "upload_documents", "list_documents", "show_document", "delete_document",
        "ingest", "list_jobs", "show_job", "list_job_files", "follow_job", "cancel_job", "resume_job",
        "list_collections", "set_collection", "delete_collection", "page_picture", "media", "thumbnail",
        "info", "live", "ready", "metrics",
        "chat_completions", "list_models", "show_model", "embeddings",
    }  # fmt: skip
    assert all(one["description"].partition("\n")[0].endswith((".", "503.", ").")) for one in operations(document))


def test_every_json_request_has_examples_that_are_answered(service: TestClient, document: Json) -> None:
    n_examples = 0
    for operation in operations(document):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        for name, example in content.get("examples", {}).items():
            n_examples += 1
            body = example["value"]
            if name == "words":
                assert service.request(operation["method"], operation["path"], json=body).status_code == 200
            unknown = service.request(operation["method"], operation["path"], json={**body, "colour": "red"})
            if "openai" in operation["tags"]:  # whose clients send what they like
                assert unknown.status_code == (400 if name == "pictures" else 200)
                continue
            assert [one["field"] for one in unknown.json()["errors"]] == ["colour"]
    assert n_examples >= 5


def test_every_request_but_health_says_how_its_errors_look(document: Json) -> None:
    for operation in operations(document):
        if operation["operationId"] == "live":
            continue
        errors = {status: one for status, one in operation["responses"].items() if status >= "400"}
        assert {"401", "403", "500"} <= set(errors)
        for status, response in errors.items():
            ours = "openai" not in operation["tags"]
            described = response["content"]["application/problem+json" if ours else "application/json"]
            assert described["schema"] == {"$ref": f"#/components/schemas/{'ProblemJson' if ours else 'ErrorJson'}"}
            assert str(described["example"].get("status", status)) == status
            assert re.match(r"`[a-z_]+`: ", response["description"])


def test_every_reference_in_the_document_leads_somewhere(document: Json) -> None:
    for name in set(re.findall(r"#/components/schemas/([A-Za-z_]+)", json.dumps(document))):
        assert name in document["components"]["schemas"]
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_the_reference_shows_every_request_and_fetches_nothing(service: TestClient, document: Json) -> None:
    response = service.get("/docs")
    assert "default-src 'none'" in response.headers["content-security-policy"]
    for operation in operations(document):
        assert f'id="{operation["operationId"]}"' in response.text
    assert "<script" not in response.text
    assert not re.search(r'(src|href)="(?!/)', response.text)
