"""What stands around a passage in its document: the texts and tables of its section, in reading order."""

from __future__ import annotations

from rag.store import rows
from rag.store.catalogue import Catalogue
from rag.types import Element, Filters, Hit

REACH = 40
"""Elements looked at on each side: a log without headings is one section of any length."""


def section_of(catalogue: Catalogue, hit: Hit, wanted: Filters) -> list[Element]:
    """The texts and tables that go on around a hit under the same headings, itself included, in reading order.

    Where a document with pages has no headings, its page is its section. Only what the filters let through; nothing where
    the hit is gone.
    """
    element, paged = hit.element, hit.document.n_pages > 1
    with catalogue.snapshot() as reading:
        found = reading.execute("SELECT ordinal FROM elements WHERE id = ?", [element.id]).fetchone()
        if found is None:
            return []
        around = reading.execute(
            f"SELECT {rows.ELEMENT_COLUMNS} FROM elements WHERE document_id = ? AND ordinal BETWEEN ? AND ?"
            " AND modality IN ('text', 'table') ORDER BY ordinal",
            [element.document_id, found[0] - REACH, found[0] + REACH],
        ).fetchall()
    near = [rows.element(values) for values in around]
    at = next((at for at, one in enumerate(near) if one.id == element.id), None)
    if at is None:
        return []

    def goes_on(one: Element) -> bool:
        return one.section == element.section and (bool(one.section) or not paged or one.page == element.page)

    first = at
    while first > 0 and goes_on(near[first - 1]):
        first -= 1
    last = at
    while last + 1 < len(near) and goes_on(near[last + 1]):
        last += 1
    return [one for one in near[first : last + 1] if _passes(one, wanted)]


def _passes(element: Element, wanted: Filters) -> bool:
    """Whether the filters let an element through whose document passes them."""
    first, last = wanted.pages or (element.page, element.page)
    return first <= element.page <= last and (not wanted.modality or element.modality in wanted.modality)
