"""What Prometheus reads: how answers went, how long they took, and what local models needed."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from rag.types import Answer

SECONDS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300)
"""Bounds of the histograms: from a quoted sentence to a large model on a small machine."""


class Metrics:
    """The figures of one service, since it started."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._answers = Counter(
            "sightline_answers", "Answers written.", ["model", "answerable"], registry=self._registry
        )
        self._seconds = Histogram(
            "sightline_answer_seconds",
            "Wall time of each stage of an answer; `first_token` from the prompt to the first word.",
            ["model", "stage"],
            buckets=SECONDS,
            registry=self._registry,
        )
        self._tokens = Counter(
            "sightline_tokens",
            "Tokens read and written by models that count them.",
            ["model", "way"],
            registry=self._registry,
        )
        self._peak = Gauge(
            "sightline_model_peak_bytes",
            "Most memory that the process, or the GPU, held while a local model wrote.",
            ["model"],
            registry=self._registry,
        )

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
