"""`Engine`, `Client` and `AsyncClient` are one thing in three places: the same methods, taking and giving the same."""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Callable

import pytest

from rag.async_client import AsyncClient
from rag.client import Client
from rag.engine import Engine

IN_PROCESS = {
    "count_elements",
    "count_vectors",
    "failures",
    "generation",
    "listen",
    "load",
    "made_with",
    "media_path",
    "plan",
    "plan_reindex",
    "queue_folder",
    "queue_upload",
    "reindex",
    "spool",
    "status",
    "work",
    "write_evidence_page",
}
"""What is done where the store lies: files of this machine, and what only its keeper may do."""
OF_A_SERVICE = {"info"}
ONLY_IN_PROCESS = {
    "__init__": {"store", "settings"},
    "ingest": {"sync", "how"},
    "query": {"stop"},
}
"""Arguments that cannot be sent: the keeper's, and what stops a thread."""


def methods(kind: type) -> dict[str, Callable[..., object]]:
    return {name: method for name, method in inspect.getmembers(kind, inspect.isfunction) if not name.startswith("_")}


SHARED = sorted(methods(Engine).keys() - IN_PROCESS)


def parameters(method: Callable[..., object], *, without: set[str] | None = None) -> list[tuple[str, str, object, str]]:
    """Name, kind, default and written type of each, in order."""
    return [
        (one.name, str(one.kind), one.default, str(one.annotation))
        for one in inspect.signature(method).parameters.values()
        if one.name not in (without or set())
    ]


def awaited(annotation: str) -> str:
    """What an asynchronous method gives in the end, as the others write it."""
    inner = re.sub(r"Coroutine\[None, None, (\w+)\]", r"\1", annotation)
    return re.sub(r"AsyncGenerator\[(\w+), None\]", r"Iterator[\1]", inner)


def test_the_clients_have_the_engines_methods() -> None:
    assert methods(Client).keys() == {*SHARED, *OF_A_SERVICE}
    assert methods(AsyncClient).keys() == methods(Client).keys()


@pytest.mark.parametrize("name", SHARED)
def test_a_method_takes_and_gives_the_same_in_all_three(name: str) -> None:
    engine, client, later = (getattr(kind, name) for kind in (Engine, Client, AsyncClient))
    assert parameters(client) == parameters(engine, without=ONLY_IN_PROCESS.get(name))
    assert parameters(later) == parameters(client)
    gives = [str(inspect.signature(one).return_annotation) for one in (engine, client, later)]
    assert gives[0] == gives[1] == awaited(gives[2])


@pytest.mark.parametrize("name", sorted(OF_A_SERVICE))
def test_what_only_a_service_tells_both_clients_tell(name: str) -> None:
    client, later = getattr(Client, name), getattr(AsyncClient, name)
    assert parameters(client) == parameters(later)
    assert inspect.signature(client).return_annotation == inspect.signature(later).return_annotation


def test_both_clients_are_made_alike() -> None:
    assert parameters(Client.__init__) == parameters(AsyncClient.__init__)


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_an_answer_is_whole_or_streamed_as_its_type_says(kind: type) -> None:
    whole, streamed = typing.get_overloads(kind.query)  # type: ignore[attr-defined]  # every one of them has it
    assert "Answer" in str(inspect.signature(whole).return_annotation)
    assert "AnswerEvent" in str(inspect.signature(streamed).return_annotation)


def test_every_method_of_a_client_promises_something() -> None:
    for name, method in (*methods(Client).items(), *methods(AsyncClient).items()):
        assert inspect.getdoc(method), name
