"""PowerPoint (.pptx): each slide is a page; shapes in the file's order, which is the one that screen readers take."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pptx
from pptx.enum.shapes import MSO_SHAPE_TYPE, PP_PLACEHOLDER

from indexers.office.story import Story, facts_of
from indexers.reading import Desk, Reading
from rag.errors import FileTooLarge
from rag.types import WHOLE_PAGE, Box, Element

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
Shape = Any  # python-pptx gives its shapes no types
SMALL_PRINT = (PP_PLACEHOLDER.SLIDE_NUMBER, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.DATE)
"""Placeholders that say the same on each slide."""


def read(path: Path, desk: Desk) -> Reading:
    """Read a presentation: of each slide the title, texts, tables, charts and pictures, then its notes.

    Raises: what python-pptx raises on damaged files, which the door of `indexers.office` names; EmptyFile, FileTooLarge.
    """
    presentation = pptx.Presentation(str(path))
    slides = list(presentation.slides)
    if len(slides) > desk.limits.max_pages:
        raise FileTooLarge(
            f"{path.name} has {len(slides)} slides, the limit is {desk.limits.max_pages}.", hint="Raise max_pages."
        )
    story = Story(path, desk)
    size = (int(presentation.slide_width or 0), int(presentation.slide_height or 0))
    for page, slide in enumerate(slides, start=1):
        story.page, story.section = page, ()
        _tell(slide, story, size)
    elements = story.told()
    facts = facts_of(path)
    title = facts.pop("title", "") or next((one.section[0] for one in elements if one.section), "") or path.stem
    return Reading(title, MEDIA_TYPE, max(1, len(slides)), iter(elements), facts)


def _tell(slide: Any, story: Story, size: tuple[int, int]) -> None:
    first = len(story.elements)
    title = slide.shapes.title
    if title is not None:
        story.heading(1, title.text_frame.text, box=_box(title, size))
    for shape, in_group in _shapes(slide.shapes):
        if title is None or shape.shape_id != title.shape_id:
            _tell_shape(shape, story, None if in_group else _box(shape, size))
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        notes = slide.notes_slide.notes_text_frame.text
        if notes.strip():
            story.section = (*story.section, (2, "Notes"))
            story.paragraph(notes.replace("\v", "\n"))
            story.section = story.section[:-1]
    words = "\n".join(one.text for one in story.elements[first:] if one.modality != "image")
    story.add(Element("page", words, story.page, WHOLE_PAGE))


def _shapes(shapes: Any, *, in_group: bool = False) -> Iterator[tuple[Shape, bool]]:
    """Each shape, also those within groups, whose positions count from their group."""
    for shape in shapes:
        if shape.shape_type == MSO_SHAPE_TYPE.GROUP:
            yield from _shapes(shape.shapes, in_group=True)
        else:
            yield shape, in_group


def _tell_shape(shape: Shape, story: Story, box: Box | None) -> None:
    if shape.is_placeholder and shape.placeholder_format.type in SMALL_PRINT:
        return
    described = shape._element.xpath(".//p:cNvPr")[:1]
    texts = [str(one.get(name) or "") for one in described for name in ("descr", "title")]
    if getattr(shape, "has_table", False):
        rows = [[_cell(shape.table, row, column) for column in range(len(shape.table.columns))]
                for row in range(len(shape.table.rows))]  # fmt: skip
        story.table(rows, box=box)
    elif getattr(shape, "has_chart", False):
        story.table(_chart(shape.chart), caption=_chart_title(shape.chart), box=box)
    elif shape.has_text_frame:
        for paragraph in shape.text_frame.paragraphs:
            story.paragraph(paragraph.text.replace("\v", "\n"), box=box)
    else:
        data = _picture(shape)
        if data is not None or any(texts):
            story.picture(data, texts=texts, box=box)


def _cell(table: Any, row: int, column: int) -> str:
    """The text of a cell; a merged one's in each place that it fills."""
    cell = table.cell(row, column)
    if cell.is_spanned:
        for above in range(row, -1, -1):
            for before in range(column, -1, -1):
                origin = table.cell(above, before)
                if origin.is_merge_origin and above + origin.span_height > row and before + origin.span_width > column:
                    return str(origin.text_frame.text)
    return str(cell.text_frame.text)


def _chart(chart: Any) -> list[list[str]]:
    """A chart's numbers as a table: a row per category, a column per series."""
    rows: list[list[str]] = []
    for plot in chart.plots:
        series = list(plot.series)
        rows.append(["", *(str(one.name) for one in series)])
        values = [list(one.values) for one in series]
        for at, category in enumerate(plot.categories):
            cells = [column[at] if at < len(column) else None for column in values]
            rows.append([str(category), *("" if value is None else f"{value:g}" for value in cells)])
    return rows


def _chart_title(chart: Any) -> str:
    return str(chart.chart_title.text_frame.text) if chart.has_title and chart.chart_title.has_text_frame else ""


def _picture(shape: Shape) -> bytes | None:
    """The bytes of a picture; None of what is none, or is only linked and lies elsewhere."""
    try:
        return bytes(shape.image.blob)
    except (AttributeError, ValueError, KeyError):
        return None


def _box(shape: Shape, size: tuple[int, int]) -> Box | None:
    if None in (shape.left, shape.top, shape.width, shape.height) or not all(size):
        return None
    width, height = size
    x0, x1 = (min(1.0, max(0.0, edge / width)) for edge in (shape.left, shape.left + shape.width))
    y0, y1 = (min(1.0, max(0.0, edge / height)) for edge in (shape.top, shape.top + shape.height))
    return (x0, y0, max(x0, x1), max(y0, y1))
