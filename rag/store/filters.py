"""From filters to the rows that they let through."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pathspec

from rag.errors import BadRequest, UnknownDocument
from rag.store import collections
from rag.store.catalogue import Catalogue
from rag.types import Filters

if TYPE_CHECKING:
    from rag.types import Ids


def allowed(catalogue: Catalogue, filters: Filters) -> Ids | None:
    """Row numbers that the filters let through, int64, ascending; None where they let everything through.

    Raises: UnknownCollection, UnknownDocument if a named collection or document is not here.
    """
    collections.check_known(catalogue, filters.collection)
    if filters.collection and collections.hold_everything(catalogue, filters.collection):
        # To ask for all there is is no filter: the noise of the whole store is kept with it, that behind a filter is not.
        if filters == Filters(collection=filters.collection):
            return None
    elif filters == Filters():
        return None
    clauses, values = ["1"], list[object]()
    if filters.collection:
        clauses.append(
            "e.document_id IN (SELECT document_id FROM sources WHERE collection IN (SELECT value FROM json_each(?)))"
        )
        values.append(json.dumps(filters.collection))
    if filters.document or filters.path is not None:
        clauses.append("e.document_id IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(sorted(_documents(catalogue, filters))))
    if filters.modality:
        clauses.append("e.modality IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(filters.modality))
    if filters.pages is not None:
        clauses.append("e.page BETWEEN ? AND ?")
        values.extend(filters.pages)
    for key, value in filters.metadata.items():
        clauses.append("EXISTS (SELECT 1 FROM json_each(d.metadata) m WHERE m.key = ? AND m.value = ?)")
        values.extend((key, value))
    with catalogue.snapshot() as reading:
        found = reading.execute(
            "SELECT e.row FROM elements e JOIN documents d ON d.id = e.document_id"
            f" WHERE {' AND '.join(clauses)} ORDER BY e.row",
            values,
        ).fetchall()
    return np.asarray([row for (row,) in found], dtype=np.int64)


def ids_by_name(catalogue: Catalogue, name: str, among: Sequence[str] = ()) -> set[str]:
    """The ids of the documents that go by an id, a source, a location, a file name or, failing these, a title.

    `among`: the collections to look in; all where none is named.
    Raises: UnknownDocument if none does.
    """
    named = {
        document_id
        for location, source, document_id in catalogue.sources(among)
        if name in (document_id, source, location) or source.rpartition("/")[2] == name
    }
    named = named or {document.id for document in catalogue.documents(collections=among) if document.title == name}
    if not named:
        where = f" in {', '.join(among)}" if among else ""
        raise UnknownDocument(f"No document goes by {name!r}{where}.", hint="List them with: sightline documents list")
    return named


def globs(patterns: Sequence[str]) -> pathspec.GitIgnoreSpec:
    """Globs as in .gitignore, over sources.

    Raises: BadRequest if one cannot be such a glob.
    """
    try:
        return pathspec.GitIgnoreSpec.from_lines(patterns)
    except ValueError as error:
        raise BadRequest(f"{error}.", hint="For instance 'reports/**' or '*.pdf'.") from error


def _documents(catalogue: Catalogue, filters: Filters) -> set[str]:
    sources = catalogue.sources(filters.collection)
    ids = {document_id for _, _, document_id in sources}
    if filters.document:
        ids = {
            document_id for name in filters.document for document_id in ids_by_name(catalogue, name, filters.collection)
        }
    if filters.path is not None:
        glob = globs([filters.path])
        ids &= {document_id for _, source, document_id in sources if glob.match_file(source)}
    return ids
