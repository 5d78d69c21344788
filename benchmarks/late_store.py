"""Late interaction in the store: what keeping a long document, opening and searching cost. `python -m benchmarks.late_store`.

Times are of the processor, reading and writing included, not of the clock on the wall.
"""

from __future__ import annotations

import tempfile
import time
import tracemalloc
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.late import DIM, corpus
from rag.late.aside import Aside, AsideByOrdinal
from rag.late.multivectors import Multivector, pool
from rag.protocols import Fingerprint
from rag.store.rows import Encoded
from rag.store.store import Store
from rag.types import Document, Element

if TYPE_CHECKING:
    from rag.types import Vectors

N_PAGES = 1_000
"""Of one document, of 1,030 vectors each."""
MODEL = Fingerprint("late:made-up", "", "", "", DIM, 512, (), True)
DOCUMENT = Document("d" * 64, "long.pdf", "long", "application/pdf", N_PAGES)


def open_store(folder: Path) -> Store:
    """A store that was made with the model whose vectors are made up."""
    store = Store(folder, create=True)
    store.expect([MODEL])
    return store


def keep(store: Store, pages: Sequence[Vectors]) -> None:
    """Pool and keep a document's pages as an ingest does, once a model has placed them."""
    elements = [Element("page", "", at + 1, id=str(at), document_id=DOCUMENT.id) for at in range(len(pages))]
    pooled = []
    with Aside(store.root) as aside:
        numbers: dict[int, int] = {}
        for at, page in enumerate(pages):
            pooled.append(pool(page))
            numbers[at] = aside.put(Multivector.of(page))
        ordinals = tuple(at for at, rows in enumerate(pooled) for _ in rows)
        part = Encoded(MODEL.name, "page", ordinals, np.concatenate(pooled), AsideByOrdinal(aside, numbers))
        store.add(DOCUMENT, elements, [part], location="/long.pdf")


def _report(folder: Path) -> Iterator[str]:
    made = corpus(N_PAGES, n_queries=30, n_rows=(1_030, 1_030))
    yield f"a document of {N_PAGES:,} pages of 1,030 vectors of {DIM} columns"
    with open_store(folder) as store:
        began = time.process_time()
        keep(store, made.pages)
        yield f"pooled, put aside and kept       {(time.process_time() - began) / N_PAGES * 1_000:8.1f} ms a page"
        store.delete(DOCUMENT.id)
        tracemalloc.start()
        keep(store, made.pages)
        yield f"memory for that, at most         {tracemalloc.get_traced_memory()[1] / 2**20:8.1f} MiB"
        tracemalloc.stop()
    size = sum(path.stat().st_size for path in folder.iterdir() if path.name.startswith("catalogue"))
    yield f"catalogue                        {size / N_PAGES / 1_000:8.1f} KB a page"
    with open_store(folder) as store:
        began = time.process_time()
        store.catch_up()
        yield f"opened                           {(time.process_time() - began) * 1_000:8.1f} ms"
        seconds = []
        for query in made.queries:
            began = time.process_time()
            store.search_pages(MODEL.name, query, k=100, allowed=None)
            seconds.append(time.process_time() - began)
        yield f"a question of 22 vectors         {float(np.median(seconds)) * 1_000:8.1f} ms, median"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for line in _report(Path(folder)):
            print(line)
