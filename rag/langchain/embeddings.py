"""An encoder of the house as LangChain's `Embeddings`."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from langchain_core.embeddings import Embeddings
from langchain_core.runnables.config import run_in_executor

from rag import wiring
from rag.engine import Engine
from rag.errors import BadRequest
from rag.opened import DEFAULT_ENCODERS
from rag.settings import Settings, load_settings

if TYPE_CHECKING:
    from pathlib import Path

    from PIL.Image import Image

    from rag.protocols import Encoder
    from rag.types import Vectors


class SightlineEmbeddings(Embeddings):
    """Vectors of length 1 by an engine's encoder, or by one that is named. Threads may share it."""

    def __init__(
        self, of: Engine | str = DEFAULT_ENCODERS[0], *, encoder: str | None = None, settings: Settings | None = None
    ) -> None:
        """Say whose vectors; a model is loaded with the first of them.

        `of`: an engine with a store, whose model is then shared and not loaded twice, or the name of an encoder.
        `encoder`: which, where the engine's store was made with several; the first of them if not said. `settings`: the
        device, and whether a model may be downloaded, for an encoder by name.
        Raises: BadRequest if both name an encoder.
        """
        if isinstance(of, str) and encoder is not None:
            raise BadRequest(
                f"Two encoders are named, {of!r} and {encoder!r}.", hint="`encoder` chooses among those of an engine."
            )
        self.engine = of if isinstance(of, Engine) else None
        """Whose encoder it is; None for one that was named."""
        self._encoder = of if isinstance(of, str) else encoder
        self._settings = settings
        self._loading = threading.Lock()
        self._loaded: Encoder | None = None

    @property
    def named(self) -> str | None:
        """The encoder's name, as it was given; None for the first of an engine's."""
        return self._encoder

    def embed_documents(self, texts: Sequence[str]) -> list[list[float]]:
        """A vector for each text, in the order given; a text beyond the context is the mean of its windows.

        Raises: EncodeFailed; as `Engine.load`, or as the loading of a named encoder.
        """
        return _lists(self._open().encode_texts(texts))

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question, in the space of the documents. Raises: as `embed_documents`."""
        return self.embed_documents([text])[0]

    def embed_images(self, images: Sequence[Image | str | Path]) -> list[list[float]]:
        """A vector for each picture, or picture file, in the same space.

        The cosine of a text with a picture is smaller than that of two texts: compare pictures with pictures only.
        Raises: EncodeFailed if the encoder sees no pictures; DamagedFile, UnsupportedFile, UnreadablePath from a file.
        """
        from pathlib import Path

        opened = [wiring.read_picture(Path(one)) if isinstance(one, str | Path) else one for one in images]
        return _lists(self._open().encode_images(opened))

    async def aembed_images(self, images: Sequence[Image | str | Path]) -> list[list[float]]:
        """As `embed_images`, in a thread."""
        return await run_in_executor(None, self.embed_images, images)

    def _open(self) -> Encoder:
        if self.engine is not None:
            _, encoders = self.engine.opened.ready()
            return choose(encoders, self._encoder)
        with self._loading:
            if self._loaded is None:
                name = self._encoder or DEFAULT_ENCODERS[0]
                self._loaded = wiring.open_encoder(name, self._settings or load_settings())
            return self._loaded


def choose(encoders: Mapping[str, Encoder], name: str | None) -> Encoder:
    """The encoder of this name, or the first.

    Raises: BadRequest if a store was not made with it; the message names those it was.
    """
    if name is not None and name not in encoders:
        raise BadRequest(
            f"The store has no vectors of {name!r}.", hint=f"It was made with {', '.join(encoders)}: name one of them."
        )
    return next(iter(encoders.values())) if name is None else encoders[name]


def _lists(vectors: Vectors) -> list[list[float]]:
    lists: list[list[float]] = vectors.tolist()
    return lists
