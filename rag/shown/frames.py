"""Pages and pictures for a notebook: small, with their boxes drawn into them, since a notebook may drop every style."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rag import evidence_pictures
from rag.errors import SightlineError
from rag.evidence_cards import Pictures
from rag.evidence_pictures import View
from rag.types import WHOLE_PAGE, Box, Document

if TYPE_CHECKING:
    from PIL.Image import Image

THUMB_WIDTH, THUMB_QUALITY = 320, 40
"""Pixels, WebP: a page says where, hardly what."""
CUT_WIDTH = 640
"""Pixels, about, of a place cut out of its page."""
LINE = 2.5
"""Pixels, of a box in the picture as it is shown."""
COLOUR = "#d9480f"


@dataclass(slots=True)
class Frames:
    """Draws for one result; each page is asked for once. What cannot be had is left out."""

    pictures: Pictures | None
    _pages: dict[tuple[str, int], Image | None] = field(default_factory=dict)

    def page(self, document: Document, page: int, boxes: Sequence[Box]) -> View | None:
        """A page (from 1) made small, its boxes drawn; None where there is none to draw."""
        drawn = self._page(document, page)
        return None if drawn is None else _small(_boxed(drawn, boxes, shown=THUMB_WIDTH))

    def cut(self, document: Document, page: int, boxes: Sequence[Box]) -> View | None:
        """The boxes and what stands around them, cut out of their page; the page where a cut would show hardly less."""
        drawn = self._page(document, page)
        if drawn is None:
            return None
        framed = _boxed(drawn, boxes, shown=CUT_WIDTH)
        inner = [box for box in boxes if box != WHOLE_PAGE]
        return evidence_pictures.detail(framed, inner) or _small(framed)

    def picture(self, digest: str) -> View | None:
        """A kept picture, made small."""
        if self.pictures is None:
            return None
        try:
            return _small(self.pictures.media(digest))
        except SightlineError:
            return None

    def address(self, document: Document, page: int, box: Box | None) -> str:
        """Where a browser finds the page with its box; empty where there is no such place."""
        return "" if self.pictures is None else self.pictures.address(document, page, box)

    def _page(self, document: Document, page: int) -> Image | None:
        if self.pictures is None:
            return None
        if (document.id, page) not in self._pages:
            try:
                self._pages[document.id, page] = self.pictures.page(document, page)
            except SightlineError:  # deleted meanwhile, or its file is gone: the words are shown without it
                self._pages[document.id, page] = None
        return self._pages[document.id, page]


def _small(image: Image) -> View:
    return evidence_pictures.whole(image, width=THUMB_WIDTH, quality=THUMB_QUALITY)


def _boxed(image: Image, boxes: Sequence[Box], *, shown: int) -> Image:
    """A copy with a frame just outside each box, as thick as it takes when the copy is made `shown` pixels wide."""
    from PIL import ImageDraw

    framed = image.convert("RGB")
    line = max(2, round(LINE * framed.width / shown))
    draw = ImageDraw.Draw(framed)
    for x0, y0, x1, y1 in boxes:
        if (x0, y0, x1, y1) != WHOLE_PAGE:
            left, top, right, bottom = x0 * framed.width, y0 * framed.height, x1 * framed.width, y1 * framed.height
            draw.rectangle((left - line, top - line, right + line, bottom + line), outline=COLOUR, width=line)
    return framed
