"""The client against a real server: the same results as the engine, and errors that say what to do."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from rag.client import Client
from rag.engine import Engine
from rag.errors import BadRequest, BadSetting, ServerRefused, ServerUnreachable, UnreadablePath, UnsupportedFile
from rag.query import Like, Part, Picture, Words
from rag.settings import Settings, load_settings
from rag.types import ROUTES, Filters
from tests.service import running, small_store


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(store=small_store(tmp_path / "store"), encoders=("colours",), ocr=False, workers=1)


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    with Engine(settings=settings) as engine:
        yield engine


@pytest.fixture
def client(settings: Settings) -> Iterator[Client]:
    with running(Engine(settings=settings)) as url, Client(url) as client:
        yield client


def test_a_search_gives_what_the_engine_gives(client: Client, engine: Engine) -> None:
    for filters in (None, Filters(modality=("text",)), Filters(("sea.md",), pages=(1, 1), path="*.md")):
        found, meant = client.search("red sea", filters=filters), engine.search("red sea", filters=filters)
        assert [hit.element for hit in found] == [hit.element for hit in meant]
        assert [(hit.rank, hit.ranks, hit.found_by) for hit in found] == [
            (hit.rank, hit.ranks, hit.found_by) for hit in meant
        ]
        assert [hit.score for hit in found] == pytest.approx([hit.score for hit in meant], abs=1e-6)
        assert [hit.document.source for hit in found] == [hit.document.source for hit in meant]
    assert len(client.search("red", k=1)) == 1


def test_the_client_asks_by_a_route_and_hears_what_each_list_says(client: Client, engine: Engine) -> None:
    for route in ROUTES:
        found, meant = client.search("red sea", route=route), engine.search("red sea", route=route)
        assert [hit.ranks for hit in found] == [hit.ranks for hit in meant]
        assert [hit.raw for hit in found] == [pytest.approx(hit.raw) for hit in meant]
    assert client.query("Which lamp burns?", route="caption").hits[0].ranks.keys() == {"dense:colours"}


def test_a_picture_is_searched_for_from_memory_and_from_a_file(client: Client, tmp_path: Path) -> None:
    red = Image.new("RGB", (64, 64), "red")
    red.save(tmp_path / "new.png")
    for image in (red, red.convert("P"), red.convert("CMYK"), tmp_path / "new.png", str(tmp_path / "new.png")):
        assert client.search(image=image)[0].document.source == "red.png"


def test_parts_and_notes_go_through_the_client_as_through_the_engine(
    client: Client, engine: Engine, tmp_path: Path
) -> None:
    Image.new("RGB", (64, 64), "red").save(tmp_path / "new.png")
    (red,) = engine.search("red", filters=Filters(modality=("image",)))
    parts: list[Part] = [
        Picture(tmp_path / "new.png", (0, 0, 0.5, 1), 0.5),
        Like(red.element.id, itself=True),
        Like(red.element.id, (0, 0, 1, 0.5)),
        Words("blue", -0.25),
    ]
    found, meant = client.find("lamp", parts=parts), engine.find("lamp", parts=parts)
    assert [hit.element for hit in found.hits] == [hit.element for hit in meant.hits]
    assert [hit.raw for hit in found.hits] == [pytest.approx(hit.raw) for hit in meant.hits]
    german = "Wie hoch ist der Turm und wer hat ihn gebaut?"
    assert client.find(german).notes == engine.find(german).notes != ()
    answers = client.query(german, parts=parts[3:]), engine.query(german, parts=parts[3:])
    assert answers[0].notes == answers[1].notes != ()
    assert [hit.element for hit in answers[0].hits] == [hit.element for hit in answers[1].hits]


def test_documents_are_the_engines_documents(client: Client, engine: Engine) -> None:
    assert client.documents() == engine.documents()
    assert client.document("notes/lamp.txt") == engine.document("lamp.txt")


def test_a_deleted_document_is_gone(client: Client) -> None:
    assert client.delete("notes/lamp.txt").source == "notes/lamp.txt"
    assert [document.source for document in client.documents()] == ["red.png", "sea.md"]
    with pytest.raises(ServerRefused, match="lamp") as refused:
        client.document("notes/lamp.txt")
    assert refused.value.code == "unknown_document"
    assert refused.value.hint


def test_pictures_come_decoded(client: Client) -> None:
    (hit,) = client.search("red", filters=Filters(modality=("image",)))
    assert hit.element.media is not None
    assert client.picture(hit.element.media).size == (400, 200)
    page = client.page_picture("red.png", 1)
    assert page is not None
    assert page.size == (400, 200)


def test_a_document_without_layout_has_no_page_picture(client: Client) -> None:
    assert client.page_picture("notes/lamp.txt", 1) is None
    with pytest.raises(ServerRefused) as refused:
        client.page_picture("red.png", 2)
    assert refused.value.code == "bad_request"


def test_names_with_odd_letters_reach_the_server_whole(client: Client) -> None:
    for name in ("a?b#c.txt", "100%.txt", "a b/ü.txt", 'say "hi".txt', "灯塔.md"):
        with pytest.raises(ServerRefused) as refused:
            client.document(name)
        assert (refused.value.code, name in refused.value.message) == ("unknown_document", True)


def test_a_bad_request_is_told_as_the_server_tells_it(client: Client) -> None:
    with pytest.raises(ServerRefused, match="k: ") as refused:
        client.search("red", k=0)
    assert refused.value.code == "bad_request"


def test_the_key_is_sent(settings: Settings) -> None:
    with running(Engine(settings=settings.model_copy(update={"key": "k"}))) as url:
        with Client(url, key="k") as client:
            assert client.info()["documents"] == 3
        with Client(url) as client, pytest.raises(ServerRefused, match="key") as refused:
            client.info()
        assert refused.value.code == "unauthorized"


def test_no_server_at_the_address_is_said_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with Client(f"http://127.0.0.1:{port}") as client, pytest.raises(ServerUnreachable, match="sightline serve"):
        client.search("red")


def test_a_server_that_does_not_answer_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with Client(url, timeout=0.2) as client, pytest.raises(ServerUnreachable, match=r"0\.2 s"):
            client.search("red")


class Stranger(http.server.BaseHTTPRequestHandler):
    """Another web server, which happens to be at the address."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path.endswith("info") else 404)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<p>Hello</p>")

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


def test_another_kind_of_server_is_not_mistaken_for_ours() -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), Stranger) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        with Client(f"http://127.0.0.1:{server.server_port}") as client:
            for ask in (client.info, client.documents):
                with pytest.raises(ServerRefused, match="not Sightline") as refused:
                    ask()
                assert refused.value.code == "server_refused"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("url", ["http://[", "http://127.0.0.1:port"])
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(BadSetting, match="no address"):
        Client(url)


@pytest.mark.parametrize("url", ["", "127.0.0.1:8321", "ftp://127.0.0.1"])
def test_an_address_without_http_is_unreachable(url: str) -> None:
    with Client(url) as client, pytest.raises((ServerUnreachable, BadSetting)):
        client.info()


def test_what_is_not_there_is_not_sent(client: Client, tmp_path: Path) -> None:
    with pytest.raises(UnreadablePath, match="nowhere"):
        client.ingest(tmp_path / "nowhere")
    with pytest.raises(BadRequest, match="nothing to ingest"):
        client.ingest()
    with pytest.raises(UnreadablePath, match=r"none\.png"):
        client.search(image=tmp_path / "none.png")
    with pytest.raises(UnsupportedFile, match=r"plan\.pdf"):
        client.search(image="plan.pdf")
