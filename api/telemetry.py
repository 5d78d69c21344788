"""Traces by OpenTelemetry, where its environment asks for them (extra `telemetry`): requests, and the stages of their work.

FastAPI makes the spans of requests by itself; those of stages are made here. The names of the environment:
https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from fastapi.telemetry import TelemetryConfig
from opentelemetry.trace import Status, StatusCode, TracerProvider, get_current_span, get_tracer, set_tracer_provider

from api.watch import OF_WATCHERS
from rag.errors import BadSetting, MissingExtra
from rag.stages import Listener, Stage

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider as Provider
    from opentelemetry.sdk.trace.export import SpanExporter

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
EXPORTERS = ("otlp", "console", "none")

_log = logging.getLogger("sightline.telemetry")


def exporter_asked_for(environment: Mapping[str, str]) -> str:
    """One of `EXPORTERS`: that of OTEL_TRACES_EXPORTER; without it `otlp` where an endpoint is named, else `none`.

    Raises: BadSetting if it is another.
    """
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return "none"
    named = any(environment.get(name, "").strip() for name in ENDPOINTS)
    name = environment.get("OTEL_TRACES_EXPORTER", "").strip() or ("otlp" if named else "none")
    if name not in EXPORTERS:
        raise BadSetting(
            f"OTEL_TRACES_EXPORTER: There is no exporter {name!r} here.", hint=f"Exporters: {', '.join(EXPORTERS)}."
        )
    return name


@contextlib.contextmanager
def asked_for() -> Iterator[None]:
    """Send what is traced inside the block where the environment says; nothing where it says nothing.

    Traces are not what the service is for: where they cannot be made, the log says so, and the block runs all the same.
    Raises: BadSetting if the environment asks for an exporter that there is not.
    """
    name = exporter_asked_for(os.environ)
    try:
        provider = None if name == "none" else _provider(name)
    except MissingExtra as error:
        _log.warning("%s", error)
        provider = None
    if provider is None:
        yield
        return
    set_tracer_provider(provider)  # for everything in this process that traces itself: FastAPI, MCP, and what is below
    try:
        yield
    finally:
        provider.shutdown()


def requests(provider: TracerProvider | None) -> TelemetryConfig:
    """How FastAPI traces requests: to `provider`, or to that of the process, if it has one; a span each, and nothing else."""
    return {
        "tracer_provider": provider,
        "operation_spans": False,
        "metrics": False,  # those are at /metrics
        "logs": False,  # it would log the values of invalid requests
        "auto_configure": False,
        "exclude": _of_watchers,
    }


def spans(provider: TracerProvider | None) -> Listener:
    """Makes a span of a stage that has ended, below that of its request; of none, where it belongs to no request."""
    tracer = get_tracer("sightline", version("sightline"), provider)

    def hear(stage: Stage) -> None:
        if not get_current_span().get_span_context().is_valid:
            return
        about: dict[str, str | int] = {f"sightline.{name}": value for name, value in stage.about.items()}
        span = tracer.start_span(
            f"sightline.{stage.name}", start_time=stage.began_ns, attributes={**about, "sightline.n": stage.n}
        )
        if stage.failed:
            span.set_status(Status(StatusCode.ERROR, stage.failed))
        span.end(end_time=stage.began_ns + round(stage.seconds * 1e9))

    return hear


def _of_watchers(scope: MutableMapping[str, Any]) -> bool:  # Any: an ASGI scope
    return scope["path"] in OF_WATCHERS


def _provider(exporter: str) -> Provider:
    try:
        from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise _missing() from error
    about = {SERVICE_VERSION: version("sightline")}
    if not os.environ.get("OTEL_SERVICE_NAME"):
        about[SERVICE_NAME] = "sightline"
    provider = TracerProvider(resource=Resource.create(about))
    provider.add_span_processor(BatchSpanProcessor(_exporter(exporter)))
    return provider


def _exporter(name: str) -> SpanExporter:
    if name == "console":
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter

        return ConsoleSpanExporter(out=sys.stderr)
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ImportError as error:
        raise _missing() from error
    return OTLPSpanExporter()


def _missing() -> MissingExtra:
    return MissingExtra(
        "The environment asks for traces, which need OpenTelemetry.", hint="pip install 'sightline[telemetry]'"
    )
