"""The retriever's documents, and what chains make of them: messages with pictures, cited answers."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from langchain_core.documents import Document
from langchain_core.messages import HumanMessage
from langchain_core.runnables import RunnablePassthrough
from PIL import Image

from rag.client import Client
from rag.engine import Engine
from rag.errors import BadRequest, ServerUnreachable
from rag.langchain import SightlineRetriever, SightlineVectorStore, answering, evidence_messages
from rag.settings import load_settings
from rag.types import Filters
from tests.service import running, small_store

PICTURES = Filters(modality=("image",))


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Two texts and a red picture of 400 x 200 pixels, and a text that LangChain added."""
    root: Path = small_store(tmp_path_factory.mktemp("retriever") / "store")
    with Engine(settings=load_settings(store=root, encoders=("colours",), ocr=False, workers=1)) as engine:
        added = {"source": "green.txt", "page": 12, "score": "high"}
        SightlineVectorStore(engine).add_texts(["A green buoy of 1911."], [added], ids=["buoy"])
        yield engine


@pytest.fixture(scope="module")
def client(engine: Engine) -> Iterator[Client]:
    with running(Engine(settings=engine.settings)) as url, Client(url) as client:
        yield client


def test_a_document_says_where_it_stands_and_how_well_it_fits(engine: Engine) -> None:
    hit = engine.search("red lamp", k=1)[0]
    (found,) = SightlineRetriever(over=engine, k=1).invoke("red lamp")
    assert (found.id, found.page_content) == (hit.element.id, "The red lamp burns.")
    assert found.metadata["source"] == "notes/lamp.txt"
    assert found.metadata["page"] == 1
    assert found.metadata["score"] == hit.score
    assert found.metadata["document"] == hit.document.id
    assert found.metadata["media"] is found.metadata["media_path"] is found.metadata["box"] is None


def test_a_text_of_langchain_keeps_its_own_metadata_and_gets_its_score(engine: Engine) -> None:
    (found,) = SightlineRetriever(over=engine, k=1).invoke("green buoy")
    assert (found.id, found.metadata["source"], found.metadata["page"]) == ("buoy", "green.txt", 12)
    assert isinstance(found.metadata["score"], float)


def test_a_picture_can_be_opened_from_its_metadata(engine: Engine) -> None:
    (found,) = SightlineRetriever(over=engine, filters=PICTURES).invoke("red")
    assert (found.metadata["modality"], found.metadata["box"]) == ("image", [0, 0, 1, 1])
    with Image.open(found.metadata["media_path"]) as picture:
        assert picture.size == (400, 200)


def test_filters_and_routes_may_be_given_with_the_question(engine: Engine) -> None:
    retriever = SightlineRetriever(over=engine, k=10)
    assert [one.metadata["modality"] for one in retriever.invoke("red", filters=PICTURES)] == ["image"]
    by_looks = retriever.invoke("red", route="shared", filters=PICTURES)
    assert by_looks[0].metadata["found_by"] == ["picture:colours"]
    with pytest.raises(BadRequest, match="k cannot be 0"):
        retriever.invoke("red", k=0)


def test_over_a_service_the_links_lead_to_the_picture_and_its_page(client: Client) -> None:
    (found,) = SightlineRetriever(over=client, filters=PICTURES).invoke("red")
    for link in ("media_url", "page_url"):
        with Client(client.url) as other:
            response = other._http.get(found.metadata[link])
        assert response.headers["content-type"].startswith("image/")
    assert "box=0,0,1,1" in found.metadata["page_url"]


async def test_a_service_that_is_gone_is_our_error() -> None:
    with Client("http://127.0.0.1:9") as nobody, pytest.raises(ServerUnreachable):
        await SightlineRetriever(over=nobody).ainvoke("red")


@pytest.mark.parametrize("door", ["engine", "client"])
def test_messages_hold_numbered_evidence_and_its_pictures(door: str, request: pytest.FixtureRequest) -> None:
    over: Engine | Client = request.getfixturevalue(door)
    documents = SightlineRetriever(over=over, k=4).invoke("red")
    system, user = evidence_messages("What is red?", documents, over=over)
    assert "square brackets" in system.text
    assert isinstance(user, HumanMessage)
    blocks = user.content_blocks
    assert [block["type"] for block in blocks].count("image") == 1
    (shown,) = [block for block in blocks if block["type"] == "image"]
    with Image.open(io.BytesIO(base64.b64decode(shown["base64"]))) as picture:
        assert picture.getpixel((0, 0)) == (254, 0, 0)  # as JPEG keeps pure red
    assert "<evidence number=1" in user.text
    assert user.text.endswith("Question: What is red?")


def test_a_model_that_only_reads_is_given_no_picture(engine: Engine) -> None:
    documents = SightlineRetriever(over=engine).invoke("red")
    _, user = evidence_messages("What is red?", documents, over=engine, most_images=0)
    assert all(block["type"] == "text" for block in user.content_blocks)


def test_a_chain_answers_from_what_it_found_and_cites_it(engine: Engine) -> None:
    chain = {"documents": SightlineRetriever(over=engine), "question": RunnablePassthrough()} | answering(engine)
    answer = chain.invoke("Which lamp burns?")
    assert answer.answerable
    assert answer.text == "The red lamp burns. [1]"
    assert answer.citations[0].document.source == "notes/lamp.txt"


def test_documents_of_others_are_answered_from_too(engine: Engine) -> None:
    theirs = [Document(page_content="The bell weighs 480 kg.", metadata={"source": "bell.txt", "page": 3})]
    answer = answering(engine).invoke({"question": "How much does the bell weigh?", "documents": theirs})
    assert answer.text == "The bell weighs 480 kg. [1]"
    assert (answer.citations[0].document.source, answer.citations[0].page) == ("bell.txt", 3)


def test_without_documents_nothing_is_answered(engine: Engine) -> None:
    assert not answering(engine).invoke({"question": "Which lamp burns?", "documents": []}).answerable
    with pytest.raises(BadRequest, match="no question"):
        answering(engine).invoke({"question": " ", "documents": []})
