"""The described photos that `builtin` never learned from, as a folder of their own: `python -m training.unseen PHOTOS FOLDER`.

What it learned by heart says nothing of what it sees, and stands before what it did not: `make eval` measures on this folder.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from training.photos import CAPTIONS, PICTURES, lines_of


def lay(photos: Path, folder: Path) -> int:
    """Write the photos of the test, with their captions, into a folder; how many they are."""
    lines = lines_of(photos, tested=True)
    (folder / PICTURES).mkdir(parents=True, exist_ok=True)
    for name in lines:
        shutil.copyfile(photos / PICTURES / name, folder / PICTURES / name)
    (folder / CAPTIONS).write_text("".join(f"{line}\n" for line in lines.values()), encoding="utf-8")
    return len(lines)


def main() -> None:
    """Read the two folders, lay the photos."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path, help="folder of images/ and captions.jsonl, divided by training/photos.py")
    parser.add_argument("folder", type=Path, help="where they are written")
    asked = parser.parse_args()
    print(f"{lay(asked.photos, asked.folder)} photos that training never saw: {asked.folder}")


if __name__ == "__main__":
    main()
