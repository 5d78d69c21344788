"""What docs/extend.md adds, added as it says: each module as it stands there, and its one line."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from indexers import readers
from indexers.reading import Limits
from rag import Engine, wiring
from rag.errors import DamagedFile
from rag.settings import load_settings
from tests.desk import Shelf

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "extend.md").read_text(encoding="utf-8")
SUBTITLES = """1
00:00:04,000 --> 00:00:06,500
The lamp was lit at dusk.

2
00:01:10,250 --> 00:01:12,000
The keeper rows out
on Friday.
"""


@pytest.fixture(autouse=True)
def added(monkeypatch: pytest.MonkeyPatch) -> None:
    """The modules of the page under the names it gives them, and the lines in their tables."""
    for code, name in zip(re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE), MODULES, strict=True):
        module = ModuleType(name)
        exec(compile(code, name, "exec"), module.__dict__)
        monkeypatch.setitem(sys.modules, name, module)
    lines = re.findall(r"^    ((?:Format|Kind)\(.+\)),$", PAGE, re.MULTILINE)
    form, *kinds = [eval(line, {"Format": readers.Format, "Kind": wiring.Kind}) for line in lines]
    monkeypatch.setattr(readers, "FORMATS", (*readers.FORMATS, form))
    monkeypatch.setattr(wiring, "ENCODERS", (*wiring.ENCODERS, kinds[0]))
    monkeypatch.setattr(wiring, "GENERATORS", (*wiring.GENERATORS, kinds[1]))


MODULES = ("indexers.subtitles", "rag.encoders.weekdays", "rag.generators.first")


def test_the_file_type_is_read_and_a_file_without_any_is_refused(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "in", Limits())
    reading, elements = shelf.read(shelf.put("tour.srt", SUBTITLES))
    assert reading.media_type == "application/x-subrip"
    assert [(one.section, one.text) for one in elements] == [
        (("00:00:04",), "The lamp was lit at dusk."),
        (("00:01:10",), "The keeper rows out\non Friday."),
    ]
    with pytest.raises(DamagedFile, match="no subtitles"):
        shelf.read(shelf.put("empty.srt", "nothing here"))


def test_the_encoder_finds_what_names_the_same_day() -> None:
    encoder = wiring.open_encoder("weekdays", load_settings())
    rows = encoder.encode_texts(["Closed on Monday.", "On Friday we row.", "friday", "never"])
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1)
    assert np.argmax(rows @ rows[2] - [0, 0, 1, 0]) == 1


def test_a_store_is_made_with_the_encoder_and_asked_with_the_generator(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "notes.txt").write_text("The museum is closed on Monday.\n\nThe keeper rows out on Friday.\n")
    settings = load_settings(store=tmp_path / "store", encoders=("weekdays",), generators=("first",), ocr=False)
    with Engine(settings=settings) as engine:
        engine.ingest(tmp_path / "in")
        answer = engine.query("When does the keeper row out?")
    assert answer.model == "first"
    # Both sentences stand in one passage, of which it quotes the first line.
    assert answer.text == "The museum is closed on Monday. [1]"
    assert answer.citations[0].document.source == "notes.txt"
