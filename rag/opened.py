"""A store and the models that go with it, each opened once, when it is first needed. Safe for threads."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rag import wiring
from rag.errors import BadRequest, ModelMismatch
from rag.protocols import Captioner, Encoder, Generator, Reranker
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.store.store import Store

DEFAULT_ENCODERS = ("builtin",)


class Opened:
    """What the settings name, opened."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._opening = threading.RLock()
        self._store: Store | None = None
        self._encoders: dict[str, Encoder] | None = None
        self._reranker: Reranker | None = None
        self._models: dict[str, Generator | Captioner] = {}
        """By name; one that writes answers and captions is loaded once."""

    def close(self) -> None:
        """Let go of the store's files and the models."""
        with self._opening:
            if self._store is not None:
                self._store.close()
            self._store = self._encoders = self._reranker = None
            self._models = {}

    def store(self, *, create: bool = False) -> Store:
        """The store; `create` makes it where there is none.

        Raises: StoreNotFound; StoreDamaged.
        """
        from rag.store.store import Store

        with self._opening:
            if self._store is None:
                self._store = Store(self._settings.store.expanduser(), create=create)
            return self._store

    def ready(self, *, create: bool = False) -> tuple[Store, Mapping[str, Encoder]]:
        """The store and its encoders, checked against each other.

        Raises: as `store`; ModelMismatch if the store was made with others; ModelNotFound, WeightsDamaged.
        """
        with self._opening:
            store = self.store(create=create)
            if self._encoders is None:
                names = self._encoder_names(store)
                encoders = {name: wiring.open_encoder(name, self._settings) for name in names}
                store.expect([encoder.fingerprint for encoder in encoders.values()])
                self._encoders = encoders
            return store, self._encoders

    def _encoder_names(self, store: Store) -> tuple[str, ...]:
        """The encoders that were asked for, else those that the store was made with, else the default."""
        known = store.catalogue.fingerprints()
        asked = self._settings.encoders or tuple(known) or DEFAULT_ENCODERS
        if known and set(asked) != set(known):
            # Before weights are loaded that may not even be here.
            raise ModelMismatch(
                f"The store {store.root} was made with {', '.join(known)}; {', '.join(asked)} was asked for.",
                hint=f"Leave the encoder out, name {','.join(known)}, or ingest into another store.",
            )
        return asked

    def generator(self, name: str | None = None) -> Generator:
        """The generator of this name, of those in the settings; the first of them without a name.

        Raises: BadRequest if it is none of them; as `wiring.open_generator`.
        """
        known = self._settings.generators
        name = name or known[0]
        if name not in known:
            raise BadRequest(
                f"The generator {name!r} is not set up here.",
                hint=f"Generators here: {', '.join(known)}. Others: SIGHTLINE_GENERATORS.",
            )
        with self._opening:
            model = self._models.get(name)
            if not isinstance(model, Generator):
                _, encoders = self.ready()
                model = wiring.open_generator(name, self._settings, next(iter(encoders.values())))
                self._models[name] = model
            return model

    def reranker(self) -> Reranker | None:
        """The reranker of the settings; None where they name none.

        Raises: as `wiring.open_reranker`.
        """
        with self._opening:
            if self._settings.reranker and self._reranker is None:
                self._reranker = wiring.open_reranker(self._settings.reranker, self._settings)
            return self._reranker

    def captioner(self) -> Captioner | None:
        """The captioner of the settings; None where they name none.

        Raises: as `wiring.open_captioner`.
        """
        name = self._settings.captioner
        if not name:
            return None
        with self._opening:
            model = self._models.get(name)
            if not isinstance(model, Captioner):
                model = wiring.open_captioner(name, self._settings)
                self._models[name] = model
            return model
