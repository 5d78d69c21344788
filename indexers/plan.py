"""What an ingest would do, found out by reading without keeping."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from indexers.find import File, digest, find
from indexers.ingest import Event, OnEvent, Options
from indexers.worker import Refused, Task, Work
from indexers.workers import ReadingPool
from rag.errors import FileRefused
from rag.store.store import Store
from rag.types import FailedFile

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
    """Estimated time of the real run."""


def plan(
    paths: Sequence[Path],
    *,
    store: Store | None,
    options: Options,
    on_event: OnEvent = lambda event: None,
) -> Plan:
    """Read every new file as an ingest would, but keep nothing, read no text in pictures and encode nothing."""
    began = time.monotonic()
    leave_out = None if store is None else store.root.absolute()
    files = list(find(paths, include=options.include, exclude=options.exclude, leave_out=leave_out))
    known = set() if store is None or options.again else store.catalogue.versions().keys()
    failed: list[FailedFile] = []
    new: dict[str, File] = {}
    unchanged = 0
    for file in files:
        try:
            found = digest(file.path)
        except FileRefused as error:
            failed.append(FailedFile(file.source, error.code, str(error)))
            continue
        if found in known or found in new:
            unchanged += 1
        else:
            new[found] = file
    counts: Counter[str] = Counter()
    work = Work(media=None, ocr=False, limits=options.limits)
    with ReadingPool(work, n_workers=options.n_workers) as pool:
        tasks = (Task(file.path, file.source, found) for found, file in new.items())
        for n_done, (task, outcome) in enumerate(pool.read(tasks), start=1):
            if isinstance(outcome, Refused):
                failed.append(FailedFile(task.source, outcome.code, outcome.reason))
            else:
                counts["pages"] += outcome.document.n_pages
                counts["ocr"] += outcome.n_ocr
                counts.update(element.modality for element in outcome.elements)
            on_event(Event("done", task.source, n_done, len(new)))
    estimate = (
        (time.monotonic() - began)
        + counts["ocr"] * SECONDS_PER_OCR / pool.n_workers
        + (counts["text"] + counts["image"] + counts["table"]) * SECONDS_PER_PASSAGE
    )
    return Plan(
        files=len(files),
        unchanged=unchanged,
        pages=counts["pages"],
        pictures=counts["image"],
        tables=counts["table"],
        passages=counts["text"],
        ocr=counts["ocr"],
        failed=tuple(failed),
        seconds=round(estimate, 1),
    )
