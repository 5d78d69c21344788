"""Traces: a span of every request, and of each stage below it."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from api.app import create_app
from api.telemetry import exporter_asked_for
from rag.engine import Engine
from rag.errors import BadSetting
from rag.settings import load_settings
from tests.service import small_store

PARENT = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def spans() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def service(tmp_path: Path, spans: InMemorySpanExporter) -> TestClient:
    settings = load_settings(store=small_store(tmp_path / "store"), encoders=("colours",), ocr=False)
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    app = create_app(Engine(settings=settings), tracer_provider=provider)
    return TestClient(app, base_url="http://127.0.0.1:8321", raise_server_exceptions=False)


def by_name(spans: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in spans.get_finished_spans()}


@pytest.mark.parametrize("stream", [False, True])
def test_the_stages_of_a_question_lie_below_its_request(
    service: TestClient, spans: InMemorySpanExporter, stream: bool
) -> None:
    service.post(
        "/v1/query",
        json={"question": "Which lamp burns?", "stream": stream},
        headers={"traceparent": f"00-{PARENT}-b7ad6b7169203331-01"},
    )
    found = by_name(spans)
    assert found.keys() == {"POST /v1/query", "sightline.encode", "sightline.search", "sightline.generate"}
    request = found["POST /v1/query"]
    assert request.context is not None
    assert f"{request.context.trace_id:032x}" == PARENT
    for name in found.keys() - {"POST /v1/query"}:
        stage = found[name]
        assert stage.parent is not None
        assert stage.parent.span_id == request.context.span_id
        assert (stage.start_time or 0) >= (request.start_time or 0)
        assert 0 < (stage.end_time or 0) - (stage.start_time or 0) < 60e9
    assert dict(found["sightline.search"].attributes or {}) == {"sightline.route": "fused", "sightline.n": 3}
    assert "lamp" not in "".join(str(span.attributes) for span in found.values())


def test_a_stage_that_fails_says_why(service: TestClient, spans: InMemorySpanExporter) -> None:
    service.post("/v1/search", json={"query": "red", "filters": {"document": ["none.pdf"]}})
    search = by_name(spans)["sightline.search"]
    assert (search.status.status_code, search.status.description) == (StatusCode.ERROR, "unknown_document")


def test_what_watches_over_the_service_leaves_no_traces(service: TestClient, spans: InMemorySpanExporter) -> None:
    for path in ("/health/live", "/health/ready", "/metrics"):
        assert service.get(path).status_code == 200
    assert spans.get_finished_spans() == ()


def test_work_that_belongs_to_no_request_makes_no_trace(service: TestClient, spans: InMemorySpanExporter) -> None:
    service.app.state.service.engine.search("red")  # type: ignore[attr-defined]
    assert spans.get_finished_spans() == ()


@pytest.mark.parametrize(
    ("environment", "exporter"),
    [
        ({}, "none"),
        ({"OTEL_SERVICE_NAME": "library"}, "none"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, "otlp"),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, "otlp"),
        ({"OTEL_TRACES_EXPORTER": "console"}, "console"),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, "none"),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_SDK_DISABLED": "true"}, "none"),
    ],
)
def test_the_environment_says_whether_there_are_traces(environment: dict[str, str], exporter: str) -> None:
    assert exporter_asked_for(environment) == exporter


def test_an_exporter_that_there_is_not_is_refused() -> None:
    with pytest.raises(BadSetting, match=r"'zipkin'.*otlp, console, none"):
        exporter_asked_for({"OTEL_TRACES_EXPORTER": "zipkin"})
