"""Picture files: what a viewer shows of them, safely."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw

from indexers.image import LONGEST_SIDE, keep_picture, open_picture, upright
from indexers.reading import Limits
from indexers.worker import Work, WorkerDesk
from rag.errors import DamagedFile, FileTooLarge, UnreadablePath, UnsupportedFile
from rag.types import WHOLE_PAGE
from tests.desk import Shelf, colour

SIZE = (48, 32)


def plain(name: str = "red", mode: str = "RGB") -> Image.Image:
    return Image.new(mode, SIZE, name)


def corners(image: Image.Image) -> list[str]:
    """Colours near the corners: top left, top right, bottom left, bottom right."""
    return [colour(image, x=x, y=y) for y in (0.1, 0.9) for x in (0.1, 0.9)]


def four_colours() -> Image.Image:
    image = Image.new("RGB", SIZE)
    draw = ImageDraw.Draw(image)
    for at, name in enumerate(("red", "green", "blue", "yellow")):
        x, y = 24 * (at % 2), 16 * (at // 2)
        draw.rectangle((x, y, x + 23, y + 15), fill=name)
    return image


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    written = io.BytesIO()
    image.save(written, kind, **options)
    return written.getvalue()


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("lamp.png", "image/png"),
        ("lamp.jpg", "image/jpeg"),
        ("lamp.JPEG", "image/jpeg"),
        ("lamp.webp", "image/webp"),
        ("lamp.gif", "image/gif"),
        ("lamp.bmp", "image/bmp"),
        ("lamp.tif", "image/tiff"),
        ("lamp.avif", "image/avif"),
    ],
)
def test_every_kind_of_picture_is_read(shelf: Shelf, name: str, media_type: str) -> None:
    reading, (element,) = shelf.read(shelf.put(name, plain()))
    assert (reading.media_type, reading.n_pages, reading.title) == (media_type, 1, "lamp")
    assert (reading.metadata["width"], reading.metadata["height"]) == ("48", "32")
    assert (element.modality, element.page, element.box, element.text) == ("image", 1, WHOLE_PAGE, "")
    assert colour(shelf.picture(element)) == "red"


UPRIGHT = ("red", "green", "blue", "yellow")
TURN_BACK = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""How a camera stores an upright scene for each orientation: the inverse of what a viewer does."""


@pytest.mark.parametrize("orientation", TURN_BACK)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_stands_upright_whatever_its_exif_says(orientation: int, kind: str) -> None:
    turn = TURN_BACK[orientation]
    scene = four_colours()
    stored = scene if turn is None else scene.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    shown = open_picture(saved(stored, kind, exif=exif))
    assert (shown.size, tuple(corners(shown))) == (SIZE, UPRIGHT)


def test_what_exif_tells_becomes_text_and_facts(shelf: Shelf) -> None:
    exif = Image.Exif()
    exif[0x010E] = "The lamp\x00 by night"
    exif[0x0110] = "Camera One"
    reading, (element,) = shelf.read(shelf.put("a_lamp-2.jpg", saved(plain(), "JPEG", exif=exif)))
    assert element.text == reading.metadata["description"] == "The lamp by night"
    assert (reading.metadata["camera"], reading.title) == ("Camera One", "a lamp 2")


def test_broken_exif_does_not_lose_the_picture(shelf: Shelf) -> None:
    _, (element,) = shelf.read(
        shelf.put("lamp.jpg", saved(plain(), "JPEG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff"))
    )
    assert colour(shelf.picture(element)) == "red"


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_what_is_clear_shows_white(kind: str) -> None:
    image = Image.new("RGBA", SIZE, (0, 0, 0, 0))
    image.paste((255, 0, 0, 255), (0, 0, 24, 32))
    shown = open_picture(saved(image, kind, **({"lossless": True} if kind == "WEBP" else {})))
    assert (shown.mode, corners(shown)[:2]) == ("RGB", ["red", "white"])


def test_half_clear_black_is_grey() -> None:
    assert colour(open_picture(saved(Image.new("LA", SIZE, (0, 128)), "PNG"))) == "grey"


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_a_clear_colour_of_a_palette_shows_white(kind: str) -> None:
    image = Image.new("P", SIZE, 0)
    image.putpalette([0, 0, 0, 0, 0, 255])
    image.paste(1, (0, 0, 24, 32))
    assert corners(open_picture(saved(image, kind, transparency=0)))[:2] == ["blue", "white"]


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_the_colours_of_a_printers_picture_are_those_of_a_screen(kind: str) -> None:
    image = Image.merge("CMYK", [Image.new("L", SIZE, level) for level in (0, 255, 255, 0)])
    shown = open_picture(saved(image, kind))
    assert (shown.mode, colour(shown)) == ("RGB", "red")


@pytest.mark.parametrize("mode", ["1", "L", "P"])
def test_few_colours_are_enough(mode: str) -> None:
    assert corners(open_picture(saved(four_colours().convert(mode), "PNG")))[3] in ("yellow", "white", "grey")


def levels(kind: type[np.generic], low: float, high: float) -> Image.Image:
    values = np.full((32, 48), low, dtype=kind)
    values[:, 24:] = high
    return Image.fromarray(values)


@pytest.mark.parametrize(
    ("kind", "low", "high", "as_file"),
    [
        (np.uint16, 0, 65535, "PNG"),
        (np.uint16, 100, 4000, "TIFF"),
        (np.float32, 0.0, 1.0, "TIFF"),
        (np.float32, -5.0, 1e30, "TIFF"),
        (np.int32, -70000, 70000, "TIFF"),
    ],
)
def test_deep_pictures_are_shown_by_the_range_that_they_use(
    kind: type[np.generic], low: float, high: float, as_file: str
) -> None:
    assert corners(open_picture(saved(levels(kind, low, high), as_file)))[:2] == ["black", "white"]


def test_what_is_no_number_is_shown_dark() -> None:
    image = levels(np.float32, float("nan"), 1.0)
    assert corners(open_picture(saved(image, "TIFF")))[:2] == ["black", "white"]


@pytest.mark.parametrize(("level", "shown"), [(0, "black"), (65535, "white")])
def test_a_deep_picture_of_one_level_keeps_it(level: int, shown: str) -> None:
    assert colour(open_picture(saved(levels(np.uint16, level, level), "PNG"))) == shown


@pytest.mark.parametrize(("name", "kind"), [("lamp.gif", "GIF"), ("lamp.webp", "WEBP"), ("lamp.png", "PNG")])
def test_an_animation_is_its_first_frame_with_something_on_it(shelf: Shelf, name: str, kind: str) -> None:
    frames = [plain("white"), four_colours(), plain("black")]
    path = shelf.put(name, saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=50, lossless=True))
    reading, (element,) = shelf.read(path)
    assert (reading.metadata["frames"], reading.n_pages) == ("3", 1)
    assert corners(shelf.picture(element))[0] == "red"


def test_an_animation_of_blank_frames_is_its_first(shelf: Shelf) -> None:
    frames = [plain("red"), plain("blue")]
    _, (element,) = shelf.read(shelf.put("lamp.gif", saved(frames[0], "GIF", save_all=True, append_images=frames[1:])))
    assert colour(shelf.picture(element)) == "red"


def test_each_page_of_a_tiff_is_an_element(shelf: Shelf) -> None:
    pages = [plain("red"), plain("blue"), Image.new("L", (10, 90), 255)]
    reading, elements = shelf.read(
        shelf.put("fax.tiff", saved(pages[0], "TIFF", save_all=True, append_images=pages[1:]))
    )
    assert reading.n_pages == 3
    assert [(one.page, colour(shelf.picture(one))) for one in elements] == [(1, "red"), (2, "blue"), (3, "white")]


def test_a_tiff_of_too_many_pages_is_refused(shelf: Shelf) -> None:
    pages = [plain()] * 3
    path = shelf.put("fax.tif", saved(pages[0], "TIFF", save_all=True, append_images=pages[1:]))
    with pytest.raises(FileTooLarge, match="3 pages"):
        Shelf(shelf.folder, Limits(max_pages=2)).read(path)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP", "AVIF"])
def test_a_picture_over_the_limit_is_refused_before_it_is_decoded(kind: str) -> None:
    with pytest.raises(FileTooLarge, match="48 x 32"):
        open_picture(saved(plain(), kind), name="lamp", limits=Limits(max_pixels=1000))


def test_a_later_page_of_a_tiff_over_the_limit_is_refused_too(shelf: Shelf) -> None:
    large = Image.new("L", (200, 200))
    path = shelf.put("fax.tif", saved(plain(), "TIFF", save_all=True, append_images=[large]))
    with pytest.raises(FileTooLarge, match="200 x 200"):
        Shelf(shelf.folder, Limits(max_pixels=10_000)).read(path)


def test_a_bomb_of_a_few_bytes_is_refused() -> None:
    def part(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = part(b"IHDR", struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0))
    data = b"\x89PNG\r\n\x1a\n" + head + part(b"IDAT", zlib.compress(bytes(1000))) + part(b"IEND", b"")
    with pytest.raises(FileTooLarge):
        open_picture(data)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP", "AVIF"])
def test_a_picture_that_breaks_off_is_refused(kind: str) -> None:
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    whole = saved(noise, kind)
    with pytest.raises((DamagedFile, UnsupportedFile)) as refused:
        open_picture(whole[: len(whole) // 2], name="lamp")
    assert "lamp" in str(refused.value)
    assert refused.value.hint


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:8],
        lambda data: data[:20] + bytes(40) + data[60:],
        lambda data: b"",
        lambda data: b"lamp",
        lambda data: b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        lambda data: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    ],
)
def test_what_is_no_picture_is_refused(damage: Callable[[bytes], bytes]) -> None:
    with pytest.raises((DamagedFile, UnsupportedFile)):
        open_picture(damage(saved(four_colours(), "PNG")))


def test_a_picture_that_is_not_there_is_refused(shelf: Shelf) -> None:
    with pytest.raises(UnreadablePath):
        open_picture(shelf.folder / "gone.png")
    with pytest.raises(UnreadablePath):
        open_picture(shelf.folder)


def test_one_pixel_is_a_picture(shelf: Shelf) -> None:
    _, (element,) = shelf.read(shelf.put("lamp.png", Image.new("RGB", (1, 1), "blue")))
    assert (shelf.picture(element).size, colour(shelf.picture(element))) == ((1, 1), "blue")


def test_a_picture_with_the_ending_of_another_kind_is_read_as_what_it_is(shelf: Shelf) -> None:
    reading, (element,) = shelf.read(shelf.put("lamp.png", saved(plain(), "WEBP", lossless=True)))
    assert (reading.media_type, colour(shelf.picture(element))) == ("image/webp", "red")


@pytest.mark.parametrize(("size", "kept"), [((5000, 20), (LONGEST_SIDE, 16)), ((20, 5000), (16, LONGEST_SIDE))])
def test_a_very_large_picture_is_kept_smaller(size: tuple[int, int], kept: tuple[int, int]) -> None:
    assert upright(Image.new("RGB", size)).size == kept


def test_the_same_pixels_have_the_same_hash(shelf: Shelf) -> None:
    _, (first,) = shelf.read(shelf.put("a.png", four_colours()))
    _, (other,) = shelf.read(shelf.put("b.bmp", four_colours()))
    assert first.media == other.media


def test_a_profile_that_does_not_fit_is_ignored() -> None:
    assert colour(open_picture(saved(plain(), "PNG", icc_profile=b"no profile"))) == "red"


def test_a_broken_picture_in_a_document_is_no_picture_and_no_error(shelf: Shelf) -> None:
    desk = WorkerDesk(Work(media=shelf.folder, ocr=False, limits=Limits()))
    assert keep_picture(b"no picture", name="lamp", desk=desk) == (None, "")
    media, words = keep_picture(saved(plain(), "PNG"), name="lamp", desk=desk)
    assert (media is not None, words) == (True, "")
