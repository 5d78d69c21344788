"""Draw docs/images/page-*.png, the pictures in docs/page.md: the page at `/` with the sample library, in chromium.

    python examples/page_pictures.py

Takes the store that `make demo` makes, or makes one. Needs chromium and playwright; the pictures are kept in the repository.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from api.app import create_app
from api.server import Server, listen, url_of
from rag import Engine, load_settings
from rag.errors import ModelMismatch, StoreNotFound

ROOT = Path(__file__).resolve().parents[1]
LIBRARY = ROOT / "examples" / "library"
STORE = ROOT / "demo" / "store"
IMAGES = ROOT / "docs" / "images"
QUESTION = "Which chart shows where the wind came from in 2024?"
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 780}
COLOURS = 192
PATIENCE_MS = 300_000


def main() -> int:
    """Ask in light, look at a page in the dark, ask on a phone; keep few colours."""
    chromium = next((found for name in ("chromium", "chromium-browser") if (found := shutil.which(name))), None)
    if chromium is None:
        print("Needs chromium.", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"], timeout=PATIENCE_MS)
        keep(asked(browser, address, viewport=DESK, color_scheme="light"), "page-light", Path(folder))
        dark = asked(browser, address, viewport=DESK, color_scheme="dark")
        dark.locator(".cite").first.click()
        dark.locator("dialog .light").wait_for()
        keep(dark, "page-dark", Path(folder))
        keep(asked(browser, address, viewport=PHONE, color_scheme="light"), "page-phone", Path(folder))
        browser.close()
    return 0


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The service over the sample library, on a free port of this machine."""
    engine = Engine(settings=load_settings(store=STORE, port=0))
    try:
        engine.load()
    except (ModelMismatch, StoreNotFound):
        engine.close()
        engine = Engine(settings=load_settings(store=folder / "store", port=0))
        engine.ingest(LIBRARY)
        engine.load()
    with listen(engine.settings) as listening:
        server = Server(create_app(engine))
        thread = threading.Thread(target=server.run, args=[[listening]])
        thread.start()
        try:
            yield url_of(listening)
        finally:
            server.should_exit = True
            thread.join()


def asked(browser: Browser, address: str, **how: object) -> Page:
    """The page in a window of its own, once it has answered."""
    context = browser.new_context(reduced_motion="reduce", **how)  # type: ignore[arg-type]  # playwright's own names
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(address)
    page.get_by_label("Question").fill(QUESTION)
    page.keyboard.press("Enter")
    page.locator(".cited").first.wait_for()
    page.locator(".picture img").first.wait_for()
    page.evaluate("document.activeElement.blur()")
    return page


def keep(page: Page, name: str, folder: Path) -> None:
    """Write the window as a PNG of few colours."""
    shot, kept = folder / f"{name}.png", IMAGES / f"{name}.png"
    page.screenshot(path=shot)
    with Image.open(shot) as picture:
        picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(kept, optimize=True)
        print(f"{kept.relative_to(ROOT)}: {picture.width} x {picture.height}, {kept.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    sys.exit(main())
