"""The service as people use it: a real server, the real client, files sent, asked, shown and deleted."""

from __future__ import annotations

import re
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import numpy as np
import pytest
from PIL import Image

from rag.client import Client
from rag.engine import Engine
from rag.errors import ServerRefused, ServerUnreachable
from rag.settings import Settings, load_settings
from rag.types import Filters, JobCounts
from tests.flow.conftest import SIGHTLINE, CommandLine, Json
from tests.service import running, soon


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(store=tmp_path / "store", encoders=("colours",), ocr=False, workers=1)


@pytest.fixture
def client(settings: Settings) -> Iterator[Client]:
    engine = Engine(settings=settings)
    engine.load(create=True)
    with running(engine) as url, Client(url) as client:
        yield client


def sources(client: Client) -> list[str]:
    return [document.source for document in client.documents()]


def upload(client: Client, *, wait: int = 60, **files: bytes) -> httpx2.Response:
    """Send files as any program would, and wait until they are read; `a__b_txt` is called `a/b.txt`."""
    parts = [("files", (name.replace("__", "/").replace("_", "."), data)) for name, data in files.items()]
    return httpx2.post(f"{client.url}/v1/documents?wait={wait}", files=parts, trust_env=False, timeout=90)


def report(response: httpx2.Response) -> Json:
    told: Json = response.json()["job"]["report"]
    return told


def test_a_drawn_pdf_is_sent_asked_cited_shown_and_deleted(settings: Settings, tmp_path: Path) -> None:
    import pymupdf

    with pymupdf.open() as drawn:  # type: ignore[no-untyped-call]  # PyMuPDF says nothing of its types
        drawn.new_page().insert_text((72, 120), "The harbour was founded in 1702.", fontsize=14)
        second = drawn.new_page()
        second.insert_text((72, 120), "The museum had 48,210 visitors in 2023.", fontsize=14)
        second.insert_text((72, 400), "The cafe sells soup on Mondays.", fontsize=14)
        drawn.save(tmp_path / "museum.pdf")
    engine = Engine(settings=settings.model_copy(update={"encoders": ("builtin",)}))
    engine.load(create=True)
    with running(engine) as url, Client(url) as client:
        report = client.ingest(tmp_path / "museum.pdf")
        assert (report.documents, report.added, report.pages, report.failed) == (1, 1, 2, ())

        answer = client.query("How many visitors did the museum have in 2023?")
        assert answer.answerable
        assert "48,210" in answer.text
        citation = answer.citations[0]
        assert (citation.document.source, citation.page) == ("museum.pdf", 2)
        assert citation.box is not None
        x0, y0, x1, y1 = citation.box
        assert 0.1 < x0 < x1 < 0.7
        assert 0.11 < y0 < y1 < 0.16

        page = client.page_picture(citation.document.id, citation.page)
        assert page is not None
        cut = page.convert("L").crop((x0 * page.width, y0 * page.height, x1 * page.width, y1 * page.height))
        assert np.asarray(cut).min() < 100  # there is ink in the box

        assert client.delete("museum.pdf").id == citation.document.id
        assert client.documents() == []
        assert client.search("visitors") == ()
        with pytest.raises(ServerRefused) as refused:
            client.page_picture(citation.document.id, 1)
        assert refused.value.code == "unknown_document"


def test_a_folder_is_sent_under_its_names(client: Client, folder: Path) -> None:
    report = client.ingest(folder)
    assert (report.documents, report.added, report.failed) == (5, 5, ())
    assert sources(client) == ["blue.png", "boats.md", "deep/fog.txt", "lamp.txt", "red.png"]
    (hit,) = client.search("fog", filters=Filters(path="deep/**"))
    assert hit.document.source == "deep/fog.txt"
    (picture, *_) = client.search("red", filters=Filters(modality=("image",)))
    assert picture.document.source == "red.png"
    again = client.ingest(folder, progress=True)
    assert (again.documents, again.added, again.unchanged) == (5, 0, 5)


def test_the_same_name_with_other_bytes_replaces_what_it_held(client: Client) -> None:
    assert upload(client, lamp_txt=b"An oil lamp.").status_code == 201
    same = upload(client, lamp_txt=b"An oil lamp.")
    assert (same.status_code, report(same)["unchanged"]) == (200, 1)
    other = upload(client, lamp_txt=b"An electric lamp.")
    assert (other.status_code, report(other)["replaced"], report(other)["documents"]) == (201, 1, 1)
    assert [hit.element.text for hit in client.search("lamp")] == ["An electric lamp."]


def test_bad_files_are_named_and_do_not_stop_the_others(client: Client) -> None:
    mixed = upload(client, lamp_txt=b"An oil lamp.", broken_png=b"no picture", strange_xyz=b"?")
    assert (mixed.status_code, report(mixed)["added"]) == (201, 1)
    assert [one["path"] for one in report(mixed)["failed"]] == ["broken.png", "strange.xyz"]
    assert all(one["reason"] for one in report(mixed)["failed"])
    only_bad = upload(client, strange_xyz=b"?")
    assert (only_bad.status_code, len(report(only_bad)["failed"])) == (200, 1)


def test_a_name_cannot_leave_the_place_where_uploads_lie(client: Client, tmp_path: Path) -> None:
    for name in (f"../../..{tmp_path}/one.txt", f"{tmp_path}/two.txt", "..\\three.txt"):
        files = {"files": (name, f"Words for {name}".encode())}
        sent = httpx2.post(f"{client.url}/v1/documents?wait=60", files=files, trust_env=False, timeout=90)
        assert sent.status_code == 201
    assert not (tmp_path / "one.txt").exists()
    assert not (tmp_path / "two.txt").exists()
    inside = tmp_path.as_posix().strip("/")
    assert sources(client) == sorted([f"{inside}/one.txt", f"{inside}/two.txt", "three.txt"])


def test_nothing_of_an_upload_is_left_lying_about(
    client: Client, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    upload(client, lamp_txt=b"An oil lamp." * 200_000, broken_png=b"no picture")
    client.search(image=Image.new("RGB", (8, 8), "red"))
    assert list((tmp_path / "temporary").iterdir()) == []
    assert soon(lambda: not any((settings.store / "uploads").iterdir()))


def test_a_page_shows_the_pictures_sent_with_it_and_none_of_the_servers_own(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    Image.new("RGB", (64, 64), "green").save(temporary / "plan.png")
    Image.new("RGB", (64, 64), "blue").save(tmp_path / "sea.png")
    far = "../" * 12 + (temporary / "plan.png").as_posix().lstrip("/")
    plans = [
        f"{temporary}/plan.png",
        f"file://{temporary}/plan.png",
        far,
        *("../" * up + "plan.png" for up in range(6)),
    ]
    page = "# Sea\n\n![The sea](pictures/sea.png)\n\n" + "\n\n".join(f"![Plan]({plan})" for plan in plans)
    html = "<h1>Sea</h1>" + "".join(f'<p>Words.</p><img src="{plan}" alt="Plan">' for plan in plans)
    sent = report(
        upload(
            client,
            page_md=page.encode(),
            page_html=html.encode(),
            a__b__page_md=page.encode() + b"\n",
            a__b__page_html=html.encode() + b"\n",
            pictures__sea_png=(tmp_path / "sea.png").read_bytes(),
        )
    )
    assert (sent["added"], sent["failed"]) == (5, [])
    found = client.search("The sea, the plan", k=1000, filters=Filters(modality=("image",)))
    kept = [hit for hit in found if hit.element.media is not None]
    places = {place.document.source for hit in kept for place in hit.also} | {hit.document.source for hit in kept}
    assert places == {"page.md", "pictures/sea.png"}
    for hit in kept:
        red, green, blue = np.asarray(client.picture(str(hit.element.media)))[9, 9]
        assert (red < 60, green < 60, blue > 190) == (True, True, True)


def test_searches_are_answered_while_an_upload_is_read(client: Client) -> None:
    upload(client, lamp_txt=b"An oil lamp.")
    long_text = b"\n\n".join(b"Paragraph %d tells of the blue sea and of nothing else." % at for at in range(4_000))
    sending = threading.Thread(target=upload, args=[client], kwargs={"long_txt": long_text})
    sending.start()
    answered, slowest = 0, 0.0
    while sending.is_alive():
        began = time.monotonic()
        assert client.search("oil lamp", k=1)[0].document.source == "lamp.txt"
        answered, slowest = answered + 1, max(slowest, time.monotonic() - began)
    sending.join()
    assert answered >= 3
    assert slowest < 5
    assert len(client.documents()) == 2


def test_uploads_wait_their_turn_without_losing_one(client: Client) -> None:
    threads = [
        threading.Thread(target=upload, args=[client], kwargs={f"text{at}_txt": b"Words of text %d." % at})
        for at in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sources(client) == [f"text{at}.txt" for at in range(6)]


def test_what_another_process_ingests_is_found_and_sync_leaves_uploads(
    client: Client, sightline: CommandLine, folder: Path
) -> None:
    upload(client, sent_txt=b"Sent over by hand.", broken_png=b"no picture")
    sightline.json("ingest", folder)
    assert client.search("supply boat", k=1, filters=Filters(modality=("text",)))[0].document.source == "boats.md"
    (folder / "lamp.txt").unlink()
    assert sightline.json("ingest", folder, "--sync")["removed"] == 1
    assert sources(client) == ["blue.png", "boats.md", "deep/fog.txt", "red.png", "sent.txt"]
    assert [one["path"] for one in sightline.json("status")["failed"]] == ["broken.png"]
    assert sightline.json("search", "sent by hand", "-m", "text")["hits"][0]["document"]["source"] == "sent.txt"


@contextmanager
def served(sightline: CommandLine) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`sightline serve` and the address that it says it is at."""
    # Nobody reads what follows the greeting before the end: lines for every request could fill the pipe.
    quietly = {**sightline.environment, "SIGHTLINE_LOG_LEVEL": "warning"}
    with subprocess.Popen(
        [SIGHTLINE, "serve", "--port", "0"], env=quietly, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stderr is not None
            greeting = process.stderr.readline()
            found = re.search(r"http://127\.0\.0\.1:\d+", greeting)
            assert found, greeting
            yield process, found[0]
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_says_where_it_is_and_ends_well_when_told_to(sightline: CommandLine, number: signal.Signals) -> None:
    with served(sightline) as (process, url), Client(url) as client:
        assert client.info()["documents"] == 0
        upload(client, lamp_txt=b"An oil lamp.")
        process.send_signal(number)
        _, said = process.communicate(timeout=30)
        assert (process.returncode, "Traceback" in said) == (0, False), said
        with pytest.raises(ServerUnreachable):
            client.info()
    assert sightline.sources() == ["lamp.txt"]


def test_a_stop_amid_a_job_keeps_what_was_read_and_the_next_service_goes_on(sightline: CommandLine) -> None:
    texts = {f"text{at}_txt": b"Words of text %d." % at for at in range(60)}
    with served(sightline) as (process, url), Client(url) as client:
        sent = upload(client, wait=0, **texts)
        assert (sent.status_code, sent.headers["location"]) == (202, f"/v1/jobs/{sent.json()['job']['id']}")
        while not client.documents():
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
    id = sent.json()["job"]["id"]
    with Engine(sightline.store) as engine:
        stopped = engine.job(id)
        assert stopped.files.done == len(engine.documents()) >= 1
        assert (stopped.state, stopped.report) == ("queued", None) or stopped.files.done == 60
    with served(sightline) as (_, url), Client(url) as client:
        while not client.job(id).has_ended:
            time.sleep(0.05)
        ended = client.job(id)
        assert ended.report is not None
        assert (ended.state, ended.report.added, ended.report.unchanged) == ("done", 60, 0)
        assert len(client.documents()) == 60


def test_a_service_killed_amid_a_job_loses_nothing_and_takes_nothing_twice(sightline: CommandLine) -> None:
    texts = {f"text{at}_txt": b"Words of text %d." % at for at in range(90)}
    with served(sightline) as (process, url), Client(url) as client:
        id = upload(client, wait=0, broken_png=b"no picture", **texts).json()["job"]["id"]
        while len(client.job_files(id, "done")) < 3:
            time.sleep(0.01)
        process.kill()
    with Engine(sightline.store) as engine:
        left = engine.job(id)
        assert (left.state, left.files.done < 90) == ("queued", True)
    with served(sightline) as (_, url), Client(url) as client:
        while not client.job(id).has_ended:
            time.sleep(0.05)
        job = client.job(id)
        assert job.report is not None
        assert (job.state, job.resumed, job.files) == ("done", 1, JobCounts(91, 90, 1, 0))
        assert (job.report.added, job.report.unchanged, [one.path for one in job.report.failed]) == (
            90,
            0,
            ["broken.png"],
        )
        assert sources(client) == sorted(f"text{at}.txt" for at in range(90))
        assert [file.source for file in client.job_files(id, "failed")] == ["broken.png"]
        assert soon(lambda: not (sightline.store / "uploads" / id).exists())


def test_serve_refuses_an_open_address_without_a_key(sightline: CommandLine) -> None:
    done = sightline.run("serve", "--host", "0.0.0.0", code=2)
    assert "--key" in done.stderr
    assert not sightline.store.exists()
