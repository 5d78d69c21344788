"""Whoever wants to know hears of every stage, how long it took and how it ended."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from PIL import Image

from rag.encoders.colours import ColourEncoder
from rag.errors import GenerateFailed
from rag.stages import HeardEncoder, Stage, Stages
from rag.types import Answer, AnswerEvent, Delta, Done, Sources

DONE = Done(Answer("?", "Red.", True, (), (), (), "m", {}))


@pytest.fixture
def heard() -> list[Stage]:
    return []


@pytest.fixture
def stages(heard: list[Stage]) -> Stages:
    made = Stages()
    made.listen(heard.append)
    return made


def test_a_stage_is_told_when_it_has_ended(stages: Stages, heard: list[Stage]) -> None:
    before = time.time_ns()
    with stages.stage("search", text="red", route="fused") as going:
        going.n = 3
        assert heard == []
    (stage,) = heard
    assert (stage.name, stage.about, stage.n, stage.text, stage.failed) == ("search", {"route": "fused"}, 3, "red", "")
    assert before <= stage.began_ns <= time.time_ns()
    assert 0 < stage.seconds < 60


@pytest.mark.parametrize(
    ("error", "code"), [(GenerateFailed("It broke off."), "generate_failed"), (ValueError("?"), "internal_error")]
)
def test_a_stage_that_fails_is_told_by_its_code(
    stages: Stages, heard: list[Stage], error: Exception, code: str
) -> None:
    with pytest.raises(type(error)), stages.stage("rerank", reranker="cross:x"):
        raise error
    assert [(stage.name, stage.failed) for stage in heard] == [("rerank", code)]


def test_every_listener_hears_and_none_is_needed(heard: list[Stage]) -> None:
    stages = Stages()
    with stages.stage("encode"):
        pass
    others: list[Stage] = []
    stages.listen(heard.append)
    stages.listen(others.append)
    with stages.stage("encode"):
        pass
    assert heard == others
    assert len(heard) == 1


class Told:
    """Events of an answer that know whether they were let go of."""

    def __init__(self, *events: AnswerEvent | Exception) -> None:
        self.events = events
        self.closed = False

    def __call__(self) -> Iterator[AnswerEvent]:
        try:
            for event in self.events:
                if isinstance(event, Exception):
                    raise event
                yield event
        finally:
            self.closed = True


def test_generating_lies_between_the_sources_and_the_end(stages: Stages, heard: list[Stage]) -> None:
    told = Told(Sources(()), Delta("Red."), DONE)
    events = stages.generating(told(), model="m")
    assert next(events) == Sources(())
    assert next(events) == Delta("Red.")
    assert heard == []
    assert list(events) == [DONE]
    assert [(stage.name, stage.about, stage.failed) for stage in heard] == [("generate", {"model": "m"}, "")]
    assert told.closed


def test_whoever_leaves_before_the_end_stops_the_model_and_is_told_of(stages: Stages, heard: list[Stage]) -> None:
    told = Told(Sources(()), Delta("Red."), DONE)
    events = stages.generating(told(), model="m")
    next(events)
    next(events)
    events.close()  # type: ignore[attr-defined]
    assert told.closed
    assert [stage.failed for stage in heard] == ["left"]


def test_a_model_that_breaks_off_is_told_of(stages: Stages, heard: list[Stage]) -> None:
    events = stages.generating(Told(Sources(()), GenerateFailed("It broke off."))(), model="m")
    with pytest.raises(GenerateFailed):
        list(events)
    assert [stage.failed for stage in heard] == ["generate_failed"]


def test_a_question_that_never_came_to_its_sources_generated_nothing(stages: Stages, heard: list[Stage]) -> None:
    with pytest.raises(GenerateFailed):
        list(stages.generating(Told(GenerateFailed("No."))(), model="m"))
    assert heard == []


def test_batches_of_an_encoder_are_told_and_empty_ones_are_none(stages: Stages, heard: list[Stage]) -> None:
    encoder = HeardEncoder(ColourEncoder(), stages)
    encoder.encode_texts(["red", "blue"])
    encoder.encode_images([Image.new("RGB", (4, 4), "red")])
    encoder.encode_texts([])
    encoder.split("red")
    assert [(stage.about, stage.n) for stage in heard] == [
        ({"encoder": "colours", "kind": "text"}, 2),
        ({"encoder": "colours", "kind": "image"}, 1),
    ]
