"""The story of captions: each distinct picture is described once, by whoever is asked to, and never twice.

A picture is known by its hash, a part of a page by its place, so that the same logo in five documents costs one call. What
was written is kept at once (`rag.store.captions`), before anything is done with it: breaking off never pays twice. A failure
is a gap that is kept too, with its reason, and costs no document; it is tried again only when asked to.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from indexers import pages
from indexers.worker import DRAWN_ON_DEMAND
from rag.errors import BadRequest, GenerateFailed, SightlineError
from rag.protocols import Captioner
from rag.store import captions
from rag.store.captions import Author, Caption
from rag.store.media import MediaStore
from rag.store.store import Store
from rag.types import WHOLE_PAGE, CaptionCounts, Document, Element, Modality

if TYPE_CHECKING:
    from PIL.Image import Image

CAN_BE_CAPTIONED: tuple[Modality, ...] = ("image", "table", "page")
AT_ONCE = 8
"""Pictures that a captioner is given together; bounds memory, and what is lost when it is broken off."""
SMALLEST_SIDE = 24
"""Pixels of the shorter side: what is smaller is an icon or a rule."""
GIVE_UP_AFTER = 5
"""Pictures that fail in a row in the same way: then it is not the pictures (a server that is down, a wrong key)."""
WROTE_NOTHING = "The captioner wrote nothing about it."

_VARYING = re.compile(r"[0-9a-f]*\d[0-9a-f]*", re.IGNORECASE)
"""What differs between two messages of one cause: numbers, times, ids of requests."""

log = logging.getLogger(__name__)

OnCaption = Callable[[str, int, int], None]
"""Hears the source of the document, how many pictures of this run are done, and how many there are so far."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Something to describe: a kept picture, or a part of a page that can be drawn."""

    key: str
    """Under which its captions are kept."""
    document: Document
    element: Element


@dataclass(frozen=True, slots=True)
class Described:
    """A document, and those of its elements that a caption may belong to, or all of them."""

    document: Document
    elements: tuple[Element, ...]


def pictures(described: Iterable[Described], modalities: Sequence[Modality]) -> dict[str, Picture]:
    """The distinct pictures of elements of these modalities, by key, in the order in which they are met."""
    found: dict[str, Picture] = {}
    for one in described:
        for element in one.elements:
            key = picture_key(one.document, element) if element.modality in modalities else None
            if key is not None:
                found.setdefault(key, Picture(key, one.document, element))
    return found


def picture_key(document: Document, element: Element) -> str | None:
    """What the element's picture is known by: its hash, or a hash of its place on a page that can be drawn.

    Returns: None where there is nothing to see: words, and tables of a format without layout.
    """
    if element.media is not None:
        return element.media
    if element.modality not in CAN_BE_CAPTIONED or document.media_type not in DRAWN_ON_DEMAND:
        return None
    return hashlib.sha256(json.dumps([document.id, element.page, element.box]).encode()).hexdigest()


def carry_over(document: Document, elements: Sequence[Element], before: Iterable[Element]) -> tuple[Element, ...]:
    """Elements that were read anew, with the captions that their pictures had before."""
    had = {picture_key(document, element): element.caption for element in before if element.caption}
    return tuple(replace(element, caption=had.get(picture_key(document, element), "")) for element in elements)


def needs_call(picture: Picture, known: Mapping[str, Caption], *, retry: bool) -> bool:
    """Whether its captioner was never asked about it, or failed and is to be asked again."""
    written = known.get(picture.key)
    return written is None or (retry and not written.text)


def is_too_small(picture: Picture, media: MediaStore) -> bool:
    """Whether it is an icon or a rule; a part of a page is neither, and a picture that is gone shows so when it is opened."""
    if picture.element.media is None:
        return False
    try:
        return min(media.size(picture.element.media)) < SMALLEST_SIDE
    except (SightlineError, OSError):
        return False


class Captioning:
    """Describes pictures for one run, and counts what became of them."""

    def __init__(
        self,
        captioner: Captioner,
        *,
        store: Store,
        modalities: Sequence[Modality],
        retry: bool,
        stop: threading.Event,
        on_caption: OnCaption = lambda source, done, total: None,
    ) -> None:
        """Raises: BadRequest if a modality cannot be captioned."""
        check_modalities(modalities)
        self.modalities = tuple(modalities)
        self._captioner = captioner
        self._author = Author.of(captioner)
        self._store = store
        self._retry = retry
        self._stop = stop
        self._on_caption = on_caption
        self._asked: set[str] = set()
        self._made: set[str] = set()
        self._known: set[str] = set()
        self._gaps: dict[str, str] = {}
        self._too_small: set[str] = set()
        self._total = 0
        self._in_a_row: list[str] = []
        self._gave_up = ""

    @property
    def counts(self) -> CaptionCounts:
        """What became of the pictures so far."""
        return CaptionCounts(
            made=len(self._made),
            known=len(self._known),
            gaps=len(self._gaps),
            too_small=len(self._too_small),
            reason=next(reversed(self._gaps.values()), ""),
        )

    def describe(self, documents: Sequence[Described]) -> list[Described]:
        """The documents with the captions that this captioner wrote about their pictures, now or earlier.

        Where it failed, or was stopped before, an element keeps what it had.
        """
        found = pictures(documents, self.modalities)
        self._ask(self._calls(list(found.values())))
        written = captions.known(self._store.catalogue, self._author, found)
        self._count(found, written)
        return [replace(one, elements=tuple(self._with_captions(one, written))) for one in documents]

    def _with_captions(self, described: Described, written: Mapping[str, Caption]) -> Iterator[Element]:
        for element in described.elements:
            caption = None
            if element.modality in self.modalities:
                caption = written.get(picture_key(described.document, element) or "")
            yield replace(element, caption=caption.text) if caption is not None and caption.text else element

    def _count(self, found: Iterable[str], written: Mapping[str, Caption]) -> None:
        for key in found:
            caption = written.get(key)
            if caption is None or key in self._made:
                continue
            if caption.text:
                self._known.add(key)
            else:
                self._gaps[key] = caption.failure

    def _calls(self, found: Sequence[Picture]) -> list[Picture]:
        """Those that a call is to be made for."""
        known = captions.known(self._store.catalogue, self._author, [picture.key for picture in found])
        calls = []
        for picture in found:
            if picture.key in self._asked | self._too_small or not needs_call(picture, known, retry=self._retry):
                continue
            if is_too_small(picture, self._store.media):
                self._too_small.add(picture.key)
            else:
                calls.append(picture)
        return calls

    def _ask(self, calls: Sequence[Picture]) -> None:
        self._total += len(calls)
        for first in range(0, len(calls), AT_ONCE):
            some = calls[first : first + AT_ONCE]
            if self._stop.is_set():
                return
            if self._gave_up:
                self._keep([Caption(picture.key, failure=self._gave_up) for picture in some])
            else:
                self._ask_about(self._opened(some))
            self._on_caption(some[-1].document.source, len(self._asked), self._total)

    def _opened(self, some: Sequence[Picture]) -> list[tuple[str, Image]]:
        """Their keys and what there is to see; what cannot be opened is a gap."""
        opened: list[tuple[str, Image]] = []
        for picture in some:
            try:
                opened.append((picture.key, self._open(picture)))
            except (SightlineError, OSError) as error:  # OSError: Pillow, of a file that was damaged in the store
                self._keep([Caption(picture.key, failure=f"The picture cannot be opened: {error}")])
        return opened

    def _open(self, picture: Picture) -> Image:
        if picture.element.media is not None:
            return self._store.media.open_image(picture.element.media)
        page = pages.page_picture(self._store, picture.document, picture.element.page)
        if page is None:
            raise BadRequest(f"{picture.document.source} has no pages to draw.")
        return pages.part(page, picture.element.box or WHOLE_PAGE)

    def _ask_about(self, seen: Sequence[tuple[str, Image]]) -> None:
        """Describe pictures together; where that fails, one by one, so that one bad picture does not spoil the others."""
        if not seen or self._stop.is_set():
            return
        if self._gave_up:
            self._keep([Caption(key, failure=self._gave_up) for key, _ in seen])
            return
        try:
            texts = self._call([image for _, image in seen])
        except GenerateFailed as error:
            if len(seen) == 1:
                self._failed(seen[0][0], str(error))
            for one in seen if len(seen) > 1 else ():
                self._ask_about([one])
            return
        self._in_a_row.clear()
        written = [
            Caption(key, text, "" if text else WROTE_NOTHING) for (key, _), text in zip(seen, texts, strict=True)
        ]
        self._keep(written)
        self._made |= {caption.picture for caption in written if caption.text}

    def _call(self, images: Sequence[Image]) -> list[str]:
        texts = self._captioner.caption(images)
        if len(texts) != len(images):
            raise GenerateFailed(
                f"{self._captioner.name} gave {len(texts)} captions for {len(images)} pictures.",
                hint="Choose another captioner.",
            )
        # Half a surrogate pair, which JSON may hold, is no text that a database takes.
        return [text.encode("utf-8", "replace").decode("utf-8").strip() for text in texts]

    def _failed(self, key: str, reason: str) -> None:
        self._keep([Caption(key, failure=reason)])
        cause = _VARYING.sub("#", reason)
        self._in_a_row = [*(one for one in self._in_a_row if one == cause), cause]
        if len(self._in_a_row) == GIVE_UP_AFTER:
            self._gave_up = reason
            log.warning(
                "%s failed at %d pictures in a row and is not asked again in this run: %s"
                " The documents are kept without captions; ingest again with --retry once it works.",
                self._captioner.name,
                GIVE_UP_AFTER,
                reason,
            )

    def _keep(self, written: Sequence[Caption]) -> None:
        captions.keep(self._store.catalogue, self._author, written)
        self._asked |= {caption.picture for caption in written}


def check_modalities(modalities: Sequence[Modality]) -> None:
    """Raises: BadRequest if there is a modality that cannot be captioned."""
    wrong = [modality for modality in modalities if modality not in CAN_BE_CAPTIONED]
    if wrong:
        raise BadRequest(
            f"There are no captions of {', '.join(wrong)}.", hint=f"Choose from {', '.join(CAN_BE_CAPTIONED)}."
        )
