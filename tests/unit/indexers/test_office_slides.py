"""PowerPoint files."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from indexers.reading import Limits
from rag.errors import FileTooLarge
from rag.types import WHOLE_PAGE, Element
from tests.desk import Shelf, colour

pptx = pytest.importorskip("pptx", reason="the extra `office` is not installed")
pptx_charts = pytest.importorskip("pptx.chart.data", reason="the extra `office` is not installed")


def picture(name: str = "red") -> io.BytesIO:
    written = io.BytesIO()
    Image.new("RGB", (20, 20), name).save(written, "PNG")
    return written


def deck(shelf: Shelf, write: Callable[[Any], None]) -> list[Element]:
    """What is read of a presentation; `Any`, since python-pptx has no types."""
    presentation = pptx.Presentation()
    write(presentation)
    presentation.save(str(shelf.folder / "talk.pptx"))
    return shelf.read(shelf.folder / "talk.pptx")[1]


def slide(presentation: Any, title: str = "", *lines: str) -> Any:
    added = presentation.slides.add_slide(presentation.slide_layouts[1 if title else 6])
    if title:
        added.shapes.title.text = title
        added.placeholders[1].text = "\n".join(lines)
    return added


def test_each_slide_is_a_page_and_its_title_a_section(shelf: Shelf) -> None:
    def write(presentation: Any) -> None:
        slide(presentation, "Lamps", "Oil", "Gas")
        slide(presentation)
        slide(presentation, "Lenses", "Glass")

    elements = deck(shelf, write)
    assert [(one.modality, one.text, one.page, one.section) for one in elements] == [
        ("text", "Lamps", 1, ("Lamps",)),
        ("text", "Oil", 1, ("Lamps",)),
        ("text", "Gas", 1, ("Lamps",)),
        ("page", "Lamps\nOil\nGas", 1, ("Lamps",)),
        ("page", "", 2, ()),
        ("text", "Lenses", 3, ("Lenses",)),
        ("text", "Glass", 3, ("Lenses",)),
        ("page", "Lenses\nGlass", 3, ("Lenses",)),
    ]
    reading, _ = shelf.read(shelf.folder / "talk.pptx")
    assert (reading.n_pages, reading.title) == (3, "Lamps")


def test_passages_never_cross_a_slide(shelf: Shelf) -> None:
    def write(presentation: Any) -> None:
        for number in range(3):
            slide(presentation, "Same", f"Line {number}")

    deck(shelf, write)
    passages = [one for one in shelf.passages(shelf.folder / "talk.pptx") if one.modality == "text"]
    assert [(one.page, one.text) for one in passages] == [(at + 1, f"Same\nLine {at}") for at in range(3)]


def test_shapes_stand_where_they_are_on_the_slide(shelf: Shelf) -> None:
    def write(presentation: Any) -> None:
        across, down = presentation.slide_width, presentation.slide_height
        box = slide(presentation).shapes.add_textbox(across // 4, down // 2, across // 2, down)
        box.text_frame.text = "Lit."

    text, page = deck(shelf, write)
    assert text.box == pytest.approx((0.25, 0.5, 0.75, 1.0))
    assert page.box == WHOLE_PAGE


def test_a_slides_picture_has_alt_text_and_the_text_of_its_own_slide_beside_it(shelf: Shelf) -> None:
    def write(presentation: Any) -> None:
        slide(presentation, "Same", "Before.")
        added = slide(presentation, "Same", "It is red.")
        shape = added.shapes.add_picture(picture(), 0, 0)
        shape._element.nvPicPr.cNvPr.set("descr", "A lamp")

    image = next(one for one in deck(shelf, write) if one.modality == "image")
    assert (image.text, image.page, image.context) == ("A lamp", 2, "It is red.")
    assert colour(shelf.picture(image)) == "red"


def test_tables_and_charts_of_a_slide_are_tables(shelf: Shelf) -> None:
    def write(presentation: Any) -> None:
        added = slide(presentation)
        table = added.shapes.add_table(2, 2, 0, 0, 914_400, 914_400).table
        table.cell(0, 0).text = "wide"
        table.cell(0, 0).merge(table.cell(0, 1))
        table.cell(1, 1).text = "low"
        numbers = pptx_charts.CategoryChartData()
        numbers.categories = ["East", "West"]
        numbers.add_series("2024", (1.5, None))
        added.shapes.add_chart(pptx.enum.chart.XL_CHART_TYPE.COLUMN_CLUSTERED, 0, 0, 914_400, 914_400, numbers)

    tables = [one.text for one in deck(shelf, write) if one.modality == "table"]
    assert tables == ["wide | wide\n | low", " | 2024\nEast | 1.5\nWest | "]


def test_shapes_in_groups_and_notes_are_read(shelf: Shelf) -> None:
    def write(presentation: Any) -> None:
        added = slide(presentation, "Lamps", "Oil")
        group = added.shapes.add_group_shape().shapes.add_group_shape()
        group.shapes.add_textbox(0, 0, 9, 9).text_frame.text = "Grouped."
        added.notes_slide.notes_text_frame.text = "Say this."

    elements = deck(shelf, write)
    assert [(one.text, one.section) for one in elements if one.modality == "text"][2:] == [
        ("Grouped.", ("Lamps",)),
        ("Say this.", ("Lamps", "Notes")),
    ]
    assert elements[-1].text == "Lamps\nOil\nGrouped.\nSay this."


def test_a_talk_of_too_many_slides_is_refused(shelf: Shelf) -> None:
    def write(presentation: Any) -> None:
        for _ in range(3):
            slide(presentation, "Same", "Lit.")

    deck(shelf, write)
    with pytest.raises(FileTooLarge, match="3 slides"):
        Shelf(shelf.folder, Limits(max_pages=2)).read(shelf.folder / "talk.pptx")
