"""The hostile library, ingested once for all tests of this folder.

It takes seconds, and each worker of pytest-xdist has its own (`--dist loadfile`): so two files hold all that need it.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator

import pytest

from rag.engine import Engine
from rag.settings import load_settings
from rag.wiring import Ingestion
from tests.hostile.injection.asking import Hostile
from tests.hostile.injection.build import build
from tests.hostile.injection.watch import Watch

pytest.register_assert_rewrite("tests.hostile.injection.found")
HAS_OCR = importlib.util.find_spec("rapidocr") is not None


@pytest.fixture(scope="package")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hostile]:
    """While it is there nothing may be reached; at the end, nothing was tried."""
    root = tmp_path_factory.mktemp("hostile")
    (root / "watch").mkdir()
    watch = Watch(root / "watch")
    payloads = {one.name: one for one in build(root / "library", watch.address, ocr=HAS_OCR)}
    reading = root / "library" / "drawn"
    with pytest.MonkeyPatch.context() as patch:
        watch.forbid(patch)
        settings = load_settings(store=root / "store", encoders=("colours",), workers=1, ocr=False)
        with Engine(settings=settings) as engine:
            reports = [engine.ingest(root / "library")]
            if HAS_OCR:
                # Read anew with OCR, by another engine on the same store: it takes long, so only what needs it.
                with Engine(settings=settings.model_copy(update={"ocr": True})) as seeing:
                    reports.append(
                        seeing.ingest(root / "library", how=Ingestion(again=True, include=(f"{reading.name}/",)))
                    )
            ids = {document.source: document.id for document in engine.documents()}
            yield Hostile(engine, payloads, reports, watch, ids)
    watch.close()
    assert (watch.requests, watch.tried) == ([], [])
