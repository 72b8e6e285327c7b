"""Definitions for tests, through the service that administrators use."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from itsm.fields import services
from itsm.fields.models import FieldDefinition
from itsm.kernel.actor import SYSTEM

Define = Callable[..., FieldDefinition]


@pytest.fixture
def define(app: Flask) -> Define:
    """Adds a field to incidents; whatever is not given has a sensible value."""
    del app

    def define(key: str, type: str = "text", **values: Any) -> FieldDefinition:  # noqa: A002 (the column's own name)
        values.setdefault("titles", {"en": key.capitalize()})
        values.setdefault("kind", "incident")
        return services.create_definition(SYSTEM, key=key, type=type, **values)

    return define
