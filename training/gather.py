"""Everything there is to learn from, read or drawn once and kept, with its sentences placed."""

from __future__ import annotations

import hashlib
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from rich.progress import track

from rag.encoders.text import TextEncoder
from rag.encoders.wheel import find_minilm
from rag.errors import UnreadablePath
from training import emoji as emoji_pictures
from training import photos, sentences
from training.bank import Bank
from training.drawings.kinds import CHARTS, COLOURS, SHAPES, draw
from training.everyday import EVERYDAY
from training.lessons import Sources

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rag.types import Vectors

DRAWN_SIDE = 128
SHARE_OF_CHARTS = 0.55
ALIKE = 0.97
"""Cosine above which the means of two emoji are taken to be one."""
RARER = 0.5
"""How much more a word counts for where an emoji lies, the fewer go by it: its weight is 1 / frequency ** RARER."""
OF_THE_OTHERS = {
    "shape": 0.55,
    "shapes": 0.15,
    "count": 0.075,
    "scene": 0.075,
    "icon": 0.075,
    "plain": 0.0375,
    "texture": 0.0375,
}
"""How often each kind of drawing that is no chart is drawn."""


def gather(data: Path, *, kept: Path, n_drawings: int) -> Sources:
    """Read `data/train` and `data/photos`, draw, place all sentences; `kept` holds what a second run need not make again.

    Raises: UnreadablePath if the data or the font of the emoji are not there.
    """
    _check(data)
    names = photos.read_words(data / "train")
    words = sorted({word for wnid in names for word in EVERYDAY[wnid]})
    of_class = [sentences.of_class(called, EVERYDAY[wnid]) for wnid, called in names.items()]
    of_word = [sentences.of_word(word) for word in words]
    known = emoji_pictures.read_emoji(data / "train")
    emoji_words = sorted({word for one in known for word in one.words})
    of_emoji_word = [[sentences.say(template, word) for template in sentences.OF_AN_EMOJI] for word in emoji_words]
    drawn = _drawings(n_drawings, kept)
    scenes = photos.read_captioned(data / "photos", tested=False)
    pairs = [(colour, shape) for colour in COLOURS for shape in SHAPES]
    of_pair = [[sentences.say(template, " ".join(pair)) for template in sentences.OF_A_SHAPE] for pair in pairs]
    bank = Bank(
        sentence
        for group in (of_class, of_word, of_emoji_word, of_pair, drawn.said, scenes.captions)
        for some in group
        for sentence in some
    )
    bank.place(TextEncoder(str(find_minilm())), kept)
    labelled = photos.read_labelled(data / "train", tested=False)
    word_number = {word: at for at, word in enumerate(emoji_words)}
    number_of_pair = {f"{colour} {shape}": at for at, (colour, shape) in enumerate(pairs)}
    of_emoji = [[word_number[word] for word in one.words] for one in known]
    held_back = [word_number.get(one.held_back, -1) for one in known]
    often = Counter(word for words in of_emoji for word in words)
    emoji_means = bank.means(
        [
            {number: often[word] ** -RARER for word in words for number in bank.numbers(of_emoji_word[word])}
            for words in of_emoji
        ]
    )
    class_means = bank.means([dict.fromkeys(bank.numbers(some), 1.0) for some in of_class])
    of_first_name = [sentences.of_word(called[0]) for called in names.values()]
    means = bank.rows[emoji_means]
    return Sources(
        bank=bank,
        photos=labelled.pictures,
        labels=labelled.labels,
        of_class=[bank.numbers(some) for some in of_class],
        class_means=class_means,
        name_means=bank.means([dict.fromkeys(bank.numbers(some), 1.0) for some in of_first_name]),
        place_of_class=_directions(bank.rows[class_means]),
        of_word=[bank.numbers(some) for some in of_word],
        words_of_class=np.asarray([[word in EVERYDAY[wnid] for word in words] for wnid in names]),
        drawings=drawn.pictures,
        of_drawing=[bank.numbers(some) for some in drawn.said],
        true_of_drawing=[bank.numbers([one for one in some if one in bank.number]) for some in drawn.true],
        charts=drawn.charts,
        plain=np.flatnonzero(drawn.plain),
        pair_of_drawing=np.asarray([number_of_pair.get(pair, -1) for pair in drawn.alone]),
        of_pair=[bank.numbers(some) for some in of_pair],
        emoji=np.stack([emoji_pictures.picture(one.character) for one in track(known, "Drawing emoji")]),
        emoji_means=emoji_means,
        place_of_emoji=_directions(means),
        emoji_alike=means @ means.T > ALIKE,
        of_emoji=of_emoji,
        of_emoji_word=[bank.numbers(some) for some in of_emoji_word],
        held_back=np.asarray(held_back),
        captioned=np.stack([_squashed(picture, photos.CAPTIONED_SIDE) for picture in scenes.pictures]),
        of_captioned=[bank.numbers(some) for some in scenes.captions],
    )


def _directions(rows: Vectors) -> Vectors:
    """From the middle of all rows to each, of length 1."""
    apart = rows - rows.mean(0)
    directions: Vectors = apart / np.linalg.norm(apart, axis=1, keepdims=True)
    return directions


def _check(data: Path) -> None:
    for needed in (data / "train" / "tiny-imagenet-train.zip", data / "photos" / "captions.jsonl"):
        if not needed.is_file():
            raise UnreadablePath(
                f"There is no {needed}.", hint="Name the folder that holds train/ and photos/: --data FOLDER"
            )
    if not emoji_pictures.FONT.is_file():
        raise UnreadablePath(
            f"The font {emoji_pictures.FONT} is not installed.", hint=f"On Debian: {emoji_pictures.INSTALL}"
        )


@dataclass(frozen=True)
class _Drawn:
    pictures: NDArray[np.uint8]
    """(n, 128, 128, 3)."""
    said: list[list[str]]
    """The sentences of each, to learn from."""
    true: list[list[str]]
    """Everything that is known to be true of each."""
    charts: NDArray[np.bool_]
    plain: NDArray[np.bool_]
    """Which are of one colour and nothing else."""
    alone: list[str]
    """Colour and shape of what a drawing shows alone, as in `red triangle`; empty for other drawings."""


def _drawings(n: int, kept: Path) -> _Drawn:
    rng = np.random.default_rng(0)
    others, shares = list(OF_THE_OTHERS), list(OF_THE_OTHERS.values())
    kinds = [
        str(rng.choice(CHARTS) if rng.random() < SHARE_OF_CHARTS else rng.choice(others, p=shares)) for _ in range(n)
    ]
    code = "".join(path.read_text(encoding="utf-8") for path in sorted(Path(__file__).parent.glob("drawings/*.py")))
    file = kept / f"drawings-{n}-{hashlib.sha256(code.encode()).hexdigest()[:12]}.npz"
    if not file.is_file():
        with ProcessPoolExecutor() as several:
            drawn = list(track(several.map(_drawn, kinds, range(n), chunksize=64), "Drawing", total=n))
        pictures, said, true, alone = zip(*drawn, strict=True)
        np.savez(
            file, pictures=np.stack(pictures), said=np.asarray(said), true=np.asarray(true), alone=np.asarray(alone)
        )
    with np.load(file) as held:
        lines = {name: [some.split("\n") for some in held[name].tolist()] for name in ("said", "true")}
        charts, plain = np.isin(kinds, CHARTS), np.isin(kinds, ["plain"])
        return _Drawn(held["pictures"], lines["said"], lines["true"], charts, plain, held["alone"].tolist())


def _drawn(kind: str, seed: int) -> tuple[NDArray[np.uint8], str, str, str]:
    """The picture, its sentences and all that is true of it, a line each, and colour and shape if it shows one alone."""
    drawing = draw(kind, seed)
    true = (*drawing.sentences, *drawing.also_true)
    alone = f"{drawing.facts['colour']} {drawing.facts['shape']}" if kind == "shape" else ""
    return _squashed(drawing.image, DRAWN_SIDE), "\n".join(drawing.sentences), "\n".join(true), alone


def _squashed(picture: Image.Image, side: int) -> NDArray[np.uint8]:
    return np.asarray(picture.convert("RGB").resize((side, side), Image.Resampling.BICUBIC))
