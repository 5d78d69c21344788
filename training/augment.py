"""What varies between two looks at the same picture: crop, mirror, light, sharpness, size, parts. All on batches of tensors."""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor

MEAN = 0.5
DEVIATION = 0.25
"""Of all channels, in preparing a picture for the tower."""


def crops(pictures: Tensor, *, side: int, smallest: float, mirrored: bool, tilt: float = 0.0) -> Tensor:
    """Random crops, squashed to one size.

    `pictures`: uint8 (n, h, w, 3). `smallest`: of the picture's area. `tilt`: the most, in radians.
    Returns: float32 (n, 3, side, side), values 0..1.
    """
    n = len(pictures)
    area = smallest + (1 - smallest) * torch.rand(n)
    ratio = torch.exp((torch.rand(n) - 0.5) * 0.55)
    width, height = (area * ratio).sqrt().clamp(max=1), (area / ratio).sqrt().clamp(max=1)
    x, y = (torch.rand(n) * 2 - 1) * (1 - width), (torch.rand(n) * 2 - 1) * (1 - height)
    flip = torch.where(torch.rand(n) < 0.5, -1.0, 1.0) if mirrored else torch.ones(n)
    angle = (torch.rand(n) * 2 - 1) * tilt
    rows = torch.stack(
        [
            torch.stack([width * angle.cos() * flip, -height * angle.sin(), x], 1),
            torch.stack([width * angle.sin() * flip, height * angle.cos(), y], 1),
        ],
        1,
    )
    grid = functional.affine_grid(rows, [n, 3, side, side], align_corners=False)
    shown = pictures.permute(0, 3, 1, 2).float() / 255
    if pictures.shape[1] > side:  # else every other pixel would be passed over
        shown = functional.interpolate(shown, size=(side, side), mode="area")
    return functional.grid_sample(shown, grid, mode="bilinear", padding_mode="border", align_corners=False)


def other_light(pictures: Tensor, *, strength: float) -> Tensor:
    """Brightness, contrast and saturation of each picture changed by up to `strength` of themselves."""
    brightness, contrast, saturation = (1 + (torch.rand(len(pictures), 1, 1, 1) * 2 - 1) * strength for _ in range(3))
    pictures = pictures * brightness
    pictures = (pictures - pictures.mean((1, 2, 3), keepdim=True)) * contrast + pictures.mean((1, 2, 3), keepdim=True)
    grey = pictures.mean(1, keepdim=True)
    return (grey + (pictures - grey) * saturation).clamp(0, 1)


def other_sharpness(pictures: Tensor, *, share: float) -> Tensor:
    """Some pictures sharpened, grained or made soft: the photos to learn from are small, those to find are not."""
    changed = pictures.clone()
    sharp, grained, soft = (int(share / 3 * len(pictures) + float(torch.rand(()))) for _ in range(3))
    order = torch.randperm(len(pictures))
    several = order[: sharp + soft]
    softer = functional.avg_pool2d(pictures[several], 3, stride=1, padding=1, count_include_pad=False)
    strength = 0.5 + 2 * torch.rand(sharp, 1, 1, 1)
    changed[several[:sharp]] = pictures[several[:sharp]] + (pictures[several[:sharp]] - softer[:sharp]) * strength
    changed[several[sharp:]] = softer[sharp:]
    rough = order[sharp + soft : sharp + soft + grained]
    changed[rough] += torch.randn_like(changed[rough]) * 0.03
    return changed.clamp(0, 1)


def patched(pictures: Tensor, others: Tensor) -> tuple[Tensor, float]:
    """Pictures with a part of another picture laid over each at one place, of any size (CutMix, https://arxiv.org/abs/1905.04899).

    `pictures`, `others`: float32 (n, c, h, w). Returns: the pictures, and the share of their area that is still their own.
    """
    height, width = pictures.shape[2:]
    side = float(torch.rand(())) ** 0.5
    tall, wide = round(side * height), round(side * width)
    top, left = int(torch.randint(0, height - tall + 1, ())), int(torch.randint(0, width - wide + 1, ()))
    shown = pictures.clone()
    shown[:, :, top : top + tall, left : left + wide] = others[:, :, top : top + tall, left : left + wide]
    return shown, 1 - tall * wide / (height * width)


def on_grounds(pictures: Tensor) -> Tensor:
    """Pictures with transparency, uint8 (n, h, w, 4), laid on white or on a colour: uint8 (n, h, w, 3)."""
    n = len(pictures)
    ground = torch.where(torch.rand(n, 1) < 0.6, torch.full((n, 3), 255.0), torch.rand(n, 3) * 255)
    share = pictures[..., 3:].float() / 255
    return (pictures[..., :3].float() * share + ground[:, None, None, :] * (1 - share)).to(torch.uint8)


def with_margin(pictures: Tensor) -> Tensor:
    """Pictures, uint8 (n, h, w, c), made smaller by up to a third inside a border of the colour of their corner."""
    height = pictures.shape[1]
    shown = torch.empty_like(pictures)
    shown[:] = pictures[:, :1, :1, :]
    inner = int(height * (0.67 + 0.33 * float(torch.rand(()))))
    small = functional.interpolate(pictures.permute(0, 3, 1, 2).float(), size=(inner, inner), mode="area")
    top, left = (int(torch.randint(0, height - inner + 1, ())) for _ in range(2))
    shown[:, top : top + inner, left : left + inner] = small.permute(0, 2, 3, 1).to(torch.uint8)
    return shown
