"""Opening a chat model of any provider that LangChain knows: its package, its key, its address and its limits."""

from __future__ import annotations

import importlib
import logging
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from rag.errors import BadSetting, MissingExtra

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

log = logging.getLogger(__name__)

INSTALL = "pip install 'sightline[chat]'"
KEYS: Mapping[str, tuple[str, ...]] = {
    "anthropic": ("ANTHROPIC_API_KEY",),
    "azure_openai": ("AZURE_OPENAI_API_KEY", "OPENAI_API_KEY", "AZURE_OPENAI_AD_TOKEN"),
    "baseten": ("BASETEN_API_KEY",),
    "cohere": ("COHERE_API_KEY", "CO_API_KEY"),
    "deepseek": ("DEEPSEEK_API_KEY",),
    "fireworks": ("FIREWORKS_API_KEY",),
    "google_genai": ("GOOGLE_API_KEY", "GEMINI_API_KEY"),
    "groq": ("GROQ_API_KEY",),
    "mistralai": ("MISTRAL_API_KEY",),
    "nvidia": ("NVIDIA_API_KEY",),
    "openai": ("OPENAI_API_KEY",),
    "openrouter": ("OPENROUTER_API_KEY",),
    "perplexity": ("PPLX_API_KEY", "PERPLEXITY_API_KEY"),
    "together": ("TOGETHER_API_KEY",),
    "upstage": ("UPSTAGE_API_KEY",),
    "xai": ("XAI_API_KEY",),
}
"""The environment variables that may hold a provider's key; the others log in in ways of their own."""
PLACEHOLDER_KEY = "none"
"""A server of one's own seldom wants a key, but OpenAI's client does not start without one."""
UNKNOWN_CONTEXT = 32_000
"""Tokens, of a model that LangChain has no profile of: what models that see commonly take."""
_NAMES: Mapping[str, tuple[str, ...]] = {
    "base_url": ("base_url",),
    "max_retries": ("max_retries",),
    "max_tokens": ("max_tokens", "max_output_tokens", "num_predict"),
    "stream_usage": ("stream_usage",),
    "timeout": ("timeout", "request_timeout"),
}
"""What providers' classes call the same thing, first match wins."""
_ABSENT = "huggingface"
"""LangChain would download this provider's model and run it here; `transformers:` does that without a surprise."""
# OpenAI's newer models refuse `max_tokens`; servers of other models often know no other name for it.
_OF_OPENAI = re.compile(r"(^|/)(gpt-(?!oss)|chatgpt-|o\d)")


@dataclass(frozen=True, slots=True)
class ModelName:
    """A chat model as the settings name it, `PROVIDER:MODEL`; the model may hold colons."""

    provider: str
    model: str

    def __str__(self) -> str:
        return f"{self.provider}:{self.model}"


def parse_name(text: str) -> ModelName:
    """Take `PROVIDER:MODEL` apart.

    Raises: BadSetting if a half is missing or LangChain does not know the provider; MissingExtra without LangChain.
    """
    provider, _, model = text.partition(":")
    providers = _providers()
    if not provider or not model.strip():
        raise BadSetting(f"{text!r} does not name a chat model.", hint="Write PROVIDER:MODEL, as in openai:gpt-4o.")
    if provider not in providers:
        known = ", ".join(sorted(providers))
        raise BadSetting(f"There is no provider of chat models {provider!r}.", hint=f"Providers: {known}.")
    return ModelName(provider, model)


def open_model(name: ModelName, *, base_url: str | None, timeout_seconds: float, most_tokens: int) -> BaseChatModel:
    """Make LangChain's chat model of this name; nothing is sent yet, and the model itself never retries.

    Raises: MissingExtra without the provider's package; BadSetting for a missing key or an impossible address.
    """
    kind = _kind(name)
    accepted = {known for field, info in kind.model_fields.items() for known in (field, info.alias) if known}
    _check_address(name, base_url, accepted)
    # Google's client takes 0 for "as usual", and counts the first attempt.
    max_retries = 1 if name.provider.startswith("google") else 0
    wanted: dict[str, object] = {"max_retries": max_retries, "stream_usage": True, "max_tokens": most_tokens}
    wanted |= {"timeout": timeout_seconds} | ({"base_url": base_url} if base_url else {})
    given = _renamed(wanted, accepted)
    if "timeout" not in given and "request_timeout" not in given:
        if "client_kwargs" in accepted:
            given["client_kwargs"] = {"timeout": timeout_seconds}
        else:
            log.warning("%s has no time limit of its own: a stalled server is waited for.", name)
    if "num_ctx" in accepted:
        # Ollama cuts a prompt off, in silence, at a few thousand tokens unless it is told otherwise.
        given["num_ctx"] = UNKNOWN_CONTEXT
    if name.provider == "openai" and base_url and not _OF_OPENAI.search(name.model):
        given["extra_body"] = {"max_tokens": given.pop("max_tokens")}
    if not any(os.environ.get(variable) for variable in KEYS.get(name.provider, ())) and name.provider in KEYS:
        if name.provider != "openai" or not base_url:
            variables = " or ".join(KEYS[name.provider])
            raise BadSetting(f"There is no key for {name}.", hint=f"Put it into the environment variable {variables}.")
        given["api_key"] = PLACEHOLDER_KEY
    return _made(name, given)


def context_of(model: BaseChatModel) -> int:
    """How many tokens a model takes in and writes, all together."""
    known = getattr(model, "num_ctx", None) or (model.profile or {}).get("max_input_tokens")
    return known if isinstance(known, int) and known > 0 else UNKNOWN_CONTEXT


def without_keys(text: str, provider: str) -> str:
    """A text in which the provider's key, should a server have repeated it, cannot be read."""
    for variable in KEYS.get(provider, ()):
        key = os.environ.get(variable, "")
        if key and key != PLACEHOLDER_KEY:
            text = text.replace(key, "***")
    return text


def _providers() -> Mapping[str, tuple[str, str]]:
    """Package and class of each provider, from LangChain's own registry."""
    try:
        from langchain.chat_models.base import _BUILTIN_PROVIDERS  # there is no public list
    except ImportError as error:
        raise MissingExtra("LangChain is not installed.", hint=INSTALL) from error
    return {provider: row[:2] for provider, row in _BUILTIN_PROVIDERS.items() if provider != _ABSENT}


def _kind(name: ModelName) -> type[BaseChatModel]:
    """The provider's class."""
    module, kind = _providers()[name.provider]
    try:
        found: type[BaseChatModel] = getattr(importlib.import_module(module), kind)
    except ImportError as error:
        package = module.partition(".")[0].replace("_", "-")
        install = INSTALL if package == "langchain-openai" else f"pip install {package}"
        raise MissingExtra(f"{name} needs the package {package}.", hint=install) from error
    return found


def _check_address(name: ModelName, base_url: str | None, accepted: set[str]) -> None:
    gateway = os.environ.get("LANGSMITH_GATEWAY", "").lower()
    if base_url is None:
        if name.provider != "langsmith" and gateway not in ("", "0", "no", "false"):
            # LangChain would send evidence there instead of to the provider that the setting names.
            raise BadSetting(
                f"LANGSMITH_GATEWAY would send what is meant for {name} to another address.",
                hint="Unset it, or name the gateway as the base URL.",
            )
        return
    address = urlsplit(base_url)
    if "base_url" not in accepted:
        raise BadSetting(f"{name} takes no base URL.", hint="Leave it out, or use the provider openai with it.")
    if address.username or address.password:
        raise BadSetting("A base URL must not hold a key or a password.", hint="Put the key into the environment.")
    if address.scheme not in ("http", "https") or not address.hostname:
        raise BadSetting(f"{base_url!r} is no base URL.", hint="Write it as http://127.0.0.1:8000/v1.")


def _renamed(wanted: Mapping[str, object], accepted: set[str]) -> dict[str, Any]:
    """What the class takes, under the names it knows. Any: each has its own type."""
    names = {key: next((name for name in _NAMES[key] if name in accepted), None) for key in wanted}
    return {name: wanted[key] for key, name in names.items() if name}


def _made(name: ModelName, given: Mapping[str, Any]) -> BaseChatModel:
    from langchain.chat_models import init_chat_model

    try:
        made: BaseChatModel = init_chat_model(name.model, model_provider=name.provider, **given)
    except ImportError as error:
        raise MissingExtra(f"{name} needs a package that is missing: {error}", hint=INSTALL) from error
    except Exception as error:  # Whatever a provider's class says about its settings; each has errors of its own.
        said = without_keys(str(error), name.provider)
        raise BadSetting(f"{name} cannot be set up: {said}", hint="See docs/chat.md.") from (
            error if said == str(error) else None
        )
    return made
