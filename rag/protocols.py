"""The roles of the house. Each has at most three methods and one contract suite in `tests/contract/`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

from rag.types import Budget, Hit, Prompt, Usage

if TYPE_CHECKING:
    from PIL.Image import Image

    from rag.prompt import Pictures
    from rag.types import Ids, Vectors


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What must agree for two vectors to be comparable."""

    name: str
    """As in the settings: `builtin`, `open_clip:ViT-B-32/laion2b_s34b_b79k`, `text:DIR`, `late:DIR`."""
    revision: str
    weights: str
    """sha256 of the weights, hex."""
    preprocessing: str
    """Everything that shapes an input before the model: picture size, resize mode, mean and std; pooling; text prefix."""
    dim: int
    context: int
    """Tokens that the text tower reads at once."""
    languages: tuple[str, ...]
    """ISO 639-1 codes; empty when unknown."""
    sees_images: bool

    @property
    def is_late(self) -> bool:
        """Whether a page has many vectors in the space, which holds nothing but pages (`rag.late`)."""
        return self.name.startswith("late:")


class Encoder(Protocol):
    """Places texts, and pictures where `fingerprint.sees_images`, in one space."""

    @property
    def fingerprint(self) -> Fingerprint:
        """What must agree for two vectors to be comparable."""
        ...

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Place texts in the space, in the order given; a text beyond the context is the mean of its windows.

        Returns: float32 (len(texts), dim), rows of length 1; (0, dim) for no texts.
        Raises: EncodeFailed if the model gives a row that is not finite.
        """
        ...

    def encode_images(self, images: Sequence[Image]) -> Vectors:
        """Place pictures in the space, in the order given.

        Returns: float32 (len(images), dim), rows of length 1; (0, dim) for no pictures.
        Raises: EncodeFailed if a row is not finite, or if the encoder does not see pictures.
        """
        ...

    def split(self, text: str) -> list[str]:
        """Cut a text into windows that fit the context; every word is in at least one. Short text comes back alone."""
        ...


@runtime_checkable
class Captioner(Protocol):
    """Writes down what a picture shows: what is visible, all words and numbers, a chart's kind, axes and trend."""

    @property
    def name(self) -> str:
        """As in the settings."""
        ...

    @property
    def instruction(self) -> str:
        """What it is asked for each picture; captions are kept by it. Empty for a model that takes no instruction."""
        ...

    def caption(self, images: Sequence[Image]) -> list[str]:
        """One description per RGB picture, in the order given; empty in, empty out.

        Raises: GenerateFailed if the model fails.
        """
        ...


class VectorIndex(Protocol):
    """Nearest rows by inner product."""

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Add rows; several rows may share an id (the windows of one text)."""
        ...

    def remove(self, ids: Ids) -> None:
        """Remove every row of these ids; an unknown id is ignored."""
        ...

    def search(self, queries: Vectors, k: int, allowed: Ids | None) -> list[list[tuple[int, float]]]:
        """The k best distinct ids of each query with their inner product, best first; only ids in `allowed` unless None."""
        ...


Tell: TypeAlias = Callable[[Usage], None]
"""Hears what a generator took."""


def tell_nobody(_usage: Usage) -> None:
    """For a caller that does not ask what it took."""


@runtime_checkable
class Generator(Protocol):
    """Writes an answer from numbered evidence, naming evidence as `[n]` after each sentence."""

    @property
    def name(self) -> str:
        """As in the settings."""
        ...

    @property
    def budget(self) -> Budget:
        """How much text and how many pictures it takes in at once; no pictures where it only reads about them."""
        ...

    @property
    def instructed(self) -> bool:
        """Whether it does what `Prompt.instruction` says; if not, it answers in the one way it has."""
        ...

    def generate(self, prompt: Prompt, tell: Tell = tell_nobody) -> Iterator[str]:
        """Yield the answer piece by piece; nothing, or `rag.prompt.NO_ANSWER`, where the evidence does not answer.

        `tell` hears once, at the end, what it took. Closing the iterator stops the model.
        Raises: GenerateFailed if the model fails.
        """
        ...


@runtime_checkable
class Reranker(Protocol):
    """Says of each hit how well it answers a question, having read both."""

    @property
    def name(self) -> str:
        """As in the settings."""
        ...

    @property
    def sees_images(self) -> bool:
        """Whether it looks at pictures; one that only reads is not asked about a picture without words."""
        ...

    def rerank(self, question: str, hits: Sequence[Hit], pictures: Pictures) -> list[float]:
        """A score per hit, 0..1, higher is better, in the order given; empty in, empty out.

        Raises: EncodeFailed if a score is not finite; GenerateFailed if the model breaks off or cannot take the question.
        """
        ...
