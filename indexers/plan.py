"""What an ingest would do, found out by reading without keeping."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from indexers.caption import Described, check_modalities, is_too_small, needs_call, pictures
from indexers.find import File, digest, find
from indexers.ingest import Event, OnEvent, Options
from indexers.worker import Read, Refused, Task, Work
from indexers.workers import ReadingPool
from rag.errors import FileRefused
from rag.protocols import Captioner
from rag.store import captions
from rag.store.captions import Author
from rag.store.media import MediaStore
from rag.store.store import Store
from rag.types import Document, Element, FailedFile

SECONDS_PER_OCR = 1.2
"""Of one process, for a page or picture; a rule of thumb, as a machine's speed is not known beforehand."""
SECONDS_PER_PASSAGE = 0.02
"""Of the encoder `builtin` on 2 cores; another encoder, or a GPU, takes another time."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an ingest would do."""

    files: int
    unchanged: int
    pages: int
    pictures: int
    tables: int
    passages: int
    """Without those that OCR will find."""
    ocr: int
    """Pictures and pages that would be read by OCR."""
    failed: tuple[FailedFile, ...]
    seconds: float
    """Estimated time of the real run, but for captions and late interaction: how long such a model takes is not known."""
    captions: int = 0
    """Pictures that the captioner would be asked about; 0 without one."""


def plan(
    paths: Sequence[Path],
    *,
    store: Store | None,
    options: Options,
    on_event: OnEvent = lambda event: None,
) -> Plan:
    """Read every new file as an ingest would, but keep nothing, read no text in pictures, encode and describe nothing."""
    began = time.monotonic()
    leave_out = None if store is None else store.root.absolute()
    files = list(find(paths, include=options.include, exclude=options.exclude, leave_out=leave_out))
    known = set() if store is None or options.again else store.catalogue.versions().keys()
    by_digest, failed = _by_digest(files)
    new = {found: file for found, file in by_digest.items() if found not in known}
    n_refused = len(failed)
    counts: Counter[str] = Counter()
    calls = None if options.captioner is None else _Calls(options.captioner, store=store, options=options)
    if calls is not None:
        calls.count_held(by_digest.keys() - new.keys())
    with (
        tempfile.TemporaryDirectory(prefix="sightline-plan-") as scratch,
        ReadingPool(
            # Pictures are known by the bytes that they are kept as: to count captions, they are kept aside for a while.
            Work(media=None if calls is None else Path(scratch), ocr=False, limits=options.limits),
            n_workers=options.n_workers,
        ) as pool,
    ):
        media = MediaStore(Path(scratch))
        tasks = (Task(file.path, file.source, found) for found, file in new.items())
        for n_done, (task, outcome) in enumerate(pool.read(tasks), start=1):
            if isinstance(outcome, Refused):
                failed.append(FailedFile(task.source, outcome.code, outcome.reason))
            else:
                counts["pages"] += outcome.document.n_pages
                counts["ocr"] += outcome.n_ocr
                counts.update(element.modality for element in outcome.elements)
                if calls is not None:
                    calls.count(outcome.document, outcome.elements, media=media)
                    _forget(outcome, media)
            on_event(Event("done", task.source, n_done, len(new)))
    estimate = (
        (time.monotonic() - began)
        + counts["ocr"] * SECONDS_PER_OCR / pool.n_workers
        + (counts["text"] + counts["image"] + counts["table"]) * SECONDS_PER_PASSAGE
    )
    return Plan(
        files=len(files),
        unchanged=len(files) - n_refused - len(new),
        pages=counts["pages"],
        pictures=counts["image"],
        tables=counts["table"],
        passages=counts["text"],
        ocr=counts["ocr"],
        failed=tuple(failed),
        seconds=round(estimate, 1),
        captions=0 if calls is None else calls.n_calls,
    )


def _by_digest(files: Sequence[File]) -> tuple[dict[str, File], list[FailedFile]]:
    """The first file of each contents, and those that cannot be opened."""
    found: dict[str, File] = {}
    failed: list[FailedFile] = []
    for file in files:
        try:
            found.setdefault(digest(file.path), file)
        except FileRefused as error:
            failed.append(FailedFile(file.source, error.code, str(error)))
    return found, failed


class _Calls:
    """Counts the distinct pictures that a captioner would be asked about."""

    def __init__(self, captioner: Captioner, *, store: Store | None, options: Options) -> None:
        check_modalities(options.caption_of)
        self._author = Author.of(captioner)
        self._store = store
        self._options = options
        self._seen: set[str] = set()
        self.n_calls = 0

    def count_held(self, ids: Collection[str]) -> None:
        """Count the pictures of documents that are in the store."""
        if self._store is not None:
            for document in self._store.documents(sorted(ids)):
                elements = self._store.catalogue.elements_of(document.id, self._options.caption_of)
                self.count(document, elements, media=self._store.media)

    def count(self, document: Document, elements: Sequence[Element], *, media: MediaStore) -> None:
        """Count the pictures of one more document, which lie in `media`."""
        found = pictures([Described(document, tuple(elements))], self._options.caption_of)
        new = {key: picture for key, picture in found.items() if key not in self._seen}
        self._seen |= new.keys()
        known = {} if self._store is None else captions.known(self._store.catalogue, self._author, new)
        self.n_calls += sum(
            needs_call(picture, known, retry=self._options.retry) and not is_too_small(picture, media)
            for picture in new.values()
        )


def _forget(read: Read, media: MediaStore) -> None:
    """Drop what was kept aside of a document once it is counted; a picture that comes again is counted already."""
    for hash in {read.document.id, *(element.media for element in read.elements if element.media is not None)}:
        media.remove(hash)
