"""The story of a question: with the generator that ships, and with models that behave well and badly."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence

import pytest
from PIL import Image

from rag.answer import Asked, answer, whole
from rag.errors import BadRequest, GenerateFailed, SchemaMismatch
from rag.generators.extractive import ExtractiveGenerator
from rag.protocols import Generator
from rag.types import Answer, AnswerEvent, Budget, Cited, Delta, Done, Hit, JsonValue, Sources, Turn
from tests.evidence import hit, table
from tests.scripted import ScriptedGenerator

TOWER = hit("The tower is white. The tower has 168 steps. The sea is cold.")
VISITORS = table("Year | Visitors", "2023 | 8,900", "2024 | 9,412", rank=2)
HITS = [TOWER, VISITORS]


def events(asked: str | Asked, hits: Sequence[Hit], generator: Generator, **more: object) -> Iterator[AnswerEvent]:
    asked = Asked(asked) if isinstance(asked, str) else asked
    return answer(asked, search=lambda _: hits, generator=generator, **more)  # type: ignore[arg-type]


def ask(question: str, hits: Sequence[Hit], *pieces: str) -> Answer:
    return whole(events(question, hits, ScriptedGenerator(pieces) if pieces else ExtractiveGenerator()))


# An answer


def test_every_sentence_of_an_answer_is_cited() -> None:
    found = ask("How many steps has the tower?", [TOWER])
    assert found.answerable
    assert found.text == "The tower has 168 steps. [1]"
    assert [citation.quote for citation in found.citations] == ["The tower has 168 steps."]
    assert [sentence.support for sentence in found.sentences] == ["supported"]
    assert found.model == "extractive"
    assert set(found.seconds) == {"search", "prompt", "first_token", "generate", "total"}


def test_a_question_without_support_abstains_and_shows_the_nearest_evidence() -> None:
    found = ask("What is the capital of Peru?", [TOWER])
    assert not found.answerable
    assert found.citations == ()
    assert found.hits == (TOWER,)
    assert "does not answer" in found.text


def test_no_hits_abstain() -> None:
    assert not ask("Anything?", []).answerable


def test_evidence_that_is_not_relevant_abstains_without_asking_the_generator() -> None:
    generator = ScriptedGenerator(["The tower has 168 steps [1]."])
    found = whole(events("?", HITS, generator, is_relevant=lambda _: False))
    assert (found.answerable, found.hits, generator.prompts) == (False, tuple(HITS), [])


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


def test_what_did_not_fit_the_budget_is_counted() -> None:
    hits = [hit(f"{rank} " + "word " * 30, rank=rank) for rank in (1, 2, 3, 4, 5)]
    generator = ScriptedGenerator(["?"], budget=Budget(tokens=260, count=lambda text: len(text.split())))
    found = whole(events("?", hits, generator))
    assert found.left_out == 5 - len(generator.prompts[0].evidence)
    assert 0 < found.left_out < 5


def test_a_generator_that_sees_is_shown_the_pictures() -> None:
    generator = ScriptedGenerator(["It is red [1]."], budget=Budget(images=2, pixels=100))
    whole(events("?", HITS, generator, pictures=lambda one: [Image.new("RGB", (50, one.rank))]))
    assert [image.size for one in generator.prompts[0].evidence for image in one.images] == [(50, 1), (50, 2)]


# While it is written


def test_events_come_while_the_answer_is_written_sources_first_and_the_whole_answer_last() -> None:
    generator = ScriptedGenerator(
        ["The tower ", "has 168 st", "eps [", "1]. It was ", "visited by 9,412 in 2024 [2]", "."]
    )
    told = list(events("?", HITS, generator))
    assert isinstance(told[0], Sources)
    assert [one.number for one in told[0].evidence] == [1, 2]
    assert [type(one) for one in told[1:]] == [Delta, Delta, Delta, Delta, Cited, Delta, Delta, Cited, Done]
    text = "".join(one.text for one in told if isinstance(one, Delta))
    assert text == whole(iter(told)).text == "The tower has 168 steps [1]. It was visited by 9,412 in 2024 [2]."


def test_closing_the_events_stops_the_generator() -> None:
    def endless(_: object) -> Iterator[str]:
        while True:
            time.sleep(0.01)
            yield "word "

    generator = ScriptedGenerator(endless)  # type: ignore[arg-type]  # a script may have no end
    told = events("?", HITS, generator)
    assert isinstance(next(told), Sources)
    assert isinstance(next(told), Delta)
    told.close()  # type: ignore[attr-defined]
    assert generator.stopped.wait(2)


def test_what_an_answer_took_is_told() -> None:
    found = ask("?", HITS, "One ", "two ", "three.")
    assert (found.usage.tokens_in, found.usage.tokens_out) == (2, 3)
    assert 0 <= found.seconds["first_token"] <= found.seconds["generate"] <= found.seconds["total"]


# Models that behave badly


def test_invented_evidence_is_removed_and_told() -> None:
    found = ask("?", HITS, "The tower has 168 steps [1, 7]. It ", "has a bell [12", "]. ", "It is old 【evidence 99】.")
    assert found.text == "The tower has 168 steps [1]. It has a bell. It is old."
    assert found.invented == (7, 12, 99)
    assert [sentence.support for sentence in found.sentences] == ["supported", "uncited", "uncited"]


def test_an_answer_that_names_only_invented_evidence_is_none() -> None:
    found = ask("?", [TOWER], "The lamp is ", "black [7].")
    assert not found.answerable
    assert "black" not in found.text
    assert found.sentences[0].text == "The lamp is black."


def test_a_misquoted_number_is_caught_and_what_is_right_stands() -> None:
    found = ask("?", HITS, "The tower has 186 steps [1]. In 2024 9,412 came [2].")
    assert found.answerable
    assert [(one.support, one.missing) for one in found.sentences] == [("unsupported", ("186",)), ("supported", ())]
    assert [citation.number for citation in found.citations] == [2]


def test_an_answer_of_which_nothing_survives_the_check_abstains() -> None:
    found = ask("?", HITS, "The tower has 186 steps [1].")
    assert (found.answerable, found.citations) == (False, ())
    assert found.sentences[0].missing == ("186",)


@pytest.mark.parametrize("said", ["NO ANSWER", "NO ANSWER.", "no answer", "**NO ANSWER**", "", "   \n", "..."])
def test_a_model_that_says_nothing_or_that_it_has_no_answer_abstains(said: str) -> None:
    told = list(events("?", HITS, ScriptedGenerator(list(said) or [""])))
    found = whole(iter(told))
    assert not found.answerable
    assert found.hits == tuple(HITS)
    assert not any(isinstance(one, Delta) and "ANSWER" in one.text.upper() for one in told)


def test_a_model_that_says_nothing_at_all_abstains() -> None:
    assert not whole(events("?", HITS, ScriptedGenerator([]))).answerable


def test_an_answer_in_another_form_is_understood() -> None:
    found = ask("?", HITS, "**Answer:**\n\n- The tower has 168 steps (Evidence 1)\n- 9,412 people came in 2024 [^2]\n")
    assert [one.numbers for one in found.sentences][-2:] == [(1,), (2,)]
    assert found.answerable


def test_an_answer_without_any_numbers_is_cited_where_a_text_says_it() -> None:
    found = ask("?", HITS, "The tower has 168 steps.")
    assert [citation.number for citation in found.citations] == [1]


def test_what_a_model_thinks_before_it_answers_is_no_part_of_the_answer() -> None:
    pieces = ["<thi", "nk>The number 999 [1]? ", "No.</think>\n", "The tower has 168 steps [1]."]
    told = list(events("?", HITS, ScriptedGenerator(pieces)))
    assert "".join(one.text for one in told if isinstance(one, Delta)) == "The tower has 168 steps [1]."
    assert whole(iter(told)).text == "The tower has 168 steps [1]."


def test_a_model_that_repeats_itself_is_stopped_and_read_once() -> None:
    said: list[str] = []

    def parrot(_: object) -> Iterator[str]:
        while True:
            said.append("The tower has 168 steps [1]. ")
            yield said[-1]

    found = whole(events("?", HITS, ScriptedGenerator(parrot)))  # type: ignore[arg-type]
    assert found.text == "The tower has 168 steps [1]."
    assert len(found.sentences) == 1
    assert len(said) < 200


def test_a_last_sentence_that_was_said_before_is_left_out() -> None:
    found = ask("?", HITS, "The tower has 168 steps [1]. In 2024 9,412 came [2]. The tower has 168 steps [1].")
    assert found.text == "The tower has 168 steps [1]. In 2024 9,412 came [2]."


def test_a_model_that_stammers_is_stopped() -> None:
    def stammer(_: object) -> Iterator[str]:
        yield "The tower has 168 steps [1]. "
        while True:
            yield "and the "

    found = whole(events("?", HITS, ScriptedGenerator(stammer)))  # type: ignore[arg-type]
    assert found.text == "The tower has 168 steps [1]. and the"


def test_the_rule_of_a_markdown_table_is_no_stammer() -> None:
    found = ask("?", HITS, "| Year | Visitors |\n|----------------|---------------|\n", "| 2024 | 9,412 | [2]\n")
    assert found.text.endswith("| 2024 | 9,412 | [2]")


def test_a_model_that_never_ends_is_stopped() -> None:
    def talker(_: object) -> Iterator[str]:
        number = 0
        while True:
            number += 1
            yield f"Thing {number * 7919} is {number * 31}. "

    assert len(whole(events("?", HITS, ScriptedGenerator(talker))).sentences) < 2_000  # type: ignore[arg-type]


def test_a_model_that_stalls_is_given_up() -> None:
    released = threading.Event()

    def stall(_: object) -> Iterator[str]:
        yield "The tower "
        released.wait(20)

    told = events(Asked("?", stall_seconds=0.3), HITS, ScriptedGenerator(stall))  # type: ignore[arg-type]
    threading.Timer(1.5, released.set).start()
    with pytest.raises(GenerateFailed, match=r"said nothing for 0\.3 s") as error:
        list(told)
    assert "SIGHTLINE_STALL_SECONDS" in error.value.hint


def test_whoever_leaves_while_a_model_stalls_does_not_wait_for_it() -> None:
    released, stop = threading.Event(), threading.Event()

    def stall(_: object) -> Iterator[str]:
        yield "The tower "
        released.wait(20)

    threading.Timer(0.2, stop.set).start()
    threading.Timer(0.8, released.set).start()
    began = time.monotonic()
    with pytest.raises(GenerateFailed, match="stopped"):
        list(events(Asked("?", stop=stop), HITS, ScriptedGenerator(stall)))  # type: ignore[arg-type]
    assert time.monotonic() - began < 5


def test_what_a_model_raises_comes_out_as_it_is() -> None:
    def broken(_: object) -> Iterator[str]:
        yield "The tower "
        raise GenerateFailed("The model broke off.", hint="Ask again.")

    with pytest.raises(GenerateFailed, match="broke off"):
        list(events("?", HITS, ScriptedGenerator(broken)))  # type: ignore[arg-type]


# Follow-ups

HISTORY = (Turn("How many visitors came in 2023?", "8,900 came. [2]"),)


def test_a_follow_up_is_searched_as_the_model_rewrites_it() -> None:
    searched: list[str] = []
    generator = ScriptedGenerator(["How many visitors came in 2024?\n"], ["9,412 came [1]."])

    def search(question: str) -> Sequence[Hit]:
        searched.append(question)
        return [VISITORS]

    found = whole(answer(Asked("And in 2024?", HISTORY), search=search, generator=generator))
    assert searched == ["How many visitors came in 2024?"]
    assert (found.question, found.asked) == ("And in 2024?", "How many visitors came in 2024?")
    assert [len(prompt.evidence) for prompt in generator.prompts] == [0, 1]
    assert generator.prompts[1].history == HISTORY


def test_a_follow_up_to_the_extractive_generator_takes_over_what_it_leaves_out() -> None:
    found = whole(answer(Asked("And in 2024?", HISTORY), search=lambda _: [VISITORS], generator=ExtractiveGenerator()))
    assert found.asked == "How many visitors came in 2024?"
    assert "9,412" in found.text


# Answers as data

SCHEMA: dict[str, JsonValue] = {
    "type": "object",
    "properties": {"steps": {"type": "integer"}, "colour": {"type": "string"}},
    "required": ["steps"],
}


def fill(*scripts: str, schema: dict[str, JsonValue] | None = None) -> tuple[Answer, ScriptedGenerator]:
    generator = ScriptedGenerator(*([script] for script in scripts))
    return whole(events(Asked("?", schema=SCHEMA if schema is None else schema), HITS, generator)), generator


def test_an_answer_follows_the_schema_and_each_value_has_its_evidence() -> None:
    found, generator = fill('```json\n{"answer": {"steps": 168, "colour": "white"}, "evidence": [1, 2, 9]}\n```')
    assert found.data == {"steps": 168, "colour": "white"}
    assert [(one.text, one.numbers, one.support) for one in found.sentences] == [
        ("steps: 168", (1,), "supported"),
        ("colour: white", (1, 2), "supported"),
    ]
    assert found.invented == (9,)
    assert '"required": ["steps"]' in generator.prompts[0].instruction


def test_a_wrong_value_is_caught() -> None:
    found, _ = fill('{"answer": {"steps": 186}, "evidence": [1]}')
    assert (found.answerable, found.data) == (False, None)
    assert found.sentences[0].missing == ("186",)


@pytest.mark.parametrize(
    "wrong", ["168 steps.", '{"answer": {"steps": "168"}, "evidence": [1]}', '{"steps": 168}', "{", ""]
)
def test_what_does_not_fit_is_sent_back_once_with_the_reason(wrong: str) -> None:
    found, generator = fill(wrong, '{"answer": {"steps": 168}, "evidence": [1]}')
    assert found.data == {"steps": 168}
    assert len(generator.prompts) == 2
    assert "did not fit" in generator.prompts[1].question


def test_what_does_not_fit_twice_is_an_error() -> None:
    with pytest.raises(SchemaMismatch, match="twice"):
        fill("no", "never")


def test_a_form_that_the_evidence_does_not_fill_abstains() -> None:
    found, _ = fill('{"answer": null, "evidence": []}')
    assert (found.answerable, found.data) == (False, None)


def test_a_generator_that_fills_in_no_forms_says_so() -> None:
    with pytest.raises(BadRequest, match="extractive") as error:
        list(events(Asked("?", schema=SCHEMA), HITS, ExtractiveGenerator()))
    assert "transformers:" in error.value.hint


def test_what_is_no_schema_is_refused() -> None:
    with pytest.raises(BadRequest, match="no JSON Schema"):
        fill("{}", schema={"type": "nothing"})


@pytest.mark.parametrize("address", ["http://evil.example/schema.json", "file:///etc/passwd", "#/$defs/missing"])
def test_a_schema_that_points_elsewhere_is_refused_and_nothing_is_fetched(address: str) -> None:
    with pytest.raises(BadRequest, match="schema"):
        fill('{"answer": {"steps": 1}, "evidence": [1]}', schema={"$ref": address})
