"""The manners of the API under `/api/v1`: blueprints, idempotent POST, conditional PATCH, collections that page."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from flask import Response, g, request, url_for
from flask_smorest import Api, Blueprint
from marshmallow import RAISE, Schema, ValidationError, fields, pre_load, validate
from sqlalchemy import delete, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.exceptions import HTTPException

from itsm.kernel import clock
from itsm.kernel.db import Base, BigId, LongText, session, unit_of_work
from itsm.kernel.errors import Conflict, Invalid, ItsmError, Stale
from itsm.kernel.jobs import Outcome
from itsm.kernel.paging import LARGEST_LIMIT, Page
from itsm.kernel.text import _
from itsm.web.access import current_actor
from itsm.web.cycle import ItsmFlask
from itsm.web.problems import http_error

PREFIX = "/api/v1"
KEY_LENGTH = 200
KEYS_KEPT_HOURS = 48


class IdempotencyKey(Base):
    """The first answer to a POST with an `Idempotency-Key`, kept in the transaction of the work itself."""

    __tablename__ = "idempotency_key"

    key: Mapped[str] = mapped_column(primary_key=True)  # digest of actor, path and the caller's key
    request_sha256: Mapped[str]
    status: Mapped[int]
    body: Mapped[str] = mapped_column(LongText)
    etag: Mapped[str] = mapped_column(default="")
    location: Mapped[str] = mapped_column(default="")
    actor_id: Mapped[int | None] = mapped_column(BigId)
    created_at: Mapped[datetime] = mapped_column(index=True)


class PreconditionMissing(ItsmError):
    """A PATCH came without `If-Match`."""

    status = 428
    title = _("If-Match is missing")


class StrictSchema(Schema):
    """Base of every input schema: unknown fields are refused, and characters that no database keeps."""

    class Meta:
        unknown = RAISE

    @pre_load
    def refuse_nul(self, data: Any, **_arguments: Any) -> Any:
        """A NUL character has no place in any text."""
        if isinstance(data, dict):
            faulty = [name for name, value in data.items() if isinstance(value, str) and "\x00" in value]
            if faulty:
                raise ValidationError(
                    {name: [str(_("This text holds a character that cannot be kept."))] for name in faulty}
                )
        return data


class CollectionArguments(Schema):
    """Query arguments of every collection."""

    limit = fields.Integer(validate=validate.Range(1, LARGEST_LIMIT), metadata={"description": "rows a page"})
    cursor = fields.String(validate=validate.Length(max=500), metadata={"description": "`next` of the page before"})
    q = fields.String(validate=validate.Length(max=2000), metadata={"description": "filter in the query language"})
    sort = fields.String(
        validate=validate.Length(max=50), metadata={"description": "field to sort by, `-` for descending"}
    )


@cache
def page_schema(item: type[Schema]) -> type[Schema]:
    """The schema of a page of items: `{"items": […], "next": cursor | null}`."""
    name = f"{item.__name__.removesuffix('Schema')}Page"
    members = {"items": fields.List(fields.Nested(item)), "next": fields.String(allow_none=True)}
    schema: type[Schema] = type(name, (Schema,), members)
    return schema


def page_body(page: Page[Any]) -> dict[str, Any]:
    """A page as its schema wants it."""
    return {"items": list(page.items), "next": page.next}


def etag_of(version: int) -> str:
    """The entity tag that stands for a row version."""
    return f'"{version}"'


def required_version() -> int:
    """The version that a PATCH is based on; raises 428 without `If-Match` and 412 when it cannot be one of ours."""
    header = request.headers.get("If-Match")
    if header is None:
        raise PreconditionMissing(_("Send If-Match with the ETag that you read, so that nobody's change is lost."))
    text = header.strip().removeprefix("W/").strip('"')
    if not text.isdecimal() or len(text) > 18:
        raise Stale(_("This ETag is not one of ours. Read the record again."))
    return int(text)


def check_match(row: Any) -> int:
    """Compare `If-Match` with a row's version; answers the version, raises 412 when it is stale."""
    version = required_version()
    if row.version != version:
        raise Stale(_("This changed meanwhile. Read it again and repeat the change."), current={"version": row.version})
    return version


def set_etag(version: int) -> None:
    """Send the row's version as the answer's ETag."""
    g.etag = etag_of(version)


def created(
    body: Any, endpoint: str, *, version: int | None = None, **arguments: Any
) -> tuple[Any, int, dict[str, str]]:
    """The answer to a POST that made a record: 201 with its body, where it is, and its version as ETag if it has one."""
    if version is not None:
        set_etag(version)
    return body, 201, {"Location": url_for(endpoint, **arguments)}


def setup(app: ItsmFlask, blueprints: Iterable[Blueprint]) -> Api:
    """Build the API from the modules' blueprints, with OpenAPI at `/api/v1/openapi.json`."""
    app.config.update(
        API_TITLE="itsm",
        API_VERSION="v1",
        OPENAPI_VERSION="3.0.3",
        OPENAPI_URL_PREFIX=PREFIX,
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS={
            "info": {"description": "Everything that the pages do. Errors are RFC 9457 problem documents."},
            "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
            "security": [{"bearer": []}],
        },
    )
    api = Api(app)
    app.before_commit = keep_first_answer
    api.ERROR_SCHEMA = ProblemSchema
    app.register_error_handler(HTTPException, http_error)  # flask-smorest put its own in place of ours
    for blueprint in blueprints:
        api.register_blueprint(blueprint, url_prefix=PREFIX)
    app.before_request(answer_again)
    app.after_request(_add_etag)
    return api


class ProblemSchema(Schema):
    """A problem document (RFC 9457)."""

    type = fields.String()
    title = fields.String()
    status = fields.Integer()
    detail = fields.String()
    errors = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))


def _add_etag(response: Response) -> Response:
    tag = g.pop("etag", None)
    if tag and response.status_code < 300:
        response.headers["ETag"] = tag
    return response


def _key_of_request() -> str | None:
    if request.method != "POST" or not request.path.startswith(f"{PREFIX}/"):
        return None
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 0 < len(key) <= KEY_LENGTH:
        raise Invalid.field("Idempotency-Key", _("A key has 1 to 200 characters."))
    return hashlib.sha256(f"{current_actor().person_id}|{request.path}|{key}".encode()).hexdigest()


def answer_again() -> Response | None:
    """Answer a repeated POST (same actor, path and `Idempotency-Key`) with its first answer; runs before each request.

    A key that comes back with another body is refused.
    """
    g.idempotency_key = _key_of_request()
    known = session.get(IdempotencyKey, g.idempotency_key) if g.idempotency_key else None
    if known is None:
        return None
    if known.request_sha256 != _body_digest():
        raise Invalid.field("Idempotency-Key", _("This key was used for another request. Use a new key."))
    response = Response(known.body, status=known.status, content_type="application/json; charset=utf-8")
    response.headers["Idempotency-Replayed"] = "true"
    for name, value in (("ETag", known.etag), ("Location", known.location)):
        if value:
            response.headers[name] = value
    return response


def keep_first_answer(response: Response) -> None:
    """Keep the answer to a POST with a key, in the transaction of the work itself; runs before the commit.

    Of two at once the second breaks on the key and is rolled back; its repeat reads the first one's answer.
    """
    if not g.get("idempotency_key"):
        return
    row = {
        "key": g.idempotency_key,
        "request_sha256": _body_digest(),
        "status": response.status_code,
        "body": response.get_data(as_text=True),
        "etag": g.get("etag", ""),
        "location": response.headers.get("Location", ""),
        "actor_id": current_actor().person_id,
        "created_at": clock.now(),
    }
    try:
        session.execute(insert(IdempotencyKey), [row])
    except IntegrityError as error:
        raise Conflict(_("The same request is being handled. Repeat it to get its answer.")) from error


def _body_digest() -> str:
    return hashlib.sha256(request.get_data()).hexdigest()


def forget_old_keys() -> Outcome:
    """Remove idempotency keys after two days."""
    with unit_of_work():
        before = clock.now() - timedelta(hours=KEYS_KEPT_HOURS)
        result = session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < before))
    return Outcome(done=int(getattr(result, "rowcount", 0)))
