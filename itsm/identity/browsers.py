"""Browsers that are signed in: the session that their cookie names, and the mark of one that signed in before."""

import ipaddress
import secrets
from datetime import timedelta
from typing import Any

from flask import Flask, Response, after_this_request, current_app, g, request
from flask import session as cookie
from flask_login import user_logged_in, user_logged_out
from flask_security.utils import set_request_attr
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import select

from itsm.identity import queries, services
from itsm.identity.models import Person
from itsm.kernel import clock
from itsm.kernel.db import session
from itsm.kernel.runtime import settings
from itsm.web.cycle import afterwards
from itsm.web.rates import address

SECRET = "login"  # noqa: S105 (the name under which the cookie carries the session's secret)
OF_A_SESSION = frozenset({"_user_id", "_fresh", "_id", "_permanent"})
SEEN_EVERY_SECONDS = 900
KNOWN_SECONDS = 180 * 24 * 3600
NETWORK_BITS = {4: 24, 6: 48}


def setup(app: Flask) -> None:
    """Let the session's row decide who is signed in, and note signing in and out."""
    app.login_manager.user_loader(load_person)  # type: ignore[attr-defined]  # set by Flask-Login
    user_logged_in.connect(_begin, app)
    user_logged_out.connect(_end, app)


def load_person(uniquifier: str) -> Person | None:
    """Whose session the cookie names, in one statement; None when it ended, grew too old or never was."""
    oldest = clock.now() - timedelta(seconds=settings().session_longest_seconds)
    digest = services.session_digest(str(cookie.get(SECRET, "")))
    found = queries.find_session(digest, uniquifier, begun_after=oldest)
    if found is None:
        cookie.clear()
        return None
    row, person = found
    set_request_attr("fs_authn_via", "session")  # Flask-Security's own pages ask for it
    g.login_session_id = session_id = row.id
    if (clock.now() - row.seen_at).total_seconds() > SEEN_EVERY_SECONDS:
        afterwards(lambda: services.note_seen(session_id))
    return person


def _begin(app: Flask, user: Person, **rest: Any) -> None:
    del app, rest
    place = place_of(user)
    # The session's row holds the person's in common: two sign-ins at once would then wait for one another.
    session.execute(select(Person.id).where(Person.id == user.id).with_for_update())
    _end_old()
    # Nothing of the visitor's session before the login stays, so that nobody can have planted it.
    for name in set(cookie) - OF_A_SESSION:
        cookie.pop(name)
    cookie.permanent = True  # ends after the idle time of the settings
    agent = request.headers.get("User-Agent", "")
    cookie[SECRET] = services.begin_session(user, address=address(), user_agent=agent)
    services.note_login(user, place)
    after_this_request(lambda response: _remember(response, user))


def _end(app: Flask, **rest: Any) -> None:
    del app, rest
    _end_old()


def _end_old() -> None:
    secret = cookie.pop(SECRET, None)
    if secret:
        services.end_session(secret)


def place_of(person: Person) -> services.Place:
    """Where a password for this account is tried from: a browser that signed in to it before, else a network."""
    mark = _mark_of(person)
    return services.Place(f"browser:{mark}", known=True) if mark else network()


def network() -> services.Place:
    """The network that calls (IPv4 by 24 bits, IPv6 by 48); an IPv4 address written as one of IPv6 counts as what it is."""
    written = ipaddress.ip_address(address())
    caller = getattr(written, "ipv4_mapped", None) or written
    return services.Place(str(ipaddress.ip_network((caller, NETWORK_BITS[caller.version]), strict=False)))


def _marks() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings().secret_key, salt="known browser")


def _mark_of(person: Person) -> str:
    try:
        person_id, mark = _marks().loads(request.cookies.get(_mark_name(), ""), max_age=KNOWN_SECONDS)
    except (BadData, ValueError, TypeError):
        return ""
    return str(mark) if person_id == person.id else ""


def _remember(response: Response, person: Person) -> Response:
    mark = _mark_of(person) or secrets.token_hex(8)
    response.set_cookie(
        _mark_name(),
        str(_marks().dumps([person.id, mark])),
        max_age=KNOWN_SECONDS,
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )
    return response


def _mark_name() -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}_known"
