"""The list of models, and vectors, asked by the real `openai` package."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import openai as package
import pytest
from openai import OpenAI
from PIL import Image

from rag.encoders.colours import ColourEncoder
from tests.unit.api.openai_compatible.conftest import CHAT, Service
from tests.unit.api.test_search import data_uri

RED = {"image": data_uri(Image.new("RGB", (8, 8), "red"))}


def vectors(openai: OpenAI, given: Any, **how: Any) -> list[list[float]]:  # Any: their types
    placed = openai.embeddings.create(**{"model": "sightline", "input": given, **how})
    assert [one.index for one in placed.data] == list(range(len(placed.data)))
    return [one.embedding for one in placed.data]


def test_there_is_a_model_for_each_collection_and_generator(openai: OpenAI) -> None:
    models = {model.id: model for model in openai.models.list()}
    assert list(models) == [
        f"sightline{where}{who}" for where in ("", "/default", "/towers") for who in ("", "@extractive", f"@{CHAT}")
    ]
    assert {(model.object, model.owned_by) for model in models.values()} == {("model", "sightline")}
    own = (models[f"sightline/towers@{CHAT}"].model_extra or {})["sightline"]
    assert own == {"collection": "towers", "generator": CHAT}


@pytest.mark.parametrize("name", ["sightline", "sightline/towers", f"sightline@{CHAT}", f"sightline/towers@{CHAT}"])
def test_a_model_is_shown_by_its_name(openai: OpenAI, name: str) -> None:
    assert openai.models.retrieve(name).id == name


@pytest.mark.parametrize("name", ["gpt-4o", "sightline/nowhere", "sightline@nobody", "sightline/", "colours"])
def test_a_name_of_no_model_is_unknown(openai: OpenAI, name: str) -> None:
    with pytest.raises(package.NotFoundError) as refused:
        openai.models.retrieve(name)
    assert (refused.value.code, refused.value.param) == ("unknown_model", "model")


def test_texts_are_placed_as_the_encoder_places_them(openai: OpenAI) -> None:
    texts = ["a red lamp", "the blue sea"]
    expected = ColourEncoder().encode_texts(texts)
    assert np.allclose(vectors(openai, texts), expected)
    assert np.allclose(vectors(openai, texts, encoding_format="float"), expected)
    assert np.allclose(vectors(openai, texts[0], model="colours"), expected[:1])


def test_base64_holds_float32(served: Service, openai: OpenAI) -> None:
    placed = openai.embeddings.create(model="sightline", input="a red lamp", encoding_format="base64")
    written: Any = placed.data[0].embedding  # Any: their type says a list
    assert np.array_equal(np.frombuffer(base64.b64decode(written), "<f4"), ColourEncoder().encode_texts(["red"])[0])


def test_pictures_are_placed_among_texts(openai: OpenAI) -> None:
    placed = np.array(vectors(openai, ["blue", RED, "red"]))
    assert placed[1] @ placed[2] == pytest.approx(1)
    assert placed[1] @ placed[0] == pytest.approx(0)
    assert np.allclose(vectors(openai, RED), placed[1:2])


def test_the_encoder_and_the_tokens_are_told(openai: OpenAI) -> None:
    placed = openai.embeddings.create(model="sightline", input=["four", "more than four"], dimensions=12)
    assert (placed.model, placed.object, len(placed.data[0].embedding)) == ("colours", "list", 12)
    assert placed.usage.prompt_tokens == placed.usage.total_tokens == 1 + 4


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"input": [[1, 2, 3]]}, "check_embedding_ctx_length=False"),
        ({"input": [1, 2, 3]}, "tokens cannot be read"),
        ({"input": []}, "at least 1 item"),
        ({"input": ""}, "at least 1 character"),
        ({"input": ["x" * 32_769]}, "at most 32768 characters"),
        ({"input": ["x" * 32_768] * 37}, "too many at once"),
        ({"input": [None]}, "input.0"),
        ({"input": [{"image": "https://example.org/a.png"}]}, "not a picture's data URI"),
        ({"input": [{"image": RED["image"], "box": [0, 0, 1, 1]}]}, "There is no such field"),
        ({"input": "red", "dimensions": 8}, "vectors of 12 numbers"),
        ({"input": "red", "encoding_format": "int8"}, "encoding_format"),
    ],
)
def test_what_cannot_be_placed_is_named(openai: OpenAI, how: Any, said: str) -> None:
    with pytest.raises(package.BadRequestError) as refused:
        openai.embeddings.create(model="sightline", **how)
    assert said in str(refused.value)
    assert refused.value.code == "bad_request"


def test_an_encoder_that_the_store_was_not_made_with_is_unknown(openai: OpenAI) -> None:
    with pytest.raises(package.NotFoundError, match="colours"):
        openai.embeddings.create(model="text-embedding-3-small", input="red")
