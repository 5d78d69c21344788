"""What is trained on and what is tested are two parts of one whole, for good."""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from training.photos import TESTED_PER_CLASS, list_labelled, read_captioned, read_labelled, read_words
from training.unseen import lay

SHARED = Path(__file__).resolve().parents[3] / "../shared/data"
CLASSES = {"n02": "two, a pair", "n01": "one"}
PER_CLASS = TESTED_PER_CLASS + 3


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes of 23 photos, in the form of the shared ones; a photo's red is its class, its green its number."""
    folder = tmp_path_factory.mktemp("train")
    (folder / "tiny-imagenet-words.json").write_text(json.dumps(CLASSES), encoding="utf-8")
    with zipfile.ZipFile(folder / "tiny-imagenet-train.zip", "w") as archive:
        for at in range(PER_CLASS):
            for label, wnid in enumerate(sorted(CLASSES)):
                archive.writestr(f"{wnid}/{wnid}_{at}.png", png((label, at, 0)))
    return folder


@pytest.fixture(scope="module")
def made_scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nine captioned photos, one of them without colours; the caption says its number, as its red does."""
    folder = tmp_path_factory.mktemp("photos")
    (folder / "images").mkdir()
    lines = []
    for at in range(9):
        (folder / "images" / f"{at}.png").write_bytes(png((at, 0, 0)))
        lines.append(json.dumps({"image": f"{at}.png", "captions": [f"number {at}", f"the picture {at}"]}))
    (folder / "captions.jsonl").write_text("\n".join([*lines, ""]), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def shared() -> Path:
    if not (SHARED / "train" / "tiny-imagenet-train.zip").is_file():
        pytest.skip("the shared training data is not here")
    return SHARED


def png(colour: tuple[int, int, int]) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (8, 6), colour).save(written, "PNG")
    return written.getvalue()


def test_classes_come_in_the_order_of_their_ids_with_all_their_names(made: Path) -> None:
    assert list(read_words(made).items()) == [("n01", ("one",)), ("n02", ("two", "a pair"))]


def test_training_and_test_together_are_every_photo_once(made: Path) -> None:
    parts = [read_labelled(made, tested=tested) for tested in (True, False)]
    shown = [tuple(picture[0, 0].tolist()) for part in parts for picture in part.pictures]
    assert sorted(shown) == [(label, at, 0) for label in (0, 1) for at in range(PER_CLASS)]


@pytest.mark.parametrize(("tested", "of_each"), [(True, TESTED_PER_CLASS), (False, 3)])
def test_every_photo_has_the_label_of_its_class(made: Path, tested: bool, of_each: int) -> None:
    part = read_labelled(made, tested=tested)
    assert part.pictures.dtype == np.uint8
    assert part.pictures.shape == (2 * of_each, 6, 8, 3)
    assert part.labels.tolist() == [0] * of_each + [1] * of_each
    assert (part.pictures[:, 0, 0, 0] == part.labels).all()


def test_photos_come_in_the_order_in_which_they_are_listed(made: Path) -> None:
    listed = list_labelled(made, tested=True)
    part = read_labelled(made, tested=True)
    assert [int(Path(name).stem.partition("_")[2]) for name, _ in listed] == part.pictures[:, 0, 0, 1].tolist()


def test_the_division_does_not_depend_on_the_order_in_the_archive(made: Path, tmp_path: Path) -> None:
    (tmp_path / "tiny-imagenet-words.json").write_bytes((made / "tiny-imagenet-words.json").read_bytes())
    with (
        zipfile.ZipFile(made / "tiny-imagenet-train.zip") as archive,
        zipfile.ZipFile(tmp_path / "tiny-imagenet-train.zip", "w") as turned,
    ):
        for name in reversed(archive.namelist()):
            turned.writestr(name, archive.read(name))
    assert list_labelled(tmp_path, tested=True) == list_labelled(made, tested=True)


def test_captioned_photos_keep_their_captions_and_each_is_in_one_part(made_scenes: Path) -> None:
    parts = [read_captioned(made_scenes, tested=tested) for tested in (False, True)]
    assert [len(part.pictures) for part in parts] == [3, 6]
    shown = []
    for part in parts:
        for picture, captions in zip(part.pictures, part.captions, strict=True):
            number = int(np.asarray(picture)[0, 0, 0])
            assert captions == (f"number {number}", f"the picture {number}")
            shown.append(number)
    assert sorted(shown) == list(range(9))


def test_the_unseen_photos_are_laid_out_as_a_folder_that_can_be_measured_on(made_scenes: Path, tmp_path: Path) -> None:
    folder = tmp_path / "unseen"
    for _ in range(2):
        assert lay(made_scenes, folder) == 6
    assert {path.name for path in (folder / "images").iterdir()} == {
        json.loads(line)["image"] for line in (folder / "captions.jsonl").read_text(encoding="utf-8").splitlines()
    }
    tested = read_captioned(made_scenes, tested=True)
    every = read_captioned(folder, tested=True), read_captioned(folder, tested=False)
    assert sorted(every[0].captions + every[1].captions) == sorted(tested.captions)


def test_the_shared_photos_are_divided_into_twenty_of_each_class_and_the_rest(shared: Path) -> None:
    tested, trained = (list_labelled(shared / "train", tested=tested) for tested in (True, False))
    names = [name for name, _ in (*tested, *trained)]
    with zipfile.ZipFile(shared / "train" / "tiny-imagenet-train.zip") as archive:
        assert sorted(names) == sorted(archive.namelist())
    assert len(set(names)) == len(names)
    assert Counter(label for _, label in tested) == dict.fromkeys(range(200), 20)
    wnids = list(read_words(shared / "train"))
    assert all(name.startswith(f"{wnids[label]}/") for name, label in (*tested, *trained))


def test_no_shared_photo_of_the_test_is_trained_on_as_the_same_class_under_another_name(shared: Path) -> None:
    with zipfile.ZipFile(shared / "train" / "tiny-imagenet-train.zip") as archive:
        content = {info.filename: (info.CRC, info.file_size) for info in archive.infolist()}
    tested, trained = (list_labelled(shared / "train", tested=tested) for tested in (True, False))
    known = {(content[name], label) for name, label in trained}
    assert [name for name, label in tested if (content[name], label) in known] == []
    # As another class two of 4,000 are: the collection holds them under both.
    anywhere = {content[name] for name, _ in trained}
    assert sum(content[name] in anywhere for name, _ in tested) <= 2


def test_a_third_of_the_shared_captioned_photos_is_trained_on_and_none_of_them_tested(shared: Path) -> None:
    trained, tested = (read_captioned(shared / "photos", tested=tested) for tested in (False, True))
    lines = list(filter(None, (shared / "photos" / "captions.jsonl").read_text(encoding="utf-8").splitlines()))
    assert len(trained.pictures) + len(tested.pictures) == len(lines)
    assert len(trained.pictures) == -(-len(lines) // 3)
    assert not set(trained.captions) & set(tested.captions)
    assert all(captions for part in (trained, tested) for captions in part.captions)
