"""The house keeps itself: arrows between rooms, light doors, heavy libraries each in one place."""

from __future__ import annotations

import ast
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("rag", "indexers", "api", "eval", "training")
MAY_IMPORT = {
    "rag": {"rag"},
    "indexers": {"rag", "indexers"},
    "api": {"rag", "indexers", "api"},
    "eval": {"rag", "indexers", "eval"},
    "training": {"rag", "training"},
}
COMPOSITION_ROOT = Path("rag/wiring.py")
"""May import every room, inside its functions only: docs/decisions/0001-composition-root.md."""
HEAVY_AT_TOP = {
    "faiss": {"rag/store/vectors.py"},
    "pymupdf": {"indexers/pdf"},
    "langchain_core": {"rag/langchain"},
}
"""Where a heavy library may be imported while a module loads."""
NEVER_AT_TOP = ("torch", "transformers", "open_clip", "langchain", "rapidocr")
ROOMS_OF_MODELS = ("encoders", "generators", "late", "rerankers")
WORKSHOP = "training"
"""Not part of what is installed: nothing may import it, not even for a type, and it loads torch as it likes."""
LIGHT_DOORS = (
    "rag",
    "rag.client",
    "rag.async_client",
    "rag.cli",
    "rag.langchain",
    "rag.types",
    "rag.wire",
    "rag.wiring",
)


def sources() -> list[Path]:
    return sorted(path.relative_to(ROOT) for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Each imported module, and whether it is imported while the file loads."""
    tree = ast.parse((ROOT / path).read_text())
    lazy = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        or (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute here"
            names = [node.module or ""]
        yield from ((name, id(node) not in lazy) for name in names)


def type_only(path: Path) -> set[str]:
    tree = ast.parse((ROOT / path).read_text())
    return {
        alias.name if isinstance(inner, ast.Import) else inner.module or ""
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
        for alias in inner.names
    }


@pytest.mark.parametrize("path", sources(), ids=str)
def test_imports_follow_the_arrows(path: Path) -> None:
    room = path.parts[0]
    for name, at_top in imports(path):
        other = name.partition(".")[0]
        if other not in ROOMS or other in MAY_IMPORT[room]:
            continue
        assert other != WORKSHOP, f"{path} imports {name}"
        typed_only = name in type_only(path)
        assert typed_only or (path == COMPOSITION_ROOT and not at_top), f"{path} imports {name}"


@pytest.mark.parametrize("path", sources(), ids=str)
def test_heavy_libraries_load_only_where_they_are_needed(path: Path) -> None:
    for name, at_top in imports(path):
        library = name.partition(".")[0]
        if at_top and library in HEAVY_AT_TOP:
            assert any(path.as_posix().startswith(place) for place in HEAVY_AT_TOP[library]), f"{path} imports {name}"
        if at_top and library in NEVER_AT_TOP:
            of_models = path.parts[:2] in {("rag", room) for room in ROOMS_OF_MODELS}
            assert of_models or path.parts[0] == WORKSHOP, f"{path} imports {name}"


@pytest.mark.parametrize("door", LIGHT_DOORS)
def test_a_light_door_loads_nothing_heavy(door: str) -> None:
    heavy = (
        "torch",
        "faiss",
        "transformers",
        "open_clip",
        "langchain",
        "pymupdf",
        "indexers",
        "api",
        "eval",
        "training",
        "mcp",
        "opentelemetry",
        "structlog",
    )
    code = f"import sys, {door}; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    # langchain-core asks for OpenTelemetry's interface by itself.
    assert set(ast.literal_eval(done.stdout)) <= ({"opentelemetry"} if door == "rag.langchain" else set())


def fastest(command: list[str], *, runs: int = 5) -> float:
    """Seconds of the fastest run: the machine may be busy with other things, which only ever adds."""

    def once() -> float:
        began = time.perf_counter()
        subprocess.run(command, capture_output=True, check=True)
        return time.perf_counter() - began

    return min(once() for _ in range(runs))


NOTEBOOKS_FIRST_LINE = "from rag import Answer, AsyncClient, Client, Engine, Filters"


# A notebook's first line takes 0.25 s on a machine that does nothing else; the bound is for one that does.
@pytest.mark.parametrize(
    ("line", "seconds"), [("import rag", 0.3), ("import rag.client", 0.3), (NOTEBOOKS_FIRST_LINE, 0.6)]
)
def test_importing_a_light_door_takes_less_than_a_moment(line: str, seconds: float) -> None:
    bare = fastest([sys.executable, "-c", "pass"])
    assert fastest([sys.executable, "-c", line]) - bare < seconds


def test_the_first_line_of_a_notebook_loads_no_library_that_it_does_not_need_yet() -> None:
    late = ("torch", "faiss", "transformers", "pandas", "matplotlib", "tqdm", "PIL", "rich")
    code = f"import sys; {NOTEBOOKS_FIRST_LINE}; print([name for name in {late} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_takes_under_half_a_second() -> None:
    command = [sys.executable, "-c", "import sys; sys.argv = ['sightline', '--help']; from rag.cli import main; main()"]
    assert fastest(command) < 0.5
