"""What an adviser lets compete: routes, encoders alone and together, with and without a reranker; and what each costs."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from eval.folder import Folder
from rag.protocols import Encoder, Reranker
from rag.store import lexical
from rag.store.store import Store
from rag.types import ROUTES, Route

SAMPLE = 24
"""Elements that are encoded again to see how long it takes."""
BM25 = "bm25"


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to search a store."""

    route: Route
    encoders: tuple[str, ...]
    """Those that it asks."""
    alone: bool
    """Whether it leaves out an encoder of the store that its route would ask."""
    lists: frozenset[str]
    """As in `Hit.ranks`: `bm25`, `dense:ENCODER`, `picture:ENCODER`."""
    reranker: str = ""
    also: tuple[Route, ...] = ()
    """Other routes that ask the same lists in this store."""

    @property
    def name(self) -> str:
        """As in tables: `fused`, `caption (= shared)`, `fused, builtin alone, reranked`."""
        parts = [self.route + (f" (= {', '.join(self.also)})" if self.also else "")]
        if self.alone:
            parts.append(f"{', '.join(self.encoders)} alone")
        return ", ".join([*parts, "reranked"] if self.reranker else parts)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a contender takes, apart from the time of a question."""

    bytes_per_element: float
    """Of its vectors, and of the index of words where it asks BM25."""
    encode_seconds: float
    """To encode all that the store holds with its encoders on this machine, as far as a sample tells."""


def contenders(encoders: Mapping[str, Encoder], reranker: Reranker | None) -> list[Contender]:
    """Every way to search with these encoders that asks other lists: those of the whole store first."""
    subsets: list[Sequence[str]] = [list(encoders)]
    subsets += [[name] for name in encoders] if len(encoders) > 1 else []
    found: dict[frozenset[str], Contender] = {}
    for names in subsets:
        for route in ("caption", "shared", "fused"):
            one = _contender(route, {name: encoders[name] for name in names}, whole=encoders)
            known = found.get(one.lists)
            if known is None:
                found[one.lists] = one
            elif not known.alone and not one.alone and route not in (known.route, *known.also):
                found[one.lists] = replace(known, also=(*known.also, one.route))
    plain = sorted(found.values(), key=lambda one: (one.alone, ROUTES.index(one.route)))
    return plain if reranker is None else [*plain, *(replace(one, reranker=reranker.name) for one in plain)]


def _contender(route: Route, encoders: Mapping[str, Encoder], *, whole: Mapping[str, Encoder]) -> Contender:
    asked = _asked(route, encoders)
    seeing = [name for name in asked if encoders[name].fingerprint.sees_images]
    lists = {f"dense:{name}" for name in asked}
    lists |= {f"picture:{name}" for name in seeing if route != "caption"}
    lists |= {BM25} if route == "fused" else set()
    return Contender(route, asked, set(asked) != set(_asked(route, whole)), frozenset(lists))


def _asked(route: Route, encoders: Mapping[str, Encoder]) -> tuple[str, ...]:
    """The encoders that a route asks, as in `rag.retrieve`: of a kind, or all where there is none of the kind."""
    if route == "fused":
        return tuple(encoders)
    kind = [name for name, one in encoders.items() if one.fingerprint.sees_images == (route == "shared")]
    return tuple(kind or encoders)


def costs(some: Sequence[Contender], folder: Folder, *, store: Store, encoders: Mapping[str, Encoder]) -> list[Cost]:
    """What each contender costs, in their order."""
    n_elements = max(1, len(folder.elements))
    bytes_of = {_list_of(*key): n for key, n in store.catalogue.vector_bytes().items()}
    with store.catalogue.snapshot() as reading:
        bytes_of[BM25] = lexical.n_bytes(reading)
    wanted = sorted({name for one in some for name in one.lists if name != BM25})
    seconds = {name: _seconds(name, folder, store=store, encoders=encoders) for name in wanted}
    return [
        Cost(
            sum(bytes_of.get(name, 0) for name in one.lists) / n_elements,
            sum(seconds.get(name, 0.0) for name in one.lists),
        )
        for one in some
    ]


def _list_of(space: str, kind: str) -> str:
    return f"{'dense' if kind == 'text' else 'picture'}:{space}"


def _seconds(name: str, folder: Folder, *, store: Store, encoders: Mapping[str, Encoder]) -> float:
    """To encode what one list ranks, from every n-th element of the folder."""
    from indexers.encode import texts_to_encode

    kind, _, space = name.partition(":")
    encoder = encoders[space]
    having = [e for e in folder.elements if (e.modality != "page" if kind == "dense" else e.media is not None)]
    sample = having[:: max(1, len(having) // SAMPLE)][:SAMPLE]
    if not sample:
        return 0.0
    if kind == "dense":
        texts = [text for element in sample for text in texts_to_encode(element, encoder)]
        began = time.perf_counter()
        encoder.encode_texts(texts)
    else:
        began = time.perf_counter()  # decoding is part of it
        encoder.encode_images([store.media.open_image(e.media) for e in sample if e.media is not None])
    return (time.perf_counter() - began) * len(having) / len(sample)
