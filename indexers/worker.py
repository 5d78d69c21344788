"""The process that reads files, one after the other, under limits: what breaks here breaks nothing else."""

from __future__ import annotations

import hashlib
import os
import resource
import signal
import time
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from indexers.chunk import chunk
from indexers.find import digest, printable
from indexers.ocr import available
from indexers.reading import Limits, Line, Reading
from rag.errors import FileRefused, FileTooLarge, MissingExtra, ReaderDied
from rag.store.media import MediaStore
from rag.types import Document, Element

if TYPE_CHECKING:
    from PIL.Image import Image

    from indexers.ocr import Ocr

SECONDS_BETWEEN_STEPS = 0.25
"""At most this often a worker says that it goes on."""
OCR_MEMORY = 64
"""Pictures whose text is remembered, since logos and backgrounds repeat."""
DRAWN_ON_DEMAND = frozenset({"application/pdf"})
"""Media types whose original is kept, so that any page can be drawn as a picture later."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker is told to read."""

    path: Path
    source: str
    digest: str


@dataclass(frozen=True, slots=True)
class Progress:
    """A worker goes on: the page that it read last."""

    page: int
    n_pages: int


@dataclass(frozen=True, slots=True)
class Read:
    """A file that was read: its document and its chunked elements, bound to it."""

    document: Document
    elements: tuple[Element, ...]
    n_ocr: int
    """Pictures that were, or in a dry run would be, read by OCR."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that was not taken."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Work:
    """How a worker works."""

    media: Path | None
    """Folder of the media store; None for a dry run, which keeps nothing and reads no text in pictures."""
    ocr: bool
    limits: Limits
    within: tuple[Path, ...] = ()
    """The only folders that may be read, links followed; empty where all may."""


class WorkerDesk:
    """Keeps pictures in the media store and reads them by OCR; in a dry run only counts."""

    def __init__(self, work: Work) -> None:
        self._media = None if work.media is None else MediaStore(work.media)
        self._limits = work.limits
        self.within = work.within
        self._reads_text = work.ocr
        self._ocr: Ocr | None = None
        self._remembered: dict[bytes, list[Line]] = {}
        self.root: Path | None = None
        self.n_ocr = 0

    @property
    def limits(self) -> Limits:
        """What one file may cost."""
        return self._limits

    def keep(self, image: Image) -> str:
        """Keep a picture; its hash."""
        return "0" * 64 if self._media is None else self._media.put_image(image)

    def lines(self, image: Image) -> list[Line]:
        """The text in a picture; nothing in a dry run, or where OCR is off or not installed."""
        self.n_ocr += 1
        if self._media is None or not self._reads_text or not available():
            return []
        pixels = hashlib.sha256(f"{image.mode}{image.size}".encode() + image.tobytes()).digest()
        if pixels not in self._remembered:
            if len(self._remembered) >= OCR_MEMORY:
                self._remembered.pop(next(iter(self._remembered)))
            self._remembered[pixels] = self._read(image)
        return self._remembered[pixels]

    def _read(self, image: Image) -> list[Line]:
        if self._ocr is None:
            from indexers.ocr import Ocr

            self._ocr = Ocr(threads=1)
        return self._ocr.lines(image)


def main(descriptor: int) -> None:
    """Read what the parent names until it closes the connection."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    parent = Connection(descriptor)
    work: Work = parent.recv()
    resource.setrlimit(resource.RLIMIT_AS, (work.limits.memory_bytes, work.limits.memory_bytes))
    desk = WorkerDesk(work)
    while True:
        try:
            task: Task = parent.recv()
        except EOFError:
            return
        parent.send(read(task, desk, work, parent))


def read(task: Task, desk: WorkerDesk, work: Work, parent: Connection) -> Read | Refused:
    """Read one file to the end, saying on the way that it goes on."""
    from indexers.readers import choose

    desk.n_ocr = 0
    desk.root = _root(task)
    _allow_more_time(work.limits)
    try:
        reading = choose(task.path, work.limits)(task.path, desk)
        if reading.n_pages > work.limits.max_pages:
            raise FileTooLarge(
                f"{task.source} has {reading.n_pages} pages, the limit is {work.limits.max_pages}.",
                hint="Raise max_pages, or split the document.",
            )
        elements = _elements(task, reading, parent, work.limits)
        if digest(task.path) != task.digest:
            raise FileRefused(f"{task.source} changed while it was read.", hint="Ingest it again.")
        if work.media is not None and reading.media_type in DRAWN_ON_DEMAND:
            MediaStore(work.media).put_bytes(task.path.read_bytes(), suffix=task.path.suffix.lower())
    except (FileRefused, MissingExtra) as error:
        return Refused(error.code, printable(str(error)))
    except MemoryError:
        return Refused(ReaderDied.code, f"{task.source} needs more than {work.limits.memory_bytes >> 20} MiB to read.")
    except RecursionError:
        return Refused("damaged_file", f"{task.source} is nested too deeply to read.")
    except Exception as error:  # a reader's bug, or a library's, costs this file and not the folder
        reason = f"{task.source} cannot be read: {type(error).__name__}: {error}"
        return Refused("damaged_file", printable(reason[:500]))
    document = Document(
        id=task.digest,
        source=task.source,
        title=printable(reading.title.strip()) or Path(task.source).stem,
        media_type=reading.media_type,
        n_pages=reading.n_pages,
        metadata=reading.metadata,
    )
    return Read(document, elements, desk.n_ocr)


def _root(task: Task) -> Path | None:
    """The folder that was named to `sightline ingest`: what is left of the path without the source."""
    below = Path(task.source).parts
    return task.path.parents[len(below) - 1] if task.path.parts[-len(below) :] == below else None


def _elements(task: Task, reading: Reading, parent: Connection, limits: Limits) -> tuple[Element, ...]:
    elements: list[Element] = []
    said = time.monotonic()
    for element in chunk(reading.elements):
        elements.append(bind(element, document_id=task.digest, ordinal=len(elements)))
        if time.monotonic() - said > SECONDS_BETWEEN_STEPS:
            said = time.monotonic()
            parent.send(Progress(element.page, reading.n_pages))
            _allow_more_time(limits)
    return tuple(elements)


def _allow_more_time(limits: Limits) -> None:
    """Let the kernel end this process if it computes on and on; the parent only sees the clock on the wall."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = used.ru_utime + used.ru_stime + limits.step_seconds * (os.cpu_count() or 1)
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, resource.RLIM_INFINITY))


def bind(element: Element, *, document_id: str, ordinal: int) -> Element:
    """The element as part of its document, under an id made from all that it is."""
    told = repr((document_id, ordinal, element.modality, element.page, element.text, element.media)).encode()
    return replace(element, document_id=document_id, id=hashlib.sha256(told).hexdigest()[:32])
