"""Login: Flask-Security on Flask-Login for people, bearer tokens for machines. Sets the actor of every request."""

from dataclasses import replace
from functools import wraps
from typing import Any

from flask import Flask, Response, g, request
from flask_login import current_user
from flask_security import (
    LoginForm,
    MailUtil,
    PasswordUtil,
    Security,
    SQLAlchemyUserDatastore,
    VerifyForm,
    password_reset,
)
from flask_security.recoverable import send_reset_password_instructions
from flask_security.utils import hash_password, url_for_security
from werkzeug.exceptions import Unauthorized

from itsm.identity import browsers, queries, services
from itsm.identity.actors import actor_of
from itsm.identity.models import Person, Role
from itsm.kernel import audit, clock, outbox
from itsm.kernel.actor import ANONYMOUS, Actor
from itsm.kernel.db import db, session
from itsm.kernel.errors import Invalid, NotFound
from itsm.kernel.runtime import settings
from itsm.kernel.text import LANGUAGES, _, language
from itsm.web import security_log
from itsm.web.forms import own_path
from itsm.web.rates import address, rates

TOKEN_USE_NOTED_SECONDS = 3600
GUESSED_ENDPOINTS = ("security.login", "security.verify", "security.forgot_password", "security.reset_password")


class PatientLoginForm(LoginForm):
    """Flask-Security's login form, made to wait longer after each wrong password of an account.

    Unknown, locked and deactivated accounts and wrong passwords are answered alike, in text and in time.
    """

    def validate(self, **arguments: Any) -> bool:
        self.next.data = own_path(self.next.data) if self.next.data else ""
        person = queries.find_by_email(self.email.data or "")
        place = browsers.place_of(person) if person else browsers.network()
        if person and services.is_locked(person, place):
            hash_password(self.password.data or "-")
            self.form_errors.append(_("E-mail address or password is not right."))
            return False
        valid: bool = super().validate(**arguments)
        if not valid and person and person.password:
            services.note_failed_login(person, place)
            session.commit()  # the count stays although the answer refuses, and so is rolled back when it is JSON
        if person is None:
            _note_unknown(self.email.data or "", place)
        return valid


def _note_unknown(email: str, place: services.Place) -> None:
    if email and security_log.has_room(place.name):
        services.note_unknown_login(email, place)
        session.commit()


class PatientVerifyForm(VerifyForm):
    """Flask-Security's form that asks for the password once more, as patient as the login form: who found an open browser
    does not guess faster there.
    """

    def validate(self, **arguments: Any) -> bool:
        person = current_user._get_current_object()  # noqa: SLF001 (the way Flask-Login documents it)
        place = browsers.place_of(person)
        if services.is_locked(person, place):
            hash_password(self.password.data or "-")
            self.form_errors.append(_("E-mail address or password is not right."))
            return False
        valid: bool = super().validate(**arguments)
        if not valid and self.password.data and person.password:
            services.note_failed_login(person, place)
            session.commit()  # as above
        return valid


class CheckedPassword(PasswordUtil):
    """Flask-Security's check of new passwords, by the same rule as everywhere else."""

    def validate(self, password: str, is_register: bool, **context: Any) -> tuple[list[str] | None, str]:
        del is_register, context
        objection = services.password_objection(password)
        return ([str(objection)] if objection is not None else None), self.normalize(password)


class OutboxMail(MailUtil):
    """Flask-Security's mails (password reset) go through the outbox like every other, in the person's language."""

    def send_mail(  # noqa: PLR0917 (Flask-Security's signature)
        self,
        template: str,
        subject: str,
        recipient: str | tuple[str, str],
        sender: str | tuple[str, str],
        body: str | None,
        html: str | None,
        **context: Any,
    ) -> None:
        del subject, sender, body, html
        person: Person = context["user"]
        with language(person.language if person.language in LANGUAGES else settings().language):
            title, text = _reset_words(person, context.get("reset_token"))
        address = recipient if isinstance(recipient, str) else recipient[1]
        outbox.queue_mail(
            to=address,
            subject=str(title),
            text=str(text),
            event_key=f"{template}:{clock.now().isoformat()}:{address}",
            headers={"Auto-Submitted": "auto-generated"},
        )


def _reset_words(person: Person, token: str | None) -> tuple[Any, Any]:
    if token is None:
        return _("Your password was changed"), _(
            "Hello %(name)s,\n\nyour password was changed and every session was ended. If that was not you, "
            "tell the service desk at once.\n",
            name=person.name,
        )
    # The address comes from the settings: a Host header from outside must not decide where a secret link leads.
    link = settings().public_url + url_for_security("reset_password", token=token)
    return _("Choose a new password"), _(
        "Hello %(name)s,\n\nhere you choose a new password. The link holds for one hour and works once:\n\n%(link)s\n\n"
        "If you did not ask for it, you need not do anything.\n",
        name=person.name,
        link=link,
    )


def send_reset_link(actor: Actor, person: Person) -> None:
    """Mail a person a link to choose a new password; for administrators."""
    if not person.email or not person.active:
        raise Invalid.field("email", _("Only an active person with an e-mail address can get a link."))
    send_reset_password_instructions(person)  # type: ignore[no-untyped-call]  # Flask-Security leaves it untyped
    audit.record(actor, "person.reset_link_sent", subject_kind="person", subject_id=person.id)


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
        SECURITY_VERIFY_TEMPLATE="identity/verify.html",
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
    Security(
        app,
        SQLAlchemyUserDatastore(db, Person, Role),
        login_form=PatientLoginForm,
        verify_form=PatientVerifyForm,
        mail_util_cls=OutboxMail,
        password_util_cls=CheckedPassword,
    )
    # Flask-Security hands out and takes tokens of its own, without end and outside the audit log; ours are `ApiToken`.
    app.login_manager.request_loader(_nobody)  # type: ignore[attr-defined]  # set by Flask-Login
    _lead_to_own_paths(app)
    app.before_request(limit_guessing)
    browsers.setup(app)
    password_reset.connect(_note_reset, app)
    app.before_request(set_actor)


def _nobody(_request: Any) -> None:
    return None


def settings_of(app: Flask) -> Any:
    """The settings that an application was built with."""
    return app.config["ITSM"]


def limit_guessing() -> None:
    """Count tries to sign in, to verify or to reset a password by address; raises 429 beyond the rate of the settings."""
    if request.method == "POST" and request.endpoint in GUESSED_ENDPOINTS:
        rates().count(settings().login_rate, "login", address())


def _lead_to_own_paths(app: Flask) -> None:
    view = app.view_functions["security.login"]

    @wraps(view)
    def login(*arguments: Any, **named: Any) -> Response:
        response = app.make_response(app.ensure_sync(view)(*arguments, **named))
        if response.location:
            response.location = own_path(response.location)
        return response

    app.view_functions["security.login"] = login


def _note_reset(app: Flask, user: Person, **rest: Any) -> None:
    del app, rest
    services.note_new_password(Actor(person_id=user.id, name=user.name, channel="web"), user)


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
