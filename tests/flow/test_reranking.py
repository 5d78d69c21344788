"""A reranker of the settings, through the doors that a person uses."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag import Engine
from rag.errors import BadSetting, ModelNotFound
from rag.settings import load_settings
from tests.flow.conftest import CommandLine
from tests.unit.rag.rerankers.tiny import make_cross_encoder


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    folder.mkdir()
    for at, colour in enumerate(("red", "green", "blue", "yellow")):
        (folder / f"{at}.txt").write_text(f"The {colour} lamp number {at} burns on the tower.\n")
    return folder


@pytest.fixture
def model(tmp_path: Path) -> str:
    return f"cross:{make_cross_encoder(tmp_path / 'cross')}"


def engine(tmp_path: Path, **flags: object) -> Engine:
    return Engine(settings=load_settings(store=tmp_path / "store", encoders="colours", ocr=False, workers=1, **flags))


@pytest.fixture
def asked(tmp_path: Path, library: Path, model: str) -> Iterator[Engine]:
    with engine(tmp_path, reranker=model, rerank_depth=3, rerank_seconds=30.0) as one:
        one.ingest(library)
        yield one


def test_the_best_hits_are_read_once_more_and_say_so(asked: Engine, model: str) -> None:
    hits = asked.search("red lamp", k=4)
    name = f"rerank:{model}"
    assert [name in hit.ranks for hit in hits] == [True, True, True, False]
    assert [hit.ranks[name] for hit in hits[:3]] == [1, 2, 3]
    assert [hit.rank for hit in hits] == [1, 2, 3, 4]
    scores = [hit.raw[name] for hit in hits[:3]]
    assert scores == sorted(scores, reverse=True)


def test_fewer_hits_than_are_read_come_back_in_the_new_order(asked: Engine) -> None:
    assert [hit.element.id for hit in asked.search("red lamp", k=1)] == [
        hit.element.id for hit in asked.search("red lamp", k=4)[:1]
    ]


def test_without_time_the_order_stays_and_the_log_says_why(
    tmp_path: Path, library: Path, model: str, caplog: pytest.LogCaptureFixture
) -> None:
    with engine(tmp_path) as plain:
        plain.ingest(library)
        order = [hit.element.id for hit in plain.search("red lamp")]
    with caplog.at_level(logging.WARNING), engine(tmp_path, reranker=model, rerank_seconds=1e-9) as hurried:
        assert [hit.element.id for hit in hurried.search("red lamp")] == order
    assert "skipped: took longer than" in caplog.text


def test_with_variety_what_repeats_falls_back(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    folder.mkdir()
    for at, text in enumerate(["red lamp, red boat", "red boat, red lamp", "red and blue lamp"]):
        (folder / f"{at}.txt").write_text(f"The {text}.\n")
    with engine(tmp_path) as plain:
        plain.ingest(folder)
        assert {hit.document.source for hit in plain.search("red lamp", k=2)} == {"0.txt", "1.txt"}
    with engine(tmp_path, variety=0.6) as varied:
        found = varied.search("red lamp", k=2)
    assert "2.txt" in {hit.document.source for hit in found}
    assert [hit.rank for hit in found] == [1, 2]


def test_a_reranker_that_is_not_there_is_named_with_what_to_do(tmp_path: Path, library: Path) -> None:
    with engine(tmp_path) as plain:
        plain.ingest(library)
    for name, error in (("cross:./none", ModelNotFound), ("clever", BadSetting)):
        with engine(tmp_path, reranker=name) as wrong, pytest.raises(error) as raised:
            wrong.search("red lamp")
        assert raised.value.hint


def test_the_command_line_explains_what_a_reranker_said(sightline: CommandLine, library: Path, model: str) -> None:
    sightline.run("ingest", library)
    told = sightline.run("search", "red lamp", "--reranker", model, "--explain", SIGHTLINE_RERANK_SECONDS="60").stdout
    assert f"rerank:{model}" in told
