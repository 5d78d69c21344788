"""An ingest's progress as a program or a notebook shows it: a bar of tqdm. The command line has its own (`rag.progress`)."""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from rag.printable import printable

if TYPE_CHECKING:
    from indexers.ingest import Event

LONGEST_NAME = 48
"""Characters; the end of a name tells more than its beginning."""


class IngestBar:
    """Files done of files to do, what is being read, and the time left; refused files are named as they come."""

    def __init__(self, *, shown: bool) -> None:
        self._bar = _kind()(desc="Reading", unit="file", total=0, disable=not shown, dynamic_ncols=True)
        self._n_done = 0

    def found(self, n_files: int) -> None:
        """Say how many files there are to do."""
        self._bar.total = n_files
        self._bar.refresh()

    def reading(self, name: str, page: int = 0, n_pages: int = 0) -> None:
        """Say what is being read: a file, and the page (from 1) it has come to."""
        shown = printable(name if len(name) <= LONGEST_NAME else f"…{name[1 - LONGEST_NAME :]}")
        self._bar.set_postfix_str(f"{shown}, page {page} of {n_pages}" if n_pages > 1 else shown)

    def done(self, n_files: int) -> None:
        """Say how many files are done by now."""
        self._bar.update(n_files - self._n_done)
        self._n_done = n_files

    def refused(self, reason: str) -> None:
        """Name a file that was not taken, and why."""
        if not self._bar.disable:
            self._bar.write(f"not taken: {printable(reason)}", file=sys.stderr)

    def close(self) -> None:
        """Leave the bar as it stands."""
        self._bar.set_postfix_str("")
        self._bar.close()


@contextlib.contextmanager
def ingest_bar(*, shown: bool) -> Iterator[IngestBar]:
    """A bar for as long as an ingest lasts; not `shown`, it says nothing."""
    with contextlib.closing(IngestBar(shown=shown)) as bar:
        yield bar


def tell(bar: IngestBar, event: Event) -> None:
    """Show an event of an ingest in this process."""
    match event.kind:
        case "found":
            bar.found(event.total)
        case "page" | "late":
            bar.reading(event.source, event.page, event.n_pages)
        case "caption":
            bar.reading(event.source)
        case _:
            bar.reading(event.source)
            bar.done(event.done)
            if event.kind == "failed":
                bar.refused(event.reason)


def _kind() -> Any:  # Any: tqdm says nothing of its types
    """The widget in a notebook that can show one, else a line of text."""
    if "ipykernel" in sys.modules and find_spec("ipywidgets") is not None:
        from tqdm.notebook import tqdm_notebook

        return tqdm_notebook
    # Where there are no widgets tqdm.auto warns, once, whoever imports it: transformers will, amid somebody's notebook.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import_module("tqdm.auto")
    from tqdm.std import tqdm

    return tqdm
