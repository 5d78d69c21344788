"""Where a model runs, and with how many bits."""

from __future__ import annotations

from typing import Literal

import torch

from rag.errors import BadSetting

Precision = Literal["auto", "fp32", "bf16"]
"""`auto` takes bf16 weights on a CPU that multiplies them in hardware, fp32 elsewhere."""


def choose_device(name: str) -> torch.device:
    """The device of this name; `auto` takes the GPU where there is one.

    Raises: BadSetting if there is no such device here.
    """
    here = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return torch.device("cuda" if here["cuda"] else "mps" if here["mps"] else "cpu")
    if not here.get(name, False):
        known = ", ".join(("auto", *(device for device, there in here.items() if there)))
        raise BadSetting(f"There is no device {name!r} on this machine.", hint=f"Devices here: {known}.")
    return torch.device(name)


def choose_dtype(precision: Precision, device: torch.device) -> torch.dtype:
    """The type of the weights."""
    if precision == "auto":
        return torch.bfloat16 if device.type == "cpu" and _multiplies_bf16() else torch.float32
    return torch.bfloat16 if precision == "bf16" else torch.float32


def _multiplies_bf16() -> bool:
    able = torch.cpu.get_capabilities()
    return bool(able.get("avx512_bf16") or able.get("amx_bf16"))
