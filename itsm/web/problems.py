"""One place turns errors into answers: a page, a fragment for htmx, or an RFC 9457 problem document."""

from typing import Any

import structlog
from flask import Flask, Response, g, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from marshmallow import ValidationError
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from werkzeug.exceptions import HTTPException

from itsm.kernel.actor import ANONYMOUS
from itsm.kernel.db import session
from itsm.kernel.errors import Conflict, Forbidden, ItsmError
from itsm.kernel.text import _
from itsm.web import security_log
from itsm.web.statuses import DETAILS, TITLES
from itsm.web.validation import in_words

log = structlog.get_logger()


def wants_json() -> bool:
    """Whether the caller is a program: anything under /api, or one that accepts JSON and not HTML."""
    if request.path.startswith("/api/"):
        return True
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def problem(
    status: int, title: str, detail: str, *, errors: dict[str, list[str]] | None = None, **members: Any
) -> Response:
    """A problem document (RFC 9457); `errors` maps field → texts."""
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail} | members
    if errors:
        body["errors"] = errors
    response = jsonify(body)
    response.status_code = status
    response.content_type = "application/problem+json; charset=utf-8"
    return response


def answer(
    status: int, title: str, detail: str, *, errors: dict[str, list[str]] | None = None, **members: Any
) -> Response:
    """The error as the caller can use it."""
    if wants_json():
        return problem(status, title, detail, errors=errors, **members)
    if "actor" not in g:
        g.actor = ANONYMOUS
    template = "web/_error.html" if request.headers.get("HX-Request") else "web/error.html"
    page = render_template(template, status=status, title=title, detail=detail, errors=errors or {}, members=members)
    response = make_response(page, status)
    if request.headers.get("HX-Request"):
        response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#notices", "beforeend"
    return response


def flatten(messages: Any, prefix: str = "") -> dict[str, list[str]]:
    """marshmallow's nested messages as field path → texts, in the language of the moment."""
    if isinstance(messages, dict):
        flat: dict[str, list[str]] = {}
        for name, inner in messages.items():
            path = f"{prefix}.{name}" if prefix else str(name)
            flat |= flatten(inner, "" if path == "_schema" else path)
        return flat
    texts = messages if isinstance(messages, list) else [messages]
    return {prefix or "_": [in_words(text) for text in texts]}


def _itsm_error(error: ItsmError) -> Response:
    if isinstance(error, Forbidden):
        security_log.note_refusal()
    errors = {name: [str(text) for text in texts] for name, texts in error.errors.items()}
    members = {"current": error.current} if isinstance(error, Conflict) and error.current else {}
    return answer(error.status, str(error.title), str(error.message), errors=errors, **members)


def _invalid_input(error: ValidationError) -> Response:
    return answer(
        422,
        str(_("Please check what you entered")),
        str(_("Some fields are not right.")),
        errors=flatten(error.messages),
    )


def http_error(error: HTTPException) -> Response:
    """An HTTP error of the framework as our own answer."""
    status = error.code or 500
    data = getattr(error, "data", None) or {}
    errors = flatten(next(iter(data["messages"].values()))) if isinstance(data.get("messages"), dict) else None
    title, detail = TITLES.get(status, error.name), DETAILS.get(status, error.description or "")
    response = answer(status, str(title), str(detail), errors=errors)
    for name, value in error.get_headers():
        if name in {"Retry-After", "WWW-Authenticate", "Allow"}:
            response.headers[name] = value
    return response


def _database_error(error: OperationalError) -> Response:
    session.rollback()
    log.exception("database did not answer", error=str(error.orig))
    response = answer(
        503, str(_("The database does not answer")), str(_("Nothing was saved. Please try again in a moment."))
    )
    response.headers["Retry-After"] = "5"
    return response


def _refused_by_database(error: IntegrityError | DataError | OverflowError) -> Response:
    """The last net: a value that points at nothing, is taken, or does not fit, and that no schema or service named."""
    session.rollback()
    log.warning("database refused values", error=str(getattr(error, "orig", error)))
    detail = _("A value points at something that does not exist, is taken already, or does not fit. Nothing was saved.")
    return answer(422, str(_("Please check what you entered")), str(detail))


def _too_deep(error: RecursionError) -> Response:
    session.rollback()
    log.warning("what was sent lies too deep", path=request.path, error=str(error))
    return answer(400, str(_("Please check what you entered")), str(_("What was sent is nested too deeply.")))


def _csrf_error(error: CSRFError) -> Response:
    del error
    return answer(403, str(_("The page was open for too long")), str(_("Reload the page and send it again.")))


def _unexpected(error: Exception) -> Response:
    log.exception("unexpected error", path=request.path, error=repr(error))
    return answer(500, str(_("Something went wrong on our side")), str(_("The error was recorded. Nothing was saved.")))


def setup(app: Flask) -> None:
    """Bind the answers to the application."""
    app.register_error_handler(ItsmError, _itsm_error)
    app.register_error_handler(ValidationError, _invalid_input)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(OperationalError, _database_error)
    app.register_error_handler(IntegrityError, _refused_by_database)
    app.register_error_handler(DataError, _refused_by_database)
    app.register_error_handler(OverflowError, _refused_by_database)  # SQLite's driver says it so
    app.register_error_handler(RecursionError, _too_deep)
    if not app.config["ITSM"].testing:
        app.register_error_handler(Exception, _unexpected)
