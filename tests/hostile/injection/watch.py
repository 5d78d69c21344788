"""No network: this process, the processes that read, and a server that counts who comes all the same."""

from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest


class Watch:
    """A server that every hostile address leads to, and a record of whoever tried to reach anything."""

    def __init__(self, folder: Path) -> None:
        self.requests: list[str] = []
        self.tried: list[object] = []
        self.log = folder / "readers.log"
        self.folder = folder
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, name="watch", daemon=True).start()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        requests = self.requests

        class Counts(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                requests.append(self.path)
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Counts

    def forbid(self, patch: pytest.MonkeyPatch) -> None:
        """Refuse every connection and every look-up of a name, here and in each process that reads files."""
        connect = socket.socket.connect

        def refuse(own: socket.socket, to: object) -> None:
            if own.family == socket.AF_UNIX:
                return connect(own, to)  # type: ignore[arg-type]  # what the caller gave
            self.tried.append(to)
            raise OSError(f"no network in this test: {to}")

        def unresolved(host: object, *_: object, **__: object) -> list[object]:
            self.tried.append(host)
            raise socket.gaierror(f"no network in this test: {host}")

        patch.setattr(socket.socket, "connect", refuse)
        patch.setattr(socket.socket, "connect_ex", refuse)
        patch.setattr(socket, "getaddrinfo", unresolved)
        (self.folder / "sitecustomize.py").write_text(WATCHED)
        patch.setenv("PYTHONPATH", str(self.folder))
        patch.setenv("WATCH_LOG", str(self.log))

    def told_by_readers(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


WATCHED = """
import os, sys

def tell(line):
    with open(os.environ["WATCH_LOG"], "a") as log:
        log.write(line + "\\n")

def watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "subprocess.Popen"):
        tell(f"{event} {arguments[:2]!r}")
        raise OSError(f"not in this test: {event}")

sys.addaudithook(watch)
tell("watching")
"""
"""Read by each Python process that is started while it lies on the path."""
