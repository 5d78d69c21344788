"""Texts that look like markers of evidence and are none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    "words", ["number no " * 40, "source " * 60, "evidence" + " " * 500 + "x"], ids=["words", "word", "spaces"]
)
def test_a_text_that_looks_like_the_beginning_of_a_marker_is_read_at_once(words: str) -> None:
    """In a process of its own: what takes for ever here would hold up every test that follows."""
    question = (
        "from rag.generators.extractive import ExtractiveGenerator as E; from rag.prompt import build_prompt as b;"
        "from tests.evidence import hit; import sys;"
        "print(*E().generate(b('How high is the Bakosin?', [hit('The Bakosin is 42 metres high [' + sys.argv[1])])))"
    )
    root = Path(__file__).resolve().parents[2]
    said = subprocess.run(
        [sys.executable, "-c", question, words], cwd=root, capture_output=True, text=True, timeout=15, check=True
    )
    assert "42 metres" in said.stdout
