"""What is asked, and what is known to be right: the one form that every dataset is read into."""

from __future__ import annotations

from dataclasses import dataclass

from rag.language import may_read
from rag.types import Box

LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "zh", "ja", "ko", "ru", "el", "ar", "he", "hi", "th")
"""ISO 639-1; the first that a question may be in is taken, so a few words that fit several count as the first of them."""
_MODALITIES = {
    "text": "text",
    "layout": "text",
    "table": "table",
    "chart": "image",
    "figure": "image",
    "image": "image",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A page, or a whole document, that holds evidence."""

    document: str
    """File name, path below the ingested folder, or id."""
    page: int | None = None
    """From 1; None for the document as a whole. As labelled: a page that the document lacks counts as missed."""
    grade: int = 1
    """How good the evidence is, at least 1; it weighs in nDCG only."""
    boxes: tuple[Box, ...] = ()
    """Where on the page."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question, and what is known to be right."""

    id: str
    question: str
    wanted: tuple[Wanted, ...] = ()
    document: str = ""
    """The document that it is about; empty where it is put to a whole library."""
    answers: tuple[str, ...] = ()
    """Each of them is right."""
    answerable: bool = True
    """False where the document (or the library) does not answer."""
    sources: tuple[str, ...] = ()
    """Kinds of evidence, in the dataset's words: text, table, chart, figure, layout, …"""
    document_type: str = ""
    language: str = ""
    cluster: str = ""
    """Whose questions succeed and fail together, where it is not the document."""

    @property
    def group(self) -> str:
        """Questions of one group succeed and fail together: those about one document."""
        return self.cluster or self.document or self.id

    @property
    def modalities(self) -> tuple[str, ...]:
        """The kinds of evidence as modalities: text, table, image; nothing where they are not said."""
        named = (
            modality for source in self.sources for word, modality in _MODALITIES.items() if word in source.casefold()
        )
        return tuple(sorted(set(named)))


@dataclass(frozen=True, slots=True)
class Dataset:
    """Questions, and which files they came from."""

    name: str
    kind: str
    """`questions`, `captions` or `collection`."""
    questions: tuple[Question, ...]
    digest: str
    """sha256 over the files that were read, hex."""


def guess_language(text: str) -> str:
    """The language that a question may be in, ISO 639-1; empty where none of those that are known fits."""
    return next((language for language in LANGUAGES if may_read((language,), text)), "")
