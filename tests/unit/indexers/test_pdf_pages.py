"""Pages of a PDF as a viewer shows them: turned, cropped, scanned; and files that cannot be read, or only in part."""

# mypy: disallow-untyped-calls=False

from __future__ import annotations

import random
from pathlib import Path

import pymupdf
import pytest
from PIL import Image, ImageChops, ImageStat

from indexers.ocr import available
from indexers.pdf import read, render_page
from indexers.reading import Limits
from rag.errors import BadRequest, DamagedFile, EmptyFile, EncryptedFile, FileRefused, FileTooLarge
from rag.types import WHOLE_PAGE, Box, Element
from tests.drawn_pdf import Drawing, Sheet, desk, overlap, prose, read_all

ROWS = (("Harbour", "Ships", "Lamps"), ("North", "12", "40"), ("South", "9", "31"), ("East", "7", "22"))


def everything(sheet: Sheet, *, by: tuple[float, float] = (0.0, 0.0)) -> list[tuple[str, Box]]:
    """Draw a heading, a paragraph, a chart, a picture and a table. Returns: kind and box of each, in order."""
    chance = random.Random(11)
    x, y = 60 + by[0], 70 + by[1]
    return [
        ("text", sheet.text(x, y, 440, "Lanterns of the harbour", size=18, name="hebo")[0]),
        ("text", sheet.text(x, y + 40, 440, prose(chance, 50))[0]),
        ("image", sheet.bars((x + 20, y + 130, x + 320, y + 260))),
        ("image", sheet.picture((x, y + 310, x + 200, y + 430))),
        ("table", sheet.ruled_table(x, y + 470, (120, 80, 80), ROWS).box),
    ]


def found(elements: list[Element], page: int = 1) -> list[Element]:
    return [element for element in elements if element.page == page and element.modality != "page"]


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of two pictures' pixels, 0..255."""
    assert one.size == other.size
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3


def assert_found(elements: list[Element], truth: list[tuple[str, Box]]) -> None:
    assert [element.modality for element in elements] == [kind for kind, _ in truth]
    assert min(overlap(element.box, box) for element, (_, box) in zip(elements, truth, strict=True)) >= 0.9


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_turned_page_is_read_as_it_is_shown(tmp_path: Path, degrees: int) -> None:
    drawing = Drawing()
    truth = everything(drawing.sheet())
    everything(drawing.sheet())
    drawing.turn(1, degrees)
    elements = drawing.read(tmp_path)
    assert_found(found(elements), truth)
    assert [element.text for element in found(elements)] == [element.text for element in found(elements, 2)]


@pytest.mark.parametrize(("degrees", "by_viewer"), [(90, True), (180, True), (270, True), (90, False)])
def test_a_page_shown_sideways_is_read_in_the_direction_of_its_text(
    tmp_path: Path, degrees: int, by_viewer: bool
) -> None:
    """Whether /Rotate lays it on its side or it was printed so: the words are the same, the boxes are of what is shown."""
    drawing = Drawing()
    truth = everything(drawing.sheet())
    everything(drawing.sheet())
    if by_viewer:
        drawing.file[0].set_rotation(degrees)
    else:
        drawing.turn(1, 360 - degrees)
        drawing.file[0].set_rotation(0)
    elements = drawing.read(tmp_path)
    shown = []
    for kind, (x0, y0, x1, y1) in truth:
        turned = {90: (1 - y1, x0, 1 - y0, x1), 180: (1 - x1, 1 - y1, 1 - x0, 1 - y0), 270: (y0, 1 - x1, y1, 1 - x0)}
        shown.append((kind, turned[degrees]))
    assert_found(found(elements), shown)
    straight = found(elements, 2)
    assert [element.text for element in found(elements)] == [element.text for element in straight]
    for one, other in zip(found(elements), straight, strict=True):
        assert len(one.spans) == len(other.spans)


SHEET, CROP = (900.0, 1100.0), (120.0, 150.0, 720.0, 950.0)


def cropped(degrees: int, origin: tuple[int, int]) -> tuple[Drawing, list[tuple[str, Box]]]:
    """A sheet whose lower left corner has some coordinates, turned and cropped; and the truth of what is shown of it."""
    drawing = Drawing()
    sheet = drawing.sheet(SHEET)
    left, top, right, bottom = CROP
    sheet.text(40, 60, 800, "Printer's marks that nobody sees, with a colour bar")
    sheet.text(740, 600, 150, "Trimmed off at the right")
    drawn = everything(sheet, by=(left, top))
    if degrees:
        drawing.turn(1, degrees)
    page = drawing.file[0]
    seen = (pymupdf.Rect(CROP) * page.derotation_matrix).normalize()
    drawing.move_origin(1, *origin)
    page = drawing.file[0]
    page.set_cropbox(seen + pymupdf.Rect(origin[0], 0, origin[0], 0))
    width, height = right - left, bottom - top
    truth = []
    for kind, (x0, y0, x1, y1) in drawn:
        xs, ys = ((x * SHEET[0] - left) / width for x in (x0, x1)), ((y * SHEET[1] - top) / height for y in (y0, y1))
        truth.append((kind, (*xs, *ys)))
    return drawing, [(kind, (x0, y0, x1, y1)) for kind, (x0, x1, y0, y1) in truth]


@pytest.mark.parametrize("origin", [(0, 0), (200, -300)])
@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_cropped_page_is_read_as_it_is_shown(tmp_path: Path, degrees: int, origin: tuple[int, int]) -> None:
    """What lies outside the crop is not read, and boxes count from the crop's corner."""
    drawing, truth = cropped(degrees, origin)
    straight, _ = cropped(0, (0, 0))
    shown = render_page(drawing.save(tmp_path / "turned.pdf"), 1, dpi=72)
    assert difference(shown, render_page(straight.save(tmp_path / "straight.pdf"), 1, dpi=72)) < 1
    elements = drawing.read(tmp_path)
    assert_found(found(elements), truth)
    assert "Printer" not in elements[-1].text
    assert "Trimmed" not in elements[-1].text


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_page_whose_coordinates_begin_elsewhere_is_read_as_it_is_shown(tmp_path: Path, degrees: int) -> None:
    drawing = Drawing()
    truth = everything(drawing.sheet())
    if degrees:
        drawing.turn(1, degrees)
    drawing.move_origin(1, 200, -300)
    assert_found(found(drawing.read(tmp_path)), truth)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_page_picture_and_a_figures_picture_are_upright(tmp_path: Path, degrees: int) -> None:
    drawing = Drawing()
    for _ in range(2):
        everything(drawing.sheet())
    drawing.turn(1, degrees)
    path = drawing.save(tmp_path / "turned.pdf")
    turned, straight = render_page(path, 1, dpi=72), render_page(path, 2, dpi=72)
    assert straight.size == (595, 842)
    assert difference(turned, straight) < 3
    on = desk(tmp_path)
    elements = list(read(path, on).elements)
    pictures: list[list[Image.Image]] = []
    for page in (1, 2):
        images = [element for element in found(elements, page) if element.modality == "image"]
        pictures.append([_kept(tmp_path, image) for image in images])
    assert len(pictures[0]) == len(pictures[1]) == 2
    for one, other in zip(*pictures, strict=True):
        assert difference(one.resize(other.size), other) < 10


def _kept(folder: Path, element: Element) -> Image.Image:
    from rag.store.media import MediaStore

    assert element.media is not None
    return MediaStore(folder / "media").open_image(element.media).convert("RGB")


def test_a_page_picture_has_the_resolution_that_was_asked_for_and_a_bound(tmp_path: Path) -> None:
    drawing = Drawing()
    drawing.sheet((144.0, 288.0))
    drawing.sheet((14_400.0, 14_400.0))
    path = drawing.save(tmp_path / "large.pdf")
    assert render_page(path, 1, dpi=150).size == (300, 600)
    width, height = render_page(path, 2, dpi=150).size
    assert width * height <= 40_500_000


@pytest.mark.parametrize("page", [0, -1, 2])
def test_a_page_that_is_not_there_is_named(tmp_path: Path, page: int) -> None:
    drawing = Drawing()
    drawing.sheet()
    with pytest.raises(BadRequest, match=f"no page {page}") as caught:
        render_page(drawing.save(tmp_path / "one.pdf"), page)
    assert "1 to 1" in caught.value.hint


SCANNED = ("The lanterns of the harbour are lit", "when the evening ferry comes home.")


def scanned(drawing: Drawing) -> list[Box]:
    """A page that holds but a picture of text. Returns: the boxes of its lines."""
    paper = Drawing()
    sheet = paper.sheet()
    boxes = [sheet.line(80, 200 + 30 * at, text, size=18) for at, text in enumerate(SCANNED)]
    picture = paper.file[0].get_pixmap(dpi=150).tobytes("png")
    drawing.sheet().page.insert_image((0, 0, 595, 842), stream=picture)
    return boxes


@pytest.mark.skipif(not available(), reason="the extra `ocr` is not installed")
@pytest.mark.parametrize("degrees", [90])
def test_a_scanned_page_is_kept_as_a_picture_and_read_by_ocr(tmp_path: Path, degrees: int) -> None:
    drawing = Drawing()
    boxes = scanned(drawing)
    if degrees:
        drawing.turn(1, degrees)
    *texts, page = drawing.read(tmp_path, ocr=True)
    assert page.modality == "page"
    assert page.origin == "ocr"
    assert page.text == "\n".join(SCANNED)
    assert _kept(tmp_path, page).size == (1240, 1755)
    assert [text.origin for text in texts] == ["ocr"] * len(texts)
    spans = [(text.text[span.start : span.end], span.box) for text in texts for span in text.spans]
    assert [text for text, _ in spans] == list(SCANNED)
    # OCR draws its boxes around the ink, with air of its own.
    assert min(overlap(one, other) for (_, one), other in zip(spans, boxes, strict=True)) >= 0.5


def test_without_ocr_a_scanned_page_is_still_kept_as_a_picture(tmp_path: Path) -> None:
    drawing = Drawing()
    scanned(drawing)
    on = desk(tmp_path)
    (page,) = read(drawing.save(tmp_path / "scan.pdf"), on).elements
    assert (page.modality, page.text, page.box, page.origin) == ("page", "", WHOLE_PAGE, "ocr")
    assert page.media is not None
    assert on.n_ocr == 1


def test_a_page_with_a_text_layer_is_not_read_by_ocr(tmp_path: Path) -> None:
    drawing = Drawing()
    drawing.sheet().text(60, 100, 400, prose(random.Random(1), 40))
    on = desk(tmp_path)
    elements = list(read(drawing.save(tmp_path / "text.pdf"), on).elements)
    assert {element.origin for element in elements} == {"parsed"}
    assert on.n_ocr == 0


def test_an_empty_page_is_a_page(tmp_path: Path) -> None:
    drawing = Drawing()
    drawing.sheet()
    drawing.sheet().text(60, 100, 400, prose(random.Random(1), 40))
    elements = drawing.read(tmp_path)
    assert [(element.page, element.modality) for element in elements] == [(1, "page"), (2, "text"), (2, "page")]


def refusal(path: Path, *, limits: Limits | None = None) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        list(read(path, desk(None, limits=limits)).elements)
    assert path.name in caught.value.message
    assert caught.value.hint
    return caught.value


def test_a_file_that_asks_for_a_password_is_refused(tmp_path: Path) -> None:
    drawing = Drawing()
    everything(drawing.sheet())
    path = drawing.save(tmp_path / "locked.pdf", password="open")  # of a file drawn here
    assert type(refusal(path)) is EncryptedFile
    with pytest.raises(EncryptedFile):
        render_page(path, 1)


def test_a_file_that_only_its_owner_may_edit_is_read(tmp_path: Path) -> None:
    drawing = Drawing()
    truth = everything(drawing.sheet())
    path = drawing.save(tmp_path / "owned.pdf", password="")
    assert_found(found(read_all(path)), truth)


@pytest.mark.parametrize(
    "contents",
    [
        b"%PDF-1.7\n",
        b"%PDF-1.7\n" + bytes(range(256)) * 20,
        b"no PDF at all",
        b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>",
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, contents: bytes) -> None:
    path = tmp_path / "broken.pdf"
    path.write_bytes(contents)
    assert type(refusal(path)) in (DamagedFile, EmptyFile)


def test_a_file_without_pages_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "none.pdf"
    path.write_bytes(
        b"%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n"
        b"trailer\n<</Root 1 0 R/Size 3>>\n%%EOF"
    )
    assert type(refusal(path)) is EmptyFile


def test_a_file_with_too_many_pages_is_refused_before_any_is_read(tmp_path: Path) -> None:
    drawing = Drawing()
    for _ in range(4):
        drawing.sheet()
    path = drawing.save(tmp_path / "long.pdf")
    error = refusal(path, limits=Limits(max_pages=3))
    assert type(error) is FileTooLarge
    assert "4 pages" in error.message
    assert len(list(read(path, desk(None, limits=Limits(max_pages=4))).elements)) == 4


def three_pages() -> Drawing:
    drawing = Drawing()
    for word in ("first", "second", "third"):
        drawing.sheet().text(60, 100, 400, f"On the {word} page stands this sentence and no other one.")
    return drawing


def test_a_cut_off_file_keeps_the_pages_that_are_there(tmp_path: Path) -> None:
    path = three_pages().save(tmp_path / "cut.pdf")
    data = path.read_bytes()
    path.write_bytes(data[: data.rindex(b"xref")])
    assert len([element for element in read_all(path) if element.modality == "text"]) == 3


def test_a_page_that_cannot_be_read_is_named_and_the_others_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = pymupdf.Page.get_drawings

    def breaking(page: pymupdf.Page) -> object:
        if page.number == 1:
            raise RuntimeError("code=7: syntax error in content stream")
        return whole(page)

    path = three_pages().save(tmp_path / "damaged.pdf")
    monkeypatch.setattr(pymupdf.Page, "get_drawings", breaking)
    reading = read(path, desk(tmp_path))
    elements = list(reading.elements)
    assert reading.metadata["pages_not_read"] == "2"
    assert {element.page for element in elements if element.modality == "text"} == {1, 3}
    assert [element.page for element in elements if element.modality == "page"] == [1, 2, 3]


@pytest.mark.parametrize("damage", ["no page", "contents", "size", "kids"])
def test_one_damaged_page_does_not_lose_the_others(tmp_path: Path, damage: str) -> None:
    drawing = three_pages()
    second = drawing.file[1]
    if damage == "no page":
        drawing.file.update_object(second.xref, "null")
    elif damage == "contents":
        drawing.file.update_stream(second.get_contents()[0], b"BT /F9 nonsense Tf (((( Tj q q Q Q Q Q ] >> ET")
    elif damage == "size":
        drawing.file.xref_set_key(second.xref, "MediaBox", "[0 0 0 (x)]")
    else:
        drawing.file.xref_set_key(second.xref, "Resources", "(no dictionary)")
        drawing.file.xref_set_key(second.xref, "Contents", "9999 0 R")
    path = drawing.save(tmp_path / "damaged.pdf")
    reading = read(path, desk(tmp_path))
    elements = list(reading.elements)
    texts = {element.page: element.text for element in elements if element.modality == "text"}
    assert "first" in texts[1]
    assert "third" in texts[reading.n_pages]
    assert [element.page for element in elements if element.modality == "page"] == list(range(1, reading.n_pages + 1))
