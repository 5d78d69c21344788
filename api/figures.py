"""Figures that are looked up when Prometheus asks: what the store holds, and its jobs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from rag.engine import Engine
from rag.errors import SightlineError
from rag.types import Collection

RESTS = 20
"""Times as long as counting took, nothing is counted anew: a store that is being filled changes all the time."""


@dataclass(frozen=True, slots=True)
class _Counted:
    """What a store held."""

    generation: int = -1
    collections: tuple[Collection, ...] = ()
    vectors: Mapping[str, Mapping[tuple[str, str], int]] = field(default_factory=dict)
    n_failed: int = 0
    fresh_until: float = 0.0
    """On the clock that `time.monotonic` reads."""


class StoreFigures(Collector):
    """Gauges of what a store holds, by collection; counted again only where it changed."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._counting = threading.Lock()
        self._last = _Counted()

    def collect(self) -> Iterator[Metric]:
        """The gauges; a store that cannot be read says only so."""
        try:
            counted = self._counted()
        except SightlineError:
            yield GaugeMetricFamily("sightline_store_up", "Whether the store can be read.", value=0)
            return
        yield GaugeMetricFamily("sightline_store_up", "Whether the store can be read.", value=1)
        documents = GaugeMetricFamily("sightline_documents", "Documents in the store.", labels=["collection"])
        pages = GaugeMetricFamily("sightline_pages", "Pages of these documents.", labels=["collection"])
        elements = GaugeMetricFamily(
            "sightline_elements", "Passages, tables, pictures and pages.", labels=["collection", "modality"]
        )
        vectors = GaugeMetricFamily("sightline_vectors", "Vectors.", labels=["collection", "encoder", "kind"])
        for one in counted.collections:
            documents.add_metric([one.name], one.documents)
            pages.add_metric([one.name], one.pages)
            for modality, n_elements in one.elements.items():
                elements.add_metric([one.name, modality], n_elements)
            for (encoder, kind), n_vectors in counted.vectors.get(one.name, {}).items():
                vectors.add_metric([one.name, encoder, kind], n_vectors)
        yield from (documents, pages, elements, vectors)
        yield GaugeMetricFamily(
            "sightline_failed_files", "Files that could not be taken, and why is known.", value=counted.n_failed
        )

    def _counted(self) -> _Counted:
        with self._counting:
            began = time.monotonic()
            generation = self._engine.generation()
            if generation != self._last.generation and began >= self._last.fresh_until:
                collections, vectors = tuple(self._engine.collections()), self._engine.count_vectors()
                n_failed = len(self._engine.failures())
                took = time.monotonic() - began
                self._last = _Counted(generation, collections, vectors, n_failed, began + took * RESTS)
            return self._last


class JobFigures(Collector):
    """A gauge of the ingest jobs in each state, which `count` gives."""

    def __init__(self, count: Callable[[], Mapping[str, int]]) -> None:
        self._count = count

    def collect(self) -> Iterator[Metric]:
        """The gauge; left out while the jobs cannot be read."""
        try:
            counted = self._count()
        except SightlineError:
            return
        jobs = GaugeMetricFamily("sightline_jobs", "Ingest jobs in each state.", labels=["state"])
        for state, n_jobs in counted.items():
            jobs.add_metric([state], n_jobs)
        yield jobs
