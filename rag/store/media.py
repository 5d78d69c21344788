"""Pictures and kept originals, each file under the sha256 of its own bytes."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import UnknownMedia

if TYPE_CHECKING:
    from PIL.Image import Image

JPEG_QUALITY = 92
"""With full colour resolution: thin coloured lines of charts survive, and writing costs a tenth of WebP or PNG."""


class MediaStore:
    """Content-addressed files below one folder, written whole or not at all."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put_bytes(self, data: bytes, *, suffix: str) -> str:
        """Keep bytes, durably, before this returns.

        Returns: their sha256, hex. The same bytes are written once.
        """
        digest = hashlib.sha256(data).hexdigest()
        target = self._root / digest[:2] / f"{digest}{suffix}"
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            unfinished = self._root / f"unfinished-{secrets.token_hex(8)}"
            with unfinished.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(target)
        return digest

    def put_image(self, image: Image) -> str:
        """Keep a picture as JPEG; transparency is laid on white.

        Returns: the sha256 of the written bytes, hex; the same pixels give the same hash.
        """
        from PIL import Image as images

        if image.mode in ("RGBA", "LA", "PA"):
            ground = images.new("RGBA", image.size, "white")
            image = images.alpha_composite(ground, image.convert("RGBA"))
        written = io.BytesIO()
        image.convert("RGB").save(written, "JPEG", quality=JPEG_QUALITY, subsampling=0)
        return self.put_bytes(written.getvalue(), suffix=".jpg")

    def path(self, digest: str) -> Path:
        """The file under a hash.

        Raises: UnknownMedia if there is none.
        """
        if len(digest) == 64 and digest.isalnum():
            for path in (self._root / digest[:2]).glob(f"{digest}.*"):
                return path
        raise UnknownMedia(
            f"No picture goes by the hash {digest[:80]!r}.",
            hint="Hashes come with search results, in the field `media`.",
        )

    def open_image(self, digest: str) -> Image:
        """A kept picture, decoded.

        Raises: UnknownMedia if there is none.
        """
        from PIL import Image as images

        with images.open(self.path(digest)) as image:
            return image.convert("RGB")

    def size(self, digest: str) -> tuple[int, int]:
        """Width and height of a kept picture in pixels, without decoding it.

        Raises: UnknownMedia if there is none.
        """
        from PIL import Image as images

        with images.open(self.path(digest)) as image:
            return image.size

    def digests(self) -> Iterator[str]:
        """Every hash that is kept."""
        for path in self.files():
            yield path.stem

    def files(self) -> Iterator[Path]:
        """Every file that is kept, named by its hash and its ending."""
        yield from self._root.glob("??/*")

    def remove(self, digest: str) -> None:
        """Drop a file; a hash that is not there is ignored."""
        with contextlib.suppress(UnknownMedia):
            self.path(digest).unlink(missing_ok=True)

    def remove_unfinished(self) -> None:
        """Drop what a killed process left half written."""
        for path in self._root.glob("unfinished-*"):
            path.unlink(missing_ok=True)
