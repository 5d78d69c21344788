"""Pages as pictures, drawn on demand from the original that the store keeps."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from rag.errors import BadRequest, UnknownMedia
from rag.store.store import Store
from rag.types import WHOLE_PAGE, Box, Document, Hit

if TYPE_CHECKING:
    from PIL.Image import Image

AROUND = 0.02
"""Share of the page shown around a table or a scanned passage."""

_DRAWING = threading.Lock()
"""PyMuPDF is not made for threads, and a service draws pages in several."""


def page_picture(store: Store, document: Document, page: int, *, dpi: int = 150) -> Image | None:
    """A page (from 1) as a picture; None where the format has no layout to draw (txt, md, html).

    Raises: BadRequest if the document has no such page; UnknownMedia if the original is gone from the store.
    """
    if not 1 <= page <= document.n_pages:
        raise BadRequest(f"{document.source} has no page {page}.", hint=f"Its pages go from 1 to {document.n_pages}.")
    if document.media_type == "application/pdf":
        from indexers.pdf import render_page

        with _DRAWING:
            return render_page(store.media.path(document.id), page, dpi=dpi)
    if document.media_type.startswith("image/"):
        for element in store.catalogue.elements_of(document.id):
            if element.page == page and element.media is not None:
                return store.media.open_image(element.media)
        raise UnknownMedia(f"The picture of {document.source} is gone from the store.", hint="Ingest it again.")
    return None


def pictures_of(store: Store, hit: Hit) -> list[Image]:
    """What there is to see of a hit, then the page around it: a picture itself; of a table, or words read by OCR, their part.

    Nothing of a text that the page spells out, nor of what is gone from the store.
    """
    element = hit.element
    if element.media is None and element.modality == "text" and element.origin != "ocr":
        return []
    try:
        page = page_picture(store, store.documents([hit.document.id])[0], element.page)
        itself = None if element.media is None else store.media.open_image(element.media)
    except (UnknownMedia, IndexError):
        return []
    box = element.box or WHOLE_PAGE
    if itself is None and page is not None:
        itself = part(page, box)
    around = [] if page is None or box == WHOLE_PAGE else [page]
    return [*([] if itself is None else [itself]), *around]


def part(page: Image, box: Box) -> Image:
    """A part of a page's picture with a little of what is around it."""
    left, top = max(0.0, box[0] - AROUND) * page.width, max(0.0, box[1] - AROUND) * page.height
    right, bottom = min(1.0, box[2] + AROUND) * page.width, min(1.0, box[3] + AROUND) * page.height
    return page.crop((int(left), int(top), max(int(right), int(left) + 1), max(int(bottom), int(top) + 1)))
