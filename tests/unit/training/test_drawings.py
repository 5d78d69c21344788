"""Drawings are what their sentences say, the same each time, and of two styles that share nothing."""

from __future__ import annotations

from collections import deque

import numpy as np
import pytest
from numpy.typing import NDArray

from training.drawings.colours import PALETTES, TEST, TRAINING, Style, distance
from training.drawings.kinds import CHARTS, COLOURS, DRAWINGS, SHAPES, TEN, Drawing, draw
from training.drawings.look import DARK_GROUNDS, FONTS, GROUNDS, MONOSPACED, STROKES

STYLES: tuple[Style, ...] = ("training", "test")
KINDS = (*CHARTS, *DRAWINGS)
N_SEEDS = 15


def pixels(drawing: Drawing) -> NDArray[np.int64]:
    return np.asarray(drawing.image).astype(np.int64)


def everything(drawing: Drawing) -> tuple[str, ...]:
    return (*drawing.sentences, *drawing.also_true)


def nearest_colour(rgb: NDArray[np.int64], style: Style) -> str:
    """The name of the painted shade that lies nearest."""
    red, green, blue = (int(channel) for channel in rgb)
    table = TRAINING if style == "training" else TEST
    return min((distance((red, green, blue), shade), name) for name in COLOURS for _, shade in table[name])[1]


def n_blobs(mask: NDArray[np.bool_]) -> int:
    """How many connected parts of a hundredth of the mask's area or more a mask has."""
    left, sizes = mask.copy(), list[int]()
    for start in zip(*(axis.tolist() for axis in np.nonzero(mask)), strict=True):
        if not left[start]:
            continue
        left[start] = False
        queue, size = deque([start]), 0
        while queue:
            y, x = queue.popleft()
            size += 1
            for near in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                if 0 <= near[0] < left.shape[0] and 0 <= near[1] < left.shape[1] and left[near]:
                    left[near] = False
                    queue.append(near)
        sizes.append(size)
    return sum(size * 100 >= sum(sizes) for size in sizes)


def test_there_are_enough_kinds() -> None:
    assert len(CHARTS) >= 14
    assert len(set(TEN)) == 10
    assert set(TEN) <= set(CHARTS)
    assert len(SHAPES) >= 10
    assert len(COLOURS) >= 11


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("style", STYLES)
def test_every_seed_gives_a_picture_of_a_good_size_with_three_to_eight_sentences(kind: str, style: Style) -> None:
    for seed in range(N_SEEDS):
        drawing = draw(kind, seed, style=style)
        width, height = drawing.image.size
        assert drawing.image.mode == "RGB"
        assert 160 <= width <= 400
        assert 160 <= height <= 400
        assert 0.69 < width / height < 1.61
        assert 3 <= len(drawing.sentences) <= 8
        said = everything(drawing)
        assert len(set(said)) == len(said)
        assert all(sentence.strip() == sentence and sentence for sentence in said)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_drawing_and_another_seed_or_style_another(kind: str) -> None:
    one = draw(kind, 7)
    assert draw(kind, 7) == one
    assert draw(kind, 8).image.tobytes() != one.image.tobytes()
    assert draw(kind, 7, style="test").image.tobytes() != one.image.tobytes()


@pytest.mark.parametrize("kind", CHARTS)
def test_a_chart_is_always_called_by_its_kind(kind: str) -> None:
    assert all(draw(kind, seed).sentences[0] == draw(kind, seed + 1).sentences[0] for seed in range(5))


def test_an_unknown_kind_lists_the_known_ones() -> None:
    with pytest.raises(KeyError, match="pie chart"):
        draw("pye chart", 0)


def test_the_styles_share_no_font_palette_ground_stroke_or_shade() -> None:
    for table in (FONTS, MONOSPACED, STROKES, GROUNDS, DARK_GROUNDS):
        assert not set(table["training"]) & set(table["test"])
    palettes = {style: {tuple(rgb for _, rgb in palette) for palette in PALETTES[style]} for style in STYLES}
    assert not palettes["training"] & palettes["test"]
    for name in COLOURS:
        assert not {rgb for _, rgb in TRAINING[name]} & {rgb for _, rgb in TEST[name]}


@pytest.mark.parametrize("style", STYLES)
def test_a_shape_has_the_colour_that_it_is_said_to_have(style: Style) -> None:
    for seed in range(50):
        drawing = draw("shape", seed, style=style)
        if drawing.facts["filled"] == "no":
            continue
        x, y = (float(share) for share in drawing.facts["inside"].split(","))
        width, height = drawing.image.size
        seen = pixels(drawing)[int(y * height), int(x * width)]
        assert nearest_colour(seen, style) == drawing.facts["colour"], drawing.sentences
        assert f"{drawing.facts['colour']} {drawing.facts['shape']}" in everything(drawing)


@pytest.mark.parametrize("style", STYLES)
def test_a_plain_picture_has_one_colour_and_is_called_by_it(style: Style) -> None:
    for seed in range(30):
        drawing = draw("plain", seed, style=style)
        colours = np.unique(pixels(drawing).reshape(-1, 3), axis=0)
        assert len(colours) == 1
        assert nearest_colour(colours[0], style) == drawing.facts["colour"]


@pytest.mark.parametrize("style", STYLES)
def test_as_many_things_are_drawn_as_are_counted(style: Style) -> None:
    for seed in range(15):
        drawing = draw("count", seed, style=style)
        seen = pixels(drawing)
        name = drawing.facts["colour"]
        flat = np.unique(seen.reshape(-1, 3), axis=0, return_counts=True)
        of_name = [(n, rgb) for rgb, n in zip(*flat, strict=True) if nearest_colour(rgb, style) == name]
        painted = max(of_name, key=lambda one: one[0])[1]  # the flat paint, not the softened edges
        assert n_blobs(np.abs(seen - painted).sum(2) < 12) == int(drawing.facts["count"]), (seed, drawing.sentences)


def test_shapes_lie_as_their_sentences_say() -> None:
    for seed in range(30):
        drawing = draw("shapes", seed)
        if drawing.facts["relation"] not in ("row", "column"):
            continue
        first, second, *_ = drawing.facts["colour"].split(", ")
        one, other = drawing.facts["shape"].split(", ")[:2]
        words = "left of" if drawing.facts["relation"] == "row" else "above"
        assert any(f"{first} {one} {words}" in said and f"{second} {other}" in said for said in everything(drawing))
        assert not any(f"{second} {other} {words} a {first} {one}" in said for said in everything(drawing))


def test_a_word_that_fits_every_chart_of_a_family_is_true_of_each() -> None:
    for kind in ("pie chart", "bar chart", "line chart", "scatter plot", "box plot"):
        for seed in range(10):
            assert {"chart", "a graph", f"a picture of a {kind}"} <= set(everything(draw(kind, seed)))
