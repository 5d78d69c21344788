"""What the files of a sentence-transformers folder say about making one vector of a text.

https://sbert.net/docs/sentence_transformer/usage/custom_models.html describes the files. A folder without them is a plain
transformers model and takes the mean.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rag.errors import BadSetting, ModelNotFound

Pooling = Literal["mean", "cls", "max", "lasttoken"]
_POOLINGS: tuple[Pooling, ...] = ("mean", "cls", "max", "lasttoken")
_OLD_NAMES: dict[str, Pooling] = {
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_lasttoken": "lasttoken",
}


@dataclass(frozen=True, slots=True)
class Recipe:
    """How token vectors become a text's vector."""

    pooling: Pooling = "mean"
    dense: tuple[Path, ...] = ()
    """Folders of layers between pooling and the vector, in order."""
    prefix: str = ""
    """What stands before every text: the prompt that the model names as its default."""
    max_tokens: int | None = None
    """Tokens that the model was trained to read, special ones counted; None where the folder does not say."""
    lower_case: bool = False

    def describe(self) -> str:
        """The recipe in words, for a fingerprint."""
        parts = [f"{self.pooling} of tokens"]
        parts += [f"dense {place.name}" for place in self.dense]
        parts += [f"prefix {self.prefix!r}"] if self.prefix else []
        parts += ["lower case"] if self.lower_case else []
        return "; ".join(parts)


def read_recipe(folder: Path) -> Recipe:
    """Read the files of a sentence-transformers folder; the default recipe where there are none.

    Raises: ModelNotFound if a file is not JSON; BadSetting if it asks for a module or a pooling that is not built here.
    """
    modules = _json(folder / "modules.json", default=[])
    pooling: Pooling = "mean"
    dense: list[Path] = []
    home = folder
    for module in modules:
        kind = str(module["type"]).rpartition(".")[2]
        place = folder / module["path"]
        match kind:
            case "Transformer":
                home = place
            case "Pooling":
                pooling = _pooling(_json(place / "config.json", default={}), place)
            case "Dense":
                dense.append(place)
            case "Normalize" | "Dropout":
                pass  # every row is normalised at the end, and nothing is dropped when not training
            case _:
                raise BadSetting(
                    f"The model in {folder} has a module {kind!r}, which Sightline does not know.",
                    hint="Known modules: Transformer, Pooling, Dense, Normalize. Take another model.",
                )
    if home.resolve() != folder.resolve():
        raise BadSetting(
            f"The model in {folder} keeps its transformer in {home}.", hint=f"Name that folder: text:{home}"
        )
    sentence = _json(folder / "sentence_bert_config.json", default={})
    prompts = _json(folder / "config_sentence_transformers.json", default={})
    return Recipe(
        pooling=pooling,
        dense=tuple(dense),
        prefix=(prompts.get("prompts") or {}).get(prompts.get("default_prompt_name") or "", ""),
        max_tokens=sentence.get("max_seq_length"),
        lower_case=bool(sentence.get("do_lower_case", False)),
    )


def _pooling(config: dict[str, Any], folder: Path) -> Pooling:  # Any: a foreign file
    wanted = {str(config["pooling_mode"])} if "pooling_mode" in config else set()
    wanted |= {_OLD_NAMES.get(key, key) for key, on in config.items() if key.startswith("pooling_mode_") and on is True}
    for pooling in _POOLINGS:
        if wanted == {pooling}:
            return pooling
    raise BadSetting(
        f"{folder} asks for the pooling {', '.join(sorted(wanted)) or 'of an unknown kind'}.",
        hint=f"Built here: {', '.join(_POOLINGS)}, one at a time. Take another model.",
    )


def _json(path: Path, *, default: Any) -> Any:  # Any: a foreign file
    if not path.is_file():
        return default
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelNotFound(f"{path} is not JSON: {error}.", hint="Fetch the model again.") from error
