"""What a browser does with a form: it reads the page's token and sends it along."""

import re
from typing import Any

from flask.testing import FlaskClient

TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')


def csrf_token(client: FlaskClient, page: str = "/login") -> str:
    """The token of the client's session, read from a page."""
    text = client.get(page, follow_redirects=True).text
    found = TOKEN.search(text)
    assert found is not None, text[:300]
    return found[1]


def post(client: FlaskClient, path: str, **fields: Any) -> Any:
    """Send a form with its token, as a page would."""
    return client.post(path, data={"csrf_token": csrf_token(client), **fields}, content_type="multipart/form-data")
