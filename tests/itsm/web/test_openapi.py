"""The API describes itself truthfully, and no input that fits the description (or nearly) makes it fail."""

from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from itsm.kernel.db import session
from tests.factories import Factory

EXAMPLES = 6  # for each operation; there are about sixty


@pytest.fixture
def described(separate_app: Flask) -> tuple[Any, Flask, dict[str, str]]:
    """The description, the application, and an administrator's headers."""
    with separate_app.app_context():
        make = Factory()
        token = make.token(make.person("Admin", roles=("admin",)))
        make.incident()
        session.commit()
        session.remove()
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", separate_app)
    return schema, separate_app, {"Authorization": f"Bearer {token}"}


@pytest.mark.one_database
def test_the_description_is_valid_openapi(described: tuple[Any, Flask, dict[str, str]]) -> None:
    schema, _app, _headers = described
    schema.validate()
    assert len(schema.raw_schema["paths"]) > 30


@pytest.mark.one_database
def test_nothing_that_fits_the_description_makes_the_server_fail(described: tuple[Any, Flask, dict[str, str]]) -> None:
    schema, _app, headers = described
    failures: list[str] = []
    for result in schema.get_all_operations():
        operation = result.ok()
        _try(operation.as_strategy(), headers, failures)
    assert not failures


def _try(cases: st.SearchStrategy[Any], headers: dict[str, str], failures: list[str]) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=timedelta(seconds=20),
        phases=[Phase.generate],
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(cases)
    def send(case: Any) -> None:
        answer = case.call(headers=headers)
        if answer.status_code >= 500:
            failures.append(
                f"{case.method} {case.formatted_path} {answer.status_code} {case.body!r:.300} {case.query!r:.200}"
            )

    send()
