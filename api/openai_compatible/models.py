"""The list of models: one for each place and each generator that can be asked."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from api.engine import OfEngine
from api.openai_compatible.errors import OpenAIRoute, failures
from api.openai_compatible.names import Model, every_model, model_named, unknown
from api.openai_compatible.wire import ModelJson, ModelsJson
from rag.engine import Engine

router = APIRouter(prefix="/v1/models", tags=["openai"], route_class=OpenAIRoute)

NOT_KEPT = 0
"""For the time when a model was made, which OpenAI's clients want as a number."""


@router.get("", operation_id="list_models", responses=failures("store_not_found"))
def list_models(engine: OfEngine) -> ModelsJson:
    """List what can be asked, as OpenAI's clients read it: `sightline`, and a model for each collection and generator."""
    models = every_model(_collections(engine), engine.settings.generators)
    return {"object": "list", "data": [_model_json(model) for model in models]}


@router.get("/{model:path}", operation_id="show_model", responses=failures("unknown_model", "store_not_found"))
def show_model(
    engine: OfEngine, model: Annotated[str, Path(description="Its name, as in the list; it may hold slashes.")]
) -> ModelJson:
    """Show one model by its name."""
    found = model_named(model, engine.settings.generators)
    if found.collection is not None and found.collection not in _collections(engine):
        raise unknown(model, engine.settings.generators)
    return _model_json(found)


def _collections(engine: Engine) -> list[str]:
    return [collection.name for collection in engine.collections()]


def _model_json(model: Model) -> ModelJson:
    return {
        "id": model.name,
        "object": "model",
        "created": NOT_KEPT,
        "owned_by": "sightline",
        "sightline": {"collection": model.collection, "generator": model.generator},
    }
