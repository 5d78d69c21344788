"""Providers, keys, addresses and limits of chat models."""

from __future__ import annotations

import logging
import socket
import sys
from typing import Any

import pytest

from rag.errors import BadSetting, MissingExtra
from rag.generators.chat import ChatGenerator
from rag.prompt import CAPTION
from tests.chat_asking import SECRET, ask, failure, say
from tests.chat_server import Reply, chat_server

# The key, and who is spoken to


def test_the_key_is_sent_and_stands_in_no_message_log_or_repr(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    caplog.set_level(logging.DEBUG)
    with chat_server(Reply(status=401, message=f"Incorrect API key provided: {SECRET}.")) as server:
        generator = ask(server)
        failed = failure(server)
    assert {name.lower(): value for name, value in server.requests[0].headers.items()}["authorization"].endswith(SECRET)
    logging.getLogger("test").error("failed", exc_info=failed)
    for text in (str(failed), repr(failed), repr(generator), generator.name, caplog.text):
        assert SECRET not in text
    assert "401" in caplog.text


def test_a_server_of_ones_own_needs_no_key() -> None:
    with chat_server(Reply("ok")) as server:
        assert say(server) == "ok"


@pytest.mark.parametrize(
    ("model", "variable"), [("openai:gpt-4o", "OPENAI_API_KEY"), ("openai:gpt-5", "OPENAI_API_KEY")]
)
def test_a_missing_key_names_its_variable(model: str, variable: str) -> None:
    with pytest.raises(BadSetting) as caught:
        ChatGenerator(model)
    assert variable in caught.value.hint


def test_nobody_else_is_spoken_to_even_where_langsmith_is_switched_on(monkeypatch: pytest.MonkeyPatch) -> None:
    from langchain_core.tracers.langchain import wait_for_all_tracers
    from langsmith.utils import tracing_is_enabled

    addresses: set[tuple[str, int]] = set()
    connect = socket.socket.connect

    def noted(self: socket.socket, address: tuple[str, int]) -> None:
        addresses.add(address)
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", noted)
    with chat_server(Reply("ok")) as server, chat_server(Reply("traced")) as langsmith:
        monkeypatch.setenv("LANGSMITH_TRACING", "true")
        monkeypatch.setenv("LANGSMITH_API_KEY", "none")
        monkeypatch.setenv("LANGSMITH_ENDPOINT", langsmith.url)
        _forget_environment()
        try:
            assert tracing_is_enabled()  # or the test would show nothing
            assert say(server) == "ok"
            wait_for_all_tracers()
        finally:
            monkeypatch.undo()
            _forget_environment()
        assert langsmith.requests == []
    assert {f"http://{host}:{port}/v1" for host, port in addresses} == {server.url}


def _forget_environment() -> None:
    """LangSmith remembers what it once read of the environment."""
    from langsmith.utils import get_env_var

    get_env_var.cache_clear()  # type: ignore[attr-defined]  # its declared overloads hide the cache


def test_a_gateway_in_the_environment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    monkeypatch.setenv("LANGSMITH_GATEWAY", "true")
    with pytest.raises(BadSetting, match="LANGSMITH_GATEWAY"):
        ChatGenerator("openai:gpt-4o")


# Settings


def test_the_name_holds_provider_and_model_and_the_model_may_hold_colons() -> None:
    generator = ChatGenerator("openai:qwen2.5vl:7b", base_url="http://127.0.0.1:9/v1")
    assert generator.name == "chat:openai:qwen2.5vl:7b"
    assert generator.instructed
    assert generator.instruction == CAPTION


def test_the_models_own_name_is_sent_and_the_limit_under_the_name_its_server_knows() -> None:
    with chat_server(Reply("ok")) as server:
        say(server, model="openai:qwen2.5vl:7b", most_tokens=99)
        say(server, model="openai:gpt-5-mini", most_tokens=99)
    own, openai = (request.body for request in server.requests)
    assert own["model"] == "qwen2.5vl:7b"
    assert own["max_tokens"] == 99
    assert openai["max_completion_tokens"] == 99
    assert "max_tokens" not in openai


@pytest.mark.parametrize(
    ("model", "base_url", "said"),
    [
        ("nobody:m", None, "openai"),
        ("openai", None, "PROVIDER:MODEL"),
        ("openai:", None, "PROVIDER:MODEL"),
        (":m", None, "PROVIDER:MODEL"),
        ("huggingface:m", None, "Providers:"),
        ("openai:m", "localhost:8000", "http://"),
        ("openai:m", "http://user:word@127.0.0.1/v1", "environment"),
    ],
)
def test_an_impossible_setting_says_what_is_possible(model: str, base_url: str | None, said: str) -> None:
    with pytest.raises(BadSetting) as caught:
        ChatGenerator(model, base_url=base_url)
    assert said in caught.value.hint
    assert "user:word" not in str(caught.value)


@pytest.mark.parametrize("settings", [{"timeout_seconds": 0}, {"n_retries": -1}, {"most_tokens": 0}])
def test_an_impossible_number_is_refused(settings: dict[str, Any]) -> None:  # Any: of several types
    with pytest.raises(BadSetting):
        ChatGenerator("openai:m", base_url="http://127.0.0.1:9/v1", **settings)


@pytest.mark.parametrize(
    ("module", "model", "line"),
    [
        ("langchain.chat_models.base", "openai:m", "pip install 'sightline[chat]'"),
        ("langchain_openai", "openai:m", "pip install 'sightline[chat]'"),
        ("langchain_anthropic", "anthropic:claude", "pip install langchain-anthropic"),
        ("langchain_google_genai", "google_genai:gemini", "pip install langchain-google-genai"),
    ],
)
def test_a_missing_package_names_the_line_that_installs_it(
    module: str, model: str, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)  # what Python does not find
    with pytest.raises(MissingExtra) as caught:
        ChatGenerator(model, base_url="http://127.0.0.1:9/v1")
    assert caught.value.hint == line


def test_the_budget_follows_what_is_known_of_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    known, blind, unknown = (ChatGenerator(f"openai:{name}").budget for name in ("gpt-4o", "gpt-3.5-turbo", "mine"))
    assert (known.tokens, known.images) == (64_000 - 1_024, 8)
    assert known.pixels > 0
    assert known.tokens_per_image > 0
    assert (blind.images, blind.pixels) == (0, 0)
    assert blind.tokens < 16_385
    assert (unknown.tokens, unknown.images) == (32_000 - 1_024, 8)
    assert known.count("abcdefgh") == 2
