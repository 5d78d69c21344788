"""Charts with two axes: bars, histograms, lines, areas, points, boxes with whiskers."""

from __future__ import annotations

import itertools
import math
from random import Random

from training.drawings.axes import Plot, open_plot
from training.drawings.colours import RGB, mixed
from training.drawings.look import Look
from training.drawings.sheet import Point
from training.drawings.told import Told, of_chart
from training.drawings.words import NUMBERS, labels


def bar_chart(random: Random, look: Look) -> Told:
    """Bars beside one another, upright or lying, in groups, on top of each other, or alone."""
    lying = random.random() < 0.3
    arrangement = random.choice(("single", "single", "single", "grouped", "stacked"))
    n, n_series = random.randint(3, 9), 1 if arrangement == "single" else random.randint(2, 3)
    words = labels(random, n)
    series = [(word, look.colour(at)) for at, word in enumerate(labels(random, n_series))]
    plot = open_plot(
        random, look, across=() if lying else words, upward=words if lying else (), series=series, grid=0.5
    )
    each_own = arrangement == "single" and random.random() < 0.3
    share = random.uniform(0.45, 0.82)
    edge = look.ink if random.random() < 0.2 else None
    highest = [random.uniform(0.12, 0.97) for _ in range(n)]
    if random.random() < 0.25:
        highest.sort(reverse=random.random() < 0.6)
    for at, height in enumerate(highest):
        start = (at + (1 - share) / 2) / n
        if arrangement == "stacked":
            cuts = [0.0, *sorted(random.uniform(0.2, 0.8) for _ in range(n_series - 1)), 1.0]
            parts = [(start, start + share / n, height * a, height * b) for a, b in itertools.pairwise(cuts)]
        else:
            wide = share / n / n_series
            tops = [height, *(random.uniform(0.1, 0.95) for _ in range(n_series - 1))]
            parts = [(start + wide * k, start + wide * (k + 1), 0.0, top) for k, top in enumerate(tops)]
        for k, (x0, x1, y0, y1) in enumerate(parts):
            colour = look.colour(at if each_own else k).rgb
            a, b = (plot.at(y0, x0), plot.at(y1, x1)) if lying else (plot.at(x0, y0), plot.at(x1, y1))
            plot.sheet.box((*a, *b), colour, outline=edge, width=0.8)
    endings = (f"with {NUMBERS[n]} bars", *plot.said) if arrangement == "single" else plot.said
    adjectives: tuple[str, ...] = ("horizontal" if lying else "vertical",)
    if arrangement != "single":
        adjectives += (arrangement,)
    one_colour = arrangement == "single" and not each_own
    colours = (look.colour(0).name,) if one_colour else ()
    more = (f"{look.colour(0).name} bars",) if one_colour else ()
    facts = {"count": str(n)} if arrangement == "single" else {}
    return Told(plot.sheet.finished(), of_chart("bar chart", endings, adjectives + colours) + more, facts)


def histogram(random: Random, look: Look) -> Told:
    """Bars without gaps over numbers, in the shape of a distribution."""
    plot = open_plot(random, look, grid=0.4)
    n = random.randint(9, 26)
    shape = random.choice(("bell", "skewed", "two peaks"))
    heights = [_density(shape, (at + 0.5) / n) * random.uniform(0.82, 1.1) + 0.01 for at in range(n)]
    tallest = max(heights) / random.uniform(0.82, 0.98)
    colour = look.colour(0)
    edge = mixed(colour.rgb, look.ground, 0.75) if random.random() < 0.6 else mixed(colour.rgb, (0, 0, 0), 0.7)
    for at, height in enumerate(heights):
        corners = (*plot.at(at / n, 0), *plot.at((at + 1) / n, height / tallest))
        plot.sheet.box(corners, colour.rgb, outline=edge, width=random.choice((0.5, 0.5, 0.8)))
    if random.random() < 0.2:
        line = [plot.at(x / 40, _density(shape, x / 40) / tallest) for x in range(41)]
        plot.sheet.line(line, look.colour(1).rgb, width=max(1.2, look.stroke))
    said = {"bell": "of a normal distribution", "skewed": "of a skewed distribution", "two peaks": "with two peaks"}[
        shape
    ]
    return Told(plot.sheet.finished(), of_chart("histogram", (said, *plot.said), (colour.name,)))


def line_chart(random: Random, look: Look) -> Told:
    """One to four lines from left to right."""
    n_lines, n = random.choice((1, 1, 2, 2, 3, 4)), random.choice((5, 6, 7, 9, 12, 25, 60))
    series = [(word, look.colour(at)) for at, word in enumerate(labels(random, n_lines))]
    plot = open_plot(random, look, across=labels(random, min(n, 8)) if random.random() < 0.4 else (), series=series)
    marked = n <= 12 and random.random() < 0.5
    dashed = random.random() < 0.15
    ends = (0.0, 1.0) if random.random() < 0.5 else (0.06, 0.94)
    trends = []
    for at in range(n_lines):
        values, trend = _walk(random, n)
        trends.append(trend)
        points = [plot.at(ends[0] + (ends[1] - ends[0]) * k / (n - 1), value) for k, value in enumerate(values)]
        plot.sheet.line(points, series[at][1].rgb, width=max(1.0, look.stroke), dash=3 if dashed else 0)
        for point in points if marked else ():
            _mark(plot, point, series[at][1].rgb, size=look.stroke + 1.3, shape=at)
    endings = ("with one line" if n_lines == 1 else f"with {NUMBERS[n_lines]} lines", *plot.said)
    adjectives: tuple[str, ...] = ()
    if n_lines == 1:
        endings += {"up": ("going up", "rising"), "down": ("going down", "falling"), "": ()}[trends[0]]
        adjectives = (series[0][1].name,)
    if dashed:
        endings += ("with dashed lines",)
    return Told(plot.sheet.finished(), of_chart("line chart", endings, adjectives), {"count": str(n_lines)})


def area_chart(random: Random, look: Look) -> Told:
    """The surface under one line, or several on top of one another."""
    n_layers, n = random.choice((1, 1, 2, 3, 4)), random.choice((6, 9, 14, 40))
    series = [(word, look.colour(at)) for at, word in enumerate(labels(random, n_layers))]
    plot = open_plot(random, look, series=series)
    below = [0.0] * n
    for at in range(n_layers):
        values, _ = _walk(random, n)
        line = [low + (0.12 + value * 0.83) / n_layers for low, value in zip(below, values, strict=True)]
        upper = [plot.at(k / (n - 1), value) for k, value in enumerate(line)]
        lower = [plot.at(k / (n - 1), value) for k, value in enumerate(below)]
        colour = series[at][1].rgb
        pale = mixed(colour, look.ground, random.choice((0.0, 0.25, 0.5)))
        plot.sheet.polygon([*upper, *reversed(lower)], pale)
        plot.sheet.line(upper, colour, width=look.stroke)
        below = line
    adjectives = (series[0][1].name,) if n_layers == 1 else ("stacked",)
    return Told(plot.sheet.finished(), of_chart("area chart", plot.said, adjectives), {"count": str(n_layers)})


def scatter_plot(random: Random, look: Look) -> Told:
    """Points strewn over the plane, in one to three groups."""
    n_groups = random.choice((1, 1, 2, 3))
    series = [(word, look.colour(at)) for at, word in enumerate(labels(random, n_groups))]
    plot = open_plot(random, look, series=series)
    size = min(look.width, look.height) * random.uniform(0.009, 0.02)
    each = random.randint(18, 110) // n_groups + 4
    slope = random.choice((0, 0, 1, -1)) if n_groups == 1 else 0
    hollow = random.random() < 0.2
    for group in range(n_groups):
        middle = (random.uniform(0.25, 0.75), random.uniform(0.25, 0.75))
        spread = random.uniform(0.1, 0.2) if n_groups > 1 else 0.28
        for _ in range(each):
            if slope:
                x = random.uniform(0.04, 0.96)
                y = (x if slope > 0 else 1 - x) * 0.8 + 0.1 + random.gauss(0, 0.07)
            else:
                x, y = random.gauss(middle[0], spread), random.gauss(middle[1], spread)
            point = plot.at(min(0.98, max(0.02, x)), min(0.98, max(0.02, y)))
            if hollow:
                plot.sheet.disc(point, size, outline=series[group][1].rgb, width=0.8)
            else:
                _mark(plot, point, series[group][1].rgb, size=size, shape=group)
    if slope and random.random() < 0.5:
        ends = [plot.at(0.02, 0.1 if slope > 0 else 0.9), plot.at(0.98, 0.9 if slope > 0 else 0.1)]
        plot.sheet.line(ends, look.ink, width=look.stroke, dash=random.choice((0, 3)))
    trend = {1: ("with an upward trend",), -1: ("with a downward trend",), 0: ()}[slope]
    groups = (f"with {NUMBERS[n_groups]} groups of points",) if n_groups > 1 else ("with many points",)
    adjectives = (series[0][1].name,) if n_groups == 1 else ()
    more = (f"{series[0][1].name} points" if n_groups == 1 else "points in different colours", "a cloud of points")
    return Told(plot.sheet.finished(), of_chart("scatter plot", (*groups, *trend, *plot.said), adjectives) + more)


def box_plot(random: Random, look: Look) -> Told:
    """Boxes with a line for the median and a whisker at either end."""
    n = random.randint(2, 7)
    lying = random.random() < 0.2
    words = labels(random, n)
    plot = open_plot(random, look, across=() if lying else words, upward=words if lying else (), grid=0.4)
    share = random.uniform(0.35, 0.65)
    filled, own = random.random() < 0.75, random.random() < 0.5
    weight = max(0.9, look.stroke * 0.8)

    def at(x: float, y: float) -> Point:
        return plot.at(y, x) if lying else plot.at(x, y)

    for k in range(n):
        low, first, median, third, high = _five(random)
        middle, half = (k + 0.5) / n, share / n / 2
        for y0, y1 in ((low, first), (third, high)):
            plot.sheet.line([at(middle, y0), at(middle, y1)], look.ink, width=weight)
        for y in (low, high):
            plot.sheet.line([at(middle - half * 0.6, y), at(middle + half * 0.6, y)], look.ink, width=weight)
        colour = look.colour(k if own else 0).rgb
        corners = (*at(middle - half, first), *at(middle + half, third))
        plot.sheet.box(corners, colour if filled else look.ground, outline=look.ink if filled else colour, width=weight)
        plot.sheet.line([at(middle - half, median), at(middle + half, median)], look.ink, width=weight * 1.5)
        for _ in range(random.choice((0, 0, 1, 3))):
            y = random.choice((max(0.02, low - random.uniform(0.03, 0.1)), min(0.98, high + random.uniform(0.03, 0.1))))
            plot.sheet.disc(at(middle, y), look.stroke + 0.6, outline=look.ink, width=0.8)
    endings = (f"with {NUMBERS[n]} boxes", "with whiskers", *plot.said)
    adjectives = ("horizontal" if lying else "vertical",) + ((look.colour(0).name,) if filled and not own else ())
    return Told(plot.sheet.finished(), of_chart("box plot", endings, adjectives), {"count": str(n)})


def _five(random: Random) -> tuple[float, float, float, float, float]:
    middle, half = random.uniform(0.35, 0.65), random.uniform(0.06, 0.16)
    low, high = middle - half - random.uniform(0.06, 0.17), middle + half + random.uniform(0.06, 0.17)
    return low, middle - half, middle + random.uniform(-0.6, 0.6) * half, middle + half, high


def _density(shape: str, x: float) -> float:
    if shape == "bell":
        return math.exp(-(((x - 0.5) / 0.19) ** 2) / 2)
    if shape == "skewed":
        return math.exp(-(((x - 0.2) / (0.1 if x < 0.2 else 0.27)) ** 2) / 2)
    return math.exp(-(((x - 0.28) / 0.1) ** 2) / 2) + 0.7 * math.exp(-(((x - 0.72) / 0.11) ** 2) / 2)


def _walk(random: Random, n: int) -> tuple[list[float], str]:
    """Values 0.04..0.96 of a line, and whether it goes `up`, `down` or neither."""
    drift = random.choice((0.0, 0.0, 1.0, -1.0))
    start = 0.5 - drift * 0.35 if drift else random.uniform(0.2, 0.8)
    step = random.uniform(0.5, 1.2) * 0.28 / math.sqrt(n) if drift else random.uniform(0.12, 0.34) / math.sqrt(n / 8)
    swing, periods = random.choice((0.0, 0.0, random.uniform(0.1, 0.25))), random.uniform(1, 4)
    if drift:
        swing = 0.0
    values, wander = [], 0.0
    for at in range(n):
        share = at / (n - 1)
        wander = wander * 0.85 + random.gauss(0, step)
        value = start + drift * 0.7 * share + wander + swing * math.sin(share * periods * 2 * math.pi)
        values.append(min(0.96, max(0.04, value)))
    rise = values[-1] - values[0]
    return values, ("up" if rise > 0.3 else "down" if rise < -0.3 else "") if drift else ""


def _mark(plot: Plot, point: Point, colour: RGB, *, size: float, shape: int) -> None:
    x, y = point
    if shape % 3 == 0:
        plot.sheet.disc(point, size, colour)
    elif shape % 3 == 1:
        plot.sheet.box((x - size, y - size, x + size, y + size), colour)
    else:
        plot.sheet.polygon([(x, y - size * 1.2), (x + size * 1.1, y + size), (x - size * 1.1, y + size)], colour)
