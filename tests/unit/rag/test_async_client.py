"""The asynchronous client against a real server: what `Client` gives, awaited; and what both try again."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from PIL import Image

from rag.async_client import AsyncClient
from rag.client import Client
from rag.engine import Engine
from rag.errors import BadSetting, ServerRefused, ServerUnreachable
from rag.settings import load_settings
from rag.types import Cited, Delta, Done, Filters, Hits, Sources
from tests.service import running, small_store


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = small_store(tmp_path_factory.mktemp("service") / "store")
    with running(Engine(settings=load_settings(store=root, encoders=("colours",), ocr=False, workers=1))) as url:
        yield url


@pytest.fixture
async def client(url: str) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(url) as client:
        yield client


async def test_it_finds_and_answers_what_the_other_client_does(client: AsyncClient, url: str) -> None:
    with Client(url) as other:
        assert await client.search("red sea") == other.search("red sea")
        found = await client.find("Wie hoch ist der Turm und wer hat ihn gebaut?")
        assert found == other.find("Wie hoch ist der Turm und wer hat ihn gebaut?")
        assert found.notes
        assert await client.documents() == other.documents()
        assert await client.document("lamp.txt") == other.document("lamp.txt")
        assert await client.collections() == other.collections()
        assert await client.info() == other.info()
        asked, meant = await client.query("Which lamp burns?"), other.query("Which lamp burns?")
        assert (asked.text, asked.citations, asked.hits) == (meant.text, meant.citations, meant.hits)
        (hit,) = await client.search("red", filters=Filters(modality=("image",)))
        assert hit.element.media is not None
        assert (await client.picture(hit.element.media)).size == (400, 200)
        assert await client.page_picture("lamp.txt", 1) is None


async def test_many_questions_are_on_their_way_at_once(client: AsyncClient) -> None:
    found = await asyncio.gather(*(client.search("red", k=k) for k in (1, 2, 3)))
    assert [len(hits) for hits in found] == [1, 2, 3]


async def test_an_answer_comes_in_events(client: AsyncClient) -> None:
    events = [event async for event in client.query("Which lamp burns?", stream=True)]
    assert isinstance(events[0], Sources)
    assert any(isinstance(event, Cited) for event in events)
    last = events[-1]
    assert isinstance(last, Done)
    assert "".join(event.text for event in events if isinstance(event, Delta)).strip() == last.answer.text
    assert Hits(last.answer.hits).pictures is client.pictures


async def test_a_stream_that_is_left_is_closed_and_the_client_goes_on(client: AsyncClient) -> None:
    async with contextlib.aclosing(client.query("Which lamp burns?", stream=True)) as events:
        async for _ in events:
            break
    assert (await client.query("Which lamp burns?", history=[], k=3)).answerable


async def test_errors_are_the_services_own(client: AsyncClient) -> None:
    with pytest.raises(ServerRefused, match="nowhere") as refused:
        await client.document("nowhere.txt")
    assert refused.value.code == "unknown_document"
    with pytest.raises(ServerRefused, match="k: "):
        await client.search("red", k=0)
    with pytest.raises(ServerRefused, match="generator"):
        async for _ in client.query("Which?", generator="none", stream=True):
            pass


async def test_its_results_draw_themselves_inside_the_loop(client: AsyncClient, url: str) -> None:
    shown = (await client.search(image=Image.new("RGB", (64, 64), "red"), k=1))._repr_html_()
    assert 'src="data:image/webp;base64,' in shown
    assert f'href="{url}/v1/documents/' in shown


async def test_a_result_shows_itself_after_its_client_was_closed(url: str) -> None:
    async with AsyncClient(url) as later:
        hits = await later.search("red", filters=Filters(modality=("image",)))
    with Client(url) as client:
        answer = client.query("Which lamp burns?", filters=Filters(modality=("image",)))
    for result in (hits, answer):
        assert 'src="data:image/webp;base64,' in result._repr_html_()


async def test_what_is_ingested_is_found_and_shown_as_a_job_to_both_clients(
    client: AsyncClient, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "green.txt").write_text("A green buoy lies off the pier.")
    (tmp_path / "bad.pdf").write_bytes(b"%PDF-1.7 no more")
    report = await client.ingest(tmp_path, collection="pier", progress=True)
    assert (report.added, [one.path for one in report.failed]) == (1, ["bad.pdf"])
    told = capsys.readouterr().err
    assert "2/2" in told
    assert told.count("not taken: ") == 1
    (job,) = await client.jobs()
    assert (job.kind, job.state, job.collection, job.files.total) == ("upload", "done", "pier", 2)
    assert await client.job(job.id) == job
    assert [file.source for file in await client.job_files(job.id, "failed")] == ["bad.pdf"]
    with Client(url) as other:
        assert other.jobs("done") == [job]
        assert other.job_files(job.id) == await client.job_files(job.id)
        for end in (other.cancel, other.resume):
            with pytest.raises(ServerRefused) as refused:
                end(job.id)
            assert refused.value.code == "job_ended"
    with pytest.raises(ServerRefused) as refused:
        await client.cancel("0" * 32)
    assert refused.value.code == "unknown_job"
    (hit,) = await client.search("green buoy", filters=Filters(collection=("pier",)))
    assert hit.document.source == "green.txt"
    assert (await client.set_collection("pier", route="caption")).route == "caption"
    assert (await client.delete("green.txt", collection="pier")).source == "green.txt"
    assert (await client.delete_collection("pier")).name == "pier"


async def test_no_server_and_no_address_are_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    async with AsyncClient(f"http://127.0.0.1:{port}") as client:
        with pytest.raises(ServerUnreachable, match="sightline serve"):
            await client.search("red")
    with pytest.raises(BadSetting, match="no address"):
        AsyncClient("http://[")


@contextlib.contextmanager
def dropping(n_times: int) -> Iterator[tuple[str, list[bytes]]]:
    """A server that hangs up so many times before it answers; its address, and the first line of each request."""
    heard: list[bytes] = []
    answer = b'{"collections": []}'
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"

    def serve(listening: socket.socket) -> None:
        while True:
            try:
                asking, _ = listening.accept()
            except OSError:
                return
            with asking:
                heard.append(asking.recv(65536).split(b"\r\n")[0])
                if len(heard) > n_times:
                    asking.sendall(head % len(answer) + answer)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=[listening])
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}", heard
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


async def test_what_only_reads_is_asked_for_again_when_the_connection_fails() -> None:
    with dropping(2) as (url, heard), Client(url) as client:
        assert client.collections() == []
        assert len(heard) == 3
    with dropping(2) as (url, heard):
        async with AsyncClient(url) as later:
            assert await later.collections() == []
        assert len(heard) == 3
    with dropping(3) as (url, heard), Client(url) as client:
        with pytest.raises(ServerUnreachable):
            client.collections()
        assert len(heard) == 3


async def test_what_changes_something_is_asked_for_once() -> None:
    for change in ("delete", "set_collection", "search"):
        with dropping(1) as (url, heard), Client(url) as client:
            with pytest.raises(ServerUnreachable):
                getattr(client, change)("name")
            assert len(heard) == 1, heard
    with dropping(1) as (url, heard):
        async with AsyncClient(url) as later:
            with pytest.raises(ServerUnreachable):
                await later.delete("name")
        assert len(heard) == 1
