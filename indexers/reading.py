"""The contract of a reader: from one file to elements.

A reader is one function in one file, named in the table of `indexers/readers.py`:

    def read(path: Path, desk: Desk) -> Reading

It yields elements in reading order: a text element per heading or paragraph (chunking comes later, `indexers/chunk.py`),
one per picture, figure and table, and one `page` element after the others of its page where the format has pages.
It hands every picture to the desk, which keeps it, reads it by OCR and gives its hash. It raises `rag.errors.FileRefused`
for a file that it cannot take, also in the middle of the iteration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from rag.types import Box, Element

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text found in a picture."""

    text: str
    box: Box
    """As fractions of the picture."""
    confidence: float
    """0..1."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost."""

    max_file_bytes: int = 512 * 2**20
    max_pixels: int = 178_956_970
    """Of one picture, once decoded; Pillow's own bound against decompression bombs, applied as an error."""
    max_pages: int = 5_000
    step_seconds: float = 60.0
    """Wall time between two elements."""
    memory_bytes: int = 4 * 2**30
    """Address space of the reading process."""


class Desk(Protocol):
    """What a reader is given to work with."""

    @property
    def limits(self) -> Limits:
        """What one file may cost."""
        ...

    @property
    def root(self) -> Path | None:
        """The folder that was ingested, whose pictures a page may show; None for a file that was sent over."""
        ...

    @property
    def within(self) -> tuple[Path, ...]:
        """The only folders that may be read, links followed; empty where all may."""
        ...

    def keep(self, image: Image) -> str:
        """Keep a picture (already upright, in RGB or with alpha) in the media store.

        Returns: its hash, which names it in `Element.media`. The same pixels give the same hash.
        """
        ...

    def lines(self, image: Image) -> list[Line]:
        """Read the text in a picture, top to bottom; nothing where OCR is off or not installed."""
        ...


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader gives back: facts about the whole file, and its elements as they are read."""

    title: str
    """The title that the file carries, or its name without the ending."""
    media_type: str
    n_pages: int
    elements: Iterator[Element]
    metadata: Mapping[str, str] = field(default_factory=dict)
    """Complete once the elements were read."""


Reader = Callable[[Path, Desk], Reading]
