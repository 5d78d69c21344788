"""What Prometheus reads, and the log: every request is told, with its id, and nothing that is nobody's business."""

from __future__ import annotations

import io
import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample
from starlette.staticfiles import StaticFiles

from api import logs
from api.app import create_app
from api.figures import JobFigures
from api.metrics import Metrics
from rag.engine import Engine
from rag.errors import StoreBusy
from rag.settings import Settings, load_settings
from tests.unit.api.conftest import Open

Json = dict[str, Any]  # Any: JSON
KEY = "correct horse"
QUESTION = "Which lamp burns?"


def samples(told: str) -> list[Sample]:
    families = list(text_string_to_metric_families(told))
    assert len({family.name for family in families}) == len(families)
    assert all(family.documentation for family in families)
    return [sample for family in families for sample in family.samples]


def value(told: str, name: str, **labels: str) -> float | None:
    found = [
        sample.value
        for sample in samples(told)
        if sample.name == name and labels.items() <= sample.labels.items() and "le" not in sample.labels
    ]
    assert len(found) <= 1, f"{name} {labels}: {found}"
    return found[0] if found else None


def read(service: TestClient, **headers: str) -> str:
    return service.get("/metrics", headers=headers).text


# What Prometheus reads


def test_requests_are_counted_by_template_method_and_status(service: TestClient) -> None:
    service.post("/v1/search", json={"query": "red"})
    service.post("/v1/search", json={"query": "blue"})
    service.post("/v1/search", json={"k": 0})
    service.get("/v1/documents/red.png")
    service.get("/v1/documents/notes/lamp.txt")
    told = read(service)
    requests = "sightline_http_requests_total"
    assert value(told, requests, route="/v1/search", method="POST", status="200") == 2
    assert value(told, requests, route="/v1/search", method="POST", status="422") == 1
    assert value(told, requests, route="/v1/documents/{document:path}", method="GET", status="200") == 2
    assert value(told, "sightline_http_request_duration_seconds_count", route="/v1/search", method="POST") == 3
    assert value(told, "sightline_http_requests_in_flight") == 1  # the one that reads them


def test_neither_addresses_nor_methods_make_new_figures(open_service: Open) -> None:
    service = open_service(key=KEY)
    mine = {"X-API-Key": KEY}
    for at in range(5):
        service.get(f"/nowhere/{at}", headers=mine)
        service.get(f"/v1/documents/{at}.pdf")
        service.request(f"BREW{at}", "/v1/search", headers=mine)
    told = read(service, **mine)
    requests = "sightline_http_requests_total"
    assert value(told, requests, route="(unknown)", status="404") == 5
    assert value(told, requests, route="(refused)", status="401") == 5
    assert value(told, requests, method="other") == 5
    assert KEY not in told


def test_what_is_mounted_is_counted_as_one_address(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "page").mkdir()
    for name in ("a.css", "b.css"):
        (tmp_path / "page" / name).write_text("")
    app = create_app(Engine(settings=settings))
    app.mount("/static", StaticFiles(directory=tmp_path / "page"))
    service = TestClient(app, base_url="http://127.0.0.1")
    assert [service.get(f"/static/{name}").status_code for name in ("a.css", "b.css", "c.css")] == [200, 200, 404]
    service.post("/mcp", json={})
    told = read(service)
    requests = "sightline_http_requests_total"
    assert value(told, requests, route="/static/{path}", status="200") == 2
    assert value(told, requests, route="/static/{path}", status="404") == 1
    assert value(told, requests, route="/mcp", method="POST") == 1


def test_searches_and_batches_of_encoders_are_timed(service: TestClient) -> None:
    service.post("/v1/search", json={"query": "red", "route": "caption"})
    service.post("/v1/search", json={"query": "red"})
    told = read(service)
    assert value(told, "sightline_search_seconds_count", route="caption") == 1
    assert value(told, "sightline_search_seconds_count", route="fused") == 1
    assert (value(told, "sightline_encoder_batch_seconds_count", encoder="colours", kind="text") or 0) >= 2
    assert (value(told, "sightline_encoder_batch_size_sum", encoder="colours", kind="text") or 0) >= 2


def test_a_search_that_fails_is_counted_by_its_reason(service: TestClient) -> None:
    service.post("/v1/search", json={"query": "red", "filters": {"document": ["none.pdf"]}})
    told = read(service)
    assert value(told, "sightline_stage_failures_total", stage="search", code="unknown_document") == 1
    assert value(told, "sightline_search_seconds_count", route="fused") is None


def test_what_the_store_holds_is_told_by_collection(service: TestClient) -> None:
    told = read(service)
    assert value(told, "sightline_store_up") == 1
    assert value(told, "sightline_documents", collection="default") == 3
    assert value(told, "sightline_elements", collection="default", modality="text") == 2
    assert value(told, "sightline_elements", collection="default", modality="image") == 1
    assert value(told, "sightline_vectors", collection="default", encoder="colours", kind="text") == 2
    assert value(told, "sightline_vectors", collection="default", encoder="colours", kind="image") == 1
    assert value(told, "sightline_failed_files") == 0


def test_the_store_is_counted_again_once_it_has_changed(service: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.figures.RESTS", 0)
    assert value(read(service), "sightline_documents", collection="default") == 3
    service.delete("/v1/documents/sea.md")
    assert value(read(service), "sightline_documents", collection="default") == 2


def test_a_store_that_cannot_be_read_leaves_the_other_figures(tmp_path: Path) -> None:
    engine = Engine(settings=load_settings(store=tmp_path / "none", encoders=("colours",)))
    told = read(TestClient(create_app(engine), base_url="http://127.0.0.1"))
    assert value(told, "sightline_store_up") == 0
    assert value(told, "sightline_documents", collection="default") is None
    assert (value(told, "process_resident_memory_bytes") or 0) > 0


def test_jobs_are_told_by_state_and_left_out_while_they_cannot_be_read() -> None:
    def busy() -> Mapping[str, int]:
        raise StoreBusy("Another process held the store.")

    metrics = Metrics()
    metrics.add(JobFigures(lambda: {"queued": 2, "running": 1}))
    assert value(metrics.text().decode(), "sightline_jobs", state="queued") == 2
    metrics = Metrics()
    metrics.add(JobFigures(busy))
    assert "sightline_jobs" not in metrics.text().decode()


def test_every_figure_has_a_name_as_prometheus_wants_it(service: TestClient) -> None:
    service.post("/v1/query", json={"question": QUESTION})
    for family in text_string_to_metric_families(read(service)):
        assert family.name.startswith(("sightline_", "process_"))
        if family.type == "counter":
            assert all(sample.name.endswith(("_total", "_created")) for sample in family.samples)
        if family.type == "histogram":
            assert family.name.endswith(("_seconds", "_size"))


# The log


@dataclass(frozen=True)
class Log:
    stream: io.StringIO

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def lines(self) -> list[Json]:
        return [json.loads(line) for line in self.text.splitlines()]

    def of(self, message: str) -> list[Json]:
        return [line for line in self.lines if line["message"] == message]


@pytest.fixture
def logging_to(settings: Settings) -> Iterator[Callable[..., Log]]:
    """Write the log as the service does, as JSON unless it is said otherwise."""
    with ExitStack() as stack:

        def write(**changes: object) -> Log:
            log = Log(io.StringIO())
            told = settings.model_copy(update={"log_format": "json", **changes})
            stack.enter_context(logs.written(told, log.stream))
            return log

        yield write


def test_each_request_is_one_line_with_its_id(service: TestClient, logging_to: Callable[..., Log]) -> None:
    log = logging_to()
    answered = service.post("/v1/search", json={"query": "red"}, headers={"X-Request-ID": "mine-1"})
    service.get("/v1/documents/none.pdf?secret=1")
    service.get("/health/live")
    first, second = log.lines
    assert answered.headers["x-request-id"] == "mine-1"
    told = {name: first[name] for name in ("message", "method", "route", "status", "request_id", "level", "logger")}
    assert told == {
        "message": "request",
        "method": "POST",
        "route": "/v1/search",
        "status": 200,
        "request_id": "mine-1",
        "level": "info",
        "logger": "sightline.request",
    }
    assert first["ms"] > 0
    assert (second["route"], second["status"]) == ("/v1/documents/{document:path}", 404)
    assert len(second["request_id"]) == 32
    assert "secret" not in log.text


def test_neither_key_nor_question_is_written(open_service: Open, logging_to: Callable[..., Log]) -> None:
    service, log = open_service(key=KEY), logging_to(log_level="debug")
    for headers in ({"X-API-Key": KEY}, {"Authorization": f"Bearer {KEY}"}, {"X-API-Key": f"{KEY}!"}):
        service.post("/v1/query", json={"question": QUESTION}, headers=headers)
    assert len(log.of("request")) == 3
    assert KEY not in log.text
    assert "lamp" not in log.text


def test_questions_are_written_where_that_is_wanted(open_service: Open, logging_to: Callable[..., Log]) -> None:
    service, log = open_service(log_questions=True), logging_to(log_questions=True)
    service.post("/v1/query", json={"question": QUESTION})
    (stage,) = log.of("stage")
    assert (stage["text"], stage["stage"], stage["route"]) == (QUESTION, "search", "fused")
    assert stage["request_id"] == log.of("request")[0]["request_id"]


@pytest.mark.parametrize("stream", [False, True])
def test_every_line_of_a_request_carries_its_id_from_whatever_thread(
    service: TestClient, logging_to: Callable[..., Log], stream: bool
) -> None:
    log, threads = logging_to(log_level="debug"), set[str]()
    service.app.state.service.engine.listen(lambda stage: threads.add(threading.current_thread().name))  # type: ignore[attr-defined]
    service.post("/v1/query", json={"question": QUESTION, "stream": stream}, headers={"X-Request-ID": "mine-2"})
    stages = log.of("stage")
    assert {line["stage"] for line in stages} == {"encode", "search", "generate"}
    assert {line["request_id"] for line in log.lines} == {"mine-2"}
    assert threading.current_thread().name not in threads


def test_a_mistake_is_logged_with_its_traceback_and_its_request(
    open_service: Open, logging_to: Callable[..., Log], monkeypatch: pytest.MonkeyPatch
) -> None:
    service, log = open_service(key=KEY), logging_to()

    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("it broke")

    monkeypatch.setattr(service.app.state.service.engine, "find", breaks)  # type: ignore[attr-defined]
    response = service.post("/v1/search", json={"query": QUESTION}, headers={"X-API-Key": KEY})
    assert response.status_code == 500
    assert {line["request_id"] for line in log.lines} == {response.json()["request_id"]}
    assert log.of("request")[0]["status"] == 500
    assert "it broke" in log.text


def test_text_is_one_line_whatever_is_in_it(logging_to: Callable[..., Log]) -> None:
    log = logging_to(log_format="text")
    logging.getLogger("sightline.test").info("two\nlines %s", "\x1b[31m", extra={"path": "a\r\nb"})
    assert len(log.text.splitlines()) == 1
    assert "two\\nlines" in log.text
    assert "\x1b" not in log.text


def test_a_traceback_shows_no_values_of_variables(logging_to: Callable[..., Log]) -> None:
    for form in ("text", "json"):
        log = logging_to(log_format=form)
        key = "-".join(("correct", "horse"))
        try:
            raise RuntimeError("it broke" if key else "")
        except RuntimeError:
            logging.getLogger("sightline.test").exception("failed")
        assert "RuntimeError: it broke" in log.text
        assert key not in log.text


def test_libraries_are_heard_from_warnings_on(logging_to: Callable[..., Log]) -> None:
    log = logging_to(log_level="debug")
    for name in ("uvicorn.error", "httpx2", "rag.engine"):
        logging.getLogger(name).info("of no interest")
        logging.getLogger(name).warning("look here")
    assert [line["logger"] for line in log.of("of no interest")] == ["rag.engine"]
    assert [line["logger"] for line in log.of("look here")] == ["uvicorn.error", "httpx2", "rag.engine"]


def test_the_level_holds_for_ours_too(service: TestClient, logging_to: Callable[..., Log]) -> None:
    log = logging_to(log_level="warning")
    service.post("/v1/search", json={"query": "red"})
    assert log.text == ""


def test_afterwards_the_log_goes_where_it_went_before(settings: Settings) -> None:
    root, ours = logging.getLogger(), logging.getLogger("sightline")
    before = (root.handlers[:], root.level, ours.level)
    with logs.written(settings.model_copy(update={"log_level": "debug"}), io.StringIO()):
        assert (len(root.handlers), root.level, ours.level) == (1, logging.WARNING, logging.DEBUG)
    assert (root.handlers, root.level, ours.level) == before
