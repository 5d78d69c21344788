"""A folder being filled with hostile documents, each about a thing of its own (`Bakosin`), so that a question finds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.hostile.injection.contents import Content

SYLLABLES = ("ba", "ko", "ri", "du", "me", "sa", "lo", "ti", "nu", "ve")
ENDINGS = ("sin", "dor", "lak", "men", "tor", "vik", "gon", "pel", "ras", "zum")


def topic_of(number: int) -> str:
    """A name that no other payload has: `Bakosin`."""
    first, second, third = number // 100 % 10, number // 10 % 10, number % 10
    return (
        f"{SYLLABLES[second]}{SYLLABLES[(second + third + 1) % 10]}{ENDINGS[third]}{'' if not first else 'en'}".title()
    )


@dataclass(frozen=True, slots=True)
class Payload:
    """A hostile file in the library."""

    name: str
    source: str
    topic: str
    planted: tuple[int, ...] = ()
    reaches: bool = True
    """Whether its words are to be found: what no reader shows a person, such as a script, never comes that far."""

    @property
    def question(self) -> str:
        return f"What is the height of the {self.topic}?"


class Library:
    """Files being laid into a folder."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder = folder
        self.address = address
        self.payloads: list[Payload] = []

    def lay(
        self,
        name: str,
        write: Callable[[Path, str], None],
        *,
        ending: str = "",
        source: str = "",
        planted: tuple[int, ...] = (),
        reaches: bool = True,
    ) -> None:
        """Lay one file, written by `write(path, topic)`; `source` where the name of the file is the payload."""
        topic = topic_of(len(self.payloads))
        source = source.replace("{topic}", topic) or f"{name}.{ending}"
        path = self.folder / source
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, topic)
        self.payloads.append(Payload(name, source, topic, planted, reaches))

    def filled(self, template: str, topic: str) -> str:
        return Content(template).about(topic, self.address)
