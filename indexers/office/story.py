"""What an office file tells, gathered in its order: where each element stands, and under which headings."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from lxml import etree

from indexers.html import with_context
from indexers.image import keep_picture
from indexers.reading import Desk
from rag.errors import EmptyFile
from rag.types import Box, Element

ROWS_AT_ONCE = 40
"""Of a table, in one element; each gets the header again."""
MAX_TABLE_CHARS = 4000
"""Of a table's element: rows after this much go into the next one."""

PROPERTIES = "docProps/core.xml"
FACTS = {"title": "title", "author": "creator", "subject": "subject", "keywords": "keywords", "date": "modified"}
NO_TITLES = ("Word Document", "PowerPoint Presentation")
"""Which programs write where nobody gave one."""


@dataclass
class Story:
    """Elements in reading order. `start` and `end` are positions in their running text, joined by line breaks."""

    path: Path
    desk: Desk
    page: int = 1
    section: tuple[tuple[int, str], ...] = ()
    """Level and title of the headings above."""
    elements: list[Element] = field(default_factory=list)
    position: int = 0

    def heading(self, level: int, text: str, *, box: Box | None = None) -> None:
        """Begin a section, which ends those of the same or a deeper level."""
        if text := " ".join(text.split()):
            self.section = (*(pair for pair in self.section if pair[0] < level), (level, text))
            self.add(Element("text", text, self.page, box))

    def paragraph(self, text: str, *, box: Box | None = None) -> None:
        """Take a paragraph; one without a word is no element."""
        lines = (" ".join(line.split()) for line in text.split("\n"))
        if told := "\n".join(line for line in lines if line):
            self.add(Element("text", told, self.page, box))

    def table(self, rows: Sequence[Sequence[str]], *, caption: str = "", box: Box | None = None) -> None:
        """Take a table, its first row a header: in one element, or in several that repeat caption and header."""
        lines = [
            " | ".join(" ".join(cell.split()) for cell in row) for row in rows if any(cell.strip() for cell in row)
        ]
        if not lines:
            return
        head = [caption, lines[0]] if caption else [lines[0]]
        block: list[str] = []
        for line in lines[1:]:
            block.append(line)
            if len(block) >= ROWS_AT_ONCE or sum(map(len, block)) >= MAX_TABLE_CHARS:
                self.add(Element("table", "\n".join([*head, *block]), self.page, box))
                block = []
        if block or len(lines) == 1:
            self.add(Element("table", "\n".join([*head, *block]), self.page, box))

    def picture(self, data: bytes | None, *, texts: Sequence[str], box: Box | None = None) -> None:
        """Take a picture with its texts (caption, alt text, title); without bytes, or with bytes no viewer knows, only those."""
        text = "\n".join(dict.fromkeys(" ".join(one.split()) for one in texts if one.strip()))
        media, ocr = (None, "") if data is None else keep_picture(data, name=self.path.name, desk=self.desk)
        if text or media:
            self.add(Element("image", text, self.page, box, media=media, ocr=ocr))

    def add(self, element: Element) -> None:
        """Take an element, under the headings above."""
        section = tuple(title for _, title in self.section)
        end = self.position + len(element.text)
        self.elements.append(replace(element, section=section, start=self.position, end=end))
        self.position = end + 1

    def told(self) -> list[Element]:
        """The elements, each picture and table with the paragraph beside it.

        Raises: EmptyFile if there is none with a word or a picture.
        """
        if not any(element.text or element.media for element in self.elements):
            raise EmptyFile(f"{self.path.name} holds no text and no picture.", hint="Fill it and ingest again.")
        return with_context(self.elements)


def facts_of(path: Path) -> dict[str, str]:
    """What the file says of itself: title, author, subject, keywords, date; what is not set is left out."""
    with zipfile.ZipFile(path) as archive:
        if PROPERTIES not in archive.namelist():
            return {}
        data = archive.read(PROPERTIES)
    root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    found = {etree.QName(one).localname: " ".join((one.text or "").split()) for one in root.iterchildren("*")}
    facts = {name: found.get(key, "")[:1000] for name, key in FACTS.items()}
    return {name: value for name, value in facts.items() if value and value not in NO_TITLES}
