"""Search tests run on a database of their own, for MariaDB's full text sees what is committed only."""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.conftest import Visitor


@pytest.fixture
def app(separate_app: Flask) -> Iterator[Flask]:
    """The application on a database of its own."""
    separate_app.test_client_class = Visitor
    with separate_app.app_context():
        yield separate_app
