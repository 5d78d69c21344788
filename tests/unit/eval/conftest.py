"""A dataset of two reports and a store that holds them, with the encoder whose vectors can be computed in the head."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag.encoders.colours import ColourEncoder
from rag.engine import Engine
from rag.settings import load_settings
from rag.store.rows import Encoded
from rag.store.store import Store
from rag.types import Document, Element, Origin

Write = Callable[..., Path]

QUESTIONS: tuple[dict[str, object], ...] = (
    {
        "id": "lamps#0",
        "document": "lamps.pdf",
        "question": "Which oil burns in the lantern?",
        "pages": [2],
        "answer": "rape",
        "sources": ["text"],
        "document_type": "report",
    },
    {
        "id": "lamps#1",
        "document": "lamps.pdf",
        "question": "How tall is the gallery and who polished the lens?",
        "pages": [1, 3],
        "sources": ["text", "table"],
        "document_type": "report",
    },
    {"id": "lamps#2", "document": "lamps.pdf", "question": "Who painted it?", "pages": []},
    {
        "id": "boats#0",
        "document": "boats.pdf",
        "question": "When does the ferry leave?",
        "pages": [9],
        "sources": ["figure"],
        "document_type": "slides",
    },
)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a questions.jsonl and give its folder."""

    def write_questions(*lines: dict[str, object] | str) -> Path:
        folder = tmp_path / "dataset"
        folder.mkdir(exist_ok=True)
        text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
        (folder / "questions.jsonl").write_text(text, encoding="utf-8")
        return folder

    return write_questions


@pytest.fixture
def dataset(write: Write) -> Path:
    return write(*QUESTIONS)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    root = tmp_path / "store"
    with Store(root, create=True) as opened:
        opened.expect([ColourEncoder().fingerprint])
        keep(opened, "papers/lamps.pdf", ["The gallery is nine metres tall.", "The lantern burns rape oil."], "parsed")
        keep(opened, "papers/boats.pdf", ["The ferry leaves at noon.", "The keeper polished the lens."], "ocr")
    return root


def keep(store: Store, source: str, texts: list[str], origin: Origin) -> None:
    """A document of ten pages with one text on each of its first pages."""
    encoder = ColourEncoder()
    id = hashlib.sha256(source.encode()).hexdigest()
    elements = [
        Element("text", text, page, origin=origin, id=f"{id[:32]}{page}", document_id=id)
        for page, text in enumerate(texts, start=1)
    ]
    encoded = [Encoded("colours", "text", tuple(range(len(texts))), encoder.encode_texts(texts))]
    store.add(Document(id, source, source, "application/pdf", 10), elements, encoded, location=f"/{source}")


@pytest.fixture
def engine(store: Path) -> Iterator[Engine]:
    with Engine(settings=load_settings(store=store, encoders=("colours",))) as opened:
        yield opened
