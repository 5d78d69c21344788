"""One vector for a query of several parts: the weighted sum of theirs, in the space of each encoder.

"This, but red" is the picture, plus the word red, minus the colour that it has: in a space that words and pictures share
their vectors can be added (Mikolov et al. 2013 for words; Baldrati et al. 2022 for pictures and words).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rag.errors import BadRequest, UnknownElement
from rag.protocols import Encoder
from rag.query import Query, Sight, Words
from rag.store.store import Store

if TYPE_CHECKING:
    from rag.types import Vectors

SHORTEST = 1e-3
"""A sum of unit vectors below this has no direction to speak of."""


@dataclass(frozen=True, slots=True)
class Composed:
    """Where a query lies in one encoder's space; each (1, dim) of length 1, or (0, dim) where the query has nothing for it."""

    for_texts: Vectors
    """Of its words."""
    for_pictures: Vectors
    """Of its words and pictures; nothing for an encoder that does not see."""


def compose(query: Query, *, name: str, encoder: Encoder, store: Store, reads: bool) -> Composed:
    """Place a query in the space of an encoder, whose `name` is that of the store's space.

    `reads`: whether the encoder knows the language of the words; one that does not is asked by the pictures alone, if
    there are any to be near to.
    Raises: BadRequest if the parts cancel each other out; UnknownElement if a stored one went.
    """
    dim = encoder.fingerprint.dim
    words, of_words = query.words, np.zeros((0, dim), np.float32)
    if words:
        of_words = encoder.encode_texts([part.text for part in words])
    nothing = np.zeros((0, dim), np.float32)
    for_texts = _sum(of_words, words) if query.wanted_text else nothing
    if not encoder.fingerprint.sees_images:
        if query.wanted_text and not len(for_texts):
            raise _cancelled()
        return Composed(for_texts, nothing)
    sights, of_sights = query.sights, _looked_at(query.sights, name=name, encoder=encoder, store=store)
    if not reads and any(sight.weight > 0 for sight in sights):
        words, of_words = (), nothing
    for_pictures = _sum(np.concatenate([of_words, of_sights]), (*words, *sights))
    if not len(for_pictures):
        raise _cancelled()
    return Composed(for_texts, for_pictures)


def _looked_at(sights: Sequence[Sight], *, name: str, encoder: Encoder, store: Store) -> Vectors:
    """A row for each picture: the stored one where it is whole and stored."""
    dim = encoder.fingerprint.dim
    rows = np.zeros((len(sights), dim), np.float32)
    new = []
    for at, sight in enumerate(sights):
        stored = None if sight.image is not None else store.catalogue.picture_vector(sight.element, space=name, dim=dim)
        if stored is not None:
            rows[at] = stored / np.linalg.norm(stored)  # float16 in the catalogue, so its length is not quite 1
        elif sight.image is not None:
            new.append(at)
        else:
            raise UnknownElement.of(sight.element)
    if new:
        rows[new] = encoder.encode_images([image for at in new if (image := sights[at].image) is not None])
    return rows


def _sum(vectors: Vectors, parts: Sequence[Words | Sight]) -> Vectors:
    """The weighted sum of rows (n, dim), as one row of length 1; no row for no rows, and where they cancel each other out."""
    if len(parts) == 0 or (len(parts) == 1 and parts[0].weight > 0):
        return vectors
    weights = np.asarray([part.weight for part in parts], np.float32)
    # By the largest, so that small weights are not taken for parts that cancel each other out.
    total: Vectors = ((weights / np.abs(weights).max())[:, np.newaxis] * vectors).sum(axis=0, keepdims=True)
    length = float(np.linalg.norm(total))
    return total / np.float32(length) if length >= SHORTEST else vectors[:0]


def _cancelled() -> BadRequest:
    return BadRequest(
        "The parts of the query cancel each other out.", hint="Leave out what is both asked for and kept away from."
    )
