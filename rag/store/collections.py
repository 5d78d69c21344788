"""The parts of a store: which documents lie in each, and how each is asked.

A place belongs to one collection, a document to all in which one of its places lies: the same bytes in two collections are
read, encoded and kept once, and found in both (docs/decisions/0008-a-document-may-lie-in-several-collections.md).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.errors import BadRequest, UnknownCollection
from rag.store import rows
from rag.store.catalogue import Catalogue
from rag.types import DEFAULT_COLLECTION, MODALITIES, Collection, Route

LONGEST_NAME = 64
_NAME = re.compile(rf"[A-Za-z0-9_-]{{1,{LONGEST_NAME}}}")


def check_name(name: str) -> str:
    """The name, if a collection may be called so.

    Raises: BadRequest.
    """
    if _NAME.fullmatch(name) is None:
        shown = name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"
        raise BadRequest(
            f"A collection cannot be called {shown!r}.",
            hint=f"Take letters a-z, digits, - and _, at most {LONGEST_NAME}, as in annual-reports.",
        )
    return name


def check_known(catalogue: Catalogue, names: Sequence[str]) -> None:
    """Raises: UnknownCollection if one of the names is no collection's; `default` always is one."""
    if not names:
        return
    known = {collection.name for collection in listed(catalogue, count=False)} | {DEFAULT_COLLECTION}
    for name in names:
        if name not in known:
            raise UnknownCollection(
                f"There is no collection {name!r}.", hint=f"Collections here: {', '.join(sorted(known))}."
            )


def hold_everything(catalogue: Catalogue, names: Sequence[str]) -> bool:
    """Whether every document lies in one of these collections."""
    with catalogue.snapshot() as reading:
        outside = reading.execute(
            "SELECT 1 FROM documents d WHERE NOT EXISTS (SELECT 1 FROM sources s"
            f" WHERE s.document_id = d.id AND s.collection IN ({rows.marks(names)})) LIMIT 1",
            list(names),
        ).fetchone()
    return outside is None


def listed(catalogue: Catalogue, *, count: bool = True) -> list[Collection]:
    """Every collection that holds something, failed at something or has settings, by name; `count` says what each holds."""
    with catalogue.snapshot() as reading:
        found = reading.execute(
            "SELECT n.name, c.route, c.generator FROM (SELECT collection AS name FROM sources UNION"
            " SELECT collection FROM failures UNION SELECT name FROM collections) n"
            " LEFT JOIN collections c ON c.name = n.name ORDER BY 1"
        ).fetchall()
        collections = [Collection(name, route=route, generator=generator) for name, route, generator in found]
        if not count:
            return collections
        within = "FROM (SELECT DISTINCT collection, document_id FROM sources) s"
        held = {
            name: (n_documents, n_pages)
            for name, n_documents, n_pages in reading.execute(
                f"SELECT s.collection, COUNT(*), SUM(d.n_pages) {within} JOIN documents d ON d.id = s.document_id GROUP BY 1"
            )
        }
        elements: dict[str, dict[str, int]] = {one.name: dict.fromkeys(MODALITIES, 0) for one in collections}
        for name, modality, n_elements in reading.execute(
            f"SELECT s.collection, e.modality, COUNT(*) {within} JOIN elements e ON e.document_id = s.document_id"
            " GROUP BY 1, 2"
        ):
            elements[name][modality] = n_elements
    return [
        Collection(one.name, *held.get(one.name, (0, 0)), elements[one.name], one.route, one.generator)
        for one in collections
    ]


def count_vectors(catalogue: Catalogue) -> dict[str, dict[tuple[str, str], int]]:
    """How many vectors each collection has, by encoder and kind (`text`, `image`, `page`); a document in two counts in both.

    Reads the whole table of vectors: not for every request.
    """
    counts: dict[str, dict[tuple[str, str], int]] = {}
    with catalogue.snapshot() as reading:
        found = reading.execute(
            "SELECT s.collection, p.name, v.kind, COUNT(*) FROM (SELECT DISTINCT collection, document_id FROM sources) s"
            " JOIN elements e ON e.document_id = s.document_id JOIN vectors v ON v.element = e.row"
            " JOIN spaces p ON p.key = v.space AND p.state = 'current' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
        )
        for collection, encoder, kind, n_vectors in found:
            counts.setdefault(collection, {})[encoder, kind] = n_vectors
    return counts


def asked_of(catalogue: Catalogue, names: Sequence[str]) -> Collection:
    """How the collection is asked that these names say, without its counts; without settings where they say no single one."""
    if len(set(names)) != 1:
        return Collection(DEFAULT_COLLECTION)
    with catalogue.snapshot() as reading:
        found = reading.execute("SELECT route, generator FROM collections WHERE name = ?", [names[0]]).fetchone()
    return Collection(names[0], route=found[0] if found else None, generator=found[1] if found else None)


def keep_settings(catalogue: Catalogue, name: str, *, route: Route | None, generator: str | None) -> None:
    """Say how a collection is asked, in place of what was said before; None leaves it to the settings.

    Raises: BadRequest if a collection cannot be called so.
    """
    check_name(name)
    with catalogue.transaction() as writing:
        writing.execute("DELETE FROM collections WHERE name = ?", [name])
        if route is not None or generator is not None:
            writing.execute("INSERT INTO collections VALUES (?, ?, ?)", [name, route, generator])
