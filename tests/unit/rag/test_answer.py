"""The story of a question, with the generator that ships."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag.answer import answer
from rag.generators.extractive import ExtractiveGenerator
from rag.protocols import Tell, tell_nobody
from rag.types import Answer, Budget, Hit, Prompt
from tests.evidence import hit


class SaidGenerator:
    """Says what it was given to say."""

    name = "said"
    budget = Budget()
    instructed = True

    def __init__(self, *pieces: str) -> None:
        self._pieces = pieces

    def generate(self, prompt: Prompt, tell: Tell = tell_nobody) -> Iterator[str]:
        yield from self._pieces


def ask(question: str, hits: Sequence[Hit], *pieces: str) -> Answer:
    return answer(question, search=lambda: hits, generator=SaidGenerator(*pieces) if pieces else ExtractiveGenerator())


def test_every_sentence_of_an_answer_is_cited() -> None:
    found = ask("How many steps has the tower?", [hit("The tower is white. The tower has 168 steps. The sea is cold.")])
    assert found.answerable
    assert found.text == "The tower has 168 steps. [1]"
    assert [citation.quote for citation in found.citations] == ["The tower has 168 steps."]
    assert found.model == "extractive"
    assert set(found.seconds) == {"search", "prompt", "generate", "cite", "total"}


def test_a_question_without_support_abstains_and_shows_the_nearest_evidence() -> None:
    hits = [hit("The tower is white.")]
    found = ask("What is the capital of Peru?", hits)
    assert not found.answerable
    assert found.citations == ()
    assert found.hits == tuple(hits)
    assert "does not answer" in found.text


def test_no_hits_abstain() -> None:
    assert not ask("Anything?", []).answerable


def test_an_answer_that_names_only_invented_evidence_is_none() -> None:
    assert not ask("?", [hit("The tower is white.")], "The tower is ", "black [7].").answerable


def test_pictures_come_back_cited_ones_first_then_those_of_a_cited_page() -> None:
    hits = [
        hit("The tower", page=1),
        hit("beside", rank=2, page=1, modality="image", media="a" * 64),
        hit("cited", rank=3, page=2, modality="image", media="b" * 64),
        hit("elsewhere", rank=4, page=9, modality="image", media="c" * 64),
        hit("a whole page", rank=5, page=1, modality="page", media="e" * 64),
    ]
    found = ask("?", hits, "The tower [1]. cited [3].")
    assert [one.element.media for one in found.images] == ["b" * 64, "a" * 64]
