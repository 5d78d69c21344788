"""The text of a PDF: where it stands, in what order it is read, under which headings."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from rag.types import WHOLE_PAGE, Box, Element
from tests.drawn_pdf import A4, Drawing, Sheet, overlap, prose

LEFT, RIGHT = 50.0, A4[0] - 50.0
BOTTOM = A4[1] - 110.0


def column(sheet: Sheet, x: float, top: float, width: float, *, names: list[str], chance: random.Random) -> float:
    """A paragraph for each name, which begins with it. Returns: where the last one ends, in points."""
    for name in names:
        _, top = sheet.text(x, top, width, f"{name} {prose(chance, 28)}", size=9)
        top += 9
    return top


def first_words(elements: list[Element]) -> list[str]:
    """How the elements of a page begin, its own left out; of pictures and tables their kind."""
    told = [element for element in elements if element.modality != "page"]
    return [element.text.split()[0] if element.modality == "text" else f"<{element.modality}>" for element in told]


def test_pages_count_from_one_and_each_ends_with_its_whole_text(tmp_path: Path) -> None:
    drawing = Drawing()
    for word in ("first", "second", "third"):
        drawing.sheet().text(LEFT, 100, 400, f"On the {word} page stands this sentence and no other one.")
    elements = drawing.read(tmp_path)
    assert [(element.page, element.modality) for element in elements] == [
        (page, modality) for page in (1, 2, 3) for modality in ("text", "page")
    ]
    pages = [element for element in elements if element.modality == "page"]
    assert [page.text for page in pages] == [element.text for element in elements if element.modality == "text"]
    assert {page.box for page in pages} == {WHOLE_PAGE}


@pytest.mark.parametrize("size", [A4, (842.0, 595.0), (300.0, 400.0), (2384.0, 3370.0)])
def test_boxes_of_headings_and_paragraphs_are_where_they_were_drawn(tmp_path: Path, size: tuple[float, float]) -> None:
    chance = random.Random(4)
    drawing = Drawing()
    sheet = drawing.sheet(size)
    drawn: list[Box] = []
    top = 0.08 * size[1]
    for heading in ("Where the lanterns hang", "What the harbour keeps"):
        box, top = sheet.text(40, top, size[0] - 80, heading, size=15, name="hebo")
        drawn.append(box)
        top += 8
        for _ in range(2):
            box, top = sheet.text(40, top, min(400.0, size[0] - 80), prose(chance, 20))
            drawn.append(box)
            top += 10
    found = [element for element in drawing.read(tmp_path) if element.modality == "text"]
    assert len(found) == len(drawn)
    assert min(overlap(element.box, box) for element, box in zip(found, drawn, strict=True)) >= 0.9


def test_each_line_of_a_paragraph_has_its_own_box(tmp_path: Path) -> None:
    drawing = Drawing()
    sheet = drawing.sheet()
    rows = ["One line of a paragraph that goes on", "for a second line of the same length", "and ends in a third one."]
    drawn = [sheet.line(LEFT, 200 + 12 * at, row) for at, row in enumerate(rows)]
    paragraph = drawing.read(tmp_path)[0]
    assert [paragraph.text[span.start : span.end] for span in paragraph.spans] == rows
    assert min(overlap(span.box, box) for span, box in zip(paragraph.spans, drawn, strict=True)) >= 0.9


def test_a_word_broken_at_the_end_of_a_line_is_joined(tmp_path: Path) -> None:
    drawing = Drawing()
    sheet = drawing.sheet()
    sheet.line(LEFT, 200, "The keeper of the light-")
    sheet.line(LEFT, 212, "house counts the ships of well-known owners.")
    assert drawing.read(tmp_path)[0].text == "The keeper of the lighthouse counts the ships of well-known owners."


def test_a_figure_in_large_type_is_no_heading(tmp_path: Path) -> None:
    drawing = Drawing()
    sheet = drawing.sheet()
    sheet.text(LEFT, 60, 480, "The year", size=18, name="hebo")
    sheet.text(LEFT, 120, 480, "1,343 mm", size=24, name="hebo")
    sheet.text(LEFT, 170, 480, "45,000 visitors", size=24, name="hebo")
    sheet.text(LEFT, 230, 480, prose(random.Random(4), 40), size=10)
    assert drawing.read(tmp_path)[-2].section == ("The year",)


def test_headings_are_the_path_above_what_follows(tmp_path: Path) -> None:
    chance = random.Random(3)
    drawing = Drawing()
    sheet = drawing.sheet()
    top = 60.0
    for text, size in [
        ("1 Lamps", 18),
        ("1.1 Oil", 14),
        ("", 10),
        ("1.2 Gas", 14),
        ("", 10),
        ("2 Ships", 18),
        ("", 10),
    ]:
        _, top = sheet.text(LEFT, top, 480, text or prose(chance, 40), size=size, name="hebo" if text else "helv")
        top += 12
    sections = [element.section for element in drawing.read(tmp_path) if len(element.text) > 40]
    assert sections[:3] == [("1 Lamps", "1.1 Oil"), ("1 Lamps", "1.2 Gas"), ("2 Ships",)]


@pytest.mark.parametrize("n_columns", [2, 3])
@pytest.mark.parametrize("middle", ["nothing", "picture", "bars", "table"])
def test_columns_are_read_one_after_the_other(tmp_path: Path, n_columns: int, middle: str) -> None:
    """A title across, columns, something across in the middle, columns again, footnotes."""
    chance = random.Random(2)
    drawing = Drawing()
    sheet = drawing.sheet()
    gutter = 18.0
    width = (RIGHT - LEFT - (n_columns - 1) * gutter) / n_columns
    lefts = [LEFT + at * (width + gutter) for at in range(n_columns)]
    sheet.text(LEFT, 60, RIGHT - LEFT, "Lanterns along the quiet harbour of the winter island", size=18, name="hebo")
    expected = ["Lanterns"]
    reached = 110.0
    for at, left in enumerate(lefts):
        names = [f"Upper{at}{n}" for n in range(2)]
        reached = max(reached, column(sheet, left, 110, width, names=names, chance=chance))
        expected += names
    if middle != "nothing":
        place = (LEFT + 30, reached + 14, RIGHT, reached + 150)
        if middle == "picture":
            sheet.picture((LEFT, *place[1:]))
        elif middle == "bars":
            sheet.bars(place)
        else:
            rows = [["Harbour", "Ships", "Lamps"], ["North", "12", "40"], ["South", "9", "31"], ["East", "7", "22"]]
            sheet.ruled_table(LEFT, place[1], [(RIGHT - LEFT) / 3] * 3, rows)
        expected.append("<table>" if middle == "table" else "<image>")
        reached = place[3] + 28
    for at, left in enumerate(lefts):
        names = [f"Lower{at}{n}" for n in range(2)]
        column(sheet, left, reached, width, names=names, chance=chance)
        expected += names
    if middle == "nothing":
        expected = expected[:1] + [
            f"{half}{at}{n}" for at in range(n_columns) for half in ("Upper", "Lower") for n in (0, 1)
        ]
    sheet.rule(LEFT, LEFT + 120, BOTTOM + 20)
    for at in range(2):
        sheet.text(LEFT, BOTTOM + 26 + 18 * at, RIGHT - LEFT, f"Note{at} {prose(chance, 12)}", size=7)
        expected.append(f"Note{at}")
    assert first_words(drawing.read(tmp_path)) == expected


def test_footnotes_beside_each_other_end_their_columns(tmp_path: Path) -> None:
    chance = random.Random(8)
    drawing = Drawing()
    sheet = drawing.sheet()
    width = 235.0
    for at, left in enumerate((LEFT, RIGHT - width)):
        column(sheet, left, 60, width, names=[f"Body{at}{n}" for n in range(4)], chance=chance)
        sheet.text(left, 700, width, f"Note{at} {prose(chance, 14)}", size=7)
    expected = [name for at in range(2) for name in [*(f"Body{at}{n}" for n in range(4)), f"Note{at}"]]
    assert first_words(drawing.read(tmp_path)) == expected


def test_references_in_small_type_that_go_on_in_the_next_column_are_no_footnotes(tmp_path: Path) -> None:
    chance = random.Random(8)
    drawing = Drawing()
    sheet = drawing.sheet()
    width = 235.0
    reached = column(sheet, LEFT, 60, width, names=[f"Body{n}" for n in range(6)], chance=chance)
    expected = [f"Body{n}" for n in range(6)]
    for at, (left, first) in enumerate(((LEFT, reached), (RIGHT - width, 60.0))):
        top = first
        while top < 720:
            name = f"Reference{at}{int(top)}"
            _, top = sheet.text(left, top, width, f"{name} {prose(chance, 16)}", size=7)
            expected.append(name)
            top += 2
    found = " ".join(element.text for element in drawing.read(tmp_path) if element.modality == "text")
    assert [word for word in found.split() if word in expected] == expected


def test_a_running_head_and_a_page_number_do_not_break_into_the_text(tmp_path: Path) -> None:
    chance = random.Random(9)
    drawing = Drawing()
    sheet = drawing.sheet()
    sheet.line(LEFT, 34, "Annals of the harbour", size=8)
    sheet.line(300, 826, "17", size=8)
    column(sheet, LEFT, 70, RIGHT - LEFT, names=["One", "Two"], chance=chance)
    assert first_words(drawing.read(tmp_path)) == ["One", "Two", "Annals", "17"]
