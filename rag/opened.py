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
    from rag.late.encoder import LateEncoder
    from rag.store.store import Store

DEFAULT_ENCODERS = ("builtin",)


class Opened:
    """What the settings name, opened."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._opening = threading.RLock()
        self._store: Store | None = None
        self._encoders: dict[str, Encoder] | None = None
        self._late: dict[str, LateEncoder] = {}
        self._reranker: Reranker | None = None
        self._models: dict[str, Generator | Captioner] = {}
        """By name; one that writes answers and captions is loaded once."""

    def close(self) -> None:
        """Let go of the store's files and the models."""
        with self._opening:
            if self._store is not None:
                self._store.close()
            self._store = self._encoders = self._reranker = None
            self._models, self._late = {}, {}

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
                names, late_names = self._names(store)
                encoders = {name: wiring.open_encoder(name, self._settings) for name in names}
                late = {name: wiring.open_late(name, self._settings) for name in late_names}
                fingerprints = [one.fingerprint for one in encoders.values()] + [
                    one.fingerprint for one in late.values()
                ]
                store.expect(fingerprints)
                self._encoders, self._late = encoders, late
            return store, self._encoders

    def late(self) -> Mapping[str, LateEncoder]:
        """The late-interaction model of the store, by name; empty where it has none.

        Raises: as `ready`.
        """
        with self._opening:
            self.ready()
            return self._late

    def _names(self, store: Store) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The encoders, and the late-interaction model: those asked for, else the store's, else the default and none."""
        known = store.catalogue.fingerprints()
        with_late = tuple(name for name, one in known.items() if one.is_late)
        encoders = self._settings.encoders or tuple(name for name in known if name not in with_late) or DEFAULT_ENCODERS
        late = (self._settings.late,) if self._settings.late else with_late
        if known and {*encoders, *late} != set(known):
            from rag.store.store import options_of

            # Before weights are loaded that may not even be here.
            raise ModelMismatch(
                f"The store {store.root} was made with {', '.join(known)}; {', '.join((*encoders, *late))} was asked for.",
                hint=f"Leave --encoder and --late out, name {options_of(known)}, or ingest into another store.",
            )
        return encoders, late

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
