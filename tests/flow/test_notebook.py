"""The notebooks, each executed in a real kernel on the sample library."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

Notebook = Any  # nbformat says nothing of its types
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))

pytestmark = pytest.mark.timeout(300)


def read(path: Path) -> Notebook:
    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]


def execute(name: str, folder: Path) -> Notebook:
    notebook = read(EXAMPLES / name)
    NotebookClient(notebook, timeout=200, resources={"metadata": {"path": str(folder)}}).execute()
    return notebook


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the library, so that stores are made beside it and not beside the examples."""
    folder = tmp_path_factory.mktemp("examples")
    shutil.copytree(EXAMPLES / "library", folder / "library")
    with pytest.MonkeyPatch.context() as environment:
        for name in ("SIGHTLINE_STORE", "SIGHTLINE_ENCODERS"):
            environment.delenv(name, raising=False)
        yield folder


@pytest.fixture(scope="module")
def first_steps(folder: Path) -> Notebook:
    return execute("first_steps.ipynb", folder)


@pytest.fixture(scope="module")
def compare_routes(folder: Path, first_steps: Notebook) -> Notebook:
    """Executed after the first, whose store it is given: what is in a store already need not be read again."""
    shutil.copytree(folder / "first-steps-store", folder / "compare-routes-store")
    return execute("compare_routes.ipynb", folder)


def cell(notebook: Notebook, code: str) -> Any:  # Any: as the notebook
    (found,) = [cell for cell in notebook.cells if cell.cell_type == "code" and code in cell.source]
    return found


def said(notebook: Notebook, code: str) -> str:
    """What the cell that holds `code` printed."""
    return "".join(
        str(output.text)
        for output in cell(notebook, code).outputs
        if output.output_type == "stream" and output.name == "stdout"
    )


def shown(notebook: Notebook, code: str, kind: str = "text/html") -> str:
    """What the cell that holds `code` showed, as this media type."""
    outputs = [one for one in cell(notebook, code).outputs if one.output_type in ("execute_result", "display_data")]
    return "".join(str(output.data[kind]) for output in outputs if kind in output.data)


def test_the_whole_library_is_taken_and_its_progress_shown(first_steps: Notebook) -> None:
    n_files = sum(1 for path in (EXAMPLES / "library").rglob("*") if path.is_file())
    for kind in ("text/html", "text/markdown", "text/plain"):
        assert f"{n_files} documents" in shown(first_steps, "engine.ingest", kind)
    bars = [output.text for output in cell(first_steps, "engine.ingest").outputs if output.get("name") == "stderr"]
    assert f"{n_files}/{n_files}" in "".join(bars)


def test_the_search_finds_the_lens_and_shows_its_page(first_steps: Notebook) -> None:
    best = said(first_steps, "for hit in hits").splitlines()[:2]
    assert any("lens.md" in line or "annual-report-2024.pdf, page 2" in line for line in best)
    grid = shown(first_steps, "mercury bath")
    assert grid.count('<li class="card">') == 5
    assert 'src="data:image/webp;base64,' in grid
    assert "found_by" in shown(first_steps, "to_pandas()")


def test_the_best_picture_shows_itself(first_steps: Notebook) -> None:
    assert "lens" in said(first_steps, "engine.picture(")
    assert shown(first_steps, "engine.picture(", "image/png")


def test_the_answer_is_shown_with_its_footnote_and_its_page(first_steps: Notebook) -> None:
    answer = shown(first_steps, "strongest gust")
    assert "47.2 metres per second" in answer
    assert "annual-report-2024.pdf" in answer
    assert 'src="data:image/webp;base64,' in answer
    assert "annual-report-2024.pdf, page" in said(first_steps, "for citation in answer")
    assert len(answer) < 500_000


def test_what_the_library_does_not_say_is_not_answered(first_steps: Notebook) -> None:
    assert "answerable: False" in said(first_steps, "unknown =")
    assert "Nearest evidence" in shown(first_steps, "unknown =")


def test_a_follow_up_is_read_while_it_is_written(first_steps: Notebook) -> None:
    assert "asked as: And the highest wave?" in said(first_steps, "stream=True")


def test_the_routes_stand_side_by_side(compare_routes: Notebook) -> None:
    table = shown(compare_routes, "side_by_side(QUESTIONS[1])")
    for route in ("shared", "caption", "fused"):
        assert f"<th>{route}</th>" in table
    assert "lens" in table
    assert 'src="data:image/webp;base64,' in shown(compare_routes, 'found[QUESTIONS[1], "shared"][:3]')


def test_what_each_route_finds_is_counted_and_drawn(compare_routes: Notebook) -> None:
    assert "image" in shown(compare_routes, "kinds = ")
    assert shown(compare_routes, "plot.barh", "image/png")
    assert shown(compare_routes, "agreement(one, other)").count("<td>1.0") >= 3


def test_the_advice_of_the_command_line_is_had_from_python(compare_routes: Notebook) -> None:
    assert said(compare_routes, "recommendation(advice)").startswith("Take ")
    assert "recall@5" in shown(compare_routes, "one.measures")
    assert said(compare_routes, "advice.chosen").startswith("take: ")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_is_kept_without_outputs_and_is_listed(path: Path) -> None:
    cells = [cell for cell in read(path).cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in cells)
    assert f"[{path.name}]({path.name})" in (EXAMPLES / "README.md").read_text(encoding="utf-8")
