"""Pages as pictures, drawn on demand from the original that the store keeps."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from rag.errors import BadRequest, UnknownMedia
from rag.store.store import Store
from rag.types import Document

if TYPE_CHECKING:
    from PIL.Image import Image

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
