"""How folders are sent: under which names, in which parts, and what is not sent at all."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path

import httpx2
import pytest

from rag.asking import Request, Step
from rag.errors import BadRequest
from rag.sending import send
from rag.to_wire import job_json
from rag.types import CaptionCounts, FailedFile, IngestReport, Job
from rag.wire import LimitsJson

LIMITS: LimitsJson = {"k": 1000, "query_chars": 10_000, "upload_mb": 1, "upload_files": 3}


class Server:
    """Notes what it is sent; takes everything but what is called `bad`."""

    def __init__(self) -> None:
        self.requests: list[dict[str, bytes]] = []

    def post(self, parts: Sequence[tuple[str, tuple[str, io.BufferedReader]]]) -> IngestReport:
        assert {field for field, _ in parts} == {"files"}
        sent = {name: file.read() for _, (name, file) in parts}
        self.requests.append(sent)
        bad = [name for name in sent if "bad" in name]
        return IngestReport(
            documents=len(sent) - len(bad),
            elements={"text": len(sent) - len(bad)},
            pages=len(sent) - len(bad),
            added=len(sent) - len(bad),
            unchanged=0,
            replaced=0,
            removed=0,
            failed=tuple(FailedFile(name, "damaged_file", "It is bad.") for name in bad),
            seconds=0.5,
            captions=CaptionCounts(made=len(sent), gaps=len(bad), reason="no" * len(bad)),
        )

    def take(self, *paths: Path) -> IngestReport:
        conversation = send(paths, progress=False, collection=None)
        try:
            step = next(conversation)
            while True:
                step = conversation.send(self.answer(step))
        except StopIteration as end:
            report: IngestReport = end.value
            return report

    def answer(self, step: Step) -> httpx2.Response:
        assert isinstance(step, Request)
        if step.files is None:
            assert step.path == "/v1/info"
            return httpx2.Response(200, json={"limits": LIMITS})
        report = self.post(step.files)
        job = Job("0" * 32, "upload", "done", "default", ("a",), "2026-01-01T00:00:00Z", report=report)
        return httpx2.Response(202, json={"job": job_json(job)})


def write(root: Path, **sizes: int) -> None:
    for name, size in sizes.items():
        path = root / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)


def test_a_file_is_known_by_its_path_below_the_folder(tmp_path: Path) -> None:
    write(tmp_path, a_txt=1, deep__er__b_md=2)
    server = Server()
    report = server.take(tmp_path)
    assert server.requests == [{"a.txt": b"x", "deep/er/b.md": b"xx"}]
    assert (report.documents, report.added, report.failed) == (2, 2, ())


def test_a_single_file_is_known_by_its_name(tmp_path: Path) -> None:
    write(tmp_path, deep__a_txt=1)
    server = Server()
    server.take(tmp_path / "deep" / "a.txt")
    assert list(server.requests[0]) == ["a.txt"]


def test_an_empty_folder_sends_nothing(tmp_path: Path) -> None:
    server = Server()
    report = server.take(tmp_path)
    assert server.requests == []
    assert (report.documents, report.elements) == (0, {"text": 0, "image": 0, "table": 0, "page": 0})


def test_hidden_files_and_links_to_folders_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path, folder__a_txt=1, folder___git__config=1, elsewhere__b_txt=1)
    (tmp_path / "folder" / ".hidden").write_text("x")
    (tmp_path / "folder" / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "folder" / "gone.txt").symlink_to(tmp_path / "nowhere")
    server = Server()
    server.take(tmp_path / "folder")
    assert [list(sent) for sent in server.requests] == [["a.txt"]]


def test_pages_go_with_their_pictures_and_pdfs_come_last(tmp_path: Path) -> None:
    write(tmp_path, a_pdf=1, b_md=1, b_png=1, c_PDF=1)
    server = Server()
    server.take(tmp_path)
    assert [list(sent) for sent in server.requests] == [["b.md", "b.png", "a.pdf"], ["c.PDF"]]


def test_requests_stay_within_the_servers_limits(tmp_path: Path) -> None:
    write(tmp_path, **{f"{at}_txt": 1 for at in range(7)}, big1_txt=700_000, big2_txt=700_000)
    server = Server()
    server.take(tmp_path)
    assert sum(len(sent) for sent in server.requests) == 9
    assert max(len(sent) for sent in server.requests) == 3
    assert max(sum(map(len, sent.values())) for sent in server.requests) < 2**20


def test_what_is_larger_than_the_server_takes_is_named_and_not_sent(tmp_path: Path) -> None:
    write(tmp_path, a_txt=1, huge_txt=2**20, bad_txt=1)
    server = Server()
    report = server.take(tmp_path)
    assert [sorted(sent) for sent in server.requests] == [["a.txt", "bad.txt"]]
    assert [(one.path, one.code) for one in report.failed] == [
        ("bad.txt", "damaged_file"),
        ("huge.txt", "file_too_large"),
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    write(tmp_path, a_txt=1, locked_txt=1)
    (tmp_path / "locked.txt").chmod(0)
    report = Server().take(tmp_path)
    assert [(one.path, one.code) for one in report.failed] == [("locked.txt", "unreadable_path")]


def test_the_same_file_named_twice_is_sent_once(tmp_path: Path) -> None:
    write(tmp_path, a_txt=1)
    server = Server()
    server.take(tmp_path, tmp_path, tmp_path / "a.txt")
    assert server.requests == [{"a.txt": b"x"}]


def test_two_files_that_would_share_a_name_are_refused_before_anything_is_sent(tmp_path: Path) -> None:
    write(tmp_path, one__a_txt=1, two__a_txt=2)
    server = Server()
    with pytest.raises(BadRequest, match="folder above both"):
        server.take(tmp_path / "one", tmp_path / "two")
    assert server.requests == []
