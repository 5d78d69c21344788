from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from openai import OpenAI

from rag.engine import Engine
from rag.settings import load_settings
from rag.types import Box
from tests.chat_server import Body, ChatServer, Reply, chat_server
from tests.drawn_pdf import Drawing
from tests.service import running, small_store

CHAT = "chat:openai:scripted"
SCRIPTED = f"sightline@{CHAT}"


@dataclass
class Service:
    """A real server, whose second generator says what a test wrote down for it."""

    url: str
    model: ChatServer
    lighthouse: Box
    """Of the line about the lighthouse, on the second page of tower.pdf."""
    says: list[Reply] = field(default_factory=list)

    def will_say(self, *replies: Reply) -> None:
        """What the model says to the next questions, the last of it from then on."""
        self.says[:] = replies
        self.model.requests.clear()
        self.model.client_left.clear()


@pytest.fixture(scope="package")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("openai")
    root = small_store(folder / "store")
    lighthouse = drawn_tower(folder / "tower.pdf")
    says: list[Reply] = []

    def next_reply(_body: Body) -> Reply:
        return says.pop(0) if len(says) > 1 else says[0]

    with pytest.MonkeyPatch.context() as patched, chat_server(next_reply) as model:
        patched.delenv("OPENAI_API_KEY", raising=False)
        engine = Engine(
            settings=load_settings(
                store=root,
                encoders=("colours",),
                ocr=False,
                workers=1,
                generators=("extractive", CHAT),
                chat_base_url=model.url,
                stall_seconds=5.0,
            )
        )
        engine.ingest(folder / "tower.pdf", collection="towers")
        with running(engine) as url:
            yield Service(url, model, lighthouse, says)


def drawn_tower(path: Path) -> Box:
    """A PDF of two pages; the box of the line about the lighthouse, on the second."""
    drawing = Drawing()
    drawing.sheet().line(72, 120, "The harbour cafe sells soup on Mondays.")
    lighthouse = drawing.sheet().line(72, 300, "The green lighthouse was built in 1702.")
    drawing.save(path)
    return lighthouse


@pytest.fixture(scope="package")
def openai(served: Service) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{served.url}/v1", api_key="none") as client:
        yield client
