"""A job that is followed: what its bar shows, and what is done when the line breaks. No server is needed: we answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rag.asking import Listen, Pause
from rag.errors import ServerUnreachable
from rag.following import PAUSES, followed
from rag.ingest_bar import IngestBar, ingest_bar
from rag.to_wire import job_file_json, job_json
from rag.types import Job, JobCounts, JobFile, JobState


@pytest.fixture
def bar() -> Iterator[IngestBar]:
    with ingest_bar(shown=False) as bar:
        yield bar


def a_job(state: JobState = "running", *, done: int = 0, failed: int = 0, current: str = "") -> Job:
    counts = JobCounts(total=3, done=done, failed=failed)
    return Job("0" * 32, "upload", state, "default", ("a.txt",), "2026-01-01T00:00:00Z", files=counts, current=current)


def test_a_job_that_has_ended_is_not_listened_to(bar: IngestBar) -> None:
    with pytest.raises(StopIteration) as end:
        next(followed(a_job("done", done=3), bar, n_before=0))
    assert end.value.value.state == "done"


def test_the_bar_shows_files_and_names_once_what_could_not_be_taken(capsys: pytest.CaptureFixture[str]) -> None:
    bad = JobFile("bad.pdf", "failed", "damaged_file", "It is\x1b[2J bad.")
    with ingest_bar(shown=True) as bar:
        bar.found(5)
        conversation = followed(a_job("queued"), bar, n_before=2)
        listen = next(conversation)
        assert isinstance(listen, Listen)
        assert listen.request.path.endswith("/events")
        assert not listen.hear("job", job_json(a_job(current="reports/long.pdf")))
        for _ in range(2):
            assert not listen.hear("file", job_file_json(bad))
        assert listen.hear("end", job_json(a_job("done", done=2, failed=1)))
        with pytest.raises(StopIteration) as end:
            conversation.send(None)
    assert end.value.value.files == JobCounts(3, 2, 1)
    shown = capsys.readouterr().err
    assert "reports/long.pdf" in shown
    assert shown.count("not taken: It is\N{REPLACEMENT CHARACTER}[2J bad.") == 1
    assert "5/5" in shown


def test_a_broken_line_is_taken_up_again(bar: IngestBar) -> None:
    conversation = followed(a_job("queued"), bar, n_before=0)
    listen = next(conversation)
    for seconds in PAUSES[:3]:
        assert isinstance(listen, Listen)
        assert conversation.throw(ServerUnreachable("It broke off.")) == Pause(seconds)
        listen = conversation.send(None)
    assert isinstance(listen, Listen)
    listen.hear("job", job_json(a_job(done=1)))
    # What was heard shows that it goes on, so patience begins anew.
    assert conversation.throw(ServerUnreachable("It broke off.")) == Pause(PAUSES[0])
    conversation.close()


def test_a_service_that_does_not_come_back_is_given_up_with_the_job_named(bar: IngestBar) -> None:
    conversation = followed(a_job(), bar, n_before=0)
    next(conversation)
    for _ in PAUSES:
        assert isinstance(conversation.throw(ServerUnreachable("Nobody answers.")), Pause)
        assert isinstance(conversation.send(None), Listen)
    with pytest.raises(ServerUnreachable, match=r"0{32}"):
        conversation.throw(ServerUnreachable("Nobody answers."))
