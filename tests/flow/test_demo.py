"""`make demo`, as it runs for a newcomer: six questions, three pictures, the page with the evidence, and again at no cost."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def demo(folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SIGHTLINE_")}
    command = [sys.executable, "examples/demo.py", str(folder)]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def first(folder: Path) -> subprocess.CompletedProcess[str]:
    return demo(folder)


def test_every_answer_is_what_the_library_says(first: subprocess.CompletedProcess[str]) -> None:
    assert first.returncode == 0, first.stdout + first.stderr
    assert "6 of 6 as the library says" in first.stdout
    for said in ("3 October 1874", "August | 23 | 412 | 3", "Wind rose", "forty blankets", "八十六公斤"):
        assert said in first.stdout
    assert "The library does not answer this question." in first.stdout


def test_three_pictures_are_found_by_their_looks_alone(first: subprocess.CompletedProcess[str]) -> None:
    assert "OCR off, captions off" in first.stdout
    assert first.stdout.count("(its words: none)") == 3
    assert "3 of 3 pictures seen" in first.stdout


def test_a_picture_that_is_cited_lies_where_the_demo_says(first: subprocess.CompletedProcess[str]) -> None:
    (named,) = re.findall(r"^    picture (\S+)$", first.stdout, re.MULTILINE)
    assert Path(named).read_bytes()


def test_the_page_holds_its_pictures_and_fetches_nothing(first: subprocess.CompletedProcess[str], folder: Path) -> None:
    page = (folder / "answers.html").read_text(encoding="utf-8")
    assert page.count('<section class="answer"') == 6
    assert "data:image/" in page
    sources = re.findall(r"""\b(?:src|href)=["']([^"']+)""", page)
    assert sources
    assert all(source.startswith(("data:image/", "#")) for source in sources)
    assert "<script" not in page


def test_again_embeds_nothing(first: subprocess.CompletedProcess[str], folder: Path) -> None:
    again = demo(folder)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "0 added, 16 unchanged" in again.stdout
    assert "nothing embedded again" in again.stdout
