"""How often somebody may call what: rates from the settings, counted over all web processes."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, cast

import structlog
from flask import Flask, current_app, g, request
from limits import parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter
from werkzeug.exceptions import TooManyRequests

from config.settings import Settings
from itsm.kernel import clock
from itsm.web.counters import SharedCounters

log = structlog.get_logger()

REDIS_SECONDS = 0.3  # Redis answers at once or counts as away
LEFT_ALONE = timedelta(seconds=5)
SEARCH_WORDS = frozenset({"q", "words"})  # parameters with which any list is searched

View = TypeVar("View", bound=Callable[..., Any])


class Rates:
    """The counters of an application: in Redis where the settings name one, else in memory that its processes share."""

    def __init__(self, settings: Settings) -> None:
        self.enabled = not settings.testing
        shared = _redis(settings.redis_url) if settings.redis_url else SharedCounters()
        self._shared = FixedWindowRateLimiter(shared)
        self._alone = FixedWindowRateLimiter(MemoryStorage())  # each process counts by itself while Redis is away
        self._ask_again_at = datetime.min.replace(tzinfo=UTC)

    def count(self, rate: str, scope: str, key: str) -> None:
        """Count one call of `key` within `scope` under a rate such as `20 per minute`; raises 429 beyond it.

        Redis that did not answer is not asked for some seconds, so that few calls wait for it.
        """
        if not self.enabled:
            return
        if clock.now() < self._ask_again_at:
            self._count(self._alone, rate, scope, key)
            return
        try:
            self._count(self._shared, rate, scope, key)
        except StorageError as error:
            self._ask_again_at = clock.now() + LEFT_ALONE
            log.warning("rates are counted in each process: Redis does not answer", error=repr(error))
            self._count(self._alone, rate, scope, key)

    def _count(self, counters: FixedWindowRateLimiter, rate: str, scope: str, key: str) -> None:
        item = parse(rate)
        if not counters.hit(item, scope, key):
            left = counters.get_window_stats(item, scope, key).reset_time - clock.now().timestamp()
            raise TooManyRequests(retry_after=max(1, math.ceil(left)))


def _redis(url: str) -> Storage:
    # As late as this: most sites have no Redis, and it takes megabytes in each process.
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    waits: dict[str, Any] = {
        "socket_timeout": REDIS_SECONDS,
        "socket_connect_timeout": REDIS_SECONDS,
        "retry": Retry(NoBackoff(), 0),
    }
    storage: Any = storage_from_string(url, wrap_exceptions=True, **waits)
    return cast(Storage, storage)


def setup(app: Flask, settings: Settings) -> None:
    """Open the counters of an application, before its processes are forked."""
    app.extensions["itsm-rates"] = Rates(settings)


def rates() -> Rates:
    """The counters of the application that answers."""
    found: Rates = current_app.extensions["itsm-rates"]
    return found


def address() -> str:
    """The address that calls."""
    return request.remote_addr or "127.0.0.1"


def caller() -> str:
    """Who calls: the person, else the address."""
    actor = g.get("actor")
    return f"person:{actor.person_id}" if actor is not None and actor.person_id else address()


def limited(name: str) -> Callable[[View], View]:
    """Declare that calls of a view are counted by person; `name` is the setting that holds the rate."""

    def mark(view: View) -> View:
        view.__dict__["rate"] = name
        return view

    return mark


def check_rate() -> None:
    """Count this call under the rate of the API and of its view; raises 429 beyond one of them."""
    settings: Settings = current_app.config["ITSM"]
    if request.path.startswith("/api/"):
        rates().count(settings.api_rate, "api", caller())
    for name in rates_of_page():
        rates().count(getattr(settings, name), name, caller())


def rates_of_page() -> list[str]:
    """The settings of all rates that count: words that somebody adds to an address take no call out of its view's rate."""
    view = current_app.view_functions.get(request.endpoint or "")
    own = str(getattr(view, "rate", ""))
    searching = "search_rate" if SEARCH_WORDS & request.args.keys() else ""
    return list(dict.fromkeys(name for name in (own, searching) if name))
