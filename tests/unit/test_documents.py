"""What the documents say is so: links lead somewhere, tables name what the code has."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from indexers import readers
from rag.errors import FileRefused, SightlineError
from rag.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "examples/README.md"])


def tracked() -> list[Path]:
    named = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split(
        "\n"
    )
    return [ROOT / name for name in named if name]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", document.read_text(encoding="utf-8"))
    local = [link for link in links if not link.startswith(("http://", "https://"))]
    assert [link for link in local if not (document.parent / link).exists()] == []


def test_the_settings_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.+) \|$", (ROOT / "docs/settings.md").read_text(), re.MULTILINE)
    fields = Settings.model_fields
    assert [(name, meaning) for name, _, meaning in rows] == [(name, one.description) for name, one in fields.items()]
    for name, default, _ in rows:
        said = default.strip("`").casefold()
        value = fields[name].default
        shown = ",".join(value) if isinstance(value, tuple) else "" if value is None else str(value)
        assert said == shown.casefold()


def test_every_reason_to_refuse_a_file_is_explained() -> None:
    said = (ROOT / "docs/ingestion.md").read_text()
    assert [one.code for one in FileRefused.__subclasses__() if f"| `{one.code}` |" not in said] == []


def test_every_code_of_an_error_has_its_status_in_the_documents() -> None:
    said = (ROOT / "docs/rest.md").read_text()
    codes = {one.code for one in [*SightlineError.__subclasses__(), *FileRefused.__subclasses__()]}
    assert {code for code in codes if f"`{code}`" not in said} == set()


def test_every_ending_that_is_read_is_named() -> None:
    said = (ROOT / "docs/ingestion.md").read_text()
    assert [ending for ending in readers.endings() if ending not in said] == []


def test_the_documents_are_built_into_a_site_without_a_broken_link_that_fetches_nothing(tmp_path: Path) -> None:
    made = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    subprocess.run(made, cwd=ROOT, check=True, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, capture_output=True)
    pages = sorted(tmp_path.rglob("*.html"))
    assert {"index.html", "quickstart.html", "extend.html", "settings.html"} <= {page.name for page in pages}
    for page in pages:
        fetched = re.findall(r'<(?:script|img|link rel="stylesheet")[^>]+(?:src|href)="(https?:)?//', page.read_text())
        assert not fetched, page.name


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        target
        for document in DOCUMENTS
        for target in re.findall(r"(?:^    |`)make ([a-z-]+)", document.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert named
    assert named <= targets


def test_no_file_names_a_package_index_or_this_machine() -> None:
    machine = [re.escape(f"{ROOT.parent}/")] if len(ROOT.parent.parts) > 1 else []
    forbidden = re.compile("|".join([r"https?://\S+/simple\b", r"--(?:extra-)?index-url\s+http", *machine]))
    texts = [
        path for path in tracked() if path.suffix in {".py", ".toml", ".txt", ".md", ".ipynb", ""} and path.is_file()
    ]
    assert [path for path in texts if forbidden.search(path.read_text(encoding="utf-8", errors="replace"))] == []
