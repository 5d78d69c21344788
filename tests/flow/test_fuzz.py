"""Requests that nobody thought of, made from the OpenAPI document, one by one and in chains: never a 5xx, and no answer that
the document does not describe. `make fuzz` makes thousands; here are as many as a suite has time for.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import CheckFunction
from schemathesis.core.result import Ok
from schemathesis.core.transport import Response
from schemathesis.generation import GenerationMode
from schemathesis.python.asgi import ASGIClient
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import positive_data_acceptance

from api.app import create_app
from rag.engine import Engine
from rag.settings import load_settings
from tests.service import small_store

CASES = int(os.environ.get("FUZZ_CASES", "250"))
REQUESTS = 60
"""Different requests that the document describes, well formed and not, about; each gets its share of the cases."""
HERE = "http://127.0.0.1"
"""Without a key the service answers those alone who call it by such a name."""
LONGEST_CHAIN = 6
LEFT_OUT: list[CheckFunction] = [positive_data_acceptance]
"""A question about a document that is not here is a 404, however well formed."""
Case: TypeAlias = "schemathesis.Case[Any]"  # Any: as schemathesis types its own
asked: Counter[str] = Counter()


@contextlib.contextmanager
def served(folder: Path) -> Iterator[ASGIClient]:
    """A service of its own over a small store, and who asks it."""
    settings = load_settings(
        store=small_store(folder / "store"),
        encoders=("colours",),
        ocr=False,
        workers=1,
        max_upload_mb=1,
        ingest_roots=(folder / "library",),
    )
    (folder / "library").mkdir()
    (folder / "library" / "note.txt").write_text("The green boat rests.")
    with Engine(settings=settings) as engine:
        app: Any = create_app(engine)  # Any: schemathesis takes dicts where ASGI has mappings
        with ASGIClient(app, base_url=HERE) as client:
            yield client


unhurried = hypothesis.settings(
    max_examples=max(5, CASES // REQUESTS),
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.timeout(1_800)
def test_whatever_is_asked_is_answered_as_the_document_says(tmp_path: Path) -> None:
    with served(tmp_path) as client:
        document = schemathesis.openapi.from_asgi("/openapi.json", client.app)

        @document.hook
        def after_call(context: object, case: Case, response: Response) -> None:
            asked[f"{case.operation.label} {response.status_code}"] += 1

        ask_one_by_one(document, client)
    ask_in_chains(document)
    told = "\n".join(f"{n:6} {what}" for what, n in sorted(asked.items()))
    print(f"\n{asked.total()} requests\n{told}")
    assert asked.total() >= CASES


def ask_one_by_one(document: BaseSchema, client: ASGIClient) -> None:
    for found in document.get_all_operations():
        assert isinstance(found, Ok)
        for mode in GenerationMode:  # well formed, and not
            strategy = found.ok().as_strategy(generation_mode=mode)

            @unhurried
            @hypothesis.given(case=strategy)
            def is_answered(case: Case) -> None:
                case.call_and_validate(base_url=HERE, session=client, excluded_checks=LEFT_OUT)

            # What takes nothing cannot be asked wrongly.
            with contextlib.suppress(*[Unsatisfiable] if mode.is_negative else []):
                is_answered()


def ask_in_chains(document: BaseSchema) -> None:
    """What one answer names, the next request asks for; each chain has a store of its own, which the last did not change."""

    class Chain(document.as_state_machine()):  # type: ignore[misc]  # made by schemathesis
        def setup(self) -> None:
            self.open = contextlib.ExitStack()
            folder = Path(self.open.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
            self.library = folder / "library"
            self.client = self.open.enter_context(served(folder))

        def teardown(self) -> None:
            self.open.close()

        def before_call(self, case: Case) -> None:
            if case.operation.label != "POST /v1/ingest" or not isinstance(case.body, dict):
                return
            path = case.body.get("path")
            if isinstance(path, str) and len(path) < 1_000:
                case.body["path"] = str(self.library)  # which nobody guesses

        def get_call_kwargs(self, case: Case) -> dict[str, object]:
            return {"base_url": HERE, "session": self.client}

        def validate_response(self, response: Response, case: Case, **how: object) -> None:
            case.validate_response(response, excluded_checks=LEFT_OUT, recorder=self.recorder)

    n_chains = max(1, CASES // LONGEST_CHAIN // 2)
    Chain.run(settings=hypothesis.settings(unhurried, max_examples=n_chains, stateful_step_count=LONGEST_CHAIN))
