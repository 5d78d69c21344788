"""A text that LangChain adds, kept as a document of one element, and read back as it was.

The document's bytes are the text with its id and metadata in one form of JSON, and its location is `langchain:ID`. What the
store does for files then holds for texts too: the same again changes nothing, another text under the same id replaces the
one of before in one transaction, and the same text under two ids is there twice, each with its own metadata
(docs/decisions/0011-a-text-of-langchain-is-a-document-of-one-element.md).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rag.errors import BadRequest
from rag.types import Document, Element

LOCATION = "langchain:"
"""What the location of a text begins with; a file's is an absolute path, or begins with `upload:`."""
KEY = "langchain"
"""The document's metadata hold under this key what they cannot keep otherwise: the id, and each value's type."""

Metadata = Mapping[str, Any]  # Any: what LangChain declares; `texts_of` takes what JSON holds


@dataclass(frozen=True, slots=True)
class Text:
    """A text as LangChain knows it."""

    id: str
    text: str
    metadata: Metadata
    """Values that JSON can hold."""

    @property
    def location(self) -> str:
        """Where it lies in its collection."""
        return location(self.id)


def location(id: str) -> str:
    """Where the text of this id lies in its collection."""
    return f"{LOCATION}{id}"


def texts_of(
    texts: Sequence[str], metadatas: Sequence[Metadata] | None, ids: Sequence[str | None] | None
) -> list[Text]:
    """Texts with their metadata and ids; without an id, under the hash of what a text says and its metadata.

    Raises: BadRequest if there are not as many of each, JSON cannot hold a value of the metadata, or a text is not valid
        Unicode.
    """
    metadatas = [{} for _ in texts] if metadatas is None else metadatas
    ids = [None for _ in texts] if ids is None else ids
    if not len(texts) == len(metadatas) == len(ids):
        raise BadRequest(
            f"There are {len(texts)} texts, {len(metadatas)} metadata and {len(ids)} ids.",
            hint="Give one of each for every text, or leave metadata or ids out.",
        )
    return [_text_of(text, metadata, id) for text, metadata, id in zip(texts, metadatas, ids, strict=True)]


def _text_of(text: str, metadata: Metadata, id: str | None) -> Text:
    for key, value in metadata.items():
        _json({key: value}, what=f"The metadata {key!r}")
    # As JSON gives them back, keys of strings and all, since the document's id is made from them again when it is read.
    kept = json.loads(_json(metadata, what="The metadata"))
    contents = _json([text, kept], what="The text")
    return Text(id or hashlib.sha256(contents.encode()).hexdigest()[:32], text, kept)


def as_kept(text: Text, *, collection: str) -> tuple[Document, Element]:
    """The document and its one element, bound to it."""
    id = _digest(text)
    source = _word(text.metadata, "source") or text.id
    own = _json({"id": text.id, "metadata": text.metadata}, what="The text")
    document = Document(
        id=id,
        source=source,
        title=_word(text.metadata, "title") or source,
        media_type="text/plain",
        n_pages=1,
        collections=(collection,),
        metadata={**{key: as_word(value) for key, value in text.metadata.items()}, KEY: own},
    )
    bound = hashlib.sha256(f"{id} 0".encode()).hexdigest()[:32]
    return document, Element("text", text.text, 1, end=len(text.text), id=bound, document_id=id)


def as_added(document: Document, element: Element) -> Text | None:
    """The text that a document was made of; None if it was read from a file.

    A file may bring metadata under the same key, as the front matter of Markdown does; only of a text is the document's id
    the hash of what they say.
    """
    try:
        told = json.loads(document.metadata.get(KEY, ""))
        text = Text(told["id"], element.text, told["metadata"])
        return text if _digest(text) == document.id else None
    except (ValueError, KeyError, TypeError, BadRequest):
        return None


def _digest(text: Text) -> str:
    """The id of its document: sha256 of its bytes, hex."""
    bytes_ = _json({"id": text.id, "metadata": text.metadata, "page_content": text.text}, what="The text").encode()
    return hashlib.sha256(bytes_).hexdigest()


def as_word(value: object) -> str:
    """A value of the metadata as the catalogue keeps it, and as a filter must name it: a string as it is, others in JSON."""
    return value if isinstance(value, str) else _json(value, what="A value of the metadata")


def _word(metadata: Metadata, key: str) -> str:
    value = metadata.get(key)
    return value if isinstance(value, str) else ""


def _json(value: object, *, what: str) -> str:
    """One form for what is equal: keys in order, no white space.

    Raises: BadRequest for what JSON or UTF-8 cannot hold.
    """
    try:
        written = json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
        written.encode()
    except (TypeError, ValueError) as error:  # of ValueError: nan, a circle, half a surrogate pair
        raise BadRequest(
            f"{what} cannot be kept: {error}.",
            hint="Metadata hold strings, numbers, booleans, None, and lists and dictionaries of these.",
        ) from error
    return written
