"""Two looks at one picture differ, and are looks at that picture."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from training.augment import crops, on_grounds, other_light, other_sharpness, patched, with_margin

ORANGE = (240, 120, 30)


@pytest.fixture(autouse=True)
def _same_chance_each_time() -> None:
    torch.manual_seed(5)


def flat(colour: tuple[int, ...], *, n: int = 6, side: int = 24) -> Tensor:
    return torch.tensor(colour, dtype=torch.uint8).expand(n, side, side, len(colour)).clone()


def noise(n: int = 6, *, side: int = 24) -> Tensor:
    return torch.randint(0, 256, (n, side, side, 3), dtype=torch.uint8)


def halves(n: int) -> Tensor:
    """Black on the left, white on the right."""
    pictures = torch.zeros(n, 32, 32, 3, dtype=torch.uint8)
    pictures[:, :, 16:] = 255
    return pictures


@pytest.mark.parametrize("side", [16, 24, 40])
def test_crops_have_the_asked_size_and_values_from_zero_to_one(side: int) -> None:
    seen = crops(noise(), side=side, smallest=0.35, mirrored=True, tilt=0.2)
    assert seen.shape == (6, 3, side, side)
    assert seen.dtype == torch.float32
    assert 0 <= float(seen.min()) < float(seen.max()) <= 1


@pytest.mark.parametrize("side", [16, 40])
def test_a_crop_of_a_flat_picture_is_of_that_colour(side: int) -> None:
    seen = crops(flat(ORANGE), side=side, smallest=0.3, mirrored=True, tilt=0.3)
    assert torch.allclose(seen, (torch.tensor(ORANGE) / 255)[None, :, None, None].expand_as(seen), atol=1e-5)


def test_a_crop_of_all_of_a_picture_that_has_the_size_is_that_picture_squashed_at_most() -> None:
    # All of the area: only the ratio of the sides varies, and neither may exceed the whole.
    seen = crops(halves(40), side=32, smallest=1.0, mirrored=False)
    assert (seen[:, :, :, :4] < 0.01).all()
    assert (seen[:, :, :, -4:] > 0.99).all()


def test_pictures_are_mirrored_only_where_asked() -> None:
    plain = crops(halves(60), side=32, smallest=0.9, mirrored=False)
    either = crops(halves(60), side=32, smallest=0.9, mirrored=True)

    def turned(seen: Tensor) -> int:
        return int((seen[:, 0, :, 0].mean(1) > seen[:, 0, :, -1].mean(1)).sum())

    assert turned(plain) == 0
    assert 15 < turned(either) < 45


def test_a_tilt_turns_the_edge_both_ways_and_without_one_it_stands_upright() -> None:
    upright, tilted = (crops(halves(60), side=32, smallest=1.0, mirrored=False, tilt=tilt)[:, 0] for tilt in (0.0, 0.4))
    leaning = tilted[:, 4].mean(1) - tilted[:, -5].mean(1)
    assert torch.allclose(upright[:, 4], upright[:, -5], atol=1e-5)
    assert float(leaning.min()) < -0.05
    assert float(leaning.max()) > 0.05


def test_a_smaller_crop_may_miss_what_lies_at_the_border() -> None:
    framed = torch.zeros(80, 40, 40, 3, dtype=torch.uint8)
    framed[:, :2] = 255
    seen = crops(framed, side=40, smallest=0.4, mirrored=False)
    shown = (seen.amax((1, 2, 3)) > 0.5).tolist()
    assert any(shown)
    assert not all(shown)


@pytest.mark.parametrize(
    "look",
    [
        lambda seen: other_light(seen, strength=0.3),
        lambda seen: other_sharpness(seen, share=0.9),
        lambda seen: crops((seen.permute(0, 2, 3, 1) * 255).to(torch.uint8), side=24, smallest=0.5, mirrored=False),
        lambda seen: with_margin((seen.permute(0, 2, 3, 1) * 255).to(torch.uint8)) / 255,
    ],
    ids=["light", "sharpness", "crops", "margin"],
)
def test_two_looks_at_the_same_pictures_differ_and_stay_within_zero_and_one(look: Callable[[Tensor], Tensor]) -> None:
    pictures = torch.rand(6, 3, 24, 24)
    given = pictures.clone()
    one, other = look(pictures), look(pictures)
    assert torch.equal(pictures, given)
    assert one.numel() == pictures.numel()
    assert not torch.equal(one, other)
    assert float(min(one.min(), other.min())) >= 0
    assert float(max(one.max(), other.max())) <= 1


def test_other_light_of_no_strength_changes_nothing() -> None:
    pictures = torch.rand(6, 3, 12, 12)
    assert torch.allclose(other_light(pictures, strength=0.0), pictures, atol=1e-6)


def test_other_light_keeps_grey_grey() -> None:
    grey = torch.rand(6, 1, 12, 12).expand(6, 3, 12, 12)
    seen = other_light(grey, strength=0.3)
    assert torch.allclose(seen[:, :1].expand_as(seen), seen, atol=1e-6)
    assert not torch.allclose(seen, grey, atol=0.01)


def test_about_the_asked_share_of_pictures_changes_its_sharpness() -> None:
    pictures = torch.rand(90, 3, 12, 12)
    changed = [not torch.equal(*pair) for pair in zip(pictures, other_sharpness(pictures, share=0.4), strict=True)]
    assert 33 <= sum(changed) <= 39
    assert torch.equal(other_sharpness(pictures, share=0.0), pictures)


def test_a_flat_picture_cannot_be_made_sharper_or_softer() -> None:
    pictures = torch.full((30, 3, 12, 12), 0.5)
    seen = other_sharpness(pictures, share=0.9)
    grained = [float(one.std()) for one in seen if not torch.allclose(one, torch.tensor(0.5), atol=1e-6)]
    assert 9 <= len(grained) <= 10
    assert all(0.02 < deviation < 0.04 for deviation in grained)


def test_what_is_transparent_shows_the_ground_and_what_is_opaque_hides_it() -> None:
    pictures = flat((10, 200, 30, 255), n=40)
    pictures[:, :12, :, 3] = 0
    pictures[:, 12:14, :, 3] = 128
    shown = on_grounds(pictures)
    assert shown.shape == (40, 24, 24, 3)
    assert shown.dtype == torch.uint8
    assert (shown[:, 14:] == torch.tensor((10, 200, 30), dtype=torch.uint8)).all()
    grounds = shown[:, 0, 0]
    assert (shown[:, :12] == grounds[:, None, None]).all()
    half = (grounds.float() + torch.tensor((10.0, 200.0, 30.0))) / 2
    assert ((shown[:, 12].float() - half[:, None]).abs() <= 2).all()


def test_grounds_are_white_or_of_many_colours() -> None:
    grounds = on_grounds(flat((0, 0, 0, 0), n=60))[:, 0, 0].tolist()
    white = grounds.count([255, 255, 255])
    assert 20 < white < 52
    assert len({tuple(ground) for ground in grounds}) > (60 - white) * 0.9


def test_a_margin_has_the_colour_of_each_pictures_corner() -> None:
    pictures = torch.cat([flat(ORANGE, n=1, side=30), flat((0, 0, 255), n=1, side=30)])
    assert torch.equal(with_margin(pictures), pictures)


def test_inside_its_margin_a_picture_is_all_there_and_two_thirds_as_large_at_least() -> None:
    pictures = flat((0, 0, 0), n=1, side=30)
    pictures[:, 1:-1, 1:-1] = 255
    for _ in range(20):
        rows = int((with_margin(pictures)[0, :, :, 0].amax(1) > 100).sum())
        assert 30 * 0.6 <= rows <= 30


def test_a_patched_picture_is_its_own_outside_of_one_rectangle_and_the_other_inside() -> None:
    own, others = torch.zeros(4, 3, 24, 24), torch.ones(4, 3, 24, 24)
    for _ in range(20):
        seen, share = patched(own, others)
        assert float(seen.mean()) == pytest.approx(1 - share)
        inside = seen[0, 0] == 1
        rows, columns = inside.any(1), inside.any(0)
        assert bool((inside == (rows[:, None] & columns[None])).all())
        assert torch.equal(seen[0], seen[3])
    assert not own.any()
