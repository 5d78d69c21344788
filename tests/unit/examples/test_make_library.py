"""The sample library as it lies in the repository is what its script draws."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


def test_the_script_draws_the_library_byte_for_byte(tmp_path: Path) -> None:
    subprocess.run([sys.executable, EXAMPLES / "make_library.py", tmp_path], check=True, capture_output=True)
    drawn = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert len(drawn) == 10
    differing = [name for name, content in drawn.items() if (EXAMPLES / "library" / name).read_bytes() != content]
    assert not differing


def test_the_library_is_small() -> None:
    size = sum(path.stat().st_size for path in (EXAMPLES / "library").rglob("*") if path.is_file())
    assert size < 3_000_000
