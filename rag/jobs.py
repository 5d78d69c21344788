"""The jobs of an engine: its own ingests, those that a service is sent, and how far all of them are."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rag import wiring
from rag.errors import JobEnded
from rag.opened import Opened
from rag.settings import Settings
from rag.types import IngestReport, Job, JsonValue

if TYPE_CHECKING:
    from indexers.ingest import Event
    from indexers.jobs import Runner, Watch
    from rag.store.jobs import Claimed, JobTable, Order


class Jobs:
    """Begins jobs and runs them, over what an engine has opened. Safe for threads."""

    def __init__(self, opened: Opened, settings: Settings) -> None:
        self._opened = opened
        self._settings = settings
        self._runner: Runner | None = None
        self._starting = threading.Lock()

    def table(self, *, create: bool = False) -> JobTable:
        """The store's jobs.

        Raises: StoreNotFound; StoreDamaged.
        """
        return self._opened.store(create=create).jobs

    def ingest(self, paths: Sequence[Path], how: wiring.Ingestion) -> IngestReport:
        """Ingest in this thread, as a job; see `Engine.ingest`."""
        wiring.check_paths(paths, how)
        store, _ = self._opened.ready(create=True)
        claimed = store.jobs.begin(_order(paths, how))
        return wiring.run_job(claimed, store.jobs, lambda one, watch: self._take(one, watch, how), stop=how.stop)

    def queue_folder(self, path: Path, how: wiring.Ingestion) -> Job:
        """Have a folder ingested by the service; see `Engine.queue_folder`."""
        wiring.check_paths([path], how)
        job = self.table(create=True).add(_order([path], how))
        self.wake()
        return job

    def queue_upload(self, id: str, names: Sequence[str], *, collection: str, key: str | None, digest: str) -> Job:
        """Have files ingested that lie in the spool of this id; see `Engine.queue_upload`."""
        from rag.store.jobs import Order

        order = Order("upload", tuple(names), collection)
        job = self.table(create=True).add(order, id=id, key=key, key_digest=digest)
        self.wake()
        return job

    def resume(self, id: str) -> Job:
        """Take a job up again: by the service that runs on the store, else here and now."""
        table = self.table()
        job = table.resume(id)
        self.wake()
        if self._runner is not None or table.is_served():
            return job
        claimed = table.claim(id)
        if claimed is not None:
            wiring.run_job(claimed, table, self._take, stop=threading.Event())
        return table.job(id)

    def work(self, stopping: threading.Event) -> None:
        """Run what is queued in a thread of this process from now on, until `stopping` is set or this is closed."""
        with self._starting:
            if self._runner is None and not stopping.is_set():
                self._runner = wiring.runner(self.table, self._take, stopping)

    def wake(self) -> None:
        """Let the thread look for a job now, if there is one."""
        if self._runner is not None:
            self._runner.wake()

    def close(self) -> None:
        """End the thread after the documents in hand."""
        with self._starting:
            if self._runner is not None:
                self._runner.close()
            self._runner = None

    def _take(self, claimed: Claimed, watch: Watch, how: wiring.Ingestion | None = None) -> IngestReport:
        """Do what a job asks for; `how`: who else watches it.

        Raises: JobEnded if the files of an upload are gone; as `Engine.ingest`.
        """
        job, how = claimed.job, _how(claimed, how or wiring.Ingestion(), watch)
        if job.kind == "folder":
            paths = [Path(path) for path in claimed.paths]
            return wiring.ingest(paths, opened=self._opened, settings=self._settings, how=how)
        folder = self.table().spool(job.id)
        if not folder.is_dir():
            raise JobEnded(f"The files of the job {job.id} are gone.", hint="Send them again.")
        files = {name: spooled(folder, name) for name in claimed.paths}
        return wiring.ingest_uploads(files, opened=self._opened, settings=self._settings, how=how)


def spooled(folder: Path, name: str) -> Path:
    """Where a file of an upload lies: two folders deep, since a page may show pictures from the folder above its own."""
    return Path(folder, "files", *name.split("/"))


def _order(paths: Sequence[Path], how: wiring.Ingestion) -> Order:
    from rag.store.jobs import Order

    options: dict[str, JsonValue] = {
        "sync": how.sync,
        "again": how.again,
        "retry": how.retry,
        "include": list(how.include),
        "exclude": list(how.exclude),
        "within": [str(folder) for folder in how.within],
    }
    # As `indexers.find` has it: resolve() would follow links.
    named = tuple(os.path.abspath(path.expanduser()) for path in paths)  # noqa: PTH100
    return Order("folder", named, how.collection, options)


def _how(claimed: Claimed, how: wiring.Ingestion, watch: Watch) -> wiring.Ingestion:
    """How a job's ingest goes: as it was ordered, and watched by the job beside whoever watches already."""
    options, heard = claimed.options, how.on_event

    def on_event(event: Event) -> None:
        watch.on_event(event)
        heard(event)

    return wiring.Ingestion(
        collection=claimed.job.collection,
        sync=bool(options.get("sync")),
        again=bool(options.get("again")),
        retry=bool(options.get("retry")),
        include=_names(options, "include"),
        exclude=_names(options, "exclude"),
        within=tuple(map(Path, _names(options, "within"))),
        on_event=on_event,
        on_file=watch.on_file,
        stop=watch.stop,
        job=claimed.number,
        done_before=claimed.done_before,
    )


def _names(options: Mapping[str, JsonValue], name: str) -> tuple[str, ...]:
    given = options.get(name)
    return tuple(map(str, given)) if isinstance(given, list) else ()
