"""Collections: listed, told how they are asked, deleted."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query

from api.engine import OfEngine
from api.openapi import problems
from api.schemas import COLLECTION_EXAMPLES, CollectionBody
from rag.errors import BadRequest
from rag.to_wire import collection_json
from rag.wire import CollectionJson, CollectionsJson

router = APIRouter(prefix="/v1/collections", tags=["documents"])


@router.get("", operation_id="list_collections", responses=problems("store_not_found"))
def list_collections(engine: OfEngine) -> CollectionsJson:
    """List the collections with what each holds, by name."""
    return {"collections": [collection_json(collection) for collection in engine.collections()]}


@router.put("/{collection}", operation_id="set_collection", responses=problems("unreadable_body", "store_not_found"))
def set_collection(
    engine: OfEngine, collection: str, body: Annotated[CollectionBody, Body(openapi_examples=COLLECTION_EXAMPLES)]
) -> CollectionJson:
    """Say how a collection is asked where a request names it alone and says nothing else; it need hold nothing yet."""
    return collection_json(engine.set_collection(collection, route=body.route, generator=body.generator))


@router.delete(
    "/{collection}", operation_id="delete_collection", responses=problems("unknown_collection", "store_not_found")
)
def delete_collection(
    engine: OfEngine,
    collection: str,
    confirm: Annotated[str, Query(description="The collection's name once more, as a confirmation.")] = "",
) -> CollectionJson:
    """Delete a collection with its settings, and the documents that lie in no other; answer what it was."""
    if confirm != collection:
        raise BadRequest(
            f"confirm: Deleting {collection!r} deletes every document that lies in no other collection.",
            hint=f"Say that it is meant: ?confirm={collection}",
        )
    return collection_json(engine.delete_collection(collection))
