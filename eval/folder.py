"""Everything that a store holds, as the places that a question may be about."""

from __future__ import annotations

import math
from collections.abc import Sequence

from eval.metrics import Unit
from rag.store import lexical
from rag.store.store import Store
from rag.types import Document, Element, Hit

COMMON = 0.25
"""A word that stands in more than this share of the places, and in more than one, tells nothing."""


class Folder:
    """The elements of a store, and which words and pictures stand where.

    A place is a page where the format has pages, else an element: in a web page or a photo there is nothing smaller to turn to.
    """

    def __init__(self, store: Store) -> None:
        """Read all elements of a store; nothing of it is kept open."""
        self.documents: dict[str, Document] = {document.id: document for document in store.documents()}
        self.elements: Sequence[Element] = [
            element for id in self.documents for element in store.catalogue.elements_of(id)
        ]
        self._paged = {document.id for document in self.documents.values() if document.n_pages > 1}
        self._paged |= {element.document_id for element in self.elements if element.modality == "page"}
        self._holders: dict[str, set[Unit]] = {}
        self._pictures: dict[str, set[Unit]] = {}
        for element in self.elements:
            unit = self.unit(element)
            for word in self._words(element):
                self._holders.setdefault(word, set()).add(unit)
            if element.media is not None:
                self._pictures.setdefault(element.media, set()).add(unit)
        self._n_units = len({self.unit(element) for element in self.elements})

    def unit(self, element: Element) -> Unit:
        """The place of an element; one that came since the folder was read is where its document has no pages."""
        if element.document_id in self._paged:
            return element.document_id, element.page
        return f"{element.document_id}/{element.id}", None

    def units(self, hits: Sequence[Hit]) -> tuple[Unit, ...]:
        """The distinct places of the hits, in order of their first hit."""
        return tuple(dict.fromkeys(self.unit(hit.element) for hit in hits))

    def units_of_media(self, media: str) -> frozenset[Unit]:
        """Where a picture stands."""
        return frozenset(self._pictures.get(media, ()))

    def holding(self, text: str) -> frozenset[Unit]:
        """The places that hold all words of a text; none for a text without words."""
        held = [self._holders.get(word, set()) for word in set(lexical.words(text))]
        return frozenset(set.intersection(*held)) if held else frozenset()

    def is_common(self, word: str) -> bool:
        """Whether so many places hold a word that it tells nothing."""
        return len(self.holding(word)) > max(1.0, COMMON * self._n_units)

    def rarity(self, word: str) -> float:
        """How much a word tells, above 0: the logarithm of how few places hold it."""
        return math.log(1 + self._n_units / max(1, len(self.holding(word))))

    def _words(self, element: Element) -> set[str]:
        document = self.documents[element.document_id]
        # The name of a picture's file is about that picture; that of a report is about all of it.
        name = document.title if document.media_type.startswith("image/") else ""
        told = (element.text, element.caption, element.ocr, element.context, name, *element.section)
        return set(lexical.words(" ".join(told)))
