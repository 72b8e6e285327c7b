"""Structured logs on standard error: one JSON object a line, or readable lines on a terminal. Secrets are masked."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from config.settings import Settings

SECRET_NAMES = frozenset(
    {"password", "token", "secret", "community", "authorization", "cookie", "auth_key", "priv_key"}
)


def mask_secrets(logger: Any, method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace values of fields that hold secrets."""
    del logger, method
    for name in entry:
        if name.lower() in SECRET_NAMES:
            entry[name] = "********"
    return entry


def setup_logs(settings: Settings) -> None:
    """Set up structlog and the standard library's logging once for the process."""
    level = logging.getLevelNamesMapping().get(settings.log_level.upper(), logging.INFO)
    on_terminal = sys.stderr.isatty()
    renderer: Any = structlog.dev.ConsoleRenderer() if on_terminal else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            mask_secrets,
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(
        level=max(level, logging.WARNING), stream=sys.stderr, format="%(levelname)s %(name)s %(message)s"
    )
