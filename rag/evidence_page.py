"""Answers as one HTML file that needs nothing else: each sentence with its evidence, each page with the box drawn on it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rag.evidence_cards import Card, Pictures, cited_cards, language, nearest_cards, show_card
from rag.printable import escape
from rag.types import Answer, Citation

if TYPE_CHECKING:
    from rag.evidence_cards import Media, PagePicture

STYLE = Path(__file__).with_suffix(".css")
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""The browser itself refuses anything that would be fetched or run."""


def write_evidence_page(
    answers: Sequence[tuple[str, Answer]],
    path: Path,
    *,
    page_picture: PagePicture,
    media: Media,
    title: str = "Questions, answers and their evidence",
) -> Path:
    """Write questions and their answers as one file without a script or an outside address; folders are made as needed.

    `page_picture` draws a page (from 1), None for formats without layout; `media` gives a kept picture by its hash.
    Returns: `path`.
    """
    sections = [
        _section(number, question, answer, pictures=Pictures(page_picture, media))
        for number, (question, answer) in enumerate(answers, start=1)
    ]
    n_answered = sum(answer.answerable for _, answer in answers)
    page = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>{escape(title)}</title>
<style>
{STYLE.read_text(encoding="utf-8")}</style>
</head>
<body>
<header class="top">
<h1>{escape(title)}</h1>
<p class="lead">{_count(len(answers), "question")}, {n_answered} answered. A number after a sentence leads to the place
that the sentence rests on: the file, the page, and the words as they stand there.</p>
{_contents(answers)}
</header>
<main>
{"".join(sections)}</main>
<footer class="foot">Written by Sightline. This file holds its pictures and fetches nothing.</footer>
</body>
</html>
"""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")
    return path


def _contents(answers: Sequence[tuple[str, Answer]]) -> str:
    if len(answers) < 2:
        return ""
    entries = []
    for number, (question, answer) in enumerate(answers, start=1):
        state = (
            '<span class="state">answered</span>' if answer.answerable else '<span class="state none">no answer</span>'
        )
        asked = f'<span class="asked"{language(question)}>{escape(question)}</span>'
        entries.append(f'<li><a href="#q{number}">{asked}{state}</a></li>')
    return f'<nav aria-label="Questions"><ol class="list">{"".join(entries)}</ol></nav>'


def _section(number: int, question: str, answer: Answer, *, pictures: Pictures) -> str:
    anchor = f"q{number}"
    cards = cited_cards(answer) if answer.answerable else nearest_cards(answer.hits)
    if answer.answerable:
        reply = f'<div class="reply"{language(answer.text)}>{reply_html(answer, anchor)}</div>'
    else:
        reply = f'<div class="reply none"><strong>No answer in this library</strong> {escape(answer.text)}</div>'
    heading = "Evidence" if answer.answerable else "Nearest evidence"
    shown = "".join(show_card(card, name, pictures=pictures) for card, name in named_cards(cards, anchor))
    evidence = f'<h3>{heading}</h3>\n<ol class="cards">{shown}</ol>' if cards else ""
    total = answer.seconds.get("total", sum(answer.seconds.values()))
    return f"""<section class="answer" id="{anchor}" aria-labelledby="{anchor}-asked">
<p class="asked-as">Question {number}</p>
<h2 id="{anchor}-asked"{language(question)}>{escape(question)}</h2>
{reply}
{doubts_html(answer)}
<p class="made">{escape(answer.model)}, {total:.2f} s</p>
{evidence}
</section>
"""


def named_cards(cards: Sequence[Card], anchor: str) -> Iterator[tuple[Card, str]]:
    """Each card with its id; of several cards with one number the first is the one that superscripts lead to."""
    seen: set[int] = set()
    for card in cards:
        yield card, f"{anchor}-e{card.number}-{card.page}" if card.number in seen else f"{anchor}-e{card.number}"
        seen.add(card.number)


def reply_html(answer: Answer, anchor: str) -> str:
    """The answer in paragraphs, each cited sentence followed by the numbers of its evidence."""
    offered = {citation.number for citation in answer.citations}
    marker = re.compile(r"\s*\[(\d+(?:, \d+)*)\]")
    written = any(offered.intersection(_numbers(found)) for found in marker.finditer(answer.text))
    pieces, done = [], 0
    if written:
        for found in marker.finditer(answer.text):
            pieces.append(escape(answer.text[done : found.start()]))
            numbers = [number for number in _numbers(found) if number in offered]
            pieces.append("".join(_superscript(number, anchor) for number in numbers) or escape(found[0]))
            done = found.end()
    else:
        for sentence, numbers in _by_sentence(answer.citations).items():
            at = answer.text.find(sentence, done)
            end = at + len(sentence) if at >= 0 and sentence else done
            pieces.append(escape(answer.text[done:end]))
            pieces += [_superscript(number, anchor) for number in numbers]
            done = end
    pieces.append(escape(answer.text[done:]))
    paragraphs = re.split(r"\n\s*\n", "".join(pieces).strip())
    return "".join("<p>" + paragraph.replace("\n", "<br>") + "</p>" for paragraph in paragraphs)


def _numbers(marker: re.Match[str]) -> list[int]:
    return [int(number) for number in marker[1].split(", ")]


def doubts_html(answer: Answer) -> str:
    """What of the answer its evidence does not bear out."""
    told = [
        f"<li{language(one.text)}>{'Not in its evidence: ' + escape(', '.join(one.missing)) if one.missing else 'No evidence'}"
        f" <q>{escape(one.text)}</q></li>"
        for one in answer.sentences
        if one.support != "supported"
    ]
    return f'<ul class="doubts" aria-label="Not borne out">{"".join(told)}</ul>' if told else ""


def _by_sentence(citations: Sequence[Citation]) -> Mapping[str, list[int]]:
    sentences: dict[str, list[int]] = {}
    for citation in citations:
        numbers = sentences.setdefault(citation.sentence, [])
        if citation.number not in numbers:
            numbers.append(citation.number)
    return sentences


def _superscript(number: int, anchor: str) -> str:
    return f'<sup><a href="#{anchor}-e{number}" aria-label="Evidence {number}">{number}</a></sup>'


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
