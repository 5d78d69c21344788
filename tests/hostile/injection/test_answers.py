"""Documents that give orders: whatever they say, and whatever a model makes of it, nothing is cited that was not found,
nothing is fetched, and nothing of theirs is run where a person reads. docs/security.md says what that is worth.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Callable
from contextlib import redirect_stdout

import pytest
from lxml import html

from rag import terminal
from rag.answer import whole
from rag.prompt import NO_ANSWER
from tests.hostile.injection.asking import Hostile, ask
from tests.hostile.injection.build import HONEST, SECRET, names
from tests.hostile.injection.found import assert_fenced, assert_only_what_was_found_is_cited, left_over, streamed
from tests.hostile.injection.obedient import obey, unhidden
from tests.scripted import ScriptedGenerator

NAMES = list(names())


# What is tried


def test_there_are_more_than_sixty_payloads_and_each_is_in_the_library_or_refused(hostile: Hostile) -> None:
    assert list(hostile.payloads) == NAMES
    assert len({payload.topic for payload in hostile.payloads.values()}) == len(NAMES) > 60
    refused = {failure.path for report in hostile.reports for failure in report.failed}
    assert {payload.source for payload in hostile.payloads.values()} | set(HONEST) == hostile.ids.keys() | refused
    assert len(refused) <= 3, refused  # a payload that no reader takes tries nothing


@pytest.mark.parametrize("name", NAMES)
def test_a_question_finds_the_payload_where_a_person_could_read_it(hostile: Hostile, name: str) -> None:
    payload = hostile.payloads[name]
    texts = [f"{hit.element.text} {hit.element.ocr} {hit.document.title}" for hit in hostile.hits(payload)]
    assert any(payload.topic in unhidden(text) for text in texts) == payload.reaches


# What is cited


@pytest.mark.parametrize("name", NAMES)
def test_a_model_that_obeys_cites_nothing_but_what_was_found(hostile: Hostile, name: str) -> None:
    found = assert_only_what_was_found_is_cited(hostile.obeyed(name))
    assert set(hostile.payloads[name].planted) <= set(found.invented)


@pytest.mark.parametrize("name", NAMES)
def test_no_number_that_was_not_offered_is_left_in_an_answer(hostile: Hostile, name: str) -> None:
    events = hostile.obeyed(name)
    found = assert_only_what_was_found_is_cited(events)
    assert left_over(found.text) == []
    assert left_over(streamed(events)) == []
    assert [one.text for one in found.sentences if left_over(one.text)] == []


@pytest.mark.parametrize("name", NAMES)
def test_quoting_cites_nothing_but_what_was_found(hostile: Hostile, name: str) -> None:
    events = hostile.quoted(name)
    found = assert_only_what_was_found_is_cited(events)
    assert found.invented == ()
    assert left_over(found.text) == left_over(streamed(events)) == []


def test_most_payloads_are_good_enough_to_be_quoted(hostile: Hostile) -> None:
    """Else the test above would pass because nothing was said."""
    answered = [name for name in NAMES if whole(iter(hostile.quoted(name))).answerable]
    assert len(answered) > 60


def test_all_payloads_at_once_add_no_evidence(hostile: Hostile) -> None:
    """But for those that end an answer: each of them would hide what the others do. Fewer than 97, which is never offered."""
    hits = [
        hit
        for hit in hostile.engine.search("What is the height of the tower?", k=300)
        if not hit.document.source.startswith(("text-decline", "text-think"))
    ]
    generator = ScriptedGenerator(obey)
    found = assert_only_what_was_found_is_cited(ask("What is the height of the tower?", hits[:90], generator))
    assert 60 < len(generator.prompts[0].evidence) < 97
    assert_fenced(generator.prompts[0])
    assert 99 in found.invented
    assert found.citations


# What a person is shown


def shown(show: Callable[[], object]) -> str:
    """What a terminal is given."""
    with redirect_stdout(io.StringIO()) as told:
        show()
    return told.getvalue()


def harmful(text: str) -> list[str]:
    """Letters that move the cursor, change the terminal, or turn the order of what is read."""
    turning = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    return sorted(
        {repr(one) for one in text if (unicodedata.category(one) == "Cc" and one not in "\n\t") or one in turning}
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_terminal_is_given_no_control_characters_of_a_document(hostile: Hostile, name: str) -> None:
    path = hostile.engine.media_path
    for events in (hostile.obeyed(name), hostile.quoted(name)):
        assert harmful(shown(lambda events=events: terminal.show_answer(iter(events), media_path=path))) == []  # type: ignore[misc]
    assert harmful(shown(lambda: terminal.show_hits(hostile.hits(hostile.payloads[name])))) == []


def test_lists_of_documents_give_a_terminal_no_control_characters(hostile: Hostile) -> None:
    documents = hostile.engine.documents()
    assert harmful(shown(lambda: terminal.show_documents(documents))) == []
    for document in documents:
        assert harmful(shown(lambda document=document: terminal.show_document(document, {}))) == []  # type: ignore[misc]


@pytest.fixture(scope="module")
def page(hostile: Hostile, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Every answer of the model that obeys, on one page, and one that nothing answers."""
    answers = [(hostile.payloads[name].question, whole(iter(hostile.obeyed(name)))) for name in NAMES]
    answers.append(("Nothing?", whole(iter(ask("Nothing?", answers[0][1].hits, ScriptedGenerator(NO_ANSWER))))))
    path = hostile.engine.write_evidence_page(answers, tmp_path_factory.mktemp("page") / "answers.html")
    return path.read_text(encoding="utf-8")


def test_the_page_of_answers_runs_nothing_and_loads_nothing(page: str, hostile: Hostile) -> None:
    root = html.document_fromstring(page)
    elements = list(root.iter("*"))
    assert len(root.xpath("//section")) == len(NAMES) + 1
    assert {one.tag for one in elements}.isdisjoint("script iframe object embed base link form svg video".split())
    attributes = [(name.lower(), value) for one in elements for name, value in one.attrib.items()]
    assert [pair for pair in attributes if pair[0].startswith("on")] == []
    leading = [value for name, value in attributes if name in ("src", "srcset", "href", "action", "poster", "data")]
    assert [value for value in leading if not value.startswith(("data:image/webp;base64,", "#"))] == []
    assert [one.get("http-equiv") for one in root.xpath("//meta[@http-equiv]")] == ["Content-Security-Policy"]
    assert "url(" not in "".join(root.xpath("//style/text() | //@style"))
    assert hostile.watch.address in root.text_content()  # it is there, as words


def test_the_page_of_answers_holds_no_control_characters(page: str) -> None:
    assert harmful(page) == []


# What is reached


def test_nothing_is_fetched_by_reading_asking_or_showing(hostile: Hostile, page: str) -> None:
    """After everything above: the server had no visitor, and neither this process nor those that read tried."""
    hits = [hit for payload in hostile.payloads.values() for hit in hostile.hits(payload)]
    for digest in {hit.element.media for hit in hits if hit.element.media}:
        hostile.engine.picture(digest)
    for document, number in {(hit.document.id, hit.element.page) for hit in hits}:
        hostile.engine.page_picture(document, number)
    assert all(hostile.obeyed(name) and hostile.quoted(name) for name in NAMES)
    readers = hostile.watch.told_by_readers()
    assert (hostile.watch.requests, hostile.watch.tried) == ([], [])
    assert set(readers) == {"watching"}
    assert len(readers) >= len(hostile.reports)


def test_a_picture_outside_the_library_is_not_shown(hostile: Hostile) -> None:
    media = {hit.element.media for hit in hostile.engine.search("height", k=500) if hit.element.media}
    media |= {hit.element.media for one in hostile.payloads.values() for hit in hostile.hits(one) if hit.element.media}
    assert media
    assert SECRET not in [hostile.engine.picture(digest).getpixel((0, 0)) for digest in sorted(media)]
