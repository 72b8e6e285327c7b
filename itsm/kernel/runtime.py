"""The settings of the running process, for code that knows nothing of the web framework."""

from flask import current_app

from config.settings import Settings


def settings() -> Settings:
    """The settings that the application was built with."""
    configured: Settings = current_app.config["ITSM"]
    return configured
