"""The reading processes: what they read, and what happens when one of them dies or is too slow."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexers.find import digest
from indexers.reading import Limits
from indexers.worker import Read, Refused, Task, Work
from indexers.workers import ReadingPool


@pytest.fixture
def pool() -> Iterator[ReadingPool]:
    with ReadingPool(Work(media=None, ocr=False, limits=Limits()), n_workers=1) as pool:
        yield pool


def task(folder: Path, name: str, text: str) -> Task:
    path = folder / name
    path.write_text(text)
    return Task(path, name, digest(path))


def children() -> set[int]:
    """The processes that this one started and that still run."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # ended while we looked
        if int(fields[1]) == os.getpid() and fields[0] != "Z":
            found.add(int(stat.parent.name))
    return found


def test_every_file_comes_back_once(pool: ReadingPool, tmp_path: Path) -> None:
    tasks = [task(tmp_path, f"{number}.txt", f"Lamp {number} was lit.") for number in range(5)]
    found = dict(pool.read(tasks))
    assert set(found) == set(tasks)
    assert all(isinstance(one, Read) and "was lit" in one.elements[0].text for one in found.values())


def test_a_process_killed_between_two_files_is_replaced_and_no_file_blamed(pool: ReadingPool, tmp_path: Path) -> None:
    before = children()
    (first,) = pool.read([task(tmp_path, "a.txt", "The lamp was lit.")])
    assert isinstance(first[1], Read)
    (started,) = children() - before
    os.kill(started, signal.SIGKILL)
    while started in children():
        pass
    (second,) = pool.read([task(tmp_path, "b.txt", "The horn was sounded.")])
    assert isinstance(second[1], Read), second


def test_no_process_outlives_the_pool(tmp_path: Path) -> None:
    before = children()
    with ReadingPool(Work(media=None, ocr=False, limits=Limits()), n_workers=2) as pool:
        list(pool.read([task(tmp_path, f"{number}.txt", f"Lamp {number}.") for number in range(4)]))
    assert children() <= before


def test_a_file_that_takes_too_long_is_given_up_with_a_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("indexers.workers.SECONDS_TO_START", 0.0)
    with ReadingPool(Work(media=None, ocr=False, limits=Limits(step_seconds=0.01)), n_workers=1) as pool:
        ((_, found),) = pool.read([task(tmp_path, "a.txt", "The lamp was lit.")])
    assert isinstance(found, Refused)
    assert found.code == "file_too_slow"
    assert "a.txt" in found.reason
