"""Asking a chat model that a scripted server stands for, with short pauses."""

from __future__ import annotations

from typing import Any

import pytest

from rag.errors import GenerateFailed
from rag.generators.chat import ChatGenerator
from rag.prompt import build_prompt
from rag.types import Prompt
from tests.chat_server import ChatServer
from tests.evidence import hit

INSTRUCTION = "Answer from the evidence."
SECRET = "sk-a-very-secret-key-0123456789"
TEXT = build_prompt("How many steps?", [hit("The tower has 168 steps.")], instruction=INSTRUCTION)


def ask(server: ChatServer, model: str = "openai:scripted", **settings: Any) -> ChatGenerator:  # Any: of several types
    return ChatGenerator(model, base_url=server.url, **{"backoff_seconds": 0.01, "timeout_seconds": 5.0, **settings})


def say(server: ChatServer, prompt: Prompt = TEXT, **settings: Any) -> str:  # Any: of several types
    return "".join(ask(server, **settings).generate(prompt))


def failure(server: ChatServer, **settings: Any) -> GenerateFailed:  # Any: of several types
    with pytest.raises(GenerateFailed) as caught:
        say(server, **settings)
    return caught.value
