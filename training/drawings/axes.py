"""The frame of a chart with axes: title, legend, axes, ticks, gridlines, and where the data goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from training.drawings.colours import Colour, mixed
from training.drawings.look import Look
from training.drawings.sheet import Sheet
from training.drawings.words import title


@dataclass(frozen=True, slots=True)
class Plot:
    """A sheet with a frame on it; data is placed by fractions, (0, 0) at the bottom left."""

    sheet: Sheet
    look: Look
    left: float
    top: float
    right: float
    bottom: float
    said: tuple[str, ...]
    """Endings for `a chart …` that are true of the frame."""

    def x(self, share: float) -> float:
        """In pixels from the left."""
        return self.left + (self.right - self.left) * share

    def y(self, share: float) -> float:
        """In pixels from the top."""
        return self.bottom - (self.bottom - self.top) * share

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Both in pixels."""
        return self.x(x), self.y(y)


def open_plot(
    random: Random,
    look: Look,
    *,
    across: Sequence[str] = (),
    upward: Sequence[str] = (),
    series: Sequence[tuple[str, Colour]] = (),
    grid: float = 0.55,
) -> Plot:
    """Draw the frame. `across`, `upward`: labels of equal bands along the axes; none for numbers. `series`: for a legend."""
    sheet, letters = look.sheet(), look.letters
    test = look.style == "test"
    side = min(look.width, look.height)
    margin = side * random.uniform(0.03, 0.09)
    left, top, right, bottom = margin, margin, look.width - margin, look.height - margin
    said: list[str] = []
    if random.random() < 0.55:
        about, written = title(random)
        said.append(f"of {about}")
        if test and random.random() < 0.5:  # titles below and at the left end are seen in test alone
            look.write(sheet, (look.width / 2, bottom - letters * 0.6), written, times=1.2)
            bottom -= letters * 1.9
        elif test:
            look.write(sheet, (left, top + letters * 0.7), written, times=1.2, anchor="lm")
            top += letters * 1.9
        else:
            look.write(sheet, (look.width / 2, top + letters * 0.6), written, times=random.uniform(1.1, 1.7))
            top += letters * 2.1
    if len(series) > 1 and random.random() < 0.6:
        said.append("with a legend")
        if test or random.random() < 0.4:
            legend_below(look, sheet, series, (left, bottom - letters, right))
            bottom -= letters * 2
        else:
            right -= letters * 4.6
            legend_beside(look, sheet, series, (right + letters * 0.8, top + letters))
    if random.random() < 0.8:
        left += letters * (max((len(word) for word in upward), default=2) * 0.62 + 0.6)
        bottom -= letters * 1.4
        labelled = True
    else:
        labelled = False
    plot = Plot(sheet, look, left, top, right, bottom, tuple(said))
    _lines(random, plot, grid=grid)
    if labelled:
        _ticks(random, plot, across, upward)
    return plot


def _lines(random: Random, plot: Plot, *, grid: float) -> None:
    look, sheet = plot.look, plot.sheet
    if random.random() < 0.15:
        sheet.box((plot.left, plot.top, plot.right, plot.bottom), mixed(look.ground, look.ink, 0.06))
    dash = random.choice((0, 0, 2, 4)) if look.style == "training" else random.choice((0, 3))
    thin = random.choice((0.5, 0.8, 1.0))
    if random.random() < grid:
        n = random.randint(3, 7)
        for at in range(1, n + 1):
            sheet.line([plot.at(0, at / n), plot.at(1, at / n)], look.faint, width=thin, dash=dash)
        if random.random() < 0.4:
            n = random.randint(3, 8)
            for at in range(1, n + 1):
                sheet.line([plot.at(at / n, 0), plot.at(at / n, 1)], look.faint, width=thin, dash=dash)
    frame = random.random()
    weight = max(0.8, look.stroke * 0.7)
    if frame < 0.5:
        sheet.line([plot.at(0, 1), plot.at(0, 0), plot.at(1, 0)], look.ink, width=weight)
    elif frame < 0.75:
        sheet.box((plot.left, plot.top, plot.right, plot.bottom), outline=look.ink, width=weight)
    elif frame < 0.92:
        sheet.line([plot.at(0, 0), plot.at(1, 0)], look.ink, width=weight)


def _ticks(random: Random, plot: Plot, across: Sequence[str], upward: Sequence[str]) -> None:
    look, sheet, letters = plot.look, plot.sheet, plot.look.letters
    room = (plot.right - plot.left) / max(1, len(across) or 5) / letters * 1.7
    step = random.choice((1, 2, 5, 10, 20, 25, 100))
    n = random.randint(3, 6)
    for at, word in enumerate(across):
        look.write(
            sheet, (plot.x((at + 0.5) / len(across)), plot.bottom + letters * 0.9), word[: max(1, int(room))], times=0.9
        )
    for at, word in enumerate(upward):
        look.write(sheet, (plot.left - letters * 0.4, plot.y((at + 0.5) / len(upward))), word, times=0.9, anchor="rm")
    marked = random.random() < 0.5
    for at in range(n + 1):
        if not across:
            look.write(sheet, (plot.x(at / n), plot.bottom + letters * 0.9), str(at * step), times=0.85)
        if not upward:
            look.write(sheet, (plot.left - letters * 0.4, plot.y(at / n)), str(at * step), times=0.85, anchor="rm")
            if marked:
                sheet.line([plot.at(0, at / n), (plot.left - 2.5, plot.y(at / n))], look.ink, width=0.8)


def legend_below(
    look: Look, sheet: Sheet, series: Sequence[tuple[str, Colour]], place: tuple[float, float, float]
) -> None:
    """Name the series in a row, in the place (left, y, right)."""
    left, y, right = place
    each = (right - left) / len(series)
    for at, (word, colour) in enumerate(series):
        x = left + each * at
        sheet.box((x, y - look.letters * 0.35, x + look.letters * 0.7, y + look.letters * 0.35), colour.rgb)
        look.write(
            sheet, (x + look.letters, y), word[: max(1, int(each / look.letters * 1.6 - 2))], times=0.85, anchor="lm"
        )


def legend_beside(look: Look, sheet: Sheet, series: Sequence[tuple[str, Colour]], place: tuple[float, float]) -> None:
    """Name the series one below another, from the place (x, y) on."""
    x, y = place
    for at, (word, colour) in enumerate(series):
        here = y + at * look.letters * 1.5
        sheet.box((x, here - look.letters * 0.35, x + look.letters * 0.7, here + look.letters * 0.35), colour.rgb)
        look.write(sheet, (x + look.letters, here), word[:5], times=0.85, anchor="lm")
