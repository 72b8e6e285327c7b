"""Login: Flask-Security on Flask-Login for people, bearer tokens for machines. Sets the actor of every request."""

from dataclasses import replace
from typing import Any

from flask import Flask, g, request
from flask_login import current_user, user_logged_in
from flask_security import LoginForm, MailUtil, Security, SQLAlchemyUserDatastore
from werkzeug.exceptions import Unauthorized

from itsm.identity import queries, services
from itsm.identity.actors import actor_of
from itsm.identity.models import Person, Role
from itsm.kernel import clock, outbox
from itsm.kernel.actor import ANONYMOUS, Actor
from itsm.kernel.db import db, session
from itsm.kernel.errors import NotFound
from itsm.kernel.runtime import settings
from itsm.kernel.text import _

TOKEN_USE_NOTED_SECONDS = 3600


class PatientLoginForm(LoginForm):  # type: ignore[misc]  # Flask-Security has no types
    """Flask-Security's login form, made to wait longer after each wrong password of an account."""

    def validate(self, **arguments: Any) -> bool:
        person = queries.find_by_email(self.email.data or "")
        if person and services.is_locked(person):
            self.form_errors.append(_("Too many attempts. Wait a little and try again."))
            return False
        valid: bool = super().validate(**arguments)
        if not valid and person and person.password:
            services.note_failed_login(person)
        return valid


class OutboxMail(MailUtil):  # type: ignore[misc]  # Flask-Security has no types
    """Flask-Security's mails (password reset) go through the outbox like every other."""

    def send_mail(
        self, template: str, subject: str, recipient: str, sender: Any, body: str, html: str | None, **context: Any
    ) -> None:
        del sender, html, context
        outbox.queue_mail(to=recipient, subject=str(subject), text=body, event_key=f"{template}:{clock.now().isoformat()}:{recipient}")


def setup(app: Flask) -> None:
    """Bind Flask-Security and the request's actor to the application."""
    configured = settings_of(app)
    app.config.update(
        SECRET_KEY=configured.secret_key,
        SECURITY_PASSWORD_SALT="itsm",  # noqa: S106 (argon2 salts each password itself; Flask-Security wants a value)
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106 (the name of the scheme)
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        SECURITY_DEPRECATED_PASSWORD_SCHEMES=[],
        SECURITY_PASSWORD_SINGLE_HASH=True,
        SECURITY_PASSWORD_LENGTH_MIN=services.SHORTEST_PASSWORD,
        SECURITY_RECOVERABLE=True,
        SECURITY_RESET_PASSWORD_WITHIN="1 hours",  # noqa: S106 (a duration)
        SECURITY_RETURN_GENERIC_RESPONSES=True,
        SECURITY_LOGOUT_METHODS=["POST"],
        SECURITY_POST_LOGIN_VIEW="/",
        SECURITY_POST_LOGOUT_VIEW="/login",
        SECURITY_LOGIN_USER_TEMPLATE="identity/login.html",
        SECURITY_FORGOT_PASSWORD_TEMPLATE="identity/forgot.html",  # noqa: S106 (a file name)
        SECURITY_RESET_PASSWORD_TEMPLATE="identity/reset.html",  # noqa: S106 (a file name)
        SECURITY_CSRF_IGNORE_UNAUTH_ENDPOINTS=False,
        SECURITY_EMAIL_VALIDATOR_ARGS={"check_deliverability": False, "test_environment": True},
        SECURITY_REDIRECT_ALLOW_SUBDOMAINS=False,
        SECURITY_USE_REGISTER_V2=True,
        PERMANENT_SESSION_LIFETIME=configured.session_idle_seconds,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=configured.public_url.startswith("https:"),
        SESSION_COOKIE_NAME="__Host-itsm" if configured.public_url.startswith("https:") else "itsm_session",
        REMEMBER_COOKIE_DURATION=0,
    )
    Security(app, SQLAlchemyUserDatastore(db, Person, Role), login_form=PatientLoginForm, mail_util_cls=OutboxMail)
    user_logged_in.connect(_note_login, app)
    app.before_request(set_actor)


def settings_of(app: Flask) -> Any:
    """The settings that an application was built with."""
    return app.config["ITSM"]


def _note_login(app: Flask, user: Person, **rest: Any) -> None:
    del app, rest
    services.note_login(user)


def set_actor() -> None:
    """Find out who asks: the owner of the bearer token, the signed-in person, or nobody."""
    g.by_token = False
    if request.endpoint == "static":
        g.actor = ANONYMOUS
        return
    scheme, _blank, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        g.actor = _actor_of_token(token.strip())
        g.by_token = True
        return
    user = current_user._get_current_object()  # noqa: SLF001 (the way Flask-Login documents it)
    signed_in = user.is_authenticated
    g.actor = actor_of(user, channel="web") if signed_in else ANONYMOUS
    g.person = user if signed_in else None


def _actor_of_token(token: str) -> Actor:
    found = queries.find_token_owner(services.token_digest(token))
    if found is None:
        raise Unauthorized(str(_("The token is unknown, expired or revoked.")))
    row, person = found
    g.person = person
    if request.method not in {"GET", "HEAD"} and _use_is_news(row):
        row.last_used_at = clock.now()
    actor = actor_of(person, channel="api")
    if not row.scopes:
        return actor
    allowed = frozenset(name for name in row.scopes if actor.has(name))
    return replace(actor, permissions=allowed, grants_all=False)


def _use_is_news(row: Any) -> bool:
    return row.last_used_at is None or (clock.now() - row.last_used_at).total_seconds() > TOKEN_USE_NOTED_SECONDS


def command_actor(email: str | None = None) -> Actor:
    """The actor of a command: the person with this address, else the system itself."""
    if email is None:
        return Actor(person_id=None, name="itsm", grants_all=True, channel="command")
    person = queries.find_by_email(email)
    if person is None:
        raise NotFound(_("Nobody has the address %(email)s.", email=email))
    return actor_of(person, channel="command")


