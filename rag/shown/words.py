"""Results in words: plain for a terminal, Markdown for what shows no HTML."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence

from rag.printable import printable
from rag.types import Answer, Citation, Document, Documents, Found, Hit, Hits, IngestReport, Note, Place

SNIPPET = 160
"""Characters of a hit that are shown."""
QUOTE = 400
LISTED = 1_000
"""Documents, hits or files that are named, at most."""
NEAREST = 3
"""How many hits are shown where there is no answer."""

_MARKS = re.compile(r"([\\`*_{}\[\]#|~$!^])")
_BEGINS_BLOCK = re.compile(r"^(\d*)([-+=.)])")
"""What would make a list, a line or a heading of what follows it."""


def plain(result: object) -> str:
    """A result as lines of text; no control character of a document is left in it."""
    match result:
        case Found(hits, notes):
            return "\n".join([*_hit_lines(hits), *_note_lines(notes)])
        case Hits():
            return "\n".join(_hit_lines(result))
        case Answer():
            return "\n".join(_answer_lines(result))
        case Documents():
            lines = [f"{_line(one.source)} ({pages(one.n_pages)})" for one in result[:LISTED]]
            return "\n".join([*lines, *_more(len(result))]) or "No documents."
        case IngestReport():
            lines = [f"not taken: {_line(one.path)}: {_line(one.reason)}" for one in result.failed[:LISTED]]
            return "\n".join([done(result), *lines, *_more(len(result.failed))])
        case _:
            raise TypeError(f"There are no words for {type(result).__name__}.")


def markdown(result: object) -> str:
    """A result in Markdown, of which nothing that a document says is a part."""
    match result:
        case Found(hits, notes):
            return "\n\n".join([_hit_table(hits), *(f"*{say(note.message)}*" for note in notes)])
        case Hits():
            return _hit_table(result)
        case Answer():
            return _answer_markdown(result)
        case Documents():
            rows = [(say(one.source), say(one.title), str(one.n_pages), say(one.media_type)) for one in result[:LISTED]]
            return _table(("document", "title", "pages", "kind"), rows, len(result))
        case IngestReport():
            failed = [(say(one.path), say(one.reason)) for one in result.failed[:LISTED]]
            return done(result) + ("\n\n" + _table(("not taken", "why"), failed, len(result.failed)) if failed else "")
        case _:
            raise TypeError(f"There is no Markdown for {type(result).__name__}.")


def say(text: str) -> str:
    """What others wrote, for Markdown: one line, without marks, tags, entities or formulas of its own."""
    escaped = _MARKS.sub(r"\\\1", html.escape(_line(text), quote=False))
    return _BEGINS_BLOCK.sub(r"\1\\\2", escaped)


def done(report: IngestReport) -> str:
    """What an ingest did, in a sentence."""
    kinds = ", ".join(f"{number} {modality}" for modality, number in report.elements.items() if number)
    changes = (("added", report.added), ("unchanged", report.unchanged), ("replaced", report.replaced))
    more = (("removed", report.removed), ("failed", len(report.failed)))
    told = ", ".join(f"{number} {name}" for name, number in (*changes, *more) if number) or "nothing to do"
    held = f"{count(report.documents, 'document')}, {pages(report.pages)}"
    return f"{held}{f' ({kinds})' if kinds else ''}: {told}, {report.seconds:.1f} s"


def text_of(hit: Hit) -> str:
    """The words that tell most of a hit."""
    element = hit.element
    return element.text or element.caption or element.ocr or element.context


def place(document: Document, page: int) -> str:
    """A document, and the page where it has more than one."""
    return f"{document.source}, page {page}" if document.n_pages > 1 or page > 1 else document.source


def also(places: Sequence[Place]) -> str:
    """Where else the same thing stands, each place named; nothing where it stands once."""
    return "also in " + "; ".join(place(one.document, one.page) for one in places) if places else ""


def shortened(text: str, longest: int) -> str:
    """The beginning of a text, in one line."""
    line = _line(text)
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def pages(number: int) -> str:
    """So many pages."""
    return count(number, "page")


def count(number: int, noun: str) -> str:
    """So many of something."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _line(text: str) -> str:
    return printable(" ".join(text.split()))


def _more(number: int) -> list[str]:
    return [f"… and {number - LISTED} more"] if number > LISTED else []


def _hit_lines(hits: Sequence[Hit]) -> Iterator[str]:
    if not hits:
        yield "Nothing found."
    for hit in hits[:LISTED]:
        where = f"{_line(place(hit.document, hit.element.page))}, {hit.element.modality}"
        yield f"{hit.rank:>3}. {hit.score:.3f}  {where}: {shortened(text_of(hit), SNIPPET)}".rstrip(" :")
        if hit.also:
            yield f"     {_line(also(hit.also))}"
    yield from _more(len(hits))


def _note_lines(notes: Iterable[Note]) -> Iterator[str]:
    return (f"note: {_line(note.message)}" for note in notes)


def _answer_lines(answer: Answer) -> Iterator[str]:
    yield printable(answer.text)
    if not answer.answerable:
        yield from ("", "Nearest evidence:", *_hit_lines(answer.hits[:NEAREST]))
    for number, (citation, quotes) in enumerate(_footnotes(answer)):
        if not number:
            yield ""
        quoted = " … ".join(f"“{shortened(quote, QUOTE)}”" for quote in quotes)
        others = f" ({_line(also(citation.also))})" if citation.also else ""
        yield f"[{citation.number}] {_line(place(citation.document, citation.page))}: {quoted}{others}"
    yield from _note_lines(answer.notes)


def _answer_markdown(answer: Answer) -> str:
    paragraphs = [say(paragraph) for paragraph in re.split(r"\n\s*\n", answer.text.strip())]
    if not answer.answerable:
        paragraphs += ["Nearest evidence:", _hit_table(answer.hits[:NEAREST])]
    for citation, quotes in _footnotes(answer):
        quoted = " … ".join(f"“{say(shortened(quote, QUOTE))}”" for quote in quotes)
        others = f" ({say(also(citation.also))})" if citation.also else ""
        where = say(place(citation.document, citation.page))
        paragraphs.append(f"**{citation.number}** {where}: {quoted}{others}")
    paragraphs += [f"*{say(note.message)}*" for note in answer.notes]
    return "\n\n".join(paragraphs)


def _footnotes(answer: Answer) -> Iterator[tuple[Citation, list[str]]]:
    """Each place that the answer rests on once, with the quotes from it."""
    grouped: dict[tuple[int, str, int], list[Citation]] = {}
    for citation in answer.citations:
        grouped.setdefault((citation.number, citation.document.id, citation.page), []).append(citation)
    for citations in grouped.values():
        yield citations[0], list(dict.fromkeys(one.quote for one in citations if one.quote.strip()))


def _hit_table(hits: Sequence[Hit]) -> str:
    if not hits:
        return "Nothing found."
    rows = [
        (
            *(str(hit.rank), f"{hit.score:.3f}", say(place(hit.document, hit.element.page)), hit.element.modality),
            say(shortened(text_of(hit), SNIPPET)),
        )
        for hit in hits[:LISTED]
    ]
    return _table(("", "score", "place", "kind", "what it says"), rows, len(hits))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], number: int) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join([*(f"| {' | '.join(line)} |" for line in lines), *(f"\n{more}" for more in _more(number))])
