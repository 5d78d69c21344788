"""Sightline's core: ask folders of documents, PDFs and pictures; every sentence of the answer points at its evidence.

    from rag import Engine, Client, Filters

Importing this loads neither torch nor faiss: a name is loaded when it is first used.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.async_client import AsyncClient
    from rag.client import Client
    from rag.engine import Engine
    from rag.errors import SightlineError
    from rag.query import Like, Picture, Words
    from rag.settings import Settings, load_settings
    from rag.types import (
        Answer,
        Citation,
        Cited,
        Collection,
        Delta,
        Document,
        Documents,
        Done,
        Element,
        Filters,
        Found,
        Hit,
        Hits,
        IngestReport,
        Job,
        JobFile,
        Note,
        Sentence,
        Sources,
        Turn,
    )

# Here, because it must be said before the first import of torch, whose OpenMP library reads it once. Threads that wait by
# spinning take the cores from those they wait for: beside two busy processes on two cores a text encoder with spinning
# threads made 3 to 30 texts a second, with sleeping ones 88, alone both 85.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

_HOME = {
    "Answer": "rag.types",
    "AsyncClient": "rag.async_client",
    "Citation": "rag.types",
    "Cited": "rag.types",
    "Client": "rag.client",
    "Collection": "rag.types",
    "Delta": "rag.types",
    "Document": "rag.types",
    "Documents": "rag.types",
    "Done": "rag.types",
    "Element": "rag.types",
    "Engine": "rag.engine",
    "Filters": "rag.types",
    "Found": "rag.types",
    "Hit": "rag.types",
    "Hits": "rag.types",
    "IngestReport": "rag.types",
    "Job": "rag.types",
    "JobFile": "rag.types",
    "Like": "rag.query",
    "Note": "rag.types",
    "Picture": "rag.query",
    "Sentence": "rag.types",
    "Settings": "rag.settings",
    "SightlineError": "rag.errors",
    "Sources": "rag.types",
    "Turn": "rag.types",
    "Words": "rag.query",
    "load_settings": "rag.settings",
}

__all__ = [
    "Answer",
    "AsyncClient",
    "Citation",
    "Cited",
    "Client",
    "Collection",
    "Delta",
    "Document",
    "Documents",
    "Done",
    "Element",
    "Engine",
    "Filters",
    "Found",
    "Hit",
    "Hits",
    "IngestReport",
    "Job",
    "JobFile",
    "Like",
    "Note",
    "Picture",
    "Sentence",
    "Settings",
    "SightlineError",
    "Sources",
    "Turn",
    "Words",
    "load_settings",
]


def __getattr__(name: str) -> object:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'rag' has no attribute {name!r}")
