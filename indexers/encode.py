"""From elements to vectors: what of an element is encoded, and by which encoder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise

from indexers.worker import Read
from rag.protocols import Encoder
from rag.store.media import MediaStore
from rag.store.rows import Encoded
from rag.types import Element

WINDOW_WORDS = 60
HEADINGS = 2
"""The innermost headings above an element that are read with each of its windows."""
HEADING_WORDS = 16
"""At most, of these headings together: the rest would fill the window of an encoder that reads little."""
IMAGES_AT_ONCE = 32
"""Pictures that are decoded together; bounds memory."""


def encode(reads: Sequence[Read], *, encoders: Mapping[str, Encoder], media: MediaStore) -> list[list[Encoded]]:
    """Encode the elements of several documents together, so that small documents fill a batch.

    Returns: for each document, its vectors in every space.
    Raises: EncodeFailed if a model gives a row that is not finite.
    """
    elements = [element for read in reads for element in read.elements]
    ends = [0, *accumulate(len(read.elements) for read in reads)]
    encoded: list[list[Encoded]] = [[] for _ in reads]
    for name, encoder in encoders.items():
        parts = encode_texts(elements, encoders={name: encoder})
        if encoder.fingerprint.sees_images:
            parts.append(_encode_images(elements, name, encoder, media))
        for part in parts:
            for of_document, (first, last) in zip(encoded, pairwise(ends), strict=True):
                of_document.append(_between(part, first, last))
    return encoded


def encode_texts(elements: Sequence[Element], *, encoders: Mapping[str, Encoder]) -> list[Encoded]:
    """Encode what elements say, and not what they show.

    Returns: for each encoder, the vectors of all their windows.
    Raises: EncodeFailed if a model gives a row that is not finite.
    """
    return [_encode_texts(elements, name, encoder) for name, encoder in encoders.items()]


def texts_to_encode(element: Element, encoder: Encoder) -> list[str]:
    """What an encoder reads of an element, in windows; nothing where there are no words.

    A page's words have no vector of their own: its passages, tables and pictures do. Short windows find more than long
    ones, since the mean over many words says little about each (docs/evaluation.md); so a caption, which says what is seen
    and not what is written, shares no window with what stands in the document. Each begins with the headings that it stands
    under, for "an answer" under "Frequently asked questions" does not say so itself.
    """
    own = [element.text, element.ocr if element.modality == "image" else "", element.context]
    windows = [] if element.modality == "page" else _windows(" ".join(own))
    above = _headings(element)
    headed = (f"{above}: {window}" if above else window for window in [*windows, *_windows(element.caption)])
    return [fitting for window in headed for fitting in encoder.split(window)]


def _headings(element: Element) -> str:
    """The headings above an element, without one that it begins with itself."""
    above = [heading for heading in element.section[-HEADINGS:] if not element.text.startswith(heading)]
    return " ".join(" ".join(above).split()[:HEADING_WORDS])


def _windows(text: str) -> list[str]:
    words = text.split()
    n_windows = -(-len(words) // WINDOW_WORDS)
    size = -(-len(words) // n_windows) if n_windows else 1
    return [" ".join(words[first : first + size]) for first in range(0, len(words), size)]


def _encode_texts(elements: Sequence[Element], space: str, encoder: Encoder) -> Encoded:
    windows = [
        (ordinal, window) for ordinal, element in enumerate(elements) for window in texts_to_encode(element, encoder)
    ]
    vectors = encoder.encode_texts([window for _, window in windows])
    return Encoded(space, "text", tuple(ordinal for ordinal, _ in windows), vectors)


def _encode_images(elements: Sequence[Element], space: str, encoder: Encoder, media: MediaStore) -> Encoded:
    import numpy as np

    seen = [(ordinal, element.media) for ordinal, element in enumerate(elements) if element.media is not None]
    batches = [seen[first : first + IMAGES_AT_ONCE] for first in range(0, len(seen), IMAGES_AT_ONCE)] or [[]]
    parts = [encoder.encode_images([media.open_image(digest) for _, digest in batch]) for batch in batches]
    return Encoded(space, "image", tuple(ordinal for ordinal, _ in seen), np.concatenate(parts))


def _between(part: Encoded, first: int, last: int) -> Encoded:
    at = [row for row, ordinal in enumerate(part.ordinals) if first <= ordinal < last]
    return Encoded(part.space, part.kind, tuple(part.ordinals[row] - first for row in at), part.vectors[at])
