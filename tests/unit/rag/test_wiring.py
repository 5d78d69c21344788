"""Every kind of model that a setting may name is made by a class that takes what the table hands it."""

from __future__ import annotations

import inspect
from importlib import import_module

import pytest

from rag import wiring
from rag.encoders.colours import ColourEncoder
from rag.errors import BadSetting
from rag.settings import Settings, load_settings

ALL = (*wiring.ENCODERS, *wiring.LATE, *wiring.GENERATORS, *wiring.RERANKERS)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.kind)
def test_a_kind_hands_its_class_what_it_takes_from_settings_that_are_there(kind: wiring.Kind) -> None:
    module, _, name = kind.made_by.rpartition(".")
    takes = inspect.signature(getattr(import_module(module), name)).parameters
    assert set(kind.takes) <= set(takes)
    assert set(kind.takes.values()) <= {*Settings.model_fields, "encoder"}
    assert kind.takes_a_model == ("model" in takes)


@pytest.mark.parametrize("kinds", [wiring.ENCODERS, wiring.GENERATORS, wiring.CAPTIONERS, wiring.RERANKERS])
def test_no_two_kinds_of_a_role_go_by_one_name(kinds: tuple[wiring.Kind, ...]) -> None:
    assert len({kind.kind for kind in kinds}) == len(kinds)


def test_a_name_makes_its_model() -> None:
    assert isinstance(wiring.open_encoder("colours", load_settings()), ColourEncoder)


@pytest.mark.parametrize("name", ["colors", "colours:bright", "open_clip", "open_clip:", "", ":x"])
def test_a_name_of_no_kind_is_refused_with_all_forms(name: str) -> None:
    with pytest.raises(BadSetting, match="There is no encoder") as caught:
        wiring.open_encoder(name, load_settings())
    assert caught.value.hint == (
        "Encoders: builtin, open_clip:MODEL/TAG, open_clip:local-dir:DIR, text:NAME_OR_DIR, colours."
    )


def test_a_late_interaction_model_named_as_encoder_is_sent_to_its_own_setting() -> None:
    with pytest.raises(BadSetting, match="is no encoder") as caught:
        wiring.open_encoder("late:colpali", load_settings())
    assert "--late late:colpali" in caught.value.hint
