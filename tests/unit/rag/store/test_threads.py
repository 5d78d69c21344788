"""A server's threads come and go; the store must not keep a connection for each that ever was."""

from __future__ import annotations

import threading
from pathlib import Path

from rag.store.store import Store


def n_open(root: Path) -> int:
    """How many files of the store this process holds open."""
    held = [Path("/proc/self/fd") / name.name for name in Path("/proc/self/fd").iterdir()]
    return sum(1 for one in held if one.is_symlink() and str(one.readlink()).startswith(str(root)))


def ask(store: Store, times: int) -> None:
    for _ in range(times):
        thread = threading.Thread(target=store.documents)
        thread.start()
        thread.join()


def test_threads_that_ended_leave_no_connection_open(tmp_path: Path) -> None:
    with Store(tmp_path / "store", create=True) as store:
        ask(store, 3)
        before = n_open(tmp_path)
        assert before > 0
        ask(store, 20)
        assert n_open(tmp_path) <= before


def test_a_closed_store_holds_no_file(tmp_path: Path) -> None:
    with Store(tmp_path / "store", create=True) as store:
        ask(store, 3)
    assert n_open(tmp_path) == 0
