"""What a failed call to a chat model means: whether it may pass by itself, how long to wait, and what to tell a person.

LangChain's newer packages raise `langchain_core.exceptions.ModelError`, which says so itself; for the others the HTTP
status decides, and where there is none the name of the error: each client library has classes of its own.
"""

from __future__ import annotations

import email.utils
import re
import time
from collections.abc import Mapping

from rag.errors import GenerateFailed
from rag.generators.chat_model import KEYS, ModelName, without_keys

LONGEST_WAIT_SECONDS = 30.0
_TRANSIENT = frozenset({408, 409, 425, 429})
_OVERFLOW = ("context length", "context window", "context size", "context_length", "too many tokens", "too long")


class Unfinished(Exception):
    """A stream ended without saying that it was complete."""


def status_of(error: BaseException) -> int | None:
    """The HTTP status behind an error; None where there was no reply, or it is not known."""
    for said in (error, error.__cause__):  # Google's package wraps its client's error and drops the status
        response = getattr(said, "response", None)
        for value in (getattr(said, "status_code", None), getattr(response, "status_code", None), _code(said)):
            if isinstance(value, int):
                return value
    return None


def may_pass(error: BaseException) -> bool:
    """Whether the same request may succeed a little later: busy, broken down, not reached, timed out."""
    from langchain_core.exceptions import ModelError

    if (asked_to_wait(error) or 0) > LONGEST_WAIT_SECONDS:
        return False
    status = status_of(error)
    if status is not None:
        return status in _TRANSIENT or status >= 500
    if isinstance(error, ModelError) and error.is_retryable:
        return True
    return isinstance(error, Unfinished) or _timed_out(error) or _unreached(error)


def asked_to_wait(error: BaseException) -> float | None:
    """Seconds that the reply's `Retry-After` asks for, as a number or a date (RFC 9110, 10.2.3); None without one."""
    headers = getattr(getattr(error, "response", None), "headers", None)
    value = headers.get("retry-after") if isinstance(headers, Mapping) else None
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        date = email.utils.parsedate_tz(value)
        return max(0.0, email.utils.mktime_tz(date) - time.time()) if date else None


def failed(error: BaseException, name: ModelName, *, n_said: int, timeout_seconds: float) -> GenerateFailed:
    """The error to raise for a library's, `n_said` characters into an answer. It holds no key."""
    said = re.sub(r"^Error code: \d+ - ", "", without_keys(" ".join(str(error).split()), name.provider))[:500]
    said += "" if not said or said.endswith((".", "!", "?")) else "."
    reason, hint = _explained(error, name, said=said, timeout_seconds=timeout_seconds)
    if n_said:
        return GenerateFailed(f"The answer of {name} broke off after {n_said} characters: {reason}", hint=hint)
    return GenerateFailed(f"{name} did not answer: {reason}", hint=hint)


def _explained(error: BaseException, name: ModelName, *, said: str, timeout_seconds: float) -> tuple[str, str]:
    """What happened, and what to do now."""
    from langchain_core.exceptions import ContextOverflowError

    status = status_of(error)
    lowered = said.lower()
    if isinstance(error, Unfinished):
        return "the stream ended without its end mark.", "Ask again; if it stays so, look at the server's log."
    if _timed_out(error):
        return f"nothing came for {timeout_seconds:g} seconds.", "Ask again, or allow more time."
    if isinstance(error, ContextOverflowError) or (
        status in (400, 413, 422) and any(word in lowered for word in _OVERFLOW)
    ):
        return f"the prompt is too long. {said}", "Ask with fewer hits or pictures, or a model that takes more."
    match status:
        case 401:
            variables = " or ".join(KEYS.get(name.provider, ("of the provider",)))
            return f"the key was refused (401). {said}", f"Check the environment variable {variables}."
        case 403:
            return (
                f"the key may not use this model (403). {said}",
                "Ask the provider for access, or name another model.",
            )
        case 404:
            return f"there is no such model or address (404). {said}", "Check the model's name and the base URL."
        case 429:
            wait = asked_to_wait(error)
            when = f"Try again in {wait:.0f} seconds" if wait else "Try again later"
            return f"too many requests (429). {said}", f"{when}, or raise the account's limits."
        case int() if status >= 500:
            return f"the server has a fault ({status}). {said}", "Try again later, or look at the server's log."
        case int():
            return f"the request was refused ({status}). {said}", "The provider's message says what it does not take."
    if _unreached(error):
        return f"the server cannot be reached, or hung up. {said}", "Check that it runs, the base URL and the network."
    return said or type(error).__name__, "Check that the base URL is a server of this provider's kind."


def _code(error: BaseException | None) -> int | None:
    """The status that an error inside a stream carries as its `code`."""
    code = str(getattr(error, "code", None))
    return int(code) if code.isdecimal() and len(code) == 3 else None


def _timed_out(error: BaseException) -> bool:
    return isinstance(error, TimeoutError) or any("Timeout" in kind.__name__ for kind in type(error).__mro__)


def _unreached(error: BaseException) -> bool:
    names = ("Connect", "NetworkError", "ProtocolError", "ReadError")
    return any(name in kind.__name__ for kind in type(error).__mro__ for name in names)
