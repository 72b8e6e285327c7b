"""The application with an SMTP server that keeps what it gets."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from tests.servers.sink import Sink


@pytest.fixture
def sink(app: Flask, tmp_path: Path) -> Iterator[Sink]:
    """A server, and the application set to send through it; its ledger knows nothing of other tests."""
    before = app.config["ITSM"]
    with Sink() as server:
        app.config["ITSM"] = replace(before, smtp_url=server.url, data_dir=tmp_path)
        yield server
    app.config["ITSM"] = before
