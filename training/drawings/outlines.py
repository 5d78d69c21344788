"""Plain shapes as outlines: points around (0, 0) that reach about 1 far, and a point surely inside."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from training.drawings.sheet import Point


@dataclass(frozen=True, slots=True)
class Outline:
    """One shape."""

    points: tuple[Point, ...]
    names: tuple[str, ...]
    """The plainest first."""
    inside: Point = (0.0, 0.0)
    tilt: float = 180.0
    """How far it may be turned either way, in degrees, and still be called so."""


def _ring(n: int, *, start: float = -90.0, radii: Sequence[float] = (1.0,)) -> tuple[Point, ...]:
    return tuple(
        (
            radii[at % len(radii)] * math.cos(math.radians(start + 360 * at / n)),
            radii[at % len(radii)] * math.sin(math.radians(start + 360 * at / n)),
        )
        for at in range(n)
    )


def _band(inner: float) -> tuple[Point, ...]:
    outside = _ring(64)
    hole = tuple((x * inner, y * inner) for x, y in reversed(outside))
    return (*outside, outside[0], hole[-1], *hole)


def _heart() -> tuple[Point, ...]:
    around = [2 * math.pi * at / 64 for at in range(64)]
    return tuple(
        (
            math.sin(t) ** 3,
            -(13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)) / 16 - 0.05,
        )
        for t in around
    )


def _crescent() -> tuple[Point, ...]:
    outer = [(math.cos(math.radians(a)), math.sin(math.radians(a))) for a in range(50, 311, 6)]
    tip = outer[0]
    centre, radius = 0.52, math.dist((0.52, 0.0), tip)
    turn = math.degrees(math.atan2(tip[1], tip[0] - centre))
    inner = [
        (centre + radius * math.cos(math.radians(a)), radius * math.sin(math.radians(a)))
        for a in (turn + (360 - 2 * turn) * step / 40 for step in range(41))
    ]
    return (*outer, *reversed(inner))


SHAPES: Mapping[str, Outline] = {
    "circle": Outline(_ring(64), ("circle", "disc", "round shape", "dot")),
    "square": Outline(_ring(4, start=45), ("square", "four-sided shape"), tilt=14),
    "triangle": Outline(_ring(3), ("triangle", "three-sided shape")),
    "rectangle": Outline(((-1, -0.5), (1, -0.5), (1, 0.5), (-1, 0.5)), ("rectangle", "four-sided shape", "oblong"), tilt=90),
    "oval": Outline(tuple((x, y * 0.56) for x, y in _ring(64)), ("oval", "ellipse")),
    "star": Outline(_ring(10, radii=(1.0, 0.42)), ("star", "five-pointed star")),
    "heart": Outline(_heart(), ("heart", "heart shape", "love symbol"), tilt=25),
    "pentagon": Outline(_ring(5), ("pentagon", "five-sided shape")),
    "hexagon": Outline(_ring(6), ("hexagon", "six-sided shape")),
    "diamond": Outline(((0, -1), (0.62, 0), (0, 1), (-0.62, 0)), ("diamond", "rhombus"), tilt=10),
    "cross": Outline(
        ((-0.3, -1), (0.3, -1), (0.3, -0.3), (1, -0.3), (1, 0.3), (0.3, 0.3), (0.3, 1), (-0.3, 1), (-0.3, 0.3), (-1, 0.3),
         (-1, -0.3), (-0.3, -0.3)),
        ("cross", "plus sign", "plus"),
        tilt=12,
    ),
    "arrow": Outline(
        ((-1, -0.24), (0.2, -0.24), (0.2, -0.68), (1, 0), (0.2, 0.68), (0.2, 0.24), (-1, 0.24)), ("arrow", "pointer")
    ),
    "crescent": Outline(_crescent(), ("crescent", "crescent moon", "half-moon sickle"), inside=(-0.65, 0.0)),
    "ring": Outline(_band(0.6), ("ring", "hollow circle", "doughnut shape"), inside=(0.8, 0.0)),
    "semicircle": Outline(
        tuple((math.cos(math.pi * at / 32), 0.45 - math.sin(math.pi * at / 32)) for at in range(33)),
        ("semicircle", "half circle", "half disc"),
    ),
    "trapezoid": Outline(((-0.5, -0.55), (0.5, -0.55), (1, 0.55), (-1, 0.55)), ("trapezoid", "trapezium"), tilt=20),
}  # fmt: skip


def placed(outline: Outline, centre: Point, size: float, turn: float) -> tuple[list[Point], Point]:
    """The outline `size` far around `centre`, turned by degrees: its points, and the one inside."""
    cos, sin = math.cos(math.radians(turn)) * size, math.sin(math.radians(turn)) * size
    moved = [
        (centre[0] + x * cos - y * sin, centre[1] + x * sin + y * cos) for x, y in (*outline.points, outline.inside)
    ]
    return moved[:-1], moved[-1]
