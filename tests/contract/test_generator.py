"""What every generator keeps: those that quote, and models here and over the network that write."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from PIL import Image

from rag.encoders.builtin import BuiltinEncoder
from rag.generators.chat import ChatGenerator
from rag.generators.extractive import ExtractiveGenerator
from rag.generators.transformers import TransformersGenerator
from rag.prompt import build_prompt
from rag.protocols import Captioner, Generator
from rag.types import Usage
from tests.chat_server import Reply, chat_server
from tests.evidence import hit, table
from tests.tiny_vlms import tiny_vlm as tiny_vlm

TinyVlm = Callable[[str], Path]
HITS = [
    hit("The tower has 168 steps. The keeper lit the lamp in 1874."),
    table("Visitors by year", "Year | Visitors | Donations", "2023 | 8,900 | 310", "2024 | 9,412 | 287", rank=2),
    hit("Figure 3: Storms by month", rank=3, modality="image", media="m" * 64),
]
RED = Image.new("RGB", (40, 40), "red")


@pytest.fixture(
    scope="module", params=["words", "words and meaning", "chat", "transformers", "transformers, one picture"]
)
def generator(request: pytest.FixtureRequest, tiny_vlm: TinyVlm) -> Iterator[Generator]:
    with ExitStack() as stack:
        match request.param:
            case "words":
                yield ExtractiveGenerator()
            case "words and meaning":
                yield ExtractiveGenerator(BuiltinEncoder())
            case "chat":
                server = stack.enter_context(chat_server(Reply("The tower has ", "168 steps [1].")))
                yield ChatGenerator("openai:scripted", base_url=server.url)
            case "transformers":
                yield TransformersGenerator(str(tiny_vlm("qwen2_5_vl")), most_tokens=16)
            case _:
                yield TransformersGenerator(str(tiny_vlm("blip-vqa")), most_tokens=16)


def say(generator: Generator, question: str, tell: Callable[[Usage], None] = lambda _: None) -> list[str]:
    prompt = build_prompt(question, HITS, budget=generator.budget, pictures=lambda _: [RED])
    return list(generator.generate(prompt, tell))


def test_it_is_a_generator(generator: Generator) -> None:
    assert isinstance(generator, Generator)
    assert generator.name
    assert generator.instructed in (True, False)


def test_it_says_what_it_takes_in(generator: Generator) -> None:
    budget = generator.budget
    assert budget.tokens > 0
    assert (budget.images > 0) == (budget.pixels > 0) == (budget.tokens_per_image > 0)
    assert budget.count("") == 0
    assert 0 < budget.count("The tower") <= budget.count("The tower has 168 steps.")


def test_it_says_the_same_twice(generator: Generator) -> None:
    question = "How many steps does the tower have?"
    assert "".join(say(generator, question)) == "".join(say(generator, question)) != ""


def test_no_piece_is_empty(generator: Generator) -> None:
    assert all(say(generator, "How many steps does the tower have?"))


def test_it_tells_once_what_it_took(generator: Generator) -> None:
    told: list[Usage] = []
    say(generator, "How many steps does the tower have?", told.append)
    assert len(told) == 1


def test_closing_stops_it_and_leaves_it_fit_for_the_next_question(generator: Generator) -> None:
    prompt = build_prompt(
        "How many steps does the tower have?", HITS, budget=generator.budget, pictures=lambda _: [RED]
    )
    before = threading.active_count()
    pieces = generator.generate(prompt)
    assert next(pieces)
    pieces.close()  # type: ignore[attr-defined]  # every one of them is a generator of Python's
    assert threading.active_count() <= before + 1  # a connection's own thread may take a moment to end
    assert say(generator, "How many steps does the tower have?")


def test_a_captioner_describes_each_picture_in_order(generator: Generator) -> None:
    if not isinstance(generator, Captioner):
        pytest.skip("it quotes and does not look")
    assert generator.caption([]) == []
    blue = Image.new("RGB", (40, 40), "blue")
    alone = [generator.caption([image])[0] for image in (RED, blue)]
    assert generator.caption([RED, blue]) == alone
