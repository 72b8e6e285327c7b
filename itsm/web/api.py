"""The manners of the API under `/api/v1`: blueprints, idempotent POST, conditional PATCH, collections that page."""

import hashlib
import json
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import cache, wraps
from typing import Any, TypeVar

from flask import Flask, Response, current_app, g, request
from flask_smorest import Api, Blueprint
from marshmallow import RAISE, Schema, fields, validate
from sqlalchemy import delete, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from itsm.kernel import clock
from itsm.kernel.db import Base, BigId, LongText, session, unit_of_work
from itsm.kernel.errors import Conflict, Invalid, ItsmError, Stale
from itsm.kernel.jobs import Outcome
from itsm.kernel.paging import LARGEST_LIMIT, Page
from itsm.kernel.text import _
from itsm.web.access import current_actor

View = TypeVar("View", bound=Callable[..., Any])

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
    """Base of every input schema: unknown fields are refused."""

    class Meta:
        unknown = RAISE


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


def setup(app: Flask, blueprints: Iterable[Blueprint]) -> Api:
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
    api.ERROR_SCHEMA = ProblemSchema
    api.handle_http_exception = _reraise
    for blueprint in blueprints:
        api.register_blueprint(blueprint, url_prefix=PREFIX)
    app.after_request(_add_etag)
    return api


def _reraise(error: Exception) -> Any:
    raise error


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


def idempotent(view: View) -> View:
    """Make a POST answer a repeat (same actor, path and `Idempotency-Key`) with its first answer.

    The answer is kept in the same transaction as the work. Of two at once, the second waits on the key's row and then
    reads the first one's answer. A key that comes back with another body is refused.
    """

    @wraps(view)
    def guarded(*arguments: Any, **named: Any) -> Any:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return view(*arguments, **named)
        if not 0 < len(key) <= KEY_LENGTH:
            raise Invalid.field("Idempotency-Key", _("A key has 1 to 200 characters."))
        digest = _key_digest(key)
        known = session.get(IdempotencyKey, digest)
        if known is not None:
            return _first_answer(known)
        return _answer_and_keep(digest, lambda: view(*arguments, **named))

    return guarded  # type: ignore[return-value]  # the wrapper takes and answers what the view does


def _key_digest(key: str) -> str:
    return hashlib.sha256(f"{current_actor().person_id}|{request.method}|{request.path}|{key}".encode()).hexdigest()


def _body_digest() -> str:
    return hashlib.sha256(request.get_data()).hexdigest()


def _first_answer(known: IdempotencyKey) -> Response:
    if known.request_sha256 != _body_digest():
        raise Invalid.field("Idempotency-Key", _("This key was used for another request. Use a new key."))
    response = Response(known.body, status=known.status, content_type="application/json; charset=utf-8")
    response.headers["Idempotency-Replayed"] = "true"
    for name, value in (("ETag", known.etag), ("Location", known.location)):
        if value:
            response.headers[name] = value
    return response


def _answer_and_keep(digest: str, work: Callable[[], Any]) -> Response:
    response = current_app.make_response(work())
    if response.status_code >= 400:
        return response
    row = {
        "key": digest,
        "request_sha256": _body_digest(),
        "status": response.status_code,
        "body": response.get_data(as_text=True),
        "etag": g.get("etag", "") or response.headers.get("ETag", ""),
        "location": response.headers.get("Location", ""),
        "actor_id": current_actor().person_id,
        "created_at": clock.now(),
    }
    try:
        session.execute(insert(IdempotencyKey), [row])
    except IntegrityError as error:
        # The same request ran at the same time and was first; ours is rolled back, the repeat reads that answer.
        raise Conflict(_("The same request is being handled. Repeat it to get its answer.")) from error
    return response


def forget_old_keys() -> Outcome:
    """Remove idempotency keys after two days."""
    with unit_of_work():
        before = clock.now() - timedelta(hours=KEYS_KEPT_HOURS)
        result = session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < before))
    return Outcome(done=int(getattr(result, "rowcount", 0)))


def spec_of(api: Api) -> dict[str, Any]:
    """The OpenAPI document as data."""
    document: dict[str, Any] = json.loads(json.dumps(api.spec.to_dict()))
    return document
