"""The server: where it listens, how it begins and how it ends."""

from __future__ import annotations

import contextlib
import json
import logging
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from importlib.metadata import version

import uvicorn
from fastapi import FastAPI

from api import logs, telemetry
from api.app import create_app
from api.auth import is_loopback
from rag.engine import Engine
from rag.errors import BadSetting
from rag.settings import Settings

SECONDS_TO_FINISH = 30
"""For the requests that run when the service is told to stop."""
WAITING_CONNECTIONS = 2_048

_log = logging.getLogger("sightline.api")


class Server(uvicorn.Server):
    """uvicorn, which tells the app that it is being stopped before it waits for the requests that run."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,  # as the process logs: api/logs.py
                log_level="warning",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=SECONDS_TO_FINISH,
            )
        )
        self._stopping: threading.Event = app.state.service.stopping

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End: take no more, let what runs come to its end, close the engine."""
        self._stopping.set()
        await super().shutdown(sockets)


def serve(settings: Settings, *, as_json: bool = False) -> None:
    """Answer over HTTP until Ctrl-C or SIGTERM; the store is made where there is none, and the models are loaded first.

    `as_json`: also say on stdout, as one JSON object in a line, where it answers, for a program that started it.

    Raises: BadSetting if the address cannot be listened at, or is not loopback and there is no key, or the environment asks
        for traces of a kind that there is not; ModelMismatch, StoreDamaged, ModelNotFound as `Engine.load`.
    """
    with (
        logs.written(settings),
        telemetry.asked_for(),
        listen(settings) as listening,
        Engine(settings=settings) as engine,
    ):
        engine.load(create=True)
        server = Server(create_app(engine))
        _greet(engine, listening)
        if as_json:
            print(json.dumps({"url": url_of(listening), "store": str(settings.store)}), flush=True)
        with _ending_quietly():
            server.run([listening])


@contextlib.contextmanager
def listen(settings: Settings) -> Iterator[socket.socket]:
    """A socket at the address of the settings.

    Raises: BadSetting if it cannot be listened at, or is not loopback and there is no key.
    """
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise BadSetting(f"There is no address {settings.host!r}: {error}.", hint="For instance 127.0.0.1.") from error
    family, _, _, _, address = found[0]
    if settings.key is None and not is_loopback(str(address[0])):
        raise BadSetting(
            f"Without a key the service only listens on this machine itself, not at {settings.host}.",
            hint="Set one (--key, SIGHTLINE_KEY), or leave --host out.",
        )
    if settings.key is not None and (not settings.key.strip() or not settings.key.isascii()):
        raise BadSetting("The key is empty, or has letters that a header cannot carry.", hint="Choose ASCII letters.")
    try:
        listening = socket.create_server((str(address[0]), settings.port), family=family, backlog=WAITING_CONNECTIONS)
    except OSError as error:
        raise BadSetting(
            f"Nothing can listen at {settings.host}, port {settings.port}: {error.strerror}.",
            hint="Another service may be there: name another port with --port, or 0 for any that is free.",
        ) from error
    with listening:
        yield listening


def url_of(listening: socket.socket) -> str:
    """The address of a socket, for a browser on this machine."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _greet(engine: Engine, listening: socket.socket) -> None:
    n_documents, url, store = len(engine.documents()), url_of(listening), str(engine.settings.store)
    if engine.settings.log_format == "json":  # what programs read holds nothing else
        _log.info("listening", extra={"url": url, "store": store, "documents": n_documents})
        return
    print(
        f"Sightline {version('sightline')} answers at {url} from {store} ({n_documents} documents).\n"
        f"Ask it in a browser at that address. Reference: {url}/docs. Ctrl-C ends it.",
        file=sys.stderr,
        flush=True,
    )


@contextlib.contextmanager
def _ending_quietly() -> Iterator[None]:
    """uvicorn, once it has ended well, sends itself the signal again that ended it; that must not kill us now."""
    before = signal.signal(signal.SIGTERM, lambda number, frame: None)
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)
