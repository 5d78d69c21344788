"""Requests that nobody thought of, made from the OpenAPI document, one by one and in chains: never a 5xx, and no answer that
the document does not describe. `make fuzz` makes thousands; here are as many as a suite has time for.
"""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Iterator
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


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BaseSchema]:
    folder = tmp_path_factory.mktemp("fuzz")
    settings = load_settings(
        store=small_store(folder / "store"), encoders=("colours",), ocr=False, workers=1, max_upload_mb=1
    )
    with Engine(settings=settings) as engine:
        app = create_app(engine)
        document = schemathesis.openapi.from_asgi("/openapi.json", app)

        @document.hook
        def after_call(context: object, case: Case, response: Response) -> None:
            asked[f"{case.operation.label} {response.status_code}"] += 1

        yield document


unhurried = hypothesis.settings(
    max_examples=max(5, CASES // REQUESTS),
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.timeout(1_800)
def test_whatever_is_asked_is_answered_as_the_document_says(described: BaseSchema) -> None:
    ask_one_by_one(described)
    ask_in_chains(described)
    told = "\n".join(f"{n:6} {what}" for what, n in sorted(asked.items()))
    print(f"\n{asked.total()} requests\n{told}")
    assert asked.total() >= CASES


def ask_one_by_one(described: BaseSchema) -> None:
    for found in described.get_all_operations():
        assert isinstance(found, Ok)
        for mode in GenerationMode:  # well formed, and not
            strategy = found.ok().as_strategy(generation_mode=mode)

            @unhurried
            @hypothesis.given(case=strategy)
            def is_answered(case: Case) -> None:
                case.call_and_validate(base_url=HERE, excluded_checks=LEFT_OUT)

            # What takes nothing cannot be asked wrongly.
            with contextlib.suppress(*[Unsatisfiable] if mode.is_negative else []):
                is_answered()


def ask_in_chains(described: BaseSchema) -> None:
    class Chain(described.as_state_machine()):  # type: ignore[misc]  # made by schemathesis
        def get_call_kwargs(self, case: Case) -> dict[str, str]:
            return {"base_url": HERE}

        def validate_response(self, response: Response, case: Case, **how: object) -> None:
            case.validate_response(response, excluded_checks=LEFT_OUT, recorder=self.recorder)

    Chain.run(
        settings=hypothesis.settings(
            unhurried, max_examples=CASES // LONGEST_CHAIN // 2, stateful_step_count=LONGEST_CHAIN
        )
    )
