"""Which route, and which encoder, finds most in this folder: asked of the folder itself, and told with its price."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from eval.ask import as_found
from eval.contenders import Contender, Cost, contenders, costs
from eval.folder import Folder
from eval.known_items import KnownItem, KnownItems, counts, known_items
from eval.metrics import Interval, Ranking, Unit, interval, measure
from eval.run import versions
from eval.runs import Header, Row, Run, WantedUnit
from eval.slices import mean
from eval.tables import quantile
from rag import wiring
from rag.errors import BadRequest
from rag.opened import Opened
from rag.protocols import Encoder, Reranker
from rag.rerankers import stage
from rag.retrieve import Query, search
from rag.settings import Settings
from rag.store.store import Store
from rag.types import WHOLE_PAGE, Filters, Hit

KS = (1, 5, 10)
HITS = 10
DECIDES = "recall@5"
"""What counts first: whether it is there, among the first that a generator and a person look at."""
THEN = "mrr"
"""What counts among those that are equally good at that: how high it stands."""
Shown = Callable[[Iterable[Row], int], Iterable[Row]]


@dataclass(frozen=True, slots=True)
class Result:
    """How a contender did."""

    contender: Contender
    run: Run
    cost: Cost
    seconds: float
    """Of a question, the median."""
    measures: Mapping[str, Interval]
    """recall@1, recall@5, recall@10 and mrr over all questions."""
    by_evidence: Mapping[str, Interval]
    """The recall@5 of each kind of evidence."""
    behind: Interval
    """Mean over the questions of the best contender's recall@5 less its own, with the 95 % interval of the difference."""
    worse: tuple[str, Interval] | None = None
    """The measure in which it is surely worse, and by how much; None if it may be as good as the best."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What to take, and why."""

    questions: Mapping[str, int]
    """How many were asked, by kind of evidence."""
    unseen: int
    """Pictures without words that nothing here can find; see `KnownItems`."""
    results: tuple[Result, ...]
    """Best first."""
    chosen: Result
    """Of those that may be as good as the best, the cheapest."""


@dataclass(frozen=True, slots=True)
class Library:
    """A store, and the models to search it with."""

    store: Store
    encoders: Mapping[str, Encoder]
    reranker: Reranker | None
    settings: Settings


@contextmanager
def open_library(settings: Settings) -> Iterator[Library]:
    """The store that the settings name, and the models that it was made with, for as long as they are needed.

    Raises: StoreNotFound; ModelMismatch; ModelNotFound, WeightsDamaged from loading a model.
    """
    opened = Opened(settings)
    try:
        store, encoders = opened.ready()
        yield Library(store, encoders, opened.reranker(), settings)
    finally:
        opened.close()


def advise(
    library: Library, *, n_questions: int = 100, seed: int = 0, shown: Shown = lambda rows, _total: rows
) -> Advice:
    """Ask a store's contenders at most so many known-item questions, and say which to take.

    `shown` sees every row as it comes, and how many there will be.
    Raises: BadRequest if the store holds nothing that a question could be made of.
    """
    folder = Folder(library.store)
    by_sight = any(encoder.fingerprint.sees_images for encoder in library.encoders.values())
    asking = known_items(folder, n=n_questions, seed=seed, by_sight=by_sight)
    if not asking.items:
        raise BadRequest(_nothing(asking), hint=_what_then(asking))
    some = contenders(library.encoders, library.reranker)
    priced = costs(some, folder, store=library.store, encoders=library.encoders)
    rows = [(one, item) for one in some for item in asking.items]
    done = iter(shown((_row(one, item, folder, library) for one, item in rows), len(rows)))
    runs = []
    for one in some:
        _warm_up(one, library)
        runs.append(Run(_header(one, asking, library), tuple(next(done) for _ in asking.items)))
    return _advice(asking, some, runs, priced)


def _advice(asking: KnownItems, some: Sequence[Contender], runs: Sequence[Run], priced: Sequence[Cost]) -> Advice:
    leader = max(runs, key=lambda run: (mean(run.rows, DECIDES).mean, mean(run.rows, THEN).mean))
    results = [_result(*each, leader=leader) for each in zip(some, runs, priced, strict=True)]
    near = [one for one in results if one.behind.low <= 0]
    highest = max(near, key=lambda one: one.measures[THEN].mean)
    judged = [replace(one, worse=_worse(one, highest)) for one in results]
    judged.sort(key=lambda one: (*(-one.measures[name].mean for name in (DECIDES, THEN)), _price(one)))
    chosen = min((one for one in judged if one.worse is None), key=_price)
    return Advice(counts(asking.items), asking.unseen, tuple(judged), chosen)


def _worse(one: Result, highest: Result) -> tuple[str, Interval] | None:
    """In what it is surely worse: in what is found among the first five, else in how high that stands."""
    if one.behind.low > 0:
        return DECIDES, one.behind
    below = _difference(highest.run, one.run, THEN)
    return (THEN, below) if below.low > 0 else None


def _price(one: Result) -> tuple[bool, float, bool]:
    """What is cheaper comes first: without a reranker, then with less to keep, then what needs no other store."""
    return bool(one.contender.reranker), round(one.cost.bytes_per_element, 3), one.contender.alone


def _result(one: Contender, run: Run, cost: Cost, *, leader: Run) -> Result:
    kinds = dict.fromkeys(kind for row in run.rows for kind in row.labels["evidence"])
    return Result(
        contender=one,
        run=run,
        cost=cost,
        seconds=quantile([row.seconds["search"] for row in run.rows], 0.5),
        measures={name: mean(run.rows, name) for name in (*(f"recall@{k}" for k in KS), THEN)},
        by_evidence={
            kind: mean([row for row in run.rows if kind in row.labels["evidence"]], DECIDES) for kind in kinds
        },
        behind=_difference(leader, run, DECIDES),
    )


def _difference(one: Run, other: Run, measure: str) -> Interval:
    """How much more of a measure the first run has, question by question."""
    theirs = other.by_id
    changes = [row.measures[measure] - theirs[row.id].measures[measure] for row in one.rows]
    return interval(changes, [row.group for row in one.rows])


def _row(one: Contender, item: KnownItem, folder: Folder, library: Library) -> Row:
    picture = item.detail.picture(library.store.media) if item.detail else None
    began = time.perf_counter()
    hits = _hits(one, Query(item.question, picture), library)
    seconds = time.perf_counter() - began
    own = folder.unit(item.element)
    # Any place that holds all words of the question is as right as the one that it was made of.
    found = tuple(dict.fromkeys(own if unit in item.places else unit for unit in folder.units(hits)))
    document, element = item.document, item.element
    return Row(
        id=item.id,
        question=item.question or f"[a detail of the picture on page {element.page} of {document.source}]",
        group=document.id,
        answerable=True,
        labels={"evidence": (item.stratum,), "question": (item.kind,), "route": (one.route,)},
        wanted=(
            WantedUnit(document.source, document.id, element.page, 1, _rank(own, found), (element.box or WHOLE_PAGE,)),
        ),
        found=tuple(as_found(hit) for hit in hits),
        measures=measure([Ranking(found, {own: 1})], ks=KS)[0],
        seconds={"search": round(seconds, 6)},
    )


def _rank(own: Unit, found: Sequence[Unit]) -> int | None:
    return found.index(own) + 1 if own in found else None


def _hits(one: Contender, query: Query, library: Library) -> tuple[Hit, ...]:
    if query.image is not None and not any(name.startswith("picture:") for name in one.lists):
        return ()  # it would look for the words in a picture that has none
    reranker = library.reranker if one.reranker and query.text else None
    depth = library.settings.rerank_depth
    hits = search(
        query,
        store=library.store,
        encoders={name: library.encoders[name] for name in one.encoders},
        k=HITS if reranker is None else max(HITS, depth),
        filters=Filters(),
        route=one.route,
    )
    if reranker is not None:
        hits = stage.rerank(
            hits,
            reranker=reranker,
            question=query.text,
            budget_seconds=library.settings.rerank_seconds,
            depth=depth,
            pictures=lambda hit: wiring.pictures_of(library.store, hit),
        ).hits
    return hits[:HITS]


def _warm_up(one: Contender, library: Library) -> None:
    """The first question of a list waits for its index and its noise; that is not what a question costs."""
    _hits(one, Query("warm up"), library)


def _header(one: Contender, asking: KnownItems, library: Library) -> Header:
    told = repr([(item.id, item.question, item.detail) for item in asking.items]).encode()
    root = library.store.root
    return Header(
        name=one.name,
        dataset=f"known items of {root.name}",
        digest=hashlib.sha256(told).hexdigest(),
        store=str(root),
        documents=len(library.store.documents()),
        encoders={
            name: f"{encoder.fingerprint.revision} {encoder.fingerprint.weights[:12]}"
            for name, encoder in library.encoders.items()
            if name in one.encoders
        },
        scope="store",
        route=one.route,
        ks=KS,
        hits=HITS,
        generator="",
        judge="",
        versions=versions(),
        began=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _nothing(asking: KnownItems) -> str:
    if asking.unseen:
        return f"There is nothing to ask with: no encoder of the store sees, and its {asking.unseen} pictures have no words."
    return "The store holds nothing that a question could be made of."


def _what_then(asking: KnownItems) -> str:
    if asking.unseen:
        return "Ingest with an encoder that sees (--encoder open_clip:MODEL/TAG), or have them described: --captioner."
    return "Ingest a folder with sentences, tables or pictures first."
