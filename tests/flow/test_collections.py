"""Collections through every door: the command line, the service with its client, and the engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.client import Client
from rag.engine import Engine
from rag.errors import BadRequest, ServerRefused, UnknownCollection
from rag.settings import Settings, load_settings
from rag.types import Filters, Hit
from tests.flow.conftest import CommandLine
from tests.service import running


def write(folder: Path, **texts: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text)
    return folder


def sources(sightline: CommandLine, *arguments: str) -> list[str]:
    return [one["source"] for one in sightline.json("documents", "list", *arguments)["documents"]]


def test_a_folder_is_put_into_collections_searched_synced_and_deleted(sightline: CommandLine, tmp_path: Path) -> None:
    reports = write(tmp_path / "reports", lamp="The red lamp burns.", boat="The blue boat sails.")
    letters = write(tmp_path / "letters", copy="The red lamp burns.", note="A red letter.")
    sightline.process("ingest", reports, "--collection", "reports")
    added = sightline.json("ingest", letters, "-c", "letters")
    assert (added["documents"], added["added"], added["unchanged"]) == (2, 1, 1)

    hits = sightline.json("search", "red", "--collection", "letters")["hits"]
    assert {one["document"]["source"] for one in hits} == {"copy.txt", "note.txt"}
    assert "lamp.txt" in sightline.run("search", "red", "-c", "reports").stdout
    assert "letter" in sightline.run("query", "What is the red letter?", "-c", "letters").stdout
    assert sources(sightline, "-c", "reports") == ["boat.txt", "lamp.txt"]
    assert sources(sightline) == ["boat.txt", "copy.txt", "note.txt"]
    counts = [(one["name"], one["documents"]) for one in sightline.json("status")["collections"]]
    assert counts == [("letters", 2), ("reports", 2)]
    assert "reports" in sightline.run("status").stdout
    assert "There is no collection 'lettres'" in sightline.run("search", "red", "-c", "lettres", code=1).stderr
    assert "cannot be called" in sightline.run("ingest", letters, "-c", "my letters", code=2).stderr

    (letters / "copy.txt").unlink()
    (reports / "boat.txt").unlink()
    assert sightline.json("ingest", letters, "-c", "letters", "--sync")["removed"] == 0
    assert sources(sightline) == ["boat.txt", "lamp.txt", "note.txt"]
    assert sources(sightline, "-c", "letters") == ["note.txt"]

    assert "1 documents" in sightline.run("collections", "delete", "letters", code=2).stderr
    assert sources(sightline, "-c", "letters") == ["note.txt"]
    sightline.run("collections", "delete", "letters", "--yes")
    assert [one["name"] for one in sightline.json("collections", "list")["collections"]] == ["reports"]
    assert sources(sightline) == ["boat.txt", "lamp.txt"]


def test_a_renamed_file_stays_in_its_own_collection(sightline: CommandLine, tmp_path: Path) -> None:
    first = write(tmp_path / "first", lamp="The red lamp burns.")
    second = write(tmp_path / "second", lamp="The red lamp burns.")
    sightline.run("ingest", first, "-c", "one")
    sightline.run("ingest", second, "-c", "two")
    (second / "lamp.txt").unlink()
    sightline.run("ingest", second, "-c", "two")
    assert sources(sightline, "-c", "two") == ["lamp.txt"]
    (first / "lamp.txt").rename(first / "light.txt")
    sightline.run("ingest", first, "-c", "one")
    assert sources(sightline, "-c", "one") == ["light.txt"]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(store=tmp_path / "store", encoders=("colours",), ocr=False, workers=1)


@pytest.fixture
def client(settings: Settings) -> Iterator[Client]:
    engine = Engine(settings=settings)
    engine.load(create=True)
    with running(engine) as url, Client(url) as client:
        yield client


def test_the_client_does_what_the_command_line_does(client: Client, tmp_path: Path) -> None:
    client.ingest(write(tmp_path / "a", plan="The red plan."), collection="one")
    client.ingest(write(tmp_path / "b", plan="The blue plan."), collection="two")
    client.ingest(tmp_path / "a", collection="three")
    assert [one.source for one in client.documents()] == ["plan.txt", "plan.txt"]
    (red,) = client.documents("one")
    assert red.collections == ("one", "three")
    assert [hit.element.text for hit in client.search("plan", filters=Filters(collection=("two",)))] == [
        "The blue plan."
    ]
    with pytest.raises(ServerRefused) as refused:
        client.search("plan", filters=Filters(collection=("four",)))
    assert refused.value.code == "unknown_collection"

    assert client.set_collection("two", route="shared").documents == 1
    assert [(one.name, one.documents, one.route) for one in client.collections()] == [
        ("one", 1, None), ("three", 1, None), ("two", 1, "shared"),
    ]  # fmt: skip
    assert client.document("plan.txt", "two").id != red.id
    assert client.delete("plan.txt", "one").id == red.id
    assert [one.collections for one in client.documents("three")] == [("three",)]
    assert client.delete_collection("three").documents == 1
    assert [one.name for one in client.collections()] == ["two"]
    with pytest.raises(ServerRefused, match="cannot be called"):
        client.ingest(tmp_path / "a", collection="no good")


def lists(hits: tuple[Hit, ...]) -> set[str]:
    return {name for hit in hits for name in hit.ranks}


def test_a_collection_is_asked_by_its_own_route_and_generator_unless_the_question_says(
    settings: Settings, tmp_path: Path
) -> None:
    folder = write(tmp_path / "a", lamp="The red lamp burns.", boat="The blue boat sails.")
    with Engine(settings=settings) as engine:
        engine.ingest(folder, collection="one")
        engine.ingest(folder / "lamp.txt", collection="two")
        engine.set_collection("one", route="shared", generator="extractive")
        only = Filters(collection=("one",))
        assert "bm25" not in lists(engine.search("red lamp", filters=only))
        assert "bm25" in lists(engine.search("red lamp", filters=only, route="fused"))
        assert "bm25" in lists(engine.search("red lamp"))
        assert "bm25" in lists(engine.search("red lamp", filters=Filters(collection=("one", "two"))))
        assert engine.query("What burns?", filters=only).model == "extractive"
        with pytest.raises(BadRequest, match="set up"):
            engine.set_collection("one", generator="chat:openai:none")
        with pytest.raises(UnknownCollection):
            engine.documents("none")


def test_a_generator_that_is_not_set_up_here_is_named_with_its_collection(settings: Settings, tmp_path: Path) -> None:
    folder = write(tmp_path / "a", lamp="The red lamp burns.")
    elsewhere = settings.model_copy(update={"generators": ("extractive", "transformers:none")})
    with Engine(settings=elsewhere) as engine:
        engine.ingest(folder, collection="one")
        engine.set_collection("one", generator="transformers:none")
    with Engine(settings=settings) as engine:
        only = Filters(collection=("one",))
        with pytest.raises(BadRequest, match=r"collection one is answered by transformers:none.*extractive"):
            engine.query("What burns?", filters=only)
        assert engine.query("What burns?", filters=only, generator="extractive").answerable


def test_a_flag_wins_over_the_collections_route(sightline: CommandLine, tmp_path: Path) -> None:
    sightline.run("ingest", write(tmp_path / "a", lamp="The red lamp burns."), "-c", "one")
    assert "shared" in sightline.run("collections", "set", "one", "--route", "shared").stdout

    def found_by(*arguments: str) -> list[str]:
        told = sightline.json("search", "red lamp", "-c", "one", *arguments)
        found: list[str] = told["hits"][0]["found_by"]
        return found

    assert "bm25" not in found_by()
    sightline.environment["SIGHTLINE_ROUTE"] = "fused"
    assert "bm25" not in found_by()
    assert "bm25" in found_by("--route", "fused")
    assert "route" in sightline.run("collections", "set", "one", "--route", "wrong", code=2).stderr
