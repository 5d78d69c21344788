"""Runs that were never run, so that what comes of them can be worked out in the head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from eval.runs import Found, Header, Row, Run, WantedUnit

HEADER = Header(
    name="given",
    dataset="made",
    digest="d" * 64,
    store="store",
    documents=2,
    encoders={"colours": "1 abc"},
    scope="given",
    route="fused",
    ks=(1, 5),
    hits=5,
    generator="",
    judge="",
    versions={"python": "3"},
    began="2026-01-01T00:00:00+00:00",
)


def row(
    id: str,
    rank: int | None,
    *,
    group: str = "",
    evidence: str = "text",
    measures: Mapping[str, float] | None = None,
    document_id: str = "a" * 64,
    found: Sequence[Found] = (),
) -> Row:
    """A question whose one page of evidence came out at this rank."""
    reached = {f"recall@{k}": float(rank is not None and rank <= k) for k in (1, 5)}
    ranked = {"mrr": 1 / rank if rank else 0.0, "ndcg@5": 1 / rank if rank else 0.0}
    return Row(
        id=id,
        question=f"What is {id}?",
        group=group or id,
        answerable=True,
        labels={"evidence": (evidence,)},
        wanted=(WantedUnit("a.pdf", document_id, 2, 1, rank),),
        found=tuple(found),
        measures=measures if measures is not None else reached | ranked,
        seconds={"search": 0.1},
    )


def run(*rows: Row) -> Run:
    """A run of these rows."""
    return Run(HEADER, rows)
