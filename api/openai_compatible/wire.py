"""What OpenAI's clients are answered, and read; `sightline` is our own field, which they leave alone.

Names and nesting are OpenAI's: https://platform.openai.com/docs/api-reference
"""

from __future__ import annotations

from typing import Literal, NotRequired

# Before Python 3.12 pydantic, which describes these in the service's OpenAPI document, cannot use typing's own.
from typing_extensions import TypedDict

from rag.wire import AnswerJson


class UrlCitationJson(TypedDict):
    """Where in the text a source is named, in characters from 0, the end not included; and the source."""

    start_index: int
    end_index: int
    title: str
    url: str


class AnnotationJson(TypedDict):
    """A source that the text names."""

    type: Literal["url_citation"]
    url_citation: UrlCitationJson


class MessageJson(TypedDict):
    """An answer: its text with footnotes, or `refusal` where data was asked for and the library holds none."""

    role: Literal["assistant"]
    content: str | None
    refusal: str | None
    annotations: list[AnnotationJson]


class ChoiceJson(TypedDict):
    """The one answer that there is."""

    index: int
    message: MessageJson
    finish_reason: Literal["stop"]
    logprobs: None


class ChatUsageJson(TypedDict):
    """Tokens, where the generator counts them, else 0."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class CompletionJson(TypedDict):
    """An answer in OpenAI's form; `sightline` holds it as `/v1/query` gives it."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[ChoiceJson]
    usage: ChatUsageJson
    sightline: AnswerJson


class ChunkDeltaJson(TypedDict, total=False):
    """What a chunk adds to the message."""

    role: Literal["assistant"]
    content: str
    refusal: str
    annotations: list[AnnotationJson]


class ChunkChoiceJson(TypedDict):
    """A part of the one answer that there is."""

    index: int
    delta: ChunkDeltaJson
    finish_reason: Literal["stop"] | None
    logprobs: None


class ChunkJson(TypedDict):
    """A part of an answer that is being written; the last of the answer holds `annotations` and `sightline`."""

    id: str
    object: Literal["chat.completion.chunk"]
    created: int
    model: str
    choices: list[ChunkChoiceJson]
    usage: NotRequired[ChatUsageJson | None]
    sightline: NotRequired[AnswerJson]


class ModelOfJson(TypedDict):
    """What a model's name stands for: null where it leaves that to the service."""

    collection: str | None
    generator: str | None


class ModelJson(TypedDict):
    """Something to ask, by a name that says where and whom."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: Literal["sightline"]
    sightline: ModelOfJson


class ModelsJson(TypedDict):
    """Everything that can be asked."""

    object: Literal["list"]
    data: list[ModelJson]


class EmbeddingJson(TypedDict):
    """The vector of one input: numbers, or base64 of little-endian float32."""

    object: Literal["embedding"]
    index: int
    embedding: list[float] | str


class EmbeddingUsageJson(TypedDict):
    """Tokens of the texts, about; pictures count none."""

    prompt_tokens: int
    total_tokens: int


class EmbeddingsJson(TypedDict):
    """Vectors of length 1, in the order of the inputs; `model` is the encoder that made them."""

    object: Literal["list"]
    data: list[EmbeddingJson]
    model: str
    usage: EmbeddingUsageJson


class ErrorBodyJson(TypedDict):
    """What went wrong and what to do now; `code` never changes, `param` is the field to blame."""

    message: str
    type: str
    param: str | None
    code: str


class ErrorJson(TypedDict):
    """An error in OpenAI's form."""

    error: ErrorBodyJson
