"""The elements that the lists of a search hold, looked up in the store with their documents and pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import TypeAlias, TypeVar

from rag.store.store import Store
from rag.types import Document, Element, Place

Value = TypeVar("Value")
Ranking: TypeAlias = list[int]
"""Row numbers, best first."""
Scored: TypeAlias = list[tuple[int, float]]
"""Row numbers with their BM25 score, cosine or MaxSim, best first."""


class LookedUp:
    """The elements that any list holds, and their documents. What went since the lists were made is left out."""

    def __init__(
        self,
        store: Store,
        lists: Sequence[Ranking],
        *,
        collections: Sequence[str],
        hidden: frozenset[str] = frozenset(),
    ) -> None:
        self.store = store
        self._collections = collections
        self.hidden = hidden
        """Ids of elements that are left out too."""
        self.documents: dict[str, Document] = {}
        self.elements: dict[int, Element] = {}
        self.stands_on: dict[int, int] = {}
        """Of what lies on pages that were found by their pictures, those included, the row of the page."""
        self.add(sorted({row for rows in lists for row in rows}))

    def add(self, rows: Sequence[int]) -> None:
        """Look further rows up."""
        elements = self.store.elements([row for row in rows if row not in self.elements])
        elements = {row: element for row, element in elements.items() if element.id not in self.hidden}
        unknown = {element.document_id for element in elements.values()} - self.documents.keys()
        self.documents |= {
            document.id: document for document in self.store.documents(sorted(unknown), collections=self._collections)
        }
        self.elements |= {row: e for row, e in elements.items() if e.document_id in self.documents}

    def shown(self, lists: Mapping[str, Scored]) -> dict[str, Scored]:
        """The lists without what is left out."""
        return {name: [pair for pair in rows if pair[0] in self.elements] for name, rows in lists.items()}

    def add_pages(self) -> None:
        """Add the whole page of everything found."""
        places = {(element.document_id, element.page) for element in self.elements.values()}
        pages = self.store.catalogue.page_rows(self.documents)
        self.add([row for place, row in pages.items() if place in places])

    def add_what_stands_on(self, pages: Collection[int]) -> None:
        """Add everything on the pages of these rows, which were looked up before."""
        by_document: defaultdict[str, dict[int, int]] = defaultdict(dict)
        for row in pages:
            if row in self.elements:
                by_document[self.elements[row].document_id][self.elements[row].page] = row
        for document_id, rows in by_document.items():
            on_page = self.store.catalogue.rows_on(document_id, rows)
            self.stands_on |= {row: rows[page] for row, page in on_page.items()}
        self.add(sorted(self.stands_on))
        self.stands_on = {row: page for row, page in self.stands_on.items() if row in self.elements}

    def on_pages(self, values: Mapping[int, Value]) -> dict[int, Value]:
        """What is said of pages that were found by their pictures, said of everything on them."""
        return {row: values[page] for row, page in self.stands_on.items() if page in values}

    def page_of(self, row: int) -> Hashable:
        """What counts as one page: an element by itself where the document has no pages."""
        element = self.elements[row]
        return (element.document_id, element.page) if self.documents[element.document_id].n_pages > 1 else row

    def place_of(self, row: int) -> Place:
        """Where an element stands."""
        element = self.elements[row]
        return Place(self.documents[element.document_id], element.page, element.box, element.id)
