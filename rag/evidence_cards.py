"""Evidence as cards: the file, the page, the section, the words, and the page or picture with the place marked on it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rag import evidence_pictures
from rag.evidence_pictures import View
from rag.printable import escape
from rag.types import WHOLE_PAGE, Answer, Box, Citation, Document, Element, Hit, Place

if TYPE_CHECKING:
    from PIL.Image import Image

    PagePicture = Callable[[Document, int], Image | None]
    Media = Callable[[str], Image]

NEAREST = 3
"""How many hits are shown where there is no answer."""
SURROUNDINGS = 420
"""Characters shown before and after a quote in a document without layout."""
LONGEST_QUOTE = 600
TINTED = 0.08
"""A marked place beyond this share of the page gets an outline only, so that its colours stay true."""
KINDS = {"text": "", "image": "picture", "table": "table", "page": "whole page"}


@dataclass(frozen=True, slots=True)
class Card:
    """A piece of evidence with everything in it that the answer rests on."""

    number: int
    document: Document
    page: int
    quotes: tuple[str, ...]
    boxes: tuple[Box, ...]
    media: str | None
    element: Element | None
    """What was found there; None where the hits no longer hold it."""
    also: tuple[Place, ...] = ()
    """Where else the same thing stands."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """Where the pictures come from."""

    page: PagePicture
    media: Media
    address: Callable[[Document, int, Box | None], str] = field(default=lambda document, page, box: "")
    """Where a browser finds a page (from 1) with a box drawn; empty where there is no such place."""


def cited_cards(answer: Answer) -> list[Card]:
    """One card per piece of evidence and page, in the order in which the answer names them."""
    grouped: dict[tuple[int, str, int], list[Citation]] = {}
    for citation in answer.citations:
        grouped.setdefault((citation.number, citation.document.id, citation.page), []).append(citation)
    return [
        Card(
            number=citations[0].number,
            document=citations[0].document,
            page=citations[0].page,
            quotes=tuple(dict.fromkeys(citation.quote for citation in citations if citation.quote.strip())),
            boxes=tuple(dict.fromkeys(citation.box for citation in citations if citation.box)),
            media=next((citation.media for citation in citations if citation.media), None),
            element=_cited_element(citations[0], answer.hits),
            also=citations[0].also,
        )
        for citations in grouped.values()
    ]


def nearest_cards(hits: Sequence[Hit]) -> list[Card]:
    """The best hits of a question that has no answer."""
    return [
        Card(
            number=hit.rank,
            document=hit.document,
            page=hit.element.page,
            quotes=(),
            boxes=(hit.element.box,) if hit.element.box else (),
            media=hit.element.media,
            element=hit.element,
            also=hit.also,
        )
        for hit in hits[:NEAREST]
    ]


def _cited_element(citation: Citation, hits: Sequence[Hit]) -> Element | None:
    """The best hit at the cited place whose words hold the quote."""
    here = [
        hit.element for hit in hits if hit.document.id == citation.document.id and hit.element.page == citation.page
    ]
    for element in here:
        if any(_search(citation.quote, text) for text in (element.text, element.caption, element.ocr, element.context)):
            return element
    return next((element for element in here if element.media == citation.media), None)


def show_card(card: Card, anchor: str, *, pictures: Pictures) -> str:
    """A card as a list item with the id `anchor`; everything that comes from a document is escaped."""
    page = pictures.page(card.document, card.page)
    place = " · ".join(_place(card, has_layout=page is not None))
    passage = card.element.text if page is None and card.element else ""
    quotes = "".join(
        f"<blockquote{language(quote)}>{escape(_shortened(quote, LONGEST_QUOTE))}</blockquote>"
        for quote in card.quotes
        if not _spans(passage, [quote])
    )
    return f"""<li class="card" id="{anchor}">
<div class="where"><span class="number"><span class="hidden">Evidence </span>{card.number}</span>
<span class="file">{escape(card.document.source)}</span>
<span class="place">{place}</span>{_also(card.also)}</div>
{quotes}
{_views(card, page) if page is not None else _unpaged(card, pictures)}
</li>
"""


def _place(card: Card, *, has_layout: bool) -> Iterator[str]:
    """What is known of the place, already escaped: title, page, section, kind."""
    section = card.element.section if card.element else ()
    if card.document.title and card.document.title not in (card.document.source, *section[:1]):
        yield f"<cite{language(card.document.title)}>{escape(card.document.title)}</cite>"
    if (has_layout and not _is_picture(card.document)) or card.document.n_pages > 1:
        yield f"page {card.page} of {card.document.n_pages}"
    if card.element:
        if section:
            path = " › ".join(section)
            yield f"<span{language(path)}>{escape(path)}</span>"
        if KINDS[card.element.modality]:
            yield KINDS[card.element.modality]
        if card.element.origin == "ocr":
            yield "read by OCR"


def _also(places: Sequence[Place]) -> str:
    """Where else the same thing stands, each place named."""
    named = "; ".join(escape(f"{place.document.source}, page {place.page}") for place in places)
    return f'<span class="place">Also in {named}</span>' if named else ""


def _views(card: Card, page: Image) -> str:
    """The quoted place cut out of its page, and the whole page beside it, which opens when it is clicked."""
    name = f"{card.document.source}, page {card.page}"
    boxes = tuple(box for box in card.boxes if box != WHOLE_PAGE)
    part_of = card.element.box if card.element and card.element.modality in ("table", "image") else None
    cut = evidence_pictures.detail(page, boxes, around=part_of)
    marked = ", the quoted place marked" if boxes else ""
    whole = evidence_pictures.whole(page, boxes)
    if _is_picture(card.document):
        frame = _frame(whole, f"{card.document.source}{marked}")
        return f'<div class="views picture"><figure>{frame}</figure></div>'
    if cut is None:
        frame = _frame(whole, f"{name}{marked}")
        return f'<div class="views alone"><figure>{frame}<figcaption>Page {card.page}</figcaption></figure></div>'
    closer = _frame(cut, f"The quoted place in {name}")
    small = _frame(whole, f"{name}{marked}", kind="frame thumb")
    return f"""<div class="views"><figure>{closer}</figure>
<details><summary>{small}<span>Page {card.page}, whole</span></summary></details>
</div>"""


def _unpaged(card: Card, pictures: Pictures) -> str:
    """For a format without layout: the words around the quotes, and the picture where there is one."""
    shown = ""
    element = card.element
    if element and element.modality == "table":
        shown = f'<div class="passage"{language(element.text)}>{_table(element.text, card.quotes)}</div>'
    elif element and element.modality != "image" and element.text.strip():
        shown = f'<div class="passage"{language(element.text)}>{_marked(element.text, card.quotes)}</div>'
    if card.media:
        description = (element.text or element.caption if element else "") or f"Picture in {card.document.source}"
        frame = _frame(evidence_pictures.whole(pictures.media(card.media)), description)
        caption = f"<figcaption>{escape(description)}</figcaption>" if element and element.text else ""
        shown += f'<div class="views picture"><figure>{frame}{caption}</figure></div>'
    return shown


def _frame(view: View, description: str, *, kind: str = "frame") -> str:
    boxes = "".join(
        f'<span class="box{"" if (x1 - x0) * (y1 - y0) * view.share < TINTED else " large"}"'
        f' style="left:{x0:.2%};top:{y0:.2%};width:{x1 - x0:.2%};height:{y1 - y0:.2%}"></span>'
        for x0, y0, x1, y1 in view.boxes
    )
    size = f'width="{view.width}" height="{view.height}"'
    return f'<div class="{kind}"><img src="{view.address}" {size} alt="{escape(description)}">{boxes}</div>'


def _marked(text: str, quotes: Sequence[str]) -> str:
    """Escaped text with the quotes marked, cut down to their surroundings."""
    places = _spans(text, quotes)
    if not places:
        return escape(_shortened(text, 2 * SURROUNDINGS))
    first = _word_edge(text, max(0, places[0][0] - SURROUNDINGS))
    last = _word_edge(text, min(len(text), places[-1][1] + SURROUNDINGS))
    pieces, done = ["… " if first else ""], first
    for start, end in places:
        pieces += [escape(text[done:start]), "<mark>", escape(text[start:end]), "</mark>"]
        done = end
    pieces += [escape(text[done:last].rstrip()), " …" if last < len(text) else ""]
    return "".join(pieces)


def _table(text: str, quotes: Sequence[str]) -> str:
    """A table's cells, a line of the text per row, with the cells marked that a quote touches."""
    places = _spans(text, quotes)
    rows, at = [], 0
    for line in text.split("\n"):
        cells = []
        for cell in line.split(" | "):
            is_quoted = any(start < at + len(cell) and at < end for start, end in places)
            cells.append(f"<td><mark>{escape(cell)}</mark></td>" if is_quoted else f"<td>{escape(cell)}</td>")
            at += len(cell) + len(" | ")
        at += len("\n") - len(" | ")
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return f"<table>{''.join(rows)}</table>"


def _spans(text: str, quotes: Sequence[str]) -> list[tuple[int, int]]:
    """Where the quotes stand in a text, in order and apart from each other."""
    spans: list[tuple[int, int]] = []
    for start, end in sorted(found.span() for quote in quotes if (found := _search(quote, text))):
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def _search(quote: str, text: str) -> re.Match[str] | None:
    """Find a quote in a text, whatever white space stands in either."""
    letters = [re.escape(letter) for letter in quote if not letter.isspace()]
    return re.search(r"\s*".join(letters), text) if letters else None


def _word_edge(text: str, at: int) -> int:
    """The next beginning of a word, if there is one close by."""
    space = re.compile(r"\s").search(text, at, at + 30) if 0 < at < len(text) else None
    return space.end() if space else at


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def _is_picture(document: Document) -> bool:
    return document.media_type.startswith("image/")


def language(text: str) -> str:
    """A `lang` attribute for Chinese and Japanese, so that a reader's voice and typeface fit; else nothing."""
    if re.search(r"[\u3040-\u30ff]", text):
        return ' lang="ja"'
    return ' lang="zh"' if re.search(r"[\u4e00-\u9fff]", text) else ""
