"""What OpenAI's clients may ask: the fields that mean something here, checked. Others are left alone, as they expect."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi.openapi.models import Example
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    Tag,
    model_validator,
)

from api.schemas import FiltersBody
from rag.engine import MOST_HITS
from rag.types import Route

MOST_MESSAGES = 2_000
MOST_INPUTS = 2_048
MOST_TEXT_CHARS = 32_768
"""Of one text to be placed; OpenAI's own limit is 8,192 tokens, of about four letters."""
MOST_INPUT_CHARS = 1_200_000
"""Of all texts of a request: 300,000 tokens."""
NO_TOOLS = "no tool is ever called here, and none can be demanded; for data take response_format with json_schema"
TOKENS_REFUSED = (
    "tokens cannot be read, since each encoder has its own. Send text; with LangChain:"
    " OpenAIEmbeddings(check_embedding_ctx_length=False)"
)


class ImageUrlBody(BaseModel):
    """A picture."""

    url: Annotated[str, Field(description="A data URI: `data:image/png;base64,…`. Other addresses are not fetched.")]


class ContentBody(BaseModel):
    """A part of a message: `text` or `image_url`."""

    type: str
    text: str | None = None
    image_url: ImageUrlBody | None = None


def _as_parts(content: object) -> object:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


class MessageBody(BaseModel):
    """A message of the conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Annotated[
        list[ContentBody] | None, BeforeValidator(_as_parts, json_schema_input_type=str | list[ContentBody] | None)
    ] = None

    @property
    def text(self) -> str:
        """Its words, a line for each part."""
        return "\n".join(part.text for part in self.content or () if part.type == "text" and part.text)


class JsonSchemaBody(BaseModel):
    """The form that an answer is to follow."""

    name: str = ""
    json_schema: Annotated[dict[str, JsonValue], Field(alias="schema")] = {}


class ResponseFormatBody(BaseModel):
    """Whether an answer is text, or data by a JSON Schema."""

    type: Literal["text", "json_object", "json_schema"] = "text"
    json_schema: JsonSchemaBody | None = None

    @model_validator(mode="after")
    def _has_schema(self) -> ResponseFormatBody:
        if self.type == "json_schema" and self.json_schema is None:
            raise ValueError("json_schema is missing")
        return self


class StreamOptionsBody(BaseModel):
    """What a stream holds besides."""

    include_usage: Annotated[bool | None, Field(description="Tell the tokens in a last chunk.")] = None


class SightlineBody(BaseModel):
    """What OpenAI's API has no words for; see `/v1/query`."""

    model_config = ConfigDict(extra="forbid")

    k: Annotated[int, Field(ge=1, le=MOST_HITS, description="How many hits.")] = 10
    filters: Annotated[FiltersBody, Field(description="Where to look, inside the model's collection.")] = FiltersBody()
    route: Annotated[Route | None, Field(description="`shared`, `caption` or `fused`.")] = None


def _only(*allowed: JsonValue, why: str) -> AfterValidator:
    """Refuse any other value, since it would ask for what there is not; null says nothing."""

    def check(value: JsonValue) -> JsonValue:
        if value is not None and value not in allowed:
            raise ValueError(why)
        return value

    return AfterValidator(check)


class ChatBody(BaseModel):
    """A question, as the last message of a conversation."""

    model: Annotated[str, Field(description="`sightline`, or another of `/v1/models`.")]
    messages: Annotated[
        list[MessageBody],
        Field(
            min_length=1,
            max_length=MOST_MESSAGES,
            description="Oldest first; the last of the user is the question. Pictures of that message are asked about."
            " The messages `system`, `developer`, `tool` and `function` are not read.",
        ),
    ]
    stream: Annotated[bool | None, Field(description="Send the answer while it is written.")] = None
    stream_options: StreamOptionsBody | None = None
    response_format: Annotated[
        ResponseFormatBody | None,
        Field(description="`json_schema` for an answer as data; needs a model, `extractive` refuses it."),
    ] = None
    n: Annotated[int | None, _only(1, why="there is one answer to a question")] = None
    logprobs: Annotated[bool | None, _only(False, why="generators here do not tell them")] = None
    modalities: Annotated[list[str] | None, _only(["text"], why="answers are text")] = None
    tool_choice: Annotated[JsonValue, _only("none", "auto", why=NO_TOOLS)] = None
    function_call: Annotated[JsonValue, _only("none", "auto", why=NO_TOOLS)] = None
    sightline: Annotated[SightlineBody, Field(description="What OpenAI's API has no words for.")] = SightlineBody()

    @property
    def schema_asked_for(self) -> dict[str, JsonValue] | None:
        """The JSON Schema that `Answer.data` is to follow; None for text."""
        form = self.response_format
        if form is None or form.type == "text":
            return None
        return {"type": "object"} if form.json_schema is None else form.json_schema.json_schema


class ImageInputBody(BaseModel):
    """A picture to be placed, which OpenAI's API does not have."""

    model_config = ConfigDict(extra="forbid")

    image: Annotated[str, Field(description="A data URI: `data:image/png;base64,…`.")]


def _as_inputs(given: object) -> object:
    if isinstance(given, list):
        if any(isinstance(one, int | list) for one in given):
            raise ValueError(TOKENS_REFUSED)
        return given
    return [given]


def _not_too_much(inputs: list[str | ImageInputBody]) -> list[str | ImageInputBody]:
    n_chars = sum(len(one) for one in inputs if isinstance(one, str))
    if n_chars > MOST_INPUT_CHARS:
        raise ValueError(f"{n_chars:,} characters are too many at once, send {MOST_INPUT_CHARS:,} at most")
    return inputs


def _kind(given: object) -> str:
    return "text" if isinstance(given, str) else "picture"


Text = Annotated[str, Field(min_length=1, max_length=MOST_TEXT_CHARS)]
Input = Annotated[Annotated[Text, Tag("text")] | Annotated[ImageInputBody, Tag("picture")], Discriminator(_kind)]


class EmbeddingsBody(BaseModel):
    """Texts and pictures to be placed."""

    model: Annotated[
        str, Field(description="One of the store's encoders (`/v1/info`), or `sightline` for the first of them.")
    ]
    input: Annotated[
        list[Input],
        Field(min_length=1, max_length=MOST_INPUTS, description="A text, a picture, or a list of them."),
        AfterValidator(_not_too_much),
        BeforeValidator(_as_inputs, json_schema_input_type=Input | list[Input]),
    ]
    encoding_format: Annotated[Literal["float", "base64"], Field(description="`base64`: of little-endian float32.")] = (
        "float"
    )
    dimensions: Annotated[int | None, Field(description="Nothing but what the encoder has: vectors are not cut.")] = (
        None
    )


CHAT_EXAMPLES: dict[str, Example] = {
    "question": {
        "summary": "A question",
        "value": {"model": "sightline", "messages": [{"role": "user", "content": "How many visitors came in August?"}]},
    },
    "follow-up": {
        "summary": "A follow-up, as it is written",
        "value": {
            "model": "sightline",
            "stream": True,
            "messages": [
                {"role": "user", "content": "How many visitors came in August?"},
                {"role": "assistant", "content": "9,412 came. [1]"},
                {"role": "user", "content": "And in September?"},
            ],
        },
    },
}
EMBEDDINGS_EXAMPLES: dict[str, Example] = {
    "texts": {"summary": "Texts", "value": {"model": "sightline", "input": ["a red lamp", "the sea"]}},
    "pictures": {
        "summary": "A picture, and words beside it",
        "value": {
            "model": "sightline",
            "input": [{"image": "data:image/png;base64,iVBORw0KGgoAAAANSUhEUg…"}, "a red lamp"],
        },
    },
}
