"""A model of transformers, loaded whole from a folder: each of its tensors from there, and no code of it run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import transformers

from rag.errors import BadSetting, WeightsDamaged, first_line

FETCH_AGAIN = "Fetch the model again."


# Any: a class of transformers, what its `from_pretrained` takes, and the model it gives.
def load_whole(
    kind: Any,
    folder: Path,
    *,
    device: torch.device | None = None,
    spared: Callable[[str], bool] = lambda name: False,
    advice: str = FETCH_AGAIN,
    **how: Any,
) -> Any:
    """The model in a folder as `kind.from_pretrained(folder, **how)` gives it, in evaluation mode, moved to `device` if any.

    `spared`: of a tensor that may be missing, since it is not used. `advice`: what to do where any other is.
    Raises: WeightsDamaged if the weights cannot be read, or lack a tensor; BadSetting if they do not fit the device.
    """
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # stderr belongs to our own progress
    try:
        model, report = kind.from_pretrained(
            folder, local_files_only=True, weights_only=True, output_loading_info=True, **how
        )
    except Exception as error:  # safetensors, pickle, torch and transformers each raise their own for a bad file
        raise WeightsDamaged(f"The weights in {folder} do not load: {first_line(error)}.", hint=FETCH_AGAIN) from error
    # transformers fills gaps with random numbers and says so in a log.
    if missing := sorted(name for name in report["missing_keys"] if not spared(name)):
        raise WeightsDamaged(
            f"The weights in {folder} lack {len(missing)} of the model's tensors, {missing[0]!r} among them.",
            hint=advice,
        )
    try:
        return (model if device is None else model.to(device)).eval()
    except RuntimeError as error:  # out of memory, or a driver that does not answer
        raise BadSetting(
            f"The model in {folder} does not go onto {device}: {first_line(error)}.",
            hint="Take a smaller model, fewer bits, or SIGHTLINE_DEVICE=cpu.",
        ) from error
