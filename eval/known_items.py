"""Questions that a folder asks about itself: of something that is known to be there, what a person would remember of it.

No model makes them, so they favour none: words that stand with the thing, some of them forgotten; of a picture without any
words a detail of it, smaller. The same store and seed give the same questions.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from eval.folder import Folder
from eval.metrics import Unit
from rag.sentences import sentences
from rag.types import Box, Document, Element

if TYPE_CHECKING:
    from PIL.Image import Image

    from rag.store.media import MediaStore

Stratum = Literal["text", "scan", "table", "image"]
STRATA: tuple[Stratum, ...] = ("text", "scan", "table", "image")
"""What the evidence is, so that each counts alike: words of the file, words read by OCR, tables, pictures."""
Kind = Literal["words", "number", "heading", "cell", "caption", "ocr", "name", "looks"]

MOST_WORDS = 6
"""Of a question: people type few."""
REMEMBERED = 0.6
"""Share of the words that are."""
MOST_PLACES = 3
"""That hold all words of a question; with more of them it is about nothing known."""
TRIES = 4
FEWEST_PIXELS = 32
"""Of the shorter side of a detail: it is not made smaller than that."""
FEWEST_WORDS = 2
"""That a question is made of, so that one can be forgotten; a picture with fewer is asked for by its looks."""

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_WORD = re.compile(rf"[{_CJK}]{{1,2}}|[^\W_{_CJK}]+(?:[-'’.,/][^\W_{_CJK}]+)*")
_UNTELLING_NAMES = frozenset(
    "image images img dsc dscn photo picture pic scan screenshot figure fig page file copy untitled".split()
)


@dataclass(frozen=True, slots=True)
class Detail:
    """A part of a picture, seen smaller."""

    media: str
    box: Box
    scale: float
    """Of the part's pixels."""

    def picture(self, media: MediaStore) -> Image:
        """The detail itself, RGB.

        Raises: UnknownMedia if the picture is gone.
        """
        whole = media.open_image(self.media)
        (width, height), (x0, y0, x1, y1) = whole.size, self.box
        part = whole.crop((round(x0 * width), round(y0 * height), round(x1 * width), round(y1 * height)))
        scale = min(1.0, max(self.scale, FEWEST_PIXELS / max(1, min(part.size))))
        return part.resize((max(1, round(part.width * scale)), max(1, round(part.height * scale))))


@dataclass(frozen=True, slots=True)
class KnownItem:
    """A question and everywhere that its answer stands."""

    id: str
    element: Element
    document: Document
    stratum: Stratum
    kind: Kind
    question: str
    """Empty where a picture asks."""
    detail: Detail | None
    places: frozenset[Unit]
    """Its own, and those that hold all its words too."""


@dataclass(frozen=True, slots=True)
class KnownItems:
    """What a folder can be asked about itself."""

    items: tuple[KnownItem, ...]
    unseen: int
    """Pictures that have neither words nor a telling name, where no encoder sees: nothing finds them, nothing can ask."""


def known_items(folder: Folder, *, n: int, seed: int, by_sight: bool) -> KnownItems:
    """At most n questions about different elements, each kind of evidence as often as the others while there is any.

    `by_sight`: whether a picture may ask, for there is an encoder that sees.
    """
    chance = random.Random(seed)
    waiting: dict[Stratum, list[Element]] = {stratum: [] for stratum in STRATA}
    for element in sorted(folder.elements, key=lambda one: one.id):
        if element.modality != "page":
            waiting[stratum_of(element)].append(element)
    for elements in waiting.values():
        chance.shuffle(elements)
    unseen = 0 if by_sight else sum(is_mute(one, folder.documents[one.document_id]) for one in waiting["image"])
    items: list[KnownItem] = []
    asked = set[str]()
    while len(items) < n and any(waiting.values()):
        for stratum in STRATA:
            made = _next(waiting[stratum], folder, chance, by_sight=by_sight)
            if made is not None and len(items) < n and (made.detail or made.question not in asked):
                items.append(made)
                asked.add(made.question)
    return KnownItems(tuple(items), unseen)


def stratum_of(element: Element) -> Stratum:
    """What kind of evidence an element is."""
    if element.modality == "image" or element.modality == "table":
        return element.modality
    return "scan" if element.origin == "ocr" else "text"


def is_mute(element: Element, document: Document) -> bool:
    """Whether a picture has neither words to ask for it with nor a telling name."""
    own = f"{element.text} {element.caption} {element.ocr} {element.context}"
    few = len(set(_WORD.findall(own))) < FEWEST_WORDS
    return element.modality == "image" and few and not _telling_name(document, element)


def _next(waiting: list[Element], folder: Folder, chance: random.Random, *, by_sight: bool) -> KnownItem | None:
    """A question about the next of these elements that has one; None once there is none left."""
    while waiting:
        made = _item(waiting.pop(), folder, chance, by_sight=by_sight)
        if made is not None:
            return made
    return None


def _item(element: Element, folder: Folder, chance: random.Random, *, by_sight: bool) -> KnownItem | None:
    document = folder.documents[element.document_id]
    stratum, own = stratum_of(element), folder.unit(element)
    kinds = [] if is_mute(element, document) else _kinds(element, document)
    chance.shuffle(kinds)
    for kind in kinds * TRIES:
        question = _question(kind, element, document, folder=folder, chance=chance)
        places = folder.holding(question) | {own}
        if question and len(places) <= MOST_PLACES:
            return KnownItem(element.id, element, document, stratum, kind, question, None, places)
    if not by_sight or element.modality != "image" or element.media is None:
        return None
    # Without words, or with words that many others have too, it is known by its looks.
    places = folder.units_of_media(element.media) | {own}
    return KnownItem(element.id, element, document, stratum, "looks", "", _detail(element.media, chance), places)


def _kinds(element: Element, document: Document) -> list[Kind]:
    """What can be remembered of an element."""
    if element.modality == "table":
        return ["cell"]
    if element.modality == "image":
        there: Mapping[Kind, bool] = {
            "caption": bool(_plain(element)),
            "ocr": bool(element.ocr.strip()),
            "name": _telling_name(document, element),
        }
        return [kind for kind, has in there.items() if has]
    of_text: Mapping[Kind, bool] = {
        "words": True,
        "number": bool(re.search(r"\d", element.text)),
        "heading": bool(element.section),
    }
    return [kind for kind, has in of_text.items() if has]


def _plain(element: Element) -> str:
    """What is said about a picture, apart from what is written in it."""
    return element.caption.strip() or element.text.strip() or element.context.strip()


def _question(kind: Kind, element: Element, document: Document, *, folder: Folder, chance: random.Random) -> str:
    match kind:
        case "name":
            return remember(document.title, folder, chance)
        case "caption":
            return remember(_sentence(_plain(element), chance), folder, chance)
        case "ocr":
            return remember(element.ocr, folder, chance)
        case "cell":
            return _of_table(element.text, folder, chance)
        case "heading":
            told = remember(_sentence(element.text, chance), folder, chance, most=3)
            return f"{element.section[-1]} {told}" if told else ""
        case "number":
            numbered = [one for one in _sentences(element.text) if re.search(r"\d", one)]
            sentence = chance.choice(numbered) if numbered else ""
            return remember(sentence, folder, chance, always=re.compile(r"\d"))
        case _:
            return remember(_sentence(element.text, chance), folder, chance)


def remember(
    text: str, folder: Folder, chance: random.Random, *, most: int = MOST_WORDS, always: re.Pattern[str] | None = None
) -> str:
    """Some of a text's words, in their order; the rarer in the folder, the likelier; never all of them.

    `always`: what one of the words must match. Returns: nothing where there is one word only, or none that tells anything.
    """
    words = list({word.casefold(): word for word in _WORD.findall(text)}.values())
    weights = {word: folder.rarity(word) for word in words if _tells(word) and not folder.is_common(word)}
    if not weights or len(words) < FEWEST_WORDS:
        return ""
    n_kept = min(most, max(2, round(REMEMBERED * len(weights))), len(words) - 1)
    # Weighted sampling without replacement: Efraimidis and Spirakis 2006.
    drawn = sorted(weights, key=lambda word: chance.random() ** (1 / weights[word]), reverse=True)
    kept = drawn[:n_kept]
    if always is not None and not any(always.search(word) for word in kept):
        kept[-1] = next((word for word in drawn if always.search(word)), kept[-1])
    return " ".join(word for word in words if word in kept)


def _tells(word: str) -> bool:
    return len(word) > 2 or any(letter.isdigit() for letter in word) or not word.isascii()


def _sentences(text: str) -> list[str]:
    return [text[first:last] for first, last in sentences(text)]


def _sentence(text: str, chance: random.Random) -> str:
    """One of the sentences of at least five words; of a text without any, all of it."""
    long = [one for one in _sentences(text) if len(_WORD.findall(one)) >= 5]
    return chance.choice(long) if long else text


def _of_table(text: str, folder: Folder, chance: random.Random) -> str:
    """The head of a column and that of a row, whose cell is what is looked for; without a second row, some words."""
    rows = [row for row in ([cell.strip() for cell in line.split(" | ")] for line in text.splitlines()) if any(row)]
    heads = [at for at, cell in enumerate(rows[0]) if at and cell] if rows else []
    named = [row for row in rows[1:] if row[0]]
    if not heads or not named:
        return remember(text, folder, chance)
    return f"{rows[0][chance.choice(heads)]} {chance.choice(named)[0]}"


def _telling_name(document: Document, element: Element) -> bool:
    """Whether a picture that is a file by itself is called by words, not by a camera."""
    words = [word for word in _WORD.findall(document.title) if word.isalpha() and len(word) > 2]
    told = [word for word in words if word.casefold() not in _UNTELLING_NAMES]
    return element.modality == "image" and document.media_type.startswith("image/") and len(told) > 1


def _detail(media: str, chance: random.Random) -> Detail:
    width, height = chance.uniform(0.75, 0.95), chance.uniform(0.75, 0.95)
    x0, y0 = chance.uniform(0, 1 - width), chance.uniform(0, 1 - height)
    return Detail(media, (x0, y0, x0 + width, y0 + height), chance.uniform(0.5, 0.9))


def counts(items: Sequence[KnownItem]) -> dict[str, int]:
    """How many questions are about each kind of evidence, where there are any."""
    found = Counter[str](item.stratum for item in items)
    return {stratum: found[stratum] for stratum in STRATA if found[stratum]}
