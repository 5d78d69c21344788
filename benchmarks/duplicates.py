"""How often pictures that are one are told to be one, and pictures that are two: `python -m benchmarks.duplicates PHOTOS`.

PHOTOS is a folder of photographs, such as ../shared/data/photos/images. Charts are drawn here. Copies are made on the spot.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance
from PIL.Image import Image as Picture

from rag.likeness import Likeness, are_alike, likeness

Change = Callable[[Picture], Picture]
FIRST = 150
"""The photographs before it, and the charts of smaller numbers, are those that the bounds were chosen on."""
N = 120


def chart(number: int, change: str = "") -> Picture:
    """A chart of its own data for every number; `change` gives it another value, hue or title."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    chance = np.random.default_rng(number)
    n_values = int(chance.integers(4, 13))
    values = chance.uniform(10, 100, n_values)
    if change == "value":
        values[number % n_values] += 15 if values[number % n_values] < 60 else -15
    colour = "tab:red" if change == "hue" else "tab:blue"
    figure, axes = plt.subplots(figsize=(6, 4), dpi=80)
    places = range(n_values)
    match number % 4:
        case 0:
            axes.bar(places, values, color=colour)
        case 1:
            axes.plot(places, values, color=colour)
        case 2:
            axes.barh(places, values, color=colour)
        case _:
            axes.scatter(places, values, color=colour)
    axes.set_title("Donations in 1874" if change == "title" else "Visitors by year")
    axes.set_ylim(0, 120) if number % 4 != 2 else axes.set_xlim(0, 120)
    figure.canvas.draw()
    drawn = np.asarray(figure.canvas.buffer_rgba())[..., :3].copy()  # type: ignore[attr-defined]  # Agg's canvas
    plt.close(figure)
    return Image.fromarray(drawn)


def _scaled(share: float) -> Change:
    return lambda image: image.resize((int(image.width * share), int(image.height * share)))


def _jpeg(quality: int) -> Change:
    def encode(image: Picture) -> Picture:
        written = io.BytesIO()
        image.save(written, "JPEG", quality=quality)
        return Image.open(written).convert("RGB")

    return encode


def _cropped(share: float) -> Change:
    def crop(image: Picture) -> Picture:
        left, top = image.width * share, image.height * share
        return image.crop((int(left), int(top), int(image.width - left), int(image.height - top)))

    return crop


COPIES: Mapping[str, Change] = {
    "half the size": _scaled(0.5),
    "a third of the size": _scaled(1 / 3),
    "half as large again": _scaled(1.5),
    "JPEG, quality 60": _jpeg(60),
    "JPEG, quality 30": _jpeg(30),
    "cropped by 1 %": _cropped(0.01),
    "cropped by 3 %": _cropped(0.03),
    "brighter by 15 %": lambda image: ImageEnhance.Brightness(image).enhance(1.15),
    "contrast less 15 %": lambda image: ImageEnhance.Contrast(image).enhance(0.85),
    "colours less 30 %": lambda image: ImageEnhance.Color(image).enhance(0.7),
    "without colour": lambda image: image.convert("L").convert("RGB"),
}


def _together(one: Likeness | None, other: Likeness | None) -> bool:
    return one is not None and other is not None and are_alike(one, other)


def _of_different(name: str, looks: Sequence[Likeness | None]) -> None:
    pairs = list(combinations(looks, 2))
    print(f"{name}: {sum(_together(*pair) for pair in pairs)} of {len(pairs)} different pairs merged")


def main(folder: Path) -> None:
    """Print misses of copies and merges of different pictures."""
    photos = [Image.open(path).convert("RGB") for path in sorted(folder.iterdir())[FIRST : FIRST + N]]
    numbers = range(FIRST, FIRST + N)
    charts = [chart(number) for number in numbers]
    of_photos, of_charts = [likeness(image) for image in photos], [likeness(image) for image in charts]
    _of_different("photographs", of_photos)
    _of_different("charts", of_charts)
    for change in ("value", "hue", "title"):
        changed = [likeness(chart(number, change)) for number in numbers]
        merged = sum(_together(look, other) for look, other in zip(of_charts, changed, strict=True))
        print(f"charts with another {change}: {merged} of {N} merged, as far as looks go")
    print(f"{'copies that were missed':<24}{'photographs':>14}{'charts':>10}")
    for name, copied in COPIES.items():
        missed = [
            sum(not _together(look, likeness(copied(image))) for look, image in zip(looks, images, strict=True))
            for looks, images in ((of_photos, photos), (of_charts, charts))
        ]
        print(f"{name:<24}{missed[0]:>8} / {len(photos)}{missed[1]:>4} / {len(charts)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
