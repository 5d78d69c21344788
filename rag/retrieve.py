"""From a question to hits: ranked lists of every kind, fused by rank.

Each list ranks by its own measure (BM25, cosine of texts, cosine of pictures), and only ranks are compared across lists
(reciprocal rank fusion, Cormack et al. 2009): in a CLIP space any text lies closer to a text than any picture does, so raw
cosines would never show a picture: `rag.fusion`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from rag import cues, fusion, parts_in_words, relevance
from rag.collapse import collapse
from rag.compose import Composed, compose
from rag.errors import BadRequest
from rag.language import foreign
from rag.late.maxsim import CANDIDATES
from rag.looked_up import LookedUp, Ranking, Scored
from rag.protocols import Encoder
from rag.query import Query
from rag.store.store import Store
from rag.types import Document, Element, Filters, Hit, Route

if TYPE_CHECKING:
    from rag.late.encoder import LateEncoder
    from rag.likeness import Likeness
    from rag.types import Ids, Vectors

__all__ = ["Query", "of_route", "search"]

DEPTH = 200
"""Elements taken from each list."""
DEEPER = 4
"""Times as many are taken where those of the first time repeat each other, so that fewer than k are left."""
NAMED_DOCUMENTS = 3
"""Where no filter names a document, a page number in the question is looked up in this many of the best."""


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
    found = LookedUp(store, lists, collections=filters.collection, hidden=query.hidden)
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
    strengths = relevance.strengths(query.wanted_text, raw, calibrated, store=store, allowed=heard)
    pictures = relevance.share_of_pictures([name.partition(":")[2] for name in of_sight], store=store, allowed=heard)
    shares = fusion.weights({**by_text, **by_sight}, cannot_read, query, strengths)
    scores = fusion.fuse(
        by_text,
        by_sight,
        by_page,
        found,
        query=query,
        shares=shares,
        against=against,
        calibrated={**calibrated, **unfiltered},
        pictures=pictures,
    )
    named = _named(scores, cues.cues(query.wanted_text), found=found, store=store, allowed=heard)
    scores = _put_named_first(scores, named, found)
    if allowed is not None:
        # Some of the others may repeat each other: as many are taken as of a list.
        scores = _only(scores, allowed, found=found, k=k if depth == max(DEPTH, 3 * k) else depth)
    order = collapse(fusion.spread(scores, found), found.elements, looks=_Looks(store, found.elements), k=k)
    relevances = _relevances(
        query, raw, {**calibrated, **unfiltered}, found=found, named=named, encoders=asked, pictures=pictures
    )
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
    found: LookedUp,
    named: Mapping[Hashable, float],
    encoders: Mapping[str, Encoder],
    pictures: float,
) -> Mapping[int, float]:
    """The relevance of every element that was found; a whole page has that of the best on it."""
    measured = relevance.relevances(
        query.wanted_text, raw, calibrated, store=found.store, encoders=encoders, pictures=pictures
    )
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


def _only(scores: Mapping[int, float], allowed: Ids, *, found: LookedUp, k: int) -> dict[int, float]:
    """The scores of what the filters let through; where that is fewer than k, others that pass them, with a score of 0."""
    passing = {row: scores[row] for row in allowed.tolist() if row in scores}
    others = [row for row in allowed.tolist() if row not in passing][: max(k - len(passing), 0) + len(found.hidden)]
    found.add(others)
    return passing | {row: 0.0 for row in others if row in found.elements}


def _named(
    scores: Mapping[int, float], asked: cues.Cues, *, found: LookedUp, store: Store, allowed: Ids | None
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


def _put_named_first(scores: dict[int, float], named: Mapping[Hashable, float], found: LookedUp) -> dict[int, float]:
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
