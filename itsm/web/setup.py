"""Binds the shell to the application: headers, limits, CSRF, languages, static files, health."""

import ipaddress
import mimetypes
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, g, jsonify, request, send_from_directory
from flask_babel import Babel
from flask_talisman import Talisman
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import text
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, Map

from config.settings import Settings, networks_of
from itsm.kernel import jobs
from itsm.kernel.db import session
from itsm.kernel.text import CATALOGUES
from itsm.web import access, navigation, presentation, problems, rates
from itsm.web.access import open_to_anyone, own_rule

CSP = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
YEAR_SECONDS = 31_536_000

LARGEST_ID = 2**53

csrf = CSRFProtect()


class IdConverter(IntegerConverter):
    """Numbers in addresses, as large as an id can be; a larger one is no address of ours."""

    def __init__(self, map: Map) -> None:  # noqa: A002 (werkzeug's own name)
        super().__init__(map, max=LARGEST_ID)


def setup(app: Flask, settings: Settings) -> None:
    """Everything the shell needs, before modules register their pages."""
    app.config.update(
        MAX_CONTENT_LENGTH=settings.upload_limit_bytes,
        MAX_FORM_MEMORY_SIZE=2_000_000,
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
        BABEL_DEFAULT_LOCALE="en",
        BABEL_TRANSLATION_DIRECTORIES=str(CATALOGUES),
        SEND_FILE_MAX_AGE_DEFAULT=YEAR_SECONDS,
    )
    app.url_map.converters["int"] = IdConverter
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    mimetypes.add_type("font/woff2", ".woff2")
    Babel(app, locale_selector=presentation.choose_language, timezone_selector=lambda: presentation.reader().timezone)
    presentation.setup(app)
    navigation.setup(app)
    problems.setup(app)
    csrf.init_app(app)
    rates.setup(app, settings)
    _set_headers(app, settings)
    _serve_static(app)
    _add_health(app, settings)


def finish(app: Flask) -> None:
    """Checks that run once the actor is known; called after identity bound itself."""
    app.before_request(rates.check_rate)
    app.before_request(access.check_access)
    app.before_request(_check_csrf)


def _check_csrf() -> None:
    view = app_view(request.endpoint)
    exempt = getattr(view, "access", None) == access.OWN_RULE or g.get("by_token")
    if request.method not in {"GET", "HEAD", "OPTIONS"} and not exempt:
        csrf.protect()


def app_view(endpoint: str | None) -> Any:
    """The view function of an endpoint, or None."""
    return current_app.view_functions.get(endpoint or "")


def _set_headers(app: Flask, settings: Settings) -> None:
    @app.after_request
    def private_by_default(response: Response) -> Response:
        """Runs after Talisman's own headers, so that a view may ask for a stricter content policy."""
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
        if "content_policy" in g:
            response.headers["Content-Security-Policy"] = g.content_policy
        return response

    Talisman(
        app,
        force_https=False,
        session_cookie_secure=settings.public_url.startswith("https:"),
        strict_transport_security=settings.public_url.startswith("https:"),
        strict_transport_security_max_age=YEAR_SECONDS,
        strict_transport_security_include_subdomains=True,
        content_security_policy=CSP,
        referrer_policy="same-origin",
        frame_options="DENY",
        permissions_policy={"camera": "()", "microphone": "()", "geolocation": "()"},
    )


def _serve_static(app: Flask) -> None:
    folder = Path(__file__).parent / "static"

    def static(filename: str) -> Response:
        packed = folder / f"{filename}.gz"
        if "gzip" in request.headers.get("Accept-Encoding", "") and packed.is_file():
            response = send_from_directory(folder, f"{filename}.gz", mimetype=mimetypes.guess_type(filename)[0])
            response.headers["Content-Encoding"], response.headers["Vary"] = "gzip", "Accept-Encoding"
        else:
            response = send_from_directory(folder, filename)
        response.cache_control.public, response.cache_control.immutable = True, True
        response.cache_control.no_cache = None
        return response

    app.add_url_rule("/static/<path:filename>", endpoint="static", view_func=open_to_anyone(static))


def _add_health(app: Flask, settings: Settings) -> None:
    allowed = networks_of(settings.metrics_networks)

    @app.get("/healthz")
    @open_to_anyone
    def healthz() -> Response:
        return jsonify(status="ok")

    @app.get("/readyz")
    @open_to_anyone
    def readyz() -> tuple[Response, int]:
        checks = {"database": _database_answers(), "worker": False}
        checks["migrations"] = checks["database"] and migrations_current()
        checks["worker"] = checks["database"] and jobs.worker_alive()
        ready = all(checks.values())
        return jsonify(status="ready" if ready else "not ready", checks=checks), 200 if ready else 503

    @app.get("/metrics")
    @own_rule
    def metrics() -> Response:
        """Prometheus figures; own rule: only from the networks of the setting `metrics_networks`."""
        from itsm.web.metrics import exposition

        address = ipaddress.ip_address(request.remote_addr or "0.0.0.0")  # noqa: S104 (an address to compare with)
        if not any(address in network for network in allowed):
            return Response("not from this address\n", 403, content_type="text/plain; charset=utf-8")
        return Response(exposition(), content_type="text/plain; version=0.0.4; charset=utf-8")


def _database_answers() -> bool:
    try:
        session.execute(text("SELECT 1"))
    except Exception:  # noqa: BLE001 (any failure means the same here: not ready)
        session.rollback()
        return False
    return True


def migrations_current() -> bool:
    """Whether the database stands at the newest migration."""
    from itsm.kernel.migrate import head_revision

    try:
        return bool(session.scalar(text("SELECT version_num FROM alembic_version")) == head_revision())
    except Exception:  # noqa: BLE001 (no such table means: not migrated)
        session.rollback()
        return False
