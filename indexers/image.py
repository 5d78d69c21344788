"""Pictures: opened once, safely, and turned into what a viewer shows, upright and in RGB."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps, ImageSequence, UnidentifiedImageError

from indexers.reading import Desk, Limits, Reading
from rag.errors import DamagedFile, FileRefused, FileTooLarge, UnreadablePath, UnsupportedFile
from rag.types import WHOLE_PAGE, Element

Image.init()  # registers every decoder, so that naming one in `formats` finds it
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "DIB", "TIFF", "AVIF")
"""What Pillow may take a file for; its other decoders are never reached."""
LONGEST_SIDE = 4096
"""Pixels; larger pictures are kept smaller, since no encoder and no page shows more."""
FRAMES_LOOKED_AT = 10
"""Of an animation, until one is not blank."""
BLANK_RANGE = 4
"""Grey levels within which a frame counts as blank."""

_DESCRIPTIONS = ("Title", "Description", "Comment", "ImageDescription", "XPTitle")
_EXIF = {270: "description", 271: "camera_make", 272: "camera", 306: "date", 315: "author", 36867: "date"}


def read(path: Path, desk: Desk) -> Reading:
    """Read a picture file: one image element, or one per page of a TIFF.

    Raises: DamagedFile, UnsupportedFile, FileTooLarge.
    """
    with _opened(path, path.name, desk.limits) as image:
        facts = _facts(image)
        n_frames = int(getattr(image, "n_frames", 1))
        kind = image.format or "PNG"
    n_pages = n_frames if kind == "TIFF" else 1
    if n_pages > desk.limits.max_pages:
        raise FileTooLarge(
            f"{path.name} has {n_pages} pages, the limit is {desk.limits.max_pages}.", hint="Raise max_pages."
        )
    if n_frames > 1 and n_pages == 1:
        facts["frames"] = str(n_frames)
    return Reading(
        title=re.sub(r"[_\-]+", " ", path.stem).strip() or path.stem,
        media_type=Image.MIME.get(kind, "image/jpeg"),
        n_pages=n_pages,
        elements=_elements(path, desk, n_pages, facts.get("description", "")),
        metadata=facts,
    )


def _elements(path: Path, desk: Desk, n_pages: int, description: str) -> Iterator[Element]:
    for page in range(1, n_pages + 1):
        with _opened(path, path.name, desk.limits) as image:
            if n_pages > 1:
                image.seek(page - 1)
                _check_pixels(image, path.name, desk.limits)  # each page of a TIFF has a size of its own
            picture = upright(image if n_pages > 1 else _first_not_blank(image))
        words = "\n".join(line.text for line in desk.lines(picture))
        yield Element("image", description, page, WHOLE_PAGE, media=desk.keep(picture), ocr=words)


def open_picture(source: Path | bytes, *, name: str = "", limits: Limits | None = None) -> Image.Image:
    """A picture file, or its bytes, as a viewer shows it: upright, RGB, the first frame that is not blank.

    Raises: DamagedFile, UnsupportedFile, FileTooLarge, UnreadablePath.
    """
    shown = name or (source.name if isinstance(source, Path) else "the picture")
    with _opened(source, shown, limits or Limits()) as image:
        return upright(_first_not_blank(image))


def keep_picture(source: Path | bytes, *, name: str, desk: Desk) -> tuple[str | None, str]:
    """Keep a picture that stands in a document: its hash, and the words in it.

    Returns: (None, "") where it cannot be read: a broken picture never loses the document around it.
    """
    try:
        image = open_picture(source, name=name, limits=desk.limits)
    except FileRefused:
        return None, ""
    return desk.keep(image), "\n".join(line.text for line in desk.lines(image))


def upright(image: Image.Image) -> Image.Image:
    """What a viewer shows of a decoded picture: turned by its EXIF, transparency on white, 8 bits, sRGB, not too large.

    Returns: mode RGB, neither side over `LONGEST_SIDE`.
    """
    profile = image.info.get("icc_profile")
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I") or image.mode == "F":
        image = _by_range(image)
    elif image.mode == "LAB":
        image = (
            ImageCms.profileToProfile(
                image, ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
            or image
        )
    elif image.mode in ("RGB", "CMYK", "L") and isinstance(profile, bytes):
        image = _to_srgb(image, profile)
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        clear = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear)
    image = image.convert("RGB")
    if max(image.size) > LONGEST_SIDE:
        image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), reducing_gap=2.0)
    return image


def _by_range(image: Image.Image) -> Image.Image:
    """16 and 32 bits and floats to 8 bits, by the range that the picture uses, so that nothing is clipped."""
    values = np.nan_to_num(np.asarray(image, dtype=np.float64), posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    if high <= low:
        level = 255 if high > 255 else max(0, int(high))
        return Image.new("L", image.size, level)
    return Image.fromarray(((values - low) * (255.0 / (high - low))).astype(np.uint8))


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image  # a profile that does not fit its picture: viewers ignore it too
    return converted or image


def _first_not_blank(image: Image.Image) -> Image.Image:
    n_frames = int(getattr(image, "n_frames", 1))
    if n_frames <= 1:
        return image
    for at, frame in enumerate(ImageSequence.Iterator(image)):
        low, high = frame.convert("L").getextrema()
        if isinstance(low, int | float) and isinstance(high, int | float) and high - low > BLANK_RANGE:
            return frame.copy()
        if at + 1 >= FRAMES_LOOKED_AT:
            break
    image.seek(0)
    return image


@contextmanager
def _opened(source: Path | bytes, name: str, limits: Limits) -> Iterator[Image.Image]:
    """A picture whose size was checked before anything is decoded; a failure inside the block is the file's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # oddities of metadata; what matters raises
        try:
            with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source, formats=FORMATS) as image:
                _check_pixels(image, name, limits)
                if image.format == "JPEG":
                    image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
                yield image
        except (FileRefused, MemoryError):
            raise
        except Image.DecompressionBombError as error:
            raise FileTooLarge(
                f"{name} is larger once decoded than any picture may be.", hint="Make it smaller."
            ) from error
        except UnidentifiedImageError as error:
            raise UnsupportedFile(
                f"{name} holds no picture of a known kind.", hint=f"Known: {', '.join(FORMATS)}."
            ) from error
        except (FileNotFoundError, PermissionError, IsADirectoryError) as error:
            raise UnreadablePath(
                f"{name} cannot be opened: {error}.", hint="Check the path and its permissions."
            ) from error
        except (
            Exception
        ) as error:  # decoders raise nearly everything on damaged bytes: OSError, ValueError, struct.error …
            raise DamagedFile(
                f"{name} cannot be decoded: {type(error).__name__}: {error}.", hint="Save it anew with another program."
            ) from error


def _check_pixels(image: Image.Image, name: str, limits: Limits) -> None:
    width, height = image.size
    if width * height > limits.max_pixels:
        raise FileTooLarge(
            f"{name} has {width} x {height} pixels, the limit is {limits.max_pixels}.",
            hint="Raise max_pixels, or make the picture smaller.",
        )


def _facts(image: Image.Image) -> dict[str, str]:
    """What the file says of itself, as strings."""
    facts = {"width": str(image.width), "height": str(image.height)}
    exif: Mapping[int, object] = {}
    try:
        found = image.getexif()
        exif = {**found, **found.get_ifd(0x8769)}
    except (OSError, ValueError, SyntaxError, KeyError, TypeError):
        pass  # broken EXIF is no reason to lose the picture
    for tag, name in _EXIF.items():
        if text := _clean(exif.get(tag)):
            facts[name] = text
    for key in _DESCRIPTIONS:
        if text := _clean(image.info.get(key)):
            facts.setdefault("description", text)
    return facts


def _clean(value: object) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return " ".join(value.replace("\x00", " ").split())[:1000] if isinstance(value, str) else ""
