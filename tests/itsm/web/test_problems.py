"""Errors as pages and as problem documents, in the reader's language."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import (
    ImATeapot,
    MethodNotAllowed,
    RequestEntityTooLarge,
    TooManyRequests,
    UnsupportedMediaType,
)

from itsm.kernel.db import session
from itsm.kernel.text import language
from itsm.web.problems import flatten, http_error
from itsm.web.validation import in_words
from tests.factories import Factory


def test_a_wrong_method_is_told_on_a_page_and_in_a_document(app: Flask) -> None:
    wrong = MethodNotAllowed(valid_methods=["GET"])
    with app.test_request_context("/login", method="PUT"):
        page = http_error(wrong)
    assert (page.status_code, "<h1>Method not allowed</h1>" in page.get_data(as_text=True)) == (405, True)
    assert "This address does not answer that method." in page.get_data(as_text=True)
    with app.test_request_context("/api/v1/incidents", method="PUT"):
        document = http_error(wrong)
    assert (document.json["title"], document.json["status"]) == ("Method not allowed", 405)
    assert document.headers["Allow"] == "GET"


@pytest.mark.usefixtures("foreign")
@pytest.mark.parametrize(
    ("error", "title"),
    [
        (RequestEntityTooLarge(), "Too large"),
        (UnsupportedMediaType(), "Kind of content not supported"),
        (TooManyRequests(retry_after=5), "Too many requests"),
    ],
)
def test_titles_are_in_the_readers_language(app: Flask, error: Exception, title: str) -> None:
    with app.test_request_context("/api/v1/incidents"), language("fa"):
        document = http_error(error)
    assert document.json["title"] == f"[fa] {title}"
    assert document.json["detail"].startswith("[fa] ")


def test_a_status_without_a_title_of_ours_keeps_the_frameworks(app: Flask) -> None:
    with app.test_request_context("/api/v1/incidents"):
        assert http_error(ImATeapot()).json["title"] == "I'm a teapot"


@pytest.mark.parametrize(
    ("complaint", "words"),
    [
        ("Missing data for required field.", "Please fill this in."),
        ("Unknown field.", "There is no such field."),
        ("Not a valid integer.", "This must be a whole number."),
        ("Not a valid datetime.", "This must be a day with a time, such as 2026-11-21T14:30."),
        ("Must be one of: low, high.", "This must be one of: low, high."),
        ("Longer than maximum length 255.", "This may have at most 255 characters."),
        ("Length must be between 1 and 60.", "This must have between 1 and 60 characters."),
        (
            "Must be greater than or equal to 1 and less than or equal to 100.",
            "This must be between 1 and 100.",
        ),
        ("Words of ours.", "Words of ours."),
    ],
)
def test_complaints_of_the_schemas_are_in_words_of_ours(app: Flask, complaint: str, words: str) -> None:
    assert in_words(complaint) == words
    assert flatten({"a": {0: [complaint]}}) == {"a.0": [words]}


@pytest.mark.usefixtures("foreign")
def test_complaints_are_in_the_readers_language(client: FlaskClient, make: Factory) -> None:
    person = make.person(roles=("agent",))
    person.language = "el"
    headers = {"Authorization": f"Bearer {make.token(person)}"}
    refused = client.post("/api/v1/incidents", json={"title": 5}, headers=headers)
    assert refused.status_code == 422
    assert refused.json["errors"]["title"] == ["[el] This must be a text."]


def test_what_is_nested_too_deeply_is_refused(client: FlaskClient, make: Factory) -> None:
    head = {"Authorization": f"Bearer {make.token(make.person(roles=('agent',)))}"}
    session.commit()
    for body in ("[" * 200_000, '{"title":' * 100_000):
        answer = client.post("/api/v1/incidents", data=body, headers=head, content_type="application/json")
        assert answer.status_code == 400
        assert "nested too deeply" in answer.get_json()["detail"]
