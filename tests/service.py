"""A small store, and a real server on a free port of this machine, for as long as a test needs them."""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from PIL import Image

from api.app import create_app
from api.server import Server, listen, url_of
from rag.encoders.colours import ColourEncoder
from rag.engine import Engine
from rag.store.rows import Encoded
from rag.store.store import Store
from rag.types import Document, Element


def small_store(root: Path) -> Path:
    """A store of two texts and a red picture of 400 x 200 pixels."""
    encoder = ColourEncoder()
    with Store(root, create=True) as store:
        store.expect([encoder.fingerprint])
        red = store.media.put_image(Image.new("RGB", (400, 200), "red"))
        _keep(store, encoder, "notes/lamp.txt", "text/plain", Element("text", "The red lamp burns.", 1))
        _keep(store, encoder, "sea.md", "text/markdown", Element("text", "The blue sea <b>sleeps</b>.", 1))
        _keep(store, encoder, "red.png", "image/png", Element("image", "", 1, box=(0, 0, 1, 1), media=red))
    return root


def _keep(store: Store, encoder: ColourEncoder, source: str, media_type: str, element: Element) -> None:
    id = hashlib.sha256(source.encode()).hexdigest()
    bound = replace(element, id=id[:32], document_id=id)
    encoded = []
    if element.text:
        encoded.append(Encoded("colours", "text", (0,), encoder.encode_texts([element.text])))
    if element.media is not None:
        encoded.append(
            Encoded("colours", "image", (0,), encoder.encode_images([store.media.open_image(element.media)]))
        )
    document = Document(id, source, Path(source).stem, media_type, 1, metadata={"kind": media_type})
    store.add(document, [bound], encoded, location=f"/library/{source}")


@contextlib.contextmanager
def running(engine: Engine) -> Iterator[str]:
    """Serve an engine in a thread; its address. The engine is closed with it."""
    with listen(engine.settings.model_copy(update={"port": 0})) as listening:
        server = Server(create_app(engine))
        thread = threading.Thread(target=server.run, args=[[listening]])
        thread.start()
        try:
            deadline = time.monotonic() + 20
            while not server.started and thread.is_alive() and time.monotonic() < deadline:
                time.sleep(0.01)
            yield url_of(listening)
        finally:
            server.should_exit = True
            thread.join()


def soon(is_so: Callable[[], bool]) -> bool:
    """Whether something becomes so within a while, that another thread or process sees to."""
    deadline = time.monotonic() + 20
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.02)
    return is_so()
