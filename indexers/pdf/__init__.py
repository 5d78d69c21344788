"""PDF by PyMuPDF (AGPL): text in reading order, tables, figures with their captions, and pages as pictures.

The only room that imports pymupdf. Boxes are of the page as shown: turned and cropped as a viewer does.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pymupdf
from PIL import Image

from indexers.pdf.headings import body_size
from indexers.pdf.page_text import clean, lines_of
from indexers.pdf.reader import PageReader, draw
from indexers.reading import Desk, Reading
from rag.errors import BadRequest, DamagedFile, EmptyFile, EncryptedFile, FileRefused, FileTooLarge
from rag.types import WHOLE_PAGE, Element

PAGES_LOOKED_AT = 12
"""For the size of the body's type."""

log = logging.getLogger(__name__)
pymupdf.TOOLS.mupdf_display_errors(False)
pymupdf.TOOLS.mupdf_display_warnings(False)


def read(path: Path, desk: Desk) -> Reading:
    """Read a PDF, page by page.

    Raises: EncryptedFile if it asks for a password; EmptyFile if it has no page; DamagedFile; FileTooLarge.
    """
    document = _opened(path)
    if document.page_count > desk.limits.max_pages:
        raise FileTooLarge(
            f"{path.name} has {document.page_count} pages, the limit is {desk.limits.max_pages}.",
            hint="Raise max_pages, or split the document.",
        )
    facts = {name: clean(str(value)) for name, value in (document.metadata or {}).items() if value}
    kept = {name: facts[name] for name in ("author", "subject", "keywords", "creationDate") if facts.get(name)}
    return Reading(
        facts.get("title") or path.stem, "application/pdf", document.page_count, _elements(document, desk, kept), kept
    )


def render_page(path: Path, page: int, *, dpi: int = 150) -> Image.Image:
    """A page (from 1) as a picture, RGB, at most 40 million pixels.

    Raises: BadRequest if there is no such page; DamagedFile, EncryptedFile.
    """
    document = _opened(path)
    if not 1 <= page <= document.page_count:
        raise BadRequest(f"{path.name} has no page {page}.", hint=f"Its pages go from 1 to {document.page_count}.")
    with _reading(path.name), document:
        return draw(document[page - 1], dpi=dpi)


def _opened(path: Path) -> pymupdf.Document:
    with _reading(path.name):
        document = pymupdf.open(path, filetype="pdf")
        if document.needs_pass:
            raise EncryptedFile(f"{path.name} asks for a password.", hint="Save a copy without one.")
        if document.page_count < 1:
            raise EmptyFile(f"{path.name} has no pages.", hint="Save it anew.")
        return document


@contextmanager
def _reading(name: str) -> Iterator[None]:
    try:
        yield
    except (FileRefused, MemoryError):
        raise
    except Exception as error:  # MuPDF's errors come as RuntimeError, ValueError, AttributeError and others of its own
        raise DamagedFile(f"{name} cannot be read: {error}.", hint="Open it in a viewer and save it anew.") from error


def _elements(document: pymupdf.Document, desk: Desk, facts: dict[str, str]) -> Iterator[Element]:
    """The elements of every page; pages that cannot be read are noted in `facts`."""
    reader = PageReader(desk, body=_body_size(document))
    damaged: list[int] = []
    for number in range(1, document.page_count + 1):
        try:
            page = document[number - 1]
            yield from reader.read(page)
        except (FileRefused, MemoryError):
            raise
        except Exception as error:  # as in `_reading`; one page of many is not the document
            damaged.append(number)
            facts["pages_not_read"] = ", ".join(map(str, damaged))
            log.warning("page %s of %s cannot be read: %s", number, document.name, error)
            if len(damaged) == document.page_count:
                raise DamagedFile(
                    f"No page of {Path(document.name).name} can be read: {error}.", hint="Save it anew."
                ) from error
            yield Element("page", "", number, WHOLE_PAGE)
    document.close()


def _body_size(document: pymupdf.Document) -> float:
    pages = []
    for number in range(min(PAGES_LOOKED_AT, document.page_count)):
        try:
            pages.append(lines_of(document[number]))
        except Exception as error:  # as in `_reading`; the page is named when it is read
            log.debug("page %s of %s: %s", number + 1, document.name, error)
    return body_size(pages)
