"""Which files of some folders changed, as they do: several changes of a moment together, those that nobody took yet again."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.errors import MissingExtra
from rag.store.filters import globs

SETTLED_MS = 800
"""How long nothing more must change before what changed is told: programs write a file in several goes."""
LATEST_MS = 10_000
"""When it is told although things still change."""
LOOK_AGAIN_MS = 1_000
"""How often it is looked whether a folder went or came back; the watch is set up before the first look is told."""
MOST_NAMED = 500
"""Changes of one go above which the folders are looked through whole: naming each would take longer."""
INSTALL = "pip install 'sightline[watch]'"


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be looked at again."""

    sources: tuple[str, ...] = ()
    """Paths below the folders, of files that changed, came or went."""
    everything: bool = False
    """Whether the folders are to be looked through whole."""

    def __bool__(self) -> bool:
        """Whether there is anything to be looked at."""
        return self.everything or bool(self.sources)

    def and_also(self, more: Changes) -> Changes:
        """These and more."""
        sources = tuple(sorted({*self.sources, *more.sources}))
        return Changes(sources, self.everything or more.everything or len(sources) > MOST_NAMED)

    def include(self, wanted: Sequence[str]) -> tuple[str, ...]:
        """Globs, as in .gitignore, of what changed among the files that `wanted` lets through; none for `everything`."""
        if self.everything:
            return tuple(wanted)
        let_through = globs(wanted)
        return tuple(_exactly(one) for one in self.sources if not wanted or let_through.match_file(one))


def watch(paths: Sequence[Path], *, leave_out: Path, stop: threading.Event) -> Iterator[Changes]:
    """Tell what changes at or below the paths, until `stop` is set; at first and after a folder came back, everything.

    Nothing is told about once a second, so that what failed can be tried again. Hidden files and what lies in `leave_out`
    are passed over.
    Raises: MissingExtra if `watchfiles` is not installed.
    """
    try:
        import watchfiles
    except ImportError as error:
        raise MissingExtra("Folders cannot be watched: the extra `watch` is not installed.", hint=INSTALL) from error

    roots = [Path(os.path.abspath(path.expanduser())) for path in paths]  # noqa: PTH100 - resolve() would follow links
    kept = Path(os.path.abspath(leave_out.expanduser()))  # noqa: PTH100 - as above

    def concerns(_change: object, name: str) -> bool:
        return not Path(name).is_relative_to(kept) and _source(Path(name), roots) is not None

    while not stop.is_set():
        began = _identities(roots)
        if not all(began):
            yield Changes()
            stop.wait(LOOK_AGAIN_MS / 1000)
            continue
        watching = watchfiles.watch(
            *{root if root.is_dir() else root.parent for root in roots},
            watch_filter=concerns,
            debounce=LATEST_MS,
            step=SETTLED_MS,
            stop_event=stop,
            rust_timeout=LOOK_AGAIN_MS,
            yield_on_timeout=True,
            ignore_permission_denied=True,
        )
        everything = True
        for told in watching:
            if _identities(roots) != began:  # a folder went, or another lies in its place: its watch is worth nothing
                break
            found = {source for _, name in told if (source := _source(Path(name), roots)) is not None}
            yield Changes(everything=everything).and_also(Changes(tuple(found)))
            everything = False


def _source(path: Path, roots: Sequence[Path]) -> str | None:
    """A path below the folder that was named, as people know it; None if it is hidden or in no such folder."""
    for root in roots:
        if path == root:
            return path.name
        if path.is_relative_to(root):
            below = path.relative_to(root)
            return None if any(part.startswith(".") for part in below.parts) else below.as_posix()
    return None


def _identities(roots: Sequence[Path]) -> list[tuple[int, int] | None]:
    """Which file or folder lies at each path; None where none does."""
    found: list[tuple[int, int] | None] = []
    for root in roots:
        try:
            status = root.stat()
        except OSError:
            found.append(None)
        else:
            # A file is often saved by putting another in its place; its folder is what is watched then.
            found.append((status.st_dev, status.st_ino if root.is_dir() else 0))
    return found


def _exactly(source: str) -> str:
    """A glob that matches this path alone, or what lies below it."""
    return "/" + re.sub(r"([\\*?\[\]!# ])", r"\\\1", source)
