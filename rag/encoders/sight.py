"""The picture side of a model: its own preprocessing, then the tower, batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

from rag.encoders.pictures import middle, opaque
from rag.encoders.rows import unit_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image
    from torch import Tensor

    from rag.types import Vectors


class Sight:
    """Places pictures by a model's picture tower. May be used from several threads."""

    def __init__(
        self,
        place: Callable[[Tensor], Tensor],
        transform: Callable[[Image], Tensor],
        *,
        takes_middle: bool,
        dim: int,
        device: torch.device,
        dtype: torch.dtype,
        batch_size: int,
    ) -> None:
        """Take a tower in evaluation mode, the transform that belongs to it, and where and how it runs.

        `takes_middle`: whether the transform shows the tower the middle square alone.
        """
        self._place = place
        self._transform = transform
        self._dim = dim
        self._device = device
        self._dtype = dtype
        self._batch_size = batch_size
        self._takes_middle = takes_middle

    def preprocess(self, image: Image) -> NDArray[np.float32]:
        """What the tower is shown of a picture, float32 (3, height, width).

        Raises: EncodeFailed if the picture cannot be decoded.
        """
        whole = opaque(image)
        shown: NDArray[np.float32] = self._transform(middle(whole) if self._takes_middle else whole).numpy()
        return shown

    def encode(self, images: Sequence[Image]) -> Vectors:
        """Place pictures, in the order given: float32 (len(images), dim), rows of length 1.

        Raises: EncodeFailed if a picture cannot be decoded or its row is not finite.
        """
        rows = np.zeros((len(images), self._dim), np.float32)
        with torch.inference_mode():
            for start in range(0, len(images), self._batch_size):
                batch = images[start : start + self._batch_size]
                seen = torch.from_numpy(np.stack([self.preprocess(image) for image in batch]))
                placed = self._place(seen.to(self._device, self._dtype))
                rows[start : start + len(batch)] = placed.float().cpu().numpy()

        def name(row: int) -> str:
            return f"picture {row + 1} of {len(images)}, {images[row].width} x {images[row].height} pixels"

        return unit_rows(rows, name=name)
