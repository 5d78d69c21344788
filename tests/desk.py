"""What a reader is given to work with, as in the reading process, and what it made of a file."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from PIL import Image

from indexers.chunk import chunk
from indexers.readers import choose
from indexers.reading import Limits, Reading
from indexers.worker import Work, WorkerDesk
from rag.store.media import MediaStore
from rag.types import Element


@dataclass(frozen=True, slots=True)
class Shelf:
    """A folder with files to read, and the media store beside it."""

    folder: Path
    """Where files to read are laid; the media store lies beside it."""
    limits: Limits = field(default_factory=Limits)

    def put(self, name: str, contents: str | bytes | Image.Image) -> Path:
        """Lay down a file, in a folder below where the name says so."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(contents, Image.Image):
            contents.save(path)
        else:
            path.write_bytes(contents.encode() if isinstance(contents, str) else contents)
        return path

    def read(self, path: Path) -> tuple[Reading, list[Element]]:
        """A file, read by the reader that is chosen for it."""
        desk = WorkerDesk(Work(media=self._media, ocr=False, limits=self.limits))
        desk.root = self.folder
        reading = choose(path, self.limits)(path, desk)
        elements = list(reading.elements)
        return replace(reading, elements=iter(elements)), elements

    def passages(self, path: Path) -> list[Element]:
        """A file, read and chunked."""
        return list(chunk(self.read(path)[1]))

    def picture(self, element: Element) -> Image.Image:
        """The picture that was kept of an element."""
        assert element.media is not None
        return MediaStore(self._media).open_image(element.media)

    @property
    def _media(self) -> Path:
        return self.folder.parent / f"{self.folder.name}-media"


def colour(image: Image.Image, *, x: float = 0.5, y: float = 0.5) -> str:
    """The nearest colour word at a place of a picture, given as fractions of it."""
    words = {
        "black": (0, 0, 0),
        "white": (255, 255, 255),
        "red": (255, 0, 0),
        "green": (0, 128, 0),
        "blue": (0, 0, 255),
        "yellow": (255, 255, 0),
        "grey": (128, 128, 128),
    }
    found = image.convert("RGB").getpixel((int(x * (image.width - 1)), int(y * (image.height - 1))))
    assert isinstance(found, tuple)
    return min(words, key=lambda word: sum((a - b) ** 2 for a, b in zip(words[word], found, strict=True)))
