"""Text in pictures."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from indexers.ingest import Options, ingest
from indexers.ocr import Ocr, available
from indexers.reading import Limits
from indexers.worker import Work, WorkerDesk
from rag.errors import MissingExtra
from rag.store.store import Store
from rag.types import Box

needs_ocr = pytest.mark.skipif(not available(), reason="the extra `ocr` is not installed")


@cache
def engine() -> Ocr:
    return Ocr(threads=1)


def drawn(*lines: tuple[str, int, int]) -> tuple[Image.Image, list[Box]]:
    """A white picture with lines of text at places, and the boxes of their ink."""
    image = Image.new("RGB", (480, 160), "white")
    draw = ImageDraw.Draw(image)
    boxes: list[Box] = []
    for text, x, y in lines:
        font = ImageFont.load_default(28)
        draw.text((x, y), text, fill="black", font=font)
        x0, y0, x1, y1 = draw.textbbox((x, y), text, font=font)
        boxes.append((x0 / 480, y0 / 160, x1 / 480, y1 / 160))
    return image, boxes


def overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    both = max(0.0, across) * max(0.0, down)
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return both / (areas - both)


@needs_ocr
def test_drawn_lines_are_read_from_top_to_bottom_where_they_stand() -> None:
    image, boxes = drawn(("Oil for the lamp 1901", 30, 20), ("Keeper Ann Hale", 120, 100))
    lines = engine().lines(image)
    assert ["".join(line.text.lower().split()) for line in lines] == ["oilforthelamp1901", "keeperannhale"]
    assert all(overlap(line.box, box) > 0.5 for line, box in zip(lines, boxes, strict=True))
    assert all(0.5 < line.confidence <= 1.0 for line in lines)


@needs_ocr
@pytest.mark.parametrize("mode", ["L", "RGBA", "P"])
def test_every_mode_of_a_picture_is_read(mode: str) -> None:
    image, _ = drawn(("Lamp room", 30, 60))
    assert "lamp" in " ".join(line.text.lower() for line in engine().lines(image.convert(mode)))


@needs_ocr
@pytest.mark.parametrize("size", [(1, 1), (400, 10), (300, 200)])
def test_a_small_or_blank_picture_has_no_lines(size: tuple[int, int]) -> None:
    assert engine().lines(Image.new("RGB", size, "white")) == []


@pytest.mark.parametrize("library", ["rapidocr", "onnxruntime"])
def test_without_the_extra_the_line_that_installs_it_is_said(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    assert not available()
    with pytest.raises(MissingExtra) as missing:
        Ocr()
    assert "pip install 'sightline[ocr]'" in missing.value.hint


def test_without_the_extra_pictures_are_kept_unread_and_one_line_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *_: None if name == "rapidocr" else object())
    desk = WorkerDesk(Work(media=tmp_path / "media", ocr=True, limits=Limits()))
    assert desk.lines(Image.new("RGB", (100, 40), "white")) == []
    (tmp_path / "empty").mkdir()
    with Store(tmp_path / "store", create=True) as store:
        ingest([tmp_path / "empty"], store=store, encoders={}, options=Options())
    (line,) = [record.getMessage() for record in caplog.records]
    assert "pip install 'sightline[ocr]'" in line
