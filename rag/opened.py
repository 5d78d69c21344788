"""A store and the models that go with it, each opened once, when it is first needed. Safe for threads."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rag import wiring
from rag.errors import BadRequest, ModelMismatch
from rag.protocols import Captioner, Encoder, Fingerprint, Generator, Reranker
from rag.settings import Settings
from rag.stages import HeardEncoder, Stages

if TYPE_CHECKING:
    from rag.late.encoder import LateEncoder
    from rag.store.store import Store

DEFAULT_ENCODERS = ("builtin",)


class Opened:
    """What the settings name, opened."""

    def __init__(self, settings: Settings, stages: Stages | None = None) -> None:
        self._settings = settings
        self._stages = stages or Stages()
        self._opening = threading.RLock()
        self._store: Store | None = None
        self._encoders: dict[str, Encoder] | None = None
        self._late: dict[str, LateEncoder] = {}
        self._before: dict[str, Encoder] = {}
        """The encoders of a store that was made anew: those that stay need not be loaded again."""
        self._left: list[Store] = []
        """Stores as they were before they were made anew, for the searches that still run on them."""
        self._reranker: Reranker | None = None
        self._models: dict[str, Generator | Captioner] = {}
        """By name; one that writes answers and captions is loaded once."""

    def close(self) -> None:
        """Let go of the store's files and the models."""
        with self._opening:
            for store in [*self._left, *([self._store] if self._store else [])]:
                store.close()
            self._left, self._before = [], {}
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
        """The store and its encoders, checked against each other; those of now, where a reindex changed them.

        Raises: as `store`; ModelMismatch if the store was made with others; ModelNotFound, WeightsDamaged.
        """
        with self._opening:
            if self._store is not None and self._encoders is not None and self._store.is_made_anew():
                self._let_go()
            store = self.store(create=create)
            while self._encoders is None:
                names, late_names = self._names(store)
                encoders = self._open(names, store.catalogue.fingerprints())
                late = {name: wiring.open_late(name, self._settings) for name in late_names}
                try:
                    store.expect(
                        [one.fingerprint for one in encoders.values()] + [one.fingerprint for one in late.values()]
                    )
                except ModelMismatch:
                    if set(store.catalogue.fingerprints()) == {*names, *late_names}:
                        raise
                    continue  # a reindex ended while the models were loaded
                self._encoders, self._late, self._before = encoders, late, {}
            return store, self._encoders

    def late(self) -> Mapping[str, LateEncoder]:
        """The late-interaction model of the store, by name; empty where it has none.

        Raises: as `ready`.
        """
        with self._opening:
            self.ready()
            return self._late

    def _open(self, names: Sequence[str], known: Mapping[str, Fingerprint]) -> dict[str, Encoder]:
        """The encoders of these names: those that are open and still fit what is known of them, the others loaded."""
        fitting = {name: one for name, one in self._before.items() if known.get(name) == one.fingerprint}
        return {name: fitting.get(name) or self._open_one(name) for name in names}

    def _open_one(self, name: str) -> Encoder:
        return HeardEncoder(wiring.open_encoder(name, self._settings), self._stages)

    def _let_go(self) -> None:
        """Leave the store as it was to the searches that still run on it."""
        for store in self._left:  # from before the last time: nobody searches as long as that
            store.close()
        self._left = [] if self._store is None else [self._store]
        self._before = self._encoders or {}
        self._store = self._encoders = None
        self._models.pop("extractive", None)  # compares sentences with an encoder of before

    def reindexing(self, names: Sequence[str]) -> tuple[Store, Mapping[str, Encoder]]:
        """The store, opened apart, and the encoders of these names, to make it with; those that are open are taken.

        Raises: as `store`; ModelNotFound, WeightsDamaged, BadSetting.
        """
        from rag.store.store import Store

        store = Store(self._settings.store.expanduser())
        with self._opening:
            open_now = self._encoders or {}
        try:
            encoders = {name: open_now.get(name) or self._open_one(name) for name in names}
        except BaseException:
            store.close()
            raise
        return store, encoders

    def made_with(self, names: Sequence[str]) -> None:
        """Expect these encoders from now on, in place of those of the settings."""
        with self._opening:
            self._settings = self._settings.model_copy(update={"encoders": tuple(names)})

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
                hint=f"Leave --encoder and --late out, or name {options_of(known)}; or {_other_way(encoders, known)}.",
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


def _other_way(encoders: Sequence[str], known: Mapping[str, Fingerprint]) -> str:
    """What else to do where a store was made with others: only its encoders can be exchanged."""
    if set(encoders) == {name for name, one in known.items() if not one.is_late}:
        return "ingest into another store"
    return f"make the store anew: sightline reindex --encoder {','.join(encoders)}"
