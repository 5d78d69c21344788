"""Answers and captions from any chat model that LangChain reaches: OpenAI, Gemini, Claude, Ollama, your own server.

What is sent: the instruction as system message; evidence, pictures and question as one message of the user, each picture
in its place and as data, never as an address. See docs/chat.md.
"""

from __future__ import annotations

import logging
import operator
import random
from collections.abc import Generator as Generating
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, stop_before_delay

from rag.errors import BadSetting, GenerateFailed
from rag.generators.blocks import block
from rag.generators.chat_failures import LONGEST_WAIT_SECONDS, Unfinished, asked_to_wait, failed, may_pass
from rag.generators.chat_model import context_of, open_model, parse_name
from rag.prompt import CAPTION, DESCRIBE, parts
from rag.protocols import Tell, tell_nobody
from rag.types import Budget, Prompt, Usage, about_tokens

if TYPE_CHECKING:
    from langchain_core.messages import AIMessageChunk, BaseMessage
    from PIL.Image import Image

    from rag.generators.blocks import Block

log = logging.getLogger(__name__)

MOST_CONTEXT = 64_000
"""Tokens: beyond it, answers get slower and dearer, hardly better."""
MOST_IMAGES = 8
PIXELS = 1_000_000
TOKENS_PER_IMAGE = 1_400
"""At most, for `PIXELS`: width x height / 750 is 1,334 (Claude); 28 x 28 pixels a token is 1,276 (Qwen-VL); 85 + 170 for
each of six 512-pixel tiles is 1,105 (GPT-4o); 258 for each of up to four tiles is 1,032 (Gemini), by their documentation."""
AROUND = 2_000
"""Tokens for what stands around the passages that were found: docs/answers.md says what it brings."""
N_AT_ONCE = 4
"""Pictures that are described at the same time."""

_LENGTH = frozenset({"length", "max_tokens", "MAX_TOKENS", "incomplete"})
_FILTERED = frozenset(
    "content_filter content_filtered refusal guardrail_intervened SAFETY RECITATION BLOCKLIST PROHIBITED_CONTENT SPII"
    " IMAGE_SAFETY".split()
)
_ENDINGS = ("finish_reason", "stop_reason", "done_reason", "stopReason")
_SAY_THEIR_END = frozenset(
    "anthropic azure_openai deepseek google_genai groq mistralai ollama openai openrouter xai".split()
)
"""Providers whose streams always carry one of `_ENDINGS`; a stream of theirs without one was cut off."""
_COUNT_ALL = frozenset("azure_openai deepseek openai openrouter xai".split())
"""Providers whose every count covers the whole answer so far; the counts of others add up."""


@dataclass(slots=True)
class _Heard:
    """What a stream said besides the answer, as far as it has come."""

    tokens_in: int = 0
    tokens_out: int = 0
    ending: str = ""
    """Why the model stopped, in the provider's word; empty while it has not said."""


class ChatGenerator:
    """A Generator and Captioner that asks a chat model over the network. Threads may share it."""

    def __init__(
        self,
        model: str,
        *,
        base_url: str | None = None,
        timeout_seconds: float = 120.0,
        n_retries: int = 3,
        most_tokens: int = 1024,
        backoff_seconds: float = 1.0,
    ) -> None:
        """Set up `PROVIDER:MODEL`, without sending anything; the key comes from the environment.

        `base_url`: another server of the same wire format. `timeout_seconds`: of silence, and for all attempts to get a
        first word. `most_tokens`: of one answer or caption. `backoff_seconds`: before the second attempt, doubled each time.
        Raises: BadSetting for an unknown provider, a missing key or an impossible value; MissingExtra without a package.
        """
        if timeout_seconds <= 0 or n_retries < 0 or most_tokens < 1 or backoff_seconds < 0:
            raise BadSetting(
                "A chat model needs a time limit above 0, at least 0 retries and at least 1 token per answer.",
                hint=f"They are {timeout_seconds:g}, {n_retries} and {most_tokens}.",
            )
        self._name = parse_name(model)
        self._model = open_model(
            self._name, base_url=base_url, timeout_seconds=timeout_seconds, most_tokens=most_tokens
        )
        self._timeout_seconds = timeout_seconds
        self._n_retries = n_retries
        self._most_tokens = most_tokens
        self._backoff_seconds = backoff_seconds

    def __repr__(self) -> str:
        return f"ChatGenerator({str(self._name)!r})"

    @property
    def name(self) -> str:
        """`chat:PROVIDER:MODEL`."""
        return f"chat:{self._name}"

    @property
    def budget(self) -> Budget:
        """By LangChain's profile of the model; without one 32,000 tokens and eight pictures. The answer's room is kept."""
        tokens = max(1, min(context_of(self._model), MOST_CONTEXT) - self._most_tokens)
        if (self._model.profile or {}).get("image_inputs") is False:
            return Budget(tokens, around=AROUND, count=about_tokens)
        return Budget(tokens, MOST_IMAGES, PIXELS, TOKENS_PER_IMAGE, AROUND, about_tokens)

    @property
    def instructed(self) -> bool:
        """It does what `Prompt.instruction` says."""
        return True

    @property
    def instruction(self) -> str:
        """What it is asked for each picture."""
        return CAPTION

    def generate(self, prompt: Prompt, tell: Tell = tell_nobody) -> Iterator[str]:
        """Yield the answer as it comes; closing the iterator hangs up. See `rag.protocols.Generator`.

        Raises: GenerateFailed if the model cannot be reached, refuses, is filtered or breaks off; never silently short.
        """
        return self._say(prompt.instruction, [block(part) for part in parts(prompt)], tell)

    def caption(self, images: Sequence[Image]) -> list[str]:
        """Describe pictures, a request each, a few at once; "" where the model says nothing.

        Raises: GenerateFailed if any of them fails.
        """
        with ThreadPoolExecutor(N_AT_ONCE, thread_name_prefix="caption") as pool:
            return list(pool.map(self._describe, images))

    def _describe(self, image: Image) -> str:
        blocks = [block(DESCRIBE), block(image)]
        return "".join(self._say(CAPTION, blocks, tell_nobody)).strip()

    def _say(self, instruction: str, blocks: list[Block], tell: Tell) -> Iterator[str]:
        """The model's words, with as many attempts at the first of them as are allowed."""
        messages = _messages(instruction, blocks)
        n_said = 0
        try:
            first, rest, heard = self._attempts()(self._begin, messages)
            with closing(rest):
                n_said += len(first)
                if first:
                    yield first
                for piece in rest:
                    n_said += len(piece)
                    yield piece
        except GenerateFailed:
            raise
        except Exception as error:  # Each provider's package raises errors of its own.
            failure = failed(error, self._name, n_said=n_said, timeout_seconds=self._timeout_seconds)
            # A server may repeat the key it refuses, so what it said is passed on only without it.
            raise failure from (None if "***" in failure.message else error)
        if heard.ending in _LENGTH:
            log.warning("The answer of %s was cut at %d tokens.", self._name, self._most_tokens)
        tell(Usage(heard.tokens_in, heard.tokens_out))

    def _attempts(self) -> Retrying:
        return Retrying(
            retry=retry_if_exception(may_pass),
            stop=stop_after_attempt(self._n_retries + 1) | stop_before_delay(self._timeout_seconds),
            wait=self._wait,
            before_sleep=self._log_attempt,
            reraise=True,
        )

    def _wait(self, state: RetryCallState) -> float:
        """Seconds before the next attempt: doubled each time, half of it by chance; longer if the server asks for it."""
        longest = min(LONGEST_WAIT_SECONDS, self._backoff_seconds * 2.0 ** min(state.attempt_number - 1, 30))
        error = state.outcome.exception() if state.outcome else None
        asked = asked_to_wait(error) if error else None
        return max(asked or 0.0, random.uniform(longest / 2, longest))

    def _log_attempt(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        kind = type(error).__name__
        log.warning(
            "%s: %s; attempt %d follows in %.1f s.", self._name, kind, state.attempt_number + 1, state.upcoming_sleep
        )

    def _begin(self, messages: list[BaseMessage]) -> tuple[str, Generating[str, None, None], _Heard]:
        """The answer's first piece ("" for an empty answer), the rest, and what is heard beside it."""
        heard = _Heard()
        pieces = self._pieces(messages, heard)
        return next(pieces, ""), pieces, heard

    def _pieces(self, messages: list[BaseMessage], heard: _Heard) -> Generating[str, None, None]:
        """The text of one stream, no piece empty.

        Raises: Unfinished if it ends without its end mark; GenerateFailed if a filter stopped it; the library's errors.
        """
        n_said = 0
        with closing(self._chunks(messages)) as chunks:
            for chunk in chunks:
                self._hear(chunk, heard)
                if piece := str(chunk.text):  # of blocks only those of text: what a model thinks is not its answer
                    n_said += len(piece)
                    yield piece
        if heard.ending in _FILTERED:
            raise GenerateFailed(
                f"A filter of {self._name} stopped the answer after {n_said} characters ({heard.ending}).",
                hint="Ask in other words, or another model.",
            )
        if not heard.ending and self._name.provider in _SAY_THEIR_END:
            raise Unfinished
        if not heard.ending:
            log.info("%s does not say why its answers end; one that was cut off cannot be told.", self._name)

    def _hear(self, chunk: AIMessageChunk, heard: _Heard) -> None:
        facts = chunk.response_metadata
        ending = next((facts[key] for key in _ENDINGS if facts.get(key)), None)
        if ending is None and facts.get("status") in ("completed", "incomplete"):  # OpenAI's Responses API
            ending = facts["status"]
        heard.ending = str(ending or heard.ending)
        if chunk.usage_metadata:
            fold = max if self._name.provider in _COUNT_ALL else operator.add
            heard.tokens_in = fold(heard.tokens_in, chunk.usage_metadata["input_tokens"])
            heard.tokens_out = fold(heard.tokens_out, chunk.usage_metadata["output_tokens"])

    def _chunks(self, messages: list[BaseMessage]) -> Generating[AIMessageChunk, None, None]:
        """LangChain's stream, with nothing of it told to LangSmith, and the connection closed with it."""
        from langsmith import tracing_context

        stream = cast("Generating[AIMessageChunk, None, None]", self._model.stream(messages))
        with closing(stream):
            # Who listens is settled at the first chunk; the switch must not be held across a yield.
            with tracing_context(enabled=False):
                chunk = next(stream, None)
            while chunk is not None:
                yield chunk
                chunk = next(stream, None)


def _messages(instruction: str, blocks: list[Block]) -> list[BaseMessage]:
    """System and user message; text alone goes as a plain string, which servers without pictures understand too."""
    from langchain_core.messages import HumanMessage, SystemMessage

    system: list[BaseMessage] = [SystemMessage(instruction)] if instruction else []
    if len(blocks) == 1 and blocks[0]["type"] == "text":
        return [*system, HumanMessage(blocks[0]["text"])]
    return [*system, HumanMessage([*blocks])]
