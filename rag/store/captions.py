"""What captioners wrote about pictures: paid for once, kept for good, and the gaps where one failed.

A caption belongs to a picture, a captioner and what it was asked; elements carry the one that was wanted last. A caption
stays when its picture has left every document, since the picture may come back, and it never keeps a picture's file alive.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rag.protocols import Captioner
from rag.store import lexical, rows
from rag.store.catalogue import Catalogue
from rag.store.rows import Encoded
from rag.types import Document, Element


@dataclass(frozen=True, slots=True)
class Author:
    """Who describes, told to do what: captions of one author may stand beside each other."""

    captioner: str
    instruction: str
    """sha256 of what the captioner is asked, hex."""

    @classmethod
    def of(cls, captioner: Captioner) -> Author:
        """The author that a captioner is, as it is instructed now."""
        return cls(captioner.name, hashlib.sha256(captioner.instruction.encode()).hexdigest())


@dataclass(frozen=True, slots=True)
class Caption:
    """What an author wrote about a picture, or why there is nothing."""

    picture: str
    """The picture's hash, or that of the place on a page that it is cut from."""
    text: str = ""
    failure: str = ""
    """Why there is no text; empty where there is."""


def known(catalogue: Catalogue, author: Author, pictures: Iterable[str]) -> dict[str, Caption]:
    """What an author has written about these pictures, gaps among it, by picture; one never asked about is left out."""
    found: dict[str, Caption] = {}
    with catalogue.snapshot() as reading:
        for some in rows.slices(sorted(set(pictures))):
            for picture, text, failure in reading.execute(
                "SELECT picture, caption, failure FROM captions"
                f" WHERE captioner = ? AND instruction = ? AND picture IN ({rows.marks(some)})",
                [author.captioner, author.instruction, *some],
            ):
                found[picture] = Caption(picture, text, failure)
    return found


def keep(catalogue: Catalogue, author: Author, written: Sequence[Caption]) -> None:
    """Keep what an author wrote, in one durable transaction; a caption fills its gap, a gap never takes a caption's place."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    with catalogue.transaction() as writing:
        writing.executemany(
            "INSERT INTO captions VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
            " SET caption = excluded.caption, failure = excluded.failure, written_at = excluded.written_at"
            " WHERE captions.caption = '' OR excluded.caption <> ''",
            [(one.picture, author.captioner, author.instruction, one.text, one.failure, now) for one in written],
        )


def gaps(catalogue: Catalogue) -> list[tuple[Author, Caption]]:
    """Every picture that an author failed at, with the reason, by captioner and picture."""
    with catalogue.snapshot() as reading:
        found = reading.execute(
            "SELECT captioner, instruction, picture, failure FROM captions WHERE failure <> '' ORDER BY 1, 2, 3"
        ).fetchall()
    return [
        (Author(captioner, instruction), Caption(picture, failure=failure))
        for captioner, instruction, picture, failure in found
    ]


def exchange(
    writing: sqlite3.Connection, document: Document, elements: Sequence[Element], encoded: Sequence[Encoded]
) -> bool:
    """Write new captions into elements that are here, with the words and text vectors that follow from them.

    `encoded` holds all text vectors of `elements`; vectors of pictures stay, and so do row numbers and ids.
    Returns: False where the document, or one of the elements, is no longer here; then nothing is written.
    """
    numbers: dict[str, int] = {}
    for some in rows.slices([element.id for element in elements]):
        numbers.update(writing.execute(f"SELECT id, row FROM elements WHERE id IN ({rows.marks(some)})", some))
    if any(element.id not in numbers for element in elements):
        return False
    changed = [numbers[element.id] for element in elements]
    for row, element in zip(changed, elements, strict=True):
        writing.execute("UPDATE elements SET caption = ? WHERE row = ?", [element.caption, row])
        writing.execute("DELETE FROM vectors WHERE element = ? AND kind = 'text'", [row])
    # A reindex that had these elements does them again.
    writing.execute("DELETE FROM encoded WHERE document_id = ?", [document.id])
    rows.write_vectors(writing, changed, encoded, keys=rows.current_keys(writing))
    lexical.remove(writing, changed)
    lexical.add(writing, document, elements, changed)
    # Whoever searches knows a document by its id and this time, and must see that its vectors are others now. Finer than
    # a document's own time, so that it differs also right after the document was taken.
    now = datetime.now(UTC).isoformat(timespec="microseconds")
    writing.execute("UPDATE documents SET ingested_at = ? WHERE id = ?", [now, document.id])
    return True
