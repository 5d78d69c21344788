"""What may be asked: the bodies of requests, checked here and described in the OpenAPI document.

What is answered is described once, in `rag/wire.py`.
"""

from __future__ import annotations

from typing import Annotated

from fastapi.openapi.models import Example
from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from rag.engine import MOST_HITS
from rag.query import MOST_PARTS, MOST_WEIGHT
from rag.types import DEFAULT_COLLECTION, Filters, Modality, Route, Turn

MOST_QUERY_CHARS = 10_000
MOST_ANSWER_CHARS = 100_000
MOST_TURNS = 100
MOST_NAMES = 1_000
"""Documents, or metadata, that one filter may name."""
EXAMPLE_FILTERS: dict[str, JsonValue] = {
    "document": ["annual-report.pdf"],
    "modality": ["image", "table"],
    "pages": [1, 20],
    "path": "reports/**",
    "metadata": {"author": "A. Keeper"},
    "collection": ["default"],
}

PageNumber = Annotated[int, Field(ge=1, le=2**31)]
Name = Annotated[str, Field(min_length=1, max_length=4_096)]


class FiltersBody(BaseModel):
    """What may be found. Fields that are left out let everything through; several must all hold."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE_FILTERS]})

    document: Annotated[
        list[Name],
        Field(
            max_length=MOST_NAMES,
            description="Document ids, sources or file names; any of them may match. An unknown name is an error.",
        ),
    ] = []
    modality: Annotated[
        list[Modality], Field(max_length=MOST_NAMES, description="Kinds of element; any of them may match.")
    ] = []
    pages: Annotated[
        tuple[PageNumber, PageNumber] | None,
        Field(description="First and last page, both from 1 and both included."),
    ] = None
    path: Annotated[
        Name | None, Field(description="Glob over the source: `reports/**`, `*.pdf`; `**` crosses folders.")
    ] = None
    metadata: Annotated[
        dict[str, str],
        Field(max_length=MOST_NAMES, description="Each named value of the document's metadata must be equal."),
    ] = {}
    collection: Annotated[
        list[Name],
        Field(
            max_length=MOST_NAMES,
            description="Names of collections; any of them may hold the document. An unknown name is an error.",
        ),
    ] = []

    @model_validator(mode="after")
    def _pages_in_order(self) -> FiltersBody:
        if self.pages is not None and self.pages[0] > self.pages[1]:
            raise ValueError(f"pages go from the first to the last, not from {self.pages[0]} to {self.pages[1]}")
        return self

    def to_filters(self) -> Filters:
        """The filters as the engine takes them."""
        return Filters(
            tuple(self.document), tuple(self.modality), self.pages, self.path, self.metadata, tuple(self.collection)
        )


Fraction = Annotated[float, Field(ge=0, le=1)]


class PartBody(BaseModel):
    """Something more to search for: words, a picture, or something that the store holds, by exactly one of these fields."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str | None, Field(min_length=1, max_length=MOST_QUERY_CHARS, description="Words.")] = None
    image: Annotated[str | None, Field(description="A picture as a data URI.")] = None
    like: Annotated[
        Name | None, Field(description="`element` of a hit: its picture. The element itself is not found again.")
    ] = None
    box: Annotated[
        tuple[Fraction, Fraction, Fraction, Fraction] | None,
        Field(
            description="With `image` or `like`, only this part of the picture: `[x0, y0, x1, y1]` as fractions of it."
        ),
    ] = None
    weight: Annotated[
        float,
        Field(
            ge=-MOST_WEIGHT,
            le=MOST_WEIGHT,
            allow_inf_nan=False,
            description="How much it counts beside the others; below 0 what to keep away from. Not 0.",
        ),
    ] = 1.0
    itself: Annotated[bool, Field(description="With `like`, let the element itself be found too.")] = False

    @model_validator(mode="after")
    def _is_one_thing(self) -> PartBody:
        if sum(given is not None for given in (self.text, self.image, self.like)) != 1:
            raise ValueError("a part has exactly one of text, image and like")
        if self.text is not None and self.box is not None:
            raise ValueError("words have no box")
        if self.like is None and self.itself:
            raise ValueError("itself goes with like")
        return self


class _Asked(BaseModel):
    """What a search and a question have in common."""

    model_config = ConfigDict(extra="forbid")

    image: Annotated[
        str | None,
        Field(
            description="A picture to search by, alone or with words, as a data URI: `data:image/png;base64,…`."
            " PNG, JPEG, WebP, GIF, BMP, TIFF or AVIF. Where no encoder of the store sees pictures, the words in it"
            " are searched for."
        ),
    ] = None
    parts: Annotated[
        list[PartBody],
        Field(
            max_length=MOST_PARTS,
            description="More to search for, or to keep away from, each with its weight; the words and `image` weigh 1.",
        ),
    ] = []
    k: Annotated[int, Field(ge=1, le=MOST_HITS, description="How many hits.")] = 10
    filters: Annotated[FiltersBody, Field(description="Where to look.")] = FiltersBody()
    route: Annotated[
        Route | None,
        Field(description="How pictures are found: `shared`, `caption` or `fused`; the service's own where left out."),
    ] = None


class SearchBody(_Asked):
    """A search: words, a picture, or both."""

    query: Annotated[
        str, Field(max_length=MOST_QUERY_CHARS, description="Words to search for; may be empty with `image`.")
    ] = ""
    explain: Annotated[
        bool, Field(description="Say of each hit its rank, raw and calibrated score in each list that held it.")
    ] = False


class TurnBody(BaseModel):
    """An earlier question of the conversation, and its answer."""

    model_config = ConfigDict(extra="forbid")

    question: Annotated[str, Field(min_length=1, max_length=MOST_QUERY_CHARS, description="What was asked.")]
    answer: Annotated[str, Field(max_length=MOST_ANSWER_CHARS, description="What was answered (`answer`).")] = ""
    images: Annotated[
        list[Name],
        Field(
            max_length=MOST_NAMES, description="`element` of each of its `images`, in order: for “the second chart”."
        ),
    ] = []

    def to_turn(self) -> Turn:
        """The turn as the engine takes it."""
        return Turn(self.question, self.answer, tuple(self.images))


class CollectionBody(BaseModel):
    """How a collection is asked where a request names it alone and says nothing else; null for the service's own setting."""

    model_config = ConfigDict(extra="forbid")

    route: Annotated[Route | None, Field(description="How pictures are found: `shared`, `caption` or `fused`.")] = None
    generator: Annotated[Name | None, Field(description="Which of the service's generators answers (`/v1/info`).")] = (
        None
    )


class IngestBody(BaseModel):
    """A folder or file to ingest, where the service runs."""

    model_config = ConfigDict(extra="forbid")

    path: Annotated[
        str,
        Field(min_length=1, max_length=4_096, description="Absolute, and under one of the service's `ingest_roots`."),
    ]
    collection: Annotated[str, Field(description="Where the files are put.")] = DEFAULT_COLLECTION
    sync: Annotated[bool, Field(description="Also drop from the collection what is gone from the folder.")] = False
    again: Annotated[bool, Field(description="Read anew what the store holds.")] = False
    include: Annotated[list[Name], Field(max_length=MOST_NAMES, description="Only files that match a glob.")] = []
    exclude: Annotated[list[Name], Field(max_length=MOST_NAMES, description="No files that match a glob.")] = []


class QueryBody(_Asked):
    """A question."""

    question: Annotated[str, Field(min_length=1, max_length=MOST_QUERY_CHARS, description="What you want to know.")]
    history: Annotated[
        list[TurnBody],
        Field(max_length=MOST_TURNS, description="Earlier turns of the conversation, oldest first, for a follow-up."),
    ] = []
    generator: Annotated[
        Name | None, Field(description="Which of the service's generators answers (`/v1/info`); the first by default.")
    ] = None
    json_schema: Annotated[
        dict[str, JsonValue] | None,
        Field(alias="schema", description="A JSON Schema that `data` of the answer is to follow."),
    ] = None
    stream: Annotated[bool, Field(description="Send the answer as server-sent events while it is written.")] = False


SEARCH_EXAMPLES: dict[str, Example] = {
    "words": {"summary": "Words", "value": {"query": "visitors per year", "k": 5}},
    "filters": {
        "summary": "Only in some places",
        "value": {"query": "visitors per year", "k": 5, "filters": EXAMPLE_FILTERS},
    },
    "image": {"summary": "By a picture", "value": {"image": "data:image/png;base64,iVBORw0KGgoAAAANSUhEUg…", "k": 5}},
    "parts": {
        "summary": "Like something that was found, but red and not blue",
        "value": {
            "query": "red",
            "parts": [{"like": "ELEMENT", "box": [0, 0, 0.5, 0.5]}, {"text": "blue", "weight": -1}],
        },
    },
}
COLLECTION_EXAMPLES: dict[str, Example] = {
    "route": {"summary": "Pictures by their words", "value": {"route": "caption"}},
}
INGEST_EXAMPLES: dict[str, Example] = {
    "folder": {"summary": "A folder", "value": {"path": "/srv/reports", "collection": "reports", "sync": True}},
}
QUERY_EXAMPLES: dict[str, Example] = {
    "question": {"summary": "A question", "value": {"question": "How many visitors came in August?"}},
    "filters": {
        "summary": "Of one document",
        "value": {
            "question": "How many visitors came in August?",
            "k": 10,
            "filters": {"document": ["annual-report.pdf"]},
        },
    },
    "follow-up": {
        "summary": "A follow-up",
        "value": {
            "question": "And in September?",
            "history": [{"question": "How many visitors came in August?", "answer": "9,412 came. [1]"}],
        },
    },
    "schema": {
        "summary": "As data",
        "value": {
            "question": "How many visitors came in August?",
            "schema": {"type": "object", "properties": {"visitors": {"type": "integer"}}},
        },
    },
    "stream": {"summary": "As it is written", "value": {"question": "How many visitors came?", "stream": True}},
}
