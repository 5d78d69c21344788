"""The README and the documents, done as they say: the commands in a shell, the Python as it stands."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag import Engine
from rag.types import Element
from tests.service import running

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "examples" / "library"
ADDRESSES = re.compile(r"(?:http://)?(?:localhost|127\.0\.0\.1):8321")


class Newcomer:
    """A folder where a newcomer works: the library, some reports in the home folder, no settings."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(LIBRARY, folder / "examples" / "library")
        shutil.copytree(LIBRARY / "reports", folder / "reports")
        shutil.copytree(LIBRARY / "reports", folder / "home" / "Documents" / "reports")
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SIGHTLINE_")}
        self.environment = {**kept, "HOME": str(folder / "home"), "NO_COLOR": "1"}

    def sh(self, command: str) -> str:
        command = command.replace(".venv/bin/sightline", str(Path(sys.executable).with_name("sightline")))
        return self._run(["bash", "-c", command])

    def python(self, code: str) -> str:
        return self._run([sys.executable, "-c", code])

    def _run(self, command: list[str]) -> str:
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Newcomer:
    return Newcomer(tmp_path_factory.mktemp("newcomer"))


@pytest.fixture(scope="module")
def printed(newcomer: Newcomer) -> str:
    """What the README's Python printed; it leaves the store `my-store`."""
    (code,) = python_of("README.md")
    return newcomer.python(code)


@pytest.fixture(scope="module")
def address(newcomer: Newcomer, printed: str) -> Iterator[str]:
    with running(Engine(newcomer.folder / "my-store")) as url:
        yield url


def python_of(name: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", (ROOT / name).read_text(), re.DOTALL | re.MULTILINE)


def commands_of(name: str, start: str) -> list[str]:
    return re.findall(rf"^    ({re.escape(start)}.*)$", (ROOT / name).read_text(), re.MULTILINE)


def test_the_readme_takes_a_folder_and_answers(newcomer: Newcomer) -> None:
    ingest, query = commands_of("README.md", ".venv/bin/sightline")
    assert "1 added" in newcomer.sh(ingest)
    assert "August | 23 | 412 | 3" in newcomer.sh(query)


def test_the_readme_python_answers_with_evidence(printed: str) -> None:
    answer, *evidence = printed.splitlines()
    assert "38 metres" in answer
    assert evidence[0].startswith("history.md 1 ")


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on this machine")
@pytest.mark.parametrize("document", ["README.md", "docs/rest.md"])
def test_the_service_answers_what_the_documents_send(document: str, newcomer: Newcomer, address: str) -> None:
    commands = [line for line in commands_of(document, "curl") if "/v1/query" in line or "/v1/search" in line]
    assert commands
    for command in commands:
        assert "August | 23 | 412 | 3" in newcomer.sh(ADDRESSES.sub(address, command))


def test_the_client_of_the_documents_answers(newcomer: Newcomer, address: str) -> None:
    (code,) = python_of("docs/rest.md")
    assert "August | 23 | 412 | 3" in newcomer.python(ADDRESSES.sub(address, code))


def test_the_page_of_answers_is_written(newcomer: Newcomer, printed: str) -> None:
    (code,) = python_of("docs/answers.md")
    newcomer.python(code.replace("demo/store", "my-store"))
    assert "八十六公斤" in (newcomer.folder / "demo" / "mine.html").read_text()


def test_the_reader_of_the_documents_reads(tmp_path: Path) -> None:
    (code,) = python_of("docs/ingestion.md")
    subtitles = tmp_path / "film.srt"
    subtitles.write_text(
        "1\n00:00:01,000 --> 00:00:02,000\nThe lamp is lit.\n\n2\n00:00:03,000 --> 00:00:04,000\nFog.\n"
    )
    room: dict[str, object] = {}
    exec(code, room)
    reading = room["read"](subtitles, None)  # type: ignore[operator]
    elements: list[Element] = list(reading.elements)
    assert [one.text.strip() for one in elements] == ["The lamp is lit.", "Fog."]
