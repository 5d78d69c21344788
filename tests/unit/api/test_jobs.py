"""Jobs over HTTP: begun, waited for, listed, followed, cancelled; each run once, and by whoever is there."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from rag.engine import Engine
from rag.server_sent import server_sent
from rag.settings import Settings, load_settings
from rag.store.jobs import Order
from rag.types import Job
from tests.service import small_store, soon
from tests.unit.api.test_errors import problem

Json = dict[str, Any]  # Any: JSON


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`allowed` with two texts, a link to a file outside and one to a folder outside; and that outside."""
    root = tmp_path_factory.mktemp("roots")
    (root / "allowed" / "deep").mkdir(parents=True)
    (root / "outside").mkdir()
    (root / "allowed" / "one.txt").write_text("One boat came.")
    (root / "allowed" / "deep" / "two.txt").write_text("Two boats came.")
    (root / "outside" / "secret.txt").write_text("The key lies under the mat.")
    (root / "allowed" / "file-link.txt").symlink_to(root / "outside" / "secret.txt")
    (root / "allowed" / "folder-link").symlink_to(root / "outside")
    return root


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, roots: Path) -> Settings:
    store = small_store(tmp_path_factory.mktemp("jobs") / "store")
    return load_settings(
        store=store, encoders=("colours",), ocr=False, workers=1, max_upload_mb=1, ingest_roots=(roots / "allowed",)
    )


def client_of(settings: Settings) -> TestClient:
    return TestClient(create_app(Engine(settings=settings)), base_url="http://127.0.0.1:8321")


@pytest.fixture(scope="module")
def service(settings: Settings) -> Iterator[TestClient]:
    with client_of(settings) as client:
        yield client


def upload(service: TestClient, *, wait: int = 60, key: str | None = None, **files: bytes) -> httpx2.Response:
    parts = [("files", (name.replace("_", "."), data)) for name, data in files.items()]
    headers = {} if key is None else {"Idempotency-Key": key}
    response: httpx2.Response = service.post(f"/v1/documents?wait={wait}", files=parts, headers=headers)
    return response


def events(service: TestClient, id: str, last: int | None = None) -> list[tuple[str, Json]]:
    headers = {} if last is None else {"Last-Event-ID": str(last)}
    with service.stream("GET", f"/v1/jobs/{id}/events", headers=headers) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        return [(name, json.loads(data)) for name, data in server_sent(response.iter_lines())]


def test_an_upload_is_accepted_at_once_and_then_read(service: TestClient) -> None:
    accepted = upload(service, wait=0, lamp_txt=b"The lamp was lit.", broken_png=b"no picture")
    job = accepted.json()["job"]
    assert (accepted.status_code, accepted.headers["location"]) == (202, f"/v1/jobs/{job['id']}")
    assert (job["kind"], job["paths"], job["report"]) == ("upload", ["lamp.txt", "broken.png"], None)
    *_, (last, ended) = events(service, job["id"])
    assert (last, ended["state"], ended["report"]["added"]) == ("end", "done", 1)
    assert ended["files"] == {"total": 2, "done": 1, "failed": 1, "unchanged": 0}
    assert ended["created"] <= ended["started"] <= ended["ended"]
    assert service.get(accepted.headers["location"]).json() == ended
    assert [one["source"] for one in service.get("/v1/documents").json()["documents"]].count("lamp.txt") == 1


def test_who_waits_is_told_whether_anything_is_new(service: TestClient) -> None:
    new = upload(service, boat_txt=b"A boat.")
    assert (new.status_code, new.json()["job"]["report"]["added"]) == (201, 1)
    same = upload(service, boat_txt=b"A boat.")
    assert (same.status_code, same.json()["job"]["files"]["unchanged"]) == (200, 1)
    bad = upload(service, boat_xyz=b"?")
    assert (bad.status_code, bad.json()["job"]["report"]["failed"][0]["code"]) == (200, "unsupported_file")


def test_the_same_key_gives_the_same_job_unless_the_files_are_others(service: TestClient) -> None:
    first = upload(service, key="a key", fog_txt=b"Fog came.")
    again = upload(service, key="a key", wait=0, fog_txt=b"Fog came.")
    assert again.json()["job"] == first.json()["job"]
    for other in ({"fog_txt": b"Fog went."}, {"mist_txt": b"Fog came."}):
        refused = problem(upload(service, key="a key", wait=0, **other))
        assert (refused["status"], refused["code"]) == (409, "idempotency_mismatch")
    assert upload(service, key="another", fog_txt=b"Fog came.").json()["job"]["id"] != first.json()["job"]["id"]


def test_the_bytes_of_an_upload_are_gone_when_its_job_has_ended(service: TestClient, settings: Settings) -> None:
    upload(service, key="spool", wave_txt=b"A wave.")
    upload(service, key="spool", wave_txt=b"A wave.")
    upload(service, key="spool", wave_txt=b"Another wave.")
    assert problem(upload(service, wait=0, key=None, a_txt=b"", **{"a_txt/b_txt": b""}))["code"] == "bad_request"
    assert soon(lambda: not any((settings.store / "uploads").iterdir()))
    assert soon(lambda: not any((settings.store / "running").iterdir()))


def test_a_hundred_files_that_fail_give_a_hundred_reasons(service: TestClient) -> None:
    job = upload(service, wait=60, key=None, **{f"bad{at}_png": b"no picture %d" % at for at in range(100)}).json()[
        "job"
    ]
    assert (job["state"], job["files"]) == ("done", {"total": 100, "done": 0, "failed": 100, "unchanged": 0})
    reasons: dict[str, str] = {}
    asked: dict[str, str] = {"state": "failed", "limit": "30"}
    n_parts = 0
    while True:
        part = service.get(f"/v1/jobs/{job['id']}/files", params=asked).json()
        n_parts += 1
        assert len(part["files"]) <= 30
        assert not reasons.keys() & {one["source"] for one in part["files"]}
        reasons |= {one["source"]: one["reason"] for one in part["files"]}
        if part["next"] is None:
            break
        asked["cursor"] = part["next"]
    assert n_parts == 4
    assert {source: source in reason for source, reason in reasons.items()} == {
        f"bad{at}.png": True for at in range(100)
    }
    assert service.get(f"/v1/jobs/{job['id']}/files", params={"state": "done"}).json()["files"] == []
    told = events(service, job["id"])
    assert [name for name, _ in told] == ["job", *["file"] * 100, "end"]
    assert {one["source"]: one["reason"] for name, one in told if name == "file"} == reasons
    assert len(events(service, job["id"], last=97)) == 1 + 3 + 1


def test_a_list_of_jobs_gives_each_once_while_others_begin(service: TestClient) -> None:
    before = [one["id"] for one in service.get("/v1/jobs").json()["jobs"]]
    assert len(before) >= 5
    seen, asked = list[str](), {"limit": "2"}
    while True:
        part = service.get("/v1/jobs", params=asked).json()
        seen += [one["id"] for one in part["jobs"]]
        if part["next"] is None:
            break
        upload(service, wait=0, new_txt=b"New.")
        asked["cursor"] = part["next"]
    assert seen == before


def test_a_job_has_an_etag_that_changes_with_it(service: TestClient, settings: Settings) -> None:
    with Engine(settings=settings.model_copy(update={"store": settings.store.parent / "other"})) as engine:
        engine.load(create=True)
        job = engine.job_table.add(Order("folder", ("/library",)))
        asleep = TestClient(create_app(engine), base_url="http://127.0.0.1:8321")  # nobody runs what it queues
        first = asleep.get(f"/v1/jobs/{job.id}")
        etag = {"If-None-Match": first.headers["etag"]}
        assert (asleep.get(f"/v1/jobs/{job.id}", headers=etag).status_code, first.json()["state"]) == (304, "queued")
        assert asleep.post(f"/v1/jobs/{job.id}/cancel").json()["state"] == "cancelled"
        assert asleep.get(f"/v1/jobs/{job.id}", headers=etag).status_code == 200
        assert problem(asleep.post(f"/v1/jobs/{job.id}/cancel"))["code"] == "job_ended"


def test_what_has_ended_well_cannot_be_cancelled_or_taken_up(service: TestClient) -> None:
    id = upload(service, gull_txt=b"A gull.").json()["job"]["id"]
    for verb in ("cancel", "resume"):
        assert problem(service.post(f"/v1/jobs/{id}/{verb}"))["code"] == "job_ended"


@pytest.mark.parametrize("address", ["", "/files", "/events"])
def test_an_unknown_job_is_an_error(service: TestClient, address: str) -> None:
    told = problem(service.get(f"/v1/jobs/nobody{address}"))
    assert (told["status"], told["code"]) == (404, "unknown_job")


@pytest.mark.parametrize("asked", [{"state": "asleep"}, {"limit": "0"}, {"cursor": "x"}, {"cursor": "-1"}])
def test_what_cannot_be_listed_is_refused_by_name(service: TestClient, asked: dict[str, str]) -> None:
    told = problem(service.get("/v1/jobs", params=asked))
    assert [one["field"] for one in told["errors"]] == list(asked)


def test_a_folder_under_a_root_is_taken_without_what_links_lead_out_to(service: TestClient, roots: Path) -> None:
    asked = {"path": str(roots / "allowed"), "collection": "boats", "include": ["*.txt"]}
    accepted = service.post("/v1/ingest", json=asked)
    assert accepted.status_code == 202
    *_, (_, ended) = events(service, accepted.json()["job"]["id"])
    assert (ended["kind"], ended["paths"]) == ("folder", [str((roots / "allowed").resolve())])
    assert [one["path"] for one in ended["report"]["failed"]] == ["file-link.txt"]
    listed = service.get("/v1/documents", params={"collection": "boats"}).json()["documents"]
    assert [one["source"] for one in listed] == ["deep/two.txt", "one.txt"]
    single = service.post("/v1/ingest", json={"path": str(roots / "allowed" / "deep" / ".." / "one.txt")})
    assert single.status_code == 202


@pytest.mark.parametrize(
    "path",
    ["", "outside", "outside/secret.txt", "allowed/../outside", "allowed/folder-link", "allowed/file-link.txt", "x"],
)
def test_a_path_outside_the_roots_is_refused_whatever_is_there(service: TestClient, roots: Path, path: str) -> None:
    told = problem(service.post("/v1/ingest", json={"path": f"{roots}/{path}"}))
    assert (told["status"], told["code"], "ingest_roots" in told["hint"]) == (403, "outside_roots", True)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"path": "allowed"}, "bad_request"),
        ({"path": "/a\x00b"}, "bad_request"),
        ({"path": "/a\ud800"}, "bad_request"),
        ({"path": f"allowed/{'long' * 99}"}, "unreadable_path"),
        ({"path": "allowed/gone"}, "unreadable_path"),
        ({"path": "allowed", "collection": "a b"}, "bad_request"),
    ],
    ids=["relative", "zero", "half", "long", "gone", "collection"],
)
def test_a_folder_that_cannot_be_taken_begins_no_job(
    service: TestClient, roots: Path, body: dict[str, str], code: str
) -> None:
    newest = service.get("/v1/jobs", params={"limit": "1"}).json()["jobs"]
    if len(body) > 1 or "/" in body["path"].lstrip("/"):
        body = {**body, "path": f"{roots}/{body['path']}"}
    headers = {"Content-Type": "application/json"}
    assert problem(service.post("/v1/ingest", content=json.dumps(body), headers=headers))["code"] == code
    assert service.get("/v1/jobs", params={"limit": "1"}).json()["jobs"][0]["id"] == newest[0]["id"]


def test_without_roots_no_folder_is_read(settings: Settings, roots: Path) -> None:
    with client_of(settings.model_copy(update={"ingest_roots": ()})) as closed:
        for path in (roots / "allowed", Path("/")):
            assert problem(closed.post("/v1/ingest", json={"path": str(path)}))["code"] == "outside_roots"


def test_two_services_on_one_store_run_each_job_once(service: TestClient, settings: Settings) -> None:
    ids: list[str] = []
    with client_of(settings) as other:

        def send(to: TestClient, name: str) -> None:
            for at in range(4):
                files = {f"{name}{at}_txt": f"Text {at} of {name}.".encode()}
                ids.append(upload(to, wait=0, key=None, **files).json()["job"]["id"])

        threads = [threading.Thread(target=send, args=one) for one in ((service, "left"), (other, "right"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        ended = [events(other, id)[-1][1] for id in ids]
    assert [(one["state"], one["resumed"], one["report"]["added"]) for one in ended] == [("done", 0, 1)] * 8
    ran = sorted((one["started"], one["ended"]) for one in ended)
    assert all(first[1] <= second[0] for first, second in pairwise(ran))


def test_a_job_that_the_store_refuses_says_why_and_goes_on_once_that_is_mended(settings: Settings) -> None:
    own = settings.model_copy(update={"store": small_store(settings.store.parent / "mended")})
    with client_of(own.model_copy(update={"encoders": ("builtin",)})) as wrong:
        job = upload(wrong, tide_txt=b"The tide rose.").json()["job"]
        assert (job["state"], job["error"]["code"]) == ("failed", "model_mismatch")
        assert job["error"]["detail"]
        assert job["error"]["hint"]
    with client_of(own) as right:
        assert right.post(f"/v1/jobs/{job['id']}/resume").json()["state"] in ("queued", "running", "done")
        *_, (_, ended) = events(right, job["id"])
    assert (ended["state"], ended["resumed"], ended["error"], ended["report"]["added"]) == ("done", 1, None, 1)


def test_what_another_process_ingests_is_a_job_like_any_other(
    service: TestClient, settings: Settings, roots: Path
) -> None:
    with Engine(settings=settings) as engine:
        engine.ingest(roots / "outside")
        mine: Job = engine.jobs()[0]
    told = service.get(f"/v1/jobs/{mine.id}").json()
    assert (told["kind"], told["state"], told["paths"]) == ("folder", "done", [str(roots / "outside")])
