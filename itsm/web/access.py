"""Every route declares who may call it; a route without a declaration answers nobody (and fails a test)."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, g, redirect, request, url_for
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response

from itsm.kernel import preferences, text
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Forbidden, NotFound
from itsm.kernel.module import registry
from itsm.kernel.text import _
from itsm.web.presentation import choose_language

View = TypeVar("View", bound=Callable[..., Any])

ANYONE = "anyone"
SIGNED_IN = "signed in"
OWN_RULE = "own rule"
LIBRARY_ROUTES = {  # routes that libraries add
    "static": ANYONE,
    "security.login": ANYONE,
    "security.logout": ANYONE,
    "security.verify": SIGNED_IN,
    "security.forgot_password": ANYONE,
    "security.reset_password": ANYONE,
    "security.static": ANYONE,
    "api-docs.openapi_json": ANYONE,
    "api-docs.openapi_swagger_ui": ANYONE,
}


def requires(permission: str) -> Callable[[View], View]:
    """Declare that a view needs a permission."""
    return _declare(permission)


def open_to_anyone(view: View) -> View:
    """Declare that a view needs no login."""
    return _declare(ANYONE)(view)


def signed_in(view: View) -> View:
    """Declare that a view needs a login and no more; services and queries narrow what it shows."""
    return _declare(SIGNED_IN)(view)


def own_rule(view: View) -> View:
    """Declare that a view checks its caller itself (inventory agents, metrics), by a rule that its docstring names."""
    return _declare(OWN_RULE)(view)


def _declare(access: str) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.__dict__["access"] = access
        return view

    return mark


def declared_access(app: Flask, endpoint: str, method: str) -> str | None:
    """What a route declares, or None when it declares nothing."""
    if endpoint in LIBRARY_ROUTES:
        return LIBRARY_ROUTES[endpoint]
    view = app.view_functions[endpoint]
    view_class = getattr(view, "view_class", None)
    if view_class is not None:
        handler = getattr(view_class, method.lower(), None) or getattr(view_class, "get", None)
        return getattr(handler, "access", None)
    return getattr(view, "access", None)


def current_actor() -> Actor:
    """Who makes this request."""
    actor: Actor = g.actor
    return actor


def check_access() -> Response | None:
    """Refuse a request whose actor lacks what its route declares; visitors are led to the login page."""
    if request.endpoint is None:
        return None
    text.choose(choose_language())
    _refuse_if_off()
    access = declared_access(current_app, request.endpoint, request.method)
    if access in (ANYONE, OWN_RULE):
        return None
    if access is None:
        raise Forbidden(_("This address declares no access rule."))
    if current_actor().is_anonymous:
        return _ask_to_sign_in()
    if access != SIGNED_IN and not current_actor().has(access):
        raise Forbidden(_("You do not have the right to open this (%(permission)s).", permission=access))
    return None


def _refuse_if_off() -> None:
    module = registry().blueprint_modules.get(request.blueprint or "")
    if module is not None and module.switchable and not preferences.is_on(module.name):
        raise NotFound(_("This module is switched off here."))


def _ask_to_sign_in() -> Response:
    if request.path.startswith("/api/") or request.headers.get("HX-Request"):
        raise Unauthorized(str(_("Sign in first.")))
    target = request.full_path.rstrip("?") if request.method == "GET" else request.path
    return redirect(url_for("security.login", next=target))
