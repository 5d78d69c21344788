"""A picture in the form that every model expects: RGB, nothing transparent, not a thread-thin strip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.errors import EncodeFailed

if TYPE_CHECKING:
    from PIL.Image import Image

_THINNEST = 16
"""Sides in a ratio beyond this are cut to it where the model takes the middle square anyway."""


def opaque(image: Image) -> Image:
    """The picture in RGB; what is transparent shows white, as on a page (dropping alpha would show whatever lies below it).

    Raises: EncodeFailed if the picture cannot be decoded.
    """
    from PIL import Image as images

    try:
        if image.mode == "RGB" and "transparency" not in image.info:
            image.load()
            return image
        if not image.has_transparency_data:
            return image.convert("RGB")
        layers = image.convert("RGBA")
    except (OSError, ValueError, SyntaxError) as error:  # Pillow raises each of these for one kind of damage or another
        raise EncodeFailed(
            f"A picture of {image.width} x {image.height} pixels cannot be decoded: {error}.",
            hint="Open it in another program and save it again.",
        ) from error
    return images.alpha_composite(images.new("RGBA", layers.size, "white"), layers).convert("RGB")


def middle(image: Image) -> Image:
    """The middle of a strip thinner than 1:16.

    Scaling the short side of a 1 x 10,000 picture to 224 makes 500 million pixels, of which the model then sees the middle.
    """
    width, height = image.size
    longest = _THINNEST * min(width, height)
    if max(width, height) <= longest:
        return image
    left, top = max(0, (width - longest) // 2), max(0, (height - longest) // 2)
    return image.crop((left, top, left + min(width, longest), top + min(height, longest)))
