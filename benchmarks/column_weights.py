"""Which weights of BM25's columns find best, chosen on half of a dataset's documents and tested on the other half.

`python -m benchmarks.column_weights DATASET STORE`, with the store that holds the dataset's documents (`make eval` makes
demo/eval-store of ../shared/data/docs). One column after the other is tried at every step, the others as they are; only
ratios count, so the text keeps 1. What is found is then tested on the half that had no say, by BM25 alone and fused.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from eval.ask import Plan, ask
from eval.datasets import read_dataset
from eval.metrics import Ranking, Unit, interval, measure
from eval.questions import Question
from eval.runs import Scope
from rag.engine import Engine
from rag.settings import load_settings
from rag.store import lexical
from rag.store.store import Store

if TYPE_CHECKING:
    from rag.types import Ids

STEPS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)
ROUNDS = 2
DEPTH = 200
"""Rows taken of the list, as in `rag.retrieve`."""
SCOPES: tuple[Scope, ...] = ("given", "store")
CHOSEN_BY = "ndcg@10"
FIXED = lexical.COLUMNS.index("text")

Weights = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with evidence, the rows of its own document, and the pages it wants."""

    question: Question
    rows: Ids
    wanted: Mapping[Unit, int]


class Words:
    """A store's index of words, asked with any weights."""

    def __init__(self, store: Store) -> None:
        self._connection = store.catalogue.connection()
        self._pages: dict[int, Unit] = {
            row: (document, page)
            for row, document, page in self._connection.execute("SELECT row, document_id, page FROM elements")
        }

    def measured(self, asked: Sequence[Asked], weights: Weights, scope: Scope) -> list[dict[str, float]]:
        """The measures of each question's pages, in the order of their best row."""
        rankings = []
        for one in asked:
            allowed = one.rows if scope == "given" else None
            found = lexical.search(self._connection, one.question.question, DEPTH, allowed, weights=weights)
            rankings.append(Ranking(tuple(dict.fromkeys(self._pages[row] for row, _ in found)), one.wanted))
        return measure(rankings, ks=(1, 5, 10))


def prepared(questions: Sequence[Question], store: Store) -> list[Asked]:
    """The questions that name a document and pages of it."""
    ids = {document.source.rpartition("/")[2]: document.id for document in store.documents()}
    rows = {name: store.catalogue.rows_of([id]) for name, id in ids.items()}
    return [
        Asked(one, rows[one.document], {(ids[place.document], place.page): place.grade for place in one.wanted})
        for one in questions
        if one.document in ids and one.wanted and all(place.page is not None for place in one.wanted)
    ]


def halves(asked: Sequence[Asked]) -> tuple[list[Asked], list[Asked]]:
    """Every other document by name, whole: questions about one document succeed and fail together."""
    names = sorted({one.question.document for one in asked})
    first = set(names[::2])
    return [one for one in asked if one.question.document in first], [
        one for one in asked if one.question.document not in first
    ]


def sweep(words: Words, asked: Sequence[Asked]) -> Iterator[tuple[Weights, float]]:
    """Each weights that are better than all before, with the mean of both scopes, the last the best."""

    def score(weights: Weights) -> float:
        found = [one[CHOSEN_BY] for scope in SCOPES for one in words.measured(asked, weights, scope)]
        return float(np.mean(found))

    best, best_score = lexical.WEIGHTS, score(lexical.WEIGHTS)
    yield best, best_score
    for _ in range(ROUNDS):
        for at in (at for at in range(len(best)) if at != FIXED):
            for step in STEPS:
                weights = (*best[:at], step, *best[at + 1 :])
                if step != best[at] and (scored := score(weights)) > best_score:
                    best, best_score = weights, scored
                    yield best, best_score


def _difference(before: Sequence[Mapping[str, float]], after: Sequence[Mapping[str, float]], groups: list[str]) -> str:
    told = []
    for name in ("recall@1", "recall@5", "recall@10", CHOSEN_BY):
        one = interval([new[name] - old[name] for old, new in zip(before, after, strict=True)], groups)
        told.append(f"{name} {one.mean:+.3f} ({one.low:+.3f} to {one.high:+.3f})")
    return ", ".join(told)


def _fused(asked: Sequence[Asked], engine: Engine, weights: Weights, scope: Scope) -> list[Mapping[str, float]]:
    # The one place that weighs otherwise than the product: nothing else runs in this process.
    lexical.WEIGHTS = weights
    return [row.measures for row in ask([one.question for one in asked], engine, Plan((1, 5, 10), 10, scope))]


def main(dataset: Path, root: Path) -> None:
    """Print what the sweep found, and what it is worth on the half that had no say."""
    before = lexical.WEIGHTS
    with Store(root) as store:
        words = Words(store)
        chosen_on, tested_on = halves(prepared(read_dataset(dataset).questions, store))
        print(f"chosen on {len(chosen_on)} questions, tested on {len(tested_on)}; columns {', '.join(lexical.COLUMNS)}")
        for found, scored in sweep(words, chosen_on):
            print(f"  {CHOSEN_BY} {scored:.4f}  {found}", flush=True)
        groups = [one.question.document for one in tested_on]
        for scope in SCOPES:
            both = [words.measured(tested_on, weights, scope) for weights in (before, found)]
            print(f"BM25 alone, {scope}: {_difference(*both, groups)}", flush=True)
    with Engine(settings=load_settings(store=root)) as engine:
        for scope in SCOPES:
            fused = [_fused(tested_on, engine, weights, scope) for weights in (before, found)]
            print(f"fused, {scope}: {_difference(*fused, groups)}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
