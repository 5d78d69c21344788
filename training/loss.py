"""How wrong pictures lie among sentences of which some are true, some false, and of some it is not known."""

from __future__ import annotations

import torch.nn.functional as functional
from torch import Tensor

IMPOSSIBLE = -1e4
TO_PICTURES = 0.25
"""How much finding the pictures of a sentence counts beside finding the sentences of a picture."""
TO_ITS_PLACE = 4.0
"""How much it counts how far a picture lies from where its words lie on average: little beside what is not told apart yet."""


def contrastive(logits: Tensor, truth: Tensor, known: Tensor, weights: Tensor, shares: Tensor) -> Tensor:
    """The mean loss over the pictures, plus that over the sentences.

    `logits`: (pictures, sentences), cosines times a scale. `truth`, `known`: bool, of the same shape: whether the sentence
    is true of the picture, and whether that is known at all. `weights`: (sentences,), how much each counts. `shares`: float,
    of the shape of the logits, of how much of the picture a sentence is true: less than 1 where it is patched from two.
    """
    of_pictures = _one_way(logits, truth, known, weights * shares)
    of_sentences = _one_way(logits.T, truth.T, known.T, shares.T)
    return of_pictures + TO_PICTURES * of_sentences


def misplaced(placed: Tensor, places: Tensor) -> Tensor:
    """How far pictures lie from the places of their words, of which words that were not learned lie near too.

    Telling pictures apart does not ask for that: a cosine of 0.1 does, if those to all other words are below it.

    `placed`, `places`: (pictures, dimensions); the former of length 1, the latter as long as they count, zeros for none.
    Returns: one minus the cosine, times that length, its mean over all pictures; times `TO_ITS_PLACE`.
    """
    counts = places.square().sum(1).sqrt()
    return TO_ITS_PLACE * (counts - (placed * places).sum(1)).mean()


def _one_way(logits: Tensor, truth: Tensor, known: Tensor, weights: Tensor) -> Tensor:
    # Each true one against all false ones, not against the other true ones: they do not compete.
    false = logits.masked_fill(truth | ~known, IMPOSSIBLE).logsumexp(1, keepdim=True)
    each = functional.softplus(false - logits)
    share = weights * (truth & known)
    asked = share.sum(1)
    rows = (each * share).sum(1) / asked.clamp(min=1e-6)
    return rows[asked > 0].mean()
