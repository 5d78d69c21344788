"""The page in a real Chromium: files go in, a question is asked, its evidence is lit where it stands.

Skipped where there is no chromium. One browser for all of it; every test has a page of its own.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    FloatRect,
    Locator,
    Page,
    expect,
    sync_playwright,
)

from rag.engine import Engine
from rag.settings import Settings, load_settings
from rag.types import Box
from tests.drawn_pdf import Drawing, around, overlap
from tests.service import running

CHROMIUM = next((found for name in ("chromium", "chromium-browser") if (found := shutil.which(name))), None)
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine"),
    pytest.mark.timeout(600),
]

PATIENCE_MS = 90_000
"""For what comes from models and workers on a machine that is busy with other things."""
QUESTION = "How many litres of oil did the lantern of Marwick burn in 1907?"
FACT = "The lantern of Marwick burned 318 litres of oil in 1907."
HOSTILE = '<img src=x onerror="window.broken = 1"><script>window.broken = 1</script>'
HOSTILE_NAME = "<b>ledger<i>.txt"

expect.set_options(timeout=PATIENCE_MS)

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    store = tmp_path_factory.mktemp("page") / "store"
    return load_settings(store=store, encoders=("colours",), generators=("extractive",), ocr=False, workers=1)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is uploaded: a PDF of three pages, a picture, a text with markup in it, and a file that is no PDF."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 and then nothing of the kind")
    (folder / HOSTILE_NAME).write_text(f"The ledger of the harbour says {HOSTILE} and nothing else about the brandy.")
    Image.new("RGB", (320, 200), "red").save(folder / "red.png")
    return folder


@pytest.fixture(scope="module")
def fact_box(files: Path) -> Box:
    """Draws the PDF; the box of its fact, as it was drawn."""
    drawing = Drawing()
    for page, text in enumerate(("Of the keepers and their boats.", "", "Of the birds that came in spring."), start=1):
        sheet = drawing.sheet()
        sheet.line(60, 90, f"Part {page}", size=18)
        if text:
            sheet.text(60, 120, 400, text)
            continue
        sheet.text(60, 120, 400, "The tower stands on the western rocks, and its light is seen from the harbour.")
        box = around([sheet.text(60, 420, 400, FACT)[0]])
        sheet.text(60, 620, 400, "The keepers were paid at the end of every month by the boat from Kirk.")
    drawing.save(files / "marwick.pdf")
    return box


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"], timeout=PATIENCE_MS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(settings: Settings) -> Iterator[str]:
    engine = Engine(settings=settings)
    engine.load(create=True)
    with running(engine) as url:
        yield url


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[Open]:
    """Open the page; what its console says against it is an error."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def open_one(path: str = "/", url: str = address, **how: Any) -> Page:  # Any: playwright's
        wanted: dict[str, Any] = {"viewport": {"width": 1280, "height": 860}, "reduced_motion": "reduce", **how}
        context = browser.new_context(**wanted)
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if is_wrong(said) else None)
        page.goto(url + path)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert wrong == []


def is_wrong(said: ConsoleMessage) -> bool:
    """Whether it is an error; that the service answered one, which the page shows itself, is none."""
    return said.type == "error" and not said.text.startswith("Failed to load resource")


@pytest.fixture(scope="module")
def filled(browser: Browser, address: str, files: Path, fact_box: Box) -> Box:
    """The library with its files, uploaded through the page; the box of the fact."""
    page = browser.new_page(reduced_motion="reduce")
    page.set_default_timeout(PATIENCE_MS)
    page.goto(address)
    expect(page.get_by_role("heading", name="Begin with a few files")).to_be_visible()
    page.locator("#files").set_input_files(
        [files / name for name in ("marwick.pdf", "red.png", HOSTILE_NAME, "broken.pdf")]
    )
    job = page.locator(".job")
    expect(job.locator(".state")).to_have_text("Done", timeout=4 * PATIENCE_MS)
    expect(job.locator(".job-told")).to_contain_text("3 files added · 1 file could not be taken")
    expect(job.locator(".reason")).to_have_count(1)
    expect(job.locator(".reason")).to_contain_text("broken.pdf")
    expect(page.locator(".document")).to_have_count(3)
    page.close()
    return fact_box


def ask(page: Page, question: str) -> Locator:
    """Ask, and wait for the whole answer; the turn."""
    page.get_by_label("Question", exact=True).fill(question)
    page.keyboard.press("Enter")
    turn = page.locator(".turn").last
    expect(turn.locator(".answer")).not_to_have_attribute("aria-busy", "true")
    return turn


def rectangle(locator: Locator) -> FloatRect:
    found = locator.bounding_box()
    assert found is not None
    return found


def on_page(light: FloatRect, sheet: FloatRect) -> Box:
    """Where a rectangle of the screen lies on another, as fractions of that."""
    x0, y0 = (light["x"] - sheet["x"]) / sheet["width"], (light["y"] - sheet["y"]) / sheet["height"]
    return x0, y0, x0 + light["width"] / sheet["width"], y0 + light["height"] / sheet["height"]


def test_a_citation_opens_its_page_with_the_box_where_it_was_drawn(filled: Box, open_page: Open) -> None:
    page = open_page()
    turn = ask(page, QUESTION)
    expect(turn.locator(".reply")).to_contain_text("318 litres")
    turn.locator(".cite").first.click()
    dialog = page.get_by_role("dialog", name="Pages of marwick.pdf")
    expect(dialog.locator(".viewer-where")).to_contain_text("Page 2 of 3")
    light, sheet = dialog.locator(".light"), dialog.locator(".sheet img")
    expect(light).to_be_in_viewport()
    assert overlap(on_page(rectangle(light), rectangle(sheet)), filled) > 0.7
    dialog.get_by_role("button", name="Closer").click()
    expect(light).to_be_in_viewport()
    assert overlap(on_page(rectangle(light), rectangle(sheet)), filled) > 0.7
    dialog.get_by_role("button", name="Page after").click()
    expect(dialog.locator(".viewer-where")).to_contain_text("Page 3 of 3")
    expect(dialog.locator(".sheet img")).to_have_attribute("alt", "Page 3 of marwick.pdf")
    expect(light).to_have_count(0)


def test_the_keyboard_alone_asks_and_looks_and_comes_back(filled: Box, open_page: Open) -> None:
    page = open_page()
    expect(page.get_by_text("Every sentence of the answer")).to_be_visible()
    page.locator("#main").focus()
    page.keyboard.press("/")
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator(".cite").first).to_be_visible()
    for _ in range(40):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.classList.contains('cite')"):
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page.locator("dialog .light")).to_be_visible()
    for _ in range(9):
        page.keyboard.press("Tab")
        # The browser's own controls, which are the body to the page, come between the last and the first.
        assert page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".viewer-where")).to_contain_text("Page 1 of 3")
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    assert page.evaluate("document.activeElement.classList.contains('cite')")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_contain_text("Write a question")
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    expect(page.get_by_label("Search documents by name")).to_be_focused()
    page.keyboard.type("marwick")
    expect(page.locator(".document")).to_have_count(1)


def test_markup_in_files_and_names_is_shown_as_it_is_written(filled: Box, open_page: Open) -> None:
    page = open_page()
    turn = ask(page, "What does the ledger of the harbour say about the brandy?")
    expect(turn.locator(".reply")).to_contain_text(HOSTILE)
    expect(turn.locator(".card-open").first).to_have_text(HOSTILE_NAME)
    assert turn.locator(".reply img, .reply script, .card-open b, .card-open i").count() == 0
    turn.locator(".cite").first.click()
    expect(page.locator("dialog .sheet.words")).to_contain_text(HOSTILE)
    assert page.locator("dialog script, dialog .sheet.words img").count() == 0
    assert page.evaluate("window.broken") is None


def test_a_picture_finds_what_looks_like_it(filled: Box, files: Path, open_page: Open) -> None:
    page = open_page()
    page.get_by_label("Picture to ask about").set_input_files(files / "red.png")
    expect(page.locator(".attached")).to_contain_text("red.png")
    page.get_by_role("button", name="Ask", exact=True).click()
    turn = page.locator(".turn")
    expect(turn.locator(".card-open").first).to_have_text("red.png")
    expect(turn.locator(".card .thumb img").first).to_be_visible()
    turn.get_by_role("button", name="Text", exact=True).click()
    expect(turn.locator(".cards-place")).not_to_contain_text("red.png")


def test_a_question_that_the_library_does_not_answer_says_so(filled: Box, open_page: Open) -> None:
    page = open_page()
    page.get_by_role("button", name="Options").click()
    page.get_by_role("group", name="Look at").get_by_role("button", name="Tables").click()  # there are none
    turn = ask(page, QUESTION)
    expect(turn.locator(".reply.none")).to_contain_text("The library does not answer this.")
    expect(turn.get_by_role("heading", name="Nothing found")).to_be_visible()


def test_an_error_is_told_with_what_to_do(filled: Box, open_page: Open) -> None:
    page = open_page()
    page.get_by_role("button", name="Options").click()
    page.get_by_label("Document", exact=True).fill("nothing.pdf")
    turn = ask(page, QUESTION)
    expect(turn.get_by_role("alert")).to_contain_text("nothing.pdf")
    expect(turn.locator(".problem-hint")).not_to_be_empty()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(filled: Box, open_page: Open, theme: str) -> None:
    page = open_page(color_scheme=theme)
    turn = ask(page, QUESTION)
    page.get_by_role("button", name="Options").click()
    found = serious(page)
    turn.locator(".cite").first.click()
    expect(page.locator("dialog .light")).to_be_visible()
    found += serious(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Keyboard shortcuts").click()
    found += serious(page)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Library").click()
    expect(page.locator(".document")).to_have_count(3)
    found += serious(page)
    page.get_by_role("button", name="Delete red.png").click()
    found += serious(page)
    assert found == []


def serious(page: Page) -> list[str]:
    """What axe-core finds that keeps people out, or nearly, each with the first element that has it."""
    violations = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:120]}"
        for one in violations
        if one["impact"] in {"serious", "critical"}
    ]


def test_nothing_runs_over_the_edge_of_a_phone(filled: Box, open_page: Open) -> None:
    page = open_page(viewport={"width": 360, "height": 740})
    turn = ask(page, QUESTION)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    turn.locator(".cite").first.click()
    expect(page.locator("dialog .light")).to_be_in_viewport()
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Library").click()
    expect(page.locator(".document")).to_have_count(3)
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_a_service_with_a_key_asks_for_it_once(filled: Box, settings: Settings, open_page: Open) -> None:
    with running(Engine(settings=settings.model_copy(update={"key": "open-sesame"}))) as url:
        page = open_page(url=url)
        page.get_by_label("Key", exact=True).fill("wrong")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert").filter(has_text="not the service's")).to_be_visible()
        page.get_by_label("Key", exact=True).fill("open-sesame")
        page.keyboard.press("Enter")
        turn = ask(page, QUESTION)
        turn.locator(".cite").first.click()
        expect(page.locator("dialog .light")).to_be_visible()
        page.reload()
        expect(page.get_by_text("Every sentence of the answer")).to_be_visible()
        expect(page.locator("dialog")).to_have_count(0)


def test_ten_thousand_documents_are_quick_to_turn_to_search_and_to_delete_from(
    browser: Browser, tmp_path: Path, settings: Settings, open_page: Open
) -> None:
    store = tmp_path / "store"
    engine = Engine(settings=settings.model_copy(update={"store": store}))
    engine.load(create=True)
    with sqlite3.connect(store / "catalogue.sqlite") as catalogue:
        numbers = range(10_000)
        catalogue.executemany(
            "INSERT INTO documents VALUES (?, ?, 'application/pdf', 12, '{}', '2026-01-05T10:00:00+00:00')",
            [(f"{number:064x}", f"Minutes of meeting {number}") for number in numbers],
        )
        catalogue.executemany(
            "INSERT INTO sources VALUES ('default', ?, ?, ?)",
            [(f"/minutes/{n:05}.pdf", f"minutes/{n:05}.pdf", f"{n:064x}") for n in numbers],
        )
    catalogue.close()
    with running(engine) as url:
        page = open_page("/#library", url)
        expect(page.locator(".documents-place")).to_have_text("1 to 50 of 10,000")
        assert page.locator(".document").count() == 50
        page.get_by_role("button", name="Next").click()
        expect(page.locator(".documents-place")).to_have_text("51 to 100 of 10,000")
        page.get_by_label("Search documents by name").fill("meeting 9876")
        expect(page.locator(".documents-place")).to_have_text("1 to 1 of 1")
        expect(page.locator(".document-open")).to_have_text("minutes/09876.pdf")
        page.get_by_role("button", name="Delete 09876.pdf").click()
        page.get_by_role("button", name="Cancel").click()
        expect(page.locator(".document")).to_have_count(1)
        page.get_by_role("button", name="Delete 09876.pdf").click()
        page.get_by_role("button", name="Delete", exact=True).click()
        expect(page.get_by_text("No document is called so.")).to_be_visible()
        asked = json.loads(page.evaluate(LIST_TIMES))
        assert len(asked) >= 3
        assert min(asked) < 2_000, asked


LIST_TIMES = """JSON.stringify(
    performance.getEntriesByType("resource").filter((one) => one.name.includes("/v1/documents?")).map((one) => one.duration)
)"""
"""Milliseconds of each request for a part of the list."""
