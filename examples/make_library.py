"""Draw the generated part of the sample library: `python examples/make_library.py [FOLDER]`.

The Markdown, HTML and text files of the library are written by hand and stay as they are. The same packages give the same
bytes every time, so a run without a change to `examples/making/` leaves nothing for git to see.
"""

from __future__ import annotations

import sys
from pathlib import Path

from making import diagrams, scenes
from making.report import make_report
from making.scan import make_scan
from PIL import ExifTags, Image

LIBRARY = Path(__file__).resolve().parent / "library"
LIES_ON_ITS_SIDE = 6
"""EXIF orientation of a camera held upright: the picture is stored turned, and a viewer must turn it back."""


def make_library(folder: Path) -> list[Path]:
    """Write every generated file below the folder; gives their paths."""
    for name in ("reports", "archive", "pictures"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    report = folder / "reports" / "annual-report-2024.pdf"
    scan = folder / "archive" / "haiyan-letter-1911.pdf"
    make_report(report)
    make_scan(scan)
    return [report, scan, *_make_pictures(folder / "pictures")]


def _make_pictures(folder: Path) -> list[Path]:
    for name, drawing in (
        ("island-map.png", diagrams.island_map()),
        ("tower-section.png", diagrams.tower_section()),
        ("lens.png", diagrams.lens_diagram()),
    ):
        drawing.quantize(128, dither=Image.Dither.NONE).save(folder / name, optimize=True)
    diagrams.poster().save(folder / "open-day-2024.webp", quality=82)
    orientation = Image.Exif()
    orientation[ExifTags.Base.Orientation] = LIES_ON_ITS_SIDE
    scenes.dusk().rotate(90, expand=True).save(folder / "tower-at-dusk.jpg", quality=84, exif=orientation)
    scenes.fog().save(folder / "tower-in-fog.avif", quality=62)
    scenes.puffin().save(folder / "puffin.webp", quality=80)
    first, *others = scenes.beam()
    first.save(folder / "beam.gif", save_all=True, append_images=others, duration=1_500 // 20, loop=0, optimize=True)
    return sorted(folder.iterdir())


if __name__ == "__main__":
    made = make_library(Path(sys.argv[1]) if len(sys.argv) > 1 else LIBRARY)
    for path in made:
        print(f"{path.stat().st_size / 1024:8.1f} KiB  {path.name}")
