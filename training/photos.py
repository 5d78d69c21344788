"""Photos with a class (Tiny-ImageNet) and photos with captions (Flickr8k), each divided into training and test for good."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

CAPTIONS = "captions.jsonl"
PICTURES = "images"
_ARCHIVE = "tiny-imagenet-train.zip"
TESTED_PER_CLASS = 20
"""Photos of each class that training never sees."""
CAPTIONED_SIDE = 144
"""Pixels to which captioned photos are squashed before crops are taken of them."""
TRAINED_CAPTIONED = 3
"""One captioned photo in so many is trained on; the others are the test."""


@dataclass(frozen=True)
class Labelled:
    """Photos of one class each."""

    pictures: NDArray[np.uint8]
    """(n, 64, 64, 3)."""
    labels: NDArray[np.int64]
    """(n,): indices into the classes."""


@dataclass(frozen=True)
class Captioned:
    """Photos with several captions each."""

    pictures: tuple[Image.Image, ...]
    captions: tuple[tuple[str, ...], ...]


def read_words(folder: Path) -> dict[str, tuple[str, ...]]:
    """The names of each class by its WordNet id, in the order of the ids: `{"n01443537": ("goldfish", …)}`."""
    words = json.loads((folder / "tiny-imagenet-words.json").read_text(encoding="utf-8"))
    return {wnid: tuple(name.strip() for name in words[wnid].split(",")) for wnid in sorted(words)}


def read_labelled(folder: Path, *, tested: bool) -> Labelled:
    """The photos to train on, or those that are never trained on (20 of each class)."""
    chosen = list_labelled(folder, tested=tested)
    with zipfile.ZipFile(folder / _ARCHIVE) as archive:
        pictures = [np.asarray(Image.open(io.BytesIO(archive.read(name))).convert("RGB")) for name, _ in chosen]
    return Labelled(np.stack(pictures), np.asarray([label for _, label in chosen]))


def list_labelled(folder: Path, *, tested: bool) -> list[tuple[str, int]]:
    """Name in the archive and label of each photo that `read_labelled` reads, in its order."""
    classes = list(read_words(folder))
    of_class: dict[str, list[str]] = {wnid: [] for wnid in classes}
    with zipfile.ZipFile(folder / _ARCHIVE) as archive:
        for name in archive.namelist():
            of_class[name.partition("/")[0]].append(name)
    chosen = slice(TESTED_PER_CLASS) if tested else slice(TESTED_PER_CLASS, None)
    return [
        (name, label) for label, wnid in enumerate(classes) for name in sorted(of_class[wnid], key=_shuffled)[chosen]
    ]


def read_captioned(folder: Path, *, tested: bool) -> Captioned:
    """The captioned photos to train on, or those that are never trained on (two of three)."""
    lines = lines_of(folder, tested=tested)
    pictures = tuple(Image.open(folder / PICTURES / name).convert("RGB") for name in lines)
    return Captioned(pictures, tuple(tuple(json.loads(line)["captions"]) for line in lines.values()))


def lines_of(folder: Path, *, tested: bool) -> dict[str, str]:
    """Of each photo that `read_captioned` reads, by its name, in its order: the line of the file of captions."""
    lines = (folder / CAPTIONS).read_text(encoding="utf-8").splitlines()
    by_name = {json.loads(line)["image"]: line for line in lines if line}
    ordered = sorted(by_name, key=_shuffled)
    return {name: by_name[name] for at, name in enumerate(ordered) if (at % TRAINED_CAPTIONED != 0) == tested}


def _shuffled(name: str) -> str:
    """An order that depends on nothing but the name."""
    return hashlib.sha256(name.encode()).hexdigest()
