"""Scanned pages that hold but a heading divide what follows them."""

# mypy: disallow-untyped-calls=False

from __future__ import annotations

from pathlib import Path

import pytest

from indexers.ocr import available
from indexers.pdf.headings import Dividers
from indexers.pdf.page_text import TextLine
from tests.drawn_pdf import Drawing

HEIGHT = 540.0
FOOT = TextLine("THEBIGCOMPANY.COM", (560, 510, 700, 522), 9)


def line(text: str, top: float = 220, *, size: float = 36, left: float = 100) -> TextLine:
    return TextLine(text, (left, top, left + 0.5 * size * len(text), top + size), size)


def slide(title: str) -> list[TextLine]:
    return [line(title, 30), *(line(f"what is said of it, point {at}", 120 + 40 * at, size=18) for at in range(6))]


def sections(*pages: list[TextLine]) -> list[tuple[str, ...]]:
    dividers, found = Dividers(), []
    for page in pages:
        dividers.turn(page, page_height=HEIGHT)
        found.append(dividers.section)
    return found


def test_a_page_of_a_heading_alone_is_the_section_of_the_pages_up_to_the_next() -> None:
    pages = [
        slide("Cover"),
        [line("Market Growth")],
        slide("Revenue"),
        slide("Vendors"),
        [line("Summary")],
        slide("So"),
    ]
    growth, summary = ("Market Growth",), ("Summary",)
    assert sections(*pages) == [(), growth, growth, growth, summary, summary]


def test_a_heading_of_two_lines_of_unequal_ink_is_one() -> None:
    page = [line("Exam Topics and Sample", size=36), line("Questions", 258, size=30, left=220)]
    assert sections(page) == [("Exam Topics and Sample Questions",)]


def test_what_stands_at_the_same_place_of_an_earlier_page_and_page_numbers_do_not_count() -> None:
    number = line("13", 515, size=9, left=690)
    assert sections([*slide("Cover"), FOOT], [line("Data Growth"), FOOT, number])[-1] == ("Data Growth",)


def test_a_heading_that_the_contents_named_before_still_divides() -> None:
    contents = [line("What we cover", 30), line("Data Growth", 120, size=18), line("Summary", 160, size=18)]
    assert sections(contents, [line("Data Growth")])[-1] == ("Data Growth",)


@pytest.mark.parametrize(
    "page",
    [
        [],
        [line("orco")],
        [line("2,816")],
        [line("A sentence that says what there is to say, and ends.", size=12)],
        [line("One line of so many words that nobody would take it for what stands above a part of a talk", size=12)],
        [line("Jane Doe", 100, size=18), line("Customer Success", 300, size=18, left=500)],
        [line("Four", 100), line("short", 140), line("lines", 180), line("of it", 220)],
        [line("42", 100, size=90), line("million metrics", 200, size=18)],
    ],
    ids=["blank", "scrap", "number", "sentence", "long", "apart", "many", "two types"],
)
def test_other_pages_of_few_words_do_not_divide(page: list[TextLine]) -> None:
    assert sections([line("Market Growth")], page)[-1] == ("Market Growth",)


def test_a_page_with_a_text_layer_ends_what_divided_the_scans_before_it() -> None:
    dividers = Dividers()
    dividers.turn([line("Market Growth")], page_height=HEIGHT)
    dividers.leave()
    dividers.turn(slide("Revenue"), page_height=HEIGHT)
    assert dividers.section == ()


@pytest.mark.skipif(not available(), reason="the extra `ocr` is not installed")
def test_passages_of_scanned_slides_know_the_slide_that_divides_them(tmp_path: Path) -> None:
    drawing = Drawing()
    for lines in (("Frequently Asked Questions",), ("Will the exam change?", "No, it stays as it is.")):
        paper = Drawing()
        sheet = paper.sheet()
        for at, text in enumerate(lines):
            sheet.line(80, 200 + 60 * at, text, size=30 if len(lines) == 1 else 14)
        drawing.sheet().page.insert_image((0, 0, 595, 842), stream=paper.file[0].get_pixmap(dpi=150).tobytes("png"))
    second = [element for element in drawing.read(tmp_path, ocr=True) if element.page == 2]
    assert {element.modality for element in second} == {"text", "page"}
    assert {element.section for element in second} == {("Frequently Asked Questions",)}
