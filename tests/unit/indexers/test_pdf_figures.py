"""Figures of a PDF: where they stand, what is written in them, and which caption is theirs."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from indexers.pdf import read
from rag.store.media import MediaStore
from rag.types import Box, Element
from tests.drawn_pdf import Cells, Drawing, Place, Sheet, desk, overlap, prose

Draw = Callable[[Sheet, Place], Box]
KINDS: dict[str, Draw] = {
    "picture": Sheet.picture,
    "bars": Sheet.bars,
    "titled bars": Sheet.titled_bars,
    "curves": Sheet.curves,
    "machine": Sheet.machine,
    "pie": Sheet.pie,
}
PLACES: dict[str, Place] = {
    "narrow": (80, 250, 260, 390),
    "wide": (90, 250, 500, 420),
    "square": (200, 250, 400, 450),
}


def drawn(drawing: Drawing, *, seed: int = 5) -> Sheet:
    """A sheet with a paragraph above and one below the place of a figure."""
    chance = random.Random(seed)
    sheet = drawing.sheet()
    sheet.text(60, 80, 470, prose(chance, 60))
    sheet.text(60, 600, 470, prose(chance, 60))
    return sheet


def figures(elements: list[Element]) -> list[Element]:
    return [element for element in elements if element.modality == "image"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_figure_is_found_where_it_was_drawn(tmp_path: Path, kind: str, place: str) -> None:
    drawing = Drawing()
    x0, y0, x1, y1 = PLACES[place]
    truth = KINDS[kind](drawn(drawing), (x0, y0, x0 + y1 - y0, y1) if kind == "pie" else (x0, y0, x1, y1))
    (figure,) = figures(drawing.read(tmp_path))
    assert overlap(figure.box, truth) >= 0.9


def test_the_labels_of_a_chart_are_the_figures_and_no_paragraphs(tmp_path: Path) -> None:
    drawing = Drawing()
    drawn(drawing).bars(PLACES["wide"])
    elements = drawing.read(tmp_path)
    (figure,) = figures(elements)
    assert set(figure.ocr.split("\n")) == {"North", "South", "East", "West", "0", "25", "50", "75", "100"}
    assert [len(element.text) > 60 for element in elements if element.modality == "text"] == [True, True]


def test_the_kept_picture_shows_the_figure(tmp_path: Path) -> None:
    drawing = Drawing()
    sheet = drawn(drawing)
    sheet.page.draw_rect((100, 250, 300, 400), color=None, fill=(0.9, 0.1, 0.1))
    sheet.machine((100, 250, 300, 400))
    (figure,) = figures(drawing.read(tmp_path, keep=True))
    assert figure.media is not None
    picture = MediaStore(tmp_path / "media").open_image(figure.media).convert("RGB")
    assert picture.width / picture.height == pytest.approx(200 / 150, rel=0.05)
    ground = [picture.getpixel((x, picture.height // 2)) for x in (12, picture.width - 12)]
    assert ground == [(229, 25, 26)] * 2


def test_text_on_a_coloured_ground_is_no_figure(tmp_path: Path) -> None:
    drawing = Drawing()
    sheet = drawn(drawing)
    sheet.page.draw_rect((60, 250, 530, 380), color=(0, 0, 0), fill=(0.9, 0.9, 0.8))
    sheet.text(70, 260, 450, prose(random.Random(3), 100))
    elements = drawing.read(tmp_path)
    assert not figures(elements)
    assert sum(element.modality == "text" for element in elements) == 3


def test_bullets_rules_and_a_whole_page_ground_are_no_figures(tmp_path: Path) -> None:
    drawing = Drawing()
    sheet = drawing.sheet()
    sheet.picture((0, 0, 595, 842))
    for at in range(6):
        sheet.page.draw_circle((64, 206 + 24 * at), 3, fill=(0, 0, 0))
        sheet.text(74, 200 + 24 * at, 400, prose(random.Random(at), 9))
        sheet.rule(60, 530, 217 + 24 * at)
    elements = drawing.read(tmp_path)
    assert not figures(elements)
    assert sum(element.modality == "text" for element in elements) == 6


def test_the_paragraph_that_mentions_a_figure_is_its_context(tmp_path: Path) -> None:
    drawing = Drawing()
    sheet = drawing.sheet()
    chance = random.Random(2)
    mention = f"As Figure 7 shows, {prose(chance, 20)}"
    sheet.text(60, 80, 470, prose(chance, 40))
    sheet.text(60, 160, 470, mention)
    sheet.curves((60, 250, 300, 400))
    sheet.text(60, 410, 470, "Figure 7: Ships by month", size=9)
    sheet.text(60, 460, 470, prose(chance, 40))
    (figure,) = figures(drawing.read(tmp_path))
    assert figure.text == "Figure 7: Ships by month"
    assert figure.context == mention


@dataclass(frozen=True, slots=True)
class Captioned:
    """Something with a caption, as it was drawn."""

    box: Box
    caption: str
    modality: str


LABELS = ("Figure {}", "Figure {}:", "Fig. {}:", "Fig. {}.", "FIGURE {}", "Figure {} |", "Abbildung {}:", "Abb. {}")
LAYOUTS = ("below", "above", "side by side", "left", "right", "stacked", "near a table", "in a column")


def caption(
    sheet: Sheet, x: float, top: float, width: float, *, number: int, chance: random.Random
) -> tuple[str, float]:
    """A caption of one or several lines. Returns: its text, and where it ends, in points."""
    if chance.random() < 0.15:
        text = f"图 {number} 港口的灯笼"
        sheet.line(x, top + 9, text, size=9, name="china-s")
        return text, top + 11
    told = prose(chance, chance.choice((4, 8, 25)))
    text = f"{chance.choice(LABELS).format(number)} {told}"
    _, end = sheet.text(x, top, width, text, size=chance.choice((8, 9, 10)), name=chance.choice(("helv", "heit")))
    return text, end


def figure(sheet: Sheet, place: Place, chance: random.Random) -> Box:
    """Some figure that fills a place together with its labels."""
    x0, y0, x1, y1 = place
    (kind,) = chance.choices(list(KINDS), weights=[1 if "bars" in kind else 2 for kind in KINDS])
    if kind == "bars":
        return sheet.bars((x0 + 20, y0 + 4, x1, y1 - 12), seed=chance.randrange(99))
    if kind == "titled bars":
        return sheet.titled_bars((x0 + 36, y0 + 16, x1 - 40, y1 - 26), seed=chance.randrange(99))
    if kind == "pie":
        side = min(x1 - x0, y1 - y0)
        left = (x0 + x1 - side) / 2
        return sheet.pie((left, y0, left + side, y0 + side))
    return KINDS[kind](sheet, place)


def with_caption(
    sheet: Sheet, place: Place, *, number: int, above: bool, chance: random.Random
) -> tuple[Captioned, float]:
    """A figure in a place with a caption above or below it. Returns: what was drawn, and where it ends, in points."""
    x0, y0, x1, y1 = place
    gap = chance.uniform(4, 14)
    if above:
        text, end = caption(sheet, x0, y0, x1 - x0, number=number, chance=chance)
        box = figure(sheet, (x0, end + gap, x1, end + gap + y1 - y0), chance)
        return Captioned(box, text, "image"), end + gap + y1 - y0
    box = figure(sheet, place, chance)
    text, end = caption(sheet, x0, box[3] * 842 + gap, x1 - x0, number=number, chance=chance)
    return Captioned(box, text, "image"), end


def layout(sheet: Sheet, name: str, chance: random.Random) -> list[Captioned]:
    """Draw a page of the named layout."""
    number = chance.randrange(1, 20)
    height = chance.uniform(100, 170)
    truth: list[Captioned] = []
    _, top = sheet.text(60, 70, 475, prose(chance, chance.randrange(30, 80)))
    top += chance.uniform(12, 24)
    if name in ("below", "above"):
        left = chance.choice((60, 120))
        place = (left, top, left + chance.choice((220, 340, 400)), top + height)
        one, top = with_caption(sheet, place, number=number, above=name == "above", chance=chance)
        truth.append(one)
    elif name == "side by side":
        ends = []
        for at, left in enumerate((60, 310)):
            one, end = with_caption(
                sheet, (left, top, left + 225, top + height), number=number + at, above=False, chance=chance
            )
            truth.append(one)
            ends.append(end)
        top = max(ends)
    elif name == "stacked":
        above = chance.random() < 0.5
        for at in range(2):
            one, top = with_caption(
                sheet, (100, top, 420, top + height), number=number + at, above=above, chance=chance
            )
            truth.append(one)
            top += chance.uniform(18, 30)
    elif name in ("left", "right"):
        x0, beside = (220, 60) if name == "left" else (60, 255)
        box = figure(sheet, (x0, top, x0 + 180, top + 150), chance)
        text, _ = caption(sheet, beside, top + 10, 145, number=number, chance=chance)
        truth.append(Captioned(box, text, "image"))
        top += 150
    elif name == "near a table":
        one, top = with_caption(sheet, (60, top, 400, top + height), number=number, above=False, chance=chance)
        truth.append(one)
        label = f"Table {number} {prose(chance, 5)}"
        _, top = sheet.text(60, top + 16, 400, label, size=9)
        rows = [("Harbour", "Ships", "Lamps")] + [
            (word, str(at * 7 + 3), str(at * 11)) for at, word in enumerate("abcd", 1)
        ]
        table: Cells = sheet.ruled_table(60, top + 6, (120, 80, 80), rows)
        truth.append(Captioned(table.box, label, "table"))
        top = table.box[3] * 842
    else:
        top += 10
        for at, left in enumerate((60, 310)):
            reached = top
            for part in range(2):
                _, reached = sheet.text(left, reached, 225, prose(chance, 40))
                reached += 14
                if part == at:
                    place = (left, reached, left + 225, reached + height)
                    one, reached = with_caption(sheet, place, number=number + at, above=False, chance=chance)
                    truth.append(one)
                    reached += 16
        return truth
    sheet.text(60, top + 22, 475, f"In Figure {number} and Table {number} {prose(chance, 50)}")
    return truth


N_PAGES = 64
BOUND_AT_LEAST = 0.95


def test_over_many_layouts_captions_are_bound_to_their_figures(tmp_path: Path) -> None:
    chance = random.Random(20)
    drawing = Drawing()
    truths = [layout(drawing.sheet(), LAYOUTS[at % len(LAYOUTS)], chance) for at in range(N_PAGES)]
    path = drawing.save(tmp_path / "layouts.pdf")
    by_page: dict[int, list[Element]] = {}
    for element in read(path, desk(None)).elements:
        by_page.setdefault(element.page, []).append(element)
    wrong: list[str] = []
    n_all = 0
    for page, truth in enumerate(truths, 1):
        for one in truth:
            n_all += 1
            found = max(
                by_page[page], key=lambda element: (element.modality == one.modality, overlap(element.box, one.box))
            )
            said = found.text.split("\n")[0]
            if found.modality != one.modality or overlap(found.box, one.box) < 0.5 or said != one.caption:
                wrong.append(
                    f"page {page}, {LAYOUTS[(page - 1) % len(LAYOUTS)]}: {one.caption[:40]!r} got {said[:40]!r}, "
                    f"overlap {overlap(found.box, one.box):.2f}"
                )
    assert n_all >= N_PAGES
    assert len(wrong) <= (1 - BOUND_AT_LEAST) * n_all, "\n".join(wrong)
