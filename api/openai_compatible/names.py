"""The names of models: `sightline`, then `/COLLECTION` to ask in one only, then `@GENERATOR` to say who answers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from api.errors import HttpError

PLAIN = "sightline"
_NAME = re.compile(rf"{PLAIN}(?:/([^/@]+))?(?:@(.+))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Model:
    """What is asked under a name; None leaves it to the service, or to the collection."""

    collection: str | None = None
    generator: str | None = None

    @property
    def name(self) -> str:
        """As clients know it."""
        where = "" if self.collection is None else f"/{self.collection}"
        who = "" if self.generator is None else f"@{self.generator}"
        return f"{PLAIN}{where}{who}"


def every_model(collections: Sequence[str], generators: Sequence[str]) -> list[Model]:
    """All that can be asked: everywhere and in each collection, by whoever answers there and, of several, by each generator."""
    who = [None, *generators] if len(generators) > 1 else [None]
    return [Model(collection, generator) for collection in (None, *collections) for generator in who]


def model_named(name: str, generators: Sequence[str]) -> Model:
    """The model of a name. Whether there is such a collection is found out where it is asked.

    Raises: HttpError `unknown_model` if it is no such name, or the generator is not set up.
    """
    found = _NAME.fullmatch(name)
    if found is None or (found[2] is not None and found[2] not in generators):
        raise unknown(name, generators)
    return Model(found[1], found[2])


def unknown(name: str, generators: Sequence[str]) -> HttpError:
    """The error for a name that is no model's."""
    return HttpError(
        "unknown_model",
        f"There is no model {name[:80]!r}.",
        hint=f"Take {PLAIN}, {PLAIN}/COLLECTION or {PLAIN}@GENERATOR with one of {', '.join(generators)};"
        " GET /v1/models lists them.",
    )
