"""Pages that are turned, by the file or by how they were printed: read upright, and told where things stand as shown."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pymupdf

from indexers.pdf.page_text import LEVEL
from rag.types import Box, Element

MOSTLY_TURNED = 0.7
"""Share of a page's letters that run one way, from which the page is read that way."""


def turn_of_text(page: pymupdf.Page) -> int:
    """By how many degrees clockwise the page must be turned for most of its text to run level: 0, 90, 180 or 270.

    Wide tables are often printed sideways on a page that stands upright.
    """
    letters: Counter[int] = Counter()
    flags = pymupdf.TEXTFLAGS_DICT & ~pymupdf.TEXT_PRESERVE_IMAGES
    for block in page.get_text("dict", flags=flags)["blocks"]:
        for line in block.get("lines", ()):
            x, y = line["dir"]
            for turn, share in ((0, x), (90, -y), (180, -x), (270, y)):
                if share > LEVEL:
                    letters[turn] += sum(len(span["text"].strip()) for span in line["spans"])
    turn, n_letters = max(letters.items(), key=lambda item: item[1], default=(0, 0))
    return turn if n_letters >= MOSTLY_TURNED * letters.total() else 0


def set_upright(page: pymupdf.Page) -> None:
    """Turn what a page holds as /Rotate says, so that everything on it is told as it is shown."""
    media, crop = page.mediabox, page.cropbox
    # PyMuPDF forgets the crop when it removes a rotation: the crop becomes the sheet. It tells a crop from the top,
    # a sheet from the bottom.
    page.set_mediabox(pymupdf.Rect(crop.x0, media.y1 - crop.y1, crop.x1, media.y1 - crop.y0))
    page.remove_rotation()


def turned_back(element: Element, turn: int) -> Element:
    """An element that was read on a page turned clockwise by so many degrees, where it stands on the page as shown."""
    if not turn or element.box is None:
        return element
    spans = tuple(replace(span, box=_box_turned_back(span.box, turn)) for span in element.spans)
    return replace(element, box=_box_turned_back(element.box, turn), spans=spans)


def _box_turned_back(box: Box, turn: int) -> Box:
    x0, y0, x1, y1 = box
    turned = {90: (y0, 1 - x1, y1, 1 - x0), 180: (1 - x1, 1 - y1, 1 - x0, 1 - y0), 270: (1 - y1, x0, 1 - y0, x1)}[turn]
    left, top, right, bottom = (round(edge, 5) for edge in turned)
    return left, top, right, bottom
