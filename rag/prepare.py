"""From what a person asks by to what can be searched by: files opened, elements looked up, parts cut out.

Where nothing looks at pictures, the words in them stand for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rag import wiring
from rag.errors import BadRequest, UnknownElement
from rag.protocols import Encoder
from rag.query import Like, Part, Picture, Query, Sight, Words, check, crop
from rag.types import Document, Element, Hit, Note

if TYPE_CHECKING:
    from PIL.Image import Image

    from rag.store.store import Store


@dataclass(frozen=True, slots=True)
class Prepared:
    """A query that can be searched by, and what whoever asked should know of it."""

    query: Query
    notes: tuple[Note, ...] = ()


def prepare(
    text: str,
    image: Image | str | Path | None,
    parts: Sequence[Part],
    *,
    store: Store,
    encoders: Mapping[str, Encoder],
    by_sight: bool,
) -> Prepared:
    """Open what a query names. `by_sight`: whether its pictures are to be looked at, where an encoder can.

    Raises: BadRequest for parts that cannot be searched by (`rag.query.check`), an element without a picture, or pictures
        without words where nothing looks at them; UnknownElement; what `wiring.read_picture` raises of a file.
    """
    check(parts, more=bool(text.strip()) + (image is not None))
    given = [*([] if image is None else [Picture(image)]), *parts]
    looks = by_sight and any(encoder.fingerprint.sees_images for encoder in encoders.values())
    ready = [_looked_at(part, store) if looks else _read(part, store) for part in given]
    hidden = frozenset(part.element for part in parts if isinstance(part, Like) and part.weight > 0 and not part.itself)
    if looks or all(isinstance(part, Words) for part in given):
        return Prepared(Query(text, parts=tuple(ready), hidden=hidden))
    return _instead(text, [part for part in ready if isinstance(part, Words)], hidden=hidden, encoders=encoders)


def picture_asked_about(image: Image | str | Path | None, parts: Sequence[Part], store: Store) -> Image | None:
    """The first picture that a question is asked about, for a generator that sees; None where there is none.

    Raises: as `prepare`.
    """
    for part in [*([] if image is None else [Picture(image)]), *parts]:
        if part.weight > 0 and not isinstance(part, Words):
            return _opened(part, store)
    return None


def _looked_at(part: Part, store: Store) -> Words | Sight:
    if isinstance(part, Words):
        return part
    if isinstance(part, Like) and part.box is None and _element(part, store)[1].media is not None:
        return Sight(None, part.weight, part.element)  # its vectors are in the store
    return Sight(_opened(part, store), part.weight)


def _read(part: Part, store: Store) -> Words:
    """A part in words; empty where there is none in a picture."""
    if isinstance(part, Words):
        return part
    picture = _opened(part, store)
    if isinstance(part, Like) and part.box is None:
        _, element = _element(part, store)
        return Words("\n".join(filter(None, (element.text, element.caption, element.ocr))), part.weight)
    return Words(wiring.read_text(picture), part.weight)


def _instead(text: str, parts: Sequence[Words], *, hidden: frozenset[str], encoders: Mapping[str, Encoder]) -> Prepared:
    """A query whose pictures were read, because nothing looks at them."""
    said = [part for part in parts if part.text.strip()]
    # As one text where that says the same, so that it stays a plain question, whose relevance can be told.
    whole = "\n".join([text, *(part.text for part in said if part.weight == 1)]).strip()
    query = Query(whole, parts=tuple(part for part in said if part.weight != 1), hidden=hidden)
    names = ", ".join(encoders)
    if not query.has_wanted:
        raise BadRequest(
            f"There are no words in the picture, and {names} does not look at pictures on this route.",
            hint="Take the route `fused` or `shared`, in a store made with an encoder that sees: --encoder open_clip:MODEL/TAG",
        )
    message = f"{names} does not look at pictures on this route: the words in them were searched for instead."
    return Prepared(query, (Note("picture_read", message),))


def _opened(part: Picture | Like, store: Store) -> Image:
    if isinstance(part, Picture):
        image = wiring.read_picture(Path(part.image)) if isinstance(part.image, str | Path) else part.image
        return crop(image, part.box)
    return crop(_picture_of(*_element(part, store), store), part.box)


def _element(part: Like, store: Store) -> tuple[Document, Element]:
    found = store.find_element(part.element)
    if found is None:
        raise UnknownElement.of(part.element)
    return found


def _picture_of(document: Document, element: Element, store: Store) -> Image:
    """The element's own picture; of a table, a page or words read by OCR, what is to be seen of it on its page."""
    if element.media is not None:
        return store.media.open_image(element.media)
    for picture in wiring.pictures_of(store, Hit(1, 1.0, element, document, {})):
        return picture
    raise BadRequest(
        f"The element {element.id} ({element.modality}, page {element.page} of {document.source}) has no picture.",
        hint="Search with its words, or name an element that has a picture: one of modality image.",
    )
