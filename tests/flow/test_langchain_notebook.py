"""The notebook for users of LangChain, executed in a real kernel on the sample library."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

Notebook = Any  # nbformat says nothing of its types
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

pytestmark = pytest.mark.timeout(300)


def read() -> Notebook:
    return nbformat.read(EXAMPLES / "langchain.ipynb", as_version=4)  # type: ignore[no-untyped-call]


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Notebook:
    """The notebook with its outputs; it ran beside a copy of the library, so that its store is made there."""
    folder = tmp_path_factory.mktemp("examples")
    shutil.copytree(EXAMPLES / "library", folder / "library")
    notebook = read()
    with pytest.MonkeyPatch.context() as environment:
        for name in ("SIGHTLINE_STORE", "SIGHTLINE_ENCODERS"):
            environment.delenv(name, raising=False)
        NotebookClient(notebook, timeout=200, resources={"metadata": {"path": str(folder)}}).execute()
    return notebook


def said(notebook: Notebook, code: str) -> str:
    """What the one cell that holds `code` printed."""
    (cell,) = [cell for cell in notebook.cells if cell.cell_type == "code" and code in cell.source]
    return "".join(
        str(output.text) for output in cell.outputs if output.output_type == "stream" and output.name == "stdout"
    )


def test_the_retriever_says_where_each_document_stands(executed: Notebook) -> None:
    lines = said(executed, "retriever = SightlineRetriever").splitlines()
    assert len(lines) == 6
    assert any("annual-report-2024.pdf, page" in line for line in lines)


def test_a_picture_is_found_and_shown(executed: Notebook) -> None:
    (cell,) = [cell for cell in executed.cells if cell.cell_type == "code" and "Image.open(" in cell.source]
    assert any("image/png" in one.data or "image/jpeg" in one.data for one in cell.outputs if "data" in one)
    assert "lens" in said(executed, "Image.open(")


def test_the_chain_answers_and_cites(executed: Notebook) -> None:
    told = said(executed, "| answering(engine)")
    assert "47.2 metres per second" in told
    assert "annual-report-2024.pdf" in told


def test_a_chat_model_is_told_the_evidence_with_its_picture(executed: Notebook) -> None:
    assert "level beam [1]" in said(executed, "GenericFakeChatModel(")
    assert "image image/" in said(executed, "for block in")


def test_texts_are_found_filtered_replaced_and_answered_from(executed: Notebook) -> None:
    first, second = said(executed, "similarity_search_with_score").splitlines()
    assert first.startswith("keeper ")
    assert second == "['boat']"
    answer, left = said(executed, "notes.delete").splitlines()
    assert "10 May" in answer
    assert left == "2 notes"


def test_the_notebook_is_kept_without_outputs() -> None:
    cells = [cell for cell in read().cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in cells)
