"""What LangChain's suite does not ask of the vector store: ids, duplicates, filters, other doors, a restart."""

from __future__ import annotations

from pathlib import Path

import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from PIL import Image

from rag.engine import Engine
from rag.errors import BadRequest, ModelMismatch
from rag.langchain import SightlineEmbeddings, SightlineVectorStore
from rag.settings import load_settings
from rag.types import Filters
from tests.service import small_store

RED, BLUE, BOTH = "red", "blue", "red and blue"


def texts(documents: list[Document]) -> list[str]:
    return [one.page_content for one in documents]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def colours(root: Path) -> SightlineVectorStore:
    """A store that is not there yet, with the encoder that can be worked out in the head."""
    return SightlineVectorStore(root, encoder="colours")


def count(store: SightlineVectorStore) -> int:
    return len(store.engine.documents())


def test_a_store_that_is_not_there_is_empty_and_is_not_made_by_asking(
    colours: SightlineVectorStore, root: Path
) -> None:
    assert (
        colours.similarity_search("red")
        == colours.get_by_ids(["1"])
        == colours.max_marginal_relevance_search("red")
        == []
    )
    assert colours.delete(["1"]) is False
    assert not root.exists()


def test_nothing_added_is_nothing(colours: SightlineVectorStore) -> None:
    assert colours.add_texts([]) == []
    assert colours.similarity_search("red") == []


def test_a_text_without_words_is_kept_and_never_found(colours: SightlineVectorStore) -> None:
    colours.add_texts(["", RED], ids=["empty", "red"])
    assert colours.get_by_ids(["empty"]) == [Document(id="empty", page_content="")]
    assert [one.id for one in colours.similarity_search(RED)] == ["red"]


def test_the_same_text_under_two_ids_is_there_twice_and_goes_alone(colours: SightlineVectorStore) -> None:
    colours.add_texts([RED, RED], [{"of": "one"}, {"of": "two"}], ids=["1", "2"])
    assert {one.id: one.metadata for one in colours.similarity_search(RED)} == {"1": {"of": "one"}, "2": {"of": "two"}}
    assert colours.delete(["1"]) is True
    assert colours.similarity_search(RED) == [Document(id="2", page_content=RED, metadata={"of": "two"})]


def test_another_text_under_the_same_id_replaces_it_also_within_one_call(colours: SightlineVectorStore) -> None:
    assert colours.add_texts([RED, BLUE, RED], ids=["1", "1", "2"]) == ["1", "1", "2"]
    assert texts(colours.get_by_ids(["1", "2"])) == [BLUE, RED]
    colours.add_texts([BOTH], [{"new": True}], ids=["1"])
    assert colours.get_by_ids(["1"]) == [Document(id="1", page_content=BOTH, metadata={"new": True})]
    assert count(colours) == 2


def test_the_same_text_without_an_id_is_there_once(colours: SightlineVectorStore) -> None:
    first = colours.add_texts([RED], [{"page": 7}])
    assert colours.add_texts([RED], [{"page": 7}]) == first
    assert colours.add_texts([RED], [{"page": 8}]) != first
    assert count(colours) == 2


def test_the_same_id_in_two_collections_is_two_texts(colours: SightlineVectorStore) -> None:
    other = SightlineVectorStore(colours.engine, collection="other")
    colours.add_texts([RED], ids=["1"])
    other.add_texts([BLUE], ids=["1"])
    assert texts(colours.similarity_search("blue")) == [RED]
    assert other.delete(["1"]) is True
    assert texts(colours.get_by_ids(["1"])) == [RED]
    assert other.get_by_ids(["1"]) == []


def test_the_same_text_in_two_collections_stays_in_one_when_it_leaves_the_other(colours: SightlineVectorStore) -> None:
    other = SightlineVectorStore(colours.engine, collection="other")
    for store in (colours, other):
        store.add_texts([RED], [{"source": "lamp.txt"}], ids=["1"])
    assert count(colours) == 1
    colours.delete()
    assert colours.similarity_search(RED) == []
    assert texts(other.similarity_search(RED)) == [RED]


def test_metadata_come_back_with_their_types(colours: SightlineVectorStore) -> None:
    kept = {
        "n": 1,
        "x": 0.5,
        "yes": True,
        "none": None,
        "list": [1, "a"],
        "deep": {"é": "ü"},
        "word": "1",
        "langchain": "mine",
    }
    colours.add_texts([RED], [kept], ids=["1"])
    assert colours.similarity_search(RED)[0].metadata == kept


def test_what_json_has_no_word_for_comes_back_as_its_nearest(colours: SightlineVectorStore) -> None:
    colours.add_texts([RED], [{"pair": (1, 2), "by_page": {10: "b", 2: "a"}}], ids=["1"])
    assert colours.similarity_search(RED)[0].metadata == {"pair": [1, 2], "by_page": {"10": "b", "2": "a"}}


@pytest.mark.parametrize("value", [{1, 2}, float("nan"), b"bytes", "\ud800"])
def test_metadata_that_json_cannot_hold_are_refused_by_name(colours: SightlineVectorStore, value: object) -> None:
    with pytest.raises(BadRequest, match="'odd'"):
        colours.add_texts([RED], [{"odd": value}])
    assert colours.similarity_search(RED) == []


def test_differing_numbers_are_refused(colours: SightlineVectorStore) -> None:
    with pytest.raises(BadRequest, match="2 texts, 1 metadata and 2 ids"):
        colours.add_texts([RED, BLUE], [{}])


def test_filters_name_values_of_any_type_and_hold_inside_the_search(colours: SightlineVectorStore) -> None:
    colours.add_texts([RED] * 3, [{"year": 1911, "of": "Ann"}, {"year": 2024, "of": "Ann"}, {}], ids=["1", "2", "3"])
    assert [one.id for one in colours.similarity_search(RED, k=3, filter={"year": 2024})] == ["2"]
    assert {one.id for one in colours.similarity_search(RED, k=3, filter={"of": "Ann"})} == {"1", "2"}
    assert colours.similarity_search(RED, filter={"year": 2024, "of": "Bo"}) == []
    by_ours = Filters(metadata={"year": "1911"})
    assert [one.id for one in colours.similarity_search(RED, filter=by_ours)] == ["1"]


def test_a_word_that_nothing_heeds_is_refused(colours: SightlineVectorStore) -> None:
    colours.add_texts([RED])
    with pytest.raises(BadRequest, match="filters"):
        colours.similarity_search(RED, filters={"of": "Ann"})


def test_scores_are_cosines_and_the_vector_finds_what_the_words_find(colours: SightlineVectorStore) -> None:
    colours.add_texts([BLUE, BOTH, RED], ids=["blue", "both", "red"])
    found = colours.similarity_search_with_score(RED, k=3)
    assert [one.id for one, _ in found] == ["red", "both", "blue"]
    assert [score for _, score in found] == pytest.approx([1.0, 0.7071, 0.0], abs=2e-3)
    vector = colours.embeddings.embed_query(RED)
    assert [one.id for one in colours.similarity_search_by_vector(vector, k=3)] == ["red", "both", "blue"]
    relevant = colours.similarity_search_with_relevance_scores(RED, k=3, score_threshold=0.6)
    assert [one.id for one, _ in relevant] == ["red", "both"]


def test_a_vector_of_another_space_is_refused(colours: SightlineVectorStore) -> None:
    colours.add_texts([RED])
    with pytest.raises(BadRequest, match="3 columns"):
        colours.similarity_search_by_vector([1.0, 0.0, 0.0])


def test_variety_prefers_what_was_not_said_yet(colours: SightlineVectorStore) -> None:
    colours.add_texts([RED, RED, BOTH], ids=["1", "2", "3"])
    assert {one.id for one in colours.similarity_search(RED, k=2)} == {"1", "2"}
    varied = colours.max_marginal_relevance_search(RED, k=2, lambda_mult=0.1)
    assert "3" in [one.id for one in varied]
    retriever = colours.as_retriever(search_type="mmr", search_kwargs={"k": 2, "lambda_mult": 0.1})
    assert retriever.invoke(RED) == varied


async def test_the_async_forms_do_the_same(colours: SightlineVectorStore) -> None:
    ids = await colours.aadd_documents([Document(page_content=RED, id="1"), Document(page_content=BLUE)])
    assert ids[0] == "1"
    assert [one.id for one, _ in await colours.asimilarity_search_with_score(RED, k=1)] == ["1"]
    assert texts(await colours.asimilarity_search(BLUE, k=1, filter={})) == [BLUE]
    assert await colours.adelete(["1"]) is True


def test_what_was_added_is_there_after_a_restart(root: Path) -> None:
    with SightlineVectorStore.from_texts([RED, BLUE], ids=["1", "2"], store=root, encoder="colours"):
        pass
    with SightlineVectorStore(root) as again:  # the store knows its encoder
        assert again.similarity_search(BLUE, k=1) == [Document(id="2", page_content=BLUE)]


def test_an_embedding_makes_a_new_store_and_must_be_that_of_an_old_one(root: Path) -> None:
    with SightlineVectorStore.from_texts([RED], SightlineEmbeddings("colours"), store=root) as made:
        assert made.engine.made_with() == ("colours",)
    other = SightlineVectorStore(root, embedding=SightlineEmbeddings("builtin"))
    with other, pytest.raises(BadRequest, match="builtin"):
        other.add_texts([BLUE])
    other_settings = load_settings(store=root, encoders=("builtin",))
    with Engine(settings=other_settings) as engine, pytest.raises(ModelMismatch):
        SightlineVectorStore(engine).add_texts([BLUE])


def test_embeddings_of_others_are_refused(root: Path) -> None:
    with pytest.raises(BadRequest, match="DeterministicFakeEmbedding"):
        SightlineVectorStore.from_texts([RED], DeterministicFakeEmbedding(size=6), store=root)


def test_files_of_the_collection_are_found_beside_the_texts_and_stay(root: Path) -> None:
    with Engine(settings=load_settings(store=small_store(root), encoders=("colours",))) as engine:
        store = SightlineVectorStore(engine, collection="default")
        store.add_texts(["red text"], ids=["1"])
        found = store.similarity_search("red", k=5)
        lamp = next(one for one in found if one.page_content == "The red lamp burns.")
        assert (lamp.metadata["source"], lamp.metadata["page"], lamp.metadata["modality"]) == (
            "notes/lamp.txt",
            1,
            "text",
        )
        assert store.get_by_ids([lamp.id or "", "1", "unknown"]) == [lamp, Document(id="1", page_content="red text")]
        assert store.delete() is True
        assert {one.source for one in engine.documents()} == {"notes/lamp.txt", "sea.md", "red.png"}


def test_pictures_are_found_by_the_vector_of_a_picture(root: Path) -> None:
    with Engine(settings=load_settings(store=small_store(root), encoders=("colours",))) as engine:
        store = SightlineVectorStore(engine, collection="default")
        (vector,) = SightlineEmbeddings(engine).embed_images([Image.new("RGB", (64, 64), "red")])
        (found,) = store.similarity_search_by_vector(vector, kind="image")
        assert (found.metadata["modality"], found.metadata["source"]) == ("image", "red.png")


def test_a_text_is_found_and_cited_by_the_other_doors(colours: SightlineVectorStore) -> None:
    colours.add_texts(["The red lamp has 24 prisms."], [{"source": "lamp.txt", "year": 1911}], ids=["1"])
    hits = colours.engine.search("red lamp", filters=Filters(metadata={"year": "1911"}, path="*.txt"))
    assert [(hit.document.source, hit.element.text) for hit in hits] == [("lamp.txt", "The red lamp has 24 prisms.")]
    answer = colours.engine.query("How many prisms has the red lamp?")
    assert answer.text.startswith("The red lamp has 24 prisms.")
    assert answer.citations[0].document.source == "lamp.txt"


def test_a_sync_of_a_folder_leaves_texts_alone(colours: SightlineVectorStore, tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "sea.txt").write_text("The blue sea sleeps.")
    colours.add_texts([RED], ids=["1"])
    report = colours.engine.ingest(tmp_path / "files", sync=True, collection=colours.collection)
    assert (report.documents, report.removed) == (1, 0)
    assert texts(colours.get_by_ids(["1"])) == [RED]


def test_a_file_cannot_pass_for_a_text_that_was_added(colours: SightlineVectorStore, tmp_path: Path) -> None:
    told = '{"id": "trusted", "metadata": {"source": "trusted.pdf"}}'
    (tmp_path / "odd.md").write_text(f"---\nlangchain: '{told}'\n---\n\nThe red sea.\n")
    colours.engine.ingest(tmp_path / "odd.md", collection=colours.collection)
    (found,) = colours.similarity_search(RED)
    assert found.metadata["document_metadata"] == {"langchain": told}
    assert found.metadata["source"] == "odd.md"
    assert found.id != "trusted"
