"""Where the service listens."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from api.server import listen, serve, url_of
from rag.errors import BadSetting, ModelMismatch
from rag.settings import Settings, load_settings


def settings_for(root: Path, **changes: object) -> Settings:
    return load_settings(store=root, encoders=("colours",)).model_copy(update={"port": 0, **changes})


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_any_address_but_loopback_needs_a_key(root: Path, host: str) -> None:
    with pytest.raises(BadSetting, match="--key"), listen(settings_for(root, host=host)):
        pass
    with listen(settings_for(root, host="0.0.0.0", key="k")) as listening:
        assert listening.getsockname()[0] == "0.0.0.0"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_needs_no_key(root: Path, host: str) -> None:
    with listen(settings_for(root, host=host)) as listening:
        assert url_of(listening).startswith(("http://127.0.0.1:", "http://[::1]:"))
        assert not url_of(listening).endswith(":0")


@pytest.mark.parametrize("key", ["", "  ", "schlüssel"])
def test_a_key_that_cannot_be_sent_is_refused(root: Path, key: str) -> None:
    with pytest.raises(BadSetting, match="key"), listen(settings_for(root, key=key)):
        pass


def test_a_taken_port_is_named_with_what_to_do(root: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BadSetting, match=f"port {port}.*--port"), listen(settings_for(root, port=port)):
            pass


def test_an_address_that_is_none_is_refused(root: Path) -> None:
    with pytest.raises(BadSetting, match=r"999\.1\.1\.1"), listen(settings_for(root, host="999.1.1.1")):
        pass


def test_a_store_of_another_model_is_not_served(root: Path) -> None:
    with pytest.raises(ModelMismatch):
        serve(settings_for(root, encoders=("builtin",)))
