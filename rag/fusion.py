"""Fusing ranked lists of every kind by rank into one score per element, and spreading the hits over pages.

Reciprocal rank fusion (Cormack et al. 2009), by element and by page. The figures behind the constants: docs/evaluation.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence

from rag import cues
from rag.looked_up import LookedUp, Ranking
from rag.query import Query
from rag.relevance import LOOKS

RRF_K = 20
SAME_PAGE = 0.6
"""Each further hit of a page that is shown already counts this much of the one before, so that hits spread over pages."""
BESIDE_A_PICTURE = 0.98
"""Of what texts score where the query has a picture too, which only the list of pictures has looked at: of equal ranks a
picture comes first."""
WITHOUT_PICTURE = 0.5
"""Of what texts score where pictures are asked for in words: the first ten pictures come before any text."""
UNMEASURED = 0.9
"""How much they count in a store with too few pictures to tell the noise."""
FOREIGN = 0.1
"""How much the lists of an encoder count that does not read the query's language, where others found something."""


def weights(
    lists: Mapping[str, Ranking], cannot_read: frozenset[str], query: Query, strengths: Mapping[str, float]
) -> dict[str, float]:
    """How much each list counts: less where its encoder does not read the words that it was asked by, and another found any.

    `strengths`: of lists of words, how much they say (`relevance.strengths`); 1 where they are not named.
    """
    # Where a picture was looked at, words in a foreign language were left out (`compose`).
    looked = any(sight.weight > 0 for sight in query.sights)
    guessed = {
        name for name in lists if name.partition(":")[2] in cannot_read and not (looked and name.startswith("like:"))
    }
    others = any(rows for name, rows in lists.items() if name not in guessed)
    return {name: (FOREIGN if others and name in guessed else 1.0) * strengths.get(name, 1.0) for name in lists}


def fuse(
    by_text: Mapping[str, Ranking],
    by_sight: Mapping[str, Ranking],
    by_page: Mapping[str, Ranking],
    found: LookedUp,
    *,
    query: Query,
    shares: Mapping[str, float],
    against: Mapping[int, float],
    calibrated: Mapping[str, Mapping[int, float]],
    pictures: float,
) -> dict[int, float]:
    """Score every element 0..1: half for itself, half for its page.

    A picture is judged by its words or by its looks, whichever speaks for it, so that one without words is not
    punished for it; its looks count as far as they lie above the noise, since some picture is nearest to any question, and
    where most of what is searched is `pictures` (their share, 0..1), looks count as much as that at least. What
    stands on a page that was found by its picture is judged by its page too. Where something is kept away from, words do
    not speak for what looks like it: a picture is judged by its looks, and less by those the more unwanted words stand in it.
    """
    wants_pictures = bool(query.sights) or cues.asks_for_pictures(query.wanted_text)
    trust = {} if wants_pictures else _trust(by_sight, calibrated, pictures)
    of_text, of_sight = _fused(by_text, found, shares, {}), _fused(by_sight, found, shares, trust)
    if wants_pictures and not query.sights and by_sight:
        shown = {row for row, element in found.elements.items() if element.media is not None}
        of_text = {row: score if row in shown else WITHOUT_PICTURE * score for row, score in of_text.items()}
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


def _trust(
    by_sight: Mapping[str, Ranking], calibrated: Mapping[str, Mapping[int, float]], pictures: float
) -> dict[int, float]:
    """How much the looks of each picture say of a question in words: up to the middle of the noise as much as there are
    pictures, since what is searched can be found by little else.
    """
    measured = [calibrated[name] for name in by_sight if name in calibrated]
    return {
        row: max((LOOKS * max(pictures, 2 * of_list.get(row, 0.0) - 1) for of_list in measured), default=UNMEASURED)
        for rows in by_sight.values()
        for row in rows
    }


def _of_pages(lists: Sequence[Ranking], own: Mapping[int, float], found: LookedUp) -> dict[int, float]:
    """Pages that were found by their pictures, and what stands on them: half what other lists say of it, half its page."""
    pages: defaultdict[int, float] = defaultdict(float)
    for rows in lists:
        for at, row in enumerate((row for row in rows if row in found.elements), start=1):
            pages[row] += _reciprocal(at) / len(lists)
    return {row: score if row in pages else (own[row] + score) / 2 for row, score in found.on_pages(pages).items()}


def _fused(
    lists: Mapping[str, Ranking], found: LookedUp, shares: Mapping[str, float], trust: Mapping[int, float]
) -> dict[int, float]:
    own: defaultdict[int, float] = defaultdict(float)
    pages: defaultdict[Hashable, float] = defaultdict(float)
    # Not less than 1: lists that count little do not count for all, because there are no others beside them.
    total = max(1.0, sum(shares[name] for name in lists))
    for name, rows in lists.items():
        share = shares[name] / total
        seen: set[Hashable] = set()
        for at, row in enumerate((row for row in rows if row in found.elements), start=1):
            worth = share * trust.get(row, 1.0)
            own[row] += _reciprocal(at) * worth
            if (page := found.page_of(row)) not in seen:
                seen.add(page)
                pages[page] += _reciprocal(len(seen)) * worth
    whole = [row for row, element in found.elements.items() if element.modality == "page"]
    return {row: (own[row] + pages[found.page_of(row)]) / 2 for row in [*own, *whole]}


def _reciprocal(rank: int) -> float:
    """1 for the first, falling towards 0."""
    return (RRF_K + 1) / (RRF_K + rank)


def spread(scores: Mapping[int, float], found: LookedUp) -> list[tuple[int, float]]:
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
