"""Small made-up things to learn from: six pictures of each source, each of one colour, by which a look at it is known.

What source a picture is of can be seen too, in its stripes, so that there is something to learn.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from training.bank import Bank
from training.lessons import Lesson, Mixture, Sources

COLOURS = ("red", "green", "blue", "yellow", "cyan", "magenta")
_PAINT = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (0, 255, 255), (255, 0, 255))
SIDE = 16
PLACES = np.eye(16, 384, dtype=np.float32)
"""Of the classes the first, of the emoji the last."""
MIXTURE = Mixture(photos=3, drawings=3, shapes=1, plain=0, emoji=4, captioned=2)
SOURCES = ("photo", "drawing", "emoji", "scene")

LABELS = (0, 0, 1, 1, 2, 2)
"""The class of each photo."""
WORDS_OF_CLASS = ((True, False), (True, True), (False, False))
CHARTS = (True, True, True, False, False, False)
PAIRS = (-1, 1, 1, 0, 2, -1)
"""Of the drawings: the colour and shape that each shows alone."""
PLAIN = (4, 5)
"""Of the drawings: which are of one colour and nothing else."""
ALSO_TRUE = {0: 1, 3: 4}
"""Of the drawings: of which the first sentence of which other is true as well."""
EMOJI_WORDS = ((0, 1), (2,), (3, 0), (4,), (5,), (6,))
HELD_BACK = (2, 0, 4, 1, 6, -1)
ALIKE = {(2, 5), (5, 2)}
"""Emoji that cannot be told apart."""

_OF_CLASS = [[f"class {number} in the sky", f"class {number} on the ground"] for number in range(3)]
_CLASS_MEANS = [f"class {number} on average" for number in range(3)]
_NAME_MEANS = [f"class {number} by its first name" for number in range(3)]
_OF_WORD = [[f"word {number}", f"a photo of word {number}"] for number in range(2)]
_OF_DRAWING = [[f"drawing {number} {part}" for part in ("first", "second", "third")] for number in range(6)]
_OF_EMOJI_WORD = [[f"sign {number}", f"a symbol for sign {number}"] for number in range(7)]
_OF_PAIR = [[f"pair {number}", f"a photo of pair {number}"] for number in range(3)]
_EMOJI_MEANS = [f"emoji {number} on average" for number in range(6)]
_OF_CAPTIONED = [[f"scene {number} at noon", f"scene {number} at night"] for number in range(6)]


def sources(bank: Bank | None = None) -> Sources:
    """Six pictures of each source; the sentences name what they speak of, as `drawing 3 first`."""
    own = bank or Bank(sentences())
    flat = np.stack([np.full((SIDE, SIDE, 3), paint, np.uint8) for paint in _PAINT])
    rows, columns = (np.indices((SIDE, SIDE, 1))[axis] // 4 % 2 == 0 for axis in (0, 1))
    said = [own.numbers(some) for some in _OF_DRAWING]
    return Sources(
        bank=own,
        photos=flat,
        labels=np.asarray(LABELS),
        of_class=[own.numbers(some) for some in _OF_CLASS],
        class_means=own.numbers(_CLASS_MEANS),
        name_means=own.numbers(_NAME_MEANS),
        place_of_class=PLACES[: len(_OF_CLASS)],
        of_word=[own.numbers(some) for some in _OF_WORD],
        words_of_class=np.asarray(WORDS_OF_CLASS),
        drawings=flat * rows,
        of_drawing=said,
        true_of_drawing=[
            [*some, *([said[ALSO_TRUE[number]][0]] if number in ALSO_TRUE else [])] for number, some in enumerate(said)
        ],
        charts=np.asarray(CHARTS),
        pair_of_drawing=np.asarray(PAIRS),
        plain=np.asarray(PLAIN),
        of_pair=[own.numbers(some) for some in _OF_PAIR],
        emoji=np.concatenate([flat * (rows == columns), np.full((6, SIDE, SIDE, 1), 255, np.uint8)], axis=3),
        emoji_means=own.numbers(_EMOJI_MEANS),
        place_of_emoji=PLACES[-len(_EMOJI_MEANS) :],
        emoji_alike=np.asarray([[one == other or (one, other) in ALIKE for other in range(6)] for one in range(6)]),
        of_emoji=EMOJI_WORDS,
        of_emoji_word=[own.numbers(some) for some in _OF_EMOJI_WORD],
        held_back=np.asarray(HELD_BACK),
        captioned=flat * columns,
        of_captioned=[own.numbers(some) for some in _OF_CAPTIONED],
    )


def sentences() -> list[str]:
    """All sentences that `sources` speaks in."""
    means = [_CLASS_MEANS, _NAME_MEANS, _EMOJI_MEANS]
    groups = (_OF_CLASS, means, _OF_WORD, _OF_DRAWING, _OF_PAIR, _OF_EMOJI_WORD, _OF_CAPTIONED)
    return [sentence for group in groups for some in group for sentence in some]


def seen(lesson: Lesson, mixture: Mixture = MIXTURE) -> list[tuple[str, int]]:
    """Of each picture of a lesson its source and its number, told by its colour."""
    counts = (mixture.photos, mixture.drawings + mixture.shapes + mixture.plain, mixture.emoji, mixture.captioned)
    kinds = [kind for kind, count in zip(SOURCES, counts, strict=True) for _ in range(count)]
    return [(kind, _number(picture)) for kind, picture in zip(kinds, lesson.pictures, strict=True)]


def said(lesson: Lesson, bank: Bank) -> list[tuple[str, int]]:
    """Of each sentence of a lesson what it speaks of, as ("drawing", 3)."""
    return [_spoken_of(bank.sentences[number]) for number in lesson.sentences]


def pairs(lesson: Lesson, bank: Bank) -> Iterator[tuple[tuple[str, int], tuple[str, int], bool, bool]]:
    """Each picture with each sentence, whether that is said to be true, and whether it is said to be known."""
    for row, picture in enumerate(seen(lesson)):
        for column, sentence in enumerate(said(lesson, bank)):
            yield picture, sentence, bool(lesson.truth[row, column]), bool(lesson.known[row, column])


def _number(picture: Tensor) -> int:
    """Which of the colours: the channels above the middle of the strongest and the weakest."""
    channels = picture.mean((1, 2))
    bright = (channels > (channels.max() + channels.min()) / 2).to(torch.int64) * 255
    return _PAINT.index((int(bright[0]), int(bright[1]), int(bright[2])))


def _spoken_of(sentence: str) -> tuple[str, int]:
    words = sentence.removeprefix("a photo of ").removeprefix("a symbol for ").split()
    return words[0], int(words[1])
