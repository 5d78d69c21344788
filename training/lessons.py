"""What the tower is shown at a time: pictures of every source, sentences, and which is true of which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from training import augment
from training.bank import Bank

if TYPE_CHECKING:
    from numpy.typing import NDArray

EXTRA_EMOJI = 64
"""Words of emoji that are not in the batch."""
EXTRA_CAPTIONS = 16
OF_A_DRAWING = 2
"""Sentences taken of each drawing."""
SMALLEST_CROP = 0.4
"""Of a photo's area, the least that is shown."""
WEIGHT_OF_WORD = 0.03
"""Of an everyday word beside the class itself; some fifteen are true of a photo."""
SHARE_OF_NAMES = 0.7
"""How often a class is asked for by the mean of the sentences that call it by its first name, as people do."""
SHARE_OF_MEANS = 0.15
"""How often by the mean of all its sentences; else by any one of them, which does not stand still."""

PLACE_OF_A_PHOTO = 0.25
"""How much it counts that a photo lies at the place of its class, beside an emoji at its own: what looks alike is not always
called alike, and a class that is nearly right ought to come before one that is only called alike."""


@dataclass(frozen=True)
class Mixture:
    """Pictures of each source in a batch."""

    photos: int = 112
    drawings: int = 20
    shapes: int = 12
    """Drawings of one shape of one colour, beside those among the `drawings`."""
    plain: int = 4
    """Pictures of one colour and nothing else, likewise."""
    emoji: int = 40
    captioned: int = 4

    @property
    def n_pictures(self) -> int:
        """All together."""
        return self.photos + self.drawings + self.shapes + self.plain + self.emoji + self.captioned


@dataclass(frozen=True)
class Lesson:
    """One batch."""

    pictures: Tensor
    """float32 (n, 3, side, side), 0..1."""
    sentences: NDArray[np.int64]
    """Numbers in the bank, (m,)."""
    truth: Tensor
    """bool (n, m)."""
    known: Tensor
    """bool (n, m): whether `truth` says anything."""
    weights: Tensor
    """float32 (m,)."""
    shares: Tensor
    """float32 (n, m): of how much of the picture a sentence is true; 1 but for photos that are patched from two."""
    places: Tensor
    """float32 (n, dimensions): where each picture would best lie, as long as that counts; zeros where it is not said."""


@dataclass(frozen=True)
class Sources:
    """Everything there is to learn from; sentences by their number in the bank."""

    bank: Bank
    photos: NDArray[np.uint8]
    labels: NDArray[np.int64]
    of_class: Sequence[Sequence[int]]
    """By class, the sentences that name it."""
    class_means: Sequence[int]
    """By class, where all of these lie on average."""
    name_means: Sequence[int]
    """By class, where those with its first name lie on average."""
    place_of_class: NDArray[np.float32]
    """(classes, dimensions): the direction from the middle of all classes to each, of length 1."""
    of_word: Sequence[Sequence[int]]
    """By everyday word, the sentences that ask for it."""
    words_of_class: NDArray[np.bool_]
    """(classes, words): which everyday words are true of a class."""
    drawings: NDArray[np.uint8]
    of_drawing: Sequence[Sequence[int]]
    """Sentences to learn from."""
    true_of_drawing: Sequence[Sequence[int]]
    """Those and others that are true of it too."""
    charts: NDArray[np.bool_]
    """(drawings,): which are charts, of which no emoji word and no everyday word is true."""
    pair_of_drawing: NDArray[np.int64]
    """(drawings,): which colour and shape it is that a drawing shows alone; -1 where it shows something else."""
    plain: NDArray[np.int64]
    """The drawings of one colour and nothing else."""
    of_pair: Sequence[Sequence[int]]
    """By colour and shape, the sentences that name both."""
    emoji: NDArray[np.uint8]
    emoji_means: Sequence[int]
    """By emoji, where its words lie on average, without that which is held back."""
    place_of_emoji: NDArray[np.float32]
    """(emoji, dimensions): the direction from the middle of all emoji to each, of length 1."""
    emoji_alike: NDArray[np.bool_]
    """(emoji, emoji): whose means lie so close that they cannot be told apart."""
    of_emoji: Sequence[Sequence[int]]
    """By emoji, its words (numbers of words)."""
    of_emoji_word: Sequence[Sequence[int]]
    """By word of an emoji, the sentences that ask for it."""
    held_back: NDArray[np.int64]
    """By emoji, the word that it is never paired with; -1 without one."""
    captioned: NDArray[np.uint8]
    of_captioned: Sequence[Sequence[int]]


class Lessons:
    """Batches without end, from one seed."""

    def __init__(self, sources: Sources, mixture: Mixture, *, seed: int) -> None:
        """Draw from `sources`; no photo comes twice in a round, which ends where fewer than a batch are left."""
        self.sources = sources
        self.mixture = mixture
        self._random = np.random.default_rng(seed)
        self._order: NDArray[np.int64] = np.zeros(0, np.int64)
        has_word = np.zeros((len(sources.of_emoji), len(sources.of_emoji_word)), np.bool_)
        for at, words in enumerate(sources.of_emoji):
            has_word[at, list(words)] = True
        self._has_word = has_word
        self._shapes = np.flatnonzero(sources.pair_of_drawing >= 0)

    def next(self, side: int, *, patched: float = 0.0) -> Lesson:
        """The next batch, its pictures `side` pixels wide and high.

        `patched`: how likely it is that its photos are patched with parts of each other; the classes of both are true of
        them then, in part.
        """
        s, m = self.sources, self.mixture
        photos = self._next_photos(m.photos)
        drawings = self._some(len(s.drawings), m.drawings)
        shapes = np.setdiff1d(self._shapes, drawings)
        plain = np.setdiff1d(s.plain, drawings)
        more = [shapes[self._some(len(shapes), m.shapes)], plain[self._some(len(plain), m.plain)]]
        drawings = np.concatenate([drawings, *more])
        emoji = self._some(len(s.emoji), m.emoji)
        captioned = self._some(len(s.captioned), m.captioned)
        pictures, shown = self._looks(photos, drawings, emoji, captioned, side=side, patched=patched)
        blocks = [
            self._classes(shown, drawings, emoji, captioned),
            self._words(shown, drawings, emoji, captioned),
            self._of_drawings(photos, drawings, emoji, captioned),
            self._pairs(photos, drawings, emoji, captioned),
            self._emoji(photos, drawings, emoji, captioned),
            self._of_emoji(photos, drawings, emoji, captioned),
            self._captions(photos, drawings, emoji, captioned),
        ]
        return Lesson(
            pictures=pictures,
            sentences=np.concatenate([block.sentences for block in blocks]),
            truth=torch.from_numpy(np.concatenate([block.truth for block in blocks], 1)),
            known=torch.from_numpy(np.concatenate([block.known for block in blocks], 1)),
            weights=torch.cat([torch.full((len(b.sentences),), b.weight) for b in blocks]),
            shares=torch.from_numpy(
                np.concatenate([np.ones_like(b.truth, np.float32) if b.shares is None else b.shares for b in blocks], 1)
            ),
            places=torch.from_numpy(self._places(shown, drawings, emoji, captioned)),
        )

    def _looks(
        self,
        photos: NDArray[np.int64],
        drawings: NDArray[np.int64],
        emoji: NDArray[np.int64],
        captioned: NDArray[np.int64],
        *,
        side: int,
        patched: float,
    ) -> tuple[Tensor, _Photos]:
        s = self.sources
        seen = augment.crops(torch.from_numpy(s.photos[photos]), side=side, smallest=SMALLEST_CROP, mirrored=True)
        of_photos = augment.other_sharpness(augment.other_light(seen, strength=0.25), share=0.2)
        labels = s.labels[photos]
        shown = _Photos(labels, labels, 1.0)
        if self._random.random() < patched:
            order = self._random.permutation(len(photos))
            of_photos, own = augment.patched(of_photos, of_photos[order])
            shown = _Photos(labels, labels[order], own)
        drawn = augment.crops(torch.from_numpy(s.drawings[drawings]), side=side, smallest=0.8, mirrored=False)
        grounds = augment.with_margin(augment.on_grounds(torch.from_numpy(s.emoji[emoji])))
        of_emoji = augment.crops(grounds, side=side, smallest=0.85, mirrored=False, tilt=0.1)
        scenes = augment.crops(torch.from_numpy(s.captioned[captioned]), side=side, smallest=0.5, mirrored=True)
        parts = [
            of_photos,
            augment.other_sharpness(drawn, share=0.2),
            augment.other_sharpness(of_emoji, share=0.2),
            augment.other_sharpness(augment.other_light(scenes, strength=0.3), share=0.4),
        ]
        return (torch.cat(parts) - augment.MEAN) / augment.DEVIATION, shown

    def _places(
        self,
        shown: _Photos,
        drawings: NDArray[np.int64],
        emoji: NDArray[np.int64],
        captioned: NDArray[np.int64],
    ) -> NDArray[np.float32]:
        s = self.sources
        of_photos = PLACE_OF_A_PHOTO * s.place_of_class[shown.labels] * (shown.labels == shown.others)[:, None]
        dim = of_photos.shape[1]
        nowhere = [np.zeros((len(some), dim), np.float32) for some in (drawings, captioned)]
        return np.concatenate([of_photos, nowhere[0], s.place_of_emoji[emoji], nowhere[1]])

    # The sentences, source by source: which are true of which picture, and where nobody knows

    def _classes(self, shown: _Photos, *others: NDArray[np.int64]) -> _Block:
        s = self.sources
        truth, shares = self._shared(shown, np.eye(len(s.of_class), dtype=np.bool_), *others)
        ways = [np.asarray(s.name_means), np.asarray(s.class_means), self._one_of_each(s.of_class)]
        way = np.searchsorted([SHARE_OF_NAMES, SHARE_OF_NAMES + SHARE_OF_MEANS], self._random.random(len(s.of_class)))
        asked = np.choose(way, ways)
        known = self._known(truth, [True, True, False, False], shown.labels, *others)
        return _Block(asked, truth, known, shares=shares)

    def _words(self, shown: _Photos, *others: NDArray[np.int64]) -> _Block:
        s = self.sources
        n_photos = len(shown.labels)
        truth, shares = self._shared(shown, s.words_of_class, *others)
        known = self._known(truth, [True, False, False, False], shown.labels, *others)
        known[n_photos : n_photos + len(others[0])] = s.charts[others[0], None]
        return _Block(self._one_of_each(s.of_word), truth, known, WEIGHT_OF_WORD, shares)

    @staticmethod
    def _shared(
        shown: _Photos, of_class: NDArray[np.bool_], *others: NDArray[np.int64]
    ) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
        """What is true of each photo for its classes, and of how much of it; nothing of other pictures."""
        own, laid_over = of_class[shown.labels], of_class[shown.others]
        rest = np.zeros((sum(map(len, others)), of_class.shape[1]), np.bool_)
        shares = np.where(own == laid_over, 1.0, np.where(own, shown.own, 1 - shown.own))
        return np.concatenate([own | laid_over, rest]), np.concatenate([shares, ~rest]).astype(np.float32)

    def _of_drawings(
        self, photos: NDArray[np.int64], drawings: NDArray[np.int64], *others: NDArray[np.int64]
    ) -> _Block:
        s = self.sources
        sentences = sorted(
            {int(number) for at in drawings for number in self._random.permutation(s.of_drawing[at])[:OF_A_DRAWING]}
        )
        own = np.stack([np.isin(sentences, s.true_of_drawing[at]) for at in drawings])
        truth = np.zeros((len(photos) + len(drawings) + sum(map(len, others)), len(sentences)), np.bool_)
        truth[len(photos) : len(photos) + len(drawings)] = own
        of_charts = own[s.charts[drawings]].any(0)
        known = self._known(truth, [True, True, False, True], photos, drawings, *others)
        start = len(photos) + len(drawings)
        known[start : start + len(others[0])] = of_charts
        return _Block(np.asarray(sentences), truth, known)

    def _pairs(self, photos: NDArray[np.int64], drawings: NDArray[np.int64], *others: NDArray[np.int64]) -> _Block:
        """Every colour with every shape, so that each shape is set against all that it is not."""
        s = self.sources
        truth = np.zeros((sum(map(len, (photos, drawings, *others))), len(s.of_pair)), np.bool_)
        pairs = s.pair_of_drawing[drawings]
        single = np.flatnonzero(pairs >= 0)
        truth[len(photos) + single, pairs[single]] = True
        known = np.zeros_like(truth)
        known[len(photos) + single] = True
        return _Block(self._one_of_each(s.of_pair), truth, known)

    def _emoji(
        self,
        photos: NDArray[np.int64],
        drawings: NDArray[np.int64],
        emoji: NDArray[np.int64],
        captioned: NDArray[np.int64],
    ) -> _Block:
        """Every emoji, so that each finds its own place among all of them."""
        s = self.sources
        truth = np.zeros((len(photos) + len(drawings) + len(emoji) + len(captioned), len(s.emoji_means)), np.bool_)
        known = np.zeros_like(truth)
        rows = len(photos) + len(drawings) + np.arange(len(emoji))
        truth[rows, emoji] = True
        known[rows] = ~s.emoji_alike[emoji]
        known[rows, emoji] = True
        return _Block(np.asarray(s.emoji_means), truth, known)

    def _of_emoji(
        self,
        photos: NDArray[np.int64],
        drawings: NDArray[np.int64],
        emoji: NDArray[np.int64],
        captioned: NDArray[np.int64],
    ) -> _Block:
        s = self.sources
        asked = {int(self._random.choice(s.of_emoji[at])) for at in emoji}
        asked |= {int(word) for word in self._some(len(s.of_emoji_word), EXTRA_EMOJI)}
        words = sorted(asked)
        truth = np.zeros((len(photos) + len(drawings) + len(emoji) + len(captioned), len(words)), np.bool_)
        start = len(photos) + len(drawings)
        truth[start : start + len(emoji)] = self._has_word[emoji][:, words]
        known = self._known(truth, [False, False, True, False], photos, drawings, emoji, captioned)
        known[len(photos) : start] = s.charts[drawings, None]
        known[start : start + len(emoji)] &= s.held_back[emoji, None] != np.asarray(words)
        return _Block(self._one_of_each([s.of_emoji_word[word] for word in words]), truth, known)

    def _captions(
        self,
        photos: NDArray[np.int64],
        drawings: NDArray[np.int64],
        emoji: NDArray[np.int64],
        captioned: NDArray[np.int64],
    ) -> _Block:
        s = self.sources
        told = np.concatenate([captioned, np.setdiff1d(self._some(len(s.captioned), EXTRA_CAPTIONS), captioned)])
        sentences = self._one_of_each([s.of_captioned[at] for at in told])
        truth = np.zeros((len(photos) + len(drawings) + len(emoji) + len(captioned), len(told)), np.bool_)
        truth[-len(captioned) :] = captioned[:, None] == told[None]
        return _Block(
            sentences, truth, self._known(truth, [False, True, True, True], photos, drawings, emoji, captioned)
        )

    @staticmethod
    def _known(truth: NDArray[np.bool_], by_source: Sequence[bool], *sources: NDArray[np.int64]) -> NDArray[np.bool_]:
        rows = np.repeat(np.asarray(by_source), [len(source) for source in sources])
        return np.repeat(rows[:, None], truth.shape[1], axis=1)

    def _one_of_each(self, sentences: Sequence[Sequence[int]]) -> NDArray[np.int64]:
        return np.asarray([of_one[int(self._random.integers(len(of_one)))] for of_one in sentences])

    def _some(self, n: int, wanted: int) -> NDArray[np.int64]:
        return self._random.choice(n, size=min(wanted, n), replace=False)

    def _next_photos(self, wanted: int) -> NDArray[np.int64]:
        if len(self._order) < wanted:
            self._order = self._random.permutation(len(self.sources.photos))
        chosen, self._order = self._order[:wanted], self._order[wanted:]
        return chosen


@dataclass(frozen=True)
class _Photos:
    """The photos of a batch by what they show."""

    labels: NDArray[np.int64]
    others: NDArray[np.int64]
    """Of what is laid over each."""
    own: float
    """The share of each that its own class is true of."""


@dataclass(frozen=True)
class _Block:
    sentences: NDArray[np.int64]
    truth: NDArray[np.bool_]
    known: NDArray[np.bool_]
    weight: float = 1.0
    shares: NDArray[np.float32] | None = None
    """(pictures, sentences); 1 where none are given."""
