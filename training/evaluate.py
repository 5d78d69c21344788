"""How good the eyes of `builtin` are, on what its training never saw: `make eval-builtin`."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table

from rag.encoders.builtin import BuiltinEncoder
from training import emoji as emoji_pictures
from training import photos, sentences
from training.drawings.kinds import COLOURS, SHAPES, TEN, draw
from training.everyday import ASKED, classes_of
from training.mixed import recall_in_a_mixed_library

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rag.protocols import Encoder
    from rag.types import Vectors

K = 10
OF_EACH_CHART = 40
SHAPES_DRAWN = 400
FEW_EMOJI = 10
"""A word that more emoji go by is not asked: they cannot all be in the first ten."""
FIRST = """
import time
started = time.perf_counter()
import torch
print(time.perf_counter() - started)
from PIL import Image
from rag.encoders.builtin import BuiltinEncoder
encoder = BuiltinEncoder()
encoder.encode_texts(["ready"])
encoder.encode_images([Image.new("RGB", (64, 64))])
print(time.time())
"""
TIMED = 256
"""Pictures placed to measure the speed."""


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    what: str
    value: str
    wanted: str
    of: str
    """How it was measured."""


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument(
        "--data", type=Path, default=Path("../shared/data"), help="folder that holds train/ and photos/"
    )
    asked = parser.parse_args()
    encoder = BuiltinEncoder()
    table = Table("what", "measured", "wanted", "how", title="The eyes of builtin")
    figures = [
        *classes(encoder, asked.data / "train"),
        emoji(encoder, asked.data / "train"),
        charts(encoder),
        shapes(encoder),
        captions(encoder, asked.data / "photos"),
        speed(encoder),
        loading(),
    ]
    with tempfile.TemporaryDirectory() as folder:
        alone, mixed = recall_in_a_mixed_library(asked.data, Path(folder))
    figures.append(
        Figure(
            "recall@10 of pictures in a mixed library",
            f"{mixed:.3f}, alone {alone:.3f}",
            "0.02 lost",
            "10,000 passages added",
        )
    )
    for figure in figures:
        table.add_row(figure.what, figure.value, figure.wanted, figure.of)
    Console(width=150).print(table)


def classes(encoder: Encoder, folder: Path) -> list[Figure]:
    """Class words and everyday words put to photos of 200 classes."""
    names = photos.read_words(folder)
    tested = photos.read_labelled(folder, tested=True)
    placed = encoder.encode_images([Image.fromarray(picture) for picture in tested.pictures])
    places = _places(encoder, [[sentences.say(t, called[0]) for t in sentences.ZERO_SHOT] for called in names.values()])
    order = np.argsort(-(placed @ places.T), axis=1, kind="stable")
    first = float(np.mean(order[:, 0] == tested.labels))
    five = float(np.mean((order[:, :5] == tested.labels[:, None]).any(1)))
    wnids = np.asarray(list(names))[tested.labels]
    words = _places(encoder, [[sentences.say(t, word) for t in sentences.ZERO_SHOT] for word in ASKED])
    best = np.argsort(-(words @ placed.T), axis=1, kind="stable")[:, :K]
    right = [np.mean(np.isin(wnids[rows], list(classes_of(word)))) for word, rows in zip(ASKED, best, strict=True)]
    how = f"{len(placed)} photos, 200 classes"
    return [
        Figure("class words, top-1", f"{first:.3f}", "0.48", how),
        Figure("class words, top-5", f"{five:.3f}", "0.73", how),
        Figure("everyday words, precision@10", f"{np.mean(right):.3f}", "0.70", f"{len(ASKED)} words, the same photos"),
    ]


def emoji(encoder: Encoder, folder: Path) -> Figure:
    """Emoji asked for by a word that training held back from them."""
    known = emoji_pictures.read_emoji(folder)
    often = emoji_pictures.frequencies(known)
    asked = [(at, one.held_back) for at, one in enumerate(known) if one.held_back and often[one.held_back] <= FEW_EMOJI]
    pictures = [Image.fromarray(emoji_pictures.picture(one.character)) for one in known]
    placed = encoder.encode_images(pictures)
    words = encoder.encode_texts([word for _, word in asked])
    found = [at in np.argsort(-(placed @ word), kind="stable")[:K] for (at, _), word in zip(asked, words, strict=True)]
    how = f"{len(asked)} words that at most {FEW_EMOJI} go by, {len(known)} emoji"
    return Figure("emoji by a held-back word, recall@10", f"{np.mean(found):.3f}", "0.35", how)


def charts(encoder: Encoder, *, of_each: int = OF_EACH_CHART) -> Figure:
    """Ten kinds of chart told apart, drawn in a style that was not trained on."""
    drawn = [draw(kind, seed, style="test").image for kind in TEN for seed in range(of_each)]
    truth = np.repeat(np.arange(len(TEN)), of_each)
    order = _best(encoder, drawn, [[sentences.say(t, kind) for t in sentences.ZERO_SHOT] for kind in TEN])
    how = f"{len(drawn)} charts of {len(TEN)} kinds, other fonts, colours and layouts"
    return Figure("kind of chart", f"{np.mean(order == truth):.3f}", "0.90", how)


def shapes(encoder: Encoder, *, n: int = SHAPES_DRAWN) -> Figure:
    """Colour and shape named together, among all pairs of them."""
    drawn = [draw("shape", seed, style="test") for seed in range(n)]
    pairs = [(colour, shape) for colour in COLOURS for shape in SHAPES]
    asked = [[sentences.say("{a}", f"{colour} {shape}")] for colour, shape in pairs]
    order = _best(encoder, [one.image for one in drawn], asked)
    right = [pairs[at] == (one.facts["colour"], one.facts["shape"]) for at, one in zip(order, drawn, strict=True)]
    how = f"{len(drawn)} drawings, {len(pairs)} pairs to choose from"
    return Figure("colour and shape", f"{np.mean(right):.3f}", "0.90", how)


def captions(encoder: Encoder, folder: Path) -> Figure:
    """Real captions put to real photos."""
    tested = photos.read_captioned(folder, tested=True)
    placed = encoder.encode_images(tested.pictures)
    rows = encoder.encode_texts([caption for some in tested.captions for caption in some])
    truth = np.repeat(np.arange(len(tested.captions)), [len(some) for some in tested.captions])
    best = np.argsort(-(rows @ placed.T), axis=1, kind="stable")[:, :K]
    found = float(np.mean((best == truth[:, None]).any(1)))
    chance = K / len(placed)
    how = f"{len(rows)} captions, {len(placed)} photos; chance {chance:.3f}"
    return Figure("captions to photos, recall@10", f"{found:.3f}", f"{4 * chance:.3f}", how)


def speed(encoder: Encoder) -> Figure:
    """Pictures of half a megapixel placed in a second."""
    noise = np.random.default_rng(1).integers(0, 255, (TIMED, 64, 64, 3), np.uint8)
    pictures = [Image.fromarray(one).resize((500, 375)) for one in noise]
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        encoder.encode_images(pictures)
        seconds.append(time.perf_counter() - started)
    return Figure(
        "pictures in a second",
        f"{TIMED / statistics.median(seconds):.0f}",
        "60",
        "500 x 375 pixels, decoded; the median of three",
    )


def loading(*, times: int = 3) -> Figure:
    """How long the first text and picture of a process take, from before it begins; the median of so many processes."""
    seconds, of_torch = [], []
    for _ in range(times):
        started = time.time()
        told = subprocess.run([sys.executable, "-c", FIRST], check=True, stdout=subprocess.PIPE, text=True).stdout
        imported, ready = map(float, told.split())
        seconds.append(ready - started)
        of_torch.append(imported)
    value = f"{statistics.median(seconds):.1f}, {statistics.median(of_torch):.1f} of it to import torch"
    return Figure(
        "seconds to load", value, "3", f"a text and a picture, from the start of Python; the median of {times}"
    )


def _places(encoder: Encoder, said: Sequence[Sequence[str]]) -> Vectors:
    """Where each thing lies that may be said in several ways: the mean of them, of length 1."""
    rows = np.stack([encoder.encode_texts(some).mean(0) for some in said])
    placed: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return placed


def _best(encoder: Encoder, pictures: Sequence[Image.Image], said: Sequence[Sequence[str]]) -> NDArray[np.int64]:
    """Which of the things that may be said fits each picture best."""
    best: NDArray[np.int64] = np.argmax(encoder.encode_images(pictures) @ _places(encoder, said).T, axis=1)
    return best


if __name__ == "__main__":
    main()
