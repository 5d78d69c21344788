"""`sightline ingest --watch`: the folders are taken, and then whatever changes in them, until Ctrl-C."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import SightlineError
from rag.watching import Changes, watch

if TYPE_CHECKING:
    from rag.engine import Engine
    from rag.types import IngestReport
    from rag.wiring import Ingestion

RETRY_SECONDS = 10.0
"""After what went wrong as a whole, a store that is busy or a disk that is full, it is tried again this much later."""


def keep_watching(
    engine: Engine,
    paths: Sequence[Path],
    *,
    how: Ingestion,
    tell: Callable[[IngestReport], None],
    tell_error: Callable[[SightlineError], None],
    retry_seconds: float = RETRY_SECONDS,
) -> None:
    """Take the folders, then what changes, comes and goes in them, until `how.stop` is set; an error ends nothing.

    `tell` is told what came of each go in which something happened. Raises: MissingExtra without the extra `watch`.
    """
    from rag.progress import bar

    left, first, failed_at = Changes(), True, float("-inf")
    for changes in watch(paths, leave_out=engine.settings.store, stop=how.stop):
        left = left.and_also(changes)
        if not left or (not changes and time.monotonic() - failed_at < retry_seconds):
            continue
        include = left.include(how.include)
        if not include and not left.everything:  # nothing that is wanted
            left = Changes()
            continue
        try:
            with bar() as on_event:
                now = replace(how, include=include, sync=True, again=how.again and first, on_event=on_event)
                report = engine.ingest(*paths, how=now)
        except SightlineError as error:
            tell_error(error)
            failed_at = time.monotonic()
            continue
        if first or report.added or report.replaced or report.removed or report.failed:
            tell(report)
        left, first = Changes(), False
