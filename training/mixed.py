"""Pictures asked for in words in a library that also holds a great deal of text, through the public door."""

from __future__ import annotations

import random
from pathlib import Path

from PIL import Image

from rag.engine import Engine
from rag.settings import load_settings
from training import photos, sentences
from training.everyday import EVERYDAY

K = 10
PASSAGES = 10_000
OF_EACH_CLASS = 2
FILES = 20
SENTENCES = 9
"""In a passage: about as much as a passage of a document holds."""
_SAID = (
    "The committee heard that {a} had been seen near {b}.",
    "In the spring {a} was moved beside {b}, which cost {n} euros.",
    "Nobody in the village remembered {a} as well as {b}.",
    "Report {n} compares {a} with {b} and finds little difference.",
    "On page {n} the author describes {a}; {b} is left for later.",
    "They paid {n} for {a} and sold {b} a year after.",
    "Between {a} and {b} there were {n} steps.",
)


def recall_in_a_mixed_library(data: Path, folder: Path) -> tuple[float, float]:
    """Recall@10 of photos asked for by their class: among photos alone, and after 10,000 passages of text came.

    The passages speak of the same things as the questions. Nothing but looks can find a photo: the files' names are numbers, and
    no text is read in them.
    """
    names = photos.read_words(data / "train")
    of_class = _lay_photos(data, folder / "photos")
    settings = load_settings().model_copy(update={"ocr": False})
    with Engine(folder / "store", settings=settings) as engine:
        engine.ingest(folder / "photos", progress=True)
        alone = _recall(engine, list(names.values()), of_class)
        _lay_texts(folder / "texts")
        engine.ingest(folder / "texts", progress=True)
        return alone, _recall(engine, list(names.values()), of_class)


def _recall(engine: Engine, names: list[tuple[str, ...]], of_class: list[set[str]]) -> float:
    found = 0
    for called, sources in zip(names, of_class, strict=True):
        hits = engine.search(sentences.say("a photo of {a}", called[0]), k=K)
        found += len(sources & {hit.document.source for hit in hits})
    return found / sum(map(len, of_class))


def _lay_photos(data: Path, folder: Path) -> list[set[str]]:
    """Write two photos of each class; the names of their files, class by class."""
    folder.mkdir()
    tested = photos.read_labelled(data / "train", tested=True)
    of_class: list[set[str]] = [set() for _ in range(int(tested.labels.max()) + 1)]
    for at, label in enumerate(tested.labels):
        if len(of_class[label]) < OF_EACH_CLASS:
            name = f"{at:05}.png"
            Image.fromarray(tested.pictures[at]).save(folder / name)
            of_class[label].add(name)
    return of_class


def _lay_texts(folder: Path) -> None:
    folder.mkdir()
    rng = random.Random(1)
    words = sorted({word for some in EVERYDAY.values() for word in some})

    def sentence() -> str:
        a, b = (sentences.say("{a}", word) for word in rng.sample(words, 2))
        return rng.choice(_SAID).format(a=a, b=b, n=rng.randint(2, 999))

    for number in range(FILES):
        passages = [" ".join(sentence() for _ in range(SENTENCES)) for _ in range(PASSAGES // FILES)]
        (folder / f"{number:02}.txt").write_text("\n\n".join(passages), encoding="utf-8")
