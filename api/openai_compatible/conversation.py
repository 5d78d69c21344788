"""A conversation as OpenAI's clients tell it, read as a question and what was said before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from api.openai_compatible.bodies import ContentBody, MessageBody
from api.openai_compatible.footnotes import pictures_shown, without_footnotes
from api.schemas import MOST_QUERY_CHARS, MOST_TURNS
from rag.errors import BadRequest
from rag.query import MOST_PARTS
from rag.types import Turn

FORMS_OF_PICTURE = {"image/jpg": "image/jpeg"}
"""Names that some clients give to what has another."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture that a question is about."""

    field: str
    """Where it stands in the request, for an error that names it."""
    uri: str
    """With the picture in it."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is asked, and what was said before."""

    question: str
    pictures: tuple[Shown, ...]
    history: tuple[Turn, ...]
    """Oldest first."""


def read_conversation(messages: Sequence[MessageBody]) -> Conversation:
    """The last message of the user as the question, those before it as turns.

    What clients, not people, say to a model (`system`, `tool`) is not read: the instruction is Sightline's own.
    Raises: BadRequest if there is no question, or it holds what is neither text nor a picture as a data URI.
    """
    spoken = [(at, message) for at, message in enumerate(messages) if message.role in ("user", "assistant")]
    if not spoken or spoken[-1][1].role != "user":
        raise BadRequest(
            "messages: There is no question: the last message is not the user's.",
            hint='End with {"role": "user", "content": "…"}; an answer cannot be begun for the service.',
        )
    at, last = spoken[-1]
    question, pictures = last.text.strip(), tuple(_pictures(at, last.content or ()))
    if not question:
        raise BadRequest(
            f"messages.{at}.content: There is no question.",
            hint="Send words, also with a picture: What is this?" if pictures else "Send words.",
        )
    if len(question) > MOST_QUERY_CHARS:
        raise BadRequest(
            f"messages.{at}.content: The question has {len(question):,} characters.",
            hint=f"Send {MOST_QUERY_CHARS:,} at most; what it is to be answered from belongs into the library.",
        )
    turns = list(_turns([message for _, message in spoken[:-1]]))
    return Conversation(question, pictures, tuple(turns[-MOST_TURNS:]))


def _pictures(at: int, content: Sequence[ContentBody]) -> Iterator[Shown]:
    n_pictures = 0
    for number, part in enumerate(content):
        field = f"messages.{at}.content.{number}"
        if part.type == "text":
            continue
        if part.type != "image_url" or part.image_url is None:
            raise BadRequest(
                f"{field}: A part of type {part.type[:40]!r} cannot be read.", hint="Send text and image_url."
            )
        url = part.image_url.url
        if not url[:5].lower() == "data:":
            raise BadRequest(
                f"{field}.image_url: Pictures are not fetched from {url[:80]!r}: the service opens no address.",
                hint="Send the picture itself: data:image/png;base64,…",
            )
        n_pictures += 1
        if n_pictures >= MOST_PARTS:
            raise BadRequest(f"{field}: There are too many pictures.", hint=f"Send {MOST_PARTS - 1} at most.")
        kind, comma, data = url[5:].partition(",")
        kind, semicolon, rest = kind.partition(";")
        uri = f"data:{FORMS_OF_PICTURE.get(kind.lower(), kind)}{semicolon}{rest}{comma}{data}"
        yield Shown(f"{field}.image_url", uri)


def _turns(messages: Sequence[MessageBody]) -> Iterator[Turn]:
    """Each question with the answer that follows it, if one does."""
    for at, message in enumerate(messages):
        if message.role != "user" or not message.text.strip():
            continue
        following = messages[at + 1] if at + 1 < len(messages) else None
        said = "" if following is None or following.role == "user" else following.text
        yield Turn(message.text.strip(), without_footnotes(said), pictures_shown(said))
