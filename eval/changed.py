"""The questions that two runs treated differently, each with the pages that matter drawn, as far as the store is at hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eval.runs import Found, Row, Run, WantedUnit
from eval.slices import measures_of
from rag.errors import SightlineError
from rag.evidence_cards import Card, Pictures, language, show_card
from rag.printable import escape
from rag.types import Box, Element

if TYPE_CHECKING:
    from rag.engine import Engine

MOST_EACH_WAY = 6
"""Questions that are shown of those that got worse, and of those that got better."""
MOST_EVIDENCE = 2
"""Pages of evidence that are drawn for a question: those whose rank changed most."""


@dataclass(frozen=True, slots=True)
class Library:
    """The store that pages are drawn from."""

    engine: Engine

    @property
    def pictures(self) -> Pictures:
        """Pages and kept pictures."""
        return Pictures(
            lambda document, page: self.engine.page_picture(document.id, page), lambda media: self.engine.picture(media)
        )


@dataclass(frozen=True, slots=True)
class Change:
    """A question in both runs."""

    before: Row
    after: Row
    by: float
    """Of the telling measure, B - A."""


def telling_measure(before: Run, after: Run) -> str:
    """The measure by which questions are said to have changed: the finest of ranks, else of answers; empty if none is shared."""
    shared = [name for name in measures_of(before) if name in measures_of(after)]
    ranked = [name for name in shared if name.startswith("ndcg")]
    return next(iter([*ranked, *(name for name in ("mrr", "f1", "abstention") if name in shared), *shared]), "")


def changes(before: Run, after: Run) -> list[Change]:
    """The questions that changed, those most changed first."""
    measure, others = telling_measure(before, after), after.by_id
    found = [
        Change(row, other, other.measures[measure] - row.measures[measure])
        for row in before.rows
        if (other := others.get(row.id)) and measure in row.measures and measure in other.measures
    ]
    return sorted((one for one in found if one.by), key=lambda one: (-abs(one.by), one.before.id))


def shown(found: Sequence[Change]) -> list[Change]:
    """Those of the changes that a report has room for, the worse first."""
    worse, better = [one for one in found if one.by < 0], [one for one in found if one.by > 0]
    return [*worse[:MOST_EACH_WAY], *better[:MOST_EACH_WAY]]


def show_change(change: Change, number: int, *, names: tuple[str, str], measure: str, library: Library | None) -> str:
    """A question, how it did in both runs, and the pages of its evidence and of what was found in its place."""
    row = change.before
    moved = sorted(_moves(change), key=lambda move: -abs(_depth(move[1]) - _depth(move[2])))[:MOST_EVIDENCE]
    pieces = [
        f'<article class="changed" id="c{number}">',
        f"<h3{language(row.question)}>{escape(row.question)}</h3>",
        f'<p class="said">{escape(row.id)} · {measure} {row.measures[measure]:.2f} → {change.after.measures[measure]:.2f}'
        f' <span class="{"up" if change.by > 0 else "down"}">{change.by:+.2f}</span></p>',
        *(_said(name, one) for name, one in zip(names, (row, change.after), strict=True)),
    ]
    at = 0
    for wanted, first, second in moved:
        at += 1
        told = f"Evidence: {_ranked(first)} in {names[0]}, {_ranked(second)} in {names[1]}"
        pieces.append(_place(told, _wanted_card(wanted, change, at), f"c{number}-{at}", library))
    for name, one in zip(names, (row, change.after), strict=True):
        top = one.found[0] if one.found else None
        if top and not any(_same(top, wanted) for wanted in row.wanted):
            at += 1
            pieces.append(_place(f"Found first in {name}", _Place(top, at, (top.box,)), f"c{number}-{at}", library))
    return "\n".join([*pieces, "</article>"])


def _moves(change: Change) -> Iterator[tuple[WantedUnit, int | None, int | None]]:
    """Each piece of evidence with its rank in both runs."""
    after = {(one.document_id, one.page): one.rank for one in change.after.wanted}
    for one in change.before.wanted:
        yield one, one.rank, after.get((one.document_id, one.page))


def _depth(rank: int | None) -> float:
    """Higher ranks weigh more: 1 for the first, 0 for none."""
    return 1 / rank if rank else 0.0


def _ranked(rank: int | None) -> str:
    return f"rank {rank}" if rank else "not found"


def _said(name: str, row: Row) -> str:
    if row.answer is None:
        return ""
    return f'<p class="said"><b>{escape(name)}</b> {escape(row.answer.text)}</p>'


@dataclass(frozen=True, slots=True)
class _Place:
    """A hit or a piece of evidence, to be drawn."""

    at: Found | WantedUnit
    number: int
    boxes: tuple[Box | None, ...]
    found: Found | None = None
    """A hit on the page of a piece of evidence."""


def _wanted_card(wanted: WantedUnit, change: Change, number: int) -> _Place:
    """The evidence, with its boxes where the dataset has them, else with those of the hits on its page."""
    hits = [hit for row in (change.after, change.before) for hit in row.found if _same(hit, wanted)]
    return _Place(wanted, number, wanted.boxes or tuple(hit.box for hit in hits[:1]), hits[0] if hits else None)


def _same(hit: Found, wanted: WantedUnit) -> bool:
    return hit.document_id == wanted.document_id and wanted.page in (None, hit.page)


def _place(told: str, place: _Place, anchor: str, library: Library | None) -> str:
    page = place.at.page if place.at.page is not None else place.found.page if place.found else 1
    label = f'<p class="rank">{escape(told)}</p>'
    where = f'<p class="said">{escape(place.at.document)}, page {page}</p>'
    if library is None:
        return f"{label}\n{where}"
    try:
        document = library.engine.document(place.at.document_id)
        hit = place.at if isinstance(place.at, Found) else place.found
        card = Card(
            number=place.number,
            document=document,
            page=page,
            quotes=(),
            boxes=tuple(box for box in place.boxes if box),
            media=hit.media if hit else None,
            element=_element(hit) if hit else None,
        )
        return f'{label}\n<ol class="cards">{show_card(card, anchor, pictures=library.pictures)}</ol>'
    except (
        SightlineError
    ) as error:  # another store, or a label with a page that the document lacks: said, and the rest goes on
        return f'{label}\n{where}<p class="said">{escape(error.message)}</p>'


def _element(hit: Found) -> Element:
    return Element(
        hit.modality,
        hit.text,
        hit.page,
        hit.box,
        hit.section,
        media=hit.media,
        id=hit.element,
        document_id=hit.document_id,
    )
