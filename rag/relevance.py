"""Whether anything that was found has to do with the question, told before a model is asked.

A cosine says nothing by itself: 0.35 is much in one library and little in another, and the best of many vectors lies higher
than the best of few. So the same rows are asked some 150 everyday questions about other things (`background.txt`). The best
cosine of each is the noise of those rows, and a hit is relevant as far as its own cosine lies above it. Each encoder, and
pictures and texts apart, has noise of its own. The figures behind the constants: docs/evaluation.md.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import threading
from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from rag import cues
from rag.errors import StoreBusy
from rag.language import may_read
from rag.protocols import Encoder
from rag.store import lexical
from rag.types import Hit

if TYPE_CHECKING:
    from rag.store.store import Store
    from rag.types import Ids, Vectors

RELEVANT_FROM = 0.6
"""Of the relevance: where 2 of 112 questions to the right document are lost, and 0.6 of questions about other things stop."""
POINTED_AT = 0.9
"""At least the relevance of a hit that holds every rare word of the question, or lies on a page that the question names: an
encoder makes nothing of product numbers and page numbers."""
UNKNOWN = 1.0
"""The relevance of hits that cannot be measured: nothing speaks against them."""
RARE = 0.01
"""A word is rare that at most this share of the elements holds, or at most three."""
FEWEST_VECTORS = 16
"""Of one kind, and among those that the filters let through: the noise among fewer is not measured. A whole store must hold
as many, of both kinds, as there are background questions."""
SMALLEST_SPREAD = 0.01
"""Of the noise, in cosines: where all background questions lie equally far."""
GROWN = 0.2
"""The noise of a whole store is measured anew when this share of its elements came or went since."""
NOISES_KEPT = 64
"""Of different filters, the last used."""
MIDDLE = 0.5
"""Of the noise."""
LOOKS = 0.7
"""At most, how much the looks of a picture say to a question in words that asks for none."""
FAINT = 0.1
"""At least what a list of words counts, of what it could: something of it may yet be meant."""
COMMON_FROM = 2
"""A word of so many background questions is about nothing in particular."""

KINDS = ("text", "image")
_KIND_OF = {"dense": "text", "picture": "image"}
"""The lists that words were looked up in by cosine, by the beginning of their name, and what they rank."""


def is_relevant(hits: Sequence[Hit]) -> bool:
    """Whether the evidence is above the noise: False says that a model need not be asked.

    True where that cannot be told: without hits; in a store, or behind filters, with too little in it to know the noise,
    or where one of too few pictures was found by its looks; where the question has a picture; in a language that none of
    the encoders reads.
    """
    return not hits or max(hit.relevance for hit in hits) >= RELEVANT_FROM


def calibrated(
    text: str,
    cosines: Mapping[str, Mapping[int, float]],
    *,
    store: Store,
    encoders: Mapping[str, Encoder],
    allowed: Ids | None,
) -> dict[str, dict[int, float]]:
    """Each row's cosine in each list as its place above that list's noise, 0..1.

    `cosines`: by name of the list (`dense:builtin`, `picture:…`), each row's; other lists are passed over, and those whose
    noise cannot be told; see `is_relevant`. `allowed`: the rows among which the lists looked.
    """
    noise = _noise_of(store)
    found: dict[str, dict[int, float]] = {}
    for name, rows in cosines.items():
        kind, _, space = name.partition(":")
        if kind not in _KIND_OF or not may_read(encoders[space].fingerprint.languages, text):
            continue
        null = noise.measured(space, _KIND_OF[kind], store=store, encoder=encoders[space], allowed=allowed)
        if null is not None:
            found[name] = {row: null.below(cosine) for row, cosine in rows.items()}
    return found


def relevances(
    text: str,
    cosines: Mapping[str, Mapping[int, float]],
    by_list: Mapping[str, Mapping[int, float]],
    *,
    store: Store,
    encoders: Mapping[str, Encoder],
    pictures: float,
) -> dict[int, float] | None:
    """The relevance, 0..1, of the rows in ranked lists: the best over the lists. A row that is not named has 0.

    Of two lists one lies above its noise sooner than either, and words that ask for no picture look like many: unless they ask
    for one, or most of what is searched is `pictures` (their share, 0..1), looks count as they do in the ranking.
    `by_list`: what `calibrated` makes of `cosines`.
    Returns: None where it cannot be told; see `is_relevant`.
    """
    if not by_list:
        return None
    found: dict[int, float] = {}
    for name, rows in cosines.items():
        kind, _, space = name.partition(":")
        if kind in _KIND_OF and may_read(encoders[space].fingerprint.languages, text):
            own = by_list.get(name, dict.fromkeys(rows, UNKNOWN))
            if name in by_list and kind == "picture" and not cues.asks_for_pictures(text):
                own = {row: max(pictures * value, LOOKS * (2 * value - 1)) for row, value in own.items()}
            for row in rows:
                found[row] = max(own[row], found.get(row, 0.0))
    return found | {row: max(POINTED_AT, found.get(row, 0.0)) for row in _holders_of_rare_words(text, store)}


def strengths(
    text: str,
    cosines: Mapping[str, Mapping[int, float]],
    by_list: Mapping[str, Mapping[int, float]],
    *,
    store: Store,
    allowed: Ids | None,
) -> dict[str, float]:
    """How much each list of words says of a question, 0..1: little where nothing in it is more than noise.

    What is written in photos, a number on a shirt, is all the text of a folder of photos: some of it is nearest to any
    question, and holds its "a". `cosines`, `by_list`, `allowed`: as `relevances` and `calibrated` take them; a list whose
    noise cannot be told counts in full, and BM25 does where an element holds a word that is not common to all questions.
    """
    found: dict[str, float] = {}
    for name, rows in by_list.items():
        if name.startswith("dense:"):
            above = (max(rows.values(), default=0.0) - MIDDLE) / (RELEVANT_FROM - MIDDLE)
            found[name] = max(FAINT, min(1.0, above))
    telling = [word for word in lexical.words(text) if word not in _common_words()]
    if cosines.get("bm25") and telling:
        found["bm25"] = 1.0 if store.search_words(" ".join(telling), k=1, allowed=allowed) else FAINT
    return found


def share_of_pictures(spaces: Sequence[str], *, store: Store, allowed: Ids | None) -> float:
    """Of everything that the encoders of these spaces placed, the share that is pictures, 0..1: 0 where nothing is."""
    shares = []
    for space in spaces:
        pictures, texts = (store.count_vectors(space, kind, allowed=allowed) for kind in ("image", "text"))
        shares.append(pictures / max(1, pictures + texts))
    return max(shares, default=0.0)


@dataclass(frozen=True, slots=True)
class Null:
    """The best cosines that background questions reach in some rows, as a normal distribution."""

    mean: float
    spread: float
    """Standard deviation, above 0."""

    def below(self, cosine: float) -> float:
        """The probability, 0..1, that the best cosine of a question about other things is lower."""
        return 0.5 * math.erfc((self.mean - cosine) / (self.spread * math.sqrt(2)))


class Noise:
    """The noise in one open store: measured when first asked for, and kept. Safe for threads."""

    def __init__(self) -> None:
        self._measuring = threading.Lock()
        self._questions: dict[str, Vectors] = {}
        """Of each encoder, the background questions in its languages, float32 (n, dim)."""
        self._nulls: OrderedDict[tuple[str, str, bytes], Null | None] = OrderedDict()
        self._generation = -1
        self._n_elements = 0

    def measured(self, space: str, kind: str, *, store: Store, encoder: Encoder, allowed: Ids | None) -> Null | None:
        """The noise of one kind of vector of one encoder among the allowed rows; None where they are too few."""
        # A filter is known by its rows, which change with the documents behind it.
        rows = b"" if allowed is None else hashlib.blake2b(allowed.tobytes(), digest_size=16).digest()
        key = (space, kind, rows)
        with self._measuring:
            self._forget_if_changed(store)
            if key not in self._nulls:
                self._nulls[key] = self._measure(space, kind, store=store, encoder=encoder, allowed=allowed)
            self._nulls.move_to_end(key)
            while len(self._nulls) > NOISES_KEPT:
                self._nulls.popitem(last=False)
            return self._nulls[key]

    def _forget_if_changed(self, store: Store) -> None:
        generation = store.catalogue.generation()
        if generation == self._generation:
            return
        self._generation = generation
        with store.catalogue.snapshot() as reading:
            n_elements = lexical.n_elements(reading)
        if abs(n_elements - self._n_elements) > GROWN * self._n_elements:
            self._n_elements = n_elements
            self._nulls.clear()

    def _measure(self, space: str, kind: str, *, store: Store, encoder: Encoder, allowed: Ids | None) -> Null | None:
        texts = _background(encoder.fingerprint.languages)
        # Before anything is encoded: small stores are many, and their first search need not wait.
        kinds = KINDS if encoder.fingerprint.sees_images else KINDS[:1]
        if sum(store.count_vectors(space, one, allowed=None) for one in kinds) < len(texts):
            return None
        if store.count_vectors(space, kind, allowed=allowed) < FEWEST_VECTORS:
            return None
        if allowed is not None:
            return self._heard(space, kind, texts, store=store, encoder=encoder, allowed=allowed)
        # Of the whole store it is kept with the index, so that the next process need not ask a hundred questions first.
        key = f"noise:{space}:{kind}"
        asked = hashlib.sha256(json.dumps([asdict(encoder.fingerprint), texts]).encode()).hexdigest()
        kept = _kept(store.catalogue.note(key), asked=asked, n_elements=self._n_elements)
        null = kept or self._heard(space, kind, texts, store=store, encoder=encoder, allowed=None)
        if null is not None and kept is None:
            told = {"asked": asked, "n_elements": self._n_elements, "mean": null.mean, "spread": null.spread}
            with contextlib.suppress(StoreBusy):  # then the next search keeps it
                store.catalogue.keep_note(key, json.dumps(told))
        return null

    def _heard(
        self, space: str, kind: str, texts: Sequence[str], *, store: Store, encoder: Encoder, allowed: Ids | None
    ) -> Null | None:
        """The noise, by asking."""
        if space not in self._questions:
            self._questions[space] = encoder.encode_texts(list(texts))
        best = store.best_cosines(space, kind, self._questions[space], allowed=allowed)
        return Null(float(best.mean()), max(float(best.std()), SMALLEST_SPREAD)) if len(best) else None


def _kept(note: str | None, *, asked: str, n_elements: int) -> Null | None:
    """The noise that was kept, if the same was asked of a store of about the same size."""
    if note is None:
        return None
    told = json.loads(note)
    if told["asked"] != asked or abs(n_elements - told["n_elements"]) > GROWN * told["n_elements"]:
        return None
    return Null(told["mean"], told["spread"])


_noises: WeakKeyDictionary[Store, Noise] = WeakKeyDictionary()
"""What is known of each open store; it goes with the store."""
_noises_lock = threading.Lock()


def _noise_of(store: Store) -> Noise:
    with _noises_lock:
        return _noises.setdefault(store, Noise())


def _holders_of_rare_words(text: str, store: Store) -> frozenset[int]:
    """The rows that hold every rare word of a question; none where one of its words is nowhere, or none is rare."""
    asked = sorted(set(lexical.words(text)) - _common_words())
    rare: frozenset[int] | None = None
    with store.catalogue.snapshot() as reading:
        most = max(3, int(RARE * lexical.n_elements(reading)))
        for word in asked:
            rows = lexical.holders(reading, word, most=most)
            if len(rows) <= most:
                rare = frozenset(rows) if rare is None else rare & frozenset(rows)
            if rare is not None and not rare:
                break
    return rare or frozenset()


@cache
def _lines() -> tuple[tuple[str, str], ...]:
    """Language and text of each background question."""
    lines = resources.files("rag").joinpath("background.txt").read_text("utf-8").splitlines()
    asked = [line.partition("\t") for line in lines if line and not line.startswith("#")]
    return tuple((language, text) for language, _, text in asked)


def _background(languages: Sequence[str]) -> list[str]:
    """The background questions in these languages; all of them where the languages are unknown or none has any."""
    known = [text for language, text in _lines() if language in languages]
    return known or [text for _, text in _lines()]


@cache
def _common_words() -> frozenset[str]:
    counts = Counter(word for _, text in _lines() for word in set(lexical.words(text)))
    return frozenset(word for word, count in counts.items() if count >= COMMON_FROM)
