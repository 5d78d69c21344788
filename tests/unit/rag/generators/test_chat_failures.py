"""What a failed call does, against a real server of OpenAI's wire format on this machine."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest

from rag.errors import GenerateFailed
from rag.generators.chat import ChatGenerator
from tests.chat_asking import TEXT, ask, failure, say
from tests.chat_server import Reply, chat_server

# Failures


def test_a_busy_server_is_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    with chat_server(Reply(status=429, message="slow down"), Reply(status=503), Reply("ok")) as server:
        assert say(server) == "ok"
    assert len(server.requests) == 3
    assert "attempt 2 follows" in caplog.text


def test_a_stream_that_breaks_before_its_first_word_is_asked_for_again() -> None:
    with chat_server(Reply(ends="torn"), Reply(ends="clean"), Reply(ends="error"), Reply("ok")) as server:
        assert say(server) == "ok"


def test_a_server_that_asks_to_wait_is_waited_for() -> None:
    began = time.monotonic()
    with chat_server(Reply(status=429, headers={"retry-after": "0.5"}), Reply("ok")) as server:
        assert say(server) == "ok"
    assert time.monotonic() - began >= 0.5


def test_a_server_that_asks_to_wait_too_long_is_not() -> None:
    with chat_server(Reply(status=429, headers={"retry-after": "3600"})) as server:
        assert "3600 seconds" in failure(server).hint
    assert len(server.requests) == 1


def test_a_server_with_a_lasting_fault_is_given_up_after_the_retries() -> None:
    with chat_server(Reply(status=500, message="boom")) as server:
        assert "(500). boom." in failure(server, n_retries=2).message
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("status", "message", "hint"),
    [
        (400, "bad", "does not take"),
        (400, "This model's maximum context length is 4096 tokens", "fewer hits"),
        (401, "no", "OPENAI_API_KEY"),
        (403, "no", "access"),
        (404, "no such model", "model's name"),
    ],
)
def test_what_cannot_pass_is_not_asked_again_and_says_what_to_do(status: int, message: str, hint: str) -> None:
    with chat_server(Reply(status=status, message=message)) as server:
        failed = failure(server)
    assert message in failed.message
    assert hint in failed.hint
    assert len(server.requests) == 1


def test_a_stalled_server_ends_after_the_time_limit() -> None:
    began = time.monotonic()
    with chat_server(Reply(ends="stall")) as server:
        failed = failure(server, timeout_seconds=0.5)
        assert 0.4 < time.monotonic() - began < 3
    assert "nothing came for 0.5 seconds" in failed.message


@pytest.mark.parametrize("ends", ["clean", "torn", "error", "stall"])
def test_an_answer_cut_off_in_the_middle_fails_and_is_not_asked_again(ends: Any) -> None:  # Any: one of a Literal
    pieces: list[str] = []
    with chat_server(Reply("It has ", "168", ends=ends)) as server:
        with pytest.raises(GenerateFailed, match="broke off after 10 characters"):
            pieces.extend(ask(server, timeout_seconds=0.5).generate(TEXT))
        assert len(server.requests) == 1


def test_a_server_that_is_not_there_is_named_as_unreached() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    generator = ChatGenerator("openai:m", base_url=url, backoff_seconds=0.01, n_retries=1)
    with pytest.raises(GenerateFailed, match="cannot be reached"):
        list(generator.generate(TEXT))


def test_an_empty_answer_that_never_says_it_ended_fails() -> None:
    with chat_server(Reply(finish=None)) as server:
        assert "end mark" in failure(server, n_retries=0).message
