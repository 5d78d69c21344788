"""The page's files: which are served, under which policy, and that they ask nobody else for anything."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api import page
from tests.unit.api.conftest import Open

HERE = Path(page.__file__).parent
SCRIPTS = sorted(HERE.glob("*.js"))
STYLES = sorted(HERE.glob("*.css"))
SVG_NAMESPACE = "http://www.w3.org/2000/svg"


def test_the_page_is_at_the_root_under_a_policy_that_lets_nothing_else_in(service: TestClient) -> None:
    answer = service.get("/")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' blob: data:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_everything_that_the_page_names_is_served(service: TestClient) -> None:
    named = set(re.findall(r'(?:href|src)="(/page/[^"]+)"', service.get("/").text))
    for script in SCRIPTS:
        named |= {f"/page/{name}" for name in re.findall(r'from "\./([^"]+)"', script.read_text())}
    assert named == {f"/page/{path.name}" for path in [*SCRIPTS, *STYLES, HERE / "icon.svg"]}
    for path in named:
        answer = service.get(path)
        assert answer.status_code == 200
        assert answer.headers["content-type"].partition(";")[0] in {"text/javascript", "text/css", "image/svg+xml"}
        assert answer.headers["content-security-policy"] == page.POLICY


def test_a_file_that_is_known_already_is_not_sent_again(service: TestClient) -> None:
    first = service.get("/page/app.js")
    again = service.get("/page/app.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("name", ["__init__.py", "..%2fapp.py", "nothing.js", "%2e%2e/auth.py"])
def test_nothing_else_has_an_address(service: TestClient, name: str) -> None:
    answer = service.get(f"/page/{name}")
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


def test_the_page_needs_no_key_and_what_it_asks_for_does(open_service: Open) -> None:
    service = open_service(key="secret")
    assert service.get("/").status_code == 200
    assert service.get("/page/app.js").status_code == 200
    assert service.get("/v1/info").status_code == 401


@pytest.mark.parametrize("path", [*SCRIPTS, *STYLES, HERE / "index.html"], ids=lambda path: path.name)
def test_no_file_names_another_address_or_makes_markup_of_text(path: Path) -> None:
    written = path.read_text().replace(SVG_NAMESPACE, "")
    assert re.findall(r"(?:https?:)?//[a-z0-9-]+\.[a-z]+|url\((?!['\"]?#)|@import", written) == []
    ways = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|\beval\("
    ways += r"|new Function|\bstyle="
    assert re.findall(ways, written) == []


def test_documents_are_found_by_a_part_of_their_name_or_title(service: TestClient) -> None:
    def named(name: str) -> list[str]:
        told = service.get("/v1/documents", params={"name": name}).json()
        assert told["total"] == len(told["documents"])
        return [document["source"] for document in told["documents"]]

    assert named("LAMP") == ["notes/lamp.txt"]
    assert named("e") == ["notes/lamp.txt", "red.png", "sea.md"]
    assert named("nothing of the kind") == []


def test_a_list_by_name_goes_on_behind_its_cursor(service: TestClient) -> None:
    first = service.get("/v1/documents", params={"name": "e", "limit": 2}).json()
    rest = service.get("/v1/documents", params={"name": "e", "limit": 2, "cursor": first["next"]}).json()
    assert [one["source"] for one in rest["documents"]] == ["sea.md"]
    assert (first["total"], rest["total"], rest["next"]) == (3, 3, None)
