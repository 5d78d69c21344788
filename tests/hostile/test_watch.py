"""The watch over the hostile library sees who fetches: with a deaf one its tests would pass."""

from __future__ import annotations

import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.hostile.injection.watch import Watch


def test_the_watch_sees_who_fetches(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    urllib.request.urlopen(f"{watch.address}/seen").close()
    assert watch.requests == ["/seen"]
    fetch = f"import urllib.request as r; r.urlopen('{watch.address}/unseen')"
    with pytest.MonkeyPatch.context() as patch:
        watch.forbid(patch)
        with pytest.raises(OSError, match="no network"):
            socket.create_connection(("127.0.0.1", 80))
        done = subprocess.run([sys.executable, "-P", "-c", fetch], capture_output=True, text=True, check=False)
    watch.close()
    assert "not in this test" in done.stderr
    assert watch.requests == ["/seen"]
    assert len(watch.tried) == 1
    assert [line.split()[0] for line in watch.told_by_readers()][:2] == ["watching", "socket.getaddrinfo"]
