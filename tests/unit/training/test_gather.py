"""What is missing is named before anything long begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.errors import UnreadablePath
from training import emoji
from training.gather import gather

NEEDED = ("train/tiny-imagenet-train.zip", "photos/captions.jsonl")


def lay(folder: Path, names: tuple[str, ...]) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


@pytest.mark.parametrize("missing", NEEDED)
def test_data_that_is_not_there_is_named_with_the_way_to_name_it(missing: str, tmp_path: Path) -> None:
    lay(tmp_path, tuple(name for name in NEEDED if name != missing))
    with pytest.raises(UnreadablePath) as caught:
        gather(tmp_path, kept=tmp_path, n_drawings=1)
    assert missing in caught.value.message
    assert "--data" in caught.value.hint


def test_a_font_that_is_not_installed_is_named_with_the_line_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(tmp_path, NEEDED)
    monkeypatch.setattr(emoji, "FONT", tmp_path / "Noto.ttf")
    with pytest.raises(UnreadablePath) as caught:
        gather(tmp_path, kept=tmp_path, n_drawings=1)
    assert "Noto.ttf" in caught.value.message
    assert emoji.INSTALL in caught.value.hint
