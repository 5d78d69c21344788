"""docs/rest.md says what the service does."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.errors import STATUS
from api.schemas import SearchBody
from api.uploads import MOST_FILES
from rag.client import Client
from rag.wire import HitJson

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "rest.md").read_text()


def test_the_table_of_errors_is_the_services_own() -> None:
    rows = re.findall(r"^\| (\d{3}) \| (.+) \|$", TEXT, re.MULTILINE)
    told = {code: int(status) for status, codes in rows for code in re.findall(r"`(\w+)`", codes)}
    assert told == dict(STATUS)


def test_the_example_of_a_search_is_one(service: TestClient) -> None:
    (block,) = re.findall(r"```json\n(.+?)```", TEXT, re.DOTALL)
    body = json.loads(block)
    assert SearchBody.model_validate(body).filters.to_filters().pages == (1, 20)
    assert f"up to {MOST_FILES} files" in TEXT


def test_every_field_of_a_hit_is_named() -> None:
    assert all(f"`{field}`" in TEXT for field in HitJson.__annotations__)


def test_every_curl_line_asks_something_that_is_there(service: TestClient) -> None:
    lines = re.findall(r"^    curl (.+)$", TEXT, re.MULTILINE)
    assert len(lines) >= 8
    for line in lines:
        path = re.search(r"http://127\.0\.0\.1:8321([^ ']*)", line)
        assert path
        said = re.search(r"-X (\w+)", line)
        method = said[1] if said else "POST" if "--json" in line or "-F" in line else "GET"
        files = {"files": ("a.txt", b"")} if "-F" in line else None
        body = re.search(r"--json '(.+)'$", line)
        if "/v1/query" in line or files:
            continue  # asked in tests/flow/test_service.py
        response = service.request(method, path[1], json=json.loads(body[1]) if body else None)
        assert response.status_code in (200, 404)
        assert "not_found" not in response.text


def test_every_address_of_the_service_is_named(service: TestClient) -> None:
    for path in service.get("/openapi.json").json()["paths"]:
        assert path in TEXT


@pytest.mark.parametrize("block", re.findall(r"```python\n(.+?)```", TEXT, re.DOTALL))
def test_the_python_lines_call_what_the_client_has(block: str) -> None:
    called = {
        node.attr
        for node in ast.walk(ast.parse(block))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "client"
    }
    assert called == {"ingest", "search", "query", "page_picture"}
    assert all(hasattr(Client, name) for name in called)
