"""From pages to multivectors: each page as a picture, placed a few at a time and put aside on disk until it is kept."""

from __future__ import annotations

import contextlib
import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indexers import pages
from indexers.worker import Read
from rag.errors import EncodeFailed, SightlineError
from rag.late.aside import Aside, AsideByOrdinal
from rag.late.multivectors import Multivector, pool
from rag.store.rows import Encoded
from rag.store.store import Store
from rag.types import Document, Element

if TYPE_CHECKING:
    from PIL.Image import Image

    from rag.late.encoder import LateEncoder
    from rag.types import Vectors

PAGES_AT_ONCE = 8
"""Drawn and placed together, also of several documents: 52 MB for A4 at 150 dpi."""

OnPage = Callable[[str, int, int], None]
"""Hears of a source that a page (from 1, of so many) was placed."""

log = logging.getLogger(__name__)


@contextlib.contextmanager
def place_pages(
    reads: Sequence[Read],
    *,
    late: Mapping[str, LateEncoder],
    store: Store,
    on_page: OnPage = lambda source, page, n_pages: None,
) -> Iterator[list[list[Encoded]]]:
    """Place the pages of several documents together by every late-interaction model.

    A page is a PDF's, or the picture of a picture file; other formats have none. One that cannot be drawn or placed is left
    out with a warning: its document is kept, and other lists may find it.
    Yields: for each document its pages in every space; what lies on disk of them goes when the block ends.
    Raises: StoreDamaged if there is no room on disk.
    """
    with contextlib.ExitStack() as until_kept:
        encoded: list[list[Encoded]] = [[] for _ in reads]
        for name, encoder in late.items():
            placing = _Placing(encoder, store, until_kept.enter_context(Aside(store.root)))
            for of_document, part in zip(encoded, placing.place(reads, name, on_page), strict=True):
                of_document.append(part)
        yield encoded


@dataclass(frozen=True, slots=True)
class _Page:
    """A page that is to be placed."""

    at: int
    """Its document, of those that are placed together."""
    ordinal: int
    """Its element, of those of the document."""
    document: Document
    element: Element


class _Placing:
    """One model at work on some documents."""

    def __init__(self, encoder: LateEncoder, store: Store, aside: Aside) -> None:
        self._encoder = encoder
        self._store = store
        self._aside = aside
        self._pooled: defaultdict[int, list[Vectors]] = defaultdict(list)
        """Of each document, the pooled rows of its pages."""
        self._numbers: defaultdict[int, dict[int, int]] = defaultdict(dict)
        """Of each document, where its pages lie aside, by ordinal in the order of the pooled rows."""

    def place(self, reads: Sequence[Read], space: str, on_page: OnPage) -> list[Encoded]:
        """Place the pages of all documents; one part for each document."""
        wanted = [page for at, read in enumerate(reads) for page in _pages_of(at, read)]
        for first in range(0, len(wanted), PAGES_AT_ONCE):
            some = wanted[first : first + PAGES_AT_ONCE]
            drawn = [(page, image) for page in some if (image := self._draw(page)) is not None]
            self._place(drawn)
            for page, _ in drawn:
                on_page(page.document.source, page.element.page, page.document.n_pages)
        return [self._encoded(at, space) for at in range(len(reads))]

    def _draw(self, page: _Page) -> Image | None:
        """A page as a picture; None where there is nothing to see, or it cannot be drawn."""
        try:
            if page.element.media is not None:
                return self._store.media.open_image(page.element.media)
            return pages.page_picture(self._store, page.document, page.element.page)
        except (SightlineError, OSError) as error:  # OSError: Pillow, of a picture that was damaged in the store
            _warn(page, error)
            return None

    def _place(self, drawn: Sequence[tuple[_Page, Image]]) -> None:
        """Place pages together; where that fails, one by one, so that one bad page does not spoil the others."""
        if not drawn:
            return
        try:
            placed = self._encoder.encode_pages([image for _, image in drawn])
        except EncodeFailed as error:
            if len(drawn) == 1:
                _warn(drawn[0][0], error)
            for one in drawn if len(drawn) > 1 else ():
                self._place([one])
            return
        for (page, _), rows in zip(drawn, placed, strict=True):
            self._pooled[page.at].append(pool(rows))
            self._numbers[page.at][page.ordinal] = self._aside.put(Multivector.of(rows))

    def _encoded(self, at: int, space: str) -> Encoded:
        pooled, numbers = self._pooled[at], self._numbers[at]
        ordinals = [ordinal for ordinal, rows in zip(numbers, pooled, strict=True) for _ in rows]
        nothing = np.zeros((0, self._encoder.fingerprint.dim), np.float32)
        return Encoded(
            space, "page", tuple(ordinals), np.concatenate([nothing, *pooled]), AsideByOrdinal(self._aside, numbers)
        )


def _pages_of(at: int, read: Read) -> list[_Page]:
    """The elements that stand for whole pages: where a file is a picture, that picture."""
    modality = "image" if read.document.media_type.startswith("image/") else "page"
    return [
        _Page(at, ordinal, read.document, element)
        for ordinal, element in enumerate(read.elements)
        if element.modality == modality
    ]


def _warn(page: _Page, error: Exception) -> None:
    log.warning("page %d of %s is not placed by late interaction: %s", page.element.page, page.document.source, error)
