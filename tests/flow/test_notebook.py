"""The notebook of first steps, executed in a real kernel on the sample library."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

Notebook = Any  # nbformat says nothing of its types
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def read() -> Notebook:
    return nbformat.read(EXAMPLES / "first_steps.ipynb", as_version=4)  # type: ignore[no-untyped-call]


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Notebook:
    """The notebook with its outputs; it ran beside a copy of the library, so that its store is made there."""
    folder = tmp_path_factory.mktemp("examples")
    shutil.copytree(EXAMPLES / "library", folder / "library")
    notebook = read()
    with pytest.MonkeyPatch.context() as environment:
        for name in ("SIGHTLINE_STORE", "SIGHTLINE_ENCODERS"):
            environment.delenv(name, raising=False)
        NotebookClient(notebook, timeout=100, resources={"metadata": {"path": str(folder)}}).execute()
    return notebook


def said(notebook: Notebook, code: str) -> str:
    """What the cell that holds `code` printed."""
    (cell,) = [cell for cell in notebook.cells if cell.cell_type == "code" and code in cell.source]
    return "".join(
        str(output.text) for output in cell.outputs if output.output_type == "stream" and output.name == "stdout"
    )


def shown(notebook: Notebook, code: str) -> list[str]:
    """The media types of what the cell that holds `code` showed."""
    (cell,) = [cell for cell in notebook.cells if cell.cell_type == "code" and code in cell.source]
    return [kind for output in cell.outputs if output.output_type == "execute_result" for kind in output.data]


def test_the_whole_library_is_taken(executed: Notebook) -> None:
    n_files = sum(1 for path in (EXAMPLES / "library").rglob("*") if path.is_file())
    assert said(executed, "engine.ingest").startswith(f"{n_files} documents")


def test_the_search_finds_the_lens(executed: Notebook) -> None:
    best = said(executed, "mercury bath").splitlines()[:2]
    assert any("lens.md" in line or "annual-report-2024.pdf, page 2" in line for line in best)


def test_the_best_picture_shows_itself(executed: Notebook) -> None:
    assert "lens" in said(executed, "engine.picture(")
    assert "image/png" in shown(executed, "engine.picture(")


def test_the_answer_is_cited_and_its_page_shown(executed: Notebook) -> None:
    told = said(executed, "strongest gust")
    assert "47.2 metres per second" in told
    assert "annual-report-2024.pdf" in told
    assert "image/png" in shown(executed, "ImageDraw")


def test_what_the_library_does_not_say_is_not_answered(executed: Notebook) -> None:
    assert "answerable: False" in said(executed, "unknown =")


def test_the_notebook_is_kept_without_outputs() -> None:
    notebook = read()
    assert all(not cell.outputs and cell.execution_count is None for cell in notebook.cells if cell.cell_type == "code")
