"""A stream of server-sent events: what is slow runs in a thread of its own, and stops when nobody reads any more."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator

from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse

from api.errors import mistake
from rag.errors import SightlineError

PING_SECONDS = 15.0
"""Between two signs of life of a stream in which nothing is said, so that what stands between does not cut it off."""

_log = logging.getLogger("sightline.api")


def event_stream(
    frames: Iterator[bytes],
    *,
    failed: Callable[[SightlineError], bytes],
    left: threading.Event,
    stopping: threading.Event,
    request_id: str,
) -> EventSourceResponse:
    """A response of these frames, as they come; `left` is set when the client goes away.

    `failed` puts an error into a frame, which is then the last.
    """
    told = _told(frames, failed=failed, left=left, stopping=stopping, request_id=request_id)
    return EventSourceResponse(told, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})


async def _told(
    frames: Iterator[bytes],
    *,
    failed: Callable[[SightlineError], bytes],
    left: threading.Event,
    stopping: threading.Event,
    request_id: str,
) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    waiting: asyncio.Queue[bytes | None] = asyncio.Queue()

    def put(frame: bytes | None) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended, with everything that could read
            loop.call_soon_threadsafe(waiting.put_nowait, frame)

    def ask() -> None:
        try:
            for frame in frames:
                if left.is_set() or stopping.is_set():
                    break
                put(frame)
        except SightlineError as error:
            put(failed(error))
        except Exception:  # as in every other route, a mistake of ours is told without its details
            _log.exception("request %s failed while it was answered", request_id)
            put(failed(mistake(request_id)))
        finally:
            put(None)

    within = contextvars.copy_context()  # so that the log and the traces know whose work it is
    threading.Thread(target=within.run, args=[ask], name=f"answer-{request_id}", daemon=True).start()
    try:
        while True:
            try:
                frame = await asyncio.wait_for(waiting.get(), PING_SECONDS)
            except TimeoutError:
                yield KEEPALIVE_COMMENT
                continue
            if frame is None:
                return
            yield frame
    finally:
        left.set()
