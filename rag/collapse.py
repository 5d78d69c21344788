"""Hits that are the same thing, told once: the best of them stands for all, and names where else it is.

Only what was found is compared. Texts and tables are one where their words are equal but for white space and case; a looser
measure would merge a page reference, a year or a name that differs (docs/concepts.md). Pictures: `rag.likeness`.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence

from rag.likeness import Likeness, are_alike
from rag.types import Element

SHORTEST = 60
"""Characters of a text that speaks for itself. A shorter one, such as a figure below a heading or a page's running title, is
only the same under the same heading and on a page of the same number: it is found for what stands around it."""

FIRST_WORDS = 6
MOST_WORDS = 0.8
"""Share of the words read in two pictures that both hold: reading errs a little."""

Looks = Callable[[str], Likeness | None]
"""What is compared of a picture, by its hash."""


def collapse(
    order: Sequence[tuple[int, float]], elements: Mapping[int, Element], *, looks: Looks, k: int
) -> list[tuple[int, float, tuple[int, ...]]]:
    """The k best distinct elements, best first, each with its score and the rows of those that repeat it, best first.

    `order`: rows with their scores, best first. A picture is the same as the best of those it collapses into, never as one
    of the others, so that small differences do not add up.
    """
    begin_alike = _beginning_alike({row: elements[row] for row, _ in order})
    kept: dict[int, tuple[float, list[int]]] = {}
    by_key: dict[Hashable, int] = {}
    pictures: dict[int, Likeness] = {}
    for row, score in order:
        element = elements[row]
        keys = _keys(element, with_text=row in begin_alike)
        same = next((by_key[key] for key in keys if key in by_key), None)
        look = None
        if same is None and element.modality == "image" and element.media and (len(kept) < k or pictures):
            look = looks(element.media)
            if look is not None:
                same = _seen_before(look, element, pictures, elements)
        if same is not None:
            kept[same][1].append(row)
        elif len(kept) < k:
            same = row
            kept[row] = (score, [])
            if look is not None:
                pictures[row] = look
        if same is not None:
            for key in keys:
                by_key.setdefault(key, same)
    return [(row, score, tuple(others)) for row, (score, others) in kept.items()]


def _seen_before(
    look: Likeness, element: Element, pictures: Mapping[int, Likeness], elements: Mapping[int, Element]
) -> int | None:
    for row, before in pictures.items():
        if are_alike(look, before) and _read_alike(element.ocr, elements[row].ocr, drawn=look.drawn or before.drawn):
            return row
    return None


def _read_alike(one: str, other: str, *, drawn: bool) -> bool:
    """Whether what was read in two pictures is the same: every number, and nearly every word.

    A chart under another title looks like the first, so of drawings that is asked; of photographs where both hold words.
    """
    words, others = set(normal(one).split()), set(normal(other).split())
    if not words or not others:
        return not drawn
    numbers = {word for word in words ^ others if any(character.isdigit() for character in word)}
    return not numbers and len(words & others) >= MOST_WORDS * len(words | others)


def _beginning_alike(elements: Mapping[int, Element]) -> set[int]:
    """The rows whose first words are those of another, so that few texts need be looked at whole."""
    by_words: defaultdict[Hashable, list[int]] = defaultdict(list)
    for row, element in elements.items():
        first = element.text.split(None, FIRST_WORDS)[:FIRST_WORDS] if element.modality != "image" else []
        if first:
            by_words[element.modality, normal(" ".join(first))].append(row)
    return {row for rows in by_words.values() if len(rows) > 1 for row in rows}


def _keys(element: Element, *, with_text: bool) -> list[Hashable]:
    """What is equal only where two elements are the same thing; the text's only `with_text`."""
    # A picture may be large in one document and one of many in a table of another: modalities are kept apart.
    found: list[Hashable] = [] if element.media is None else [(element.modality, element.media)]
    if with_text:
        text = normal(element.text)
        around = (element.section[-1:], element.page) if len(text) < SHORTEST else ()
        found.append((element.modality, text, around))
    return found


def normal(text: str) -> str:
    """A text whose white space and case no longer count."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())
