"""Reindexing with real models through every door: the engine, a service that runs meanwhile, the command line."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from rag.client import Client
from rag.engine import Engine
from rag.errors import ServerRefused
from rag.settings import load_settings
from rag.types import ROUTES, Hit
from tests.flow.conftest import CommandLine
from tests.service import running
from tests.tiny_models import make_clip


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"open_clip:local-dir:{make_clip(tmp_path_factory.mktemp('clip'))}"


def engine(root: Path, *encoders: str) -> Engine:
    return Engine(settings=load_settings(store=root, encoders=encoders, ocr=False, workers=1))


def told(hits: Sequence[Hit]) -> list[tuple[str, object, dict[str, int]]]:
    return [(hit.element.id, pytest.approx(hit.score, abs=1e-6), dict(hit.ranks)) for hit in hits]


@pytest.mark.parametrize(
    ("before", "after"), [("builtin", "{clip}"), ("{clip}", "builtin,{clip}"), ("colours", "builtin")]
)
def test_the_result_is_that_of_a_fresh_ingest(tmp_path: Path, folder: Path, clip: str, before: str, after: str) -> None:
    names = after.format(clip=clip).split(",")
    with engine(tmp_path / "old", *before.format(clip=clip).split(",")) as old:
        old.ingest(folder)
        old.search("lamp")
        report = old.reindex(*names)
        assert report.swapped
        with engine(tmp_path / "new", *names) as new:
            new.ingest(folder)
            for route in ROUTES:
                for words in ("The lamp burned oil", "blue", "Fridays boat crew"):
                    hits, expected = old.search(words, route=route), new.search(words, route=route)
                    assert told(hits) == told(expected)
                    for one, other in zip(hits, expected, strict=True):
                        assert one.raw == pytest.approx(other.raw, abs=2e-3)
            if clip in names:
                by_sight = [one.search(image=folder / "red.png", k=5) for one in (old, new)]
                assert told(by_sight[0]) == told(by_sight[1])
        assert old.made_with() == tuple(sorted(names))


def test_a_running_service_goes_over_by_itself_while_it_is_asked(tmp_path: Path, folder: Path, clip: str) -> None:
    with engine(tmp_path / "s", "colours") as first:
        first.ingest(folder)
    asked = threading.Event()
    lists: list[set[str]] = []

    def ask(url: str) -> None:
        with Client(url) as client:
            while not asked.is_set():
                lists.append({name for hit in client.search("red lamp") for name in hit.ranks})

    with running(engine(tmp_path / "s")) as url, Client(url) as client:
        assert any("dense:colours" in hit.ranks for hit in client.search("red lamp"))
        asking = threading.Thread(target=ask, args=[url])
        asking.start()
        try:
            with engine(tmp_path / "s") as other:
                other.reindex(clip)
            assert any(f"dense:{clip}" in hit.ranks for hit in client.search("red lamp"))
        finally:
            asked.set()
            asking.join()
        assert lists
        assert all((f"dense:{clip}" in one) != ("dense:colours" in one) for one in lists)
        (tmp_path / "more").mkdir()
        (tmp_path / "more" / "new.txt").write_text("A green buoy.")
        assert client.ingest(tmp_path / "more").added == 1
        assert client.info()["encoders"] == [clip]
        assert "new.txt" in [hit.document.source for hit in client.search("green buoy")]


def test_a_service_that_was_told_its_encoder_says_what_to_do(tmp_path: Path, folder: Path) -> None:
    with engine(tmp_path / "s", "colours") as first:
        first.ingest(folder)
    with running(engine(tmp_path / "s", "colours")) as url, Client(url) as client:
        assert client.search("red lamp")
        with engine(tmp_path / "s") as other:
            other.reindex("builtin")
        with pytest.raises(ServerRefused, match="made with builtin; colours was asked for") as refused:
            client.search("red lamp")
        assert refused.value.code == "model_mismatch"
        assert "name --encoder builtin" in refused.value.hint


def test_the_command_line_says_what_it_would_do_does_it_and_names_the_old_encoder_afterwards(
    sightline: CommandLine, folder: Path
) -> None:
    with engine(sightline.store, "colours") as first:
        first.ingest(folder)
        todo = first.plan_reindex("builtin", "colours")
    assert (todo.documents, todo.pictures, todo.done, todo.stays) == (5, 2, 0, ("colours",))
    shown = sightline.run("reindex", "--encoder", "builtin", "--dry-run").stdout
    assert f"5 documents: {todo.texts} texts, 2 pictures" in shown
    report = json.loads(sightline.process("reindex", "--encoder", "builtin", "--json").stdout)
    assert report["documents"] == 5
    assert "reindex --encoder colours" in sightline.run("search", "lamp", code=4).stderr
    with engine(sightline.store) as after:
        assert after.search("lamp")[0].document.source == "lamp.txt"
