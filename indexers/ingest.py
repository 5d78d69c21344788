"""The story of a file: find it, read it, describe its pictures, encode it, keep it."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from indexers import ocr
from indexers.batches import Outcome, in_batches
from indexers.caption import Captioning, Described, carry_over
from indexers.encode import encode, encode_texts
from indexers.find import File, digest, find
from indexers.late import place_pages
from indexers.reading import Limits
from indexers.worker import Progress, Read, Refused, Task, Work
from indexers.workers import ReadingPool
from rag.errors import FileRefused, UnreadablePath
from rag.protocols import Captioner, Encoder
from rag.store.jobs import FileNews
from rag.store.store import Store
from rag.types import DEFAULT_COLLECTION, CaptionCounts, FailedFile, IngestReport, Modality

if TYPE_CHECKING:
    from rag.late.encoder import LateEncoder

DESCRIBED_AT_ONCE = 32
"""Documents that were here already whose pictures are described together, so that a captioner's batch is filled."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Options:
    """How to ingest."""

    collection: str = DEFAULT_COLLECTION
    """Where the files are put; the same bytes in another are not read again."""
    sync: bool = False
    """Drop from the collection what is gone from the folders."""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    ocr: bool = True
    again: bool = False
    """Read and encode also what the store holds already."""
    n_workers: int = 0
    """Reading processes; 0 takes one per core, four at most."""
    limits: Limits = field(default_factory=Limits)
    captioner: Captioner | None = None
    """Describes each distinct picture once; without one, captions that are there stay."""
    caption_of: tuple[Modality, ...] = ("image",)
    """What is described: `image`, `table`, `page`; of the latter two, where pages can be drawn."""
    retry: bool = False
    """Ask the captioner also about the pictures at which it failed before."""
    late: Mapping[str, LateEncoder] = field(default_factory=dict)
    """The store's late-interaction models, by name, which place pages by their pictures."""
    stop: threading.Event = field(default_factory=threading.Event)
    """Once set, what is read is kept, nothing more is begun, and the report covers what was done."""
    within: tuple[Path, ...] = ()
    """Files that really lie outside all of these folders, by a link, are refused; no matter where without any."""
    job: int | None = None
    """The number of the job that this is, in whose list a document is marked in the transaction that keeps it."""
    done_before: Collection[str] = ()
    """Locations that the job took before it was broken off: these are not read `again` once more."""
    on_file: Callable[[FileNews], None] = lambda news: None
    """Hears what becomes of each file; called from several threads."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened to a file."""

    kind: str
    """`found` (`done` of `total` files need reading), `page` (read), `late` (a page placed by its picture), `caption`
    (`done` of `total` pictures, as far as they are known by now, are described), `done` or `failed`."""
    source: str
    done: int
    total: int
    page: int = 0
    n_pages: int = 0
    reason: str = ""


OnEvent = Callable[[Event], None]


def ingest(
    paths: Sequence[Path],
    *,
    store: Store,
    encoders: Mapping[str, Encoder],
    options: Options,
    on_event: OnEvent = lambda event: None,
) -> IngestReport:
    """Take every file at or below the paths into the store; a bad one is recorded and never stops the rest.

    The same bytes again are neither read nor encoded, wherever they lie. Each document is committed by itself, so
    breaking off at any moment loses at most what was being read, and the same call again goes on from there.
    Raises: UnreadablePath if a named path is not there.
    """
    began = time.monotonic()
    _warn_of_missing_ocr(options)
    files = list(find(paths, include=options.include, exclude=options.exclude, leave_out=store.root.absolute()))
    tally = _Tally(store, options)
    with store.ingesting():
        _take(files, tally, store=store, encoders=encoders, options=options, on_event=on_event)
        if not options.stop.is_set():
            tally.removed += _drop_gone(paths, files, store, collection=options.collection, sync=options.sync)
    return tally.report(files, seconds=time.monotonic() - began)


def _warn_of_missing_ocr(options: Options) -> None:
    if options.ocr and not ocr.available():
        log.warning(
            "The extra `ocr` is not installed: text in pictures and scanned pages is not read."
            " pip install 'sightline[ocr]', then ingest again with --again."
        )


def ingest_files(
    files: Sequence[File],
    *,
    store: Store,
    encoders: Mapping[str, Encoder],
    options: Options,
    on_event: OnEvent = lambda event: None,
) -> IngestReport:
    """Take exactly these files, as `ingest` does; nothing is dropped but what their places held before."""
    began = time.monotonic()
    tally = _Tally(store, options)
    with store.ingesting():
        _take(files, tally, store=store, encoders=encoders, options=options, on_event=on_event)
    return tally.report(files, seconds=time.monotonic() - began)


def _take(
    files: Sequence[File],
    tally: _Tally,
    *,
    store: Store,
    encoders: Mapping[str, Encoder],
    options: Options,
    on_event: OnEvent,
) -> None:
    """Read what is new, describe its pictures, encode it, keep it; then describe those that are here already."""
    captioning = _captioning(store, options, on_event)
    for file in files:
        options.on_file(FileNews(file.location, file.source, "waiting"))
    reading = _needing_work(files, tally, options)
    on_event(Event("found", "", 0, len(reading)))

    def on_late_page(source: str, page: int, n_pages: int) -> None:
        on_event(Event("late", source, tally.n_done, len(reading), page, n_pages))

    for batch in in_batches(_read_all(reading, store, options, on_event)):
        tasks = [task for task, outcome in batch if isinstance(outcome, Read)]
        read = [outcome for _, outcome in batch if isinstance(outcome, Read)]
        read = _with_captions(read, store=store, captioning=captioning, again=options.again)
        encoded = encode(read, encoders=encoders, media=store.media)
        with place_pages(read, late=options.late, store=store, on_page=on_late_page) as placed:
            for task, one, vectors, pages in zip(tasks, read, encoded, placed, strict=True):
                first, *copies = reading[task.digest]
                kept = store.add(
                    one.document,
                    one.elements,
                    [*vectors, *pages],
                    location=first.location,
                    collection=options.collection,
                    again=options.again,
                    job=options.job,
                )
                tally.keep(first, kept)
                tally.copies(copies)
        for task, outcome in batch:
            if isinstance(outcome, Refused):
                for file in reading[task.digest]:
                    tally.refuse(file, outcome.code, outcome.reason)
            tally.n_done += 1
            kind, reason = ("failed", outcome.reason) if isinstance(outcome, Refused) else ("done", "")
            on_event(Event(kind, task.source, tally.n_done, len(reading), reason=reason))
    if captioning is not None:
        _describe_held(files, captioning, leave_out=reading.keys(), store=store, encoders=encoders, options=options)
        tally.captions = captioning.counts


def _captioning(store: Store, options: Options, on_event: OnEvent) -> Captioning | None:
    if options.captioner is None:
        return None
    return Captioning(
        options.captioner,
        store=store,
        modalities=options.caption_of,
        retry=options.retry,
        stop=options.stop,
        on_caption=lambda source, done, total: on_event(Event("caption", source, done, total)),
    )


def _with_captions(read: Sequence[Read], *, store: Store, captioning: Captioning | None, again: bool) -> list[Read]:
    """What was read, with the captions of its pictures: those from before where it is read again, then the captioner's."""
    described = [Described(one.document, one.elements) for one in read]
    if again:
        described = [
            replace(one, elements=carry_over(one.document, one.elements, store.catalogue.elements_of(one.document.id)))
            for one in described
        ]
    if captioning is not None:
        described = captioning.describe(described)
    return [replace(one, elements=new.elements) for one, new in zip(read, described, strict=True)]


def _describe_held(
    files: Sequence[File],
    captioning: Captioning,
    *,
    leave_out: Collection[str],
    store: Store,
    encoders: Mapping[str, Encoder],
    options: Options,
) -> None:
    """Describe the pictures of documents that were here before this run; only what changes is encoded anew."""
    locations = {file.location for file in files}
    sources = store.catalogue.sources([options.collection])
    ids = {id for location, _, id in sources if location in locations} - set(leave_out)
    held = store.documents(sorted(ids))
    for first in range(0, len(held), DESCRIBED_AT_ONCE):
        if options.stop.is_set():
            return
        before = [
            Described(document, tuple(store.catalogue.elements_of(document.id, captioning.modalities)))
            for document in held[first : first + DESCRIBED_AT_ONCE]
        ]
        for had, has in zip(before, captioning.describe(before), strict=True):
            changed = [new for old, new in zip(had.elements, has.elements, strict=True) if old != new]
            if changed:
                store.exchange_captions(had.document, changed, encode_texts(changed, encoders=encoders))


class _Tally:
    """What has happened so far."""

    def __init__(self, store: Store, options: Options) -> None:
        self._store = store
        self._collection = options.collection
        self._on_file = options.on_file
        self.outcomes: Counter[str] = Counter()
        self.failed: list[FailedFile] = []
        self.removed = 0
        self.n_done = 0
        self.captions = CaptionCounts()

    def refuse(self, file: File, code: str, reason: str) -> None:
        failure = FailedFile(file.source, code, reason)
        self._store.record_failure(failure, location=file.location, collection=self._collection)
        self.failed.append(failure)
        self._on_file(FileNews(file.location, file.source, "failed", code=code, reason=reason))

    def keep(self, file: File, outcome: Literal["added", "replaced", "unchanged"]) -> None:
        self.outcomes[outcome] += 1
        self._on_file(FileNews(file.location, file.source, "done", outcome))

    def copies(self, files: Iterable[File]) -> None:
        """Files with the bytes of one that was just kept."""
        for file in files:
            self.is_held(file, digest(file.path))
            self.keep(file, "unchanged")

    def is_held(self, file: File, found: str) -> bool:
        """Whether the store holds these bytes; then it is noted that they lie here too."""
        return self._store.add_source(found, location=file.location, source=file.source, collection=self._collection)

    def report(self, files: Sequence[File], *, seconds: float) -> IngestReport:
        locations = {file.location for file in files}
        sources = self._store.catalogue.sources([self._collection])
        ids = {id for location, _, id in sources if location in locations}
        documents = self._store.documents(sorted(ids))
        return IngestReport(
            documents=len(documents),
            elements=self._store.catalogue.count_elements(ids),
            pages=sum(document.n_pages for document in documents),
            added=self.outcomes["added"],
            unchanged=self.outcomes["unchanged"],
            replaced=self.outcomes["replaced"],
            removed=self.removed,
            failed=tuple(sorted(self.failed, key=lambda failure: failure.path)),
            seconds=round(seconds, 3),
            captions=self.captions,
        )


def _needing_work(files: Iterable[File], tally: _Tally, options: Options) -> dict[str, list[File]]:
    """The files whose bytes the store does not hold, by digest, or all of them `again`; the others get their place noted."""
    reading: dict[str, list[File]] = {}
    for file in files:
        again = options.again and file.location not in options.done_before
        try:
            _check_within(file, options.within)
            found = digest(file.path)
        except FileRefused as error:
            tally.refuse(file, error.code, str(error))
            continue
        if not again and tally.is_held(file, found):
            tally.keep(file, "unchanged")
        else:
            reading.setdefault(found, []).append(file)
    return reading


def _check_within(file: File, folders: Sequence[Path]) -> None:
    """Raises: UnreadablePath if folders are named, and the file lies in none of them once links are followed."""
    if folders and not any(file.path.resolve().is_relative_to(folder) for folder in folders):
        raise UnreadablePath(
            f"{file.source} is a link to a file outside of what may be read.", hint="Put the file itself there."
        )


def _read_all(
    reading: Mapping[str, Sequence[File]], store: Store, options: Options, on_event: OnEvent
) -> Generator[Outcome]:
    """Read the files in processes of their own."""

    def tasks() -> Iterator[Task]:
        for found, files in reading.items():
            if options.stop.is_set():
                return
            options.on_file(FileNews(files[0].location, files[0].source, "reading"))
            yield Task(files[0].path, files[0].source, found)

    def on_progress(task: Task, progress: Progress) -> None:
        on_event(Event("page", task.source, 0, len(reading), progress.page, progress.n_pages))

    work = Work(media=store.root / "media", ocr=options.ocr, limits=options.limits, within=options.within)
    with ReadingPool(work, n_workers=options.n_workers) as pool:
        yield from pool.read(tasks(), on_progress)


def _drop_gone(paths: Sequence[Path], files: Sequence[File], store: Store, *, collection: str, sync: bool) -> int:
    """Forget places of a collection whose file is gone: all below the paths with `sync`, else only those whose bytes lie
    elsewhere in it too.
    """
    here = {file.location for file in files}
    roots = [path.expanduser().absolute() for path in paths]
    sources = store.catalogue.sources([collection])
    places = Counter(document_id for _, _, document_id in sources)
    gone: list[str] = []
    for location, _, document_id in sources:
        path = Path(location)
        below = path.is_absolute() and any(path.is_relative_to(root) for root in roots)
        if location in here or not path.is_absolute() or not _is_gone(path):
            continue
        if (sync and below) or places[document_id] > 1:
            gone.append(location)
            places[document_id] -= 1
    failures = [Path(location) for location, _ in store.catalogue.failures([collection])]
    gone.extend(str(path) for path in failures if sync and path.is_absolute() and _is_gone(path))
    return store.remove_sources(gone, collection=collection)


def _is_gone(path: Path) -> bool:
    """Whether there is certainly no such file; one below a folder that may not be looked into is not gone."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False
