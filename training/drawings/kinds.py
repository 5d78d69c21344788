"""Every kind of drawing by its name, and the one function that draws it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from PIL import Image

from training.drawings import figures, graphs, grids, grounds, icons, pages, plots, rounds, scenes
from training.drawings.colours import COLOURS, Style
from training.drawings.look import Look, new_look
from training.drawings.outlines import SHAPES
from training.drawings.told import Told
from training.drawings.words import FAMILIES, NAMES, TEMPLATES, say

__all__ = ["CHARTS", "COLOURS", "DRAWINGS", "SHAPES", "TEN", "Drawing", "draw"]

MOST_SENTENCES = 8

_CHARTS: Mapping[str, Callable[[Random, Look], Told]] = {
    "pie chart": rounds.pie_chart,
    "bar chart": plots.bar_chart,
    "line chart": plots.line_chart,
    "scatter plot": plots.scatter_plot,
    "area chart": plots.area_chart,
    "histogram": plots.histogram,
    "heat map": grids.heat_map,
    "box plot": plots.box_plot,
    "radar chart": rounds.radar_chart,
    "Venn diagram": rounds.venn_diagram,
    "flow diagram": graphs.flow_diagram,
    "network graph": graphs.network_graph,
    "organisation chart": graphs.organisation_chart,
    "timeline": graphs.timeline,
    "Gantt chart": graphs.gantt_chart,
    "table": grids.table,
    "page of text": pages.page_of_text,
    "code": pages.code,
    "form": pages.form,
    "floor plan": grids.floor_plan,
    "map": grids.town_map,
}
_DRAWINGS: Mapping[str, Callable[[Random, Style], Told]] = {
    "shape": figures.shape,
    "shapes": figures.shapes,
    "count": figures.count,
    "scene": scenes.scene,
    "icon": icons.icon,
    "plain": grounds.plain,
    "texture": grounds.texture,
}
CHARTS = tuple(_CHARTS)
DRAWINGS = tuple(_DRAWINGS)
TEN = (
    "pie chart",
    "bar chart",
    "line chart",
    "scatter plot",
    "heat map",
    "flow diagram",
    "table",
    "network graph",
    "page of text",
    "box plot",
)
"""The charts that the test tells apart."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture and what is true of it."""

    image: Image.Image
    """RGB, 160 to 400 pixels either way."""
    kind: str
    sentences: tuple[str, ...]
    """3 to 8, all different, the plainest first."""
    also_true: tuple[str, ...] = ()
    """More that may be said of it: sentences that other drawings may have among theirs, and this one not."""
    facts: dict[str, str] = field(default_factory=dict)


def draw(kind: str, seed: int, *, style: Literal["training", "test"] = "training") -> Drawing:
    """The drawing of that kind, style and seed, the same each time.

    Raises: KeyError for a kind that is in neither CHARTS nor DRAWINGS (its message lists them).
    """
    random = Random(f"{style} {kind} {seed}")
    if kind in _CHARTS:
        told = _CHARTS[kind](random, new_look(random, style))
        plain, general = _names_of(kind)
    elif kind in _DRAWINGS:
        told = _DRAWINGS[kind](random, style)
        plain, general = told.particular[:3], ()
    else:
        raise KeyError(f"There is no kind {kind!r} of drawing; there are {', '.join((*CHARTS, *DRAWINGS))}.")
    everything = tuple(dict.fromkeys((*plain, *told.particular, *general)))
    chosen = [plain[0]]
    rest = [*random.sample(plain, min(2, len(plain))), *random.sample(told.particular, min(3, len(told.particular)))]
    rest += random.sample(general, min(2, len(general)))
    sentences = tuple(dict.fromkeys([*chosen, *rest]))[:MOST_SENTENCES]
    others = tuple(sentence for sentence in everything if sentence not in sentences)
    return Drawing(told.image, kind, sentences, others, told.facts)


def _names_of(kind: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What every chart of the kind may be called, and by which wider words."""
    own = tuple(say(template, name) for template in TEMPLATES for name in NAMES[kind])
    wider = tuple(say(template, name) for template in TEMPLATES[:2] for name in FAMILIES[kind])
    return own, tuple(dict.fromkeys(wider))
