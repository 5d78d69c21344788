"""The text layer of a page: lines with their place and type, in reading order, gathered into paragraphs."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pymupdf

from indexers.pdf.geometry import Rect, height, overlap_x, overlap_y, same_row, union, width

GUTTER = 7.0
"""Points of white between columns, at least."""
NARROWEST_COLUMN = 0.12
"""Share of the page's width: what is narrower is a number or bullet beside its text, and no column."""
SAME_LINE_GAP = 2.5
"""Times the type's size: a wider gap on a base line parts two lines."""
LEVEL = 0.9
"""Cosine of the angle up to which a line counts as level."""
NOTE_SIZE = 0.9
"""Times the size of most letters: smaller type at the foot of the page is of footnotes."""
PARAGRAPH_GAP = 0.75
"""Times the type's size: a wider gap between lines parts paragraphs."""

_LIGATURES = {"\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl"}
_UNWANTED = re.compile(r"[\x00-\x08\x0b-\x1f\u00ad\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of text as it stands on the page."""

    text: str
    rect: Rect
    """Points, of the page as shown."""
    size: float
    """Of most of its letters, in points."""
    bold: bool = False
    """Whether all of it is: a bold word at the beginning of a line of text announces no heading."""
    italic: bool = False
    level: bool = True
    """Whether it runs from left to right; stamps at the margin and titles of axes may not."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines that belong together, in order."""

    lines: tuple[TextLine, ...]

    @property
    def rect(self) -> Rect:
        """Around all its lines."""
        return union(line.rect for line in self.lines)

    @property
    def size(self) -> float:
        """Of the first line's type, in points."""
        return self.lines[0].size

    @property
    def bold(self) -> bool:
        """Whether every line is bold."""
        return all(line.bold for line in self.lines)

    def text(self) -> tuple[str, list[tuple[int, int]]]:
        """The paragraph on one line, hyphens at line ends undone, and where each of its lines stands in it."""
        text, places = "", list[tuple[int, int]]()
        for line in self.lines:
            if text.endswith("-") and len(text) > 2 and text[-2].isalpha() and line.text[:1].islower():
                text = text[:-1]
                first, last = places[-1]
                places[-1] = (first, last - 1)
            elif text and not (_is_cjk(text[-1]) and _is_cjk(line.text[:1])):
                text += " "
            places.append((len(text), len(text) + len(line.text)))
            text += line.text
        return text, places


def _is_cjk(letter: str) -> bool:
    return "\u2e80" <= letter <= "\u9fff" or "\uac00" <= letter <= "\ud7af" or "\uff00" <= letter <= "\uffef"


def lines_of(page: pymupdf.Page) -> list[TextLine]:
    """The lines of a page's text layer, in the file's order, without those that lie outside the page."""
    found: list[TextLine] = []
    flags = pymupdf.TEXTFLAGS_DICT & ~pymupdf.TEXT_PRESERVE_IMAGES
    bounds = tuple(page.rect)
    for block in page.get_text("dict", flags=flags)["blocks"]:
        for line in block.get("lines", ()):
            level = line["dir"][0] > LEVEL
            found.extend(one if level else replace(one, level=False) for one in _parts(line, bounds))
    return found


def _parts(line: dict, bounds: Rect) -> Iterator[TextLine]:  # type: ignore[type-arg]  # pymupdf's own dict
    """A line, parted where a wide gap lies between its spans."""
    gathered: list[dict] = []  # type: ignore[type-arg]
    for span in line["spans"]:
        if not span["text"].strip():
            continue
        if gathered and span["bbox"][0] - gathered[-1]["bbox"][2] > SAME_LINE_GAP * span["size"]:
            yield from _line(gathered, bounds)
            gathered = []
        gathered.append(span)
    yield from _line(gathered, bounds)


def _line(spans: Sequence[dict], bounds: Rect) -> Iterator[TextLine]:  # type: ignore[type-arg]
    if not spans:
        return
    text = ""
    for before, span in zip([None, *spans], spans, strict=False):
        gap = 0.0 if before is None else span["bbox"][0] - before["bbox"][2]
        text += (" " if before is not None and gap > 0.15 * span["size"] and not text.endswith(" ") else "") + span[
            "text"
        ]
    rect = union(tuple(span["bbox"]) for span in spans)
    middle = ((rect[0] + rect[2]) / 2, (rect[1] + rect[3]) / 2)
    if not (bounds[0] <= middle[0] <= bounds[2] and bounds[1] <= middle[1] <= bounds[3]):
        return
    longest = max(spans, key=lambda span: len(span["text"]))
    n_bold = sum(len(span["text"]) for span in spans if span["flags"] & 16 or "bold" in span["font"].lower())
    cleaned = clean(text)
    if cleaned:
        yield TextLine(cleaned, rect, longest["size"], n_bold > 0.95 * len(text.strip()), bool(longest["flags"] & 2))


def clean(text: str) -> str:
    """A text without soft hyphens, control letters and ligatures, white space folded."""
    text = unicodedata.normalize("NFC", _UNWANTED.sub("", text))
    for ligature, letters in _LIGATURES.items():
        text = text.replace(ligature, letters)
    return " ".join(text.split())


def in_order(lines: Sequence[TextLine], page_width: float) -> list[TextLine]:
    """Lines in reading order: columns one after the other, what stands across them before or after, footnotes last."""
    body, notes = _without_footnotes(lines)
    return [*_in_columns(body, page_width), *_in_columns(notes, page_width)]


def _without_footnotes(lines: Sequence[TextLine]) -> tuple[list[TextLine], list[TextLine]]:
    """The lines, and those in small type below all others: under columns they belong to none of them.

    They begin at the left edge of the text. Notes beside each other are the feet of their columns and stay there.
    """
    letters: Counter[float] = Counter()
    for line in lines:
        letters[round(line.size * 2) / 2] += len(line.text)
    smaller = NOTE_SIZE * max(letters, key=letters.__getitem__, default=0.0)
    left = min((line.rect[0] for line in lines), default=0.0)
    bands = _bands(lines)
    first = len(bands)
    while first > 0 and len(bands[first - 1]) == 1 and _is_note(bands[first - 1][0], left, smaller):
        first -= 1
    body, notes = ([line for band in part for line in band] for part in (bands[:first], bands[first:]))
    if any(_goes_on([one], note) for note in notes for one in body if one.size < smaller):
        return list(lines), []  # the end of columns in small type, as references and indexes have
    return body, notes


def _is_note(line: TextLine, left: float, smaller: float) -> bool:
    return line.size < smaller and line.rect[0] < left + 3 * line.size


def _in_columns(lines: Sequence[TextLine], page_width: float) -> list[TextLine]:
    if len(lines) < 2:
        return list(lines)
    if (gutter := _gutter(lines, page_width)) is not None:
        left = [line for line in lines if line.rect[2] <= gutter]
        right = [line for line in lines if line.rect[2] > gutter]
        return _in_columns(left, page_width) + _in_columns(right, page_width)
    bands = _bands(lines)
    if len(bands) == 1:
        return _by_rows(lines)
    groups: list[list[TextLine]] = [bands[0]]
    for band in bands[1:]:
        joined = [*groups[-1], *band]
        if _gutter(joined, page_width) is not None:
            groups[-1] = joined
        else:
            groups.append(band)
    if len(groups) == 1:
        return _by_rows(lines)
    ordered: list[TextLine] = []
    for group in groups:
        ordered += _in_columns(group, page_width) if _gutter(group, page_width) is not None else _by_rows(group)
    return ordered


def _gutter(lines: Sequence[TextLine], page_width: float) -> float | None:
    """The middle of a white strip that parts the lines into two columns which stand beside each other."""
    spans = sorted((line.rect[0], line.rect[2]) for line in lines)
    reach = spans[0][1]
    best: tuple[float, float] | None = None
    for x0, x1 in spans[1:]:
        if x0 - reach >= GUTTER:
            middle = (reach + x0) / 2
            left = [line for line in lines if line.rect[2] <= middle]
            right = [line for line in lines if line.rect[2] > middle]
            if _is_column(left, page_width) and _is_column(right, page_width) and _beside(left, right):
                best = max(best or (0.0, 0.0), (x0 - reach, middle))
        reach = max(reach, x1)
    return None if best is None else best[1]


def _is_column(lines: Sequence[TextLine], page_width: float) -> bool:
    return bool(lines) and width(union(line.rect for line in lines)) >= NARROWEST_COLUMN * page_width


def _beside(left: Sequence[TextLine], right: Sequence[TextLine]) -> bool:
    one, other = union(line.rect for line in left), union(line.rect for line in right)
    return overlap_y(one, other) > 0.25 * min(height(one), height(other))


def _bands(lines: Sequence[TextLine]) -> list[list[TextLine]]:
    """Lines in level strips with nothing but white between them, from the top."""
    bands: list[list[TextLine]] = []
    reach = float("-inf")
    for line in sorted(lines, key=lambda line: line.rect[1]):
        middle_top = line.rect[1] + 0.2 * height(line.rect)
        if bands and middle_top < reach:
            bands[-1].append(line)
        else:
            bands.append([line])
        reach = max(reach, line.rect[3] - 0.2 * height(line.rect))
    return bands


def _by_rows(lines: Sequence[TextLine]) -> list[TextLine]:
    """From the top, and from left to right on one base line."""
    rows: list[list[TextLine]] = []
    for line in sorted(lines, key=lambda line: (line.rect[1] + line.rect[3]) / 2):
        if rows and same_row(rows[-1][0].rect, line.rect):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda line: line.rect[0])]


def paragraphs(lines: Sequence[TextLine]) -> list[Paragraph]:
    """Lines in reading order, gathered where they go on: same type, no wide gap, no new indent after a short line."""
    gathered: list[list[TextLine]] = []
    for line in lines:
        if gathered and _goes_on(gathered[-1], line):
            gathered[-1].append(line)
        else:
            gathered.append([line])
    return [Paragraph(tuple(one)) for one in gathered]


def _goes_on(before: Sequence[TextLine], line: TextLine) -> bool:
    last = before[-1]
    size = max(last.size, line.size)
    same_type = abs(last.size - line.size) <= 0.08 * size and last.bold == line.bold
    if same_row(last.rect, line.rect):
        return 0 <= line.rect[0] - last.rect[2] < 3 * size
    gap = line.rect[1] - last.rect[3]
    if not (same_type and -0.6 * size < gap < PARAGRAPH_GAP * size and overlap_x(last.rect, line.rect) > 0):
        return False
    indented = line.rect[0] - last.rect[0] > 0.8 * size
    ended = last.text.rstrip()[-1:] in ".!?:。！？" and last.rect[2] < union(one.rect for one in before)[2] - 2 * size
    listed = bool(re.match(r"(?:[•‣▪◦●○■–—*-]|\(?\d{1,2}[.)]|\(?[a-z][.)])\s", line.text))
    return not (listed or ended or (indented and len(before) > 1))
