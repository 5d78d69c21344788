"""A server of OpenAI's wire format (POST /v1/chat/completions) that says what a test wrote down for it.

with chat_server(Reply("Hello"), Reply(status=429)) as server:   # the last reply is repeated
    ... server.url ... server.requests[0].body
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, TypeAlias

Body: TypeAlias = dict[str, Any]  # Any: JSON


class Reply:
    """One answer: its pieces in order. A piece is text, a whole delta as JSON, or an event to wait for."""

    def __init__(
        self,
        *pieces: str | Body | threading.Event,
        status: int = 200,
        message: str = "",
        headers: Mapping[str, str] | None = None,
        usage: tuple[int, int] | None = (11, 7),
        finish: str | None = "stop",
        pause: float = 0.0,
        ends: Literal["whole", "clean", "torn", "error", "stall"] = "whole",
    ) -> None:
        """`pause`: seconds before each piece. `message`: of an error.

        `ends`: `clean` stops without an end mark but with a proper end of the HTTP body; `torn` drops the connection;
        `error` sends an error in the stream; `stall` says nothing more until the server is closed.
        """
        self.pieces = pieces
        self.status = status
        self.message = message
        self.headers = headers or {}
        self.usage = usage
        self.finish = finish
        self.pause = pause
        self.ends = ends

    @property
    def text(self) -> str:
        """What is said, all at once."""
        return "".join(piece for piece in self.pieces if isinstance(piece, str))


Script: TypeAlias = Reply | Callable[[Body], Reply]


@dataclass(frozen=True)
class Request:
    """What a client sent."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Body


@dataclass
class ChatServer:
    """A server that runs, and what it has seen."""

    script: tuple[Script, ...]
    url: str = ""
    """The base URL: http://127.0.0.1:PORT/v1."""
    requests: list[Request] = field(default_factory=list)
    client_left: threading.Event = field(default_factory=threading.Event)
    """Set when a client hung up before the answer was whole."""
    closing: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, request: Request) -> Reply:
        """Remember a request; what to say to it."""
        with self.lock:
            self.requests.append(request)
            said = self.script[min(len(self.requests), len(self.script)) - 1]
        return said if isinstance(said, Reply) else said(request.body)


@contextlib.contextmanager
def chat_server(*script: Script) -> Iterator[ChatServer]:
    """Serve on a free port of this machine; closed, with every connection, at the end."""
    seen = ChatServer(script)

    class Handler(_Handler):
        server_state = seen

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.daemon_threads = True
    seen.url = f"http://127.0.0.1:{listening.server_port}/v1"
    thread = threading.Thread(target=listening.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield seen
    finally:
        seen.closing.set()
        listening.shutdown()
        thread.join()
        listening.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_state: ChatServer

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing on stderr."""

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        read = self.rfile.read(int(self.headers.get("content-length", 0)))
        try:
            self._answer(json.loads(read))
        except ValueError:  # not JSON: something else than a chat's question
            self._answer({"unreadable": True})

    def _answer(self, body: Body) -> None:
        reply = self.server_state.take(Request(self.command, self.path, dict(self.headers), body))
        self.close_connection = True
        try:
            if reply.status != 200:
                self._send_json({"error": {"message": reply.message, "type": "error", "code": None}}, reply)
            elif body.get("stream"):
                self._stream(reply, body)
            else:
                message = {"role": "assistant", "content": reply.text}
                choice = {"index": 0, "message": message, "finish_reason": reply.finish}
                self._send_json(_envelope("chat.completion", [choice], _usage(reply)), reply)
        except (BrokenPipeError, ConnectionResetError):
            self.server_state.client_left.set()

    def _send_json(self, value: Body, reply: Reply) -> None:
        written = json.dumps(value).encode()
        self.send_response(reply.status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(written)))
        for name, header in reply.headers.items():
            self.send_header(name, header)
        self.end_headers()
        self.wfile.write(written)

    def _stream(self, reply: Reply, body: Body) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        self._send_delta({"role": "assistant", "content": ""})
        for piece in reply.pieces:
            self.server_state.closing.wait(reply.pause)
            if isinstance(piece, threading.Event):
                piece.wait(20)
            else:
                self._send_delta({"content": piece} if isinstance(piece, str) else piece)
        match reply.ends:
            case "torn":
                return  # the connection closes without the last chunk of the body
            case "stall":
                self.server_state.closing.wait()
                return
            case "error":
                self._send_event({"error": {"message": reply.message, "type": "server_error", "code": 500}})
            case "whole":
                self._send_delta({}, finish=reply.finish)
                if reply.usage and body.get("stream_options", {}).get("include_usage"):
                    self._send_event(_envelope("chat.completion.chunk", [], _usage(reply)))
                self._send_chunk(b"data: [DONE]\n\n")
            case "clean":
                pass
        self.wfile.write(b"0\r\n\r\n")

    def _send_delta(self, delta: Body, finish: str | None = None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        self._send_event(_envelope("chat.completion.chunk", [choice], None))

    def _send_event(self, value: Body) -> None:
        self._send_chunk(f"data: {json.dumps(value, ensure_ascii=False)}\n\n".encode())

    def _send_chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()


def _usage(reply: Reply) -> Body | None:
    if reply.usage is None:
        return None
    tokens_in, tokens_out = reply.usage
    return {"prompt_tokens": tokens_in, "completion_tokens": tokens_out, "total_tokens": tokens_in + tokens_out}


def _envelope(kind: str, choices: list[Body], usage: Body | None) -> Body:
    about = {"id": "chatcmpl-1", "object": kind, "created": 1, "model": "scripted"}
    return {**about, "choices": choices, "usage": usage}
