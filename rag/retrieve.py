"""From a question to hits: ranked lists of every kind, fused by rank.

Each list ranks by its own measure (BM25, cosine of texts, cosine of pictures), and only ranks are compared across lists
(reciprocal rank fusion, Cormack et al. 2009): in a CLIP space any text lies closer to a text than any picture does, so raw
cosines would never show a picture. The figures behind the constants: docs/evaluation.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from rag import cues, parts_in_words, relevance
from rag.collapse import collapse
from rag.compose import Composed, compose
from rag.errors import BadRequest
from rag.language import foreign
from rag.late.maxsim import CANDIDATES
from rag.protocols import Encoder
from rag.query import Query
from rag.store.store import Store
from rag.types import Document, Element, Filters, Hit, Place, Route

if TYPE_CHECKING:
    from rag.late.encoder import LateEncoder
    from rag.likeness import Likeness
    from rag.types import Ids, Vectors

__all__ = ["Query", "of_route", "search"]

RRF_K = 20
DEPTH = 200
"""Elements taken from each list."""
DEEPER = 4
"""Times as many are taken where those of the first time repeat each other, so that fewer than k are left."""
SAME_PAGE = 0.6
"""Each further hit of a page that is shown already counts this much of the one before, so that hits spread over pages."""
BESIDE_A_PICTURE = 0.98
"""Of what texts score where the query has a picture too, which only the list of pictures has looked at: of equal ranks a
picture comes first."""
WITHOUT_PICTURE = 0.5
"""Of what texts score where pictures are asked for in words: the first ten pictures come before any text."""
LOOKS = 0.7
"""At most, how much the looks of a picture count beside words that are found, for a question in words."""
UNMEASURED = 0.9
"""How much they count in a store with too few pictures to tell the noise."""
FOREIGN = 0.1
"""How much the lists of an encoder count that does not read the query's language, where others found something."""
NAMED_DOCUMENTS = 3
"""Where no filter names a document, a page number in the question is looked up in this many of the best."""

Ranking: TypeAlias = list[int]
"""Row numbers, best first."""
Value = TypeVar("Value")
Scored: TypeAlias = list[tuple[int, float]]
"""Row numbers with their BM25 score, cosine or MaxSim, best first."""


def search(
    query: Query,
    *,
    store: Store,
    encoders: Mapping[str, Encoder],
    k: int,
    filters: Filters,
    route: Route = "fused",
    late: Mapping[str, LateEncoder] = MappingProxyType({}),
) -> tuple[Hit, ...]:
    """The k elements that answer best, best first; with filters, k of them wherever so many pass.

    What is the same in several places is one hit, which names the others that were found (`Hit.also`).
    `route`: which lists are asked (docs/concepts.md). `late`: the store's late-interaction models, by name.
    A query of several parts asks each list once, by the sum of the parts that the list has to do with (`rag.compose`). An
    encoder that does not read its language counts little beside others that do, BM25 on every route among them.
    Raises: BadRequest if there is neither a word nor a picture, or they cancel each other out; UnknownCollection,
        UnknownDocument if a filter names what is not here.
    """
    if not query.has_wanted:
        raise BadRequest("There is nothing to search for.", hint="Give some words, a picture, or both.")
    allowed = store.allowed(filters)
    # A page has no vector of its own: where pages are asked for, their passages and pictures speak for them.
    heard = store.allowed(replace(filters, modality=())) if "page" in filters.modality else allowed
    depth = max(DEPTH, 3 * k)
    asked = of_route(encoders, route)
    cannot_read = foreign(query.wanted_text, asked)
    composed = {
        name: compose(query, name=name, encoder=one, store=store, reads=name not in cannot_read)
        for name, one in asked.items()
    }
    while True:
        hits, may_be_more = _to_depth(
            query,
            store=store,
            composed=composed,
            asked=asked,
            late=late,
            cannot_read=cannot_read,
            k=k,
            depth=depth,
            allowed=allowed,
            heard=heard,
            filters=filters,
            route=route,
        )
        if len(hits) >= k or not may_be_more or (allowed is not None and depth >= len(allowed)):
            return hits
        depth *= DEEPER


def _to_depth(
    query: Query,
    *,
    store: Store,
    composed: Mapping[str, Composed],
    asked: Mapping[str, Encoder],
    late: Mapping[str, LateEncoder],
    cannot_read: frozenset[str],
    k: int,
    depth: int,
    allowed: Ids | None,
    heard: Ids | None,
    filters: Filters,
    route: Route,
) -> tuple[tuple[Hit, ...], bool]:
    """The k best of what stands in each list down to this depth, and whether a greater one may hold more."""
    with_bm25 = route == "fused" or cannot_read == asked.keys()
    of_text = dict(_text_lists(query, store, composed, depth, heard, with_bm25=with_bm25))
    of_sight = dict(_picture_lists(query, store, composed, depth, heard)) if route != "caption" else {}
    of_pages = dict(_page_lists(query, store, late, filters, max(CANDIDATES, k))) if route != "caption" else {}
    lists = [*_ranked(of_text).values(), *_ranked(of_sight).values(), *_ranked(of_pages).values()]
    found = _Found(store, lists, collections=filters.collection, hidden=query.hidden)
    of_text, of_sight, of_pages = found.shown(of_text), found.shown(of_sight), found.shown(of_pages)
    against = parts_in_words.against(query, store, rows=found.elements) if with_bm25 else {}
    if "bm25" in of_text:
        of_text["bm25"] = parts_in_words.lessen(of_text["bm25"], against)
    by_text, by_sight, by_page = _ranked(of_text), _ranked(of_sight), _ranked(of_pages)
    found.add_what_stands_on({row for rows in by_page.values() for row in rows})
    if "page" in filters.modality:
        found.add_pages()
    raw = {name: dict(rows) for name, rows in {**of_text, **of_sight}.items()}
    calibrated = _calibrated(query, raw, store=store, encoders=asked, allowed=heard)
    # Behind filters that leave too few to tell the noise, looks count by the noise of the whole store, which is stricter.
    untold = {name: raw[name] for name in of_sight if name not in calibrated}
    unfiltered = _calibrated(query, untold, store=store, encoders=asked, allowed=None) if heard is not None else {}
    weights = _weights({**by_text, **by_sight}, cannot_read, query)
    scores = _fuse(
        by_text,
        by_sight,
        by_page,
        found,
        query=query,
        weights=weights,
        against=against,
        calibrated={**calibrated, **unfiltered},
    )
    named = _named(scores, cues.cues(query.wanted_text), found=found, store=store, allowed=heard)
    scores = _put_named_first(scores, named, found)
    if allowed is not None:
        # Some of the others may repeat each other: as many are taken as of a list.
        scores = _only(scores, allowed, found=found, k=k if depth == max(DEPTH, 3 * k) else depth)
    order = collapse(_spread(scores, found), found.elements, looks=_Looks(store, found.elements), k=k)
    relevances = _relevances(query, raw, calibrated, found=found, named=named, encoders=asked)
    raw |= {name: found.on_pages(dict(rows)) for name, rows in of_pages.items()}
    ranks = {name: _places(rows) for name, rows in {**by_text, **by_sight}.items()}
    ranks |= {name: found.on_pages(_places(rows)) for name, rows in by_page.items()}
    hits = tuple(
        Hit(
            rank=at,
            score=score,
            element=found.elements[row],
            document=found.documents[found.elements[row].document_id],
            ranks={name: places[row] for name, places in ranks.items() if row in places},
            relevance=relevances[row],
            raw={name: rows[row] for name, rows in raw.items() if row in rows},
            calibrated={name: rows[row] for name, rows in calibrated.items() if row in rows},
            also=tuple(found.place_of(other) for other in others),
        )
        for at, (row, score, others) in enumerate(order, start=1)
    )
    more_pass = allowed is not None and len(scores) < len(allowed)
    return hits, more_pass or any(len(rows) >= depth for rows in [*by_text.values(), *by_sight.values()])


class _Looks:
    """What is compared of the pictures that were found; those never looked at are, all together, when one is asked for."""

    def __init__(self, store: Store, elements: Mapping[int, Element]) -> None:
        self._store = store
        self._shown = {one.media for one in elements.values() if one.modality == "image" and one.media is not None}
        self._known = store.likenesses(sorted(self._shown)) if self._shown else {}

    def __call__(self, media: str) -> Likeness | None:
        if media not in self._known:
            self._known |= self._store.look_at(sorted(self._shown - self._known.keys()))
        return self._known.get(media)


class _Found:
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


def of_route(encoders: Mapping[str, Encoder], route: Route) -> Mapping[str, Encoder]:
    """The encoders that a route asks: those of a shared space, those that read, or all; all where there is none of a kind."""
    if route == "fused":
        return encoders
    sees = route == "shared"
    return {name: one for name, one in encoders.items() if one.fingerprint.sees_images == sees} or encoders


def _text_lists(
    query: Query,
    store: Store,
    composed: Mapping[str, Composed],
    depth: int,
    allowed: Ids | None,
    *,
    with_bm25: bool,
) -> Iterator[tuple[str, Scored]]:
    if query.wanted_text and with_bm25:
        yield "bm25", parts_in_words.find(query, store, k=depth, allowed=allowed)
    for name, one in composed.items():
        if len(one.for_texts):
            yield f"dense:{name}", _nearest(store, name, "text", one.for_texts, depth, allowed)


def _picture_lists(
    query: Query, store: Store, composed: Mapping[str, Composed], depth: int, allowed: Ids | None
) -> Iterator[tuple[str, Scored]]:
    # Another name where a picture was looked at: its cosines are of another kind than those of words and pictures.
    kind = "like" if query.sights else "picture"
    for name, one in composed.items():
        if len(one.for_pictures) and (query.wanted_text or query.sights):
            yield f"{kind}:{name}", _nearest(store, name, "image", one.for_pictures, depth, allowed)


def _page_lists(
    query: Query, store: Store, late: Mapping[str, LateEncoder], filters: Filters, depth: int
) -> Iterator[tuple[str, Scored]]:
    """Pages by their pictures; of whatever kind the wanted elements are, since they are found through their pages too."""
    if late and query.wanted_text:
        allowed = store.allowed(replace(filters, modality=()))
        for name, model in late.items():
            (rows,) = model.encode_queries([query.wanted_text])
            yield name, store.search_pages(name, rows, k=depth, allowed=allowed)


def _nearest(store: Store, space: str, kind: str, vectors: Vectors, depth: int, allowed: Ids | None) -> Scored:
    (found,) = store.search_vectors(space, kind, vectors, k=depth, allowed=allowed)
    return found


def _ranked(lists: Mapping[str, Scored]) -> dict[str, Ranking]:
    return {name: [row for row, _ in rows] for name, rows in lists.items()}


def _places(rows: Ranking) -> dict[int, int]:
    return {row: at for at, row in enumerate(rows, start=1)}


def _calibrated(
    query: Query,
    raw: Mapping[str, Mapping[int, float]],
    *,
    store: Store,
    encoders: Mapping[str, Encoder],
    allowed: Ids | None,
) -> Mapping[str, Mapping[int, float]]:
    """What the cosines of a question in words say; what is noise for a picture, or for a sum of parts, is not known."""
    if not query.is_plain:
        return {}
    return relevance.calibrated(query.wanted_text, raw, store=store, encoders=encoders, allowed=allowed)


def _relevances(
    query: Query,
    raw: Mapping[str, Mapping[int, float]],
    calibrated: Mapping[str, Mapping[int, float]],
    *,
    found: _Found,
    named: Mapping[Hashable, float],
    encoders: Mapping[str, Encoder],
) -> Mapping[int, float]:
    """The relevance of every element that was found; a whole page has that of the best on it."""
    measured = relevance.relevances(query.wanted_text, raw, calibrated, store=found.store, encoders=encoders)
    if measured is None:
        return dict.fromkeys(found.elements, relevance.UNKNOWN)
    pointed_at = {page for page, strength in named.items() if strength}
    own = {
        row: max(measured.get(row, 0.0), relevance.POINTED_AT if found.page_of(row) in pointed_at else 0.0)
        for row in found.elements
    }
    best_of_page: defaultdict[Hashable, float] = defaultdict(float)
    for row, value in own.items():
        best_of_page[found.page_of(row)] = max(best_of_page[found.page_of(row)], value)
    whole = {row for row, element in found.elements.items() if element.modality == "page"}
    return {row: best_of_page[found.page_of(row)] if row in whole else value for row, value in own.items()}


def _weights(lists: Mapping[str, Ranking], cannot_read: frozenset[str], query: Query) -> dict[str, float]:
    """How much each list counts: less where its encoder does not read the words that it was asked by, and another found any."""
    looked = any(
        sight.weight > 0 for sight in query.sights
    )  # then words in a foreign language were left out (`compose`)
    guessed = {
        name for name in lists if name.partition(":")[2] in cannot_read and not (looked and name.startswith("like:"))
    }
    others = any(rows for name, rows in lists.items() if name not in guessed)
    return {name: FOREIGN if others and name in guessed else 1.0 for name in lists}


def _fuse(
    by_text: Mapping[str, Ranking],
    by_sight: Mapping[str, Ranking],
    by_page: Mapping[str, Ranking],
    found: _Found,
    *,
    query: Query,
    weights: Mapping[str, float],
    against: Mapping[int, float],
    calibrated: Mapping[str, Mapping[int, float]],
) -> dict[int, float]:
    """Score every element 0..1: half for itself, half for its page.

    A picture is judged by its words or by its looks, whichever speaks for it, so that one without words is not
    punished for it; its looks count as far as they lie above the noise, since some picture is nearest to any question. What
    stands on a page that was found by its picture is judged by its page too. Where something is kept away from, words do
    not speak for what looks like it: a picture is judged by its looks, and less by those the more unwanted words stand in it.
    """
    wants_pictures = bool(query.sights) or cues.asks_for_pictures(query.wanted_text)
    trust = {} if wants_pictures else _trust(by_sight, calibrated)
    of_text, of_sight = _fused(by_text, found, weights, {}), _fused(by_sight, found, weights, trust)
    if wants_pictures and not query.sights and by_sight:
        pictures = {row for row, element in found.elements.items() if element.media is not None}
        of_text = {row: score if row in pictures else WITHOUT_PICTURE * score for row, score in of_text.items()}
    if query.sights and by_sight:
        of_text = {row: BESIDE_A_PICTURE * score for row, score in of_text.items()}
    own = {row: max(of_text.get(row, 0.0), of_sight.get(row, 0.0)) for row in found.elements}
    if query.has_unwanted and by_sight:
        for row, element in found.elements.items():
            if element.media is not None:
                looks = of_sight.get(row, 0.0)
                own[row] = looks - against.get(row, 0.0) * max(looks - of_text.get(row, 0.0), 0.0)
    of_pages = _of_pages(list(by_page.values()), own, found)
    return {row: max(score, of_pages.get(row, 0.0)) for row, score in own.items()}


def _trust(by_sight: Mapping[str, Ranking], calibrated: Mapping[str, Mapping[int, float]]) -> dict[int, float]:
    """How much the looks of each picture say of a question in words: nothing up to the middle of the noise."""
    measured = [calibrated[name] for name in by_sight if name in calibrated]
    return {
        row: max((LOOKS * max(0.0, 2 * of_list.get(row, 0.0) - 1) for of_list in measured), default=UNMEASURED)
        for rows in by_sight.values()
        for row in rows
    }


def _of_pages(lists: Sequence[Ranking], own: Mapping[int, float], found: _Found) -> dict[int, float]:
    """Pages that were found by their pictures, and what stands on them: half what other lists say of it, half its page."""
    pages: defaultdict[int, float] = defaultdict(float)
    for rows in lists:
        for at, row in enumerate((row for row in rows if row in found.elements), start=1):
            pages[row] += _reciprocal(at) / len(lists)
    return {row: score if row in pages else (own[row] + score) / 2 for row, score in found.on_pages(pages).items()}


def _fused(
    lists: Mapping[str, Ranking], found: _Found, weights: Mapping[str, float], trust: Mapping[int, float]
) -> dict[int, float]:
    own: defaultdict[int, float] = defaultdict(float)
    pages: defaultdict[Hashable, float] = defaultdict(float)
    # Not less than 1: lists that count little do not count for all, because there are no others beside them.
    total = max(1.0, sum(weights[name] for name in lists))
    for name, rows in lists.items():
        share = weights[name] / total
        seen: set[Hashable] = set()
        for at, row in enumerate((row for row in rows if row in found.elements), start=1):
            worth = share * trust.get(row, 1.0)
            own[row] += _reciprocal(at) * worth
            if (page := found.page_of(row)) not in seen:
                seen.add(page)
                pages[page] += _reciprocal(len(seen)) * worth
    whole = [row for row, element in found.elements.items() if element.modality == "page"]
    return {row: (own[row] + pages[found.page_of(row)]) / 2 for row in [*own, *whole]}


def _only(scores: Mapping[int, float], allowed: Ids, *, found: _Found, k: int) -> dict[int, float]:
    """The scores of what the filters let through; where that is fewer than k, others that pass them, with a score of 0."""
    passing = {row: scores[row] for row in allowed.tolist() if row in scores}
    others = [row for row in allowed.tolist() if row not in passing][: max(k - len(passing), 0) + len(found.hidden)]
    found.add(others)
    return passing | {row: 0.0 for row in others if row in found.elements}


def _reciprocal(rank: int) -> float:
    """1 for the first, falling towards 0."""
    return (RRF_K + 1) / (RRF_K + rank)


def _spread(scores: Mapping[int, float], found: _Found) -> list[tuple[int, float]]:
    """Rows with their scores, best first, after further hits of a page were put back behind other pages.

    A whole page speaks for its passages, which say more exactly where to look: it comes after the others of its page.
    """
    shown: defaultdict[Hashable, int] = defaultdict(int)
    best_of_page: defaultdict[Hashable, float] = defaultdict(float)
    for row, score in scores.items():
        best_of_page[found.page_of(row)] = max(best_of_page[found.page_of(row)], score)
    spread: list[tuple[int, float]] = []
    for row in sorted(scores, key=lambda row: (found.elements[row].modality == "page", -scores[row], row)):
        page = found.page_of(row)
        # What stands first for its page takes over the page's best score, its whole text's for instance.
        score = scores[row] if shown[page] else best_of_page[page]
        spread.append((row, score * SAME_PAGE ** shown[page]))
        shown[page] += 1
    return sorted(spread, key=lambda pair: (-pair[1], pair[0]))


def _named(
    scores: Mapping[int, float], asked: cues.Cues, *, found: _Found, store: Store, allowed: Ids | None
) -> dict[Hashable, float]:
    """How strongly the question names each page ("on page 5", "Figure 3"), 0..1, in the documents it can mean; adds them."""
    if not asked:
        return {}
    best = dict.fromkeys(found.elements[row].document_id for row in sorted(scores, key=lambda row: (-scores[row], row)))
    may_be_found = None if allowed is None else set(allowed.tolist())
    strengths: defaultdict[Hashable, float] = defaultdict(float)
    for document_id in list(best)[:NAMED_DOCUMENTS]:
        elements = store.elements(store.catalogue.rows_of([document_id]).tolist())
        elements = {row: element for row, element in elements.items() if element.id not in found.hidden}
        document = found.documents[document_id]
        strong = {row: _strength(asked, element, document) for row, element in elements.items()}
        pages = {elements[row].page for row, strength in strong.items() if strength}
        meant = {row: element for row, element in elements.items() if element.page in pages}
        found.elements |= {row: e for row, e in meant.items() if may_be_found is None or row in may_be_found}
        for row in found.elements.keys() & strong.keys():
            strengths[found.page_of(row)] = max(strengths[found.page_of(row)], strong[row])
    return dict(strengths)


def _put_named_first(scores: dict[int, float], named: Mapping[Hashable, float], found: _Found) -> dict[int, float]:
    """Raise the pages that the question names above the others."""
    if not named:
        return scores
    return {row: (scores.get(row, 0.0) + named.get(found.page_of(row), 0.0)) / 2 for row in found.elements}


def _strength(asked: cues.Cues, element: Element, document: Document) -> float:
    physical = element.page in asked.pages or element.page - document.n_pages - 1 in asked.pages
    printed = element.modality == "text" and not asked.pages.isdisjoint(cues.printed_numbers(element))
    labelled = max((cues.label_strength(element.text, *label) for label in asked.labels), default=0.0)
    # The printed number wins over the count of pages: covers are counted but not numbered.
    return max(1.0 if printed else 0.0, 0.9 if physical else 0.0, labelled)
