"""Word (.docx), walked as python-docx parses it: body, content controls and text boxes, in the order of the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import docx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml.ns import qn

from indexers.office.story import Story, facts_of
from indexers.reading import Desk, Reading

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
DEEPEST_STYLE = 12
"""Styles based on one another; a damaged file may go in a ring."""
WIDEST_CELL = 100
"""Columns that one cell may span."""

Node = Any  # an lxml element; python-docx gives no types for its tree
# What is drawn for old programs, a second time.
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_TEXT_BOX = qn("w:txbxContent")
_PASSED_OVER = {
    _FALLBACK,
    *(qn(f"w:{name}") for name in ("pPr", "rPr", "del", "moveFrom", "instrText", "sdtPr", "tblPr", "sectPr")),
}
_IMAGEDATA = "{urn:schemas-microsoft-com:vml}imagedata"
_BREAKS = {qn("w:tab"): " ", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}
_OF_TABLE = re.compile(r"\s*(?:table|tab\.|tabelle|tableau|tabla|表)", re.IGNORECASE)


def read(path: Path, desk: Desk) -> Reading:
    """Read a Word file. It has no pages of its own: a printer or a screen makes them, so all is on page 1.

    Raises: what python-docx raises on damaged files, which the door of `indexers.office` names; EmptyFile.
    """
    document = docx.Document(str(path))
    walk = _Walk(document, Story(path, desk))
    walk.blocks(document.element.body)
    walk.end_caption()
    elements = walk.story.told()
    facts = facts_of(path)
    title = facts.pop("title", "") or walk.title or path.stem
    return Reading(title, MEDIA_TYPE, 1, iter(elements), facts)


@dataclass
class _Walk:
    """The state of going through a document."""

    document: Any  # docx.document.Document, untyped
    story: Story
    title: str = ""
    caption: str = ""
    """Of which nothing is known yet but the text: what follows may be its picture or table."""
    captioned: set[int] = field(default_factory=set)
    """Places in the story whose element has its caption."""
    levels: dict[str, int | None] = field(default_factory=dict)

    def blocks(self, node: Node) -> None:
        """Take paragraphs and tables; what wraps them (a content control, an insertion) is looked through."""
        for child in node:
            if child.tag == qn("w:p"):
                self._paragraph(child)
            elif child.tag == qn("w:tbl"):
                self._table(child)
            elif isinstance(child.tag, str) and child.tag not in _PASSED_OVER:
                self.blocks(child)

    def _paragraph(self, node: Node) -> None:
        text = _text(node)
        style = node.pPr.pStyle.val if node.pPr is not None and node.pPr.pStyle is not None else ""
        level = self._level(node, style)
        if text.strip() and self._style_name(style) == "caption":
            self._caption(" ".join(text.split()))
        elif text.strip():
            self.end_caption()
            if level is None:
                self.story.paragraph(text)
            else:
                self.title = self.title or " ".join(text.split())
                self.story.heading(level, text)
        for picture in _pictures(node):
            self._picture(picture)
        for box in _text_boxes(node):
            self.blocks(box)

    def _caption(self, text: str) -> None:
        """A caption stands below its picture or above its table; `end_caption` settles what it turns out to be."""
        self.end_caption()
        last = len(self.story.elements) - 1
        after_picture = last >= 0 and self.story.elements[last].modality == "image" and last not in self.captioned
        if after_picture and not _OF_TABLE.match(text):
            element = self.story.elements.pop()
            self.story.position = element.start
            self.captioned.add(last)
            self.story.add(replace(element, text="\n".join(filter(None, [text, element.text]))))
            return
        self.caption = text

    def end_caption(self) -> None:
        """What was no caption of a picture or table that follows is a paragraph."""
        if self.caption:
            self.story.paragraph(self.caption)
            self.caption = ""

    def _take_caption(self) -> str:
        text, self.caption = self.caption, ""
        if text:
            self.captioned.add(len(self.story.elements))
        return text

    def _picture(self, node: Node) -> None:
        described = node.xpath(".//*[local-name()='docPr']") or node.xpath(".//*[local-name()='shape']")
        texts = [str(one.get(name) or "") for one in described[:1] for name in ("descr", "alt", "title")]
        blobs: list[bytes | None] = [*self._blobs(node)]
        for data in blobs or [None]:
            self.story.picture(data, texts=[self._take_caption(), *texts])

    def _blobs(self, node: Node) -> Iterator[bytes]:
        """The bytes of the pictures in a drawing; one that is only linked lies elsewhere, and is not fetched."""
        names = [one.get(qn("r:embed")) for one in _below(node) if one.tag == qn("a:blip")]
        names += [one.get(qn("r:id")) for one in _below(node) if one.tag == _IMAGEDATA]
        for name in names:
            link = self.document.part.rels.get(name) if name else None
            if link is not None and not link.is_external and link.reltype == RELATIONSHIP_TYPE.IMAGE:
                yield link.target_part.blob

    def _table(self, node: Node) -> None:
        rows = _grid(node)
        if max((len(row) for row in rows), default=0) < 2:
            for cell in _cells(node):  # a single column lays out a page
                self.blocks(cell)
            return
        self.story.table(rows, caption=self._take_caption())
        for drawing in _pictures(node):
            self._picture(drawing)

    def _level(self, node: Node, style: str) -> int | None:
        """0 for the title, 1 to 9 for a heading, None for all else."""
        own = node.xpath("./w:pPr/w:outlineLvl/@w:val")
        if own and own[0].isdecimal():
            return int(own[0]) + 1 if int(own[0]) < 9 else None
        if style not in self.levels:
            self.levels[style] = self._level_of_style(style)
        return self.levels[style]

    def _level_of_style(self, style: str) -> int | None:
        for _ in range(DEEPEST_STYLE):
            name = self._style_name(style)
            if name == "title":
                return 0
            if match := re.fullmatch(r"heading ([1-9])", name):
                return int(match[1])
            node = self._style(style)
            if node is None:
                return None
            outline = node.xpath("./w:pPr/w:outlineLvl/@w:val")
            if outline and outline[0].isdecimal():
                return int(outline[0]) + 1 if int(outline[0]) < 9 else None
            style = next(iter(node.xpath("./w:basedOn/@w:val")), "")
        return None

    def _style(self, style: str) -> Node | None:
        return self.document.styles.element.get_by_id(style) if style else None

    def _style_name(self, style: str) -> str:
        node = self._style(style)
        return str(node.name_val or "").lower() if node is not None else ""


def _below(node: Node) -> Iterator[Node]:
    """Everything below a node in order, but for what is deleted, drawn twice, or in a text box."""
    for child in node:
        if isinstance(child.tag, str) and child.tag not in _PASSED_OVER and child.tag != _TEXT_BOX:
            yield child
            yield from _below(child)


def _text_boxes(node: Node) -> Iterator[Node]:
    for child in node:
        if child.tag == _TEXT_BOX:
            yield child
        elif isinstance(child.tag, str) and child.tag not in _PASSED_OVER:
            yield from _text_boxes(child)


def _pictures(node: Node) -> list[Node]:
    drawn = {qn("w:drawing"), qn("w:pict"), qn("w:object")}
    return [one for one in _below(node) if one.tag in drawn]


def _text(node: Node) -> str:
    return "".join(one.text or "" if one.tag == qn("w:t") else _BREAKS.get(one.tag, "") for one in _below(node))


def _cells(table: Node) -> Iterator[Node]:
    for row in _rows(table):
        yield from row.xpath("./w:tc | ./w:sdt/w:sdtContent/w:tc")


def _rows(table: Node) -> list[Node]:
    return list(table.xpath("./w:tr | ./w:sdt/w:sdtContent/w:tr"))


def _grid(table: Node) -> list[list[str]]:
    """The cells of a table, row by row, merged ones repeated in each place that they fill."""
    grid: list[list[str]] = []
    for row in _rows(table):
        filled: list[str] = []
        for cell in row.xpath("./w:tc | ./w:sdt/w:sdtContent/w:tc"):
            text = " ".join(_text(one) for one in _below(cell) if one.tag == qn("w:p"))
            goes_on = cell.xpath("./w:tcPr/w:vMerge[not(@w:val) or @w:val='continue']")
            if goes_on and grid and len(filled) < len(grid[-1]):
                text = grid[-1][len(filled)]
            across = next(iter(cell.xpath("./w:tcPr/w:gridSpan/@w:val")), "1")
            filled += [text] * (min(max(1, int(across)), WIDEST_CELL) if across.isdecimal() else 1)
        grid.append(filled)
    return grid
