"""Ingest the sample library, ask it six questions, and write the answers with their evidence as one HTML page.

Three more questions are put to its pictures alone, which lie in a second store under numbers for names, with nothing read or
described in them: what finds them is the space that words and pictures share.

Run it with `make demo`, or: python examples/demo.py [FOLDER], where FOLDER (default: demo) takes the store and the page.
It checks its own answers and ends with exit code 1 where one of them is not what the library says.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from rag import Answer, Engine, Filters, load_settings
from rag.errors import ModelMismatch, SightlineError
from rag.opened import DEFAULT_ENCODERS
from rag.terminal import console, show_answer, show_error, show_report

HERE = Path(__file__).resolve().parent
LIBRARY = HERE / "library"
DEMO = HERE.parent / "demo"


@dataclass(frozen=True)
class Question:
    kind: str
    text: str
    source: str
    """The file that answers; empty where the library does not answer."""
    page: int = 1
    quote: str = ""
    """What its quote must hold."""

    def is_answered_by(self, answer: Answer) -> bool:
        if not self.source:
            return not answer.answerable
        return any(
            citation.document.source == self.source and citation.page == self.page and self.quote in citation.quote
            for citation in answer.citations
        )


REPORT = "reports/annual-report-2024.pdf"
QUESTIONS = (
    Question("a fact in prose", "When was the lamp first lit?", "history.md", quote="3 October 1874"),
    Question("a number in a PDF's table", "How many visitors came in August 2024?", REPORT, 3, "412"),
    Question("a figure, by its caption", "Which chart shows where the wind came from in 2024?", REPORT, 2, "Wind rose"),
    Question(
        "a scanned page without text",
        "How many blankets did the keeper ask for?",
        "archive/haiyan-letter-1911.pdf",
        quote="forty blankets",
    ),
    Question("a question in Chinese", "铜钟有多重？", "archive/haiyan.zh.md", quote="八十六公斤"),
    Question("nothing in the library answers", "What is the Wi-Fi password in the keepers' house?", ""),
)
SEEN = {
    "a bird": "puffin.webp",
    "a diagram": "island-map.png",
    "a ray of light": "tower-at-dusk.jpg",
}
"""What the pictures are asked for by, and the one that must be found first."""


def main(folder: Path) -> int:
    """Ingest, ask, write the page, say what to do next; gives the exit code."""
    to = console()
    with Engine(folder / "store") as engine:
        try:
            engine.load(create=True)
        except ModelMismatch:  # the store is from before the encoder was changed
            to.print(f"Making {shown(folder / 'store')} anew with the encoder of now")
            engine.reindex(*DEFAULT_ENCODERS)
        to.print(f"[bold]Ingesting[/bold] {shown(LIBRARY)} into {shown(folder / 'store')}")
        report = engine.ingest(LIBRARY, progress=True)
        show_report(report)
        if report.unchanged == report.documents:
            to.print("Nothing was new: no text was read and nothing embedded again.")
        asked = []
        for number, question in enumerate(QUESTIONS, start=1):
            to.rule(f"[bold]{number}[/bold] {question.kind}", align="left", style="dim")
            to.print(f"[bold]{question.text}[/bold]")
            events = engine.query(question.text, stream=True)
            asked.append((question, show_answer(events, media_path=engine.media_path)))
        page = engine.write_evidence_page(
            [(question.text, answer) for question, answer in asked], folder / "answers.html"
        )
    unseen = look(folder)
    wrong = [question for question, answer in asked if not question.is_answered_by(answer)]
    to.rule(style="dim")
    for question in wrong:
        to.print(f"[red]✗[/red] {question.text}  expected: {question.quote or 'no answer'} {question.source}")
    for text in unseen:
        to.print(f"[red]✗[/red] {text}  expected first: {SEEN[text]}")
    if wrong or unseen or report.failed:
        to.print("Please report this, with the lines above: the sample library has these answers.")
        return 1
    to.print(
        f"[green]✓[/green] {len(asked)} of {len(asked)} as the library says, {len(SEEN)} of {len(SEEN)} pictures seen"
    )
    to.print()
    steps = {
        "See the answers with the places marked": f"open {shown(page)} in a browser",
        "Ask something else": f'.venv/bin/sightline query "How tall is the tower?" --store {shown(folder / "store")}',
        "Take a folder of your own": ".venv/bin/sightline ingest FOLDER",
        "and ask it": '.venv/bin/sightline query "…"',
    }
    for step, command in steps.items():
        to.print(f"{step + ':':<40} {command}", markup=False)
    return 0


def look(folder: Path) -> list[str]:
    """Ask for pictures by what they show, nothing else being known of them; gives the questions that found another."""
    to = console()
    numbered = folder / "pictures"
    shutil.rmtree(numbered, ignore_errors=True)
    numbered.mkdir(parents=True)
    names = {}
    for number, picture in enumerate(sorted((LIBRARY / "pictures").iterdir()), start=1):
        names[f"{number}{picture.suffix}"] = picture.name
        shutil.copyfile(picture, numbered / f"{number}{picture.suffix}")
    to.rule("[bold]By their looks alone[/bold]", align="left", style="dim")
    to.print(
        f"{len(names)} pictures named 1 to {len(names)}; OCR off, captions off, words matched nowhere (route shared)."
    )
    unseen = []
    settings = load_settings().model_copy(update={"ocr": False, "captioner": ""})
    shutil.rmtree(folder / "pictures-store", ignore_errors=True)
    with Engine(folder / "pictures-store", settings=settings) as engine:
        engine.ingest(numbered)
        for text, expected in SEEN.items():
            hit = engine.search(text, k=1, filters=Filters(modality=("image",)), route="shared")[0]
            found = names[hit.document.source]
            words = hit.element.text + hit.element.ocr + hit.element.caption
            to.print(f"[bold]{text}[/bold]  {hit.document.source}, which is {found}  (its words: {words or 'none'})")
            if found != expected or words:
                unseen.append(text)
    return unseen


def shown(path: Path) -> str:
    """A path as a person would type it here."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


if __name__ == "__main__":
    try:
        sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else DEMO))
    except SightlineError as error:
        show_error(error)
        sys.exit(1)
