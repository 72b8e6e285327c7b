"""Posting forms as an open page does."""

from collections.abc import Mapping
from typing import Any

from flask.testing import FlaskClient

from tests.itsm.web.browser import csrf_token


def send(client: FlaskClient, address: str, form: Mapping[str, Any] | None = None, **headers: str) -> Any:
    """Post a form with the page's token; `headers` with _ for -, as `HX_Request="true"`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    token = csrf_token(client, "/account")
    return client.post(address, data={"csrf_token": token, **(form or {})}, headers=named)
