"""What Prometheus reads: requests, answers and their stages, encoders, local models; `figures` adds what the store holds.

Names after https://prometheus.io/docs/practices/naming. Labels have few values: addresses are templates, never what was asked.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector, generate_latest
from prometheus_client.registry import Collector

from rag.stages import Stage
from rag.types import Answer

SECONDS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300)
"""Bounds of the histograms: from a quoted sentence to a large model on a small machine."""
BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "other"


class Metrics:
    """The figures of one service, since it started."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        Info("sightline_build", "Which version runs.", registry=registry).info({"version": version("sightline")})
        self._requests = Counter(
            "sightline_http_requests",
            "Requests by template of the address, method and status.",
            ["route", "method", "status"],
            registry=registry,
        )
        self._request_seconds = Histogram(
            "sightline_http_request_duration_seconds",
            "Wall time of a request until the last byte of its answer.",
            ["route", "method"],
            buckets=SECONDS,
            registry=registry,
        )
        self._in_flight = Gauge(
            "sightline_http_requests_in_flight", "Requests that are being answered.", registry=registry
        )
        self._searches = Histogram(
            "sightline_search_seconds",
            "Wall time of searches, the encoding of what was asked included, reranking not.",
            ["route"],
            buckets=SECONDS,
            registry=registry,
        )
        self._reranks = Histogram(
            "sightline_rerank_seconds", "Wall time of reranking.", ["reranker"], buckets=SECONDS, registry=registry
        )
        self._encodings = Histogram(
            "sightline_encoder_batch_seconds",
            "Wall time of a batch of texts or pictures.",
            ["encoder", "kind"],
            buckets=SECONDS,
            registry=registry,
        )
        self._batch_sizes = Histogram(
            "sightline_encoder_batch_size",
            "Texts or pictures that were encoded at once.",
            ["encoder", "kind"],
            buckets=BATCH_SIZES,
            registry=registry,
        )
        self._failures = Counter(
            "sightline_stage_failures",
            "Stages that ended in an error, by its code; `left` where nobody waited for the end.",
            ["stage", "code"],
            registry=registry,
        )
        self._calls = Counter(
            "sightline_tool_calls",
            "Calls of the tools for models, by how they ended.",
            ["tool", "outcome"],
            registry=registry,
        )
        self._answers = Counter("sightline_answers", "Answers written.", ["model", "answerable"], registry=registry)
        self._seconds = Histogram(
            "sightline_answer_seconds",
            "Wall time of each stage of an answer; `first_token` from the prompt to the first word.",
            ["model", "stage"],
            buckets=SECONDS,
            registry=registry,
        )
        self._tokens = Counter(
            "sightline_tokens",
            "Tokens read and written by models that count them.",
            ["model", "way"],
            registry=registry,
        )
        self._peak = Gauge(
            "sightline_model_peak_bytes",
            "Most memory that the process, or the GPU, held while a local model wrote.",
            ["model"],
            registry=registry,
        )

    def add(self, figures: Collector) -> None:
        """Let others give figures too, whenever they are read."""
        self._registry.register(figures)

    @contextlib.contextmanager
    def request_in_flight(self) -> Iterator[None]:
        """Count a request as being answered inside the block."""
        with self._in_flight.track_inprogress():
            yield

    def count_request(self, *, route: str, method: str, status: int, seconds: float) -> None:
        """Take a request into account; `route` is a template, or what there is instead of one."""
        method = method if method in METHODS else OTHER
        self._requests.labels(route, method, str(status)).inc()
        self._request_seconds.labels(route, method).observe(seconds)

    def count_call(self, tool: str, *, went_well: bool) -> None:
        """Take the call of a tool into account (`api.mcp`)."""
        self._calls.labels(tool, "ok" if went_well else "error").inc()

    def hear(self, stage: Stage) -> None:
        """Take a stage into account; see `Engine.listen`."""
        if stage.failed:
            self._failures.labels(stage.name, stage.failed).inc()
            return
        match stage.name:
            case "search":
                self._searches.labels(**stage.about).observe(stage.seconds)
            case "rerank":
                self._reranks.labels(**stage.about).observe(stage.seconds)
            case "encode":
                self._encodings.labels(**stage.about).observe(stage.seconds)
                self._batch_sizes.labels(**stage.about).observe(stage.n)
            case "generate":
                pass  # `count` knows more of it

    def count(self, answer: Answer) -> None:
        """Take an answer into account."""
        self._answers.labels(answer.model, str(answer.answerable).lower()).inc()
        for stage, seconds in answer.seconds.items():
            self._seconds.labels(answer.model, stage).observe(seconds)
        self._tokens.labels(answer.model, "in").inc(answer.usage.tokens_in)
        self._tokens.labels(answer.model, "out").inc(answer.usage.tokens_out)
        if answer.usage.peak_bytes:
            self._peak.labels(answer.model).set(answer.usage.peak_bytes)

    def text(self) -> bytes:
        """All figures in Prometheus's text format."""
        return generate_latest(self._registry)
