"""Results as a person reads them in a terminal, on stdout; errors on stderr. Colour goes with NO_COLOR and pipes."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from rich import markup
from rich.console import Console
from rich.table import Table

from rag.errors import GenerateFailed, SightlineError
from rag.printable import json_text, printable
from rag.types import (
    Answer,
    AnswerEvent,
    CaptionCounts,
    Citation,
    Collection,
    Delta,
    Document,
    Done,
    FailedFile,
    Hit,
    IngestReport,
    Note,
    Place,
)

if TYPE_CHECKING:
    from indexers.plan import Plan
    from indexers.reindex import Reindexed, Todo
    from rag.settings import Settings

SNIPPET = 240
"""Characters of a hit that are shown."""
FAILURES_SHOWN = 20


def escape(text: str) -> str:
    """Text that others wrote, without rich's markup and without control characters."""
    return markup.escape(printable(text))


def console() -> Console:
    """Where results go; long lines are left to the terminal, so that nothing is broken in a pipe."""
    return Console(highlight=False, soft_wrap=True)


def show_error(error: SightlineError) -> None:
    """One line that says what happened, one that says what to do now."""
    to = Console(stderr=True, highlight=False, soft_wrap=True)
    to.print(f"[bold red]error[/bold red] {escape(error.message)}")
    if error.hint:
        to.print(f"  {escape(error.hint)}")


def show_notes(notes: Sequence[Note]) -> None:
    """What there is to know of how it was searched, a line each, on stderr."""
    to = Console(stderr=True, highlight=False, soft_wrap=True)
    for note in notes:
        to.print(f"[yellow]note[/yellow] {escape(note.message)}")


def show_hits(hits: Sequence[Hit], *, explain: bool = False) -> None:
    """Each hit with its place, and the beginning of what it says; `explain` adds what each list says of it."""
    to = console()
    if not hits:
        to.print("Nothing found.")
    for hit in hits:
        found = ", ".join(hit.found_by)
        to.print(f"[bold]{hit.rank:>3}[/bold]  {_place(hit)}  [dim]{hit.score:.3f} {escape(found)}[/dim]")
        to.print(
            f"     {escape(_snippet(hit.element.text or hit.element.caption or hit.element.ocr or hit.element.context))}"
        )
        if explain:
            to.print(f"     [dim]element {escape(hit.element.id)}[/dim]")
        if hit.also:
            to.print(f"     [dim]also in[/dim] {_places(hit.also)}")
        for name in hit.found_by if explain else ():
            above = hit.calibrated.get(name)
            noise = "" if above is None else f", above the noise {above:.3f}"
            to.print(f"     [dim]{escape(name):<24} rank {hit.ranks[name]}, score {hit.raw[name]:.4f}{noise}[/dim]")


def show_answer(events: Iterator[AnswerEvent], *, media_path: Callable[[str], Path]) -> Answer:
    """The answer while it is written, then each sentence's evidence: file, page, box, quote, picture."""
    to = console()
    told = ""
    answer: Answer | None = None
    for event in events:
        match event:
            case Delta(text):
                told += text
                to.print(escape(text), end="")
            case Done(whole):
                answer = whole
    if answer is None:
        raise GenerateFailed("The answer broke off before its end.", hint="Ask again.")
    if told:
        to.print()
    if answer.answerable and told.strip() != answer.text:
        to.print(escape(answer.text))
    _show_doubts(to, answer)
    if not answer.answerable:
        to.print(f"[yellow]{escape(answer.text)}[/yellow]")
        show_hits(answer.hits[:3])
        return answer
    to.print()
    shown: set[tuple[int, str]] = set()
    for citation in answer.citations:
        if (citation.number, citation.quote) not in shown:
            shown.add((citation.number, citation.quote))
            to.print(f"[bold][{citation.number}][/bold] {escape(_cited_place(citation))}")
            to.print(f"    “{escape(_snippet(citation.quote))}”")
            if citation.also:
                to.print(f"    [dim]also in[/dim] {_places(citation.also)}")
            if citation.media:
                to.print(f"    [dim]picture[/dim] {escape(str(media_path(citation.media)))}")
    return answer


def _show_doubts(to: Console, answer: Answer) -> None:
    """What of an answer its evidence does not bear out."""
    for sentence in answer.sentences:
        text = escape(_snippet(sentence.text))
        if sentence.support == "unsupported":
            missing = escape(", ".join(sentence.missing))
            to.print(f"[yellow]unsupported[/yellow] “{text}” (not in its evidence: {missing})")
        elif sentence.support == "uncited":
            to.print(f"[yellow]uncited[/yellow] “{text}”")
    if answer.invented:
        numbers = ", ".join(map(str, answer.invented))
        to.print(f"[yellow]invented[/yellow] evidence that was not offered: {numbers}")


def show_report(report: IngestReport) -> None:
    """What an ingest did, and every file that it could not take."""
    to = console()
    elements = ", ".join(f"{count} {modality}" for modality, count in report.elements.items() if count)
    to.print(
        f"{report.added} added, {report.unchanged} unchanged, {report.replaced} replaced, {report.removed} removed,"
        f" {len(report.failed)} failed in {report.seconds:.1f} s"
    )
    to.print(f"{report.documents} documents, {report.pages} pages; elements: {elements or 'none'}")
    if report.captions != CaptionCounts():
        captions = report.captions
        to.print(
            f"{captions.made} pictures described, {captions.known} described before, {captions.too_small} too small,"
            f" {captions.gaps} not described"
        )
    if report.captions.gaps:
        to.print(
            f"  [yellow]not described[/yellow] {escape(report.captions.reason)} Try again: sightline ingest --retry …"
        )
    _show_failed(to, report.failed)


def show_plan(plan: Plan, *, as_json: bool) -> None:
    """What an ingest would do."""
    to = console()
    if as_json:
        to.print(json_text(asdict(plan)), markup=False)
        return
    more = ", and those that OCR finds" if plan.ocr else ""
    to.print(f"{plan.files} files, {plan.unchanged} of them in the store already or twice here")
    to.print(
        f"{plan.pages} pages, {plan.pictures} pictures, {plan.tables} tables, {plan.passages} passages to take{more}"
    )
    if plan.captions:
        to.print(f"{plan.captions} pictures to describe, a call of the captioner each")
    to.print(f"{plan.ocr} pages and pictures to read by OCR; about {plan.seconds:.0f} s in all. Nothing was changed.")
    _show_failed(to, plan.failed)


def show_status(facts: Mapping[str, object]) -> None:
    """Facts, a line each."""
    to = console()
    for name, value in facts.items():
        if name not in ("collections", "failed"):
            shown = ", ".join(f"{key} {one}" for key, one in value.items()) if isinstance(value, dict) else value
            to.print(f"{name:<12} {escape(str(shown))}")
    collections = facts["collections"]
    if isinstance(collections, list) and collections:
        show_collections([Collection(**one) for one in collections])
    failed = facts["failed"]
    if isinstance(failed, list):
        _show_failed(to, [FailedFile(**one) for one in failed])


def show_todo(todo: Todo) -> None:
    """What a reindex would do."""
    to = console()
    new = [name for name in todo.encoders if name not in todo.stays]
    to.print(f"to be made with  {escape(', '.join(todo.encoders))}")
    if not new:
        to.print("Nothing is to be encoded: their vectors are all there.")
        return
    to.print(f"to be encoded    {todo.documents} documents: {todo.texts} texts, {todo.pictures} pictures")
    to.print(f"by               {escape(', '.join(new))}")
    if todo.done:
        to.print(f"done already     {todo.done} of {todo.documents * len(new)} documents")
    to.print(f"room             {todo.bytes_needed // 2**20} MiB needed, {todo.bytes_free // 2**20} MiB free")


def show_reindexed(report: Reindexed) -> None:
    """What a reindex did."""
    if report.swapped:
        what = f"Made with {', '.join(report.encoders)}: {report.documents} documents encoded"
    else:
        what = f"Stopped: {report.documents} documents encoded; the store answers as before. Run it again to go on"
    console().print(escape(f"{what}, {report.seconds:.1f} s."))


def show_collections(collections: Sequence[Collection]) -> None:
    """One line per collection."""
    table = Table(box=None, pad_edge=False)
    for heading in ("collection", "documents", "pages", "elements", "route", "generator"):
        table.add_column(heading, justify="right" if heading in ("documents", "pages", "elements") else "left")
    for one in collections:
        counts = (str(one.documents), str(one.pages), str(sum(one.elements.values())))
        table.add_row(escape(one.name), *counts, one.route or "", escape(one.generator or ""))
    console().print(table)


def show_documents(documents: Sequence[Document]) -> None:
    """One line per document."""
    table = Table(box=None, pad_edge=False)
    for heading in ("source", "title", "pages", "type", "id"):
        table.add_column(heading, justify="right" if heading == "pages" else "left", overflow="fold")
    for document in documents:
        row = (document.source, document.title, str(document.n_pages), document.media_type, document.id[:12])
        table.add_row(*(escape(cell) for cell in row))
    console().print(table)


def show_document(document: Document, counts: Mapping[str, int]) -> None:
    """Everything that is known of a document."""
    to = console()
    facts = {**asdict(document), "elements": counts}
    for name, value in facts.items():
        shown = ", ".join(f"{key} {one}" for key, one in value.items()) if isinstance(value, Mapping) else value
        shown = ", ".join(shown) if isinstance(shown, tuple) else shown
        to.print(f"{name:<12} {escape(str(shown))}")


def show_settings(settings: Settings, *, origins: Mapping[str, str] | None = None) -> None:
    """One line per setting, with where it comes from if that is given; the key is not shown."""
    table = Table(box=None, pad_edge=False)
    for heading in ("setting", "value", "variable" if origins is None else "from", "meaning"):
        table.add_column(heading, overflow="fold")
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        shown = "(set)" if name == "key" and value else ",".join(value) if isinstance(value, tuple) else str(value)
        source = f"SIGHTLINE_{name.upper()}" if origins is None else escape(origins[name])
        table.add_row(name, escape(shown), source, escape(field.description or ""))
    Console(highlight=False, width=None if sys.stdout.isatty() else 200).print(table)


def _show_failed(to: Console, failed: Sequence[FailedFile]) -> None:
    for failure in failed[:FAILURES_SHOWN]:
        to.print(f"  [yellow]{escape(failure.code)}[/yellow] {escape(failure.path)}: {escape(failure.reason)}")
    if len(failed) > FAILURES_SHOWN:
        codes = Counter(failure.code for failure in failed[FAILURES_SHOWN:])
        rest = ", ".join(f"{count} {code}" for code, count in codes.most_common())
        to.print(
            f"  … and {len(failed) - FAILURES_SHOWN} more ({rest}); all of them with --json or in: sightline status --json"
        )


def _place(hit: Hit) -> str:
    element = hit.element
    section = f" › {' › '.join(element.section)}" if element.section else ""
    return f"{escape(hit.document.source)}, page {element.page}, {element.modality}[dim]{escape(section)}[/dim]"


def _places(places: Sequence[Place]) -> str:
    return escape("; ".join(f"{place.document.source}, page {place.page}" for place in places))


def _cited_place(citation: Citation) -> str:
    box = f", box {' '.join(f'{edge:.3f}' for edge in citation.box)}" if citation.box else ""
    return f"{citation.document.source}, page {citation.page}{box}"


def _snippet(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= SNIPPET else f"{flat[: SNIPPET - 1]}…"
