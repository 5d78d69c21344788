"""Folders whose best route is known, drawn by a seed, and encoders that make it so: one only reads, one only sees colours."""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from eval.advise import Library
from indexers.ingest import Options, ingest
from rag.encoders.colours import COLOURS, ColourEncoder
from rag.errors import EncodeFailed
from rag.protocols import Captioner, Encoder, Fingerprint
from rag.settings import load_settings
from rag.store.lexical import words
from rag.store.store import Store

if TYPE_CHECKING:
    from rag.types import Vectors

SIDE = 96
CELL = 6
DIM = 512
SYLLABLES = "ba co du fe gi ha jo ku le mi no pa ru se ti vo wa ze lor min tar ven sol".split()


class WordEncoder:
    """Places texts by the words they hold, each on an axis of its own as far as 512 axes go; sees no pictures."""

    @property
    def fingerprint(self) -> Fingerprint:
        return Fingerprint("words", "1", "0" * 64, "words by their CRC-32", DIM, 10_000, (), sees_images=False)

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        rows = np.zeros((len(texts), DIM), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in words(text) or [""]:
                row[zlib.crc32(word.encode()) % DIM] += 1
            row /= np.linalg.norm(row)
        return rows

    def encode_images(self, images: Sequence[Image.Image]) -> NoReturn:
        raise EncodeFailed(f"{len(images)} pictures, and no eyes.")

    def split(self, text: str) -> list[str]:
        return [text]


class Teller:
    """A captioner that tells of each picture a sentence of its own, which names no colour."""

    name = "teller"
    instruction = "Tell."

    def caption(self, images: Sequence[Image.Image]) -> list[str]:
        return [sentence(random.Random(zlib.crc32(image.tobytes()))) for image in images]


def sentence(chance: random.Random, n_words: int = 10) -> str:
    """Words that nobody has heard, so that none is in two places by more than chance."""
    return " ".join("".join(chance.choices(SYLLABLES, k=3)) for _ in range(n_words)).capitalize() + "."


def draw_pictures(root: Path, chance: random.Random, *, n: int) -> None:
    """Mosaics of a few colours each, under names that a camera gives."""
    root.mkdir(parents=True, exist_ok=True)
    for at in range(n):
        palette = chance.sample(sorted(COLOURS), 4)
        weights = [chance.random() for _ in palette]
        small = Image.new("RGB", (SIDE // CELL, SIDE // CELL))
        small.putdata([COLOURS[name] for name in chance.choices(palette, weights, k=small.width * small.height)])
        small.resize((SIDE, SIDE), Image.Resampling.NEAREST).save(root / f"IMG_{at:04}.png")


def write_prose(root: Path, chance: random.Random, *, n: int) -> None:
    """Pages of three sections, without a picture."""
    root.mkdir(parents=True, exist_ok=True)
    for at in range(n):
        parts = [f"# {sentence(chance, 3)}\n\n{sentence(chance)} {sentence(chance)}\n" for _ in range(3)]
        (root / f"{at:04}.md").write_text("\n".join(parts), encoding="utf-8")


def draw_scans(root: Path, chance: random.Random, *, n: int) -> None:
    """A PDF whose pages are pictures of three lines."""
    root.mkdir(parents=True, exist_ok=True)
    pages = []
    for _ in range(n):
        page = Image.new("L", (320, 300), "white")
        told = sentence(chance, 6).split()
        for line in range(3):
            words_of_line = " ".join(told[2 * line : 2 * line + 2])
            ImageDraw.Draw(page).text((20, 40 + 80 * line), words_of_line, "black", ImageFont.load_default(24))
        pages.append(page)
    pages[0].save(root / "scan.pdf", save_all=True, append_images=pages[1:], resolution=150)


def both() -> dict[str, Encoder]:
    """One encoder that only reads, one that sees."""
    return {"words": WordEncoder(), "colours": ColourEncoder()}


@contextmanager
def taken(
    folder: Path,
    encoders: Mapping[str, Encoder] | None = None,
    *,
    captioner: Captioner | None = None,
    ocr: bool = False,
) -> Iterator[Library]:
    """The folder in a store beside it."""
    encoders = encoders or both()
    with Store(folder.parent / "store", create=True) as store:
        store.expect([encoder.fingerprint for encoder in encoders.values()])
        report = ingest(
            [folder], store=store, encoders=encoders, options=Options(ocr=ocr, n_workers=1, captioner=captioner)
        )
        assert not report.failed
        yield Library(store, encoders, None, load_settings(store=store.root))
