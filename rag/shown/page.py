"""Results as HTML in a notebook: one piece without a script, an outside address, or anything of a document unescaped."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from rag.evidence_cards import Card, cited_cards, language
from rag.evidence_page import doubts_html, named_cards, reply_html
from rag.evidence_pictures import View
from rag.printable import escape
from rag.shown import words
from rag.shown.frames import Frames
from rag.types import Answer, Documents, Found, Hit, Hits, IngestReport, Note, Place

STYLE = Path(__file__).with_suffix(".css")
MOST_PICTURES = 24
"""Of a grid; of hits beyond them there are only words."""
MOST_CUTS = 8
"""Of an answer's footnotes."""
MOST_HITS = 100
MOST_ROWS = 1_000
SNIPPET = 240
QUOTE = 600
KINDS = {"text": "", "image": "picture", "table": "table", "page": "whole page"}


def html(result: object) -> str:
    """A result as HTML that stands by itself; its pictures are data addresses, small and not many (docs/client.md)."""
    match result:
        case Found(hits, notes):
            return _whole(_grid(hits, Frames(hits.pictures)), _notes(notes))
        case Hits():
            return _whole(_grid(result, Frames(result.pictures)))
        case Answer():
            return _whole(*_answer(result))
        case Documents():
            rows = [(one.source, one.title, str(one.n_pages), one.media_type) for one in result[:MOST_ROWS]]
            return _whole(_table(("document", "title", "pages", "kind"), rows, len(result)))
        case IngestReport():
            failed = [(one.path, one.reason) for one in result.failed[:MOST_ROWS]]
            table = _table(("not taken", "why"), failed, len(result.failed)) if failed else ""
            return _whole(f"<p>{escape(words.done(result))}</p>", table)
        case _:
            raise TypeError(f"There is no HTML for {type(result).__name__}.")


def _whole(*parts: str) -> str:
    # The last two classes keep a notebook from reading two dollar signs as a formula.
    style = STYLE.read_text(encoding="utf-8")
    return f'<div class="sightline tex2jax_ignore mathjax_ignore"><style>{style}</style>{"".join(parts)}</div>'


# Hits


def _grid(hits: Sequence[Hit], frames: Frames) -> str:
    if not hits:
        return "<p>Nothing found.</p>"
    left = MOST_PICTURES
    cards = []
    for hit in hits[:MOST_HITS]:
        view = _view_of(hit, frames) if left else None
        left -= view is not None
        cards.append(_hit_card(hit, view, frames))
    return f'<ol class="grid">{"".join(cards)}</ol>{_more(len(hits), MOST_HITS)}'


def _view_of(hit: Hit, frames: Frames) -> View | None:
    """A picture by itself; of anything else the page with its place marked."""
    element = hit.element
    if element.media is not None and element.modality == "image":
        return frames.picture(element.media)
    return frames.page(hit.document, element.page, (element.box,) if element.box else ())


def _hit_card(hit: Hit, view: View | None, frames: Frames) -> str:
    element = hit.element
    address = frames.address(hit.document, element.page, element.box) if view is not None else ""
    where = words.place(hit.document, element.page)
    kind = f" · {KINDS[element.modality]}" if KINDS[element.modality] else ""
    text = words.shortened(words.text_of(hit), SNIPPET)
    said = f'<p class="said"{language(text)}>{escape(text)}</p>' if text else ""
    found_by = escape(", ".join(hit.found_by))
    return (
        f'<li class="card">{_image(view, where, address)}<p><b>{hit.rank}</b> {_linked(escape(where), address)}</p>'
        f'<p class="score" title="{found_by}">score {hit.score:.3f}{kind}</p>{said}{_also(hit.also)}</li>'
    )


# Answers


def _answer(answer: Answer) -> Iterator[str]:
    frames = Frames(Hits(answer.hits).pictures)
    anchor = "sl" + hashlib.sha256(f"{answer.question}\0{answer.text}".encode()).hexdigest()[:10]
    yield f'<p class="asked"{language(answer.question)}>{escape(answer.question)}</p>'
    if answer.answerable:
        yield f'<div class="reply"{language(answer.text)}>{reply_html(answer, anchor)}</div>'
    else:
        yield f'<div class="reply none"><p>{escape(answer.text)}</p></div>'
    yield doubts_html(answer)
    if answer.answerable:
        cards = list(named_cards(cited_cards(answer), anchor))
        yield f'<ol class="notes">{"".join(_footnotes(cards, frames))}</ol>'
        cited = {card.media for card, _ in cards}
        yield _pictures([hit for hit in answer.images if hit.element.media not in cited], frames)
    else:
        yield f"<p>Nearest evidence</p>{_grid(answer.hits[: words.NEAREST], frames)}"
    yield _notes(answer.notes)
    yield f'<p class="made">{escape(answer.model)}, {answer.seconds.get("total", 0.0):.2f} s</p>'


def _footnotes(cards: Iterable[tuple[Card, str]], frames: Frames) -> Iterator[str]:
    for n_before, (card, name) in enumerate(cards):
        view = _cut(card, frames) if n_before < MOST_CUTS else None
        box = card.boxes[0] if card.boxes else None
        address = frames.address(card.document, card.page, box) if view is not None else ""
        where = words.place(card.document, card.page)
        quotes = "".join(f"<blockquote{language(quote)}>{_quoted(quote)}</blockquote>" for quote in card.quotes)
        yield (
            f'<li class="card" id="{name}"><p><b>{card.number}</b> {_linked(escape(where), address)}</p>'
            f"{quotes}{_also(card.also)}{_image(view, f'The quoted place in {where}', address)}</li>"
        )


def _cut(card: Card, frames: Frames) -> View | None:
    if card.media is not None and card.element is not None and card.element.modality == "image":
        return frames.picture(card.media)
    view = frames.cut(card.document, card.page, card.boxes)
    return frames.picture(card.media) if view is None and card.media is not None else view


def _pictures(hits: Sequence[Hit], frames: Frames) -> str:
    """The pictures that go with an answer, beside those that are shown with its evidence already."""
    return f"<p>Pictures</p>{_grid(hits, frames)}" if hits else ""


# The small parts


def _image(view: View | None, description: str, address: str) -> str:
    if view is None:
        return ""
    size = f'width="{view.width}" height="{view.height}"'
    image = f'<img src="{view.address}" {size} alt="{escape(description)}">'
    return f'<div class="view">{_linked(image, address)}</div>'


def _linked(inner: str, address: str) -> str:
    """What is escaped already, as a link if there is an address."""
    return f'<a href="{escape(address)}" target="_blank" rel="noopener">{inner}</a>' if address else inner


def _quoted(quote: str) -> str:
    return escape(quote if len(quote) <= QUOTE else f"{quote[: QUOTE - 1].rstrip()}…")


def _also(places: Sequence[Place]) -> str:
    return f'<p class="also">{escape(words.also(places))}</p>' if places else ""


def _notes(notes: Sequence[Note]) -> str:
    return "".join(f'<p class="made">{escape(note.message)}</p>' for note in notes)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], number: int) -> str:
    heads = "".join(f"<th>{name}</th>" for name in head)
    lines = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table>{_more(number, MOST_ROWS)}"


def _more(number: int, shown: int) -> str:
    return f"<p>… and {number - shown} more</p>" if number > shown else ""
