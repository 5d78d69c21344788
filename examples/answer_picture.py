"""Draw docs/images/answer.png, the picture in the README: one answer of the demo's library, as a browser shows it.

    make demo && python examples/answer_picture.py

Needs chromium, which nothing else here does: the picture is kept in the repository.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageChops

from rag import Engine

ROOT = Path(__file__).resolve().parents[1]
STORE = ROOT / "demo" / "store"
PICTURE = ROOT / "docs" / "images" / "answer.png"
QUESTION = "How many visitors came in August 2024?"
WIDTH, HEIGHT = 900, 1000
MARGIN = 24
COLOURS = 128


def main() -> int:
    """Ask, show the answer in chromium, trim what is empty, keep few colours."""
    chromium = next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
    )
    if chromium is None or not STORE.exists():
        print("Needs chromium, and the store that `make demo` makes.", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder, Engine(STORE) as engine:
        page, shot = Path(folder) / "answer.html", Path(folder) / "shot.png"
        engine.write_evidence_page([(QUESTION, engine.query(QUESTION))], page)
        options = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            f"--window-size={WIDTH},{HEIGHT}",
        ]
        subprocess.run([chromium, *options, f"--screenshot={shot}", page.as_uri()], check=True, capture_output=True)
        with Image.open(shot) as picture:
            shown = trimmed(picture.convert("RGB"))
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    shown.quantize(COLOURS, dither=Image.Dither.NONE).save(PICTURE, optimize=True)
    print(f"{PICTURE.relative_to(ROOT)}: {shown.width} x {shown.height}, {PICTURE.stat().st_size / 1024:.0f} KiB")
    return 0


def trimmed(picture: Image.Image) -> Image.Image:
    """Without the empty ground around it, but for a margin."""
    ground = Image.new("RGB", picture.size, picture.getpixel((2, 2)))
    filled = ImageChops.difference(picture, ground).convert("L").point(lambda value: 255 if value > 12 else 0).getbbox()
    left, top, right, bottom = filled or (0, 0, *picture.size)
    return picture.crop((max(left - MARGIN, 0), max(top - MARGIN, 0), right + MARGIN, bottom + MARGIN))


if __name__ == "__main__":
    sys.exit(main())
