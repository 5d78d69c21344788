"""Reading the text in a picture with RapidOCR (extra `ocr`): Chinese and English, offline, weights inside the wheel."""

from __future__ import annotations

import importlib.util
import logging
from typing import TYPE_CHECKING

from indexers.reading import Line
from rag.errors import MissingExtra

if TYPE_CHECKING:
    from PIL.Image import Image

SMALLEST_SIDE = 24
"""Pixels; a smaller picture holds no line that can be read."""
LEAST_CONTRAST = 8
"""Grey levels between the darkest and the lightest pixel; a picture with less is blank."""


def available() -> bool:
    """Whether the extra `ocr` is installed."""
    return importlib.util.find_spec("rapidocr") is not None and importlib.util.find_spec("onnxruntime") is not None


class Ocr:
    """Finds lines of text in pictures. The models are loaded at once, and take about a second."""

    def __init__(self, *, threads: int = 0) -> None:
        """`threads` 0 takes every core; 1 is right where several processes read at the same time.

        Raises: MissingExtra if the extra `ocr` is not installed.
        """
        if not available():
            raise MissingExtra(
                "Text in pictures cannot be read: the extra `ocr` is not installed.",
                hint="pip install 'sightline[ocr]', or go on without: --no-ocr",
            )
        from rapidocr import RapidOCR

        parameters = {
            "Global.log_level": "critical",
            "Global.use_cls": False,  # pages come upright; a classifier of lines turns short ones over
            "EngineConfig.onnxruntime.intra_op_num_threads": threads or -1,
        }
        self._engine = RapidOCR(params=parameters)
        logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)

    def lines(self, image: Image) -> list[Line]:
        """The lines of a picture, top to bottom and left to right, boxes as fractions of the picture."""
        import numpy as np
        from rapidocr.utils.output import RapidOCROutput

        if min(image.size) < SMALLEST_SIDE:
            return []
        low, high = image.convert("L").getextrema()
        if not isinstance(low, int | float) or not isinstance(high, int | float) or high - low < LEAST_CONTRAST:
            return []
        # RapidOCR expects blue first, as OpenCV does.
        found = self._engine(np.asarray(image.convert("RGB"))[:, :, ::-1].copy())
        if not isinstance(found, RapidOCROutput) or found.txts is None or found.scores is None or found.boxes is None:
            return []
        width, height = image.size
        lines = []
        for text, score, corners in zip(found.txts, found.scores, found.boxes, strict=True):
            (x0, y0), (x1, y1) = corners.min(axis=0), corners.max(axis=0)
            box = (_share(x0, width), _share(y0, height), _share(x1, width), _share(y1, height))
            if text.strip():
                lines.append(Line(text.strip(), box, float(score)))
        return lines


def _share(position: float, length: int) -> float:
    return min(1.0, max(0.0, float(position) / length))
