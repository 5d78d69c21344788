"""HTML, walked in document order. `Element.start` and `end` are positions in the running text of all elements.

Nothing is fetched: pictures come from `data:` addresses, or from files in the page's folder or in one beside it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lxml import etree, html

from indexers.image import keep_picture
from indexers.reading import Desk, Reading
from indexers.text import decode_page
from rag.errors import DamagedFile, EmptyFile
from rag.types import Element

LEFT_OUT = frozenset(
    {"script", "style", "noscript", "template", "head", "nav", "svg", "iframe", "object", "button", "form"}
)
BLOCKS = frozenset(
    [
        "p",
        "li",
        "dt",
        "dd",
        "blockquote",
        "pre",
        "address",
        "td",
        "th",
        "div",
        "section",
        "article",
        "main",
        "header",
        "footer",
        "aside",
        "figcaption",
        "caption",
        "summary",
        "details",
        "figure",
        "ul",
        "ol",
        "dl",
        "body",
        "center",
        "fieldset",
    ]
)
HEADINGS = {f"h{level}": level for level in range(1, 7)}
_WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
_BREAK_IN_CJK = re.compile(rf"(?<=[{_WIDE}])[ \t]*\n\s*(?=[{_WIDE}]|[^\w\s])|(?<=[^\w\s])[ \t]*\n\s*(?=[{_WIDE}])")
DEEPEST = 400
"""Levels of nesting that are walked; a page built to be deeper is cut there."""
_SOURCES = re.compile(r"(\S+?)(?:\s+[\d.]+[wxh])*\s*(?:,\s|,?\s*$)")
"""The addresses in a `srcset`; one of `data:` has a comma in it, which no space follows."""
CONTEXT_CHARS = 600
"""Of the paragraph beside a picture or table."""


def read(path: Path, desk: Desk) -> Reading:
    """Read an HTML file: headings, paragraphs, tables and pictures in order.

    Raises: DamagedFile if nothing can be made of it; EmptyFile if it has no text and no picture.
    """
    data = path.read_bytes()
    root = parse(data, path.name)
    title = " ".join("".join(root.xpath("//title//text()")).split())
    facts = {str(m.get("name")).lower(): str(m.get("content")) for m in root.xpath("//meta[@name and @content]")}
    kept = {name: facts[name] for name in ("author", "description", "keywords", "date") if facts.get(name)}
    return Reading(title or path.stem, "text/html", 1, elements_of(root, path, desk), kept)


def parse(data: bytes | str, name: str) -> html.HtmlElement:
    """The tree of a page, mended where it is broken; no address is ever followed.

    Raises: DamagedFile, EmptyFile.
    """
    source = decode_page(data, name) if isinstance(data, bytes) else data
    source = re.sub(r"^\s*<\?xml[^>]*\?>", "", source)  # lxml refuses a declared encoding in decoded text
    parser = html.HTMLParser(no_network=True, huge_tree=False, remove_comments=True, remove_pis=True)
    try:
        root = html.document_fromstring(source.replace("\x00", " "), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise EmptyFile(f"{name} holds no page: {error}.", hint="Save it anew.") from error
    if root is None:
        raise DamagedFile(f"{name} cannot be parsed.", hint="Save it anew.")
    return root


def elements_of(root: html.HtmlElement, path: Path, desk: Desk) -> Iterator[Element]:
    """The elements of a page, each with the headings above it; a picture or table with what stands beside it.

    Raises: EmptyFile if there is no text and no picture.
    """
    walk = _Walk(path, desk)
    walk.enter(root, 0)
    walk.end_paragraph()
    if not walk.elements:
        raise EmptyFile(f"{path.name} holds no text and no picture.", hint="Fill it and ingest again.")
    return iter(with_context(walk.elements))


@dataclass
class _Walk:
    """The state of going through a page."""

    path: Path
    desk: Desk
    elements: list[Element] = field(default_factory=list)
    section: tuple[tuple[int, str], ...] = ()
    words: list[str] = field(default_factory=list)
    position: int = 0
    caption: str = ""
    """Of the figure that the walk is in."""

    def enter(self, node: html.HtmlElement, depth: int) -> None:
        """Take a node with all below it; its tail belongs to its parent."""
        tag = node.tag if isinstance(node.tag, str) else ""
        if tag in LEFT_OUT or depth > DEEPEST or node.get("hidden") is not None:
            return
        if tag in HEADINGS:
            self._heading(node, HEADINGS[tag])
        elif tag == "table" and _is_data_table(node):
            self._table(node)
        elif tag == "img":
            self._picture(node)
        elif tag == "figure" and node.xpath(".//img"):
            self._figure(node, depth)
        elif tag == "figcaption" and self.caption:
            return
        elif tag == "pre":
            self.end_paragraph()
            self._add(Element("text", node.text_content().strip("\n"), 1))
        else:
            self._children(node, tag, depth)

    def _children(self, node: html.HtmlElement, tag: str, depth: int) -> None:
        if tag in BLOCKS:
            self.end_paragraph()
        if tag == "br":
            self.words.append("\n")
        self.words.append(node.text or "")
        for child in node:
            self.enter(child, depth + 1)
            self.words.append(child.tail or "")
        if tag in BLOCKS:
            self.end_paragraph()

    def end_paragraph(self) -> None:
        """Make an element of the words gathered since the last one."""
        lines = (_folded(line) for line in "".join(self.words).split("\n\n"))
        text = " ".join(line for line in lines if line)
        self.words.clear()
        if text:
            self._add(Element("text", text, 1))

    def _add(self, element: Element) -> None:
        if element.modality == "text" and not element.text.strip():
            return
        start = self.position
        self.position += len(element.text) + 1
        section = tuple(title for _, title in self.section)
        self.elements.append(replace(element, section=section, start=start, end=start + len(element.text)))

    def _heading(self, node: html.HtmlElement, level: int) -> None:
        self.end_paragraph()
        text = _text(node)
        if text:
            self.section = (*(pair for pair in self.section if pair[0] < level), (level, text))
            self._add(Element("text", text, 1))
        for picture in node.xpath(".//img"):
            self._picture(picture)

    def _table(self, node: html.HtmlElement) -> None:
        self.end_paragraph()
        caption = " ".join(_text(one) for one in node.xpath("./caption"))
        rows = [" | ".join(row) for row in _grid(node)]
        self._add(Element("table", "\n".join([caption, *rows] if caption else rows), 1))
        for picture in node.xpath(".//img"):
            self._picture(picture)

    def _figure(self, node: html.HtmlElement, depth: int) -> None:
        """Its pictures bear its caption; what else stands in it is told as anywhere."""
        outer, self.caption = self.caption, " ".join(_text(one) for one in node.xpath("./figcaption"))
        self._children(node, "figure", depth)
        self.caption = outer

    def _picture(self, node: html.HtmlElement) -> None:
        self.end_paragraph()
        named = [self.caption, str(node.get("alt") or ""), str(node.get("title") or "")]
        text = "\n".join(dict.fromkeys(" ".join(one.split()) for one in named if one.strip()))
        media, ocr = self._kept([str(node.get("src") or ""), *_SOURCES.findall(str(node.get("srcset") or ""))])
        if text or media:
            self._add(Element("image", text, 1, media=media, ocr=ocr))

    def _kept(self, addresses: Sequence[str]) -> tuple[str | None, str]:
        """The hash of the first picture that is here and can be read, and the words in it."""
        for address in addresses:
            source = self._at(address) if address else None
            media, ocr = (None, "") if source is None else keep_picture(source, name=address[:80], desk=self.desk)
            if media is not None:
                return media, ocr
        return None, ""

    def _at(self, address: str) -> Path | bytes | None:
        found = picture_at(address, self.path, root=self.desk.root)
        if isinstance(found, Path) and self.desk.within:
            return found if any(found.is_relative_to(folder) for folder in self.desk.within) else None
        return found


def picture_at(address: str, page: Path, *, root: Path | None = None) -> Path | bytes | None:
    """The file at an address in a page, or the bytes of a `data:` address; None for what lies elsewhere or is not there.

    A page may show what lies below `root`, in its own folder or in one beside it, links followed to where they lead, and
    nothing hidden: whoever sent the page must not reach the rest of the disk with it. `/a.png` begins at `root`.
    """
    if address[:5].lower() == "data:":
        head, _, body = address.partition(",")
        try:
            return base64.b64decode(unquote(body)) if head.lower().endswith(";base64") else None
        except (binascii.Error, ValueError):
            return None
    try:
        parts = urlsplit(address)
        folder = page.resolve().parent
        named = unquote(parts.path)
        target = (root / named.lstrip("/") if root and named.startswith("/") else folder / named).resolve()
        there = target.is_file()
    except (ValueError, OSError, RuntimeError):  # no address, a name too long, or links in a ring
        return None
    if parts.scheme or parts.netloc or not parts.path or not there:
        return None
    return target if _may_show(target, folder, None if root is None else root.resolve()) else None


def _may_show(target: Path, folder: Path, root: Path | None) -> bool:
    if root is not None and target.is_relative_to(root):
        below = target.relative_to(root).parts
    elif target.is_relative_to(folder):
        below = target.relative_to(folder).parts
    elif folder.parent != folder.parent.parent and target.is_relative_to(folder.parent):
        below = target.relative_to(folder.parent).parts
        if len(below) < 2:  # beside the page's folder, not in a folder beside it
            return False
    else:
        return False
    return not any(name.startswith(".") for name in below)


def _is_data_table(node: html.HtmlElement) -> bool:
    """Whether a table holds data: tables within it or a single column mean that it lays out the page."""
    return not node.xpath(".//table") and max((len(row) for row in _grid(node)), default=0) > 1


def _grid(node: html.HtmlElement) -> list[list[str]]:
    """The cells of a table, row by row, spanned ones repeated in each place that they fill."""
    filled: dict[tuple[int, int], str] = {}
    rows = node.xpath("./tr | ./thead/tr | ./tbody/tr | ./tfoot/tr")
    for at, row in enumerate(rows):
        column = 0
        for cell in row.xpath("./td | ./th"):
            while (at, column) in filled:
                column += 1
            for down in range(_span(cell, "rowspan", len(rows) - at)):
                for across in range(_span(cell, "colspan", 100)):
                    filled[at + down, column + across] = _text(cell)
    width = max((column + 1 for _, column in filled), default=0)
    grid = [[filled.get((at, column), "") for column in range(width)] for at in range(len(rows))]
    return [row for row in grid if any(row)]


def _span(cell: html.HtmlElement, name: str, most: int) -> int:
    value = str(cell.get(name) or "1").strip()
    return min(max(1, int(value)), most) if value.isdecimal() and len(value) < 6 else 1


def _text(node: html.HtmlElement) -> str:
    return _folded(" ".join(node.itertext()))


def _folded(text: str) -> str:
    """A text with its white space folded as a browser does; a line break within Chinese or Japanese leaves no space."""
    return " ".join(_BREAK_IN_CJK.sub("", text).split())


def with_context(elements: Sequence[Element]) -> list[Element]:
    """The elements, each picture and table with the nearest paragraph of its section, the one before where there is one."""
    placed: list[Element] = []
    for at, element in enumerate(elements):
        if element.modality in ("image", "table"):
            near = [*reversed(elements[max(0, at - 3) : at]), *elements[at + 1 : at + 4]]
            beside = [one.text for one in near if one.modality == "text" and _together(one, element)]
            prose = [text for text in beside if text not in element.section]
            element = replace(element, context=(prose or [""])[0][:CONTEXT_CHARS])
        placed.append(element)
    return placed


def _together(one: Element, other: Element) -> bool:
    return (one.page, one.section) == (other.page, other.section)
