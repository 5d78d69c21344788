"""Word files."""

from __future__ import annotations

import datetime
import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from rag.types import Element
from tests.desk import Shelf, colour

docx = pytest.importorskip("docx", reason="the extra `office` is not installed")


def picture(name: str = "red") -> io.BytesIO:
    written = io.BytesIO()
    Image.new("RGB", (20, 20), name).save(written, "PNG")
    return written


def told(elements: list[Element]) -> list[tuple[str, str]]:
    return [(one.modality, one.text) for one in elements]


def word(shelf: Shelf, write: Callable[[Any], None], name: str = "note.docx") -> list[Element]:
    """What is read of a document; `Any`, since python-docx has no types."""
    document = docx.Document()
    write(document)
    document.save(str(shelf.folder / name))
    return shelf.read(shelf.folder / name)[1]


def test_word_headings_become_sections(shelf: Shelf) -> None:
    def write(document: Any) -> None:
        document.add_heading("Lamps", 1)
        document.add_heading("Oil", 2)
        document.add_paragraph("It burns.")
        document.add_paragraph("   ")
        document.add_heading("Gas", 2)
        document.add_paragraph("It hisses.", style="List Bullet")

    assert [(one.text, one.section) for one in word(shelf, write)] == [
        ("Lamps", ("Lamps",)),
        ("Oil", ("Lamps", "Oil")),
        ("It burns.", ("Lamps", "Oil")),
        ("Gas", ("Lamps", "Gas")),
        ("It hisses.", ("Lamps", "Gas")),
    ]


def test_word_elements_stand_where_they_say_in_the_running_text(shelf: Shelf) -> None:
    def write(document: Any) -> None:
        document.add_heading("Lamps", 1)
        document.add_picture(picture())
        document.add_paragraph("Figure 1: A lamp", style="Caption")
        document.add_paragraph("It burns.\nAll night.")

    elements = word(shelf, write)
    running = "\n".join(one.text for one in elements)
    assert all(running[one.start : one.end] == one.text for one in elements)
    assert "It burns.\nAll night." in running


def test_a_word_style_based_on_a_heading_is_a_heading(shelf: Shelf) -> None:
    def write(document: Any) -> None:
        style = document.styles.add_style("Kapitel", 1)
        style.base_style = document.styles["Heading 1"]
        document.add_paragraph("Lampen", style="Kapitel")

    assert [one.section for one in word(shelf, write)] == [("Lampen",)]


def test_a_word_table_is_one_element_with_the_caption_above_it(shelf: Shelf) -> None:
    def write(document: Any) -> None:
        document.add_paragraph("Two lamps.")
        document.add_paragraph("Table 1: Lamps", style="Caption")
        table = document.add_table(3, 2)
        for at, text in enumerate(["Name", "Year", "First", "1901", "Last", ""]):
            table.cell(at // 2, at % 2).text = text

    _, table = word(shelf, write)
    assert (table.modality, table.text) == ("table", "Table 1: Lamps\nName | Year\nFirst | 1901\nLast | ")
    assert table.context == "Two lamps."


def test_a_merged_word_cell_stands_in_every_place_that_it_fills(shelf: Shelf) -> None:
    def write(document: Any) -> None:
        table = document.add_table(3, 3)
        table.cell(0, 0).merge(table.cell(0, 1)).text = "wide"
        table.cell(1, 2).merge(table.cell(2, 2)).text = "high"
        table.cell(2, 0).text = "low"

    assert word(shelf, write)[0].text == "wide | wide | \n |  | high\nlow |  | high"


def test_a_word_table_of_one_column_lays_out_text(shelf: Shelf) -> None:
    def write(document: Any) -> None:
        cell = document.add_table(1, 1).cell(0, 0)
        cell.text = "One."
        cell.add_paragraph("Two.")

    assert told(word(shelf, write)) == [("text", "One."), ("text", "Two.")]


def test_a_long_word_table_is_cut_into_elements_that_each_have_the_header(shelf: Shelf) -> None:
    def write(document: Any) -> None:
        table = document.add_table(0, 2)
        for number in range(101):
            cells = table.add_row().cells
            cells[0].text, cells[1].text = (f"lamp {number}", "lit") if number else ("Name", "State")

    tables = word(shelf, write)
    assert [one.text.split("\n")[0] for one in tables] == ["Name | State"] * 3
    lines = [line for one in tables for line in one.text.split("\n")[1:]]
    assert lines == [f"lamp {number} | lit" for number in range(1, 101)]


def test_a_word_picture_has_caption_alt_text_and_the_paragraph_beside_it(shelf: Shelf) -> None:
    def write(document: Any) -> None:
        document.add_paragraph("It is red.")
        document.add_picture(picture())
        described = document.paragraphs[-1]._p.xpath(".//wp:docPr")[0]
        described.set("descr", "A lamp")
        document.add_paragraph("Figure 1: The lamp", style="Caption")
        document.add_paragraph("After.")
        document.add_picture(picture("blue"))

    shelf_text, red, after, blue = word(shelf, write)
    assert (red.modality, red.text, red.context) == ("image", "Figure 1: The lamp\nA lamp", shelf_text.text)
    assert (blue.text, blue.context) == ("", after.text)
    assert [colour(shelf.picture(one)) for one in (red, blue)] == ["red", "blue"]


def test_a_word_caption_with_nothing_to_caption_is_text(shelf: Shelf) -> None:
    def write(document: Any) -> None:
        document.add_paragraph("Figure 9: Lost", style="Caption")
        document.add_paragraph("After.")
        document.add_paragraph("Figure 10: Lost too", style="Caption")

    assert told(word(shelf, write)) == [("text", "Figure 9: Lost"), ("text", "After."), ("text", "Figure 10: Lost too")]


def test_a_word_picture_that_is_only_linked_is_never_fetched(shelf: Shelf) -> None:
    def write(document: Any) -> None:
        document.add_picture(picture())
        paragraph = document.paragraphs[-1]._p
        link = document.part.relate_to("http://127.0.0.1:9/lamp.png", IMAGE_LINK, is_external=True)
        (blip,) = paragraph.xpath(".//a:blip")
        blip.set(docx.oxml.ns.qn("r:embed"), link)
        paragraph.xpath(".//wp:docPr")[0].set("descr", "A lamp")

    (element,) = word(shelf, write)
    assert (element.text, element.media) == ("A lamp", None)


IMAGE_LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"


def test_word_text_in_controls_boxes_and_insertions_is_read_and_deleted_text_is_not(shelf: Shelf) -> None:
    w = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    mc = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    paragraph = "<w:p><w:r><w:t>{}</w:t></w:r></w:p>"
    box = f"<w:txbxContent>{paragraph.format('Boxed.')}</w:txbxContent>"
    parts = [
        f"<w:sdt {w}><w:sdtPr><w:alias w:val='x'/></w:sdtPr><w:sdtContent>{paragraph.format('Control.')}</w:sdtContent></w:sdt>",
        f"<w:p {w}><w:ins><w:r><w:t>New. </w:t></w:r></w:ins><w:del><w:r><w:delText>Old.</w:delText></w:r></w:del>"
        "<w:hyperlink><w:r><w:t>Link</w:t><w:tab/><w:t>end.</w:t></w:r></w:hyperlink></w:p>",
        f"<w:p {w} {mc}><w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing>{box}</w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>",
    ]

    def write(document: Any) -> None:
        for at, part in enumerate(parts):
            document.element.body.insert(at, docx.oxml.parser.parse_xml(part))

    assert [one.text for one in word(shelf, write)] == ["Control.", "New. Link end.", "Boxed."]


def test_word_properties_become_title_and_facts(shelf: Shelf) -> None:
    def write(document: Any) -> None:
        document.core_properties.title = "The  lamp"
        document.core_properties.author = "Ann Keeper"
        document.core_properties.modified = datetime.datetime(2024, 5, 6)
        document.add_paragraph("Lit.")

    word(shelf, write)
    reading, _ = shelf.read(shelf.folder / "note.docx")
    assert (reading.title, reading.n_pages) == ("The lamp", 1)
    assert reading.metadata == {"author": "Ann Keeper", "date": "2024-05-06T00:00:00Z"}
    assert reading.media_type.endswith("wordprocessingml.document")
