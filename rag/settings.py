"""The settings: built once, frozen, passed in. Building them loads nothing.

Order: command-line flag, then `SIGHTLINE_*` in the environment, then `sightline.toml` in the working directory, then
`sightline/sightline.toml` in the user's configuration folder, then the default. An unknown key is an error.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from rag.errors import BadSetting
from rag.types import Modality, Route

PREFIX = "SIGHTLINE_"


def _names(value: object) -> object:
    return tuple(name.strip() for name in value.split(",") if name.strip()) if isinstance(value, str) else value


class Settings(BaseSettings):
    """Everything that a person may set."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    store: Path = Field(Path(".sightline"), description="Folder of the store.")
    encoders: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names)] = Field(
        (),
        description="Models that place text and pictures, separated by commas; empty takes those that the store was made"
        " with, `builtin` for a new one. `builtin`, `open_clip:MODEL/TAG`,"
        " `open_clip:local-dir:DIR`, `text:NAME_OR_DIR`.",
    )
    late: str = Field(
        "",
        description="Late-interaction model that also finds pages by their pictures, `late:NAME_OR_DIR`; empty takes the one"
        " that the store was made with, none for a new one.",
    )
    route: Route = Field(
        "fused",
        description="How pictures are found: `shared` (by their vectors in the space they share with words), `caption` (by what"
        " is written about and in them), `fused` (both, and BM25).",
    )
    generators: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names)] = Field(
        ("extractive",),
        min_length=1,
        description="Models that write answers, separated by commas: the first, unless a question names another of them."
        " `extractive`, `transformers:NAME_OR_DIR`, `chat:PROVIDER:MODEL`.",
    )
    reranker: str = Field(
        "",
        description="Model that reads the best hits once more beside the question: `cross:NAME_OR_DIR`, `vlm:NAME_OR_DIR`;"
        " empty for none.",
    )
    rerank_seconds: float = Field(2.0, gt=0, description="Longest time for that; what is not reached keeps its order.")
    rerank_depth: int = Field(50, ge=1, le=1_000, description="How many of the best hits it reads.")
    variety: float = Field(
        0.0, ge=0, le=1, description="How far hits that say what better ones say already fall back; 0 leaves them."
    )
    captioner: str = Field(
        "",
        description="Model that describes pictures when they are ingested: `transformers:NAME_OR_DIR`, `chat:PROVIDER:MODEL`;"
        " empty for none.",
    )
    caption_of: Annotated[tuple[Modality, ...], NoDecode, BeforeValidator(_names)] = Field(
        ("image",), description="What the captioner describes, separated by commas: `image`, `table`, `page`."
    )
    chat_base_url: str | None = Field(
        None,
        description="Address of an OpenAI-compatible server for `chat:openai:MODEL`, like `http://localhost:8000/v1`.",
    )
    answer_tokens: int = Field(1_024, ge=16, description="Longest answer of a model, in tokens.")
    stall_seconds: float = Field(300.0, gt=0, description="Longest silence of a model that is writing an answer.")
    bits: Literal[4, 8, 16] = Field(16, description="Bits per weight of a local model; 4 and 8 need bitsandbytes.")
    device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="Where models run.")
    allow_download: bool = Field(False, description="Let model weights be fetched from a hub.")
    ocr: bool = Field(True, description="Read text in pictures and scanned pages, where the extra `ocr` is installed.")
    workers: int = Field(0, ge=0, le=64, description="Processes that read files; 0 takes one per core, four at most.")
    step_seconds: float = Field(60.0, gt=0, description="Longest time between two elements of a file being read.")
    max_file_mb: int = Field(512, ge=1, description="Largest file that is read, in MiB.")
    max_pages: int = Field(5_000, ge=1, description="Longest document that is read, in pages.")
    max_pixels: int = Field(178_956_970, ge=1, description="Largest picture that is decoded, in pixels.")
    memory_mb: int = Field(4_096, ge=512, description="Address space of each reading process, in MiB.")
    host: str = Field("127.0.0.1", description="Address that `sightline serve` listens on.")
    port: int = Field(8321, ge=0, le=65_535, description="Port that `sightline serve` listens on; 0 takes a free one.")
    key: str | None = Field(None, description="Key that clients must send; needed for any address but loopback.")
    ingest_roots: Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_names)] = Field(
        (),
        description="Folders that `POST /v1/ingest` may read, separated by commas; empty lets it read none.",
    )
    max_upload_mb: int = Field(256, ge=1, description="Largest upload, in MiB.")
    public_url: str = Field(
        "",
        pattern=r"^(https?://\S+)?$",
        description="Where people's browsers reach the service, like `https://library.example.org`, for the links in answers;"
        " empty takes the address that a request came to.",
    )
    log_format: Literal["text", "json"] = Field("text", description="How the service writes its log: `text` or `json`.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info",
        description="What of the service's log is written, and anything graver: `debug`, `info`, `warning`, `error`.",
    )
    log_questions: bool = Field(False, description="Write what people ask and search for into the log.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Say where values come from, first come first served."""
        return (
            init_settings,
            env_settings,
            *(TomlConfigSettingsSource(settings_cls, file) for file in settings_files()),
        )


def settings_files() -> tuple[Path, Path]:
    """Where settings are read from, if there is such a file: the working directory first, then the user's folder."""
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return Path("sightline.toml"), home / "sightline" / "sightline.toml"


def load_settings(**flags: Any) -> Settings:  # Any: each flag has its own type, which pydantic checks
    """Build the settings; a flag that is None was not given.

    Raises: BadSetting if a key is unknown or a value impossible; the message names it and the known keys or the bounds.
    """
    unknown = sorted(
        name
        for name in os.environ
        if name.startswith(PREFIX) and name[len(PREFIX) :].lower() not in Settings.model_fields
    )
    if unknown:
        raise BadSetting(f"Unknown setting {unknown[0]} in the environment.", hint=_known())
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise BadSetting(f"Unknown setting {name!r}.", hint=_known()) from error
        raise BadSetting(
            f"The setting {name!r} cannot be {first['input']!r}: {first['msg']}.", hint="See: sightline config show"
        ) from error
    except ValueError as error:  # a TOML file that cannot be parsed
        raise BadSetting(f"A settings file cannot be read: {error}.", hint="Look at sightline.toml.") from error


def origins(**flags: object) -> dict[str, str]:
    """Where the value of each setting comes from: `flag`, the variable's name, the file's path, or `default`.

    Raises: BadSetting as `load_settings`.
    """
    load_settings(**flags)
    found = dict.fromkeys(Settings.model_fields, "default")
    for path in reversed(settings_files()):
        found |= dict.fromkeys(TomlConfigSettingsSource(Settings, path)(), str(path.absolute()))
    found |= {name: f"{PREFIX}{name.upper()}" for name in EnvSettingsSource(Settings)()}
    return found | {name: "flag" for name, value in flags.items() if value is not None}


def _known() -> str:
    return f"Known settings: {', '.join(sorted(Settings.model_fields))}."
